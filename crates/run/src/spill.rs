use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::RunError;
use crate::folder::create_private_dir;

/// Temporary files for data that does not fit into memory. They are removed on drop; files that an interrupted run left
/// are removed when the next run begins.
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

    /// Appends the content of a file to `bytes`, and removes the file.
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
        // A folder that cannot be removed is left; the next run tries again.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
