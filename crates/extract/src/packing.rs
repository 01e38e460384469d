//! What files come wrapped in: gzip, zstd, zip. Unpacked as a stream, within limits.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use model::{Digest, Hasher};
use zip::ZipArchive;

use crate::ExtractError;

/// Below this a high ratio says nothing: a short text of one letter packs a thousand times.
const HARMLESS_BYTES: u64 = 16 << 20;
/// More members than any export has; their names alone would fill the memory.
const MOST_MEMBERS: usize = 10_000;

/// How a file is packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
    /// One member of a zip archive.
    Zip {
        member: String,
    },
}

/// How much a file may unpack to before it is taken for a bomb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub unpacked_bytes: u64,
    /// Unpacked bytes per packed byte.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { unpacked_bytes: 20 << 30, ratio: 200 }
    }
}

/// Fails for what is not a plain file: opening a pipe would wait for ever, so the kind is asked first.
pub(crate) fn check_kind(path: &Path) -> Result<(), ExtractError> {
    let kind =
        std::fs::metadata(path).map_err(|source| ExtractError::Read { path: path.to_owned(), source })?.file_type();
    let kind = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "a directory",
        () => "a pipe, socket or device",
    };
    Err(ExtractError::NotAFile { path: path.to_owned(), kind })
}

/// The first bytes of a file.
pub(crate) fn start_of(mut bytes: impl Read, n_bytes: usize) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    bytes.by_ref().take(n_bytes as u64).read_to_end(&mut start)?;
    Ok(start)
}

/// What a file is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OnDisk {
    pub(crate) digest: Digest,
    pub(crate) n_bytes: u64,
}

/// Gives the unpacked bytes of a file to `each`, and tells what the file itself is.
pub(crate) fn unpacked<T, E: From<ExtractError>>(
    path: &Path,
    packing: &Packing,
    limits: Limits,
    each: impl FnOnce(&mut dyn Read) -> Result<T, E>,
) -> Result<(T, OnDisk), E> {
    let failed = |source| E::from(ExtractError::Read { path: path.to_owned(), source });
    if let Packing::Zip { member } = packing {
        let on_disk = digest_of(path).map_err(failed)?;
        let mut archive = zip_archive(path)?;
        let member = archive.by_name(member).map_err(|error| unzip_error(path, &error))?;
        return Ok((each(&mut Limited::new(member, limits, on_disk.n_bytes))?, on_disk));
    }
    let file = File::open(path).map_err(failed)?;
    let n_packed = file.metadata().map_err(failed)?.len();
    let mut raw = Hashing { inner: file, hasher: Hasher::default(), n_bytes: 0 };
    let given = match packing {
        Packing::Gzip => {
            let unpacking = MultiGzDecoder::new(BufReader::with_capacity(1 << 16, &mut raw));
            each(&mut Limited::new(unpacking, limits, n_packed))?
        }
        Packing::Zstd => {
            let unpacking = zstd::Decoder::new(&mut raw).map_err(failed)?;
            each(&mut Limited::new(unpacking, limits, n_packed))?
        }
        Packing::Plain | Packing::Zip { .. } => each(&mut raw)?,
    };
    // Whoever read it may have stopped before the end.
    io::copy(&mut raw, &mut io::sink()).map_err(failed)?;
    Ok((given, OnDisk { digest: raw.hasher.finish(), n_bytes: raw.n_bytes }))
}

/// Opens a zip archive and checks its directory.
pub(crate) fn zip_archive(path: &Path) -> Result<ZipArchive<BufReader<File>>, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let file = BufReader::new(File::open(path).map_err(failed)?);
    ZipArchive::new(file).map_err(|error| unzip_error(path, &error))
}

