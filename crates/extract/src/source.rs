//! A probed source: its files, and the format of each.

use std::path::PathBuf;

use model::Digest;

use crate::formats::json::{Flattener, JsonLayout};
use crate::formats::sheet::SheetKind;
use crate::packing::{Limits, Packing};
use crate::text::detect_encoding::EncodingDoubt;
use crate::text::encoding::Encoding;

/// A probed source.
#[derive(Clone, Debug)]
pub struct Probe {
    /// In the order in which they are read.
    pub parts: Vec<SourcePart>,
    /// The columns of all files, each once, in the order in which they were first seen.
    pub columns: Vec<String>,
    /// Whether a row that came before, cell by cell, is left out.
    pub(crate) drops_repeats: bool,
    pub limits: Limits,
}

/// One file of a source, or one member of an archive.
#[derive(Clone, Debug)]
pub struct SourcePart {
    pub path: PathBuf,
    pub packing: Packing,
    /// The digest of the file on disk, packed or not.
    pub digest: Digest,
    pub n_bytes: u64,
    pub format: FileFormat,
    /// The second most likely encoding, if the encoding is a guess.
    pub doubt: Option<EncodingDoubt>,
    /// The line or row of the header, or of the first row if there is no header. Lines above it are skipped.
    pub first_line: u64,
    /// Lines above it that are not blank, such as a title.
    pub n_title_lines: u64,
    /// The columns of the file; empty for an empty file.
    pub header: Vec<String>,
    /// The column of the file for each column of the source; none if they are the same.
    pub(crate) column_map: Option<Vec<Option<usize>>>,
    pub(crate) flattener: Option<Box<Flattener>>,
}

/// The format of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFormat {
    Csv { delimiter: u8, encoding: Encoding, has_header: bool },
    Json { layout: JsonLayout, encoding: Encoding },
    Sheet { kind: SheetKind, sheet: String, others: Vec<String>, has_header: bool },
    VCard { encoding: Encoding },
}

impl Probe {
    /// The key of the records in pages of JSON; none for other formats.
    pub fn records_key(&self) -> Option<&str> {
        self.parts.iter().find_map(|it| match &it.format {
            FileFormat::Json { layout: JsonLayout::Under(key), .. } => Some(key.as_str()),
            _ => None,
        })
    }
}

impl SourcePart {
    /// Whether the first line names the columns. Records of JSON and vCards name their fields.
    pub fn has_header(&self) -> bool {
        match self.format {
            FileFormat::Csv { has_header, .. } | FileFormat::Sheet { has_header, .. } => has_header,
            FileFormat::Json { .. } | FileFormat::VCard { .. } => false,
        }
    }

    /// The name of the encoding; empty for spreadsheets and vCards.
    pub fn encoding_name(&self) -> String {
        match &self.format {
            FileFormat::Csv { encoding, .. } | FileFormat::Json { encoding, .. } => encoding.name().to_owned(),
            _ => String::new(),
        }
    }

    /// The name of the file, followed by the name of the member if it is an archive.
    pub fn name(&self) -> String {
        let file = self.path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        match &self.packing {
            Packing::Zip { member } => format!("{file}/{member}"),
            _ => file,
        }
    }

    /// Describes how the file is read: `CSV in gzip, utf-8, delimiter ','`.
    pub fn reading(&self) -> String {
        let packing = match self.packing {
            Packing::Plain => "",
            Packing::Gzip => " in gzip",
            Packing::Zstd => " in zstd",
            Packing::Pages => " as read from the provider",
            Packing::Zip { .. } => " in zip",
        };
        let titles = match self.n_title_lines {
            0 => String::new(),
            _ => format!(", header in line {}", self.first_line),
        };
        match &self.format {
            _ if self.header.is_empty() => format!("empty{packing}"),
            FileFormat::Csv { delimiter, encoding, has_header } => {
                let delimiter = delimiter_name(*delimiter);
                let header = if *has_header { titles.as_str() } else { ", no header" };
                format!("CSV{packing}, {}, delimiter {delimiter}{header}", encoding.name())
            }
            FileFormat::Json { layout: JsonLayout::Lines, .. } => format!("JSON lines{packing}"),
            FileFormat::Json { layout: JsonLayout::Values, .. } => format!("JSON{packing}"),
            FileFormat::Json { layout: JsonLayout::Under(key), .. } => {
                format!("JSON pages{packing}, records under \"{key}\"")
            }
            FileFormat::VCard { encoding } => format!("vCard{packing}, {}", encoding.name()),
            FileFormat::Sheet { kind, sheet, has_header, .. } => {
                let kind = match kind {
                    SheetKind::Xlsx => "XLSX",
                    SheetKind::Ods => "ODS",
                };
                let header = if *has_header { titles.as_str() } else { ", no header" };
                format!("{kind}{packing}, sheet \"{sheet}\"{header}")
            }
        }
    }
}

/// The name of a delimiter for people.
pub fn delimiter_name(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "tab".to_owned(),
        other => format!("'{}'", char::from(other)),
    }
}
