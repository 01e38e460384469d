//! Detects what an export is by the names and cells of its columns.

mod guess;
#[cfg(test)]
mod header_tests;
mod opt_outs;
mod profiles;

pub use guess::{ColumnSample, Guess, guess, guess_by_names};
pub use opt_outs::looks_like_opt_outs;
pub use profiles::{Fit, detect};
