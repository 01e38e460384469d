//! Reads Viber messages with keyboards and rich media, as a bot sends them.
//!
//! Keys may have any case: `Buttons` and `buttons` are the same.

use scenario::{Act, Choice, Goal, Location, Loss, Media, MediaKind, Message, Purpose, Text, Trigger};
use serde_json::{Map, Value};

use crate::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of, origin};
use crate::{File, Format, ImportError, Imported, Skipped, html, placeholders};

pub(crate) fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    for file in files {
        let value: Value =
            serde_json::from_slice(&file.bytes).map_err(|it| ImportError::shape(file, "messages of Viber", it))?;
        let value = lower_keys(&value);
        let messages = match value {
            Value::Array(messages) => messages,
            Value::Object(ref object) => match object.get("messages") {
                Some(Value::Array(messages)) => messages.clone(),
                _ => vec![value],
            },
            other => vec![other],
        };
        for (value, n) in messages.iter().zip(1..) {
            read_message(file, value, n, imported);
        }
    }
    Ok(())
}

/// Reads a message as a scenario of one step.
fn read_message(file: &File, value: &Value, n: u64, imported: &mut Imported) {
    let place = format!("message {n}");
    let mut builder = ScenarioBuilder::default();
    let Some(message) = message(&mut builder, value, "message") else {
        let why = match builder.losses.first() {
            Some(lost) => format!("it is {}, which WhatsApp does not have", lost.what),
            None => "it has no text, picture or button".to_owned(),
        };
        imported.skipped.push(Skipped { file: file.path.clone(), place, why });
        return;
    };
    let text = message.text.to_string();
    let named = value.get("name").or(value.get("tracking_data")).and_then(Value::as_str);
    let name = named.filter(|it| !it.is_empty()).map_or_else(|| name_of(&text), str::to_owned);
    let purpose = if message.waits() { Purpose::Conversation } else { Purpose::Notification };
    let trigger = match message.waits() {
        true => Trigger::Message { phrases: Vec::new() },
        false => Trigger::Event { name: None },
    };
    builder.push("message", Act::Message(message));
    let origin = origin(Format::ViberMessages, &file.path, place);
    imported
        .scenarios
        .push(builder.finish(ScenarioHead { intent: &name, language: "", purpose, trigger, origin }, None));
}

