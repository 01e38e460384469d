//! What the importers of scenarios have in common: the files and what came of them, tables, languages, placeholders, the
//! words of an SMS opt-out, and the builder of a scenario.
//!
//! [`Files`] are unpacked and in UTF-8; [`Files::read`] gives them to the importer of a format and finishes what it read.

mod format;
pub mod html;
pub mod json;
pub mod language;
pub mod letters;
pub mod magic;
pub mod markdown;
pub mod phrases;
pub mod placeholders;
pub mod scenario_builder;
pub mod sms_opt_out;
pub mod table;
mod unpack;

use std::error::Error as _;

pub use format::Format;
use scenario::Scenario;
use serde::Serialize;
use thiserror::Error;

/// A file: its name and its content.
#[derive(Clone, Debug)]
pub struct File {
    /// The path relative to the argument on the command line.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// How files are read.
#[derive(Clone, Debug)]
pub struct Options {
    /// The format; if it is none, it is detected from the files.
    pub format: Option<Format>,
    /// The language of texts that are too short to tell, such as `fr`. Its region, as in `pt_PT`, holds for all texts of
    /// that language.
    pub language: Option<String>,
    /// The number of messages of a log that must share a template.
    pub min_messages: u64,
    /// The column of a table that holds the texts: its name, or its number from 1. If it is none, it is found.
    pub text_column: Option<String>,
    /// The column with the names of templates.
    pub name_column: Option<String>,
    /// The column with the languages of texts.
    pub language_column: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: None,
            language: None,
            min_messages: 3,
            text_column: None,
            name_column: None,
            language_column: None,
        }
    }
}

/// The scenarios that the files hold, and the parts that could not be read.
#[derive(Debug)]
pub struct Imported {
    pub format: Format,
    /// Their ids are unique.
    pub scenarios: Vec<Scenario>,
    pub skipped: Vec<Skipped>,
    /// Files that are not in UTF-8, and the encodings that they were read in.
    pub read_as: Vec<(String, &'static str)>,
}

/// A part of a file that did not become a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub file: String,
    /// Such as `line 12`.
    pub place: String,
    pub why: String,
}

/// What there is a format for, as an error names it.
const READS: &str = "Ferry reads lists of texts and message logs (CSV, XLSX, ODS, JSON, plain text), messages and archives \
    of Viber bots, templates of Infobip and Twilio, flows of Twilio Studio and RapidPro, agents of Dialogflow ES, bots of \
    Rasa, and its own neutral form";

/// The place of a file that was not read at all.
pub const WHOLE: &str = "whole file";

/// Why files could not be imported. No message repeats text of the file.
#[derive(Debug, Error)]
pub enum ImportError {
    #[error(
        "the format of {files} is not known: name it with --from, or with `kind` in a plan, and the texts of a table with \
         --text-column or `text_column`. {READS}"
    )]
    Unknown { files: String },
    #[error("{file} is {kind}. {READS}")]
    OtherProduct { file: String, kind: &'static str },
    #[error("could not read {file} as {expected}")]
    Shape { file: String, expected: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{file} is not {expected}: {why}")]
    Wrong { file: String, expected: &'static str, why: String },
    #[error("{file} unpacks to more than {most} MiB, with the packed files before it: unpack it first")]
    TooLarge { file: String, most: u64 },
}

impl ImportError {
    pub fn shape(file: &File, expected: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Shape { file: file.path.clone(), expected, source: Box::new(source) }
    }
}

/// Files that are unpacked, in UTF-8, and in the order of their paths.
#[derive(Debug)]
pub struct Files {
    pub files: Vec<File>,
    /// Archives that could not be read, and files that hold none of Ferry's formats.
    failed: Vec<(File, ImportError)>,
    read_as: Vec<(String, &'static str)>,
}

impl Files {
    /// Unpacks archives and decodes texts.
    pub fn unpack(files: Vec<File>) -> Result<Self, ImportError> {
        let (mut files, mut failed) = unpack::unpack(files)?;
        if files.is_empty() && !failed.is_empty() {
            return Err(failed.swap_remove(0).1);
        }
        let read_as = unpack::to_utf_8(&mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files, failed, read_as })
    }

    /// Gives the files to the importer `read` of a format, and finds out what it leaves open: languages, ids, and what an
    /// SMS opt-out says. `skipped` are files that are not given to it.
    pub fn read(
        self,
        format: Format,
        options: &Options,
        mut skipped: Vec<Skipped>,
        read: impl FnOnce(&[File], &Options, &mut Imported) -> Result<(), ImportError>,
    ) -> Result<Imported, ImportError> {
        skipped.extend(self.failed.iter().map(|(file, error)| not_read(file, error)));
        let mut imported = Imported { format, scenarios: Vec::new(), skipped, read_as: self.read_as };
        read(&self.files, options, &mut imported)?;
        if !matches!(format, Format::Scenario | Format::SmsList | Format::MessageLog) {
            sms_opt_out::take_out_of_chats(&mut imported.scenarios);
        }
        take_out_direction_marks(&mut imported.scenarios);
        language::fill_in(&mut imported.scenarios, options.language.as_deref());
        scenario_builder::make_ids_unique(&mut imported.scenarios);
        Ok(imported)
    }
}

fn take_out_direction_marks(scenarios: &mut [Scenario]) {
    for text in scenarios.iter_mut().flat_map(|it| &mut it.steps).flat_map(|it| it.act.texts_mut()) {
        *text = text.without_direction_marks();
    }
}

/// Reads files that have nothing to do with each other. One that cannot be read is named, unless all cannot.
pub fn one_by_one(
    files: &[File],
    imported: &mut Imported,
    mut read: impl FnMut(&File, &mut Imported) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let mut failed = Vec::new();
    for file in files {
        if let Err(error) = read(file, imported) {
            failed.push((file, error));
        }
    }
    if failed.len() == files.len() {
        return failed.into_iter().next().map_or(Ok(()), |it| Err(it.1));
    }
    imported.skipped.extend(failed.iter().map(|(file, error)| not_read(file, error)));
    Ok(())
}

pub fn not_read(file: &File, error: &ImportError) -> Skipped {
    let why = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    Skipped { file: file.path.clone(), place: WHOLE.to_owned(), why }
}
