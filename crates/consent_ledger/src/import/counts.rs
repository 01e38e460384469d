//! What became of the rows of an import.

use std::collections::BTreeMap;
use std::ops::Range;

use model::{ConsentChannel, ConsentPurpose, ConsentState, ContactId, Statement};

use crate::import::columns::StatementField;
use crate::import::header::HeaderLine;
use crate::import::refusal::Refusal;
use crate::import::row::{Doubt, ReadRow};
use crate::import::rules::Rules;

/// How many refused rows are kept for the terminal.
const SHOWN: usize = 10;
/// How many lines of each reason are kept for the terminal.
const SHOWN_LINES: usize = 5;
/// How many wordings that are not known are named, each as a reason of its own.
const SHOWN_WORDINGS: usize = 20;

/// The counts of an import. Each row is counted once in the first five counts, or it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub n_rows: u64,
    pub n_added: u64,
    /// Rows whose statements are all in the ledger.
    pub n_known: u64,
    /// Rows with an answer that is not understood, which is recorded as unclear.
    pub n_review: u64,
    pub n_refused: u64,
    /// Statements that were added. A row with several purposes makes several.
    pub n_statements: u64,
    pub refused_because: BTreeMap<Refusal, CountedRows>,
    /// The lines of the first refused rows, with their reasons.
    pub first_refused: Vec<(u64, Refusal)>,
    /// People of the file whom the database does not have.
    pub n_unknown_people: u64,
    /// Consents that were added and have no wording, so that they cover no purpose.
    pub n_without_wording: u64,
    /// Consents that were added and whose wording does not name their purpose.
    pub n_other_purpose: u64,
    /// Refusals whose date could not be used, so that they are undated.
    pub n_undated: u64,
    /// Refusals and unclear answers that were added without a field, because its cell could not be used.
    pub without_field: BTreeMap<StatementField, CountedRows>,
    /// Rows whose time has no zone.
    pub n_without_zone: u64,
    /// The line that names the columns; none if the file has no header.
    pub header: Option<HeaderLine>,
    pub unread_columns: Vec<String>,
}

/// Rows that have something in common, such as the reason why they were refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedRows {
    pub n_rows: u64,
    /// The first lines.
    pub lines: Vec<u64>,
}

impl CountedRows {
    fn add(&mut self, line: u64) {
        self.n_rows += 1;
        if self.lines.len() < SHOWN_LINES {
            self.lines.push(line);
        }
    }
}

/// A row whose statements are handed to the ledger.
pub(super) struct RecordedRow {
    line: u64,
    doubt: Option<Doubt>,
    has_bad_date: bool,
    has_no_zone: bool,
    without: Vec<StatementField>,
    /// The places of its statements among those of the batch. The others are in the ledger already.
    statements: Range<usize>,
}

impl RecordedRow {
    /// What is counted of a row, except for its statements.
    pub(super) fn new(line: u64, row: &ReadRow, statements: Range<usize>) -> Self {
        Self {
            line,
            doubt: row.doubt,
            has_bad_date: row.has_bad_date,
            has_no_zone: row.has_no_zone,
            without: row.without.clone(),
            statements,
        }
    }
}

impl Imported {
    /// Counts a row that was recorded. `is_added` says of each statement of `said` whether the ledger did not have it.
    pub(super) fn count(
        &mut self,
        row: RecordedRow,
        said: &[(ContactId, Statement)],
        is_added: &[bool],
        rules: &Rules,
    ) {
        let places = row.statements.filter(|it| is_added.get(*it).copied().unwrap_or(false));
        let mut n_added = 0;
        for (_, statement) in places.filter_map(|it| said.get(it)) {
            n_added += 1;
            let covers_nothing = covers_nothing(rules, statement);
            let has_wording = statement.wording().is_some();
            self.n_without_wording += u64::from(covers_nothing && !has_wording);
            self.n_other_purpose += u64::from(covers_nothing && has_wording);
        }
        self.n_statements += n_added;
        match row.doubt {
            _ if n_added == 0 => self.n_known += 1,
            Some(_) => self.n_review += 1,
            None => self.n_added += 1,
        }
        self.n_undated += u64::from(n_added > 0 && row.has_bad_date);
        for field in row.without.into_iter().filter(|_| n_added > 0) {
            self.without_field.entry(field).or_default().add(row.line);
        }
        self.n_without_zone += u64::from(row.has_no_zone);
    }

    /// Counts a row that was refused.
    pub(super) fn refuse(&mut self, line: u64, mut refusal: Refusal) {
        self.n_refused += 1;
        let is_named = |it: &&Refusal| matches!(it, Refusal::UnknownWording(Some(_)));
        let n_named = self.refused_because.keys().filter(is_named).count();
        if is_named(&&refusal) && n_named >= SHOWN_WORDINGS && !self.refused_because.contains_key(&refusal) {
            refusal = Refusal::UnknownWording(None);
        }
        self.refused_because.entry(refusal.clone()).or_default().add(line);
        if self.first_refused.len() < SHOWN {
            self.first_refused.push((line, refusal));
        }
    }
}

/// Whether a consent covers no purpose, so that it counts for nothing.
pub(super) fn covers_nothing(rules: &Rules, statement: &Statement) -> bool {
    if statement.state != ConsentState::Yes {
        return false;
    }
    match statement.wording() {
        None => statement.channel == ConsentChannel::Whatsapp,
        Some(wording) => {
            let names = |it: ConsentPurpose| statement.purpose.includes(it) && rules.wordings.names(wording, it);
            !ConsentPurpose::OF_MESSAGES.into_iter().any(names)
        }
    }
}
