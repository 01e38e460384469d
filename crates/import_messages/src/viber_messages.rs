//! Reads Viber messages with keyboards and rich media, as a bot sends them.
//!
//! Keys may have any case: `Buttons` and `buttons` are the same.

mod buttons;
mod cards;
mod fields;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use scenario::{Location, Loss, Media, MediaKind, Message, Purpose, Text, Trigger};
use serde_json::{Map, Value};

use import_base::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of, origin};
use import_base::{File, Format, ImportError, Imported, Skipped, html, placeholders};

/// The types of messages that Viber has.
const TYPES: [&str; 9] = ["text", "picture", "video", "file", "contact", "location", "url", "sticker", "rich_media"];

/// Limits the files that WhatsApp sends, in bytes (Cloud API, media reference).
const MAX_SIZES: [(MediaKind, u64); 3] =
    [(MediaKind::Image, 5 << 20), (MediaKind::Video, 16 << 20), (MediaKind::Document, 100 << 20)];

pub fn import(file: &File, imported: &mut Imported) -> Result<(), ImportError> {
    let value: Value =
        serde_json::from_slice(&file.bytes).map_err(|it| ImportError::shape(file, "messages of Viber", it))?;
    let messages = list(&lower_keys(&value));
    let senders: BTreeSet<String> = messages.iter().filter_map(sender).collect();
    for (value, n) in messages.iter().zip(1..) {
        read_message(file, value, n, senders.len() > 1, imported);
    }
    Ok(())
}

/// Whether a JSON value, with its keys in lower case, is a message or a keyboard of Viber.
pub fn is_one(value: &Value) -> bool {
    let is_type = value.get("type").and_then(Value::as_str).is_some_and(|it| TYPES.contains(&&*it.to_lowercase()));
    let has = |keys: &[&str]| keys.iter().any(|it| value.get(it).is_some());
    let has_buttons = |value: &Value| value.get("buttons").is_some_and(Value::is_array);
    value.get("keyboard").or(value.get("rich_media")).is_some_and(has_buttons)
        || has_buttons(value)
        || is_type && has(&["text", "media", "location", "contact", "sticker_id", "receiver", "broadcast_list"])
}

/// The messages of a file: one, a list, or a list under `messages`.
pub fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(messages) => messages.clone(),
        Value::Object(object) => match object.get("messages") {
            Some(Value::Array(messages)) => messages.clone(),
            _ => vec![value.clone()],
        },
        other => vec![other.clone()],
    }
}

fn sender(message: &Value) -> Option<String> {
    Some(message.get("sender")?.get("name")?.as_str()?.to_owned())
}

/// Reads a message as a scenario of one step.
fn read_message(file: &File, value: &Value, n: u64, senders_differ: bool, imported: &mut Imported) {
    let place = format!("message {n}");
    let mut builder = ScenarioBuilder::default();
    let by_business = has(value, "receiver") || has(value, "broadcast_list");
    let message = match read(&mut builder, value, "message", by_business) {
        Ok(message) => message,
        Err(why) => {
            imported.skipped.push(Skipped { file: file.path.clone(), place, why });
            return;
        }
    };
    if let Some(sender) = sender(value).filter(|_| senders_differ) {
        let what = format!("sender “{sender}”: WhatsApp shows the profile of the business");
        builder.record_loss(Loss::FieldDropped, "message", what);
    }
    let named = value.get("name").and_then(Value::as_str).filter(|it| !it.is_empty());
    let name = named.map_or_else(|| message_name(&message, n), str::to_owned);
    let purpose = if message.waits() { Purpose::Conversation } else { Purpose::Notification };
    let trigger = trigger(&mut builder, value);
    builder.push("message", scenario::Act::Message(message));
    let origin = origin(Format::ViberMessages, &file.path, place);
    imported
        .scenarios
        .push(builder.finish(ScenarioHead { intent: &name, language: "", purpose, trigger, origin }, None));
}

