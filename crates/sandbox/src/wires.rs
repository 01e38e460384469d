//! The protocols that the sandbox speaks.

pub(crate) mod contacts;
pub(crate) mod gateways;
pub(crate) mod login;
pub(crate) mod templates;
pub(crate) mod uploads;
