//! Detects what an export is by the names and cells of its columns.

mod columns;
mod consent_columns;
mod guesser;
#[cfg(test)]
mod header_tests;
mod opt_outs;
mod profiles;

pub use columns::{guess_columns, guess_columns_by_names, names_columns};
pub use guesser::{ColumnGuess, ColumnSample};
pub use opt_outs::looks_like_opt_outs;
pub(crate) use opt_outs::names_date;
pub use profiles::{ProfileMatch, detect};
