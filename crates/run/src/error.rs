use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// The reason why the run folder cannot be used.
#[derive(Debug, Error)]
pub enum RunError {
    #[error("could not write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("could not read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not a manifest that this version reads", path.display())]
    Manifest { path: PathBuf, source: serde_json::Error },
    #[error("{} is not a table that this version reads", path.display())]
    Table { path: PathBuf, source: parquet::errors::ParquetError },
    #[error("{} has the columns of another version: run `ferry run` to make it again", path.display())]
    OtherColumns { path: PathBuf },
    #[error("{} is missing, or it is not what the manifest says: run `ferry run` to make it again", path.display())]
    Damaged { path: PathBuf },
    #[error("could not write the table {}", path.display())]
    TableWrite { path: PathBuf, source: parquet::errors::ParquetError },
    #[error("{} holds a row that this version does not know", path.display())]
    UnknownRow { path: PathBuf },
    #[error("could not cut {} into batches", path.display())]
    Batch { path: PathBuf, source: model::BatchSize },
    #[error("another ferry works in {} ({holder}): wait for it, or stop it", path.display())]
    Locked { path: PathBuf, holder: String },
    #[error("{} holds a run already: name another folder", path.display())]
    Taken { path: PathBuf },
    #[error("others can write to {}: take away their right (chmod 700), or name another folder", path.display())]
    Shared { path: PathBuf },
    #[error("{} is a folder: name a file", path.display())]
    IsFolder { path: PathBuf },
    #[error("{} is not a folder", path.display())]
    NoFolder { path: PathBuf },
    #[error("{} is the manifest of version {found}; this program reads version {known}", path.display())]
    OtherVersion { path: PathBuf, found: u32, known: u32 },
    #[error("there is no run {id} in {}{} `ferry runs` lists them", runs.display(), did_you_mean(nearest))]
    UnknownRun { id: String, runs: PathBuf, nearest: Vec<String> },
    #[error("there is no backup {number} in {}: `ferry restore --list` lists them", backups.display())]
    NoBackup { number: u64, backups: PathBuf },
    #[error("{id} begins the uid of several runs: write more of it")]
    AmbiguousRun { id: String },
    #[error("{} is a symbolic link: give the folder itself", path.display())]
    Symlink { path: PathBuf },
    #[error("there is no run in {}: start one with `ferry run`", path.display())]
    NoRun { path: PathBuf },
    #[error("\"{name}\" cannot name {what}: use 1 to 64 small letters, digits and hyphens, a letter or digit first")]
    Name { what: &'static str, name: String },
}

/// `: did you mean one, another or a third?`
fn did_you_mean(names: &[String]) -> String {
    match names {
        [] => ":".to_owned(),
        [name] => format!(": did you mean {name}?"),
        [first @ .., last] => format!(": did you mean {} or {last}?", first.join(", ")),
    }
}

impl RunError {
    pub(crate) fn unknown_row(path: &std::path::Path) -> Self {
        Self::UnknownRow { path: path.to_owned() }
    }

    pub(crate) fn write(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }

    pub(crate) fn read(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Read { path, source }
    }
}
