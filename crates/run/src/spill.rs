use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
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

    /// Fills `bytes` with the content of a file from byte `start` on, and returns their number: fewer than there is room
    /// for only at the end.
    pub fn read(&self, number: usize, start: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let file = File::open(self.path(number))?;
        let mut n_read = 0;
        while n_read < bytes.len() {
            match file.read_at(&mut bytes[n_read..], start + n_read as u64) {
                Ok(0) => break,
                Ok(n) => n_read += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(n_read)
    }

    /// Removes a file, if there is one.
    pub fn forget(&self, number: usize) -> io::Result<()> {
        match std::fs::remove_file(self.path(number)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_in_pieces_and_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let spill = SpillFolder::create(&home.path().join("spill")).unwrap();
        spill.put(7, b"one ").unwrap();
        spill.put(7, b"two").unwrap();
        let mut bytes = [0; 5];
        assert_eq!((spill.read(7, 0, &mut bytes).unwrap(), &bytes), (5, b"one t"));
        assert_eq!((spill.read(7, 5, &mut bytes).unwrap(), &bytes[..2]), (2, &b"wo"[..]));
        assert_eq!(spill.read(7, 7, &mut bytes).unwrap(), 0);
        spill.forget(7).unwrap();
        spill.forget(7).unwrap();
        let mut rest = Vec::new();
        spill.take(7, &mut rest).unwrap();
        assert!(rest.is_empty());
    }
}
