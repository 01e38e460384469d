//! Reads files of other tools as scenarios: lists of SMS texts, message logs, Viber keyboards and dialogues, templates
//! of Infobip and Twilio, flows of Twilio Studio and RapidPro, agents of Dialogflow, bots of Rasa.
//!
//! [`import`] is the entry; each [`Format`] has a module. What the neutral form cannot express is listed as a
//! [`scenario::PlacedLoss`] of the scenario; what could not be read at all is a [`Skipped`]. Nothing disappears silently.

mod dialogflow;
mod format;
mod html;
mod infobip;
mod json;
mod language;
mod markdown;
mod message_log;
mod other_products;
mod phrases;
mod placeholders;
mod rapidpro;
mod rasa;
mod scenario_builder;
#[cfg(test)]
mod shown;
mod sms_list;
mod sms_opt_out;
mod table;
mod twilio_content;
mod twilio_studio;
mod unpack;
mod viber_archive;
mod viber_messages;

use std::error::Error as _;

pub use format::Format;

use scenario::{Scenario, ScenarioError, read_scenarios};
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
const WHOLE: &str = "whole file";

/// Why files could not be imported. No message repeats text of the file.
#[derive(Debug, Error)]
pub enum ImportError {
    #[error(
        "the format of {files} is not known: name it with --from, and the texts of a table with --text-column. {READS}"
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
    fn shape(file: &File, expected: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Shape { file: file.path.clone(), expected, source: Box::new(source) }
    }
}

/// Reads all files as one set. The result does not depend on the order of the files.
pub fn import(files: Vec<File>, options: &Options) -> Result<Imported, ImportError> {
    let (mut files, mut failed) = unpack::unpack(files)?;
    if files.is_empty() && !failed.is_empty() {
        return Err(failed.swap_remove(0).1);
    }
    let read_as = unpack::to_utf_8(&mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let format = match options.format {
        Some(format) => format,
        None => Format::of(&files, options).ok_or_else(|| unknown(&files))?,
    };
    let (files, mut skipped) = match options.format.is_some() || format.is_one_set() {
        true => (files, Vec::new()),
        false => set_aside(files, format, options),
    };
    skipped.extend(failed.iter().map(|(file, error)| not_read(file, error)));
    let mut imported = Imported { format, scenarios: Vec::new(), skipped, read_as };
    read(&files, options, &mut imported)?;
    if !matches!(format, Format::Scenario | Format::SmsList | Format::MessageLog) {
        sms_opt_out::take_out_of_chats(&mut imported.scenarios);
    }
    language::fill_in(&mut imported.scenarios, options.language.as_deref());
    scenario_builder::make_ids_unique(&mut imported.scenarios);
    Ok(imported)
}

/// Takes out the files that are of another format, or of none.
fn set_aside(files: Vec<File>, format: Format, options: &Options) -> (Vec<File>, Vec<Skipped>) {
    let mut skipped = Vec::new();
    let mut aside = |file: &File, why: String| {
        skipped.push(Skipped { file: file.path.clone(), place: WHOLE.to_owned(), why });
        false
    };
    let is_alone = files.len() == 1;
    let is_taken = |file: &File| match Format::of_one(file, options) {
        _ if is_alone => true,
        Some(own) if format.takes(own) => true,
        Some(own) => aside(file, format!("it is of the format {}: read it by itself", own.name())),
        None => {
            let kind = other_products::kind_of(file).map(|it| format!("it is {it}"));
            aside(file, kind.unwrap_or_else(|| "its format is not known".to_owned()))
        }
    };
    let files = files.into_iter().filter(is_taken).collect();
    (files, skipped)
}

/// Reads files of one format.
fn read(files: &[File], options: &Options, imported: &mut Imported) -> Result<(), ImportError> {
    match imported.format {
        Format::MessageLog => message_log::import(files, options, imported),
        Format::ViberArchive => viber_archive::import(files, imported),
        Format::TwilioStudio => twilio_studio::import(files, imported),
        Format::Dialogflow => dialogflow::import(files, imported),
        Format::Rasa => rasa::import(files, imported),
        Format::RapidPro => rapidpro::import(files, imported),
        Format::Scenario => one_by_one(files, imported, scenarios),
        Format::SmsList => one_by_one(files, imported, |file, imported| sms_list::import(file, options, imported)),
        Format::ViberMessages => one_by_one(files, imported, viber_messages::import),
        Format::InfobipTemplates => one_by_one(files, imported, infobip::import),
        Format::TwilioContent => one_by_one(files, imported, twilio_content::import),
    }
}

/// Reads files that have nothing to do with each other. One that cannot be read is named, unless all cannot.
fn one_by_one(
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

fn not_read(file: &File, error: &ImportError) -> Skipped {
    let why = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    Skipped { file: file.path.clone(), place: WHOLE.to_owned(), why }
}

fn scenarios(file: &File, imported: &mut Imported) -> Result<(), ImportError> {
    let text = String::from_utf8_lossy(&file.bytes);
    let read = read_scenarios(&text);
    imported.scenarios.extend(read.map_err(|it: ScenarioError| ImportError::shape(file, "scenarios", it))?);
    Ok(())
}

/// The error for files of no format: what one file is, or the names of several.
fn unknown(files: &[File]) -> ImportError {
    let document = files.iter().find_map(|it| other_products::document_of(&it.path));
    let only = || match files {
        [file] => Some((file.path.as_str(), other_products::kind_of(file)?)),
        _ => None,
    };
    match document.or_else(only) {
        Some((file, kind)) => ImportError::OtherProduct { file: file.to_owned(), kind },
        None => ImportError::Unknown { files: names(files) },
    }
}

/// The first files, with what they are as far as that is known.
fn names(files: &[File]) -> String {
    let named = |file: &File| match other_products::kind_of(file) {
        Some(kind) => format!("{} ({kind})", file.path),
        None => file.path.clone(),
    };
    let some: Vec<String> = files.iter().take(5).map(named).collect();
    let more = if files.len() > 5 { format!(" and {} more", files.len() - 5) } else { String::new() };
    some.join(", ") + &more
}

#[cfg(test)]
mod tests;