/// The names of the files in an archive, without what a Mac adds to it.
pub(crate) fn members(path: &Path) -> Result<Vec<String>, ExtractError> {
    let refused = |what: String| ExtractError::Archive { path: path.to_owned(), what };
    let mut archive = zip_archive(path)?;
    if archive.len() > MOST_MEMBERS {
        return Err(refused(format!("holds {} files; at most {MOST_MEMBERS} are read", archive.len())));
    }
    let mut names = Vec::new();
    for number in 0..archive.len() {
        let member = archive.by_index_raw(number).map_err(|error| unzip_error(path, &error))?;
        let name = member.name().map_err(|error| unzip_error(path, &error))?.into_owned();
        if member.enclosed_name().is_none() || name.contains('\\') || name.starts_with('/') {
            return Err(refused(format!("holds \"{}\", which leads out of the archive", name.escape_debug())));
        }
        if member.encrypted() {
            return Err(refused("is locked with a password: unpack it first".into()));
        }
        let is_clutter = name.starts_with("__MACOSX/") || name.rsplit('/').next().is_some_and(|it| it.starts_with('.'));
        if !member.is_dir() && !is_clutter {
            names.push(name);
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

pub(crate) fn unzip_error(path: &Path, error: &zip::result::ZipError) -> ExtractError {
    ExtractError::Archive { path: path.to_owned(), what: format!("cannot be unpacked: {error}") }
}

pub(crate) fn digest_of(path: &Path) -> io::Result<OnDisk> {
    let mut raw = Hashing { inner: File::open(path)?, hasher: Hasher::default(), n_bytes: 0 };
    let mut buffer = vec![0; 1 << 20];
    while raw.read(&mut buffer)? > 0 {}
    Ok(OnDisk { digest: raw.hasher.finish(), n_bytes: raw.n_bytes })
}

/// Digests what passes through, to tell whether the file changes under our hands.
struct Hashing {
    inner: File,
    hasher: Hasher,
    n_bytes: u64,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..n_read]);
        self.n_bytes += n_read as u64;
        Ok(n_read)
    }
}

/// Stops at the limits.
pub(crate) struct Limited<R> {
    inner: R,
    limits: Limits,
    n_packed: u64,
    n_bytes: u64,
}

impl<R> Limited<R> {
    pub(crate) fn new(inner: R, limits: Limits, n_packed: u64) -> Self {
        Self { inner, limits, n_packed, n_bytes: 0 }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.inner.read(buffer)?;
        self.n_bytes += n_read as u64;
        let Limits { unpacked_bytes, ratio } = self.limits;
        if self.n_bytes > unpacked_bytes {
            return Err(io::Error::other(Bomb::Bytes(unpacked_bytes)));
        }
        if self.n_bytes > HARMLESS_BYTES && self.n_bytes / ratio.max(1) > self.n_packed {
            return Err(io::Error::other(Bomb::Ratio(ratio)));
        }
        Ok(n_read)
    }
}

/// Which limit an archive broke.
#[derive(Debug, thiserror::Error)]
pub enum Bomb {
    #[error("it unpacks to more than {0} bytes; the plan can allow more with limits.unpacked_gib")]
    Bytes(u64),
    #[error("it unpacks to more than {0} times its size; the plan can allow more with limits.ratio")]
    Ratio(u64),
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut packing = flate2::write::GzEncoder::new(&mut file, flate2::Compression::best());
        packing.write_all(bytes).unwrap();
        packing.finish().unwrap();
        file
    }

    fn unpack(file: &tempfile::NamedTempFile, limits: Limits) -> Result<u64, ExtractError> {
        let size = |bytes: &mut dyn Read| {
            let size = io::copy(bytes, &mut io::sink());
            size.map_err(|source| ExtractError::Read { path: "x".into(), source })
        };
        unpacked(file.path(), &Packing::Gzip, limits, size).map(|it| it.0)
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused_and_what_is_only_repetitive_is_not() {
        let zeros = gzip(&vec![0; 24 << 20]);
        let cause = |error: ExtractError| std::error::Error::source(&error).unwrap().to_string();
        assert!(cause(unpack(&zeros, Limits::default()).unwrap_err()).contains("more than 200 times its size"));
        let wide = Limits { ratio: 2000, unpacked_bytes: 20 << 20 };
        assert!(cause(unpack(&zeros, wide).unwrap_err()).contains("more than 20971520 bytes"));
        assert_eq!(unpack(&gzip(&vec![0; 1 << 20]), Limits::default()).unwrap(), 1 << 20);
    }
}
