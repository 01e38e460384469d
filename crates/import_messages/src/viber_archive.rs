//! Reads dialogues of a Viber bot: what its webhook received and what it sent, one JSON object a line, or a list.
//!
//! Lines with `event` were received; the others are bodies that the bot sent. Bodies have no time, so the order of the
//! lines is the order of the dialogue. The lines of each person are cut into [`sessions`]; messages that differ only in
//! their [`values`] are one step; sessions that begin alike become one scenario ([`dialogue`]).
//!
//! Text that only one person typed is never repeated, because it may be personal data.

mod dialogue;
mod graph;
mod lines;
mod messages;
mod plan;
mod sessions;
mod steps;
#[cfg(test)]
mod tests;
mod values;

use serde_json::Value;

use import_base::{File, ImportError, Imported, Skipped};

/// Whether the lines are events and messages of a bot, as far as the first ones say.
pub fn is_one(bytes: &[u8]) -> bool {
    let lines = bytes.split(|it| *it == b'\n').filter(|it| !it.trim_ascii().is_empty()).take(10);
    let values: Vec<Value> = lines.filter_map(|it| serde_json::from_slice(it).ok()).collect();
    let is_sent = |it: &Value| it.get("receiver").is_some() || it.get("broadcast_list").is_some();
    values.iter().any(|it| is_event(it) || is_sent(it) && crate::viber_messages::is_one(it))
}

/// Whether a value is what Viber posts to a webhook.
pub fn is_event(value: &Value) -> bool {
    value.get("event").is_some_and(Value::is_string) && value.get("timestamp").is_some_and(Value::is_number)
}

pub fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    let archive = lines::read(files, &mut imported.skipped);
    let file = files.first().map(|it| it.path.clone()).unwrap_or_default();
    if !archive.lines.iter().any(|it| matches!(it.said, lines::Said::Bot(_))) {
        let why =
            "it holds only what customers sent: without the bodies that the bot sent there is nothing to translate";
        imported.skipped.push(Skipped { file, place: format!("{} lines", archive.n_lines), why: why.to_owned() });
        return Ok(());
    }
    let sessions = sessions::cut(&archive);
    let scenarios = dialogue::scenarios(&archive, &sessions, &file, &mut imported.skipped);
    imported.scenarios.extend(scenarios);
    Ok(())
}
