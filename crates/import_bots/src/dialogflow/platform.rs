//! Chooses the answers of one platform: an intent has answers for each, and only one of them is sent.

use scenario::Loss;
use serde_json::Value;

use super::agent::{Intent, in_language, says_something};
use import_base::scenario_builder::ScenarioBuilder;

/// The platform that is nearest to WhatsApp: Ferry moves customers from it.
const WANTED: &str = "viber";

/// The messages of an intent in a language, for one platform; the others are recorded as lost.
///
/// The platform is Viber if the intent has answers for it, else the default, else the first that is named.
pub(super) fn messages<'a>(
    builder: &mut ScenarioBuilder,
    intent: &'a Intent,
    language: &str,
    own: &str,
) -> Vec<&'a Value> {
    let response = intent.response();
    let all = in_language(response.get("messages"), language, own);
    let all: Vec<&Value> = all.into_iter().filter(|it| says_something(it)).collect();
    let mut platforms: Vec<&str> = Vec::new();
    for platform in all.iter().map(|it| platform(it)) {
        if !platforms.contains(&platform) {
            platforms.push(platform);
        }
    }
    let first = platforms.first().copied().unwrap_or_default();
    let chosen = [WANTED, ""].into_iter().find(|it| platforms.contains(it)).unwrap_or(first);
    if ![WANTED, ""].contains(&chosen) {
        let what = format!("no answer is for all platforms: those for {chosen} are sent");
        builder.record_loss(Loss::OtherPlatform, &intent.name, what);
    }
    // “Use responses from the default tab as the first responses.”
    let defaults = response.get("defaultResponsePlatforms").and_then(|it| it.get(chosen)).and_then(Value::as_bool);
    let mut taken: Vec<&Value> = Vec::new();
    if defaults == Some(true) && !chosen.is_empty() {
        taken.extend(all.iter().copied().filter(|it| platform(it).is_empty()));
    }
    taken.extend(all.iter().copied().filter(|it| platform(it) == chosen));
    for other in platforms.into_iter().filter(|it| *it != chosen && !(it.is_empty() && defaults == Some(true))) {
        let theirs: Vec<&Value> = all.iter().copied().filter(|it| platform(it) == other).collect();
        if contents(&theirs) != contents(&taken) {
            let name = if other.is_empty() { "all platforms" } else { other };
            builder.record_loss(Loss::OtherPlatform, &intent.name, format!("for {name}: {}", shown(&theirs)));
        }
    }
    taken
}

fn platform(message: &Value) -> &str {
    message.get("platform").and_then(Value::as_str).unwrap_or_default()
}

/// The messages without the platform that they are for.
fn contents(messages: &[&Value]) -> Vec<Value> {
    let content = |it: &&Value| {
        let mut it = (*it).clone();
        if let Some(object) = it.as_object_mut() {
            object.retain(|key, _| key != "platform" && key != "id");
        }
        it
    };
    messages.iter().map(content).collect()
}

/// The texts of messages, for a person who wants to know what is lost.
pub(super) fn shown(messages: &[&Value]) -> String {
    let mut texts = Vec::new();
    messages.iter().for_each(|it| collect(it, &mut texts, 0));
    match texts.is_empty() {
        true => "no text".to_owned(),
        false => format!("“{}”", texts.join("”, “")),
    }
}

fn collect(value: &Value, texts: &mut Vec<String>, depth: usize) {
    match value {
        // JSON nests at most 128 levels deep, and messages 4.
        _ if depth > 8 => {}
        Value::Object(object) => {
            let quiet = ["lang", "platform", "type", "id", "condition"];
            let said = object.iter().filter(|it| !quiet.contains(&it.0.as_str()));
            said.for_each(|it| collect(it.1, texts, depth + 1));
        }
        Value::Array(list) => list.iter().for_each(|it| collect(it, texts, depth + 1)),
        Value::String(text) if !text.trim().is_empty() => texts.push(text.trim().to_owned()),
        _ => {}
    }
}
