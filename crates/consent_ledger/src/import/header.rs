//! Whether the first line of a file names its columns, or is a row like the others.

use std::path::Path;

use extract::{Probe, Profile, Settings, SourcePart};

use crate::ConsentError;
use crate::import::columns::{StatementField, is_named, is_same_name};

/// The line that was taken as the header of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderLine {
    /// The line in the first of the files.
    pub line: u64,
    /// The lines above it that are not blank. Nothing is read from them.
    pub n_above: u64,
    /// The files with a header: several if the file is an archive.
    pub n_files: u64,
}

/// Probes a file. The first line is its header only if it names a column: one that `--column` names, one of this import, or
/// one that lists of contacts usually have. Any other first line may be about a person, so it is read as a row.
pub(crate) fn probe(
    file: &Path,
    settings: &Settings,
    named: &[(StatementField, String)],
) -> Result<Probe, ConsentError> {
    let paths = [file.to_owned()];
    let probe = extract::probe(&paths, settings)?;
    let contacts = Profile::contacts()?;
    let with_header = probe.parts.iter().filter(|it| it.has_header() && !it.header.is_empty());
    let (headers, rows): (Vec<&SourcePart>, Vec<&SourcePart>) =
        with_header.partition(|it| names_columns(&it.header, named, &contacts));
    match (headers.is_empty(), rows.first()) {
        (_, None) => Ok(probe),
        (true, Some(_)) => Ok(extract::probe(&paths, &Settings { has_header: Some(false), ..settings.clone() })?),
        (false, Some(part)) => Err(ConsentError::SomeHeaders { path: file.to_owned(), part: part.name() }),
    }
}

/// The line that names the columns; none if none does.
pub(crate) fn header_line(probe: &Probe) -> Option<HeaderLine> {
    let mut parts = probe.parts.iter().filter(|it| it.has_header() && !it.header.is_empty());
    let first = parts.next()?;
    Some(HeaderLine { line: first.first_line, n_above: first.n_title_lines, n_files: 1 + parts.count() as u64 })
}

fn names_columns(cells: &[String], named: &[(StatementField, String)], contacts: &Profile) -> bool {
    let is_of_field = |cell: &String| StatementField::ALL.iter().any(|it| is_named(*it, cell));
    let is_asked = |cell: &String| named.iter().any(|it| is_same_name(cell, &it.1));
    cells.iter().any(|it| is_of_field(it) || is_asked(it)) || extract::names_columns(contacts, cells)
}
