//! Chooses between the variations of a response: by channel, by conditions on slots, else at random.

use scenario::{Branch, Loss, Media, MediaKind, Message, Test, Text};
use serde_json::Value;

use super::bot::{list, scalar};
use super::stories::SlotValue;
use import_base::html;
use import_base::scenario_builder::ScenarioBuilder;

/// The channel that is nearest to WhatsApp: Ferry moves customers from it.
const WANTED: &str = "viber";

/// Keys of a variation that are read, or that say nothing to a customer.
const READ: [&str; 9] =
    ["text", "buttons", "quick_replies", "image", "attachment", "custom", "channel", "condition", "id"];

/// Values that slots must have.
pub(super) type Constraints = Vec<(String, SlotValue)>;

/// The variations that can be sent, in the order in which Rasa tries them. The last may have no constraints.
///
/// Variations of the wanted channel come before those of all channels. The others are recorded as lost.
pub(super) fn choose<'a>(builder: &mut ScenarioBuilder, name: &str, all: &'a [Value]) -> Vec<(Constraints, &'a Value)> {
    let pool = of_channel(builder, name, all);
    let mut chosen: Vec<(Constraints, &Value)> = Vec::new();
    let mut default = None;
    for variation in pool {
        let Some(constraints) = constraints(builder, name, variation) else { continue };
        let same = chosen.iter().find(|it| it.0 == constraints).map(|it| it.1);
        match (constraints.is_empty(), same.or(default)) {
            (true, None) => default = Some(variation),
            (false, _) if same.is_none() => chosen.push((constraints, variation)),
            (_, first) => {
                let first = first.map(text_of).unwrap_or_default();
                let what = format!("another wording of “{first}”: “{}”", text_of(variation));
                builder.record_loss(Loss::AlternativeText, name, what);
            }
        }
    }
    chosen.extend(default.map(|it| (Vec::new(), it)));
    chosen
}

fn of_channel<'a>(builder: &mut ScenarioBuilder, name: &str, all: &'a [Value]) -> Vec<&'a Value> {
    let channel = |it: &Value| it.get("channel").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let of = |wanted: &str| -> Vec<&'a Value> { all.iter().filter(|it| channel(it) == wanted).collect() };
    let mut pool = of(WANTED);
    if pool.iter().all(|it| it.get("condition").is_some()) {
        pool.extend(of(""));
    }
    if pool.is_empty() {
        pool = all.first().map(|it| of(&channel(it))).unwrap_or_default();
    }
    for other in all.iter().filter(|it| !pool.iter().any(|taken| std::ptr::eq(*taken, *it))) {
        let theirs = channel(other);
        let is_same = pool.iter().any(|it| without_channel(it) == without_channel(other));
        if !is_same {
            let theirs = if theirs.is_empty() { "all channels" } else { &theirs };
            builder.record_loss(Loss::OtherPlatform, name, format!("for {theirs}: “{}”", text_of(other)));
        }
    }
    pool
}

fn without_channel(variation: &Value) -> Value {
    let mut variation = variation.clone();
    if let Some(object) = variation.as_object_mut() {
        object.remove("channel");
    }
    variation
}

/// The constraints of a variation; none if only Rasa can decide them.
fn constraints(builder: &mut ScenarioBuilder, name: &str, variation: &Value) -> Option<Constraints> {
    let mut constraints = Vec::new();
    for condition in list(variation.get("condition").unwrap_or(&Value::Null)) {
        let slot = condition.get("name").and_then(Value::as_str);
        let is_of_slot = condition.get("type").and_then(Value::as_str).is_none_or(|it| it == "slot");
        match (slot, condition.get("value").unwrap_or(&Value::Null)) {
            (Some(slot), Value::Null) if is_of_slot => constraints.push((slot.to_owned(), SlotValue::Unset)),
            (Some(slot), value) if is_of_slot && !value.is_array() && !value.is_object() => {
                constraints.push((slot.to_owned(), SlotValue::Is(scalar(value))));
            }
            _ => {
                let what = format!("only if {condition}: “{}”", text_of(variation));
                builder.record_loss(Loss::ConditionDropped, name, what);
                return None;
            }
        }
    }
    Some(constraints)
}

/// The branch that a constraint is; `holds` tells whether the branch is taken if it holds or if it does not.
pub(super) fn branch(
    builder: &mut ScenarioBuilder,
    slot: &str,
    value: &SlotValue,
    next: Option<String>,
) -> (Branch, bool) {
    let slot = builder.slot(slot);
    match value {
        SlotValue::Is(value) => (Branch { slot, test: Test::Equals, value: value.clone(), next }, true),
        SlotValue::Set => (Branch { slot, test: Test::IsSet, value: String::new(), next }, true),
        SlotValue::Unset => (Branch { slot, test: Test::IsSet, value: String::new(), next }, false),
    }
}

/// The text of a variation, as a person reads it.
pub(super) fn text_of(variation: &Value) -> String {
    match variation.get("text").and_then(Value::as_str) {
        Some(text) => text.trim().to_owned(),
        None => variation.to_string(),
    }
}

/// The message of a variation without its buttons, which lead somewhere.
pub(super) fn message(
    builder: &mut ScenarioBuilder,
    name: &str,
    variation: &Value,
    text: impl Fn(&mut ScenarioBuilder, &str) -> Text,
) -> Message {
    let (raw, tags) = html::plain(&variation.get("text").map(scalar).unwrap_or_default(), true);
    if !tags.is_empty() {
        builder.record_loss(Loss::Html, name, format!("the tags {}", tags.join(", ")));
    }
    let mut message = Message { text: text(builder, raw.trim()), ..Message::default() };
    if let Some(url) = variation.get("image").and_then(Value::as_str) {
        message.media = Some(Media { kind: MediaKind::Image, url: text(builder, url) });
    }
    if let Some(attachment) = variation.get("attachment").filter(|it| !it.is_null()) {
        match media(attachment).filter(|_| message.media.is_none()) {
            Some((kind, url)) => message.media = Some(Media { kind, url: text(builder, url) }),
            None => builder.record_loss(Loss::StepDropped, name, format!("the attachment {attachment}")),
        }
    }
    if let Some(custom) = variation.get("custom").filter(|it| !it.is_null()) {
        builder.record_loss(Loss::StepDropped, name, format!("the custom payload {custom}"));
    }
    for (key, value) in variation.as_object().into_iter().flatten() {
        if !READ.contains(&key.as_str()) && !value.is_null() {
            builder.record_loss(Loss::FieldDropped, name, format!("{key}: {value}"));
        }
    }
    message
}

/// The kind and the address of an attachment: an address, or `{"type": "image", "payload": {"src": "…"}}`.
fn media(attachment: &Value) -> Option<(MediaKind, &str)> {
    if let Some(url) = attachment.as_str() {
        return url.starts_with("http").then(|| (MediaKind::of(url), url));
    }
    let payload = attachment.get("payload").unwrap_or(attachment);
    let url = ["src", "url"].iter().find_map(|it| payload.get(*it)?.as_str())?;
    let kind = match attachment.get("type").and_then(Value::as_str) {
        Some("file") | None => MediaKind::of(url),
        Some(kind) => MediaKind::of(kind),
    };
    Some((kind, url))
}
