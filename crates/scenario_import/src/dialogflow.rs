//! Reads agents of Dialogflow ES: `agent.json`, `intents/*.json` and training phrases, as a zip or a folder.
//!
//! Each intent becomes a scenario in each language of the agent. Follow-up intents become choices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use scenario::{
    Accepts, Act, Call, Choice, Goal, Handover, Loss, Media, MediaKind, Message, Purpose, Question, Text, Trigger, Via,
};
use serde_json::Value;

use crate::scenario_builder::{ScenarioBuilder, ScenarioHead, origin};
use crate::{File, Format, ImportError, Imported, Skipped, placeholders};

/// `$name`, `$name.original`, `#context.name`.
static PARAMETER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$([A-Za-z_][\w-]*(?:\.[A-Za-z]\w*)?)|#([A-Za-z_][\w-]*\.[A-Za-z_][\w-]*)").ok());

/// Limits the training phrases that are kept of an intent.
const MAX_PHRASES: usize = 20;

struct Intent {
    file: String,
    name: String,
    value: Value,
    /// What users say, by language.
    phrases: BTreeMap<String, Vec<String>>,
}

pub(crate) fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    let read = |file: &File| -> Result<Value, ImportError> {
        serde_json::from_slice(&file.bytes).map_err(|it| ImportError::shape(file, "a file of a Dialogflow agent", it))
    };
    let mut agent = Value::Null;
    let mut intents: Vec<Intent> = Vec::new();
    // The phrases of an intent in a language.
    let mut said = Vec::new();
    for file in files {
        let name = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
        if name == "agent" {
            agent = read(file)?;
        } else if file.path.contains("intents/") {
            match name.rsplit_once("_usersays_") {
                Some((intent, language)) => said.push((intent.to_owned(), language.to_owned(), phrases(&read(file)?))),
                None => {
                    let value = read(file)?;
                    intents.push(Intent {
                        file: file.path.clone(),
                        name: name.to_owned(),
                        value,
                        phrases: BTreeMap::new(),
                    });
                }
            }
        } else if !file.path.contains("entities/") && name != "package" && name != "README.md" {
            let why = "it is not an intent".to_owned();
            imported.skipped.push(Skipped { file: file.path.clone(), place: String::new(), why });
        }
    }
    for (intent, language, phrases) in said {
        if let Some(intent) = intents.iter_mut().find(|it| it.name == intent) {
            intent.phrases.insert(language, phrases);
        }
    }
    let mut languages: BTreeSet<String> = intents.iter().flat_map(|it| it.phrases.keys().cloned()).collect();
    languages.extend(agent.get("language").and_then(Value::as_str).map(str::to_owned));
    languages.extend(strings(agent.get("supportedLanguages")));
    if languages.is_empty() {
        languages.insert(String::new());
    }
    for language in &languages {
        for intent in intents.iter().filter(|it| parent(it, &intents).is_none()) {
            imported.scenarios.extend(scenario(intent, &intents, language));
        }
    }
    Ok(())
}

fn strings(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// The text of each phrase. Annotations of entities are ignored.
fn phrases(value: &Value) -> Vec<String> {
    let phrases = value.as_array().into_iter().flatten().take(MAX_PHRASES).map(|it| {
        let pieces = it.get("data").and_then(Value::as_array).into_iter().flatten();
        pieces.filter_map(|it| it.get("text").and_then(Value::as_str)).collect::<String>()
    });
    phrases.filter(|it| !it.trim().is_empty()).collect()
}

fn parent<'a>(intent: &Intent, intents: &'a [Intent]) -> Option<&'a Intent> {
    let id = intent.value.get("parentId")?.as_str()?;
    intents.iter().find(|it| it.value.get("id").and_then(Value::as_str) == Some(id))
}

