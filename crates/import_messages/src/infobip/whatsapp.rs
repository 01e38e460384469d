//! Reads Infobip's WhatsApp templates: header, body, footer and buttons.

use std::sync::LazyLock;

use regex::Regex;
use scenario::{Act, Choice, CodeNotice, Location, Loss, Media, MediaKind, Message, Text};
use serde_json::Value;

use super::{Template, name_fields, scalar};
use import_base::scenario_builder::ScenarioBuilder;
use import_base::{Imported, placeholders};

static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}").ok());

/// The fields of a template that are read or say nothing about its messages.
const FIELDS: [&str; 14] = [
    "id",
    "templateId",
    "name",
    "businessAccountId",
    "language",
    "status",
    "category",
    "structure",
    "quality",
    "platform",
    "createdAt",
    "lastUpdatedAt",
    // The sender of each message says these.
    "validityPeriod",
    "allowCategoryChange",
];

/// The fields of a structure; its type follows from the others.
const STRUCTURE: [&str; 5] = ["header", "body", "footer", "buttons", "type"];

pub(super) fn read(template: &Template<'_>, structure: &Value, status: &str, imported: &mut Imported) {
    let mut parts = Parts { builder: ScenarioBuilder::default() };
    name_fields(&mut parts.builder, "the template", template.value, &FIELDS);
    name_fields(&mut parts.builder, "the template", structure, &STRUCTURE);
    let is_code = scalar(template.value, "category").is_some_and(|it| it.eq_ignore_ascii_case("AUTHENTICATION"));
    let message = if is_code { parts.code(structure) } else { parts.message(structure) };
    if message.text.is_empty() {
        return template.skip(imported, "it has no text");
    }
    template.name_status(&mut parts.builder, "WhatsApp", status);
    parts.builder.push("text", Act::Message(message));
    let language = scalar(template.value, "language").unwrap_or_default();
    template.finish(parts.builder, &language, imported);
}

struct Parts {
    builder: ScenarioBuilder,
}

impl Parts {
    fn message(&mut self, structure: &Value) -> Message {
        let mut message = Message { text: self.text(structure, "body", ""), ..Message::default() };
        message.footer = self.text(structure, "footer", "");
        name_fields(&mut self.builder, "the body", &structure["body"], &["text", "examples"]);
        name_fields(&mut self.builder, "the footer", &structure["footer"], &["text"]);
        self.header(structure, &mut message);
        for button in structure.get("buttons").and_then(Value::as_array).into_iter().flatten() {
            message.choices.extend(self.button(button));
        }
        message
    }

    /// WhatsApp writes the text of a code; the template says whether it warns, and when the code expires.
    fn code(&mut self, structure: &Value) -> Message {
        let slot = self.builder.slot("code");
        let mut code = Text::default();
        code.push_slot(&slot);
        let minutes = structure.pointer("/footer/codeExpirationMinutes").and_then(Value::as_u64);
        let notice = CodeNotice {
            warns: structure.pointer("/body/addSecurityRecommendation").and_then(Value::as_bool).unwrap_or(false),
            expires_minutes: minutes.and_then(|it| u32::try_from(it).ok()),
        };
        let title = structure.pointer("/buttons/0/text").and_then(Value::as_str).filter(|it| !it.is_empty());
        let button = title.map(|it| Choice::CopyCode { title: it.to_owned(), code: code.clone() });
        Message { text: code, code: Some(notice), choices: button.into_iter().collect(), ..Message::default() }
    }

    /// The text of a part. Each part numbers its variables from 1, so those of a header get names of their own.
    fn text(&mut self, structure: &Value, part: &str, of: &str) -> Text {
        let Some(value) = structure.get(part) else { return Text::default() };
        let raw = value.get("text").and_then(Value::as_str).or(value.as_str()).unwrap_or_default();
        let examples = value.get("examples").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let examples: Vec<&str> = match value.get("example") {
            Some(Value::String(one)) => vec![one],
            _ => examples.iter().filter_map(Value::as_str).collect(),
        };
        self.text_of(raw, of, &examples)
    }

