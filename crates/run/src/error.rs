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
    #[error("could not write the table {}", path.display())]
    TableWrite { path: PathBuf, source: parquet::errors::ParquetError },
    #[error("{} holds a row that this version does not know", path.display())]
    UnknownRow { path: PathBuf },
    #[error("could not cut {} into batches", path.display())]
    Batch { path: PathBuf, source: model::BatchSize },
    #[error("another ferry works in {}: wait for it, or stop it", path.display())]
    Locked { path: PathBuf },
    #[error("{} is a symbolic link: give the folder itself", path.display())]
    Symlink { path: PathBuf },
    #[error("there is no run in {}: start one with `ferry run`", path.display())]
    NoRun { path: PathBuf },
    #[error("\"{name}\" cannot name {what}: use 1 to 64 small letters, digits and hyphens, a letter or digit first")]
    Name { what: &'static str, name: String },
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