fn scenario(intent: &Intent, intents: &[Intent], language: &str) -> Option<scenario::Scenario> {
    let phrases = intent.phrases.get(language).cloned().unwrap_or_default();
    let mut builder = ScenarioBuilder::default();
    let start = steps(&mut builder, intent, intents, language, 0)?;
    // An intent with an input context is only matched after another intent.
    for context in strings(intent.value.get("contexts")) {
        builder.record_loss(Loss::RouteDropped, &intent.name, format!("only within the context {context}"));
    }
    let is_event = phrases.is_empty() && !strings_of_events(&intent.value).is_empty();
    let head = ScenarioHead {
        intent: &intent.name,
        language,
        purpose: Purpose::Conversation,
        trigger: match is_event && !strings_of_events(&intent.value).iter().any(|it| it.contains("WELCOME")) {
            true => Trigger::Event { name: strings_of_events(&intent.value).first().cloned() },
            false => Trigger::Message { phrases },
        },
        origin: origin(Format::Dialogflow, &intent.file, intent.name.clone()),
    };
    Some(builder.finish(head, Some(&start)))
}

fn strings_of_events(value: &Value) -> Vec<String> {
    let events = value.get("events").and_then(Value::as_array).into_iter().flatten();
    events.filter_map(|it| it.get("name").and_then(Value::as_str).map(str::to_owned)).collect()
}

/// The steps of an intent: questions for required parameters, the call of its webhook, its messages, its follow-up
/// intents.
fn steps(
    builder: &mut ScenarioBuilder,
    intent: &Intent,
    intents: &[Intent],
    language: &str,
    depth: usize,
) -> Option<String> {
    if depth > 20 {
        builder.record_loss(Loss::RouteDropped, &intent.name, "intents that follow each other in a circle");
        return None;
    }
    let response = intent.value.get("responses").and_then(|it| it.get(0)).unwrap_or(&Value::Null);
    let followers: Vec<&Intent> =
        intents.iter().filter(|it| parent(it, intents).is_some_and(|it| it.name == intent.name)).collect();
    let mut choices = Vec::new();
    for follower in &followers {
        let next = steps(builder, follower, intents, language, depth + 1);
        let title = follower.phrases.get(language).and_then(|it| it.first()).cloned();
        let title = title.unwrap_or_else(|| follower.name.rsplit(" - ").next().unwrap_or_default().to_owned());
        choices.push(Choice::Reply { title, description: None, value: None, next });
    }
    let mut goal: Goal = None;
    let mut said = messages(builder, response, language, &intent.name);
    if is_handover(intent, response) {
        let id = builder.free_id(&format!("{} person", intent.name));
        builder.push(&id, Act::Handover(Handover { via: Via::Agent, text: Text::default(), target: None, next: None }));
        goal = Some(id);
    }
    if !choices.is_empty() {
        if said.is_empty() {
            said.push(Message { text: Text::plain("…"), ..Message::default() });
        }
        let last = said.len() - 1;
        // A quick reply with the title of a follow-up intent leads to that intent.
        for choice in std::mem::take(&mut said[last].choices) {
            if !choices.iter().any(|it| it.title().eq_ignore_ascii_case(choice.title())) {
                choices.push(choice);
            }
        }
        said[last].choices = choices;
    }
    let n_said = said.len();
    for (n, mut message) in said.into_iter().enumerate().rev() {
        let suffix = if n_said > 1 { format!(" {}", n + 1) } else { String::new() };
        let id = builder.free_id(&format!("{} says{suffix}", intent.name));
        message.next = goal.take();
        builder.push(&id, Act::Message(message));
        goal = Some(id);
    }
    if intent.value.get("webhookUsed").and_then(Value::as_bool) == Some(true) {
        let id = builder.free_id(&format!("{} webhook", intent.name));
        let action = response.get("action").and_then(Value::as_str).filter(|it| !it.is_empty()).unwrap_or(&intent.name);
        builder.push(
            &id,
            Act::Call(Call { system: format!("webhook {action}"), next: goal.clone(), on_failure: goal.take() }),
        );
        goal = Some(id);
    }
    questions(builder, response, language, &intent.name, goal)
}

