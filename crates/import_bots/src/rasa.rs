//! Bots of Rasa 2 and 3: the domain, what users say, rules, stories and flows, in YAML.
//!
//! Stories that begin with the same intent become one scenario. Where they part, buttons lead on, or what the customer
//! types is compared with the examples of the intents. An intent that begins a scenario of its own is started and not
//! repeated.

mod bot;
mod build;
mod comparison;
mod entities;
mod examples;
mod flows;
mod forms;
mod interruptions;
mod ordered;
mod payload;
mod responses;
mod say;
mod stories;
mod tree;
mod typed;
mod used;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use scenario::{Loss, PlacedLoss, Purpose, Scenario, Trigger, slot_name};
use serde_json::Value;

use bot::Bot;
use build::{Context, StoryBuilder};
use entities::Entities;
use import_base::phrases::{Piece, pattern};
use import_base::scenario_builder::{ScenarioHead, UniqueNames, origin};
use import_base::{File, Format, ImportError, Imported, Skipped};
use ordered::Keys;
use tree::{Root, Stories};

/// Limits the steps of all scenarios of a bot: small files can repeat the same stories very often.
const MAX_STEPS: usize = 100_000;

/// Limits the examples of other scenarios that answers are compared with, in all scenarios: each scenario has all of them.
const MAX_OTHER_EXAMPLES: usize = 100_000;

pub fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    let mut bot = read(files, imported)?;
    refuse_markdown(files, &bot, imported)?;
    bot.add_triggers();
    for intent in entities::keep_decisive(&mut bot) {
        let why = "its entities lead too many ways: they do not decide".to_owned();
        let file = files.first().map(|it| it.path.clone()).unwrap_or_default();
        imported.skipped.push(Skipped { file, place: intent, why });
    }
    name_site_events(&bot, files, imported);
    let stories = Stories::of(&bot);
    for story in stories.too_large.iter().map(|it| &bot.stories[*it]) {
        let why = "its alternatives multiply to more steps than are read".to_owned();
        imported.skipped.push(Skipped { file: story.file.clone(), place: story.name.clone(), why });
    }
    let mut context = Context {
        bot: &bot,
        stories: &stories,
        scenarios: BTreeMap::new(),
        used_slots: used::used_slots(&bot),
        filled_slots: used::filled_slots(&bot),
        n_other_examples: Cell::new(0),
    };
    context.scenarios = names(&bot, &stories);
    let first = build(&context);
    // An intent that leads to nothing has no scenario: what started it ends.
    let led: BTreeSet<String> = first.scenarios.iter().map(|it| it.0.clone()).collect();
    let n_before = context.scenarios.len();
    context.scenarios.retain(|it, _| led.contains(it));
    let built = if context.scenarios.len() == n_before { first } else { build(&context) };
    let skipped = stories.roots.iter().filter(|it| !context.scenarios.contains_key(it.0.as_str()));
    imported.skipped.extend(skipped.map(|(intent, root)| Skipped {
        file: root.file.clone(),
        place: intent.clone(),
        why: "no message or action follows it".to_owned(),
    }));
    let left = stories.continuations.keys().filter(|it| !built.continued.contains(*it) && !bot.asks_in_a_form(it));
    imported.skipped.extend(left.map(|action| Skipped {
        file: bot.file_of_beginning(action).to_owned(),
        place: action.clone(),
        why: "it does not begin with an intent, and no story leads to it".to_owned(),
    }));
    let mut scenarios: Vec<Scenario> = built.scenarios.into_iter().map(|it| it.1).collect();
    name_unused(&bot, &built.said, &mut scenarios, imported);
    imported.scenarios.extend(scenarios);
    Ok(())
}

/// Reads the YAML files: first what stories speak of, then the stories.
fn read(files: &[File], imported: &mut Imported) -> Result<Bot, ImportError> {
    let mut bot = Bot::default();
    let mut documents: Vec<(&str, Value)> = Vec::new();
    for file in files {
        if !file.path.ends_with(".yml") && !file.path.ends_with(".yaml") {
            skip_other(file, imported);
            continue;
        }
        let text = String::from_utf8_lossy(&file.bytes);
        // Yes and No are titles of buttons, as they are in YAML 1.2.
        let options = || serde_saphyr::options! { strict_booleans: true, with_snippet: false };
        let value: Value = serde_saphyr::from_str_with_options(&text, options())
            .map_err(|it| ImportError::shape(file, "YAML of Rasa", it))?;
        let keys: Keys = match value.get("forms") {
            Some(_) => serde_saphyr::from_str_with_options(&text, options()).unwrap_or_default(),
            None => Keys::default(),
        };
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if name.starts_with("test_") || file.path.contains("tests/") || value.get("test_cases").is_some() {
            let why = "it tests the bot".to_owned();
            imported.skipped.push(Skipped { file: file.path.clone(), place: String::new(), why });
            continue;
        }
        bot.read(&value, &keys, &file.path);
        documents.push((&file.path, value));
    }
    bot.apply_synonyms();
    for (file, value) in &documents {
        stories::read_stories(&mut bot, value, file, imported);
    }
    Ok(bot)
}

