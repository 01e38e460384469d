//! Rejected rows that a person has corrected: an edited file of `clean/rejects`, read again.
//!
//! A corrected row replaces the rejected row, so the number of rows stays the same and every balance still holds.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use model::RowId;
use run::{RunFolder, SourceRecord, unguarded};

use run::formats::extracted::Extracted;

use crate::known_corrections::KnownCorrections;

/// Corrected cells, by the row that they replace.
#[derive(Debug, Default)]
pub(crate) struct Corrections(HashMap<RowId, Vec<String>>);

/// A source row as it is cleaned: as received, or as corrected.
#[derive(Clone, Copy)]
pub(crate) struct SourceRow<'a> {
    pub received: Extracted<'a>,
    corrected: Option<&'a [String]>,
}

impl Corrections {
    /// Reads the corrections of a run. A later file overrides an earlier one, and each a correction by content. A file
    /// corrects rows of the exports for which it was made, and of no others.
    pub(crate) fn read(folder: &RunFolder, sources: &[SourceRecord]) -> Result<Self> {
        let mut corrections = Self::default();
        for fix in &folder.manifest.fixes {
            let is_of_export =
                |it: &SourceRecord| fix.sources.get(&it.name).is_none_or(|digest| *digest == it.sha256());
            if let Some(source) = sources.iter().find(|it| !is_of_export(it)) {
                bail!(
                    "{} corrects rows of another export than the present one of source \"{}\"",
                    fix.file,
                    source.name
                );
            }
            corrections.0.extend(read_file(&folder.path(&fix.file), sources)?.0);
        }
        let known = KnownCorrections::read(folder)?;
        if !known.is_empty() {
            for (row, cells) in known.rows(folder, sources)? {
                corrections.0.entry(row).or_insert(cells);
            }
        }
        Ok(corrections)
    }

    pub(crate) fn rows(&self) -> HashSet<RowId> {
        self.0.keys().copied().collect()
    }

    /// The corrected cells of a row.
    pub(crate) fn cells(&self, row: RowId) -> Option<&[String]> {
        self.0.get(&row).map(Vec::as_slice)
    }

    /// Returns the row with its correction, if it has one.
    pub(crate) fn row<'a>(&'a self, id: RowId, received: Extracted<'a>) -> SourceRow<'a> {
        SourceRow { received, corrected: self.0.get(&id).map(Vec::as_slice) }
    }
}

impl<'a> SourceRow<'a> {
    pub(crate) fn cell(&self, column: usize) -> &'a str {
        match self.corrected {
            Some(cells) => cells.get(column).map_or("", String::as_str),
            None => self.received.cell(column),
        }
    }

    /// Returns why the row cannot be read; none if it can, or if it is corrected.
    pub(crate) fn reason(&self) -> Option<model::Reason> {
        if self.corrected.is_some() { None } else { self.received.reason() }
    }

    pub(crate) fn is_corrected(&self) -> bool {
        self.corrected.is_some()
    }

    /// Returns the text of a row that could not be read.
    pub(crate) fn unread_text(&self) -> &'a str {
        if self.corrected.is_some() { "" } else { self.received.unread_text() }
    }
}

/// Reads one file of corrected rejects. Every row must say which row it corrects.
///
/// Errors repeat no cell: in a file whose columns are shifted, any cell may be a phone number.
pub(crate) fn read_file(path: &Path, sources: &[SourceRecord]) -> Result<Corrections> {
    let failed = || format!("could not use the corrected rejects {}", path.display());
    let probe = extract::probe(&[path.to_owned()], &extract::Settings::default()).with_context(failed)?;
    let columns: Vec<String> = probe.columns.iter().map(|it| unguarded(it).into_owned()).collect();
    let place = |name: &str| columns.iter().position(|it| it == name);
    let (Some(source_at), Some(record_at)) = (place("_source"), place("_record")) else {
        bail!(
            "{} has no columns _source and _record: correct a file of clean/rejects of the run, and leave those",
            path.display()
        );
    };
    let places: Vec<Vec<Option<usize>>> = sources.iter().map(|it| columns_of(it, &columns)).collect();
    let mut corrections = Corrections::default();
    let mut wrong = Vec::new();
    extract::read(&probe, |row| -> Result<()> {
        let Ok(cells) = &row.cells else {
            wrong.push(format!("line {}: the row cannot be read", row.line));
            return Ok(());
        };
        let Some(source) = sources.iter().position(|it| it.name == cells.get(source_at)) else {
            wrong.push(format!("line {}: _source names no source of the run", row.line));
            return Ok(());
        };
        let n_rows = sources[source].rows;
        let record = cells.get(record_at).trim().parse::<u64>().ok().filter(|it| (1..=n_rows).contains(it));
        let Some(record) = record else {
            let name = &sources[source].name;
            wrong.push(format!("line {}: _record is no number from 1 to {n_rows}, the rows of {name}", row.line));
            return Ok(());
        };
        let values: Vec<String> = places[source]
            .iter()
            .map(|place| place.map_or(Cow::Borrowed(""), |it| unguarded(cells.get(it))).into_owned())
            .collect();
        // A row that could not be read has no cells until a person fills them in.
        if values.iter().all(|it| it.trim().is_empty()) {
            return Ok(());
        }
        let id = RowId { source: u16::try_from(source)?, record };
        if corrections.0.insert(id, values).is_some() {
            wrong.push(format!("line {}: the row {}:{record} is there twice", row.line, sources[source].name));
        }
        Ok(())
    })?;
    match wrong.as_slice() {
        [] => Ok(corrections),
        [first, rest @ ..] => bail!("{}, {first}{}", path.display(), more(rest.len())),
    }
}

fn more(n: usize) -> String {
    if n == 0 { String::new() } else { format!(", and {n} more such lines") }
}

/// Returns the positions of a source's columns in the file. A name that occurs twice is two columns.
fn columns_of(source: &SourceRecord, columns: &[String]) -> Vec<Option<usize>> {
    let place = |(n, name): (usize, &String)| {
        let nth = source.columns[..n].iter().filter(|it| *it == name).count();
        columns.iter().enumerate().filter(|it| it.1 == name).map(|it| it.0).nth(nth)
    };
    source.columns.iter().enumerate().map(place).collect()
}
