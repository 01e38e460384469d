//! Reads what an intent answers: texts, cards, quick replies, pictures.

use std::sync::LazyLock;

use regex::Regex;
use scenario::{Choice, Loss, Media, MediaKind, Message, Text};
use serde_json::Value;

use super::agent::strings;
use super::payloads;
use super::platform::shown;
use import_base::html;
use import_base::markdown;
use import_base::placeholders;
use import_base::scenario_builder::ScenarioBuilder;

/// `$name`, `$name.original`, `#context.name`, and parts of a value such as `$period.startDate`.
static PARAMETER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = format!(r"[\p{{L}}_][\p{{L}}\d_-]*(?:\.(?:{PARTS})\b)?");
    Regex::new(&format!(r"\$({name})|#[\p{{L}}_][\w-]*\.({name})")).ok()
});

/// The parts of values that Dialogflow knows: what was typed, dates, amounts, places, people.
const PARTS: &str = "original|partial|startDate|endDate|startTime|endTime|startDateTime|endDateTime|date_time|amount|unit\
    |currency|name|city|country|street-address|zip-code|business-name|shortcut|island|admin-area|subadmin-area";

/// Keys of messages that have a meaning of their own here.
const READ: [&str; 22] = [
    "type",
    "platform",
    "lang",
    "id",
    "speech",
    "title",
    "subtitle",
    "imageUrl",
    "buttons",
    "replies",
    "suggestions",
    "payload",
    "items",
    "image",
    "formattedText",
    "url",
    "destinationName",
    "displayText",
    "condition",
    "content",
    "textToSpeech",
    "ssml",
];

/// A text of an agent. Its parameters become slots; the words as they were typed are the value of a slot.
pub(super) fn text(builder: &mut ScenarioBuilder, raw: &str) -> Text {
    let Some(pattern) = PARAMETER.as_ref() else { return Text::plain(raw) };
    let name = |it: &regex::Captures<'_>| {
        let name = it.get(1).or_else(|| it.get(2))?.as_str();
        Some(name.strip_suffix(".original").or_else(|| name.strip_suffix(".partial")).unwrap_or(name).to_owned())
    };
    placeholders::parse_with(builder, &markdown::to_whatsapp(raw), pattern, name)
}

/// A text that may hold HTML, which web chats show: WhatsApp's marks and addresses stand in its place.
pub(super) fn html_text(builder: &mut ScenarioBuilder, raw: &str, place: &str) -> Text {
    let (plain, tags) = html::plain(raw, true);
    if !tags.is_empty() {
        builder.record_loss(Loss::Html, place, format!("the tags {}", tags.join(", ")));
    }
    text(builder, plain.trim())
}

/// The messages of one platform, in their order. Answers without a step of their own lead nowhere yet.
pub(super) fn read(builder: &mut ScenarioBuilder, messages: &[&Value], place: &str) -> Vec<Message> {
    let mut said: Vec<Message> = Vec::new();
    for value in messages {
        let kind = value.get("type").map(|it| it.to_string().trim_matches('"').to_owned()).unwrap_or_default();
        lost_fields(builder, value, place);
        match kind.as_str() {
            "0" | "message" | "simple_response" => said.extend(speech(builder, value, place)),
            "1" | "basic_card" => said.push(card(builder, value, place)),
            "2" | "suggestion_chips" => replies(builder, value, place, &mut said),
            "3" | "image" => said.extend(image(builder, value)),
            "list_card" | "carousel_card" => items(builder, value, place, &mut said),
            "link_out_chip" | "link_out_suggestion" => link_out(builder, value, &mut said),
            "4" | "payload" => payloads::read(builder, value, place, &mut said),
            other => {
                builder.record_loss(Loss::StepDropped, place, format!("a message of type {other}: {}", shown(&[value])))
            }
        }
    }
    said
}

pub(super) fn string<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).map(str::trim).filter(|it| !it.is_empty())
}

