//! Plays the files of other tools as their own engines would.
//!
//! The interpreters are written from the documents of the formats and know nothing of the importers, so a mistake of an
//! importer shows as a difference between the two. [`open`] is the entry. Free text matches the training phrases of an
//! agent exactly, or the script names the intent: what a model would decide is not simulated.

mod dialogflow;
mod explore;
mod json;
mod language;
mod player;
mod rapidpro;
mod rasa;
mod studio;
mod viber;

use scenario::{Script, Shown, SourceSide};
use thiserror::Error;

use crate::player::Trace;

/// A file of the source.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// With `/` between folders.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// Why files cannot be played.
#[derive(Debug, Error)]
pub enum SourceError {
    #[error("there is no interpreter of {format}")]
    NoInterpreter { format: String },
    #[error("could not read {path}")]
    Json { path: String, source: serde_json::Error },
    #[error("could not read {path}: {why}")]
    Other { path: String, why: String },
}

/// A flow, an agent or a recorded dialogue, in one language.
#[derive(Debug)]
pub struct SourceFlow {
    /// The name that the source has for it.
    pub name: String,
    /// Such as `fr`; empty if the source does not declare it.
    pub language: String,
    /// Decisions of the source's models and code, which are not simulated.
    pub not_simulated: Vec<String>,
    /// Whether the files do not say who begins.
    begins_by_itself: bool,
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    Studio(studio::Flow),
    RapidPro(rapidpro::Playable),
    Dialogflow(dialogflow::Agent),
    Rasa(rasa::Bot),
    ViberMessage(viber::Message),
    ViberArchive(viber::Archive),
}

/// Whether files of this format can be played.
pub fn has_interpreter(format: &str) -> bool {
    ["twilio-studio", "rapidpro", "dialogflow", "rasa", "viber-messages", "viber-archive"].contains(&format)
}

/// Reads the files of one set. What cannot be read as this format gives no flow, or an error if nothing is left.
pub fn open(format: &str, files: &[SourceFile]) -> Result<Vec<SourceFlow>, SourceError> {
    match format {
        "twilio-studio" => studio::open(files),
        "rapidpro" => rapidpro::open(files),
        "dialogflow" => dialogflow::open(files),
        "rasa" => rasa::open(files),
        "viber-messages" => viber::open_messages(files),
        "viber-archive" => viber::open_archive(files),
        other => Err(SourceError::NoInterpreter { format: other.to_owned() }),
    }
}

impl SourceSide for SourceFlow {
    fn name(&self) -> &str {
        &self.name
    }

    fn language(&self) -> &str {
        &self.language
    }

    fn not_simulated(&self) -> &[String] {
        &self.not_simulated
    }

    fn begins_by_itself(&self) -> bool {
        self.begins_by_itself
    }

    fn scripts(&self) -> Vec<Script> {
        explore::scripts(|script, is_exploring| self.trace(script, is_exploring))
    }

    /// One entry per message.
    fn play(&self, script: &Script) -> Vec<Shown> {
        self.trace(script, false).shown
    }
}

impl SourceFlow {
    fn trace(&self, script: &Script, is_exploring: bool) -> Trace {
        let player = player::Player::new(script, is_exploring);
        match &self.engine {
            Engine::Studio(flow) => studio::play(flow, player),
            Engine::RapidPro(flow) => rapidpro::play(flow, player),
            Engine::Dialogflow(agent) => dialogflow::play(agent, player),
            Engine::Rasa(bot) => rasa::play(bot, player),
            Engine::ViberMessage(message) => viber::play_message(message, player),
            Engine::ViberArchive(archive) => viber::play_archive(archive, player),
        }
    }
}

/// Reads a file as JSON, with or without a byte order mark.
fn json(file: &SourceFile) -> Result<serde_json::Value, SourceError> {
    let bytes = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.bytes);
    serde_json::from_slice(bytes).map_err(|source| SourceError::Json { path: file.path.clone(), source })
}

#[cfg(test)]
mod tests;
