//! Writes `clean/rejects/SOURCE.csv`: the rejected rows of a source in their original columns, plus the reason.
//!
//! Cells are as received, with an apostrophe before what a spreadsheet would run, so that the file can be corrected in
//! one. `corrections` takes these apostrophes off again.

use std::io::Write;

use anyhow::{Context, Result};
use model::{Reason, Reject};
use run::{Artifact, ArtifactWriter, RunFolder, guarded};

use crate::corrections::SourceRow;

/// The files of rejects, relative to the run folder.
pub(crate) const FOLDER: &str = "clean/rejects/";

/// Our own columns, which follow those of the export.
const OWN: [&str; 6] = ["_source", "_record", "_line", "_reason", "_field", "_text"];

/// Returns the name of the artifact of a source.
pub(crate) fn artifact(source: &str) -> String {
    format!("{FOLDER}{source}.csv")
}

/// The file with the rejects of a source.
pub(crate) struct RejectsFile {
    name: String,
    file: ArtifactWriter,
    n_rejects: u64,
}

impl RejectsFile {
    /// Begins the file of a source with these columns.
    pub(crate) fn create(folder: &RunFolder, source: &str, columns: &[String]) -> Result<Self> {
        let name = artifact(source);
        let mut rejects = Self { file: folder.create(&name)?, name, n_rejects: 0 };
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(columns.iter().map(String::as_str).chain(OWN).map(|it| guarded(it).into_owned()))?;
        rejects.write(&csv.into_inner()?, 0)?;
        Ok(rejects)
    }

    /// Adds the lines of some rejects, as [`lines`] makes them.
    pub(crate) fn write(&mut self, lines: &[u8], n_rejects: usize) -> Result<()> {
        self.n_rejects += n_rejects as u64;
        self.file.write_all(lines).with_context(|| format!("could not write {}", self.name))
    }

    /// Ends the file, and returns its name and record.
    pub(crate) fn publish(self) -> Result<(String, Artifact)> {
        Ok((self.name, self.file.publish(self.n_rejects)?))
    }
}

/// The lines of some rejects of a source with `n_columns`; `row` finds the row of a reject.
pub(crate) fn lines<'a>(
    source: &str,
    n_columns: usize,
    rejects: &[Reject],
    row: impl Fn(&Reject) -> SourceRow<'a>,
) -> Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    for reject in rejects {
        let row = row(reject);
        let (record, line) = (reject.row.record.to_string(), row.received.line().to_string());
        let own = [source, &record, &line, Reason::code(reject.reason), reject.field, row.unread_text()];
        let cells = (0..n_columns).map(|it| row.cell(it)).chain(own);
        csv.write_record(cells.map(|it| guarded(it).into_owned()))?;
    }
    Ok(csv.into_inner()?)
}
