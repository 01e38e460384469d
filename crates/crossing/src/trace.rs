//! Source rows and their outcomes, to follow a person or a row.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use anyhow::{Context, Result};
use model::{ContactId, Reason, RowId};
use run::TableReader;
use run::formats::extracted::{self, Extracted};
use run::formats::ledger;

use crate::corrections::{Corrections, SourceRow};
use crate::find_run::{FoundRun, RunPlace, find_run};

/// A source row with its data from the ledger and the extracted file.
pub struct TracedRow {
    pub source: String,
    pub record: u64,
    /// The label of the run.
    pub run: String,
    pub line: u64,
    /// The file of the row, if the source has several.
    pub file: String,
    /// The cells were corrected with `ferry fix`.
    pub is_corrected: bool,
    pub outcome: &'static str,
    pub reason: Option<Reason>,
    pub contact_id: Option<ContactId>,
    pub findings: String,
    pub cells: Vec<(String, String)>,
    /// The cleaned value of each field that has a merge rule.
    pub said: Vec<(&'static str, String)>,
}

/// `sms:12`, where `sms` is a source of the run.
pub fn row_name<'a>(found: &FoundRun, query: &'a str) -> Option<(&'a str, u64)> {
    let (source, record) = query.split_once(':')?;
    let is_source = found.folder.manifest.sources.iter().any(|it| it.name == source);
    is_source.then(|| record.parse().ok().map(|record| (source, record)))?
}

/// Returns the rows of the run that `is_wanted` accepts, with their cells.
pub fn traced_rows(found: &FoundRun, is_wanted: impl Fn(&ledger::Read) -> bool) -> Result<Vec<TracedRow>> {
    let table = ledger::open(&found.folder).context("cleaning has not run yet")?;
    let mut rows = Vec::new();
    ledger::read(&table, |row| {
        if is_wanted(&row) {
            rows.push(TracedRow {
                source: row.source.to_owned(),
                record: row.record,
                run: found.folder.manifest.run_id.clone(),
                line: 0,
                file: String::new(),
                is_corrected: false,
                outcome: row.outcome.name(),
                reason: row.reason,
                contact_id: row.contact_id,
                findings: row.findings.to_owned(),
                cells: Vec::new(),
                said: Vec::new(),
            });
        }
        anyhow::Ok(())
    })?;
    let manifest = &found.folder.manifest;
    let corrections = Corrections::read(&found.folder, &manifest.sources)?;
    for row in &mut rows {
        row.read_cells(found, &corrections)?;
    }
    Ok(rows)
}

/// Rows of earlier runs.
#[derive(Default)]
pub struct EarlierRows {
    pub rows: Vec<TracedRow>,
    /// The runs whose folders are not there any more.
    pub gone: Vec<String>,
}

/// Returns the rows of other runs that a contact names, such as `2026-11-28-spring/sms:1-3,9`.
pub fn earlier_rows(found: &FoundRun, names: &str) -> Result<EarlierRows> {
    let mut by_run: BTreeMap<&str, Vec<SourceRows>> = BTreeMap::new();
    for (run, rows) in names.split(' ').filter_map(|it| it.split_once('/')) {
        let Some((source, records)) = rows.rsplit_once(':') else { continue };
        by_run.entry(run).or_default().push((source, ranges(records)));
    }
    let mut earlier = EarlierRows::default();
    for (run, wanted) in by_run {
        let place = RunPlace { plan: found.plan.path.clone(), run: Some(run.to_owned()), run_dir: None };
        let Ok(other) = find_run(&place) else {
            earlier.gone.push(run.to_owned());
            continue;
        };
        let is_wanted = |row: &ledger::Read| {
            wanted
                .iter()
                .any(|(source, ranges)| *source == row.source && ranges.iter().any(|it| it.contains(&row.record)))
        };
        earlier.rows.extend(traced_rows(&other, is_wanted)?);
    }
    Ok(earlier)
}

/// The name of a source, and records of it.
type SourceRows<'a> = (&'a str, Vec<RangeInclusive<u64>>);

/// The records of `1-3,9`.
fn ranges(records: &str) -> Vec<RangeInclusive<u64>> {
    let range = |it: &str| {
        let (first, last) = it.split_once('-').unwrap_or((it, it));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    records.split(',').filter_map(range).collect()
}

impl TracedRow {
    fn read_cells(&mut self, found: &FoundRun, corrections: &Corrections) -> Result<()> {
        let sources = &found.folder.manifest.sources;
        let source = sources.iter().position(|it| it.name == self.source).unwrap_or(0);
        let id = RowId { source: u16::try_from(source)?, record: self.record };
        if let Some(file) = sources[source].file_of(self.record).filter(|_| sources[source].files.len() > 1) {
            self.file.clone_from(&file.name);
        }
        let table = TableReader::open(&found.folder.path(&extracted::artifact(&self.source)))?;
        let columns = table.columns();
        for group in table.groups() {
            let group = group?;
            let wanted = (0..group.n_rows).map(|it| Extracted::new(&group, it)).find(|it| it.record() == self.record);
            let Some(row) = wanted else { continue };
            self.line = row.line();
            let row = corrections.row(id, row);
            self.said = said(found, source, &row)?;
            self.is_corrected = row.is_corrected();
            let names = columns.iter().skip(extracted::N_OWN).cloned().enumerate();
            self.cells = match row.reason() {
                Some(_) => vec![("text".to_owned(), row.unread_text().to_owned())],
                None => names.map(|(column, name)| (name, row.cell(column).to_owned())).collect(),
            };
            return Ok(());
        }
        Ok(())
    }
}

/// The values of a row for the fields that have a merge rule, cleaned as for a merge.
fn said(found: &FoundRun, source: usize, row: &SourceRow) -> Result<Vec<(&'static str, String)>> {
    let (Some(planned), record) = (found.plan.sources.get(source), &found.folder.manifest.sources[source]) else {
        return Ok(Vec::new());
    };
    let layout = planned.layout_of(record)?;
    let Ok(raw) = layout.contact(|it| row.cell(it)) else { return Ok(Vec::new()) };
    let said = [
        ("name", clean::name(&raw.name).0.map(|it| it.into_owned())),
        ("email", clean::email(raw.email).map(|it| it.into_owned())),
        ("language", clean::language(raw.language).map(|it| it.into_owned())),
    ];
    Ok(said.into_iter().filter_map(|(field, value)| Some((field, value?))).collect())
}
