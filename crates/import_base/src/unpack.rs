//! Unpacks zip, gzip and zstd files, and converts the encodings of old tools to UTF-8.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::magic::kind_of_bytes;
use crate::table::is_workbook;
use crate::{File, ImportError};

/// Limits what all packed files of an import unpack to together, in MiB, because it is held in memory. The largest bots are
/// a few MiB. A larger message log can be unpacked first.
pub(crate) const MOST_UNPACKED_MIB: u64 = 64;

/// The byte order mark of UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// The files, and those that could not be unpacked, with why.
pub(crate) type Unpacked = (Vec<File>, Vec<(File, ImportError)>);

/// Unpacks archives and packed files; all others are returned as they are. More than fits into memory is an error.
pub(crate) fn unpack(files: Vec<File>) -> Result<Unpacked, ImportError> {
    unpack_within(files, MOST_UNPACKED_MIB)
}

fn unpack_within(files: Vec<File>, most_mib: u64) -> Result<Unpacked, ImportError> {
    let (mut unpacked, mut failed) = (Vec::new(), Vec::new());
    let mut room = Room { most_mib, left: most_mib << 20 };
    for file in files {
        match content(&file, &mut room) {
            Ok(None) => unpacked.push(file),
            Ok(Some(files)) => unpacked.extend(files),
            Err(error @ ImportError::TooLarge { .. }) => return Err(error),
            Err(error) => failed.push((file, error)),
        }
    }
    Ok((unpacked, failed))
}

/// The files packed in a file; none if it is read as it is.
fn content(file: &File, room: &mut Room) -> Result<Option<Vec<File>>, ImportError> {
    match file.bytes.as_slice() {
        // It is read packed, and must not unpack to more than any other file.
        [b'P', b'K', 3, 4, ..] if is_workbook(&file.bytes) => entries(file, room).map(|_| None),
        [b'P', b'K', 3, 4, ..] => entries(file, room).map(Some),
        [0x1F, 0x8B, ..] => {
            let decoder = flate2::read::MultiGzDecoder::new(file.bytes.as_slice());
            Ok(Some(vec![stream(file, ".gz", decoder, room)?]))
        }
        [0x28, 0xB5, 0x2F, 0xFD, ..] => {
            let decoder = zstd::Decoder::new(file.bytes.as_slice());
            let decoder = decoder.map_err(|it| ImportError::shape(file, "a packed file", it))?;
            Ok(Some(vec![stream(file, ".zst", decoder, room)?]))
        }
        _ => Ok(None),
    }
}

/// Converts every file to UTF-8 without a byte order mark. Returns the files that were not, with the encoding guessed from their bytes.
pub(crate) fn to_utf_8(files: &mut [File]) -> Vec<(String, &'static str)> {
    let mut read_as = Vec::new();
    for file in files.iter_mut().filter(|it| !is_workbook(&it.bytes) && kind_of_bytes(&it.bytes).is_none()) {
        let (encoding, text) = decoded(&file.bytes);
        match text {
            Cow::Owned(text) => {
                read_as.push((file.path.clone(), encoding.name()));
                file.bytes = text.into_bytes();
            }
            Cow::Borrowed(_) if file.bytes.starts_with(MARK) => drop(file.bytes.drain(..MARK.len())),
            Cow::Borrowed(_) => {}
        }
    }
    read_as
}

/// Decodes UTF-8, UTF-16 with a byte order mark, and everything else as Windows-1252.
fn decoded(bytes: &[u8]) -> (&'static Encoding, Cow<'_, str>) {
    let by_mark = Encoding::for_bom(bytes).map(|it| it.0).filter(|it| *it != UTF_8);
    match by_mark.or_else(|| utf_16_without_mark(bytes)) {
        Some(encoding) => (encoding, Cow::Owned(encoding.decode(bytes).0.into_owned())),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => (UTF_8, Cow::Borrowed(text)),
            Err(_) => (WINDOWS_1252, Cow::Owned(WINDOWS_1252.decode(bytes).0.into_owned())),
        },
    }
}

/// UTF-16 of a text that is mostly Latin: every second byte of its start is zero.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs = bytes[..bytes.len().min(400)].chunks_exact(2);
    let n = pairs.len();
    let (first, second) =
        pairs.fold((0, 0), |it, pair| (it.0 + usize::from(pair[0] == 0), it.1 + usize::from(pair[1] == 0)));
    match () {
        () if n < 4 || first > 0 && second > 0 => None,
        () if second * 2 > n => Some(UTF_16LE),
        () if first * 2 > n => Some(UTF_16BE),
        () => None,
    }
}

