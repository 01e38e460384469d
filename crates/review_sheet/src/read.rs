//! Reads a sheet that people worked on.

use std::collections::HashMap;

use crate::judge::{Judged, judge};
use crate::table::{Places, ReadRow, Table};
use crate::{Column, RowChange, RowRefused, SheetError, SheetRow, csv_file, workbook};

/// What a sheet says. Each row of it is in one of the lists or counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// In the order of the sheet.
    pub changes: Vec<RowChange>,
    /// In the order of the sheet.
    pub refused: Vec<RowRefused>,
    /// Rows in which nothing was changed, or only to what holds already.
    pub n_unchanged: u64,
    /// Rows in which nothing was changed, and that show a text of the past.
    pub n_old: u64,
    /// Rows of today that the sheet does not have.
    pub n_absent: u64,
}

/// Compares a sheet with the rows of today.
///
/// A row is compared with what it showed when it was written, and what was changed with the row of today. A row that
/// somebody else changed since is refused if it has a change. Nothing is taken of a refused row.
pub fn read(bytes: &[u8], present: &[SheetRow]) -> Result<Reading, SheetError> {
    let table = open(bytes)?;
    let header = table.header().ok_or(SheetError::NoHeader)?;
    let places = Places::find(&table.rows[header].1)?;
    let rows: Vec<ReadRow<'_>> =
        table.rows[header + 1..].iter().filter_map(|(number, cells)| ReadRow::of(*number, cells, &places)).collect();
    let by_id: HashMap<&str, &SheetRow> = present.iter().map(|it| (it.id.as_str(), it)).collect();
    let mut first_rows: HashMap<&str, Vec<u64>> = HashMap::new();
    rows.iter().for_each(|it| first_rows.entry(it.text(Column::RowId)).or_default().push(it.number));

    let mut reading = Reading::default();
    for row in &rows {
        let id = row.text(Column::RowId);
        match judge_row(row, by_id.get(id).copied(), &first_rows[id]) {
            Judged::Changed(change) => reading.changes.push(change),
            Judged::Unchanged => reading.n_unchanged += 1,
            Judged::Old => reading.n_old += 1,
            Judged::Refused(why) => {
                reading.refused.push(RowRefused { row: row.number, id: id.to_owned(), why });
            }
        }
    }
    reading.n_absent = present.iter().filter(|it| !first_rows.contains_key(it.id.as_str())).count() as u64;
    Ok(reading)
}

fn judge_row(row: &ReadRow<'_>, present: Option<&SheetRow>, same_id: &[u64]) -> Judged {
    let other = same_id.iter().find(|it| **it != row.number);
    match (row.text(Column::RowId), present, other) {
        ("", _, _) => Judged::Refused("the row id is missing: copy it back from the sheet that Ferry wrote".to_owned()),
        (_, _, Some(other)) => Judged::Refused(format!("row {other} has the same row id: delete one of the two")),
        (_, None, _) => Judged::Refused("no template and no message has this row id".to_owned()),
        (_, Some(present), None) => judge(row, present),
    }
}

/// Reads the cells of a file by its content.
fn open(bytes: &[u8]) -> Result<Table, SheetError> {
    match bytes {
        [b'P', b'K', ..] => workbook::read(bytes),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(SheetError::Form { what: "an old .xls, or it has a password" }),
        _ => csv_file::read(bytes),
    }
}
