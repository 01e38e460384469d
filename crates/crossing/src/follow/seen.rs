//! The rows with refusals that a followed source has had, as digests beside its pages.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use model::Digest;

/// The name of the file: a line with the first half of a digest for each row.
const FILE: &str = "refusals.seen";

pub(crate) struct Seen {
    path: PathBuf,
    rows: HashSet<u128>,
    added: Vec<u128>,
    is_new: bool,
}

impl Seen {
    /// Reads the file in the folder of a source.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            read => Some(read.with_context(|| format!("could not read {}", path.display()))?),
        };
        let is_new = text.is_none();
        let rows = text.iter().flat_map(|it| it.lines()).filter_map(|it| u128::from_str_radix(it, 16).ok()).collect();
        Ok(Self { path, rows, added: Vec::new(), is_new })
    }

    /// Whether the source was not followed before.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Adds a row; false if it was there.
    pub(crate) fn insert(&mut self, row: Digest) -> bool {
        let is_new = self.rows.insert(row.first_half());
        self.added.extend(is_new.then(|| row.first_half()));
        is_new
    }

    /// Appends what was added.
    pub(crate) fn save(&mut self) -> Result<()> {
        let failed = || format!("could not write {}", self.path.display());
        let text: String = self.added.drain(..).map(|it| format!("{it:032x}\n")).collect();
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).mode(0o600).open(&self.path).with_context(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).with_context(failed)
    }
}
