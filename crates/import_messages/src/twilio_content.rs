//! Reads Twilio's content templates: a page of `GET /v1/Content` or `GET /v1/ContentAndApprovals`, or a single template.
//!
//! A content can have several types, one for each kind of channel. The type that WhatsApp approved is taken, else the
//! richest that WhatsApp can show; the others are named as losses.

mod actions;
mod form;
mod message;

use std::sync::LazyLock;

use regex::Regex;
use scenario::{Act, Loss, Message, Purpose, Scenario, Text, Trigger};
use serde_json::Value;

use self::message::plain;
use import_base::scenario_builder::{ScenarioBuilder, ScenarioHead, origin};
use import_base::{File, Format, ImportError, Imported, Skipped, placeholders};

static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}").ok());

/// The types that WhatsApp can show, the richest first.
const TYPES: [&str; 13] = [
    "whatsapp/authentication",
    "whatsapp/flows",
    "twilio/flows",
    "whatsapp/card",
    "twilio/carousel",
    "twilio/catalog",
    "twilio/list-picker",
    "twilio/card",
    "twilio/quick-reply",
    "twilio/call-to-action",
    "twilio/location",
    "twilio/media",
    "twilio/text",
];

/// The fields of a content that are read or say nothing about its messages.
const FIELDS: [&str; 15] = [
    "category",
    "sid",
    "account_sid",
    "friendly_name",
    "language",
    "variables",
    "types",
    "approval_requests",
    "date_created",
    "date_updated",
    "url",
    "links",
    // Of `GET /v1/LegacyContent`: the name and the text from which Twilio made the types.
    "legacy_template_name",
    "legacy_body",
    // Of `GET /v1/Content/{sid}/ApprovalRequests`.
    "whatsapp",
];

/// Whether a value is a content: its types have names such as `twilio/text`.
pub fn is_content(value: &Value) -> bool {
    let types = value.get("types").and_then(Value::as_object);
    types.is_some_and(|it| it.keys().all(|kind| ["twilio/", "whatsapp/"].iter().any(|it| kind.starts_with(it))))
}

pub fn import(file: &File, imported: &mut Imported) -> Result<(), ImportError> {
    let page: Value = serde_json::from_slice(&file.bytes)
        .map_err(|it| ImportError::shape(file, "content templates of Twilio", it))?;
    let list = page.get("contents").unwrap_or(&page);
    let one = std::slice::from_ref(list);
    for (content, n) in list.as_array().map_or(one, Vec::as_slice).iter().zip(1..) {
        let place = content.get("sid").and_then(Value::as_str).map_or_else(|| format!("content {n}"), str::to_owned);
        if let Err(why) = read_content(file, content, &place, imported) {
            imported.skipped.push(Skipped { file: file.path.clone(), place, why });
        }
    }
    Ok(())
}

/// Reads a content as a scenario; an error is why it is not taken.
fn read_content(file: &File, content: &Value, place: &str, imported: &mut Imported) -> Result<(), String> {
    let string = |key: &str| content.get(key).and_then(Value::as_str).filter(|it| !it.is_empty());
    let types = content.get("types").and_then(Value::as_object).ok_or("it has no types")?;
    let approval = Approval::of(content);
    approval.may_be_used()?;
    let is_known = |kind: &str| TYPES.contains(&kind) && types.contains_key(kind);
    let approved = approval.content_type.filter(|it| is_known(it));
    let Some(kind) = approved.or_else(|| TYPES.into_iter().find(|it| is_known(it))) else {
        let kinds = types.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(format!("none of its types exists in WhatsApp: {kinds}"));
    };
    let mut content_builder =
        ContentBuilder { builder: ScenarioBuilder::default(), content, is_code: kind == TYPES[0] };
    let mut message = content_builder.message(kind, &types[kind]);
    let spoken = content_builder.text_of_another(&mut message, kind);
    for other in types.keys().filter(|it| *it != kind && Some(it.as_str()) != spoken) {
        content_builder.name_other_type(other, &types[other]);
    }
    content_builder.unknown_fields("the content", content, &FIELDS);
    approval.name_status(&mut content_builder.builder);
    let is_in_session = approved.is_none() && is_for_sessions(kind, &message);
    let declared = approval.purpose();
    let purpose = declared.unwrap_or(match () {
        () if content_builder.is_code => Purpose::Authentication,
        () if message.waits() => Purpose::Conversation,
        () => Purpose::Notification,
    });
    content_builder.examples();
    let mut builder = content_builder.finish(message);
    let head = ScenarioHead {
        intent: string("friendly_name").unwrap_or(place),
        language: string("language").unwrap_or_default(),
        purpose,
        trigger: if is_in_session { Trigger::Message { phrases: Vec::new() } } else { Trigger::Event { name: None } },
        origin: origin(Format::TwilioContent, &file.path, place),
    };
    builder.steps.sort_by_key(|it| it.id != "message");
    let category = declared.and_then(Purpose::category).map(str::to_owned);
    imported.scenarios.push(Scenario { category, ..builder.finish(head, Some("message")) });
    Ok(())
}

/// Whether WhatsApp takes a type only while the 24-hour window is open: it has no template for lists, nor for a place
/// without a text.
fn is_for_sessions(kind: &str, message: &Message) -> bool {
    kind == "twilio/list-picker" || kind == "twilio/location" && message.text.is_empty()
}

