//! Finds out the format of files by their content.

use import_base::table::{self, Columns, Table, is_workbook, log_lines};
use import_base::{File, Format, Options};
use import_bots::dialogflow;
use import_flows::rapidpro;
use import_messages::viber_messages::{self, lower_keys};
use import_messages::{infobip, twilio_content, viber_archive};
use import_texts::message_log;
use serde_json::Value;

use crate::other_products;

/// Detects the format from the content of the files.
pub(crate) fn format_of(files: &[File], options: &Options) -> Option<Format> {
    let has = |name: &str| files.iter().any(|it| it.path.rsplit('/').next() == Some(name));
    if has("agent.json") || files.iter().any(dialogflow::is_intent) {
        return Some(Format::Dialogflow);
    }
    let is_yaml = |it: &File| it.path.ends_with(".yml") || it.path.ends_with(".yaml");
    if files.iter().any(|it| is_yaml(it) && other_products::kind_of(it).is_none()) {
        return Some(Format::Rasa);
    }
    files.iter().find_map(|it| format_of_one(it, options))
}

/// Detects the format of one file; none if Ferry reads no such file.
pub(crate) fn format_of_one(file: &File, options: &Options) -> Option<Format> {
    if is_workbook(&file.bytes) {
        return of_table(file, options);
    }
    let start = file.bytes.iter().find(|it| !it.is_ascii_whitespace())?;
    if matches!(start, b'{' | b'[') {
        match serde_json::from_slice::<Value>(&file.bytes) {
            Ok(value) => return of_json_or_table(file, &value, options),
            // Several JSON values, one per line.
            Err(_) if viber_archive::is_one(&file.bytes) => return Some(Format::ViberArchive),
            Err(_) if other_products::is_damaged_json(file) => return None,
            // A text can begin with a bracket.
            Err(_) => {}
        }
    }
    if other_products::kind_of_other_text(file).is_some() {
        return None;
    }
    match file.path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "txt" | "text" | "log" => of_text(file, options),
        "csv" | "tsv" | "tab" => of_table(file, options),
        // Prose of any kind has commas.
        _ if options.text_column.is_none() && !table::is_table(file) => None,
        _ => of_table(file, options),
    }
}

/// A file of JSON: a list of messages that were sent can look like messages of Viber.
fn of_json_or_table(file: &File, value: &Value, options: &Options) -> Option<Format> {
    if other_products::kind_of_json(value).is_some() {
        return None;
    }
    match of_json(value) {
        found @ (None | Some(Format::ViberMessages)) => {
            let table = of_table(file, options).filter(|it| found.is_none() || *it == Format::MessageLog);
            table.or(found)
        }
        found => found,
    }
}

fn of_text(file: &File, options: &Options) -> Option<Format> {
    let text = String::from_utf8_lossy(&file.bytes);
    match () {
        () if table::is_table(file) => of_table(file, options),
        () if log_lines(&text).is_some() => Some(Format::MessageLog),
        () if message_log::are_alike(text.lines()) => Some(Format::MessageLog),
        () => Some(Format::SmsList),
    }
}

/// A table is a log if it says to whom and when, or if most of its texts are alike; else it is a list of templates.
fn of_table(file: &File, options: &Options) -> Option<Format> {
    let table = Table::open(file, "a table").ok()?;
    let columns = Columns::find(&table, options).ok()?;
    let sample = table.sample();
    if columns.is_log(&sample) && (columns.date.is_some() || !table.is_json()) {
        return Some(Format::MessageLog);
    }
    let text = columns.text?;
    // Any JSON may have sentences in it.
    if table.is_json() && options.text_column.is_none() && !columns.is_list_of_texts(&table, &sample) {
        return None;
    }
    // Reviews, addresses and answers of surveys are sentences too.
    if options.text_column.is_none() && !columns.are_texts_for_customers(&table, &sample) {
        return None;
    }
    let texts = sample.iter().filter_map(|it| it.get(text)).map(String::as_str);
    let is_log = columns.translations.is_empty() && message_log::are_alike(texts);
    Some(if is_log { Format::MessageLog } else { Format::SmsList })
}

fn of_json(value: &Value) -> Option<Format> {
    let has = |key: &str| value.get(key).is_some();
    let first = |key: &str| value.get(key).and_then(|it| it.get(0)).unwrap_or(&Value::Null).clone();
    match value {
        _ if has("states") && has("initial_state") || value.pointer("/definition/states").is_some() => {
            Some(Format::TwilioStudio)
        }
        _ if twilio_content::is_content(value) || twilio_content::is_content(&first("contents")) => {
            Some(Format::TwilioContent)
        }
        _ if rapidpro::is_export(value) => Some(Format::RapidPro),
        _ if has("scenarios") || has("intent") && (has("steps") || has("response")) => Some(Format::Scenario),
        _ if ["templates", "results"].iter().any(|it| infobip::is_template(&first(it))) => {
            Some(Format::InfobipTemplates)
        }
        Value::Array(values) if values.iter().any(viber_archive::is_event) => Some(Format::ViberArchive),
        Value::Array(values) => of_json(values.first()?),
        _ if infobip::is_template(value) => Some(Format::InfobipTemplates),
        _ if viber_archive::is_event(value) => Some(Format::ViberArchive),
        Value::Object(_) => {
            let messages = viber_messages::list(&lower_keys(value));
            messages.iter().any(viber_messages::is_one).then_some(Format::ViberMessages)
        }
        _ => None,
    }
}
