//! What a file is: its digest, encoding, delimiter and header.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use encoding_rs_io::DecodeReaderBytesBuilder;
use model::{Digest, Hasher};
use serde::{Deserialize, Serialize};

use crate::ExtractError;
use crate::records::{MOST_RECORD_BYTES, Record, Records};

const MOST_COLUMNS: usize = 1000;
const DELIMITERS: [u8; 4] = *b",;\t|";

/// What a plan may say of a file; what it leaves open is found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub delimiter: Option<u8>,
    pub encoding: Option<Encoding>,
}

/// How text is written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    pub path: PathBuf,
    pub digest: Digest,
    pub n_bytes: u64,
    pub encoding: Encoding,
    pub delimiter: u8,
    /// The columns by name, as they stand; empty for an empty file.
    pub header: Vec<String>,
}

impl Encoding {
    /// The name as a plan writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    fn decoder(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Windows1252 => encoding_rs::WINDOWS_1252,
        }
    }
}

impl Probe {
    /// The delimiter as people name it.
    pub fn delimiter_name(&self) -> String {
        match self.delimiter {
            b'\t' => "tab".to_owned(),
            other => format!("'{}'", char::from(other)),
        }
    }
}

/// Reads the whole file once and finds out what it is.
pub fn probe(path: &Path, settings: Settings) -> Result<Probe, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    check_kind(path)?;
    let seen = survey(File::open(path).map_err(failed)?).map_err(failed)?;
    check_text(path, &seen, settings)?;

    let encoding = settings.encoding.unwrap_or_else(|| seen.encoding());
    let mut probe = Probe {
        path: path.to_owned(),
        digest: seen.digest,
        n_bytes: seen.n_bytes,
        encoding,
        delimiter: settings.delimiter.unwrap_or(b','),
        header: Vec::new(),
    };
    probe.read_header(settings)?;
    Ok(probe)
}

/// The text of a file as UTF-8, without byte order mark. UTF-8 itself passes as it is, its errors
/// too: naming it to the decoder would replace them, and they are for each row to answer for.
pub(crate) fn text<R: Read>(bytes: R, encoding: Encoding) -> impl Read {
    DecodeReaderBytesBuilder::new()
        .encoding((encoding != Encoding::Utf8).then(|| encoding.decoder()))
        .bom_override(false)
        .strip_bom(true)
        .utf8_passthru(true)
        .build(bytes)
}

impl Probe {
    fn read_header(&mut self, settings: Settings) -> Result<(), ExtractError> {
        let path = self.path.clone();
        let failed = |source| ExtractError::Read { path: path.clone(), source };
        let open = || File::open(&path).map(|it| text(BufReader::new(it), self.encoding));

        let mut start = Vec::new();
        open().map_err(failed)?.take(MOST_RECORD_BYTES as u64).read_to_end(&mut start).map_err(failed)?;
        let first_line = start.split(|it| matches!(it, b'\n' | b'\r')).find(|it| !it.is_empty()).unwrap_or_default();
        let separator = separator(first_line);
        let delimiter = settings.delimiter.or(separator).unwrap_or_else(|| sniffed(first_line));

        let mut records = Records::new(open().map_err(failed)?, delimiter);
        if separator.is_some() {
            records.next_record().map_err(failed)?;
        }
        let header = match records.next_record().map_err(failed)? {
            None => Vec::new(),
            Some(Record::Whole { bytes, .. }) => split(bytes, delimiter),
            Some(_) => return Err(ExtractError::Header { path }),
        };
        if header.len() > MOST_COLUMNS {
            return Err(ExtractError::TooManyColumns { path, n_columns: header.len(), most: MOST_COLUMNS });
        }
        self.delimiter = delimiter;
        self.header = header;
        Ok(())
    }
}

/// The delimiter that a first line `sep=;` names, which is how Excel is told.
pub(crate) fn separator(line: &[u8]) -> Option<u8> {
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => Some(*delimiter),
        _ => None,
    }
}

/// Opening a FIFO would wait for ever, so the kind is asked first.
fn check_kind(path: &Path) -> Result<(), ExtractError> {
    let kind =
        std::fs::metadata(path).map_err(|source| ExtractError::Read { path: path.to_owned(), source })?.file_type();
    let kind = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "a directory",
        () => "a pipe, socket or device",
    };
    Err(ExtractError::NotAFile { path: path.to_owned(), kind })
}

