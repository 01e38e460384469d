//! Rows as a database gives them, and rows that are kept as they were.

use jiff::Timestamp;
use model::ContactId;
use serde_json::{Map, Value};

use crate::LoadError;
use crate::sql::{Cell, Table, Type};

/// One row of a result, from either database. Columns count from 0.
pub(crate) trait Row {
    /// The value of a column. A value of another type is an error: SQLite lets people write any into any column.
    fn cell(&self, column: usize, of_type: Type) -> Result<Cell<'_>, LoadError>;

    /// The name of a column, for errors.
    fn name(&self, column: usize) -> String;
}

impl dyn Row + '_ {
    pub(crate) fn opt_text(&self, column: usize) -> Result<Option<String>, LoadError> {
        let cell = self.cell(column, Type::Text)?;
        let text = cell.text().ok_or_else(|| self.unknown(column))?;
        Ok(text.map(str::to_owned))
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, LoadError> {
        self.opt_text(column)?.ok_or_else(|| self.unknown(column))
    }

    pub(crate) fn opt_int(&self, column: usize) -> Result<Option<i64>, LoadError> {
        self.cell(column, Type::Int)?.int().ok_or_else(|| self.unknown(column))
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, LoadError> {
        self.opt_int(column)?.ok_or_else(|| self.unknown(column))
    }

    /// A number that is never below 0.
    pub(crate) fn count(&self, column: usize) -> Result<u64, LoadError> {
        u64::try_from(self.int(column)?).map_err(|_| self.unknown(column))
    }

    pub(crate) fn opt_time(&self, column: usize) -> Result<Option<Timestamp>, LoadError> {
        self.cell(column, Type::Time)?.time().ok_or_else(|| self.unknown(column))
    }

    pub(crate) fn time(&self, column: usize) -> Result<Timestamp, LoadError> {
        self.opt_time(column)?.ok_or_else(|| self.unknown(column))
    }

    pub(crate) fn contact_id(&self, column: usize) -> Result<ContactId, LoadError> {
        let cell = self.cell(column, Type::Bytes)?;
        cell.bytes().flatten().and_then(ContactId::from_bytes).ok_or_else(|| self.unknown(column))
    }

    /// A digest of 32 bytes.
    pub(crate) fn digest(&self, column: usize) -> Result<[u8; 32], LoadError> {
        let cell = self.cell(column, Type::Bytes)?;
        cell.bytes().flatten().and_then(|it| it.try_into().ok()).ok_or_else(|| self.unknown(column))
    }

    /// A text that `read` understands.
    pub(crate) fn word<T>(&self, column: usize, read: impl Fn(&str) -> Option<T>) -> Result<T, LoadError> {
        let cell = self.cell(column, Type::Text)?;
        cell.text().flatten().and_then(read).ok_or_else(|| self.unknown(column))
    }

    /// A value of this column is not one that this version knows.
    pub(crate) fn unknown(&self, column: usize) -> LoadError {
        LoadError::Value { column: self.name(column) }
    }
}

/// A row of a table, kept as it was. As JSON it is an object with a key for each column, and bytes are hexadecimal.
#[derive(Clone)]
pub(crate) struct ArchivedRow {
    table: &'static Table,
    cells: Vec<ArchivedCell>,
}

#[derive(Clone)]
enum ArchivedCell {
    None,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl ArchivedRow {
    /// Reads a row of [`Table::select`].
    pub(crate) fn read(table: &'static Table, row: &dyn Row) -> Result<Self, LoadError> {
        let cell = |(n, (_, of_type)): (usize, &(&str, Type))| {
            Ok(match row.cell(n, *of_type)? {
                Cell::None => ArchivedCell::None,
                Cell::Int(value) => ArchivedCell::Int(value),
                Cell::Text(text) => ArchivedCell::Text(text.into_owned()),
                Cell::Bytes(bytes) => ArchivedCell::Bytes(bytes.to_vec()),
            })
        };
        Ok(Self { table, cells: table.columns.iter().enumerate().map(cell).collect::<Result<_, LoadError>>()? })
    }

    pub(crate) fn to_json(&self) -> Value {
        let cell = |cell: &ArchivedCell| match cell {
            ArchivedCell::None => Value::Null,
            ArchivedCell::Int(value) => Value::from(*value),
            ArchivedCell::Text(text) => Value::from(text.as_str()),
            ArchivedCell::Bytes(bytes) => Value::from(hex::encode(bytes)),
        };
        let columns = self.table.columns.iter().zip(&self.cells).map(|(column, it)| (column.0.to_owned(), cell(it)));
        Value::Object(columns.collect::<Map<_, _>>())
    }

    /// Reads back what [`ArchivedRow::to_json`] gave; none if it is something else.
    pub(crate) fn from_json(table: &'static Table, json: &Value) -> Option<Self> {
        let cell = |(name, of_type): &(&str, Type)| match (json.get(name)?, of_type) {
            (Value::Null, _) => Some(ArchivedCell::None),
            (value, Type::Int | Type::Time) => value.as_i64().map(ArchivedCell::Int),
            (value, Type::Text) => value.as_str().map(|it| ArchivedCell::Text(it.to_owned())),
            (value, Type::Bytes) => hex::decode(value.as_str()?).ok().map(ArchivedCell::Bytes),
        };
        Some(Self { table, cells: table.columns.iter().map(cell).collect::<Option<_>>()? })
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        self.cells.iter().map(ArchivedCell::borrowed)
    }

    /// The text of a column; none if it is empty, or if there is no such column of texts.
    pub(crate) fn text_of(&self, column: &str) -> Option<&str> {
        let place = self.table.columns.iter().position(|it| it.0 == column)?;
        match &self.cells[place] {
            ArchivedCell::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl ArchivedCell {
    fn borrowed(&self) -> Cell<'_> {
        match self {
            Self::None => Cell::None,
            Self::Int(value) => Cell::Int(*value),
            Self::Text(text) => text.into(),
            Self::Bytes(bytes) => Cell::Bytes(bytes),
        }
    }
}

impl Row for ArchivedRow {
    fn cell(&self, column: usize, of_type: Type) -> Result<Cell<'_>, LoadError> {
        let cell = self.cells.get(column).map(ArchivedCell::borrowed).filter(|it| it.fits(of_type));
        cell.ok_or_else(|| LoadError::Value { column: self.name(column) })
    }

    fn name(&self, column: usize) -> String {
        self.table.columns.get(column).map_or_else(String::new, |it| format!("{}.{}", self.table.name, it.0))
    }
}
