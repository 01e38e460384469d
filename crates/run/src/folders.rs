//! A folder with one folder for each run, or for each backup.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::RunError;
use crate::folder::{create_private_dir, lock_file};

/// While this is held, no other process begins a run or takes a backup in the folder.
#[derive(Debug)]
pub struct FolderLock(#[expect(dead_code, reason = "the lock is released when the file is closed")] File);

impl FolderLock {
    /// Waits until no other process holds the lock of the folder, and creates the folder if it is not there.
    pub(crate) fn wait(dir: &Path) -> Result<Self, RunError> {
        create_private_dir(dir)?;
        let (path, file) = lock_file(dir)?;
        file.lock().map_err(RunError::write(&path))?;
        Ok(Self(file))
    }
}

/// Lists the folders in a directory, in any order; none if the directory is not there.
pub(crate) fn folders_in(dir: &Path) -> Result<Vec<PathBuf>, RunError> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(RunError::Read { path: dir.to_owned(), source }),
    };
    Ok(entries.filter_map(|it| Some(it.ok()?.path())).filter(|it| it.is_dir()).collect())
}
