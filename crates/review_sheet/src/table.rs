//! The cells of a file, before anybody knows what they mean.

use crate::{Column, SheetError};

/// A cell that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(String),
    /// Something that is not a text, in words, and how it is shown.
    Other(&'static str, String),
}

impl Cell {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Other(_, text) => text,
        }
    }
}

/// The rows of a file, each with its number in a program that shows it.
pub(crate) struct Table {
    pub(crate) rows: Vec<(u64, Vec<Cell>)>,
}

/// How many rows may stand above the headers.
const MOST_ABOVE: usize = 20;

impl Table {
    pub(crate) fn has_header(&self) -> bool {
        self.header().is_some()
    }

    /// The index of the row with the headers.
    pub(crate) fn header(&self) -> Option<usize> {
        let has = |cells: &[Cell], column: Column| cells.iter().any(|it| is_header(it, column));
        let is_header = |it: &(u64, Vec<Cell>)| has(&it.1, Column::RowId) && has(&it.1, Column::Version);
        self.rows.iter().take(MOST_ABOVE).position(is_header)
    }
}

/// Whether a cell is the header of a column.
pub(crate) fn is_header(cell: &Cell, column: Column) -> bool {
    cell.text().trim().eq_ignore_ascii_case(column.header())
}

/// The place of each column in the rows of a file.
pub(crate) struct Places([Option<usize>; Column::COUNT]);

impl Places {
    pub(crate) fn find(header: &[Cell]) -> Result<Self, SheetError> {
        let mut places = [None; Column::COUNT];
        for column in Column::all() {
            let mut found = (0..).zip(header).filter(|it| is_header(it.1, column)).map(|it| it.0);
            places[column as usize] = found.next();
            if found.next().is_some() {
                return Err(SheetError::TwoColumns { header: column.header() });
            }
        }
        let is_missing = |it: &Column| it.is_needed() && places[*it as usize].is_none();
        let missing: Vec<&str> = Column::all().filter(is_missing).map(Column::header).collect();
        match missing.is_empty() {
            true => Ok(Self(places)),
            false => Err(SheetError::MissingColumns { missing }),
        }
    }
}

/// A row of a file.
pub(crate) struct ReadRow<'a> {
    /// The number of the row in a program that shows the sheet.
    pub(crate) number: u64,
    /// None for a column that the sheet does not have.
    cells: Vec<Option<&'a Cell>>,
}

static EMPTY: Cell = Cell::Text(String::new());

impl<'a> ReadRow<'a> {
    /// None if the row is empty.
    pub(crate) fn of(number: u64, cells: &'a [Cell], places: &Places) -> Option<Self> {
        // Programs leave out empty cells at the end of a row.
        let cell = |place: &Option<usize>| place.map(|it| cells.get(it).unwrap_or(&EMPTY));
        let row = Self { number, cells: places.0.iter().map(cell).collect() };
        let is_filled = row.cells.iter().flatten().any(|it| !it.text().trim().is_empty());
        is_filled.then_some(row)
    }

    /// The cell of a column; none if the sheet does not have the column.
    pub(crate) fn cell(&self, column: Column) -> Option<&'a Cell> {
        self.cells[column as usize]
    }

    pub(crate) fn text(&self, column: Column) -> &'a str {
        self.cell(column).map_or("", Cell::text)
    }
}
