//! Text with delimiters: CSV and its relatives.

mod head;
mod records;
mod rows;

pub use head::DELIMITERS;
pub(crate) use head::{CsvSettings, HeadColumns, read_head};
pub(crate) use rows::{CsvFile, read_csv};
