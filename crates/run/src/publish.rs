//! Files that appear whole or not at all, and that only their owner can read.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use model::{Digest, Hasher};

use crate::{Artifact, RunError};

/// Writes a file under a temporary name, and renames it when it is complete.
pub struct ArtifactWriter {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    hasher: Hasher,
    n_bytes: u64,
}

impl ArtifactWriter {
    /// Begins the file, and removes what an interrupted writer left under the temporary name.
    pub fn create(path: &Path) -> Result<Self, RunError> {
        let temporary = temporary_name(path);
        let failed = RunError::write(&temporary);
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).map_err(failed)?;
        let file = BufWriter::with_capacity(1 << 20, file);
        Ok(Self { path: path.to_owned(), temporary, file, hasher: Hasher::default(), n_bytes: 0 })
    }

    /// Returns the final path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file durable under its final name.
    pub fn publish(mut self, rows: u64) -> Result<Artifact, RunError> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(RunError::write(&self.temporary))?;
        std::fs::rename(&self.temporary, &self.path).map_err(RunError::write(&self.path))?;
        sync_parent(&self.path)?;
        Ok(Artifact { sha256: self.hasher.finish(), bytes: self.n_bytes, rows })
    }
}

impl Write for ArtifactWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.n_bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a small file atomically, readable only by its owner.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<Artifact, RunError> {
    let mut writer = ArtifactWriter::create(path)?;
    writer.write_all(bytes).map_err(RunError::write(path))?;
    writer.publish(0)
}

/// Returns the digest and the size of a file.
pub fn digest_of(path: &Path) -> Result<(Digest, u64), RunError> {
    let mut file = File::open(path).map_err(RunError::read(path))?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 1 << 20];
    let mut n_bytes = 0;
    loop {
        match file.read(&mut buffer).map_err(RunError::read(path))? {
            0 => return Ok((hasher.finish(), n_bytes)),
            n_read => {
                hasher.update(&buffer[..n_read]);
                n_bytes += n_read as u64;
            }
        }
    }
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}

/// Syncs the folder of a file: a rename is durable only after that.
pub fn sync_parent(path: &Path) -> Result<(), RunError> {
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|it| it.sync_all()).map_err(RunError::write(parent))
}
