//! Answers in the form of a channel: Viber's messages, Dialogflow Messenger, Chatwoot, Kommunicate, Facebook, Telegram.

use scenario::{Choice, Loss, Media, MediaKind, Message, Text};
use serde_json::Value;

use super::answers::{last_text, reply, string, text};
use super::platform::shown;
use import_base::scenario_builder::ScenarioBuilder;
use import_messages::viber_messages;

/// Whether an answer hands the customer over to a person, as bots of Chatwoot do.
pub(super) fn is_handover(answer: &Value) -> bool {
    let action = answer.get("payload").and_then(|it| it.get("action")).and_then(Value::as_str);
    action.is_some_and(|it| ["handoff", "handover", "human_handoff"].contains(&it))
}

/// Whether an answer is a note that only agents see.
pub(super) fn is_private(answer: &Value) -> bool {
    answer.get("payload").and_then(|it| it.get("private")).and_then(Value::as_bool) == Some(true)
}

/// Reads an answer of type 4 in a form that is known; an unknown one is lost with its texts.
pub(super) fn read(builder: &mut ScenarioBuilder, answer: &Value, place: &str, said: &mut Vec<Message>) {
    let payload = answer.get("payload").unwrap_or(&Value::Null);
    if is_handover(answer) {
        return;
    }
    if is_private(answer) {
        builder.record_loss(Loss::StepDropped, place, format!("a payload that only agents see: {}", shown(&[payload])));
        return;
    }
    let messages = match payload.get("richContent") {
        Some(rich) => messenger(builder, rich, place, !said.is_empty()),
        None => viber(builder, payload, place).or_else(|| of_channel(builder, payload, place)),
    };
    match messages {
        Some(messages) => add(said, messages),
        None => {
            let what = format!("a payload for one channel, in a form that is not known: {}", shown(&[payload]));
            builder.record_loss(Loss::StepDropped, place, what);
        }
    }
}

/// Adds messages. Answers without a text of their own stand below the text before them.
fn add(said: &mut Vec<Message>, messages: Vec<Message>) {
    for message in messages {
        match message.text.is_empty() && message.media.is_none() && !said.is_empty() {
            true => last_text(said).choices.extend(message.choices),
            false => said.push(message),
        }
    }
}

/// A message as Viber's API has it.
fn viber(builder: &mut ScenarioBuilder, payload: &Value, place: &str) -> Option<Vec<Message>> {
    let lower = viber_messages::lower_keys(payload.get("viber").unwrap_or(payload));
    if !viber_messages::is_one(&lower) || lower.get("metadata").is_some() {
        return None;
    }
    viber_messages::message(builder, &lower, place).ok().map(|it| vec![it])
}

/// A message of Chatwoot (`content`), Kommunicate (`message`), Facebook or Telegram (`text`): a text, and a list of answers
/// or links.
fn of_channel(builder: &mut ScenarioBuilder, payload: &Value, place: &str) -> Option<Vec<Message>> {
    if let Value::Array(list) = payload {
        let read: Option<Vec<Vec<Message>>> = list.iter().map(|it| of_channel(builder, it, place)).collect();
        return read.map(|it| it.concat());
    }
    let named =
        ["facebook", "telegram", "kommunicate", "chatwoot", "skype", "line"].iter().find_map(|it| payload.get(*it));
    let payload = named.filter(|it| it.is_object()).unwrap_or(payload);
    let template = payload.get("attachment").and_then(|it| it.get("payload")).unwrap_or(&Value::Null);
    let said = ["content", "message", "text"].iter().find_map(|it| string(payload, it));
    let said = said.or_else(|| string(template, "text"));
    let lists = lists(payload, template);
    if said.is_none() && lists.is_empty() {
        return None;
    }
    let mut message = Message { text: said.map(|it| text(builder, it)).unwrap_or_default(), ..Message::default() };
    let mut cards = Vec::new();
    for item in lists.into_iter().flatten() {
        match is_card(item) {
            true => cards.push(card(builder, item, place)),
            false => message.choices.extend(choice(builder, item, place)),
        }
    }
    lost_parts(builder, payload, place);
    let has_message = !message.text.is_empty() || !message.choices.is_empty();
    Some(has_message.then_some(message).into_iter().chain(cards).collect())
}

