//! Reads lists of SMS templates: CSV with a column for the text, or one template per line.

use scenario::{Act, Message, Purpose, Trigger, slot_name};

use crate::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of, origin};
use crate::{File, Format, ImportError, Imported, Skipped, html, placeholders, table};

pub(crate) fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    for file in files {
        match file.path.to_ascii_lowercase().ends_with(".txt") {
            true => lines(file, imported),
            false => rows(file, imported)?,
        }
    }
    Ok(())
}

/// A template of a list.
struct Entry<'a> {
    name: Option<&'a str>,
    text: &'a str,
    language: Option<&'a str>,
    purpose: Option<Purpose>,
    place: String,
}

fn lines(file: &File, imported: &mut Imported) {
    let text = String::from_utf8_lossy(&file.bytes);
    for (line, n) in text.lines().zip(1..) {
        // A name may come before the text, separated by a tab.
        let (name, text) = match line.split_once('\t') {
            Some((name, text)) => (Some(name.trim()), text.trim()),
            None => (None, line.trim()),
        };
        if !text.is_empty() {
            let entry = Entry { name, text, language: None, purpose: None, place: format!("line {n}") };
            push(file, &entry, imported);
        }
    }
}

fn rows(file: &File, imported: &mut Imported) -> Result<(), ImportError> {
    let expected = "a list of texts";
    let (mut rows, columns) = table::open(file, expected)?;
    for row in rows.byte_records() {
        let row = row.map_err(|it| ImportError::shape(file, expected, it))?;
        let place = format!("line {}", row.position().map_or(0, csv::Position::line));
        let cell = |n: usize| row.get(n).map(String::from_utf8_lossy).unwrap_or_default();
        let (text, name) = (cell(columns.text), columns.name.map(cell));
        if text.trim().is_empty() {
            let why = "the row has no text".to_owned();
            imported.skipped.push(Skipped { file: file.path.clone(), place, why });
            continue;
        }
        let language = columns.language.map(cell);
        let entry = Entry {
            name: name.as_deref().map(str::trim).filter(|it| !it.is_empty()),
            text: text.trim(),
            language: language.as_deref().map(str::trim).filter(|it| !it.is_empty()),
            purpose: columns.purpose.map(cell).and_then(|it| purpose(&it)),
            place,
        };
        push(file, &entry, imported);
    }
    Ok(())
}

/// Reads a purpose, named in one of five languages.
fn purpose(text: &str) -> Option<Purpose> {
    let word = slot_name(text);
    let is = |stems: &[&str]| stems.iter().any(|it| word.starts_with(it));
    match word.as_str() {
        _ if is(&["promo", "market", "camp", "newsletter", "oferta", "penawaran"]) => Some(Purpose::Promotion),
        _ if is(&["auth", "otp", "code", "verif", "2fa", "autent"]) => Some(Purpose::Authentication),
        _ if is(&["notif", "util", "transac", "rappel", "remind", "alert", "recordatorio", "lembrete"]) => {
            Some(Purpose::Notification)
        }
        _ => None,
    }
}

fn push(file: &File, entry: &Entry<'_>, imported: &mut Imported) {
    let mut builder = ScenarioBuilder::default();
    let (plain, tags) = html::plain(entry.text, true);
    if !tags.is_empty() {
        builder.record_loss(scenario::Loss::Html, "text", format!("the tags {}", tags.join(", ")));
    }
    let text = placeholders::parse(&mut builder, &plain);
    let language = entry.language.unwrap_or_default();
    let name = entry.name.map_or_else(|| name_of(&plain), str::to_owned);
    builder.push("text", Act::Message(Message { text, ..Message::default() }));
    let purpose = entry.purpose.unwrap_or(Purpose::Notification);
    let trigger = match purpose {
        Purpose::Promotion => Trigger::Campaign,
        _ => Trigger::Event { name: None },
    };
    let origin = origin(Format::SmsList, &file.path, &entry.place);
    imported.scenarios.push(builder.finish(ScenarioHead { intent: &name, language, purpose, trigger, origin }, None));
}