/// The same value with its keys in lower case.
pub(crate) fn lower_keys(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let pairs = object.iter().map(|(key, value)| (key.to_lowercase(), lower_keys(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Array(values) => Value::Array(values.iter().map(lower_keys).collect()),
        other => other.clone(),
    }
}

/// Reads one message; none if it is empty. Its choices have no next step yet.
pub(crate) fn message(builder: &mut ScenarioBuilder, value: &Value, place: &str) -> Option<Message> {
    let keyboard = value.get("keyboard").or_else(|| value.get("buttons").map(|_| value));
    let rich = value.get("rich_media");
    let mut message = Message::default();
    if let Some(text) = value.get("text").and_then(Value::as_str) {
        message.text = text_of(builder, text, place);
    }
    let kind = value.get("type").and_then(Value::as_str).unwrap_or("text").to_lowercase();
    media(builder, value, &kind, &mut message);
    if let Some(rich) = rich {
        builder.record_loss(Loss::Carousel, place, "cards of rich media");
        buttons(builder, rich, place, &mut message);
    }
    if let Some(keyboard) = keyboard {
        input_field(builder, keyboard, place);
        buttons(builder, keyboard, place, &mut message);
    }
    if message.text.is_empty() && !message.choices.is_empty() {
        message.text = rich_title(builder, rich, place).unwrap_or_else(|| Text::plain("…"));
    }
    let is_empty = message.text.is_empty() && message.media.is_none() && message.location.is_none();
    (!is_empty || !message.choices.is_empty()).then_some(message)
}

/// Reads a text: removes its HTML, and turns Viber's placeholders into slots.
pub(crate) fn text_of(builder: &mut ScenarioBuilder, text: &str, place: &str) -> Text {
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

fn media(builder: &mut ScenarioBuilder, value: &Value, kind: &str, message: &mut Message) {
    let string = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let kind = match kind {
        "picture" => MediaKind::Image,
        "video" => MediaKind::Video,
        "file" => MediaKind::Document,
        "url" => {
            if let Some(url) = string("media") {
                message.text.push(&Text::plain(&url));
            }
            return;
        }
        "sticker" => {
            let id = value.get("sticker_id").map(Value::to_string).unwrap_or_default();
            builder.record_loss(Loss::MediaKind, "message", format!("Viber's sticker {id}"));
            return;
        }
        "location" => {
            let at =
                |key: &str| value.get("location").and_then(|it| it.get(key)).map(|it| it.to_string().replace('"', ""));
            if let (Some(latitude), Some(longitude)) = (at("lat"), at("lon")) {
                message.location = Some(Location { latitude, longitude, name: None, address: None });
            }
            return;
        }
        "contact" => {
            builder.record_loss(Loss::MediaKind, "message", "a contact card");
            return;
        }
        _ => return,
    };
    if let Some(url) = string("media") {
        let kind =
            if kind == MediaKind::Image && MediaKind::of(&url) == MediaKind::Gif { MediaKind::Gif } else { kind };
        message.media = Some(Media { kind, url: placeholders::parse(builder, &url) });
    }
}

fn input_field(builder: &mut ScenarioBuilder, keyboard: &Value, place: &str) {
    if let Some(state) = keyboard.get("inputfieldstate").and_then(Value::as_str).filter(|it| *it != "regular") {
        builder.record_loss(Loss::InputField, place, format!("the input field is {state}"));
    }
    if keyboard.get("bgcolor").is_some() {
        builder.record_loss(Loss::ButtonColour, place, "the colour of the keyboard");
    }
}

fn buttons(builder: &mut ScenarioBuilder, keyboard: &Value, place: &str, message: &mut Message) {
    let Some(buttons) = keyboard.get("buttons").and_then(Value::as_array) else { return };
    for (button, n) in buttons.iter().zip(1..) {
        let place = format!("{place}, button {n}");
        looks(builder, button, &place);
        if let Some(choice) = choice(builder, button, &place) {
            message.choices.push(choice);
        }
    }
}

/// Records the looks of a button as lost: WhatsApp draws all buttons itself.
fn looks(builder: &mut ScenarioBuilder, button: &Value, place: &str) {
    let has = |keys: &[&str]| keys.iter().any(|it| button.get(it).is_some());
    if has(&["bgcolor", "frame", "textopacity", "textsize", "bgloop"]) {
        builder.record_loss(Loss::ButtonColour, place, "its colour, frame or font size");
    }
    if has(&["image", "bgmedia"]) {
        builder.record_loss(Loss::ButtonImage, place, "its picture");
    }
    if has(&["columns", "rows", "textvalign", "texthalign"]) {
        builder.record_loss(Loss::ButtonLayout, place, "its position and size");
    }
    if button.get("silent").and_then(Value::as_bool) == Some(true) {
        builder.record_loss(Loss::SilentButton, place, "that its tap is silent");
    }
}

fn choice(builder: &mut ScenarioBuilder, button: &Value, place: &str) -> Option<Choice> {
    let string = |key: &str| button.get(key).and_then(Value::as_str).unwrap_or_default();
    let (title, tags) = html::plain(string("text"), false);
    if !tags.is_empty() {
        builder.record_loss(Loss::Html, place, format!("the tags {}", tags.join(", ")));
    }
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let body = string("actionbody");
    let action = string("actiontype").to_lowercase();
    if title.is_empty() {
        builder.record_loss(Loss::ButtonDropped, place, format!("a button without text ({action} {body})"));
        return None;
    }
    let next: Goal = None;
    match action.as_str() {
        "open-url" => Some(Choice::Link { title, url: text_of(builder, body, place) }),
        "share-phone" => Some(Choice::SharePhone { title, next }),
        "location-picker" => Some(Choice::ShareLocation { title, next }),
        "none" => {
            builder.record_loss(Loss::ButtonAction, place, format!("“{title}” does nothing: it is a label"));
            None
        }
        // Without an action it is a reply.
        "reply" | "" => {
            let value = Some(body.to_owned()).filter(|it| !it.is_empty() && *it != title);
            Some(Choice::Reply { title, description: None, value, next })
        }
        other => {
            builder.record_loss(Loss::ButtonAction, place, format!("“{title}”: {other}"));
            None
        }
    }
}

/// The labels of cards, for a message without a text.
fn rich_title(builder: &mut ScenarioBuilder, rich: Option<&Value>, place: &str) -> Option<Text> {
    let buttons = rich?.get("buttons")?.as_array()?;
    let labels = buttons.iter().filter(|it| it.get("actiontype").and_then(Value::as_str) == Some("none"));
    let labels: Vec<&str> = labels.filter_map(|it| it.get("text")?.as_str()).collect();
    (!labels.is_empty()).then(|| text_of(builder, &labels.join("\n"), place))
}
