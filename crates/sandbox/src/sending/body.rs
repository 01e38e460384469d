//! Reads the body of a message as Meta documents it.
//!
//! Sources: Meta, "Send messages" and the pages of texts, templates and interactive messages (Nov 2025), and "Business-scoped
//! user ids" (May 2026).

mod interactive;

use serde_json::Value;

use crate::sending::refusal::Refusal;

/// The most characters of `biz_opaque_callback_data`.
const OPAQUE: usize = 512;
/// The most characters of a text.
const TEXT: usize = 4_096;

/// The fields of a message, with those of the types that this sandbox does not take.
const FIELDS: [&str; 21] = [
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "text",
    "template",
    "interactive",
    "context",
    "biz_opaque_callback_data",
    "recipient_identity_key_hash",
    "message_activity_sharing",
    "product_policy",
    "audio",
    "contacts",
    "document",
    "image",
    "location",
    "reaction",
    "sticker",
    "video",
];

/// A message as it was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    pub(super) to: Recipient,
    /// What the caller wrote.
    pub(super) input: String,
    pub(super) content: Content,
    pub(super) opaque: Option<String>,
}

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Recipient {
    /// A number as the caller wrote it.
    Number(String),
    /// A business-scoped user id.
    User(String),
}

impl Default for Recipient {
    fn default() -> Self {
        Self::Number(String::new())
    }
}

/// What is in a message.
#[derive(Clone, Debug, Default)]
pub(super) enum Content {
    /// A text or an interactive message.
    #[default]
    Free,
    Template(Template),
}

/// A template with its parameters.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    pub(super) name: String,
    pub(super) language: String,
    pub(super) components: Vec<Value>,
}

/// A string of an object, or nothing.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Reads a message, or says why Meta would not.
pub(super) fn read(body: &Value) -> Result<Message, Refusal> {
    let Some(fields) = body.as_object() else { return Err(Refusal::new(100, "The body is not a JSON object.")) };
    if let Some(unknown) = fields.keys().find(|it| !FIELDS.contains(&it.as_str())) {
        return Err(Refusal::new(100, format!("Unexpected key \"{unknown}\" on param \"message\".")));
    }
    required(body, "messaging_product")?;
    if text(body, "messaging_product") != "whatsapp" {
        return Err(Refusal::new(131_009, "messaging_product is \"whatsapp\"."));
    }
    match body.get("recipient_type").map(|it| it.as_str().unwrap_or_default()) {
        None | Some("individual") => {}
        Some("group") => return Err(Refusal::new(131_009, "This sandbox has no groups.")),
        Some(_) => return Err(Refusal::new(131_009, "recipient_type is \"individual\" or \"group\".")),
    }
    let (to, input) = recipient(body)?;
    let opaque = match body.get("biz_opaque_callback_data") {
        None => None,
        Some(Value::String(it)) if it.chars().count() <= OPAQUE => Some(it.clone()),
        Some(_) => {
            return Err(Refusal::new(131_009, "biz_opaque_callback_data is a text of at most 512 characters."));
        }
    };
    Ok(Message { to, input, content: content(body)?, opaque })
}

/// Refuses an object that lacks a field.
fn required<'a>(object: &'a Value, key: &str) -> Result<&'a Value, Refusal> {
    object.get(key).filter(|it| !it.is_null()).ok_or_else(|| Refusal::new(131_008, format!("{key} is required.")))
}

/// If both are there, `to` wins.
fn recipient(body: &Value) -> Result<(Recipient, String), Refusal> {
    match (body.get("to"), body.get("recipient")) {
        (Some(Value::String(to)), _) if !to.is_empty() => Ok((Recipient::Number(to.clone()), to.clone())),
        (None, Some(Value::String(user))) if !user.is_empty() => Ok((Recipient::User(user.clone()), user.clone())),
        (None, None) => Err(Refusal::new(131_008, "to or recipient is required.")),
        _ => Err(Refusal::new(131_009, "to and recipient are texts.")),
    }
}

fn content(body: &Value) -> Result<Content, Refusal> {
    required(body, "type")?;
    match text(body, "type") {
        "text" => {
            let length = text(required(body, "text")?, "body").chars().count();
            match length {
                0 => Err(Refusal::new(131_008, "text.body is required.")),
                1..=TEXT => Ok(Content::Free),
                _ => Err(Refusal::new(131_009, "text.body has at most 4096 characters.")),
            }
        }
        "interactive" => interactive::check(required(body, "interactive")?).map(|()| Content::Free),
        "template" => template(required(body, "template")?).map(Content::Template),
        other => Err(Refusal::new(131_051, format!("This sandbox takes text, template and interactive, not {other}."))),
    }
}

fn template(template: &Value) -> Result<Template, Refusal> {
    let known = ["name", "language", "components", "namespace"];
    if let Some(unknown) = template.as_object().and_then(|it| it.keys().find(|it| !known.contains(&it.as_str()))) {
        return Err(Refusal::new(100, format!("Unexpected key \"{unknown}\" on param \"template\".")));
    }
    let name = text(template, "name");
    let language = text(required(template, "language")?, "code");
    if name.is_empty() || language.is_empty() {
        return Err(Refusal::new(131_008, "template.name and template.language.code are required."));
    }
    let components = match template.get("components") {
        None => Vec::new(),
        Some(Value::Array(components)) => components.clone(),
        Some(_) => return Err(Refusal::new(131_009, "template.components is a list.")),
    };
    Ok(Template { name: name.to_owned(), language: language.to_owned(), components })
}
