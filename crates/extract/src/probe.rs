//! Finds out what the files of a source are: of each file its digest, packing, format and columns.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::error::ExtractError;
use crate::files::{check_is_file, open};
use crate::formats::csv::{CsvSettings, HeadColumns, read_head};
use crate::formats::json::{
    Flattener, JsonLayout, Lists, RecordScanner, Scanned, UnreadableRecord, detect_json_layout, looks_like_json,
};
use crate::formats::sheet::{self, SheetFile, SheetKind};
use crate::formats::vcard::{COLUMNS, looks_like_vcard};
use crate::magic::{FileKind, file_kind};
use crate::packing::{Archives, Limits, OnDisk, Packing, members, start_of};
use crate::row::MOST_COLUMNS;
use crate::settings::Settings;
use crate::source::{FileFormat, Probe, SourcePart};
use crate::text::detect_encoding::{DetectedEncoding, EncodingDoubt, detect_encoding};
use crate::text::encoding::{Encoding, decoded, looks_like_utf16, marked};

/// Bytes at the start of a file that tell what it is. A header has to end within them.
const START_BYTES: usize = 64 << 10;

/// The text encoding of JSON is UTF-8 unless a byte order mark says otherwise (RFC 8259, section 8.1).
const JSON_ENCODING: Encoding = Encoding::UTF_8;

/// Reads the files of a source once and detects what they are.
pub fn probe(paths: &[PathBuf], settings: &Settings) -> Result<Probe, ExtractError> {
    probe_with(paths, &Probing { settings, is_enough: None })
}

/// The columns of a source, found without reading its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbedColumns {
    pub columns: Vec<String>,
    /// How the first file is read.
    pub reading: String,
    /// The size of all files, packed or not.
    pub n_bytes: u64,
}

/// Tells whether these columns of a file are all that are wanted.
pub type IsEnough<'a> = &'a dyn Fn(&[String]) -> bool;

/// Finds the columns of a source. Reads the start of each file only; of JSON, whose records can each have columns of
/// their own, until `is_enough` says so of the columns that were found. The encoding is detected by the start, too.
pub fn probe_columns(
    paths: &[PathBuf],
    settings: &Settings,
    is_enough: IsEnough,
) -> Result<ProbedColumns, ExtractError> {
    let probe = probe_with(paths, &Probing { settings, is_enough: Some(is_enough) })?;
    let mut n_bytes = 0;
    for path in paths {
        n_bytes += std::fs::metadata(path).map_err(|source| ExtractError::Read { path: path.clone(), source })?.len();
    }
    let reading = probe.parts.first().map(SourcePart::reading).unwrap_or_default();
    Ok(ProbedColumns { columns: probe.columns, reading, n_bytes })
}

/// The settings with which the columns of a file are looked for.
#[derive(Clone, Copy)]
struct Probing<'a> {
    settings: &'a Settings,
    /// If the columns are all that is wanted: whether these are enough. Such a probe never leaves this file, because its
    /// digests are of what was read.
    is_enough: Option<IsEnough<'a>>,
}

impl Probing<'_> {
    fn archives(self) -> Archives {
        if self.is_enough.is_some() { Archives::without_digests() } else { Archives::default() }
    }
}

fn probe_with(paths: &[PathBuf], probing: &Probing) -> Result<Probe, ExtractError> {
    let mut parts = Vec::new();
    for path in paths {
        check_is_file(path)?;
        parts.extend(probe_file(path, probing)?);
    }
    let mut columns: Vec<String> = Vec::new();
    for part in &parts {
        add_columns(&mut columns, &part.header);
    }
    if let (true, Some(first)) = (columns.len() > MOST_COLUMNS, paths.first()) {
        return Err(too_many_columns(first));
    }
    for part in &mut parts {
        part.column_map = (part.header != columns).then(|| column_map(&columns, &part.header));
    }
    let Settings { drops_repeats, limits, .. } = *probing.settings;
    Ok(Probe { parts, columns, drops_repeats, limits })
}