/// Adds a question for each required parameter, and returns the id of the first, or `next`.
fn questions(builder: &mut ScenarioBuilder, response: &Value, language: &str, name: &str, mut next: Goal) -> Goal {
    let parameters = response.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for parameter in parameters.iter().rev().filter(|it| it.get("required").and_then(Value::as_bool) == Some(true)) {
        let parameter_name = parameter.get("name").and_then(Value::as_str).unwrap_or("value");
        let prompts = parameter.get("prompts").and_then(Value::as_array).into_iter().flatten();
        let mut prompts = prompts.filter(|it| it.get("lang").and_then(Value::as_str).is_none_or(|it| it == language));
        let Some(prompt) = prompts.find_map(|it| it.get("value").and_then(Value::as_str)) else { continue };
        let kind = parameter.get("dataType").and_then(Value::as_str).unwrap_or_default();
        let accepts = match kind {
            it if it.contains("location") || it.contains("address") => Accepts::Location,
            it if it.contains("phone") => Accepts::Phone,
            _ => Accepts::Text,
        };
        if !kind.is_empty() {
            builder.record_loss(Loss::FormDropped, name, format!("that {parameter_name} is a {kind}"));
        }
        let id = builder.free_id(&format!("{name} asks {parameter_name}"));
        let slot = builder.slot(parameter_name);
        let text = text(builder, prompt);
        builder.push(&id, Act::Question(Question { text, slot, accepts, next, timeout: None }));
        next = Some(id);
    }
    next
}

fn is_handover(intent: &Intent, response: &Value) -> bool {
    let action = response.get("action").and_then(Value::as_str).unwrap_or_default();
    let words = format!("{} {action}", intent.name).to_lowercase();
    ["handoff", "handover", "live agent", "liveagent", "human", "escalat"].iter().any(|it| words.contains(it))
}

fn text(builder: &mut ScenarioBuilder, raw: &str) -> Text {
    let Some(pattern) = PARAMETER.as_ref() else { return Text::plain(raw) };
    placeholders::parse_with(builder, raw, pattern, |it| {
        it.get(1).or_else(|| it.get(2)).map(|it| it.as_str().to_owned())
    })
}

/// The messages of an intent in a language. Types: 0 text, 1 card, 2 quick replies, 3 image, 4 payload.
fn messages(builder: &mut ScenarioBuilder, response: &Value, language: &str, name: &str) -> Vec<Message> {
    let mut said: Vec<Message> = Vec::new();
    let list = response.get("messages").and_then(Value::as_array).into_iter().flatten();
    for value in list.filter(|it| it.get("lang").and_then(Value::as_str).is_none_or(|it| it == language)) {
        let kind = value.get("type").map(|it| it.to_string().trim_matches('"').to_owned()).unwrap_or_default();
        let string = |key: &str| value.get(key).and_then(Value::as_str).filter(|it| !it.is_empty());
        match kind.as_str() {
            "0" | "message" | "simple_response" => {
                let speech = value.get("speech").unwrap_or(&Value::Null);
                let variants = strings(Some(speech));
                let one = speech.as_str().map(str::to_owned).or_else(|| string("textToSpeech").map(str::to_owned));
                let Some(first) = variants.first().cloned().or(one).filter(|it| !it.is_empty()) else { continue };
                if variants.len() > 1 {
                    builder.record_loss(Loss::RouteDropped, name, format!("{} other wordings", variants.len() - 1));
                }
                said.push(Message { text: text(builder, &first), ..Message::default() });
            }
            "2" | "suggestion_chips" => {
                let titles = strings(value.get("replies"));
                let replies = titles.iter().map(|it| Choice::reply(it, None));
                match said.last_mut() {
                    Some(last) if string("title").is_none() => last.choices.extend(replies),
                    _ => {
                        let text = text(builder, string("title").unwrap_or("…"));
                        said.push(Message { text, choices: replies.collect(), ..Message::default() });
                    }
                }
            }
            "3" | "image" => {
                if let Some(url) = string("imageUrl") {
                    let media = Media { kind: MediaKind::Image, url: text(builder, url) };
                    said.push(Message { media: Some(media), ..Message::default() });
                }
            }
            "1" => {
                let title = [string("title"), string("subtitle")].into_iter().flatten().collect::<Vec<_>>().join("\n");
                let buttons = value.get("buttons").and_then(Value::as_array).into_iter().flatten();
                let choices = buttons.filter_map(|it| {
                    let title = it.get("text")?.as_str()?.to_owned();
                    match it.get("postback").and_then(Value::as_str) {
                        Some(url) if url.starts_with("http") => Some(Choice::Link { title, url: Text::plain(url) }),
                        _ => Some(Choice::reply(&title, None)),
                    }
                });
                let choices = choices.collect();
                said.push(Message { text: text(builder, &title), choices, ..Message::default() });
            }
            other => builder.record_loss(Loss::StepDropped, name, format!("a message of type {other}")),
        }
    }
    said
}
