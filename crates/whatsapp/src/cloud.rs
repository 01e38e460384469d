//! The Cloud API of Meta.

pub(crate) mod callbacks;
pub(crate) mod errors;
pub(crate) mod messages;
pub(crate) mod preflight;
pub(crate) mod sending;
pub(crate) mod signature;
pub(crate) mod templates;
pub(crate) mod uploads;
pub(crate) mod webhook;
