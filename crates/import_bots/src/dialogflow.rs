//! Reads agents of Dialogflow ES: `agent.json`, `intents/*.json` and training phrases, as a zip or a folder.
//!
//! Each intent that customers can begin with becomes a scenario in each language of the agent. Intents that follow
//! another by a context are steps of its scenario, which their own phrases lead to. Quick replies that are a phrase of
//! another intent start its scenario.

mod agent;
mod answers;
mod build;
mod contexts;
mod entities;
mod fields;
mod parts;
mod payloads;
mod platform;
mod said;

use std::collections::{BTreeSet, HashMap};

use scenario::{Loss, Purpose, Trigger, slot_name};
use serde_json::Value;

use agent::{Agent, Intent};
use build::{Bot, IntentBuilder, MAX_OTHER_PHRASES, MAX_WAYS, Room, with_id};
use contexts::Contexts;
use import_base::phrases::pattern;
use import_base::scenario_builder::{ScenarioBuilder, ScenarioHead, UniqueNames, origin};
use import_base::{File, Format, ImportError, Imported, Skipped};

/// Limits the languages of an agent: Dialogflow ES knows fewer.
const MAX_LANGUAGES: usize = 100;

pub fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    refuse_cx(files)?;
    let agent = Agent::read(files, imported)?;
    let contexts = Contexts::of(&agent.intents);
    let spoken = agent.spoken();
    let mut built = BTreeSet::new();
    let mut room = Room { n_ways: MAX_WAYS, n_other_phrases: MAX_OTHER_PHRASES };
    for language in spoken.iter().take(MAX_LANGUAGES) {
        let bot = bot(&agent, &contexts, language);
        let mut starts: Vec<usize> = bot.scenarios.keys().copied().collect();
        starts.sort_unstable();
        for intent in starts {
            let mut builder = IntentBuilder::new(&bot, intent, &mut room);
            let Some(start) = builder.build() else { continue };
            built.extend(builder.intents());
            let scenario = finish(builder.scenario, &agent.intents[intent], language, &start);
            imported.scenarios.push(with_id(scenario, &bot.scenarios[&intent]));
        }
        skip_silent_intents(&agent, &bot, imported);
    }
    skip_languages(&agent, &spoken, imported);
    let unbuilt = agent.intents.iter().zip(0..).filter(|it| !built.contains(&it.1));
    for (intent, n) in unbuilt {
        let why = why_unbuilt(intent, contexts.is_follower(n), &agent.language);
        imported.skipped.push(Skipped { file: intent.file.clone(), place: intent.name.clone(), why });
    }
    Ok(())
}

/// Whether a file is an intent of an agent: a folder `intents` may come without `agent.json`.
pub fn is_intent(file: &File) -> bool {
    let is_there = file.path.rsplit('/').nth(1) == Some("intents") && file.path.ends_with(".json");
    let has = |value: &Value| {
        value.get("responses").is_some_and(Value::is_array)
            && ["fallbackIntent", "webhookUsed", "contexts"].iter().any(|it| value.get(it).is_some())
    };
    is_there && serde_json::from_slice(&file.bytes).is_ok_and(|it: Value| has(&it))
}

/// Refuses an agent of Dialogflow CX, whose files have the same names and other contents.
fn refuse_cx(files: &[File]) -> Result<(), ImportError> {
    let is_cx = |file: &&File| {
        let value: Value = match file.path.rsplit('/').next() {
            Some("agent.json") => serde_json::from_slice(&file.bytes).unwrap_or_default(),
            _ => Value::Null,
        };
        let keys = ["defaultLanguageCode", "startFlow", "supportedLanguageCodes"];
        file.path.contains("/trainingPhrases/") || keys.iter().any(|it| value.get(it).is_some())
    };
    match files.iter().find(is_cx) {
        Some(file) => Err(ImportError::Wrong {
            file: file.path.clone(),
            expected: "an agent of Dialogflow ES",
            why: "it is of Dialogflow CX, which is not read; export an agent of Dialogflow ES".to_owned(),
        }),
        None => Ok(()),
    }
}

/// The agent in one language, with the intents that customers can begin with.
fn bot<'a>(agent: &'a Agent, contexts: &'a Contexts, language: &'a str) -> Bot<'a> {
    let mut bot = Bot {
        intents: &agent.intents,
        contexts,
        language,
        own: &agent.language,
        entities: &agent.entities,
        shared: agent.shared_parameters(),
        texts: agent.intents.iter().map(|it| said::texts(it, &agent.entities, language)).collect(),
        scenarios: HashMap::new(),
        phrases: HashMap::new(),
    };
    let mut ids = UniqueNames::default();
    for (intent, n) in agent.intents.iter().zip(0..) {
        let can_begin =
            intent.is_set("fallbackIntent") || !intent.phrases(language).is_empty() || !intent.events().is_empty();
        let is_other = contexts.is_follower(n) || intent.is_off() || !can_begin;
        if is_other || parts::parts(&mut ScenarioBuilder::default(), intent, language, &agent.language).is_empty() {
            continue;
        }
        let mut id = slot_name(&intent.name);
        id.truncate(190);
        bot.scenarios.insert(n, ids.take(&id));
        for text in &bot.texts[n] {
            bot.phrases.entry(text.clone()).or_insert(n);
        }
    }
    bot
}

