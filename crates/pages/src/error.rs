use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why pages on the disk cannot be used. No message holds what a page says.
#[derive(Debug, Error)]
pub enum PageError {
    #[error("could not use {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "{} is damaged at byte {at}: remove this file and the later ones of its folder, and read the source again",
        path.display()
    )]
    Damaged { path: PathBuf, at: u64 },
    #[error("another process is reading this source into {}: wait until it ends", path.display())]
    Locked { path: PathBuf },
}

impl PageError {
    pub(crate) fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
