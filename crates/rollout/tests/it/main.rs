//! Properties of the limits over whole campaigns.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod checker;
mod limits_hold;
mod limits_used;
