//! The review sheet: templates and messages as a workbook or as CSV, and what people changed in it.
//!
//! [`write()`] makes the bytes of a sheet, [`read()`] compares a sheet with the rows of today. A sheet may be sorted,
//! filtered and saved by another program in between: rows are found by their id and columns by their header. A version
//! token in each row says which text the reviewer saw, so that a row that was changed since is refused and not
//! overwritten. What is not clear is refused with the reason, row by row.

mod column;
mod csv_file;
mod error;
mod formats;
mod guard;
mod how_to;
mod judge;
mod normal;
mod read;
mod row;
mod table;
mod token;
mod workbook;

#[cfg(test)]
mod tests;

pub use column::Column;
pub use error::SheetError;
pub use judge::{NewDecision, RowChange, RowRefused};
pub use read::{Reading, read};
pub use row::{RowKind, SheetRow, State};

/// The form of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetForm {
    /// An Excel workbook, with a second sheet that explains the first.
    Workbook,
    /// CSV in UTF-8 with a byte order mark, so that Excel reads it right. A cell that a program could take for a formula,
    /// a number or a date begins with an apostrophe.
    Csv,
}

impl SheetForm {
    /// The form that a file name asks for by its ending: `.xlsx` or `.csv`.
    pub fn of_name(name: &str) -> Option<Self> {
        let ending = name.rsplit_once('.')?.1;
        [("xlsx", Self::Workbook), ("csv", Self::Csv)]
            .into_iter()
            .find(|it| ending.eq_ignore_ascii_case(it.0))
            .map(|it| it.1)
    }
}

/// Makes the bytes of a sheet. The same rows make the same bytes.
pub fn write(rows: &[SheetRow], form: SheetForm) -> Result<Vec<u8>, SheetError> {
    match form {
        SheetForm::Workbook => workbook::write(rows),
        SheetForm::Csv => csv_file::write(rows),
    }
}