/// A name from the first words, or the number of the message if it has none.
fn message_name(message: &Message, n: u64) -> String {
    let words = message.text.fill(|_| " ".into());
    match words.contains(char::is_alphabetic) && !words.starts_with("http") {
        true => name_of(&words),
        false => format!("viber message {n}"),
    }
}

/// Who begins. A message with receivers may be sent at any time. One that names its sender and no receiver is the answer to
/// `conversation_started`. Others are parts of a bot, which answers; a file does not say that.
fn trigger(builder: &mut ScenarioBuilder, value: &Value) -> Trigger {
    if has(value, "receiver") || has(value, "broadcast_list") {
        return Trigger::Event { name: None };
    }
    if !has(value, "sender") {
        let what = "it has no receiver, so it is taken for an answer of the bot: a message that the business begins with has \
            `receiver` or `broadcast_list`";
        builder.record_loss(Loss::BeginAssumed, "message", what);
    }
    Trigger::Message { phrases: Vec::new() }
}

fn has(value: &Value, key: &str) -> bool {
    value.get(key).is_some_and(|it| !it.is_null())
}

/// The same value with its keys in lower case.
pub fn lower_keys(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let pairs = object.iter().map(|(key, value)| (key.to_lowercase(), lower_keys(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Array(values) => Value::Array(values.iter().map(lower_keys).collect()),
        other => other.clone(),
    }
}

/// Reads one message. Its choices have no next step yet, and its text may be empty. The error says why WhatsApp has no
/// such message.
pub fn message(builder: &mut ScenarioBuilder, value: &Value, place: &str) -> Result<Message, String> {
    read(builder, value, place, false)
}

/// Reads one message, in which rich media stay cards if they can be a carousel: WhatsApp has one for what the business
/// begins with.
fn read(builder: &mut ScenarioBuilder, value: &Value, place: &str, keeps_cards: bool) -> Result<Message, String> {
    // Buttons by themselves are a keyboard.
    let own = value.get("buttons").map(|_| value);
    let rich = value.get("rich_media").or(own.filter(|it| it.get("type").is_some_and(|it| it == "rich_media")));
    let keyboard = value.get("keyboard").or(own.filter(|_| rich.is_none()));
    let mut message = Message::default();
    if let Some(text) = value.get("text").and_then(Value::as_str) {
        message.text = text_of(builder, text, place);
    }
    if own.is_none() {
        fields::record_lost(builder, place, &[value], "", fields::MESSAGE, |_| false);
    }
    let unknown = media(builder, value, place, &mut message);
    if let Some(rich) = rich
        && !(keeps_cards && cards::read(builder, rich, value, place, &mut message))
    {
        builder.record_loss(Loss::Carousel, place, "cards of rich media");
        rich_media(builder, rich, value, place, &mut message);
    }
    if let Some(keyboard) = keyboard {
        let labels = buttons::read(builder, keyboard, place, &mut message);
        labels.record_lost(builder, place);
    }
    let is_empty = message.text.is_empty() && message.media.is_none() && message.location.is_none();
    match unknown {
        _ if !is_empty || !message.choices.is_empty() => Ok(message),
        Some(kind) => Err(format!("it is {kind}, which WhatsApp does not have")),
        None => Err("it has no text, picture or button".to_owned()),
    }
}

/// Reads the cards of rich media. Their labels are the text of the message.
fn rich_media(builder: &mut ScenarioBuilder, rich: &Value, value: &Value, place: &str, message: &mut Message) {
    let mut labels = buttons::read(builder, rich, place, message);
    let alternative = value.get("alt_text").and_then(Value::as_str).filter(|it| !it.trim().is_empty());
    if message.text.is_empty() && !labels.texts.is_empty() {
        message.text = text_of(builder, &labels.text(), place);
    } else if let Some(text) = alternative.filter(|_| message.text.is_empty()) {
        message.text = text_of(builder, text, place);
        return;
    }
    labels.record_lost(builder, place);
    if let Some(text) = alternative {
        builder.record_loss(Loss::FieldDropped, place, format!("alt_text “{text}”: the text of the cards is sent"));
    }
}

/// Reads a text: removes its HTML, and turns Viber's placeholders into slots.
pub fn text_of(builder: &mut ScenarioBuilder, text: &str, place: &str) -> Text {
    let (plain, tags) = html::plain(text, true);
    if !tags.is_empty() {
        builder.record_loss(Loss::Html, place, format!("the tags {}", tags.join(", ")));
    }
    let placeholders = [
        ("replace_me_with_user_name", "user_name"),
        ("replace_me_with_url_encoded_receiver_id", "receiver_id"),
        ("replace_me_with_receiver_id", "receiver_id"),
    ];
    let mut plain = plain;
    for (placeholder, slot) in placeholders {
        if plain.contains(placeholder) {
            builder.record_loss(Loss::UserName, place, placeholder);
            plain = plain.replace(placeholder, &format!("{{{{{slot}}}}}"));
        }
    }
    placeholders::parse(builder, &plain)
}

/// Reads what a message shows besides its text. Returns what WhatsApp has nothing for.
fn media(builder: &mut ScenarioBuilder, value: &Value, place: &str, message: &mut Message) -> Option<String> {
    let string = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let kind = value.get("type").and_then(Value::as_str).unwrap_or("text").to_lowercase();
    let unknown = match kind.as_str() {
        "picture" => return attach(builder, MediaKind::Image, value, place, message),
        "video" => return attach(builder, MediaKind::Video, value, place, message),
        "file" => return attach(builder, MediaKind::Document, value, place, message),
        "url" => {
            message.text.push(&text_of(builder, &string("media").unwrap_or_default(), place));
            return None;
        }
        "location" => {
            message.location = location(value);
            return None;
        }
        "sticker" => {
            let id = value.get("sticker_id").map(Value::to_string).unwrap_or_default();
            format!("Viber's sticker {id}")
        }
        "contact" => contact(value),
        // A keyboard by itself says so.
        "keyboard" => return None,
        kind if TYPES.contains(&kind) || value.get("buttons").is_some() => return None,
        kind => format!("a message of the type {kind}"),
    };
    builder.record_loss(Loss::MediaKind, place, unknown.clone());
    Some(unknown)
}

fn contact(value: &Value) -> String {
    let string = |key: &str| value.get("contact")?.get(key)?.as_str();
    let known: Vec<&str> = [string("name"), string("phone_number")].into_iter().flatten().collect();
    if known.is_empty() { "a contact card".to_owned() } else { format!("the contact card of {}", known.join(", ")) }
}

fn location(value: &Value) -> Option<Location> {
    let at = |key: &str| match value.get("location")?.get(key)? {
        Value::String(degrees) => Some(degrees.clone()),
        Value::Number(degrees) => Some(degrees.to_string()),
        _ => None,
    };
    Some(Location { latitude: at("lat")?, longitude: at("lon")?, name: None, address: None })
}

fn attach(
    builder: &mut ScenarioBuilder,
    kind: MediaKind,
    value: &Value,
    place: &str,
    message: &mut Message,
) -> Option<String> {
    let url = value.get("media").and_then(Value::as_str).filter(|it| !it.is_empty())?;
    let most = MAX_SIZES.iter().find(|it| it.0 == kind).map_or(u64::MAX, |it| it.1);
    if let Some(size) = value.get("size").and_then(Value::as_u64).filter(|it| *it > most) {
        let what = format!("the {} has {} MB, and WhatsApp sends at most {} MB", kind.name(), size >> 20, most >> 20);
        builder.record_loss(Loss::MediaKind, place, what);
    }
    let is_gif = kind == MediaKind::Image && MediaKind::of(url) == MediaKind::Gif;
    let kind = if is_gif { MediaKind::Gif } else { kind };
    message.media = Some(Media { kind, url: placeholders::parse(builder, url) });
    None
}
