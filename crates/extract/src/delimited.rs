//! Text with delimiters: CSV and what is like it.

mod records;
mod rows;
mod sniff;

pub(crate) use records::MOST_RECORD_BYTES;
pub(crate) use rows::{Delimited, read_delimited};
pub(crate) use sniff::{Columns, Given, head};
