//! Gateways that check numbers: each has a protocol of its own.

pub(crate) mod evolution;
pub(crate) mod green_api;
pub(crate) mod waha;
pub(crate) mod wuzapi;