/// The lists of items of a payload.
fn lists<'v>(payload: &'v Value, template: &'v Value) -> Vec<Vec<&'v Value>> {
    let of = |value: &'v Value, key: &str| value.get(key).and_then(Value::as_array);
    let (attributes, metadata) = (payload.get("content_attributes"), payload.get("metadata"));
    let markup = payload.get("reply_markup").unwrap_or(&Value::Null);
    let found = [
        attributes.and_then(|it| of(it, "items")),
        metadata.and_then(|it| of(it, "payload")),
        metadata.and_then(|it| it.get("payload")).and_then(|it| of(it, "elements")),
        metadata.and_then(|it| it.get("payload")).and_then(|it| of(it, "buttons")),
        of(payload, "quick_replies"),
        of(payload, "items"),
        of(payload, "buttons"),
        of(template, "buttons"),
        of(template, "elements"),
        of(markup, "inline_keyboard"),
        of(markup, "keyboard"),
    ];
    // Telegram has rows of buttons.
    let flat = |list: &'v Vec<Value>| {
        list.iter().flat_map(|it| it.as_array().map_or_else(|| vec![it], |row| row.iter().collect())).collect()
    };
    found.into_iter().flatten().map(flat).collect()
}

/// Names what a payload asks for in a form that a chat has not.
fn lost_parts(builder: &mut ScenarioBuilder, payload: &Value, place: &str) {
    let kind = string(payload, "content_type").unwrap_or("text");
    if !["text", "input_select", "cards", "article"].contains(&kind) {
        builder.record_loss(Loss::FormDropped, place, format!("the payload of type {kind}: {}", shown(&[payload])));
    }
}

fn is_card(item: &Value) -> bool {
    let has = |keys: &[&str]| keys.iter().any(|it| item.get(it).is_some_and(|it| !it.is_null()));
    has(&["media_url", "header", "image_url", "subtitle"]) || has(&["actions", "buttons"]) && has(&["title"])
}

/// A card: a picture, a title, a text and buttons.
fn card(builder: &mut ScenarioBuilder, item: &Value, place: &str) -> Message {
    let lines = ["title", "subtitle", "description"].iter().filter_map(|it| string(item, it));
    let raw = lines.collect::<Vec<_>>().join("\n");
    let header = item.get("header").unwrap_or(&Value::Null);
    let picture =
        ["media_url", "image_url"].iter().find_map(|it| string(item, it)).or_else(|| string(header, "imgSrc"));
    let buttons = ["actions", "buttons"].iter().filter_map(|it| item.get(*it)?.as_array()).flatten();
    Message {
        text: text(builder, &raw),
        media: picture.map(|it| Media { kind: MediaKind::Image, url: text(builder, it) }),
        choices: buttons.filter_map(|it| choice(builder, it, place)).collect(),
        ..Message::default()
    }
}

/// An answer or a link. What is sent stands under the keys of several channels.
fn choice(builder: &mut ScenarioBuilder, item: &Value, place: &str) -> Option<Choice> {
    if let Some(title) = item.as_str() {
        return reply(builder, title.trim(), None, None, place);
    }
    let title = ["title", "name", "text", "label"].iter().find_map(|it| string(item, it))?;
    let action = item.get("action").unwrap_or(&Value::Null);
    let inner = action.get("payload").unwrap_or(&Value::Null);
    let urls =
        [string(item, "url"), string(item, "uri"), string(item, "link"), string(action, "url"), string(inner, "url")];
    if let Some(url) = urls.into_iter().flatten().next() {
        return Some(Choice::Link { title: title.to_owned(), url: text(builder, url) });
    }
    let keys = ["value", "payload", "message", "postback", "callback_data"].iter().find_map(|it| string(item, it));
    let sent = keys.or_else(|| string(inner, "message")).or_else(|| string(action, "text"));
    let description = string(item, "description").or_else(|| string(item, "subtitle"));
    reply(builder, title, sent.filter(|it| *it != title), description, place)
}