/// Names the events of a site, which no customer of WhatsApp sends.
fn name_site_events(bot: &Bot, files: &[File], imported: &mut Imported) {
    let file = files.first().map(|it| it.path.clone()).unwrap_or_default();
    imported.skipped.extend(bot.cut_events.iter().map(|(intent, n_stories)| {
        let why = format!(
            "it is an event that a site sends: it and what the bot does after it are cut out ({n_stories} times)"
        );
        Skipped { file: file.clone(), place: intent.clone(), why }
    }));
}

/// Names files that hold texts or examples in another form than YAML.
fn skip_other(file: &File, imported: &mut Imported) {
    let has = |text: &str| String::from_utf8_lossy(&file.bytes).contains(text);
    let why = match file.path.rsplit('.').next().unwrap_or_default() {
        "py" if has("utter_message(") => "its code says texts of its own or responses, which are not read",
        "json" if has("rasa_nlu_data") => "its examples are in JSON, as of Rasa 1: convert it with `rasa data convert`",
        _ => return,
    };
    imported.skipped.push(Skipped { file: file.path.clone(), place: String::new(), why: why.to_owned() });
}

/// Refuses a bot of Rasa 1, whose stories are in Markdown.
fn refuse_markdown(files: &[File], bot: &Bot, imported: &mut Imported) -> Result<(), ImportError> {
    let is_markdown = |file: &&File| {
        let text = String::from_utf8_lossy(&file.bytes);
        let examples = ["## intent:", "## synonym:", "## regex:", "## lookup:"];
        let has_stories = || text.contains("\n* ") && text.lines().any(|it| it.trim_start().starts_with("- utter_"));
        file.path.ends_with(".md") && (examples.iter().any(|it| text.contains(it)) || has_stories())
    };
    let found: Vec<&File> = files.iter().filter(is_markdown).collect();
    let Some(first) = found.iter().find(|it| it.path.contains("stor")).or(found.first()) else { return Ok(()) };
    if bot.stories.is_empty() && bot.flows.is_empty() {
        return Err(ImportError::Wrong {
            file: first.path.clone(),
            expected: "a file of Rasa 2 or 3",
            why: "it is Markdown of Rasa 1, which is not read; convert the bot with `rasa data convert`".to_owned(),
        });
    }
    let why = "it is Markdown of Rasa 1: convert it with `rasa data convert`";
    let skipped = found.iter().map(|it| Skipped { file: it.path.clone(), place: String::new(), why: why.to_owned() });
    imported.skipped.extend(skipped);
    Ok(())
}

/// The ids of the scenarios, by their intent or flow.
fn names(bot: &Bot, stories: &Stories) -> BTreeMap<String, String> {
    let mut ids = UniqueNames::default();
    let flows = bot.flows.iter().map(|it| &it.1).filter(|it| !it.starts_with("pattern_"));
    let names = stories.roots.keys().chain(flows);
    let mut found = BTreeMap::new();
    for name in names {
        let mut id = slot_name(name);
        id.truncate(190);
        found.entry(name.clone()).or_insert_with(|| ids.take(&id));
    }
    found
}

#[derive(Default)]
struct Built {
    /// The scenarios, by their intent or flow.
    scenarios: Vec<(String, Scenario)>,
    said: BTreeSet<String>,
    continued: BTreeSet<String>,
}