fn check_text(path: &Path, seen: &Survey, settings: Settings) -> Result<(), ExtractError> {
    let kind = match seen.start.as_slice() {
        [0x1f, 0x8b, ..] => "a gzip archive",
        [b'P', b'K', 3, 4, ..] => "a zip archive or a spreadsheet",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "a zstd archive",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an old Excel spreadsheet",
        [b'%', b'P', b'D', b'F', ..] => "a PDF",
        start if settings.encoding.is_none() && seen.bom().is_none() && looks_like_utf16(start) => {
            return Err(ExtractError::Utf16WithoutBom { path: path.to_owned() });
        }
        _ => return Ok(()),
    };
    Err(ExtractError::NotText { path: path.to_owned(), kind })
}

/// ASCII text in UTF-16 has a zero in every second byte.
fn looks_like_utf16(start: &[u8]) -> bool {
    start.len() >= 4 && start.iter().filter(|it| **it == 0).count() * 3 > start.len()
}

/// What one pass over the bytes shows.
struct Survey {
    digest: Digest,
    n_bytes: u64,
    start: Vec<u8>,
    /// Characters of two bytes and more that are valid UTF-8, and places that are not.
    n_multibyte: u64,
    n_invalid: u64,
}

impl Survey {
    fn bom(&self) -> Option<Encoding> {
        match self.start.as_slice() {
            [0xef, 0xbb, 0xbf, ..] => Some(Encoding::Utf8),
            [0xff, 0xfe, ..] => Some(Encoding::Utf16Le),
            [0xfe, 0xff, ..] => Some(Encoding::Utf16Be),
            _ => None,
        }
    }

    /// A file of accented text in Windows-1252 has next to no valid UTF-8 characters. One with both
    /// is UTF-8 with some broken rows, which are rejected one by one.
    fn encoding(&self) -> Encoding {
        match self.bom() {
            Some(encoding) => encoding,
            None if self.n_invalid > 10 * self.n_multibyte => Encoding::Windows1252,
            None => Encoding::Utf8,
        }
    }
}

fn survey(mut file: impl Read) -> io::Result<Survey> {
    let mut hasher = Hasher::default();
    let mut seen =
        Survey { digest: Hasher::default().finish(), n_bytes: 0, start: Vec::new(), n_multibyte: 0, n_invalid: 0 };
    let mut buffer = vec![0; 1 << 20];
    let mut n_carried = 0;
    loop {
        let n_read = file.read(&mut buffer[n_carried..])?;
        if n_read == 0 {
            seen.n_invalid += u64::from(n_carried > 0);
            seen.digest = hasher.finish();
            return Ok(seen);
        }
        let read = &buffer[n_carried..n_carried + n_read];
        hasher.update(read);
        let n_wanted = 1024_usize.saturating_sub(seen.start.len()).min(n_read);
        seen.start.extend_from_slice(&read[..n_wanted]);
        seen.n_bytes += n_read as u64;

        let n_held = n_carried + n_read;
        let n_done = seen.look_at(&buffer[..n_held]);
        buffer.copy_within(n_done..n_held, 0);
        n_carried = n_held - n_done;
    }
}

impl Survey {
    /// Counts characters, up to one that may go on in the next block.
    fn look_at(&mut self, bytes: &[u8]) -> usize {
        let mut done = 0;
        loop {
            let (valid, invalid) = match std::str::from_utf8(&bytes[done..]) {
                Ok(rest) => (rest.len(), None),
                Err(error) => (error.valid_up_to(), Some(error.error_len())),
            };
            let starts = bytes[done..done + valid].iter().filter(|it| **it >= 0xc0).count();
            self.n_multibyte += starts as u64;
            done += valid;
            match invalid {
                None | Some(None) => return done,
                Some(Some(n_bytes)) => {
                    self.n_invalid += 1;
                    done += n_bytes;
                }
            }
        }
    }
}

/// The delimiter that stands most often in the header, outside quotes.
fn sniffed(line: &[u8]) -> u8 {
    let n_fields = |delimiter: &u8| split(line, *delimiter).len();
    // Of equals the first counts: a header of one column is taken as comma-separated.
    DELIMITERS.into_iter().rev().max_by_key(n_fields).unwrap_or(b',')
}

fn split(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).flexible(true).from_reader(line);
    let mut record = csv::ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => record.iter().map(|it| String::from_utf8_lossy(it).trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}
