//! Finds out what the files of a source are: of each file its digest, packing, format and columns.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::error::ExtractError;
use crate::files::check_is_file;
use crate::formats::csv::{CsvSettings, HeadColumns, read_head};
use crate::formats::json::{
    Flattener, JsonForm, Lists, RecordScanner, Scanned, UnreadableRecord, detect_json_layout, looks_like_json,
};
use crate::formats::sheet::{self, SheetFile, SheetKind};
use crate::formats::vcard::{COLUMNS, looks_like_vcard};
use crate::magic::{FileKind, file_kind};
use crate::packing::{Limits, OnDisk, Packing, digest_of, members, start_of, unpacked};
use crate::row::MOST_COLUMNS;
use crate::settings::Settings;
use crate::source::{Form, Part, Probe};
use crate::text::detect_encoding::{DetectedEncoding, EncodingDoubt, detect_encoding};
use crate::text::encoding::{Encoding, looks_like_utf16, marked, text};

/// Bytes at the start of a file that tell what it is. A header has to end within them.
const START_BYTES: usize = 64 << 10;

/// The text encoding of JSON is UTF-8 unless a byte order mark says otherwise (RFC 8259, section 8.1).
const JSON_ENCODING: Encoding = Encoding::UTF_8;

/// Reads the files of a source once and finds out what they are.
pub fn probe(paths: &[PathBuf], settings: &Settings) -> Result<Probe, ExtractError> {
    let mut parts = Vec::new();
    for path in paths {
        check_is_file(path)?;
        parts.extend(probe_file(path, settings)?);
    }
    let mut columns: Vec<String> = Vec::new();
    for part in &parts {
        join(&mut columns, &part.header);
    }
    if let (true, Some(first)) = (columns.len() > MOST_COLUMNS, paths.first()) {
        return Err(too_many_columns(first));
    }
    for part in &mut parts {
        part.places = (part.header != columns).then(|| places(&columns, &part.header));
    }
    Ok(Probe { parts, columns, limits: settings.limits })
}

fn too_many_columns(path: &Path) -> ExtractError {
    ExtractError::TooManyColumns { path: path.to_owned(), most: MOST_COLUMNS }
}

/// Adds the columns that are not there yet. A name that stands twice in a header is two columns.
fn join(columns: &mut Vec<String>, header: &[String]) {
    let counts = |names: &[String], name: &String| names.iter().filter(|it| *it == name).count();
    for (n, name) in header.iter().enumerate() {
        if counts(columns, name) <= counts(&header[..n], name) {
            columns.push(name.clone());
        }
    }
}

fn places(columns: &[String], header: &[String]) -> Vec<Option<usize>> {
    let mut taken = vec![false; header.len()];
    let mut place = |name: &String| {
        let free = (0..header.len()).find(|it| !taken[*it] && header[*it] == *name);
        free.inspect(|it| taken[*it] = true)
    };
    columns.iter().map(&mut place).collect()
}

fn probe_file(path: &Path, settings: &Settings) -> Result<Vec<Part>, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let start = start_of(File::open(path).map_err(failed)?, START_BYTES).map_err(failed)?;
    match file_kind(&start) {
        FileKind::Gzip => Ok(vec![probe_part(path, Packing::Gzip, settings)?]),
        FileKind::Zstd => Ok(vec![probe_part(path, Packing::Zstd, settings)?]),
        FileKind::Text => Ok(vec![probe_part(path, Packing::Plain, settings)?]),
        FileKind::Other(kind) => Err(ExtractError::NotText { path: path.to_owned(), kind }),
        FileKind::Zip => {
            let names = members(path)?;
            if let Some(kind) = sheet::kind(path, &names)? {
                let file = BufReader::new(File::open(path).map_err(failed)?);
                let on_disk = digest_of(path).map_err(failed)?;
                return Ok(vec![probe_sheet(path, Packing::Plain, file, on_disk, kind, settings)?]);
            }
            let mut left = settings.limits.unpacked_bytes;
            let mut parts = Vec::new();
            for member in names {
                let limits = Limits { unpacked_bytes: left, ..settings.limits };
                let (part, n_unpacked) = probe_counted(path, Packing::Zip { member }, settings, limits)?;
                left = left.saturating_sub(n_unpacked);
                parts.push(part);
            }
            match parts.is_empty() {
                true => Err(ExtractError::Archive { path: path.to_owned(), what: "holds no files".into() }),
                false => Ok(parts),
            }
        }
    }
}

