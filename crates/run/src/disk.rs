//! The file system of a folder: its free space, and whether this user can write there.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

/// The file system that a folder is on, or will be on once it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// The same number means the same file system.
    pub device: u64,
    /// What this user can still write.
    pub free_bytes: u64,
    pub is_writable: bool,
}

impl Disk {
    /// Looks at a folder; if it is not there yet, at the nearest folder above it.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let there = folder.ancestors().find(|it| it.exists()).ok_or_else(missing)?;
        let found = statvfs(there)?;
        Ok(Self {
            device: there.metadata()?.dev(),
            free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
            is_writable: there.is_dir() && access(there, Access::WRITE_OK).is_ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_on_the_disk_of_the_one_above() {
        let home = tempfile::tempdir().unwrap();
        let (above, below) = (Disk::of(home.path()).unwrap(), Disk::of(&home.path().join("runs/new")).unwrap());
        assert_eq!(above.device, below.device);
        assert!(below.free_bytes > 0 && below.is_writable);
        std::fs::write(home.path().join("file"), "").unwrap();
        assert!(!Disk::of(&home.path().join("file")).unwrap().is_writable);
    }
}