/// Records the fields that no message of WhatsApp has.
fn lost_fields(builder: &mut ScenarioBuilder, value: &Value, place: &str) {
    if let Some(condition) = string(value, "condition") {
        let what = format!("only if {condition}: {}", shown(&[value]));
        builder.record_loss(Loss::ConditionDropped, place, what);
    }
    lost_speech(builder, value, place);
    let object = value.as_object().into_iter().flatten();
    for (key, value) in object.filter(|it| !READ.contains(&it.0.as_str())) {
        let is_empty = match value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(object) => object.is_empty(),
            _ => false,
        };
        if !is_empty {
            builder.record_loss(Loss::FieldDropped, place, format!("{key}: {}", shown(&[value])));
        }
    }
}

/// Whether the spoken words are all that a message has.
fn is_spoken(value: &Value) -> bool {
    let has_speech = string(value, "speech").is_some() || !strings(value.get("speech")).is_empty();
    string(value, "displayText").is_none() && !has_speech
}

/// A text. One of several wordings is said: the first is taken.
fn speech(builder: &mut ScenarioBuilder, value: &Value, place: &str) -> Option<Message> {
    let mut wordings = strings(value.get("speech"));
    wordings.extend(string(value, "speech").map(str::to_owned));
    wordings.retain(|it| !it.trim().is_empty());
    // A response of Google's tab is a list of candidates, each of which is shown and spoken.
    for item in value.get("items").and_then(Value::as_array).into_iter().flatten() {
        lost_speech(builder, item, place);
        wordings.extend(shown_or_spoken(item).map(str::to_owned));
    }
    let spoken = shown_or_spoken(value).map(str::to_owned);
    let first = wordings.first().cloned().or(spoken)?;
    alternatives(builder, wordings.iter().map(String::as_str), place);
    Some(Message { text: html_text(builder, first.trim(), place), ..Message::default() })
}

/// The words on a screen, or else those that are spoken.
fn shown_or_spoken(value: &Value) -> Option<&str> {
    string(value, "displayText").or_else(|| string(value, "textToSpeech"))
}

/// Records spoken words that differ from those on the screen.
fn lost_speech(builder: &mut ScenarioBuilder, value: &Value, place: &str) {
    let speech =
        string(value, "textToSpeech").filter(|it| !is_spoken(value) && string(value, "displayText") != Some(it));
    if let Some(speech) = speech {
        builder.record_loss(Loss::FieldDropped, place, format!("textToSpeech, which is spoken aloud: “{speech}”"));
    }
    if let Some(speech) = string(value, "ssml") {
        builder.record_loss(Loss::FieldDropped, place, format!("ssml, which is spoken aloud: “{speech}”"));
    }
}

/// Records all wordings but the first as lost.
pub(super) fn alternatives<'a>(
    builder: &mut ScenarioBuilder,
    wordings: impl Iterator<Item = &'a str> + Clone,
    place: &str,
) {
    let Some(first) = wordings.clone().next() else { return };
    let others: Vec<&str> = wordings.skip(1).filter(|it| *it != first).collect();
    if !others.is_empty() {
        let what = format!("other wordings of “{first}”: “{}”", others.join("”, “"));
        builder.record_loss(Loss::AlternativeText, place, what);
    }
}

fn image(builder: &mut ScenarioBuilder, value: &Value) -> Option<Message> {
    let url = string(value, "imageUrl").or_else(|| string(value.get("image")?, "url"))?;
    let media = Media { kind: MediaKind::Image, url: text(builder, url) };
    Some(Message { media: Some(media), ..Message::default() })
}

/// A card: a picture, a title, a text and buttons in one message.
fn card(builder: &mut ScenarioBuilder, value: &Value, place: &str) -> Message {
    let lines = [string(value, "title"), string(value, "subtitle"), string(value, "formattedText")];
    let raw = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
    let mut message = image(builder, value).unwrap_or_default();
    message.text = html_text(builder, &raw, place);
    let buttons = value.get("buttons").and_then(Value::as_array).into_iter().flatten();
    message.choices = buttons.filter_map(|it| button(builder, it, place)).collect();
    message
}