fn finish(mut builder: ScenarioBuilder, intent: &Intent, language: &str, start: &str) -> scenario::Scenario {
    let phrases: Vec<String> = intent.pieces(language).iter().map(|it| pattern(&builder, it)).collect();
    let events = intent.events();
    let is_by_customer = !phrases.is_empty() || intent.is_set("fallbackIntent");
    let is_welcome = events.iter().any(|it| it.contains("WELCOME"));
    if is_by_customer && !events.is_empty() {
        builder.record_loss(Loss::RouteDropped, &intent.name, format!("started by the event {}", events.join(", ")));
    }
    let head = ScenarioHead {
        intent: &intent.name,
        language,
        purpose: Purpose::Conversation,
        trigger: match is_by_customer || is_welcome {
            true => Trigger::Message { phrases },
            false => Trigger::Event { name: events.first().map(|it| (*it).to_owned()) },
        },
        origin: origin(Format::Dialogflow, &intent.file, intent.name.clone()),
    };
    builder.finish(head, Some(start))
}

/// Names the intents that answer in another language and not in this one.
fn skip_silent_intents(agent: &Agent, bot: &Bot<'_>, imported: &mut Imported) {
    let root = bot.language.split(['-', '_']).next().unwrap_or_default();
    let silent = agent.intents.iter().filter(|it| {
        let spoken = it.spoken(&agent.language);
        !spoken.is_empty() && !spoken.contains(bot.language) && !spoken.contains(root) && !it.is_off()
    });
    let names: Vec<&str> = silent.map(|it| it.name.as_str()).collect();
    if !names.is_empty() {
        let why = format!("these intents have no texts in {}: {}", bot.language, names.join(", "));
        imported.skipped.push(Skipped { file: "intents".to_owned(), place: bot.language.to_owned(), why });
    }
}

/// Names the languages in which nothing is said, and those beyond the limit.
fn skip_languages(agent: &Agent, spoken: &BTreeSet<String>, imported: &mut Imported) {
    // A language with a region speaks as the one without it.
    let root = |it: &str| it.split(['-', '_']).next().unwrap_or_default().to_owned();
    let is_silent = |it: &&str| !spoken.contains(*it) && !spoken.contains(&root(it));
    let silent: Vec<&str> = agent.declared.iter().map(String::as_str).filter(is_silent).collect();
    let mut skip = |languages: &[&str], why: &str| {
        let some = languages.iter().take(20).copied().collect::<Vec<_>>().join(", ");
        let more = if languages.len() > 20 { format!(" and {} more", languages.len() - 20) } else { String::new() };
        let why = format!("{why}: {some}{more}");
        imported.skipped.push(Skipped { file: "agent.json".to_owned(), place: "supportedLanguages".to_owned(), why });
    };
    if !silent.is_empty() {
        skip(&silent, "no intent has texts in these languages");
    }
    let beyond: Vec<&str> = spoken.iter().skip(MAX_LANGUAGES).map(String::as_str).collect();
    if !beyond.is_empty() {
        skip(&beyond, &format!("at most {MAX_LANGUAGES} languages are read"));
    }
}

/// Why an intent is in no scenario.
fn why_unbuilt(intent: &Intent, is_follower: bool, own: &str) -> String {
    if intent.is_off() {
        return "it is switched off: its priority is negative".to_owned();
    }
    let contexts = intent.contexts();
    let within = match contexts.as_slice() {
        [context] => format!("it answers only within the context {context}, and no intent leads there"),
        contexts => format!("it answers only while the contexts {} are open, and they never are", contexts.join(", ")),
    };
    if intent.spoken(own).is_empty() {
        return match (contexts.is_empty(), intent.is_set("webhookUsed")) {
            (false, _) => within,
            (true, true) => "it has no texts: its answer is made by a program".to_owned(),
            (true, false) => "it has no texts".to_owned(),
        };
    }
    let texts = intent.response().get("messages").map(|it| platform::shown(&[it])).unwrap_or_default();
    let mut messages = intent.response().get("messages").and_then(Value::as_array).into_iter().flatten();
    if messages.clone().next().is_some() && messages.all(payloads::is_private) {
        return format!("only agents see what it says: {texts}");
    }
    match is_follower {
        true => format!("{within}: {texts}"),
        false => format!("no phrase and no event starts it: {texts}"),
    }
}

#[cfg(test)]
mod answer_tests;
#[cfg(test)]
mod tests;