fn too_many_columns(path: &Path) -> ExtractError {
    ExtractError::TooManyColumns { path: path.to_owned(), most: MOST_COLUMNS }
}

/// Adds the columns of a header that are missing. A name that is twice in a header is two columns.
fn add_columns(columns: &mut Vec<String>, header: &[String]) {
    let counts = |names: &[String], name: &String| names.iter().filter(|it| *it == name).count();
    for (n, name) in header.iter().enumerate() {
        if counts(columns, name) <= counts(&header[..n], name) {
            columns.push(name.clone());
        }
    }
}

/// For each column of the source, its index in the header of a file.
fn column_map(columns: &[String], header: &[String]) -> Vec<Option<usize>> {
    let mut is_used = vec![false; header.len()];
    let index_of = |name: &String| {
        let free = (0..header.len()).find(|it| !is_used[*it] && header[*it] == *name);
        free.inspect(|it| is_used[*it] = true)
    };
    columns.iter().map(index_of).collect()
}

fn probe_file(path: &Path, probing: &Probing) -> Result<Vec<SourcePart>, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let start = start_of(open(path).map_err(failed)?, START_BYTES).map_err(failed)?;
    let one = |packing| {
        probe_content(&mut probing.archives(), path, packing, probing, probing.settings.limits).map(|it| vec![it.0])
    };
    match file_kind(&start) {
        FileKind::Gzip => one(Packing::Gzip),
        FileKind::Zstd => one(Packing::Zstd),
        FileKind::Pages => one(Packing::Pages),
        FileKind::Text => one(Packing::Plain),
        FileKind::Other(kind) => Err(ExtractError::NotText { path: path.to_owned(), kind }),
        FileKind::Zip => {
            let names = members(path)?;
            match sheet::kind(path, &names)? {
                Some(kind) => {
                    let file = BufReader::new(open(path).map_err(failed)?);
                    let on_disk = probing.archives().on_disk(path).map_err(failed)?;
                    Ok(vec![probe_sheet(path, Packing::Plain, file, on_disk, kind, probing.settings)?])
                }
                None => probe_members(path, names, probing),
            }
        }
    }
}

/// Probes the members of an archive. The limit on unpacked bytes is for all of them together.
fn probe_members(path: &Path, names: Vec<String>, probing: &Probing) -> Result<Vec<SourcePart>, ExtractError> {
    let mut archives = probing.archives();
    let mut left = probing.settings.limits.unpacked_bytes;
    let mut parts = Vec::new();
    for member in names {
        let limits = Limits { unpacked_bytes: left, ..probing.settings.limits };
        let (part, n_unpacked) = probe_content(&mut archives, path, Packing::Zip { member }, probing, limits)?;
        left = left.saturating_sub(n_unpacked);
        parts.push(part);
    }
    match parts.is_empty() {
        true => Err(ExtractError::Archive { path: path.to_owned(), what: "holds no files".into() }),
        false => Ok(parts),
    }
}

/// The content of a file, unpacked.
enum Content {
    Text(TextContent),
    /// A packed spreadsheet, copied to a file that can be read several times.
    Sheet(SheetFile, SheetKind),
}

struct TextContent {
    format: FileFormat,
    doubt: Option<EncodingDoubt>,
    first_line: u64,
    n_title_lines: u64,
    header: Vec<String>,
    flattener: Option<Box<Flattener>>,
}

impl TextContent {
    /// Text whose rows begin on the first line.
    fn new(format: FileFormat, header: Vec<String>) -> Self {
        Self { format, doubt: None, first_line: 1, n_title_lines: 0, header, flattener: None }
    }
}

