use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::RunError;
use crate::folder::create_private_dir;

/// Files that hold for a while what does not fit into memory. They go when this goes, and what an
/// interrupted run has left goes when the next one begins.
#[derive(Debug)]
pub struct SpillFolder {
    dir: PathBuf,
}

impl SpillFolder {
    pub(crate) fn create(dir: &Path) -> Result<Self, RunError> {
        match std::fs::remove_dir_all(dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(RunError::write(dir)(error)),
            _ => {}
        }
        create_private_dir(dir)?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// Appends bytes to a file.
    pub fn put(&self, number: usize, bytes: &[u8]) -> io::Result<()> {
        OpenOptions::new().create(true).append(true).mode(0o600).open(self.path(number))?.write_all(bytes)
    }

    /// Appends what a file holds to `bytes`, and removes it.
    pub fn take(&self, number: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
        match File::open(self.path(number)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(mut file) => {
                file.read_to_end(bytes)?;
                std::fs::remove_file(self.path(number))
            }
        }
    }

    fn path(&self, number: usize) -> PathBuf {
        self.dir.join(format!("{number:03}"))
    }
}

impl Drop for SpillFolder {
    fn drop(&mut self) {
        // Nothing can be done about a folder that does not go; the next run tries again.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
