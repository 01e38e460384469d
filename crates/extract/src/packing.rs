//! Unpacks gzip, zstd, zip and segments of pages as a stream, within limits.

mod archive;
mod bomb_guard;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use model::{Digest, Hasher};
use pages::Bodies;
use zip::ZipArchive;

use crate::error::ExtractError;
use crate::files::open;
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
    /// Pages that were read from a provider, one after another.
    Pages,
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

/// Gives the unpacked bytes of a file to `each`, and returns the digest and size of the file itself; if not
/// `is_whole`, of as much of it as was read.
fn unpacked<T, E: From<ExtractError>>(
    path: &Path,
    packing: &Packing,
    limits: Limits,
    is_whole: bool,
    each: impl FnOnce(&mut dyn Read) -> Result<T, E>,
) -> Result<(T, OnDisk), E> {
    let failed = |source| E::from(ExtractError::Read { path: path.to_owned(), source });
    let file = open(path).map_err(failed)?;
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
        Packing::Pages => each(&mut Bodies::new(&mut raw, path).map_err(failed)?)?,
        Packing::Plain | Packing::Zip { .. } => each(&mut raw)?,
    };
    // `each` may have stopped before the end, but the digest is of the whole file.
    if is_whole {
        io::copy(&mut raw, &mut io::sink()).map_err(failed)?;
    }
    Ok((given, OnDisk { digest: raw.hasher.finish(), n_bytes: raw.n_bytes }))
}

/// Unpacks members of archives. The archive of the last member stays open, so the directory and the digest of an archive
/// are read once for all its members.
#[derive(Default)]
pub(crate) struct Archives {
    open: Option<OpenArchive>,
    /// Files are not read to their ends for their digests.
    has_no_digests: bool,
}

struct OpenArchive {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
    on_disk: OnDisk,
}

impl Archives {
    /// For a look at the start of files: a digest is of as much as was read.
    pub(crate) fn without_digests() -> Self {
        Self { open: None, has_no_digests: true }
    }

    /// The digest and size of a file.
    pub(crate) fn on_disk(&self, path: &Path) -> io::Result<OnDisk> {
        match self.has_no_digests {
            true => Ok(OnDisk { digest: Hasher::default().finish(), n_bytes: open(path)?.metadata()?.len() }),
            false => digest_of(path),
        }
    }

    /// Like [`unpacked`], for any packing.
    pub(crate) fn unpacked_in<T, E: From<ExtractError>>(
        &mut self,
        path: &Path,
        packing: &Packing,
        limits: Limits,
        each: impl FnOnce(&mut dyn Read) -> Result<T, E>,
    ) -> Result<(T, OnDisk), E> {
        match packing {
            Packing::Zip { member } => self.unpacked(path, member, limits, each),
            _ => unpacked(path, packing, limits, !self.has_no_digests, each),
        }
    }

    fn unpacked<T, E: From<ExtractError>>(
        &mut self,
        path: &Path,
        member: &str,
        limits: Limits,
        each: impl FnOnce(&mut dyn Read) -> Result<T, E>,
    ) -> Result<(T, OnDisk), E> {
        let OpenArchive { archive, on_disk, .. } = self.of(path)?;
        let member = archive.by_name(member).map_err(|error| unzip_error(path, &error))?;
        Ok((each(&mut BombGuard::new(member, limits, on_disk.n_bytes))?, *on_disk))
    }

    fn of(&mut self, path: &Path) -> Result<&mut OpenArchive, ExtractError> {
        if self.open.as_ref().is_some_and(|it| it.path != path) {
            self.finish()?;
        }
        let open = match self.open.take() {
            Some(open) => open,
            None => {
                let failed = |source| ExtractError::Read { path: path.to_owned(), source };
                let on_disk = self.on_disk(path).map_err(failed)?;
                OpenArchive { path: path.to_owned(), archive: zip_archive(path)?, on_disk }
            }
        };
        Ok(self.open.insert(open))
    }