/// A button of a card. It opens a page, calls a phone, or is said as its postback.
fn button(builder: &mut ScenarioBuilder, value: &Value, place: &str) -> Option<Choice> {
    let title = string(value, "text").or_else(|| string(value, "title"))?;
    let opened = value.get("openUrlAction").and_then(|it| string(it, "url"));
    let postback = opened.or_else(|| string(value, "postback"));
    match postback {
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            Some(Choice::Link { title: title.to_owned(), url: text(builder, url) })
        }
        Some(phone) if phone.starts_with("tel:") => {
            Some(Choice::Phone { title: title.to_owned(), number: phone["tel:".len()..].to_owned() })
        }
        _ => reply(builder, title, postback.filter(|it| *it != title), None, place),
    }
}

/// An answer by a tap. Titles of buttons hold no values in WhatsApp.
pub(super) fn reply(
    builder: &mut ScenarioBuilder,
    title: &str,
    value: Option<&str>,
    description: Option<&str>,
    place: &str,
) -> Option<Choice> {
    if PARAMETER.as_ref().is_some_and(|it| it.is_match(title)) {
        builder.record_loss(Loss::ButtonDropped, place, format!("“{title}”: a button cannot hold a value"));
        return None;
    }
    let (value, description) = (value.map(str::to_owned), description.map(str::to_owned));
    Some(Choice::Reply { title: title.to_owned(), description, value, next: None })
}

/// Quick replies below a text of their own, or below the text before them.
fn replies(builder: &mut ScenarioBuilder, value: &Value, place: &str, said: &mut Vec<Message>) {
    let mut titles = strings(value.get("replies"));
    let chips = value.get("suggestions").and_then(Value::as_array).into_iter().flatten();
    titles.extend(chips.filter_map(|it| string(it, "title").map(str::to_owned)));
    titles.retain(|it| !it.trim().is_empty());
    let choices: Vec<Choice> = titles.iter().filter_map(|it| reply(builder, it.trim(), None, None, place)).collect();
    match string(value, "title") {
        Some(title) => said.push(Message { text: text(builder, title), choices, ..Message::default() }),
        None => last_text(said).choices.extend(choices),
    }
}

/// The last message with a text, to which answers are added. Without one, a message without a text is an error of the
/// scenario.
pub(super) fn last_text(said: &mut Vec<Message>) -> &mut Message {
    let at = said.iter().rposition(|it| !it.text.is_empty()).unwrap_or(said.len());
    if at == said.len() {
        said.push(Message::default());
    }
    &mut said[at]
}

/// The items of a list or a carousel become choices.
fn items(builder: &mut ScenarioBuilder, value: &Value, place: &str, said: &mut Vec<Message>) {
    builder.record_loss(Loss::Carousel, place, shown(&[value]));
    let list = value.get("items").and_then(Value::as_array).into_iter().flatten();
    let choices: Vec<Choice> = list
        .filter_map(|it| {
            let title = string(it, "title")?;
            match it.get("openUrlAction").and_then(|it| string(it, "url")) {
                Some(url) => Some(Choice::Link { title: title.to_owned(), url: text(builder, url) }),
                None => {
                    let key = it.get("optionInfo").or_else(|| it.get("info")).and_then(|it| string(it, "key"));
                    reply(builder, title, key.filter(|it| *it != title), string(it, "description"), place)
                }
            }
        })
        .collect();
    match string(value, "title") {
        Some(title) => said.push(Message { text: text(builder, title), choices, ..Message::default() }),
        None => last_text(said).choices.extend(choices),
    }
}

fn link_out(builder: &mut ScenarioBuilder, value: &Value, said: &mut Vec<Message>) {
    let url = string(value, "url").or_else(|| string(value.get("openUrlAction")?, "url"));
    if let (Some(title), Some(url)) = (string(value, "destinationName").or_else(|| string(value, "title")), url) {
        let url = text(builder, url);
        last_text(said).choices.push(Choice::Link { title: title.to_owned(), url });
    }
}