/// Probes one file or one member of an archive. Also returns how many bytes it unpacked to.
fn probe_content(
    archives: &mut Archives,
    path: &Path,
    packing: Packing,
    probing: &Probing,
    limits: Limits,
) -> Result<(SourcePart, u64), ExtractError> {
    let mut n_unpacked = 0;
    let (content, on_disk) = archives.unpacked_in(path, &packing, limits, |bytes| {
        let mut bytes = Counting { inner: bytes, n_bytes: 0 };
        let content = content(path, &packing, &mut bytes, probing)?;
        n_unpacked = bytes.n_bytes;
        Ok::<_, ExtractError>(content)
    })?;
    let part = match content {
        Content::Sheet(file, kind) => probe_sheet(path, packing, file, on_disk, kind, probing.settings)?,
        Content::Text(text) => SourcePart {
            path: path.to_owned(),
            packing,
            digest: on_disk.digest,
            n_bytes: on_disk.n_bytes,
            format: text.format,
            doubt: text.doubt,
            first_line: text.first_line,
            n_title_lines: text.n_title_lines,
            header: text.header,
            column_map: None,
            flattener: text.flattener,
        },
    };
    Ok((part, n_unpacked))
}

fn content(path: &Path, packing: &Packing, bytes: &mut impl Read, probing: &Probing) -> Result<Content, ExtractError> {
    let start =
        start_of(&mut *bytes, START_BYTES).map_err(|source| ExtractError::Read { path: path.to_owned(), source })?;
    let is_all = start.len() < START_BYTES;
    let mut whole = start.as_slice().chain(bytes);
    match file_kind(&start) {
        FileKind::Zip if *packing != Packing::Plain => packed_sheet(path, &mut whole),
        FileKind::Other(kind) => Err(ExtractError::NotText { path: path.to_owned(), kind }),
        FileKind::Gzip | FileKind::Zstd | FileKind::Zip | FileKind::Pages => Err(nested_archive(path)),
        FileKind::Text => probe_text(path, &start, is_all, &mut whole, probing).map(Content::Text),
    }
}

fn nested_archive(path: &Path) -> ExtractError {
    ExtractError::Archive { path: path.to_owned(), what: "holds another archive: unpack it first".into() }
}

fn packed_sheet(path: &Path, bytes: &mut impl Read) -> Result<Content, ExtractError> {
    let copy = sheet::copied(path, bytes)?;
    let archive = zip::ZipArchive::new(sheet::reopened(path, &copy)?);
    let names: Vec<String> =
        archive.iter().flat_map(|it| it.file_names()).flatten().map(|it| it.into_owned()).collect();
    match sheet::kind(path, &names)? {
        Some(kind) => Ok(Content::Sheet(copy, kind)),
        None => Err(nested_archive(path)),
    }
}

fn probe_sheet(
    path: &Path,
    packing: Packing,
    file: SheetFile,
    on_disk: OnDisk,
    kind: SheetKind,
    settings: &Settings,
) -> Result<SourcePart, ExtractError> {
    sheet::check_size(path, sheet::reopened(path, &file)?, settings.limits)?;
    let found = sheet::find_sheet(path, file, kind, settings)?;
    Ok(SourcePart {
        path: path.to_owned(),
        packing,
        digest: on_disk.digest,
        n_bytes: on_disk.n_bytes,
        format: FileFormat::Sheet { kind, sheet: found.name, others: found.others, has_header: found.has_header },
        doubt: None,
        first_line: found.line,
        n_title_lines: found.n_title_lines,
        header: found.header,
        column_map: None,
        flattener: None,
    })
}