    /// Closes the last archive. Fails if it has changed since its first member was read.
    pub(crate) fn finish(&mut self) -> Result<(), ExtractError> {
        let Some(OpenArchive { path, on_disk, .. }) = self.open.take() else { return Ok(()) };
        match self.on_disk(&path) {
            Ok(now) if now == on_disk => Ok(()),
            Ok(_) => Err(ExtractError::Changed { path }),
            Err(source) => Err(ExtractError::Read { path, source }),
        }
    }
}

pub(crate) fn digest_of(path: &Path) -> io::Result<OnDisk> {
    let mut raw = Hashing { inner: open(path)?, hasher: Hasher::default(), n_bytes: 0 };
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
        unpacked(file.path(), &Packing::Gzip, limits, true, size).map(|it| it.0)
    }

    fn zip(path: &Path, members: &[(String, String)]) {
        let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
        for (name, text) in members {
            zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
    }

    #[test]
    fn an_archive_of_many_files_is_opened_as_often_as_one_of_few() {
        let home = tempfile::tempdir().unwrap();
        let opened = [3, 300].map(|n_members| {
            let path = home.path().join(format!("{n_members}.zip"));
            let member = |n| (format!("{n:04}.csv"), format!("phone,name\n+331990000{n:02},Ana\n"));
            zip(&path, &(0..n_members).map(member).collect::<Vec<_>>());
            let before = archive::n_opened();
            let probe = crate::probe(&[path], &crate::Settings::default()).unwrap();
            let mut n_rows = 0;
            let summaries = crate::read(&probe, |_| {
                n_rows += 1;
                Ok::<_, ExtractError>(())
            });
            assert_eq!((n_rows, summaries.unwrap().len()), (n_members, n_members));
            archive::n_opened() - before
        });
        assert_eq!(opened, [3, 3], "for the names, for the formats and for the rows");
    }

    #[test]
    fn pages_of_a_provider_are_read_as_saved_files_and_a_row_that_comes_again_is_left_out() {
        let home = tempfile::tempdir().unwrap();
        let (mut store, _) = pages::PageStore::open(home.path()).unwrap();
        let page = pages::Frame::new(pages::FrameKind::Page, 1, jiff::Timestamp::UNIX_EPOCH);
        for text in [
            r#"{"messages":[{"sid":"SM1","to":"+33199000001"},{"sid":"SM2","to":"+33199000002"}],"next_page_uri":"/2"}"#,
            r#"{"messages":[{"sid":"SM2","to":"+33199000002"},{"sid":"SM3","to":"+33199000003"}],"next_page_uri":null}"#,
        ] {
            store.append(page.clone(), text.as_bytes()).unwrap();
        }
        let settings = crate::Settings {
            known_records: vec!["messages".to_owned()],
            drops_repeats: true,
            ..crate::Settings::default()
        };
        let probe = crate::probe(&[home.path().join("000001.pages")], &settings).unwrap();
        assert_eq!(probe.parts[0].reading(), "JSON pages as read from the provider, records under \"messages\"");
        let mut rows = Vec::new();
        let read = crate::read(&probe, |row| {
            rows.push((row.record, row.cells.unwrap().get(0).to_owned()));
            Ok::<_, ExtractError>(())
        });
        assert_eq!(rows, [(1, "SM1".to_owned()), (2, "SM2".to_owned()), (3, "SM3".to_owned())]);
        let summary = &read.unwrap()[0];
        assert_eq!((summary.n_rows, summary.n_records, summary.n_repeats), (3, 4, 1));
    }

    #[test]
    fn an_archive_that_changes_after_its_first_file_was_read_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.zip");
        let text = "phone,name\n+33199000001,Ana\n";
        zip(&path, &["a.csv", "b.csv"].map(|it| (it.to_owned(), text.to_owned())));
        let probe = crate::probe(std::slice::from_ref(&path), &crate::Settings::default()).unwrap();
        let read = crate::read(&probe, |row| {
            if row.record == 2 {
                let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
                file.write_all(b"x").unwrap();
            }
            Ok::<_, ExtractError>(())
        });
        assert!(matches!(read, Err(ExtractError::Changed { .. })), "{read:?}");
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
