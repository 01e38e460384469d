//! Templates of an account: submitted once, edited within the limits, followed.

pub(crate) mod account;
pub(crate) mod limits;
pub(crate) mod observed;
pub(crate) mod order;
pub(crate) mod sample;
pub(crate) mod schedule;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod sync;
pub(crate) mod upload;
pub(crate) mod wanted;