/// Rich content of Dialogflow Messenger: lists of pieces, in their order. Pieces of a list that start nothing are text; lines
/// between them only part them.
fn messenger(builder: &mut ScenarioBuilder, rich: &Value, place: &str, has_text: bool) -> Option<Vec<Message>> {
    let pieces = rich.as_array()?.iter().flat_map(|it| it.as_array().into_iter().flatten());
    let mut messages: Vec<Message> = Vec::new();
    let mut choices: Vec<Choice> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        let kind = string(piece, "type").unwrap_or_default();
        let options = piece.get("options").and_then(Value::as_array);
        let is_text = kind == "list" && ["event", "actionLink", "link"].iter().all(|it| piece.get(it).is_none());
        if !is_text && kind != "divider" {
            messages.extend(listed(builder, &mut lines));
        }
        match kind {
            "list" if is_text => {
                let of_piece = ["title", "subtitle"].iter().filter_map(|it| string(piece, it)).collect::<Vec<_>>();
                lines.push(of_piece.join("\n"));
            }
            "chips" => choices.extend(options.into_iter().flatten().filter_map(|it| choice(builder, it, place))),
            "button" | "list" => choices.extend(choice(builder, piece, place)),
            "divider" => {}
            // Without a link, a card beside a text is a picture of what the text says.
            "info" | "description" | "accordion" | "image" if has_text && string(piece, "actionLink").is_none() => {
                let what = format!("a payload beside the text (richContent): {}", shown(&[piece]));
                builder.record_loss(Loss::StepDropped, place, what);
            }
            "info" | "description" | "accordion" | "image" => messages.push(bubble(builder, piece)),
            other => {
                let what = format!("a payload of richContent of type {other}: {}", shown(&[piece]));
                builder.record_loss(Loss::StepDropped, place, what);
            }
        }
    }
    messages.extend(listed(builder, &mut lines));
    if !choices.is_empty() {
        match messages.iter_mut().rev().find(|it| !it.text.is_empty()) {
            Some(last) => last.choices.extend(choices),
            None => messages.push(Message { choices, ..Message::default() }),
        }
    }
    Some(messages)
}

/// The text of the pieces of a list, which are taken out of `lines`.
fn listed(builder: &mut ScenarioBuilder, lines: &mut Vec<String>) -> Option<Message> {
    let raw = std::mem::take(lines).join("\n\n");
    (!raw.is_empty()).then(|| Message { text: text(builder, &raw), ..Message::default() })
}

/// A card of Dialogflow Messenger.
fn bubble(builder: &mut ScenarioBuilder, card: &Value) -> Message {
    let lines = card.get("text").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let head = ["title", "subtitle", "text"].iter().filter_map(|it| string(card, it));
    let raw = head.chain(lines).collect::<Vec<_>>().join("\n");
    let picture = card.get("image").and_then(|it| it.get("src")).and_then(|it| string(it, "rawUrl"));
    let picture = picture.or_else(|| string(card, "rawUrl"));
    let link = string(card, "actionLink");
    let title = string(card, "title").unwrap_or("Link").to_owned();
    Message {
        text: if raw.is_empty() { Text::default() } else { text(builder, &raw) },
        media: picture.map(|it| Media { kind: MediaKind::Image, url: text(builder, it) }),
        choices: link.map(|it| Choice::Link { title, url: text(builder, it) }).into_iter().collect(),
        ..Message::default()
    }
}