/// The room in memory that is left for what packed files hold.
struct Room {
    most_mib: u64,
    left: u64,
}

impl Room {
    /// Reads one packed content to its end.
    fn read(&mut self, file: &File, expected: &'static str, reader: impl Read) -> Result<Vec<u8>, ImportError> {
        let mut bytes = Vec::new();
        reader.take(self.left + 1).read_to_end(&mut bytes).map_err(|it| ImportError::shape(file, expected, it))?;
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| ImportError::TooLarge { file: file.path.clone(), most: self.most_mib })?;
        Ok(bytes)
    }
}

fn stream(file: &File, ending: &str, reader: impl Read, room: &mut Room) -> Result<File, ImportError> {
    let bytes = room.read(file, "a packed file", reader)?;
    Ok(File { path: file.path.strip_suffix(ending).unwrap_or(&file.path).to_owned(), bytes })
}

/// Reads the files of a zip. Their names are never used as paths on disk.
fn entries(file: &File, room: &mut Room) -> Result<Vec<File>, ImportError> {
    let failed = |source| ImportError::shape(file, "a zip", source);
    let mut archive = zip::ZipArchive::new(Cursor::new(&file.bytes)).map_err(failed)?;
    let mut entries = Vec::new();
    for n in 0..archive.len() {
        let entry = archive.by_index(n).map_err(failed)?;
        if !entry.is_file() {
            continue;
        }
        let name = entry.name().map_err(failed)?.into_owned();
        let path = format!("{}/{name}", file.path);
        entries.push(File { path, bytes: room.read(file, "a zip", entry)? });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn encodings_of_old_tools_are_read_and_told() {
        let text = "nom,text\nrdv,Votre commande [numéro] est prête.\n";
        let utf_16: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let western = WINDOWS_1252.encode(text).0.into_owned();
        let marked = [MARK, text.as_bytes()].concat();
        for (bytes, told) in [
            (text.as_bytes().to_vec(), None),
            (marked, None),
            (utf_16[2..].to_vec(), Some("UTF-16LE")),
            (utf_16, Some("UTF-16LE")),
            (western, Some("windows-1252")),
        ] {
            let mut files = [File { path: "a.csv".into(), bytes }];
            let read_as = to_utf_8(&mut files);
            assert_eq!(String::from_utf8_lossy(&files[0].bytes), text);
            assert_eq!(read_as.first().map(|it| it.1), told);
        }
    }

    #[test]
    fn packed_files_are_what_is_in_them() {
        let bytes = zstd::encode_all("a".as_bytes(), 1).unwrap();
        let files = unpack(vec![File { path: "log.csv.zst".into(), bytes }]).unwrap().0;
        assert_eq!((files[0].path.as_str(), files[0].bytes.as_slice()), ("log.csv", "a".as_bytes()));
        let broken = vec![File { path: "log.csv.gz".into(), bytes: vec![0x1F, 0x8B, 8, 0, 1] }];
        let failed = unpack(broken).unwrap().1;
        assert_eq!(failed[0].1.to_string(), "could not read log.csv.gz as a packed file");
    }

    #[test]
    fn packed_files_that_hold_more_than_fits_into_memory_are_refused_and_name_the_limit() {
        let zeros = vec![0; 1 << 20];
        let gzip = {
            let mut packing = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            packing.write_all(&zeros).unwrap();
            packing.finish().unwrap()
        };
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("a", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&zeros).unwrap();
        let zip = zip.finish().unwrap().into_inner();
        let zstd = zstd::encode_all(zeros.as_slice(), 1).unwrap();
        for bytes in [gzip, zip, zstd] {
            let one = File { path: "log.csv.gz".into(), bytes };
            let two = vec![one.clone(), File { path: "small.gz".into(), ..one.clone() }];
            assert_eq!(unpack_within(vec![one], 1).unwrap().0[0].bytes.len(), 1 << 20);
            let error = unpack_within(two, 1).unwrap_err().to_string();
            assert_eq!(error, "small.gz unpacks to more than 1 MiB, with the packed files before it: unpack it first");
        }
    }
}
