use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a file as a whole cannot be used.
#[derive(Debug, Error)]
pub enum ExtractError {
    #[error("could not read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is {kind}, not a file", path.display())]
    NotAFile { path: PathBuf, kind: &'static str },
    #[error("no files found at {}", path.display())]
    NoFiles { path: PathBuf },
    #[error("{} is {kind}: export it as CSV, JSON, XLSX or ODS first", path.display())]
    NotText { path: PathBuf, kind: &'static str },
    #[error("the archive {} {what}", path.display())]
    Archive { path: PathBuf, what: String },
    #[error("the spreadsheet {} {what}", path.display())]
    Sheet { path: PathBuf, what: String },
    #[error("{} is not valid JSON from line {line} on: the rest of the file cannot be read", path.display())]
    Json { path: PathBuf, line: u64 },
    #[error("{} looks like UTF-16 without a byte order mark: set encoding = \"utf-16le\" or \"utf-16be\" in its source", path.display())]
    Utf16WithoutBom { path: PathBuf },
    #[error("{} changed while it was read: run again when it is complete", path.display())]
    Changed { path: PathBuf },
    #[error("{} has more than {most} columns: check its delimiter, or export only the columns that are needed", path.display())]
    TooManyColumns { path: PathBuf, most: usize },
    #[error("{} has no header in line {row}, where header_row of its source expects it", path.display())]
    NoHeaderRow { path: PathBuf, row: u64 },
    #[error("the header of {} has an unclosed quote or is over 64 KiB", path.display())]
    Header { path: PathBuf },
    #[error("{} has no column \"{column}\": it has {}{}", path.display(), listed(header), nearest(column, header))]
    MissingColumn { path: PathBuf, column: String, header: Vec<String> },
    #[error("{} has {n_columns} columns named \"{column}\": rename all but one", path.display())]
    AmbiguousColumn { path: PathBuf, column: String, n_columns: usize },
    #[error("the scanner and the parser disagree at line {line} of {}: please report this", path.display())]
    Disagreement { path: PathBuf, line: u64 },
    #[error("the profile {name} is invalid: {what}")]
    Profile { name: String, what: String },
}

fn listed(header: &[String]) -> String {
    match header {
        [] => "no columns".to_owned(),
        _ => header.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", "),
    }
}

fn nearest(column: &str, header: &[String]) -> String {
    let similarity = |it: &&String| (strsim::jaro_winkler(&column.to_lowercase(), &it.to_lowercase()) * 1000.0) as u32;
    match header.iter().max_by_key(similarity).filter(|it| similarity(it) > 700) {
        Some(nearest) => format!("; did you mean \"{nearest}\"?"),
        None => String::new(),
    }
}
