//! Reads the cells of a contact. None means that a cell holds nothing that this version knows.

use model::{Field, Lineage, Personal};

use crate::sql::Cell;

/// Reads a text, which may be missing.
pub(crate) fn set<T>(value: &mut Option<T>, cell: &Cell<'_>, read: impl Fn(&str) -> Option<T>) -> Option<()> {
    *value = match cell.text()? {
        Some(text) => Some(read(text)?),
        None => None,
    };
    Some(())
}

/// Reads a text and the row that gave it.
pub(crate) fn set_field<T>(
    value: &mut Option<Field<T>>,
    cell: &Cell<'_>,
    lineage: &Lineage<'_>,
    name: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<()> {
    set(value, cell, |text| Some(Field { value: read(text)?, row: lineage.row(name) }))
}

/// Reads a time.
pub(crate) fn set_time(value: &mut Option<jiff::Timestamp>, cell: &Cell<'_>) -> Option<()> {
    *value = cell.time()?;
    Some(())
}

/// Reads a number that is not negative.
pub(crate) fn set_count(value: &mut u64, cell: &Cell<'_>) -> Option<()> {
    *value = u64::try_from(cell.int()??).ok()?;
    Some(())
}

/// Marks a text as personal.
pub(crate) fn personal(text: &str) -> Option<Personal<String>> {
    Some(Personal(text.to_owned()))
}
