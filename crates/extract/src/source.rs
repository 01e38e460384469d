//! The results of probing: a source, its files, and the form of their rows.

use std::path::PathBuf;

use model::Digest;

use crate::formats::json::{Flattener, JsonForm};
use crate::formats::sheet::SheetKind;
use crate::packing::{Limits, Packing};
use crate::text::detect_encoding::EncodingDoubt;
use crate::text::encoding::Encoding;

/// A probed source.
#[derive(Clone, Debug)]
pub struct Probe {
    /// In the order in which they are read.
    pub parts: Vec<Part>,
    /// The columns of all files together, each once, in the order in which they were first seen.
    pub columns: Vec<String>,
    pub limits: Limits,
}

/// One file of a source, or one member of an archive.
#[derive(Clone, Debug)]
pub struct Part {
    pub path: PathBuf,
    pub packing: Packing,
    /// The digest of the file on disk, packed or not.
    pub digest: Digest,
    pub n_bytes: u64,
    pub form: Form,
    /// A second possible encoding, if the encoding was guessed.
    pub doubt: Option<EncodingDoubt>,
    /// The line or row of the header, or of the first row where there is none; lines above it are passed over.
    pub first_line: u64,
    /// Lines above it that are passed over, such as a title; blank ones are not counted.
    pub n_title_lines: u64,
    /// Its columns; of text with delimiters as they stand, empty for an empty file.
    pub header: Vec<String>,
    /// Where each column of the source stands in the file; none if they are the same.
    pub(crate) places: Option<Vec<Option<usize>>>,
    pub(crate) flattener: Option<Box<Flattener>>,
}

/// The form of the rows of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    Delimited { delimiter: u8, encoding: Encoding, has_header: bool },
    Json { form: JsonForm, encoding: Encoding },
    Sheet { kind: SheetKind, sheet: String, others: Vec<String> },
    VCard { encoding: Encoding },
}

impl Probe {
    /// The key under which its pages hold their records; none if it is no such JSON.
    pub fn records_key(&self) -> Option<&str> {
        self.parts.iter().find_map(|it| match &it.form {
            Form::Json { form: JsonForm::Under(key), .. } => Some(key.as_str()),
            _ => None,
        })
    }
}

impl Part {
    /// The name of its encoding; empty for spreadsheets.
    pub fn encoding_name(&self) -> String {
        match &self.form {
            Form::Delimited { encoding, .. } | Form::Json { encoding, .. } => encoding.name().to_owned(),
            _ => String::new(),
        }
    }

    /// The name of the file, and of the member within it.
    pub fn name(&self) -> String {
        let file = self.path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        match &self.packing {
            Packing::Zip { member } => format!("{file}/{member}"),
            _ => file,
        }
    }

    /// How it is read, for people: `CSV in gzip, utf-8, delimiter ','`.
    pub fn reading(&self) -> String {
        let packing = match self.packing {
            Packing::Plain => "",
            Packing::Gzip => " in gzip",
            Packing::Zstd => " in zstd",
            Packing::Zip { .. } => " in zip",
        };
        let titles = match self.n_title_lines {
            0 => String::new(),
            _ => format!(", header in line {}", self.first_line),
        };
        match &self.form {
            _ if self.header.is_empty() => format!("empty{packing}"),
            Form::Delimited { delimiter, encoding, has_header } => {
                let delimiter = delimiter_name(*delimiter);
                let header = if *has_header { titles.as_str() } else { ", no header" };
                format!("CSV{packing}, {}, delimiter {delimiter}{header}", encoding.name())
            }
            Form::Json { form: JsonForm::Lines, .. } => format!("JSON lines{packing}"),
            Form::Json { form: JsonForm::Values, .. } => format!("JSON{packing}"),
            Form::Json { form: JsonForm::Under(key), .. } => format!("JSON pages{packing}, records under \"{key}\""),
            Form::VCard { encoding } => format!("vCard{packing}, {}", encoding.name()),
            Form::Sheet { kind: SheetKind::Xlsx, sheet, .. } => format!("XLSX{packing}, sheet \"{sheet}\"{titles}"),
            Form::Sheet { kind: SheetKind::Ods, sheet, .. } => format!("ODS{packing}, sheet \"{sheet}\"{titles}"),
        }
    }
}

/// The delimiter as people name it.
pub fn delimiter_name(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "tab".to_owned(),
        other => format!("'{}'", char::from(other)),
    }
}
