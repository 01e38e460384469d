//! The parts that a section of the page is made of.

/// Limits the rows of a long table that are shown at once.
const MOST_ROWS: usize = 10;

/// A section: a heading, a picture if it has one with blocks beside it, and tables below.
pub(crate) struct Section {
    /// The id in the page.
    pub(crate) id: &'static str,
    pub(crate) heading: &'static str,
    /// An SVG.
    pub(crate) picture: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) tables: Vec<Table>,
    /// Shown when the reader opens them.
    pub(crate) folds: Vec<Fold>,
}

/// Lines or tables behind a summary.
pub(crate) struct Fold {
    pub(crate) summary: String,
    pub(crate) lines: Vec<String>,
    pub(crate) tables: Vec<Table>,
}

pub(crate) enum Block {
    Text(String),
    List(Vec<String>),
    Command(CommandLine),
}

/// A command, and what it does.
pub(crate) struct CommandLine {
    pub(crate) what: String,
    pub(crate) command: String,
}

/// A table that scrolls by itself where it is wider than the page.
pub(crate) struct Table {
    /// What the table shows, for screen readers too.
    pub(crate) title: String,
    /// Whether the title is on the page; the section or the summary may say the same.
    pub(crate) is_titled: bool,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// A sentence below the table; empty if there is none.
    pub(crate) note: String,
}

#[derive(Clone)]
pub(crate) struct Column {
    pub(crate) heading: &'static str,
    pub(crate) is_number: bool,
}

pub(crate) enum Cell {
    Text(String),
    Number(String),
    Code(String),
}

impl Section {
    pub(crate) fn new(id: &'static str, heading: &'static str) -> Self {
        Self { id, heading, picture: String::new(), blocks: Vec::new(), tables: Vec::new(), folds: Vec::new() }
    }

    pub(crate) fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Text(text.into()));
    }

    pub(crate) fn command(&mut self, what: impl Into<String>, command: String) {
        self.blocks.push(Block::Command(CommandLine { what: what.into(), command }));
    }

    pub(crate) fn list(&mut self, lines: Vec<String>) {
        if !lines.is_empty() {
            self.blocks.push(Block::List(lines));
        }
    }

    /// Adds a table, unless it has no rows.
    pub(crate) fn table(&mut self, table: Table) {
        if !table.rows.is_empty() {
            self.tables.push(table);
        }
    }

    /// Adds a table whose rows beyond [`MOST_ROWS`] are behind a summary, which `more` writes for their number.
    pub(crate) fn long_table(&mut self, mut table: Table, more: impl Fn(u64) -> String) {
        let rows = table.rows.split_off(table.rows.len().min(MOST_ROWS));
        let others = (!rows.is_empty()).then(|| {
            let columns = table.columns.clone();
            Table { rows, ..Table::new(format!("{} (2)", table.title), columns) }
        });
        self.table(table);
        if let Some(others) = others {
            self.fold(more(others.rows.len() as u64), vec![others]);
        }
    }

    /// Adds tables behind a summary. One table needs no title of its own.
    pub(crate) fn fold(&mut self, summary: impl Into<String>, mut tables: Vec<Table>) {
        if let [only] = tables.as_mut_slice() {
            only.is_titled = false;
        }
        self.folds.push(Fold { summary: summary.into(), lines: Vec::new(), tables });
    }

    /// Adds lines behind a summary, unless there are none.
    pub(crate) fn fold_lines(&mut self, summary: impl Into<String>, lines: Vec<String>) {
        if !lines.is_empty() {
            self.folds.push(Fold { summary: summary.into(), lines, tables: Vec::new() });
        }
    }
}

impl Table {
    /// A table without rows yet.
    pub(crate) fn new(title: impl Into<String>, columns: Vec<Column>) -> Self {
        Self { title: title.into(), is_titled: true, columns, rows: Vec::new(), note: String::new() }
    }

    /// A table that is the only one of its section, whose heading is its title.
    pub(crate) fn of_section(heading: &str, columns: Vec<Column>) -> Self {
        Self { is_titled: false, ..Self::new(heading, columns) }
    }
}

/// A column of texts.
pub(crate) fn texts(heading: &'static str) -> Column {
    Column { heading, is_number: false }
}

/// A column of numbers.
pub(crate) fn numbers(heading: &'static str) -> Column {
    Column { heading, is_number: true }
}
