//! Messages and archives of Viber bots.
//!
//! A message says itself and does not know what follows. An archive is a recorded dialogue: a customer who says what
//! somebody said there sees what was answered there.

mod archive;
mod message;

use serde_json::Value;

pub(crate) use archive::Archive;
pub(crate) use message::Message;

use crate::player::{Player, Reply, Trace};
use crate::{Engine, SourceError, SourceFile, SourceFlow, json};

pub(crate) fn open_messages(files: &[SourceFile]) -> Result<Vec<SourceFlow>, SourceError> {
    let mut flows = Vec::new();
    for file in files {
        let value = json(file)?;
        let several = value["messages"].as_array().or(value.as_array());
        let alone = std::slice::from_ref(&value);
        for (message, n) in several.map_or(alone, Vec::as_slice).iter().zip(1..) {
            let Some(read) = Message::read(message) else { continue };
            let flow = flow(&file.path, n, Engine::ViberMessage(read));
            let name = message["name"].as_str().map_or_else(|| flow.name.clone(), str::to_owned);
            flows.push(SourceFlow { name, ..flow });
        }
    }
    Ok(flows)
}

pub(crate) fn open_archive(files: &[SourceFile]) -> Result<Vec<SourceFlow>, SourceError> {
    let mut flows = Vec::new();
    for file in files {
        let archive = Archive::read(&lines(&file.bytes));
        if !archive.is_empty() {
            flows.push(flow(&file.path, 1, Engine::ViberArchive(archive)));
        }
    }
    Ok(flows)
}

/// The values of a file with one value a line, or of one array. A line that is no JSON is left out.
fn lines(bytes: &[u8]) -> Vec<Value> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match serde_json::from_slice(bytes) {
        Ok(Value::Array(values)) => values,
        _ => bytes.split(|it| *it == b'\n').filter_map(|it| serde_json::from_slice(it).ok()).collect(),
    }
}

fn flow(path: &str, n: usize, engine: Engine) -> SourceFlow {
    let stem = path.rsplit('/').next().and_then(|it| it.split('.').next()).unwrap_or_default();
    let name = if n == 1 { stem.to_owned() } else { format!("{stem} {n}") };
    let begins_by_itself = matches!(engine, Engine::ViberMessage(_));
    SourceFlow { name, language: String::new(), not_simulated: Vec::new(), begins_by_itself, engine }
}

/// The message is shown; what follows an answer is not in the file.
pub(crate) fn play_message(message: &Message, mut player: Player<'_>) -> Trace {
    message.show("message", &mut player);
    let inputs = message.inputs();
    if let Some(Reply::Tap(label) | Reply::Payload(label)) = player.reply("message", None, || inputs) {
        player.takes("message", &label);
    }
    player.trace
}

pub(crate) fn play_archive(archive: &Archive, player: Player<'_>) -> Trace {
    archive.play(player)
}
