//! Agents of Dialogflow ES, played by their contexts, parameters and fallbacks.
//!
//! A text matches a training phrase exactly, with the values of the agent's own entities in it; what the model would take
//! for similar is not simulated. Of the platforms of an answer one is sent: Viber's, else the default.

mod agent;
mod answer;
mod run;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::player::{Player, Trace};
use crate::{Engine, SourceError, SourceFile, SourceFlow, json, language};
use agent::{Entity, Intent};

/// An agent in one language.
#[derive(Debug, Default)]
pub(crate) struct Agent {
    intents: Vec<Intent>,
    /// By name.
    entities: BTreeMap<String, Entity>,
}

pub(crate) fn open(files: &[SourceFile]) -> Result<Vec<SourceFlow>, SourceError> {
    let is_json = |it: &&SourceFile| it.path.ends_with(".json");
    let documents: Vec<(&str, Value)> =
        files.iter().filter(is_json).map(|it| Ok((it.path.as_str(), json(it)?))).collect::<Result<_, _>>()?;
    let about = documents.iter().find(|it| it.0.rsplit('/').next() == Some("agent.json")).map(|it| &it.1);
    let name = about.and_then(|it| it["displayName"].as_str().or(it["name"].as_str())).unwrap_or("agent");
    let mut codes: Vec<&str> = about.and_then(|it| it["language"].as_str()).into_iter().collect();
    codes.extend(
        about.iter().flat_map(|it| it["supportedLanguages"].as_array().into_iter().flatten()).filter_map(Value::as_str),
    );
    if codes.is_empty() {
        codes.extend(documents.iter().filter_map(|it| phrase_language(it.0)));
        codes.sort_unstable();
        codes.dedup();
    }
    if codes.is_empty() {
        codes.push("en");
    }
    let (mut flows, mut known) = (Vec::new(), BTreeSet::new());
    for code in codes.into_iter().filter(|it| known.insert(*it)) {
        let agent = agent::read(&documents, code);
        if agent.intents.is_empty() {
            continue;
        }
        flows.push(SourceFlow {
            name: name.to_owned(),
            language: language::short_code(code),
            not_simulated: vec!["which intent the model takes a text for that is no training phrase".to_owned()],
            begins_by_itself: false,
            engine: Engine::Dialogflow(agent),
        });
    }
    Ok(flows)
}

/// The language of a file of training phrases, which its name ends with.
fn phrase_language(path: &str) -> Option<&str> {
    Some(path.strip_suffix(".json")?.rsplit_once("_usersays_")?.1)
}

pub(crate) fn play(agent: &Agent, player: Player<'_>) -> Trace {
    run::run(agent, player)
}