    fn text_of(&mut self, raw: &str, of: &str, examples: &[&str]) -> Text {
        let Some(pattern) = VARIABLE.as_ref() else { return Text::plain(raw) };
        let is_number = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
        let name = |it: &str| if is_number(it) { format!("{of} slot {it}").trim().to_owned() } else { it.to_owned() };
        let text = placeholders::parse_with(&mut self.builder, raw, pattern, |it| Some(name(&it[1])));
        for (n, found) in pattern.captures_iter(raw).enumerate() {
            let at = found[1].parse::<usize>().map_or(n, |it| it.wrapping_sub(1));
            let slot = self.builder.slot(&name(&found[1]));
            let known = self.builder.slots.iter_mut().find(|it| it.name == slot);
            if let (Some(example), Some(slot)) = (examples.get(at), known.filter(|it| it.examples.is_empty())) {
                slot.examples.push((*example).to_owned());
            }
        }
        text
    }

    fn header(&mut self, structure: &Value, message: &mut Message) {
        let Some(header) = structure.get("header").filter(|it| it.is_object()) else { return };
        name_fields(&mut self.builder, "the header", header, &["format", "text", "example", "examples"]);
        let format = scalar(header, "format").unwrap_or_else(|| "TEXT".to_owned());
        let kind = match format.as_str() {
            "TEXT" => {
                message.header = self.text(structure, "header", "header");
                return;
            }
            "LOCATION" => {
                // Each message names its place.
                let mut slot = |name: &str| format!("{{{{{}}}}}", self.builder.slot(name));
                let (latitude, longitude) = (slot("latitude"), slot("longitude"));
                message.location = Some(Location { latitude, longitude, name: None, address: None });
                return;
            }
            "IMAGE" => MediaKind::Image,
            "VIDEO" => MediaKind::Video,
            "DOCUMENT" => MediaKind::Document,
            other => {
                return self.builder.record_loss(Loss::MediaKind, "text", format!("a header of the format {other}"));
            }
        };
        // Each message names its file; the answer holds a sample at most.
        let slot = self.builder.slot(&format!("header {}", kind.name()));
        let mut url = Text::default();
        url.push_slot(&slot);
        let sample = scalar(header, "example");
        if let (Some(sample), Some(slot)) = (sample, self.builder.slots.iter_mut().find(|it| it.name == slot)) {
            slot.examples.push(sample);
        }
        message.media = Some(Media { kind, url });
    }

    fn button(&mut self, button: &Value) -> Option<Choice> {
        const KNOWN: [&str; 8] =
            ["type", "text", "url", "example", "phoneNumber", "flowId", "flowAction", "navigateScreen"];
        name_fields(&mut self.builder, "a button", button, &KNOWN);
        let string = |key: &str| button.get(key).and_then(Value::as_str).unwrap_or_default();
        let title = string("text").to_owned();
        match string("type") {
            "QUICK_REPLY" => Some(Choice::Reply { title, description: None, value: None, next: None }),
            "URL" => Some(Choice::Link { url: self.link(string("url"), string("example"), &title), title }),
            "PHONE_NUMBER" => Some(Choice::Phone { title, number: string("phoneNumber").to_owned() }),
            "COPY_CODE" => {
                let code = self.text_of("{{1}}", "offer code", &[string("example")]);
                Some(Choice::CopyCode { title, code })
            }
            "FLOW" => {
                let screen = Some(string("navigateScreen")).filter(|it| !it.is_empty()).map(str::to_owned);
                Some(Choice::Form { title, flow: string("flowId").to_owned(), screen })
            }
            other => {
                self.builder.record_loss(Loss::ButtonAction, "text", format!("“{title}”: {other}"));
                None
            }
        }
    }

    /// The example of a link is the whole address, or its end alone.
    fn link(&mut self, url: &str, example: &str, title: &str) -> Text {
        let start = url.split("{{").next().unwrap_or_default();
        let end = example.strip_prefix(start).unwrap_or(example);
        let examples: Vec<&str> = Some(end).into_iter().filter(|it| !it.is_empty()).collect();
        self.text_of(url, title, &examples)
    }
}
