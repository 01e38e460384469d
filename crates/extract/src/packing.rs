//! Unpacks gzip, zstd and zip as a stream, within limits.

mod archive;
mod bomb_guard;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use model::{Digest, Hasher};

use crate::error::ExtractError;
use crate::packing::archive::zip_archive;

pub(crate) use crate::packing::archive::{members, unzip_error};
pub(crate) use crate::packing::bomb_guard::BombGuard;
pub use crate::packing::bomb_guard::{LimitExceeded, Limits};

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

/// The first bytes of a file.
pub(crate) fn start_of(mut bytes: impl Read, n_bytes: usize) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    bytes.by_ref().take(n_bytes as u64).read_to_end(&mut start)?;
    Ok(start)
}

/// A file as it is on the disk, packed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OnDisk {
    pub(crate) digest: Digest,
    pub(crate) n_bytes: u64,
}

/// Gives the unpacked bytes of a file to `each`, and returns the digest and size of the file itself.
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
        return Ok((each(&mut BombGuard::new(member, limits, on_disk.n_bytes))?, on_disk));
    }
    let file = File::open(path).map_err(failed)?;
    let n_packed = file.metadata().map_err(failed)?.len();
    let mut raw = Hashing { inner: file, hasher: Hasher::default(), n_bytes: 0 };
    let given = match packing {
        Packing::Gzip => {
            let unpacking = MultiGzDecoder::new(BufReader::with_capacity(1 << 16, &mut raw));
            each(&mut BombGuard::new(unpacking, limits, n_packed))?
        }
        Packing::Zstd => {
            let unpacking = zstd::Decoder::new(&mut raw).map_err(failed)?;
            each(&mut BombGuard::new(unpacking, limits, n_packed))?
        }
        Packing::Plain | Packing::Zip { .. } => each(&mut raw)?,
    };
    // `each` may have stopped before the end, but the digest is of the whole file.
    io::copy(&mut raw, &mut io::sink()).map_err(failed)?;
    Ok((given, OnDisk { digest: raw.hasher.finish(), n_bytes: raw.n_bytes }))
}

pub(crate) fn digest_of(path: &Path) -> io::Result<OnDisk> {
    let mut raw = Hashing { inner: File::open(path)?, hasher: Hasher::default(), n_bytes: 0 };
    let mut buffer = vec![0; 1 << 20];
    while raw.read(&mut buffer)? > 0 {}
    Ok(OnDisk { digest: raw.hasher.finish(), n_bytes: raw.n_bytes })
}

/// Digests the bytes that are read, to detect later whether the file has changed.
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
    fn a_file_that_unpacks_to_too_much_is_refused_and_a_repetitive_one_is_not() {
        let zeros = gzip(&vec![0; 24 << 20]);
        let cause = |error: ExtractError| std::error::Error::source(&error).unwrap().to_string();
        assert!(cause(unpack(&zeros, Limits::default()).unwrap_err()).contains("more than 200 times its size"));
        let wide = Limits { ratio: 2000, unpacked_bytes: 20 << 20 };
        assert!(cause(unpack(&zeros, wide).unwrap_err()).contains("more than 20971520 bytes"));
        assert_eq!(unpack(&gzip(&vec![0; 1 << 20]), Limits::default()).unwrap(), 1 << 20);
    }
}