/// Builds the scenarios that have an id.
fn build(context: &Context<'_>) -> Built {
    let mut built = Built::default();
    let n_left = Cell::new(MAX_STEPS);
    context.n_other_examples.set(MAX_OTHER_EXAMPLES);
    for (name, root) in &context.stories.roots {
        if context.scenarios.contains_key(name) {
            let mut builder = StoryBuilder::new(context, &n_left);
            let start = builder.story(name, root);
            let phrases = patterns(&builder, root);
            finish(&mut built, builder, (name, &root.file), start, phrases);
        }
    }
    for (file, name, flow) in context.bot.flows.iter().filter(|it| context.scenarios.contains_key(&it.1)) {
        let mut builder = StoryBuilder::new(context, &n_left);
        let start = builder.flow(name, flow);
        let triggers = flow.get("nlu_trigger").and_then(Value::as_array).into_iter().flatten();
        let intents = triggers.filter_map(|it| {
            let intent = it.get("intent").unwrap_or(it);
            intent.as_str().or_else(|| intent.get("name")?.as_str())
        });
        let phrases: Vec<String> = intents.flat_map(|it| context.bot.phrases(it)).collect();
        let description = flow.get("description").map(bot::scalar).unwrap_or_default();
        let what = format!("a model decides when it starts: “{description}”");
        builder.scenario.record_loss(Loss::ConditionDropped, name, what);
        finish(&mut built, builder, (name, file), start, phrases);
    }
    built
}

/// The examples of an intent with its entities. Words that fill a slot of the scenario stand as the slot, unless it has one
/// value there.
fn patterns(builder: &StoryBuilder<'_>, root: &Root) -> Vec<String> {
    let bot = builder.context.bot;
    let is_one = |entity: &str| root.entities.iter().any(|it| it.0 == entity && it.1.is_some());
    let of_slot = |(words, entity): &Piece| -> Piece {
        let entity = entity.as_deref().filter(|it| !is_one(it));
        (words.clone(), entity.and_then(|it| bot.slots_of(it).first().map(|it| (*it).to_owned())))
    };
    let of_intent = builder.context.stories.roots.values().filter(|it| it.intent == root.intent);
    let others: Vec<&Entities> = of_intent.map(|it| &it.entities).collect();
    let examples = entities::examples(bot, &root.intent, &root.entities, &others);
    let pieces = examples.iter().map(|it| it.pieces.iter().map(of_slot).collect::<Vec<Piece>>());
    let mut known = BTreeSet::new();
    pieces.map(|it| pattern(&builder.scenario, &it)).filter(|it| known.insert(it.clone())).collect()
}

fn finish(
    built: &mut Built,
    mut builder: StoryBuilder<'_>,
    (name, file): (&str, &str),
    start: Option<String>,
    mut phrases: Vec<String>,
) {
    let Some(start) = start else { return };
    // Any other text starts the fallback. An intent without examples is only started by its name.
    if phrases.is_empty() && name != "nlu_fallback" {
        phrases.push(format!("/{name}"));
    }
    built.said.append(&mut builder.said);
    built.continued.append(&mut builder.continued);
    let context = builder.context;
    for (slot, value) in context.bot.slots.iter().filter_map(|(slot, it)| Some((slot, it.get("initial_value")?))) {
        if builder.scenario.known_slot(slot).is_some() && !value.is_null() {
            builder.scenario.record_loss(Loss::FieldDropped, slot, format!("initial_value: {value}"));
        }
    }
    let head = ScenarioHead {
        intent: name,
        language: &context.bot.language,
        purpose: Purpose::Conversation,
        trigger: Trigger::Message { phrases },
        origin: origin(Format::Rasa, file, name),
    };
    let mut scenario = builder.scenario.finish(head, Some(&start));
    context.scenarios[name].clone_into(&mut scenario.id);
    built.scenarios.push((name.to_owned(), scenario));
}

/// Names the responses that no story says: only the bot's own code can.
fn name_unused(bot: &Bot, said: &BTreeSet<String>, scenarios: &mut [Scenario], imported: &mut Imported) {
    let unused = bot.responses.iter().filter(|it| !said.contains(it.0));
    let texts: Vec<String> = unused
        .map(|(name, variations)| {
            let texts: Vec<String> = variations.iter().map(responses::text_of).collect();
            format!("{name} “{}”", texts.join("”, “"))
        })
        .collect();
    if texts.is_empty() {
        return;
    }
    let what = format!("no story and no flow says {}", texts.join("; "));
    match scenarios.first_mut() {
        Some(first) => {
            first.losses.push(PlacedLoss { loss: Loss::UnusedText, place: "responses".to_owned(), what });
        }
        None => {
            imported.skipped.push(Skipped { file: "domain.yml".to_owned(), place: "responses".to_owned(), why: what })
        }
    }
}

#[cfg(test)]
mod story_tests;
#[cfg(test)]
mod tests;