fn probe_part(path: &Path, packing: Packing, settings: &Settings) -> Result<Part, ExtractError> {
    probe_counted(path, packing, settings, settings.limits).map(|it| it.0)
}

/// What the unpacked bytes of a file showed.
enum Shown {
    Rows {
        form: Form,
        doubt: Option<EncodingDoubt>,
        first_line: u64,
        n_title_lines: u64,
        header: Vec<String>,
        flattener: Option<Box<Flattener>>,
    },
    Sheet(SheetFile, SheetKind),
}

/// Also gives how many bytes the file unpacked to.
fn probe_counted(
    path: &Path,
    packing: Packing,
    settings: &Settings,
    limits: Limits,
) -> Result<(Part, u64), ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let mut n_unpacked = 0;
    let (shown, on_disk) = unpacked(path, &packing, limits, |bytes| {
        let mut bytes = Counting { inner: bytes, n_bytes: 0 };
        let start = start_of(&mut bytes, START_BYTES).map_err(failed)?;
        let is_all = start.len() < START_BYTES;
        let mut whole = start.as_slice().chain(&mut bytes);
        let shown = match file_kind(&start) {
            FileKind::Zip if packing != Packing::Plain => shown_sheet(path, &mut whole)?,
            FileKind::Other(kind) => return Err(ExtractError::NotText { path: path.to_owned(), kind }),
            FileKind::Gzip | FileKind::Zstd | FileKind::Zip => {
                return Err(ExtractError::Archive {
                    path: path.to_owned(),
                    what: "holds another archive: unpack it first".into(),
                });
            }
            FileKind::Text => shown_text(path, &start, is_all, &mut whole, settings)?,
        };
        n_unpacked = bytes.n_bytes;
        Ok(shown)
    })?;
    let part = match shown {
        Shown::Sheet(file, kind) => probe_sheet(path, packing, file, on_disk, kind, settings)?,
        Shown::Rows { form, doubt, first_line, n_title_lines, header, flattener } => Part {
            path: path.to_owned(),
            packing,
            digest: on_disk.digest,
            n_bytes: on_disk.n_bytes,
            form,
            doubt,
            first_line,
            n_title_lines,
            header,
            places: None,
            flattener,
        },
    };
    Ok((part, n_unpacked))
}

fn shown_sheet(path: &Path, bytes: &mut impl Read) -> Result<Shown, ExtractError> {
    let copy = sheet::copied(path, bytes)?;
    let archive = zip::ZipArchive::new(sheet::reopened(path, &copy)?);
    let names: Vec<String> =
        archive.iter().flat_map(|it| it.file_names()).flatten().map(|it| it.into_owned()).collect();
    match sheet::kind(path, &names)? {
        Some(kind) => Ok(Shown::Sheet(copy, kind)),
        None => {
            Err(ExtractError::Archive { path: path.to_owned(), what: "holds another archive: unpack it first".into() })
        }
    }
}

fn probe_sheet(
    path: &Path,
    packing: Packing,
    file: SheetFile,
    on_disk: OnDisk,
    kind: SheetKind,
    settings: &Settings,
) -> Result<Part, ExtractError> {
    sheet::check_size(path, sheet::reopened(path, &file)?, settings.limits)?;
    let found = sheet::find_sheet(path, file, kind, settings)?;
    Ok(Part {
        path: path.to_owned(),
        packing,
        digest: on_disk.digest,
        n_bytes: on_disk.n_bytes,
        form: Form::Sheet { kind, sheet: found.name, others: found.others },
        doubt: None,
        first_line: found.line,
        n_title_lines: found.n_title_lines,
        header: found.header,
        places: None,
        flattener: None,
    })
}

