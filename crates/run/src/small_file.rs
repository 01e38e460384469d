//! Files that are read whole: keys, tokens, plans, lists. They are opened without waiting and read up to a limit, so that
//! neither a pipe nor a device can hold a command up or fill the memory.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Limits a key or a token, in bytes.
pub const MOST_SECRET_BYTES: u64 = 64 << 10;
/// Limits a file that a person writes, such as a plan or a profile, in bytes.
pub const MOST_PLAN_BYTES: u64 = 1 << 20;
/// Limits a list or a document, such as suppressed people or templates, in bytes.
pub const MOST_LIST_BYTES: u64 = 64 << 20;

/// Opens a file for reading. Fails at once for a pipe, socket or device, which may never end.
pub fn open_plain(path: &Path) -> Result<File> {
    plain(OpenOptions::new().read(true).custom_flags(without_waiting()).open(path))
}

/// Reads a file of at most `most` bytes.
pub fn read_small(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_plain(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let (n, unit) = if most >= 1 << 20 { (most >> 20, "MiB") } else { (most >> 10, "KiB") };
        return Err(Error::new(ErrorKind::FileTooLarge, format!("the file is larger than {n} {unit}")));
    }
    Ok(bytes)
}

/// Reads a text in UTF-8 of at most `most` bytes.
pub fn read_small_text(path: &Path, most: u64) -> Result<String> {
    let not_text = |_| Error::new(ErrorKind::InvalidData, "the file is not text in UTF-8");
    String::from_utf8(read_small(path, most)?).map_err(not_text)
}

/// The flag with which opening a pipe does not wait for its other end.
pub(crate) fn without_waiting() -> i32 {
    OFlags::NONBLOCK.bits().cast_signed()
}

/// Refuses anything opened that is not a file. A pipe without a reader cannot even be opened for writing (`ENXIO`).
pub(crate) fn plain(opened: Result<File>) -> Result<File> {
    let no_file = || Error::new(ErrorKind::InvalidInput, "it is a pipe, socket or device, not a file");
    let file = match opened {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => return Err(no_file()),
        opened => opened?,
    };
    let kind = file.metadata()?.file_type();
    match () {
        () if kind.is_file() => Ok(file),
        () if kind.is_dir() => Err(Error::from(ErrorKind::IsADirectory)),
        () => Err(no_file()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipe(path: &Path) {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn a_pipe_a_socket_and_a_device_are_refused_at_once() {
        let home = tempfile::tempdir().unwrap();
        let (a_pipe, a_socket) = (home.path().join("pipe"), home.path().join("socket"));
        pipe(&a_pipe);
        let _open = std::os::unix::net::UnixListener::bind(&a_socket).unwrap();
        for path in [a_pipe.as_path(), &a_socket, Path::new("/dev/zero"), Path::new("/dev/null")] {
            let error = read_small(path, MOST_SECRET_BYTES).unwrap_err();
            assert_eq!(error.to_string(), "it is a pipe, socket or device, not a file", "{}", path.display());
        }
        assert_eq!(read_small(home.path(), 9).unwrap_err().kind(), ErrorKind::IsADirectory);
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        std::fs::write(&path, vec![b'a'; 64 << 10]).unwrap();
        assert_eq!(read_small_text(&path, MOST_SECRET_BYTES).unwrap().len(), 64 << 10);
        std::fs::write(&path, vec![b'a'; (64 << 10) + 1]).unwrap();
        let error = read_small(&path, MOST_SECRET_BYTES).unwrap_err();
        assert_eq!(error.to_string(), "the file is larger than 64 KiB");
        assert_eq!(read_small(&home.path().join("none"), 9).unwrap_err().kind(), ErrorKind::NotFound);
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(read_small_text(&path, 9).unwrap_err().to_string(), "the file is not text in UTF-8");
    }
}
