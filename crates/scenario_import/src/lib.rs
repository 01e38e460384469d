//! Reads files of other tools as scenarios: lists of SMS texts, message logs, Viber keyboards and dialogues, templates
//! of Infobip and Twilio, flows of Twilio Studio and RapidPro, agents of Dialogflow, bots of Rasa.
//!
//! [`import`] is the entry: it finds out the format and gives the files to its importer, which is in the crate of its
//! family. What the neutral form cannot express is listed as a [`scenario::PlacedLoss`] of the scenario; what could not be
//! read at all is a [`Skipped`]. Nothing disappears silently.

mod detect;
mod other_products;
pub mod shown;

pub use import_base::{File, Format, ImportError, Imported, Options, Skipped};
use import_base::{Files, WHOLE, one_by_one};
use import_bots::{dialogflow, rasa};
use import_flows::{rapidpro, twilio_studio};
use import_messages::{infobip, twilio_content, viber_archive, viber_messages};
use import_texts::{message_log, sms_list};
use scenario::{ScenarioError, read_scenarios};

/// Reads all files as one set. The result does not depend on the order of the files.
pub fn import(files: Vec<File>, options: &Options) -> Result<Imported, ImportError> {
    let mut all = Files::unpack(files)?;
    let format = match options.format {
        Some(format) => format,
        None => detect::format_of(&all.files, options).ok_or_else(|| unknown(&all.files))?,
    };
    let mut skipped = Vec::new();
    // A file alone was detected just now.
    if options.format.is_none() && !format.is_one_set() && all.files.len() > 1 {
        (all.files, skipped) = set_aside(all.files, format, options);
    }
    all.read(format, options, skipped, read)
}

/// The files as [`import`] reads them: unpacked, in UTF-8, in the order of their paths.
pub fn unpack(files: Vec<File>) -> Result<Vec<File>, ImportError> {
    Files::unpack(files).map(|it| it.files)
}

/// Takes out the files that are of another format, or of none.
fn set_aside(files: Vec<File>, format: Format, options: &Options) -> (Vec<File>, Vec<Skipped>) {
    let mut skipped = Vec::new();
    let mut aside = |file: &File, why: String| {
        skipped.push(Skipped { file: file.path.clone(), place: WHOLE.to_owned(), why });
        false
    };
    let is_taken = |file: &File| match detect::format_of_one(file, options) {
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
