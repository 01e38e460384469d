//! Files that appear whole or not at all, and that only their owner can read.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use model::{Digest, Hasher};

use crate::{Artifact, RunError};

/// Writes a file under a temporary name, and renames it when it is complete. Standard output, pipes and devices are
/// written to as they are.
pub struct ArtifactWriter {
    path: PathBuf,
    /// None if the bytes go straight to `path`.
    temporary: Option<PathBuf>,
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
        Ok(Self { path: path.to_owned(), temporary: Some(temporary), file, hasher: Hasher::default(), n_bytes: 0 })
    }

    /// Begins a file at a place that a person named; `-` is standard output, and a folder is refused. A new file is
    /// readable only by its owner; a file that is replaced keeps its mode, and a link keeps pointing to it.
    pub fn create_output(path: &Path) -> Result<Self, RunError> {
        if is_standard_output(path) {
            let out = std::io::stdout().as_fd().try_clone_to_owned().map_err(RunError::write(path))?;
            return Ok(Self::straight_to(path, out.into()));
        }
        let path = target_of(path);
        let there = std::fs::metadata(&path).ok();
        if there.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            return Err(RunError::IsFolder { path });
        }
        if there.as_ref().is_some_and(|it| !it.is_file()) {
            let file = OpenOptions::new().write(true).open(&path).map_err(RunError::write(&path))?;
            return Ok(Self::straight_to(&path, file));
        }
        let writer = Self::create(&path)?;
        if let Some(replaced) = there {
            let kept = writer.file.get_ref().set_permissions(replaced.permissions());
            kept.map_err(RunError::write(&path))?;
        }
        Ok(writer)
    }

    fn straight_to(path: &Path, file: File) -> Self {
        let file = BufWriter::with_capacity(1 << 16, file);
        Self { path: path.to_owned(), temporary: None, file, hasher: Hasher::default(), n_bytes: 0 }
    }

    /// Returns the final path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file durable under its final name.
    pub fn publish(mut self, rows: u64) -> Result<Artifact, RunError> {
        self.file.flush().map_err(RunError::write(&self.path))?;
        if let Some(temporary) = &self.temporary {
            self.file.get_ref().sync_all().map_err(RunError::write(temporary))?;
            std::fs::rename(temporary, &self.path).map_err(RunError::write(&self.path))?;
            sync_parent(&self.path)?;
        }
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

/// Writes a result at a place that a person named, as [`ArtifactWriter::create_output`] does.
pub fn write_output(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let mut writer = ArtifactWriter::create_output(path)?;
    writer.write_all(bytes).map_err(RunError::write(path))?;
    writer.publish(0).map(|_| ())
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

/// Returns whether a file is there and has the size and the digest of its record.
pub(crate) fn is_intact(path: &Path, artifact: &Artifact) -> Result<bool, RunError> {
    match std::fs::metadata(path) {
        Ok(file) => Ok(file.len() == artifact.bytes && digest_of(path)?.0 == artifact.sha256),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(RunError::Read { path: path.to_owned(), source }),
    }
}

/// Returns whether a path that a person named means standard output.
pub fn is_standard_output(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|it| path == Path::new(it))
}

/// The file that a path stands for: the target of a link, also of one whose target is not there yet.
pub fn target_of(path: &Path) -> PathBuf {
    const MOST_LINKS: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = std::fs::read_link(&target) else { break };
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    target
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_output_is_for_its_owner_and_a_replaced_one_keeps_its_mode_and_its_links() {
        let home = tempfile::tempdir().unwrap();
        let (new, old, link) = (home.path().join("new"), home.path().join("old"), home.path().join("link"));
        std::fs::write(&old, "before").unwrap();
        std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o664)).unwrap();
        std::os::unix::fs::symlink(&old, &link).unwrap();
        for path in [&new, &link] {
            write_output(path, b"after").unwrap();
        }
        let mode = |path: &Path| std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&new), mode(&old)), (0o600, 0o664));
        assert_eq!((std::fs::read_to_string(&old).unwrap().as_str(), link.is_symlink()), ("after", true));
        assert!(write_output(Path::new("/dev/null"), b"x").is_ok());
        let folder = write_output(home.path(), b"x").unwrap_err();
        assert!(matches!(folder, RunError::IsFolder { .. }), "{folder}");
    }

    #[test]
    fn a_link_without_a_target_gets_one_and_stays_a_link() {
        let home = tempfile::tempdir().unwrap();
        let link = home.path().join("link");
        std::os::unix::fs::symlink("new", &link).unwrap();
        write_output(&link, b"after").unwrap();
        assert_eq!(std::fs::read_to_string(home.path().join("new")).unwrap(), "after");
        assert!(link.is_symlink());
    }

    #[test]
    fn a_pipe_is_written_to_and_stays_a_pipe() {
        let home = tempfile::tempdir().unwrap();
        let pipe = home.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).unwrap()
        });
        write_output(&pipe, b"all of it").unwrap();
        assert_eq!(reader.join().unwrap(), "all of it");
        use std::os::unix::fs::FileTypeExt;
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }
}
