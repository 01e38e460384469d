//! Tests of the crate, in one program.

#![expect(clippy::unwrap_used, reason = "a test fails where it stops")]

mod events;
mod order;
mod story;
