//! Unpacks zip, gzip and zstd files, and converts the encodings of old tools to UTF-8.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::{File, ImportError};

/// Limits the unpacked size of a zip, in bytes; the largest bots are a few MiB.
const MAX_ARCHIVE_BYTES: u64 = 256 << 20;
/// Limits the unpacked size of a gzip or zstd file, such as a message log, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 30;

/// Unpacks archives and packed files; all others are returned as they are.
pub(crate) fn unpack(files: Vec<File>) -> Result<Vec<File>, ImportError> {
    let mut unpacked = Vec::new();
    for file in files {
        match file.bytes.as_slice() {
            [b'P', b'K', 3, 4, ..] => unpacked.extend(entries(&file)?),
            [0x1F, 0x8B, ..] => {
                unpacked.push(stream(&file, ".gz", flate2::read::MultiGzDecoder::new(file.bytes.as_slice()))?)
            }
            [0x28, 0xB5, 0x2F, 0xFD, ..] => {
                let decoder = zstd::Decoder::new(file.bytes.as_slice());
                let decoder = decoder.map_err(|it| ImportError::shape(&file, "a packed file", it))?;
                unpacked.push(stream(&file, ".zst", decoder)?);
            }
            _ => unpacked.push(file),
        }
    }
    Ok(unpacked)
}

/// Converts every file to UTF-8. Returns the files that were not, with the encoding guessed from their bytes.
pub(crate) fn to_utf_8(files: &mut [File]) -> Vec<(String, &'static str)> {
    let mut read_as = Vec::new();
    for file in files {
        let (encoding, text) = decoded(&file.bytes);
        if let Cow::Owned(text) = text {
            read_as.push((file.path.clone(), encoding.name()));
            file.bytes = text.into_bytes();
        }
    }
    read_as
}

/// Decodes UTF-8, UTF-16 with a byte order mark, and everything else as Windows-1252.
fn decoded(bytes: &[u8]) -> (&'static Encoding, Cow<'_, str>) {
    match Encoding::for_bom(bytes).map(|it| it.0).filter(|it| *it != UTF_8) {
        Some(encoding) => (encoding, Cow::Owned(encoding.decode(bytes).0.into_owned())),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => (UTF_8, Cow::Borrowed(text)),
            Err(_) => (WINDOWS_1252, Cow::Owned(WINDOWS_1252.decode(bytes).0.into_owned())),
        },
    }
}

fn stream(file: &File, ending: &str, reader: impl Read) -> Result<File, ImportError> {
    let mut bytes = Vec::new();
    let failed = |it| ImportError::shape(file, "a packed file", it);
    reader.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ImportError::TooLarge { file: file.path.clone(), most: MAX_FILE_BYTES });
    }
    Ok(File { path: file.path.strip_suffix(ending).unwrap_or(&file.path).to_owned(), bytes })
}

/// Reads the files of a zip. Their names are never used as paths on disk.
fn entries(file: &File) -> Result<Vec<File>, ImportError> {
    let failed = |source| ImportError::shape(file, "a zip", source);
    let mut archive = zip::ZipArchive::new(Cursor::new(&file.bytes)).map_err(failed)?;
    let (mut entries, mut left) = (Vec::new(), MAX_ARCHIVE_BYTES);
    for n in 0..archive.len() {
        let entry = archive.by_index(n).map_err(failed)?;
        if !entry.is_file() {
            continue;
        }
        let name = entry.name().map_err(failed)?.into_owned();
        let path = format!("{}/{name}", file.path);
        let mut bytes = Vec::new();
        entry.take(left + 1).read_to_end(&mut bytes).map_err(|it| ImportError::shape(file, "a zip", it))?;
        left = left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| ImportError::TooLarge { file: file.path.clone(), most: MAX_ARCHIVE_BYTES })?;
        entries.push(File { path, bytes });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_of_old_tools_are_read_and_told() {
        let text = "nom,text\nrdv,Votre commande [numéro] est prête.\n";
        let utf_16: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let western = WINDOWS_1252.encode(text).0.into_owned();
        for (bytes, told) in
            [(text.as_bytes().to_vec(), None), (utf_16, Some("UTF-16LE")), (western, Some("windows-1252"))]
        {
            let mut files = [File { path: "a.csv".into(), bytes }];
            let read_as = to_utf_8(&mut files);
            assert_eq!(String::from_utf8_lossy(&files[0].bytes), text);
            assert_eq!(read_as.first().map(|it| it.1), told);
        }
    }

    #[test]
    fn packed_files_are_what_is_in_them() {
        let bytes = zstd::encode_all("a".as_bytes(), 1).unwrap();
        let files = unpack(vec![File { path: "log.csv.zst".into(), bytes }]).unwrap();
        assert_eq!((files[0].path.as_str(), files[0].bytes.as_slice()), ("log.csv", "a".as_bytes()));
        let broken = vec![File { path: "log.csv.gz".into(), bytes: vec![0x1F, 0x8B, 8, 0, 1] }];
        assert_eq!(unpack(broken).unwrap_err().to_string(), "could not read log.csv.gz as a packed file");
    }
}