fn probe_text(
    path: &Path,
    start: &[u8],
    is_all: bool,
    whole: &mut impl Read,
    probing: &Probing,
) -> Result<TextContent, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let settings = probing.settings;
    let stated = settings.encoding.or(marked(start));
    if stated.is_none() && looks_like_utf16(&start[..start.len().min(1024)]) {
        return Err(ExtractError::Utf16WithoutBom { path: path.to_owned() });
    }
    let json_encoding = stated.unwrap_or(JSON_ENCODING);
    let json_start = start_of(decoded(start, json_encoding), START_BYTES).map_err(failed)?;
    if looks_like_json(&String::from_utf8_lossy(&json_start)) {
        return probe_json(path, &json_start, is_all, whole, json_encoding, probing);
    }
    let DetectedEncoding { encoding, doubt } = match stated {
        Some(encoding) => DetectedEncoding { encoding, doubt: None },
        None if probing.is_enough.is_some() => detect_encoding(start).map_err(failed)?,
        None => detect_encoding(whole).map_err(failed)?,
    };
    let start = start_of(decoded(start, encoding), START_BYTES).map_err(failed)?;
    let text = match looks_like_vcard(&String::from_utf8_lossy(&start)) {
        true => TextContent::new(FileFormat::VCard { encoding }, COLUMNS.map(str::to_owned).to_vec()),
        false => probe_csv(path, &start, is_all, encoding, settings)?,
    };
    Ok(TextContent { doubt, ..text })
}

fn probe_csv(
    path: &Path,
    start: &[u8],
    is_all: bool,
    encoding: Encoding,
    settings: &Settings,
) -> Result<TextContent, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let given =
        CsvSettings { delimiter: settings.delimiter, has_header: settings.has_header, header_row: settings.header_row };
    let head = read_head(start, is_all, given).map_err(failed)?;
    let header = match (head.columns, settings.header_row) {
        (HeadColumns::Named(header), Some(row)) if header.is_empty() => {
            return Err(ExtractError::NoHeaderRow { path: path.to_owned(), row });
        }
        (HeadColumns::Named(header), _) if header.len() <= MOST_COLUMNS => header,
        (HeadColumns::Named(_) | HeadColumns::TooMany, _) => return Err(too_many_columns(path)),
        (HeadColumns::Unreadable, _) => return Err(ExtractError::Header { path: path.to_owned() }),
    };
    let format = FileFormat::Csv { delimiter: head.delimiter, encoding, has_header: head.has_header };
    let text = TextContent::new(format, header);
    Ok(TextContent { first_line: head.line, n_title_lines: head.n_title_lines, ..text })
}

/// Goes through all records, because each may have columns that no other has. `start` is decoded already.
fn probe_json(
    path: &Path,
    start: &[u8],
    is_all: bool,
    whole: &mut impl Read,
    encoding: Encoding,
    probing: &Probing,
) -> Result<TextContent, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let Probing { settings, is_enough } = *probing;
    let layout = match &settings.records {
        Some(key) => JsonLayout::Under(key.clone()),
        None => {
            let known: Vec<&str> = settings.known_records.iter().map(String::as_str).collect();
            detect_json_layout(start, is_all, &known)
        }
    };
    let mut flattener = Flattener::new(Lists { each: settings.each.clone(), pairs: settings.pairs.clone() });
    let mut scanner = RecordScanner::new(decoded(whole, encoding), layout.clone());
    let mut n_columns = 0;
    while let Some(scanned) = scanner.next_record().map_err(failed)? {
        let is_wider = flattener.columns.len() > n_columns;
        n_columns = flattener.columns.len();
        if is_wider && is_enough.is_some_and(|it| it(&flattener.columns)) {
            break;
        }
        match scanned {
            Scanned::Record { bytes, .. } => {
                let Ok(record) = std::str::from_utf8(bytes) else { continue };
                // An unreadable record is rejected later, when its rows are read.
                let _: Result<(), UnreadableRecord> = flattener.rows_of(record, |_| Ok::<(), ExtractError>(()))?;
            }
            Scanned::Broken { line } => return Err(ExtractError::Json { path: path.to_owned(), line }),
            _ => {}
        }
        if flattener.columns.len() > MOST_COLUMNS {
            return Err(too_many_columns(path));
        }
    }
    let text = TextContent::new(FileFormat::Json { layout, encoding }, flattener.columns.clone());
    Ok(TextContent { flattener: Some(Box::new(flattener)), ..text })
}

/// Counts the bytes that are read.
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