fn shown_text(
    path: &Path,
    start: &[u8],
    is_all: bool,
    whole: &mut impl Read,
    settings: &Settings,
) -> Result<Shown, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let mark = settings.encoding.or(marked(start));
    if mark.is_none() && looks_like_utf16(&start[..start.len().min(1024)]) {
        return Err(ExtractError::Utf16WithoutBom { path: path.to_owned() });
    }
    let start_text =
        |encoding| start_of(text(start, encoding), START_BYTES).map(|it| String::from_utf8_lossy(&it).into_owned());
    if looks_like_json(&start_text(mark.unwrap_or(JSON_ENCODING)).map_err(failed)?) {
        let encoding = mark.unwrap_or(JSON_ENCODING);
        return shown_json(path, start, is_all, whole, encoding, settings);
    }
    let DetectedEncoding { encoding, doubt } = match mark {
        Some(encoding) => DetectedEncoding { encoding, doubt: None },
        None => detect_encoding(whole).map_err(failed)?,
    };
    let start = start_of(text(start, encoding), START_BYTES).map_err(failed)?;
    if looks_like_vcard(&String::from_utf8_lossy(&start)) {
        let header = COLUMNS.map(str::to_owned).to_vec();
        let form = Form::VCard { encoding };
        return Ok(Shown::Rows { form, doubt, first_line: 1, n_title_lines: 0, header, flattener: None });
    }
    let given =
        CsvSettings { delimiter: settings.delimiter, has_header: settings.has_header, header_row: settings.header_row };
    let head = read_head(&start, is_all, given).map_err(failed)?;
    let header = match (head.columns, settings.header_row) {
        (HeadColumns::Named(header), Some(row)) if header.is_empty() => {
            return Err(ExtractError::NoHeaderRow { path: path.to_owned(), row });
        }
        (HeadColumns::Named(header), _) if header.len() <= MOST_COLUMNS => header,
        (HeadColumns::Named(_) | HeadColumns::TooMany, _) => return Err(too_many_columns(path)),
        (HeadColumns::Unreadable, _) => return Err(ExtractError::Header { path: path.to_owned() }),
    };
    let form = Form::Delimited { delimiter: head.delimiter, encoding, has_header: head.is_written };
    Ok(Shown::Rows { form, doubt, first_line: head.line, n_title_lines: head.n_title_lines, header, flattener: None })
}

/// Goes through all records, to know all their columns.
fn shown_json(
    path: &Path,
    start: &[u8],
    is_all: bool,
    whole: &mut impl Read,
    encoding: Encoding,
    settings: &Settings,
) -> Result<Shown, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let form = match &settings.records {
        Some(key) => JsonForm::Under(key.clone()),
        None => {
            let start = start_of(text(start, encoding), START_BYTES).map_err(failed)?;
            let known: Vec<&str> = settings.known_records.iter().map(String::as_str).collect();
            detect_json_layout(&start, is_all, &known)
        }
    };
    let mut flattener = Flattener::new(Lists { each: settings.each.clone(), pairs: settings.pairs.clone() });
    let mut scanner = RecordScanner::new(text(whole, encoding), form.clone());
    while let Some(scanned) = scanner.next_record().map_err(failed)? {
        match scanned {
            Scanned::Record { bytes, .. } => {
                let Ok(record) = std::str::from_utf8(bytes) else { continue };
                // What is wrong with a record is said when its rows are read.
                let _: Result<(), UnreadableRecord> = flattener.rows(record, |_| Ok::<(), ExtractError>(()))?;
            }
            Scanned::Broken { line } => return Err(ExtractError::Json { path: path.to_owned(), line }),
            _ => {}
        }
        if flattener.columns.len() > MOST_COLUMNS {
            return Err(too_many_columns(path));
        }
    }
    let header = flattener.columns.clone();
    Ok(Shown::Rows {
        form: Form::Json { form, encoding },
        doubt: None,
        first_line: 1,
        n_title_lines: 0,
        header,
        flattener: Some(Box::new(flattener)),
    })
}

struct Counting<R> {
    inner: R,
    n_bytes: u64,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n_read = self.inner.read(buffer)?;
        self.n_bytes += n_read as u64;
        Ok(n_read)
    }
}