/// WhatsApp's decision about a content.
#[derive(Default)]
struct Approval<'a> {
    status: &'a str,
    category: &'a str,
    content_type: Option<&'a str>,
    reason: &'a str,
}

impl<'a> Approval<'a> {
    fn of(content: &'a Value) -> Self {
        let category = content.get("category").and_then(Value::as_str).unwrap_or_default();
        let Some(request) = content.get("approval_requests").or(content.get("whatsapp")) else {
            return Self { category, ..Self::default() };
        };
        let string = |key: &str| request.get(key).and_then(Value::as_str);
        Self {
            status: string("status").unwrap_or_default(),
            category: string("category").filter(|it| !it.is_empty()).unwrap_or(category),
            content_type: string("content_type"),
            reason: string("rejection_reason").unwrap_or_default(),
        }
    }

    fn is(&self, status: &str) -> bool {
        self.status.eq_ignore_ascii_case(status)
    }

    fn may_be_used(&self) -> Result<(), String> {
        match () {
            () if self.is("rejected") && self.reason.is_empty() => Err("WhatsApp rejected it".to_owned()),
            () if self.is("rejected") => Err(format!("WhatsApp rejected it: {}", self.reason)),
            () if self.is("disabled") => Err("WhatsApp disabled it".to_owned()),
            () => Ok(()),
        }
    }

    /// Names a status in which the content cannot be sent yet, or not any more.
    fn name_status(&self, builder: &mut ScenarioBuilder) {
        if ["received", "pending", "paused"].iter().any(|it| self.is(it)) {
            let what = format!("the status {}: WhatsApp has not approved it, or has paused it", self.status);
            builder.record_loss(Loss::FieldDropped, "message", what);
        }
    }

    fn purpose(&self) -> Option<Purpose> {
        match self.category.to_ascii_uppercase().as_str() {
            "MARKETING" => Some(Purpose::Promotion),
            "UTILITY" => Some(Purpose::Notification),
            "AUTHENTICATION" => Some(Purpose::Authentication),
            _ => None,
        }
    }
}

/// A content that becomes a scenario.
struct ContentBuilder<'a> {
    builder: ScenarioBuilder,
    content: &'a Value,
    /// Whether its variable is a one-time code.
    is_code: bool,
}

impl ContentBuilder<'_> {
    /// The text of a field, with `{{1}}` as the slot `slot_1`.
    fn text(&mut self, value: &Value, key: &str) -> Text {
        self.text_of(value.get(key).and_then(Value::as_str).unwrap_or_default())
    }

    fn text_of(&mut self, raw: &str) -> Text {
        let Some(pattern) = VARIABLE.as_ref() else { return Text::plain(raw) };
        placeholders::parse_with(&mut self.builder, raw, pattern, |it| Some(slot(&it[1])))
    }

    /// A text with the samples of the content in it.
    fn filled(&self, raw: &str) -> String {
        let Some(pattern) = VARIABLE.as_ref() else { return raw.to_owned() };
        let sample = |name: &str| self.content.get("variables")?.get(name)?.as_str();
        pattern.replace_all(raw, |it: &regex::Captures<'_>| sample(&it[1]).unwrap_or(&it[0]).to_owned()).into_owned()
    }

    /// The payload of a button, in which the slots have the names that they have in the text.
    fn payload(&mut self, id: &str) -> String {
        if id.contains("{{") {
            let what = format!("“{}”, the id of a button: the sender fills it in for each message", plain(id));
            self.builder.record_loss(Loss::FieldDropped, "message", what);
        }
        self.text_of(id).to_string()
    }

    fn name_other_type(&mut self, kind: &str, body: &Value) {
        let text = body.get("body").or(body.get("title")).and_then(Value::as_str).unwrap_or_default();
        let text = text.replace("{{", "{").replace("}}", "}");
        let what = match text.is_empty() {
            true => kind.to_owned(),
            false => format!("{kind}, for SMS and other channels: “{text}”"),
        };
        self.builder.record_loss(Loss::OtherPlatform, "message", what);
    }

    /// Names the fields that are not known here.
    fn unknown_fields(&mut self, of: &str, value: &Value, known: &[&str]) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let is_empty = value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
            if !is_empty && !known.contains(&key.as_str()) {
                self.builder.record_loss(Loss::FieldDropped, "message", format!("“{key}” of {of}"));
            }
        }
    }

    /// Takes the samples of the content as examples.
    fn examples(&mut self) {
        for (name, example) in self.content.get("variables").and_then(Value::as_object).into_iter().flatten() {
            let name = if self.is_code { "code".to_owned() } else { slot(name) };
            let name = self.builder.slot(&name);
            let known = self.builder.slots.iter_mut().find(|it| it.name == name);
            if let (Some(example), Some(slot)) = (example.as_str().filter(|it| !it.trim().is_empty()), known) {
                slot.examples.push(example.to_owned());
            }
        }
    }

    fn finish(mut self, message: Message) -> ScenarioBuilder {
        self.builder.push("message", Act::Message(message));
        self.builder
    }
}

fn slot(name: &str) -> String {
    if name.bytes().all(|it| it.is_ascii_digit()) { format!("slot {name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
