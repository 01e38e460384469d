//! What a source is: its files, and of each its digest, how it is packed, its form and its columns.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::delimited::{Columns, Given};
use crate::encoding::{looks_like_utf16, marked, text};
use crate::json::{Cut, Cutter, Flattener, JsonForm, Lists, Unfit, look, looks_like_json};
use crate::magic::{Magic, magic};
use crate::packing::{Limits, OnDisk, Packing, check_kind, digest_of, members, start_of, unpacked};
use crate::part::{Form, Part, Probe};
use crate::sheet::{self, MOST_COLUMNS, SheetFile, SheetKind};
use crate::survey::{EncodingDoubt, Surveyed, survey};
use crate::vcard::{COLUMNS, looks_like_vcard};
use crate::{Encoding, ExtractError, Profile, delimited};

/// So much of a file is looked at to find out what it is. A header has to end within it.
const START_BYTES: usize = 64 << 10;

/// The text encoding of JSON is UTF-8 unless a byte order mark says otherwise (RFC 8259, section 8.1).
const JSON_ENCODING: Encoding = Encoding::UTF_8;

/// What a plan may say of a source; what it leaves open is found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub delimiter: Option<u8>,
    pub encoding: Option<Encoding>,
    /// Whether the first line of text with delimiters names the columns.
    pub has_header: Option<bool>,
    /// The line or sheet row of the header, from 1; lines above it are skipped.
    pub header_row: Option<u64>,
    /// The sheet of a spreadsheet; the first that is not empty if none is named.
    pub sheet: Option<String>,
    /// The key under which pages of JSON hold their records.
    pub records: Option<String>,
    /// Keys to look for if `records` is not given.
    pub known_records: Vec<String>,
    /// Lists of which each element makes a row.
    pub each: Vec<String>,
    /// Lists of keys and values.
    pub pairs: Vec<String>,
    pub limits: Limits,
}

impl Settings {
    /// With the lists of all these profiles, to read a file whose profile is not known yet.
    pub fn of_profiles(profiles: &[Profile]) -> Self {
        let all = |list: fn(&Profile) -> &Vec<String>| {
            let mut all: Vec<String> = profiles.iter().flat_map(list).cloned().collect();
            all.sort();
            all.dedup();
            all
        };
        Self {
            known_records: all(|it| &it.records),
            each: all(|it| &it.each),
            pairs: all(|it| &it.pairs),
            ..Self::default()
        }
    }
}

/// The files that a path of a plan in `folder` means: itself, all files of a folder and of those in it, or
/// all that fit a pattern such as `exports/2026-*.json.gz`; in the order of their names. Hidden ones are
/// left out.
pub fn files(folder: &Path, path: &Path) -> Result<Vec<PathBuf>, ExtractError> {
    let given = path;
    let path = &folder.join(given);
    let none = || ExtractError::NoFiles { path: path.to_owned() };
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let is_hidden = |it: &Path| it.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'));
    let mut found: Vec<PathBuf> = match given.to_str() {
        Some(pattern) if !path.exists() && pattern.contains(['*', '?', '[']) => {
            let folder = glob::Pattern::escape(&folder.to_string_lossy());
            let pattern = if given.is_absolute() { pattern.to_owned() } else { format!("{folder}/{pattern}") };
            let matches = glob::glob(&pattern).map_err(|_| none())?;
            let mut files = Vec::new();
            for path in matches {
                let path = path.map_err(|error| failed(error.into()))?;
                match path.is_dir() {
                    _ if is_hidden(&path) => {}
                    true => files.extend(files_in(&path).map_err(failed)?),
                    false => files.push(path),
                }
            }
            files
        }
        _ if path.is_dir() => files_in(path).map_err(failed)?,
        _ => vec![path.to_owned()],
    };
    found.sort();
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

/// Links to folders are not followed: they may lead in a circle.
fn files_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        match entry.file_name().to_string_lossy().starts_with('.') {
            true => {}
            false if entry.file_type()?.is_dir() => files.extend(files_in(&path)?),
            false if path.is_file() => files.push(path),
            false => {}
        }
    }
    Ok(files)
}

/// Reads the files of a source once and finds out what they are.
pub fn probe(paths: &[PathBuf], settings: &Settings) -> Result<Probe, ExtractError> {
    let mut parts = Vec::new();
    for path in paths {
        check_kind(path)?;
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
    match magic(&start) {
        Magic::Gzip => Ok(vec![probe_part(path, Packing::Gzip, settings)?]),
        Magic::Zstd => Ok(vec![probe_part(path, Packing::Zstd, settings)?]),
        Magic::Text => Ok(vec![probe_part(path, Packing::Plain, settings)?]),
        Magic::Other(kind) => Err(ExtractError::NotText { path: path.to_owned(), kind }),
        Magic::Zip => {
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
        let shown = match magic(&start) {
            Magic::Zip if packing != Packing::Plain => shown_sheet(path, &mut whole)?,
            Magic::Other(kind) => return Err(ExtractError::NotText { path: path.to_owned(), kind }),
            Magic::Gzip | Magic::Zstd | Magic::Zip => {
                return Err(ExtractError::Archive {
                    path: path.to_owned(),
                    what: "holds another archive: unpack it first".into(),
                });
            }
            Magic::Text => shown_text(path, &start, is_all, &mut whole, settings)?,
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
    let found = sheet::look(path, file, kind, settings)?;
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
    let Surveyed { encoding, doubt } = match mark {
        Some(encoding) => Surveyed { encoding, doubt: None },
        None => survey(whole).map_err(failed)?,
    };
    let start = start_of(text(start, encoding), START_BYTES).map_err(failed)?;
    if looks_like_vcard(&String::from_utf8_lossy(&start)) {
        let header = COLUMNS.map(str::to_owned).to_vec();
        let form = Form::VCard { encoding };
        return Ok(Shown::Rows { form, doubt, first_line: 1, n_title_lines: 0, header, flattener: None });
    }
    let given =
        Given { delimiter: settings.delimiter, has_header: settings.has_header, header_row: settings.header_row };
    let head = delimited::head(&start, is_all, given).map_err(failed)?;
    let header = match (head.columns, settings.header_row) {
        (Columns::Named(header), Some(row)) if header.is_empty() => {
            return Err(ExtractError::NoHeaderRow { path: path.to_owned(), row });
        }
        (Columns::Named(header), _) if header.len() <= MOST_COLUMNS => header,
        (Columns::Named(_) | Columns::TooMany, _) => return Err(too_many_columns(path)),
        (Columns::Unreadable, _) => return Err(ExtractError::Header { path: path.to_owned() }),
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
            look(&start, is_all, &known)
        }
    };
    let mut flattener = Flattener::new(Lists { each: settings.each.clone(), pairs: settings.pairs.clone() });
    let mut cutter = Cutter::new(text(whole, encoding), form.clone());
    while let Some(cut) = cutter.next_cut().map_err(failed)? {
        match cut {
            Cut::Record { bytes, .. } => {
                let Ok(record) = std::str::from_utf8(bytes) else { continue };
                // What is wrong with a record is said when its rows are read.
                let _: Result<(), Unfit> = flattener.rows(record, |_| Ok::<(), ExtractError>(()))?;
            }
            Cut::Broken { line } => return Err(ExtractError::Json { path: path.to_owned(), line }),
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
