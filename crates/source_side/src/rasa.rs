//! Bots of Rasa 2 and 3, played by their rules, stories and forms.
//!
//! Rules come before stories. A story goes on where its turns so far are the last turns of the dialogue. What the policy
//! model would predict beyond that is not simulated, and custom actions answer what the script says.

mod domain;
mod form;
mod nlu;
mod paths;
mod run;
mod tracker;
mod yaml;

use std::collections::BTreeMap;

use crate::player::{Player, Trace};
use crate::{Engine, SourceError, SourceFile, SourceFlow, language};
use domain::Domain;
use nlu::Nlu;
use paths::Paths;
use yaml::Node;

#[derive(Debug, Default)]
pub(crate) struct Bot {
    domain: Domain,
    nlu: Nlu,
    paths: Paths,
    /// Whether a text that is like no phrase gets the intent `nlu_fallback`.
    has_fallback: bool,
}

impl Bot {
    /// The slots that responses, rules and stories depend on and that no message fills, with the values that matter.
    fn decisive_slots(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let of_responses = self.domain.responses.values().flatten().flat_map(|it| &it.condition).cloned();
        for (slot, value) in of_responses.chain(self.paths.slot_values()) {
            let is_filled = |it: &domain::Mapping| it.kind != "custom";
            if self.domain.slot(&slot).is_some_and(|it| !it.mappings.iter().any(is_filled)) {
                let values = found.entry(slot).or_insert_with(|| vec!["zzz".to_owned()]);
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        found
    }
}

pub(crate) fn open(files: &[SourceFile]) -> Result<Vec<SourceFlow>, SourceError> {
    let mut bot = Bot::default();
    let (mut language, mut name) = (String::new(), String::new());
    let is_yaml = |it: &&SourceFile| it.path.ends_with(".yml") || it.path.ends_with(".yaml");
    for file in files.iter().filter(is_yaml) {
        let document = yaml::read(file)?;
        if let Some(code) = document.get("language").and_then(Node::text) {
            language = language::short_code(code);
        }
        let pipeline = document.get("pipeline").map(Node::list).unwrap_or_default();
        bot.has_fallback |= pipeline.iter().any(|it| it.get("name").and_then(Node::text) == Some("FallbackClassifier"));
        bot.domain.add(&document);
        bot.nlu.add(&document);
        bot.paths.add(&document);
        if document.get("responses").is_some() {
            name = file.path.split('/').rev().nth(1).unwrap_or_default().to_owned();
        }
    }
    if bot.paths.is_empty() && bot.domain.responses.is_empty() {
        return Ok(Vec::new());
    }
    bot.paths.join();
    let not_simulated = vec!["what the policy model predicts where no rule and no story applies".to_owned()];
    Ok(vec![SourceFlow { name, language, not_simulated, begins_by_itself: false, engine: Engine::Rasa(bot) }])
}

pub(crate) fn play(bot: &Bot, player: Player<'_>) -> Trace {
    run::run(bot, player)
}
