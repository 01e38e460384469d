//! Reads Twilio's content templates: a page of `GET /v1/Content`, or a single template.

use std::sync::LazyLock;

use regex::Regex;
use scenario::{Act, Choice, Location, Loss, Media, MediaKind, Message, Purpose, Text, Trigger};
use serde_json::Value;

use crate::scenario_builder::{ScenarioBuilder, ScenarioHead, origin};
use crate::{File, Format, ImportError, Imported, Skipped, placeholders};

static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}").ok());

/// The richest type first: a template can have several types, one per channel.
const TYPES: [&str; 10] = [
    "whatsapp/card",
    "twilio/list-picker",
    "twilio/quick-reply",
    "twilio/card",
    "twilio/carousel",
    "twilio/call-to-action",
    "twilio/catalog",
    "twilio/location",
    "twilio/media",
    "twilio/text",
];

pub(crate) fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    for file in files {
        let page: Value = serde_json::from_slice(&file.bytes)
            .map_err(|it| ImportError::shape(file, "content templates of Twilio", it))?;
        let list = page.get("contents").unwrap_or(&page);
        let one = std::slice::from_ref(list);
        for (content, n) in list.as_array().map_or(one, Vec::as_slice).iter().zip(1..) {
            read_content(file, content, n, imported);
        }
    }
    Ok(())
}

/// Reads a content template as a scenario of one step.
fn read_content(file: &File, content: &Value, n: u64, imported: &mut Imported) {
    let string = |key: &str| content.get(key).and_then(Value::as_str);
    let name = string("friendly_name").or(string("sid")).map_or_else(|| format!("content {n}"), str::to_owned);
    let place = string("sid").map_or_else(|| format!("content {n}"), str::to_owned);
    let mut builder = ScenarioBuilder::default();
    let types = content.get("types");
    let known = TYPES.iter().find_map(|it| Some((*it, types?.get(it)?)));
    let is_code = types.is_some_and(|it| it.get("whatsapp/authentication").is_some());
    let message = match known {
        Some((kind, body)) => message(&mut builder, kind, body),
        None if is_code => Message { text: Text::parse("{{code}}"), ..Message::default() },
        None => {
            let kinds = types.and_then(Value::as_object).map(|it| it.keys().cloned().collect::<Vec<_>>().join(", "));
            let why = format!("its types are not known: {}", kinds.unwrap_or_default());
            imported.skipped.push(Skipped { file: file.path.clone(), place, why });
            return;
        }
    };
    if is_code {
        builder.slot("code");
    }
    examples(&mut builder, content);
    let purpose = match () {
        () if is_code => Purpose::Authentication,
        () if message.waits() => Purpose::Conversation,
        () => Purpose::Notification,
    };
    builder.push("message", Act::Message(message));
    let head = ScenarioHead {
        intent: &name,
        language: string("language").unwrap_or_default(),
        purpose,
        trigger: Trigger::Event { name: None },
        origin: origin(Format::TwilioContent, &file.path, place),
    };
    imported.scenarios.push(builder.finish(head, None));
}

/// A text with `{{1}}`, which becomes the slot `slot_1`.
fn text(builder: &mut ScenarioBuilder, value: &Value, key: &str) -> Text {
    let raw = value.get(key).and_then(Value::as_str).unwrap_or_default();
    text_of(builder, raw)
}

fn text_of(builder: &mut ScenarioBuilder, raw: &str) -> Text {
    let Some(pattern) = VARIABLE.as_ref() else { return Text::plain(raw) };
    placeholders::parse_with(builder, raw, pattern, |it| Some(slot(&it[1])))
}

fn slot(name: &str) -> String {
    if name.bytes().all(|it| it.is_ascii_digit()) { format!("slot {name}") } else { name.to_owned() }
}

fn message(builder: &mut ScenarioBuilder, kind: &str, body: &Value) -> Message {
    let mut message = Message { text: text(builder, body, "body"), ..Message::default() };
    let items = |key: &str| body.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match kind {
        "twilio/card" | "whatsapp/card" => {
            let title = text(builder, body, "title");
            if message.text.is_empty() {
                message.text = title;
            } else if !title.is_empty() {
                let body = std::mem::replace(&mut message.text, title);
                message.text.push_plain("\n");
                message.text.push(&body);
            }
            let subtitle = text(builder, body, "subtitle");
            if !subtitle.is_empty() {
                message.text.push_plain("\n");
                message.text.push(&subtitle);
            }
        }
        "twilio/list-picker" => {
            message.choices.extend(items("items").iter().filter_map(|item| {
                let string = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
                let (title, description) = (string("item")?, string("description").filter(|it| !it.is_empty()));
                Some(Choice::Reply { title, description, value: string("id"), next: None })
            }));
        }
        "twilio/carousel" => {
            builder.record_loss(Loss::Carousel, "message", format!("{} cards", items("cards").len()));
            for card in items("cards") {
                let title = card.get("title").and_then(Value::as_str).unwrap_or_default();
                message.text.push_plain(&format!("\n{title}"));
                actions(builder, card.get("actions"), &mut message);
            }
        }
        "twilio/catalog" => {
            builder.record_loss(Loss::StepDropped, "message", "a catalogue of products: name them in the scenario")
        }
        "twilio/location" => {
            let string = |key: &str| body.get(key).map(|it| it.to_string().trim_matches('"').to_owned());
            if let (Some(latitude), Some(longitude)) = (string("latitude"), string("longitude")) {
                message.location =
                    Some(Location { latitude, longitude, name: string("label"), address: string("address") });
            }
        }
        _ => {}
    }
    if let Some(url) = items("media").first().and_then(Value::as_str) {
        let kind = match MediaKind::of(url) {
            MediaKind::Other => MediaKind::Image,
            kind => kind,
        };
        message.media = Some(Media { kind, url: text_of(builder, url) });
    }
    actions(builder, body.get("actions"), &mut message);
    message
}

fn actions(builder: &mut ScenarioBuilder, actions: Option<&Value>, message: &mut Message) {
    for action in actions.and_then(Value::as_array).into_iter().flatten() {
        let string = |key: &str| action.get(key).and_then(Value::as_str).map(str::to_owned);
        let title = string("title").unwrap_or_default();
        let kind = string("type").unwrap_or_else(|| "QUICK_REPLY".to_owned());
        let choice = match kind.as_str() {
            "QUICK_REPLY" => Choice::Reply { title, description: None, value: string("id"), next: None },
            "URL" => Choice::Link { title, url: text_of(builder, &string("url").unwrap_or_default()) },
            "PHONE_NUMBER" => Choice::Phone { title, number: string("phone").unwrap_or_default() },
            "COPY_CODE" => Choice::CopyCode { title, code: text_of(builder, &string("code").unwrap_or_default()) },
            other => {
                builder.record_loss(Loss::ButtonAction, "message", format!("“{title}”: {other}"));
                continue;
            }
        };
        message.choices.push(choice);
    }
}

fn examples(builder: &mut ScenarioBuilder, content: &Value) {
    for (name, example) in content.get("variables").and_then(Value::as_object).into_iter().flatten() {
        let name = builder.slot(&slot(name));
        if let (Some(example), Some(slot)) = (example.as_str(), builder.slots.iter_mut().find(|it| it.name == name)) {
            slot.examples.push(example.to_owned());
        }
    }
}
