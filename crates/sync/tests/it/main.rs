//! Tests of the crate, in one program.

mod order;
mod story;
