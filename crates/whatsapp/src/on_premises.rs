//! The On-Premises API, which Meta ended on 2025-10-23. Some gateways still speak its protocol.

pub(crate) mod contacts;
pub(crate) mod login;
