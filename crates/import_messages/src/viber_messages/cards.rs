//! Reads rich media as the cards of a carousel.

use scenario::{Card, Loss, Media, MediaKind, Message};
use serde_json::Value;

use super::buttons::{self, Button, cards, is_label, read_button, string};
use super::fields::{BUTTON, KEYBOARD, record_lost};
use super::{placeholders, text_of};
use import_base::html;
use import_base::scenario_builder::ScenarioBuilder;

/// Adds the cards to a message, and says whether it did: each has a picture and a button, and `alt_text` or the text of
/// the message says what they are about.
pub(super) fn read(
    builder: &mut ScenarioBuilder,
    rich: &Value,
    value: &Value,
    place: &str,
    message: &mut Message,
) -> bool {
    let all: &[Value] = rich.get("buttons").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let groups = cards(rich, all, true);
    let alternative = string(value, "alt_text").trim();
    let has_text = !message.text.is_empty() || !alternative.is_empty();
    let is_card = |group: &Vec<&Value>| {
        picture(group).is_some_and(|face| group.iter().any(|it| is_choice(it) && !is_of_face(it, face)))
    };
    if !has_text || groups.len() < 2 || !groups.iter().all(is_card) {
        return false;
    }
    if message.text.is_empty() {
        message.text = text_of(builder, alternative, place);
    } else if !alternative.is_empty() {
        let what = format!("alt_text “{alternative}”: the text of the message is sent");
        builder.record_loss(Loss::FieldDropped, place, what);
    }
    record_lost(builder, place, &[rich], "keyboard", KEYBOARD, |loss| loss == Loss::ButtonLayout);
    buttons::record_tags(builder, all, place);
    for group in &groups {
        let card = card(builder, group, place, message);
        message.cards.push(card);
    }
    let faces: Vec<&Value> = groups.iter().filter_map(|it| picture(it)).collect();
    let (faces, others): (Vec<&Value>, Vec<&Value>) =
        all.iter().partition(|it| faces.iter().any(|face| std::ptr::eq(*face, *it)));
    let is_shown = |loss: Loss| matches!(loss, Loss::ButtonLayout | Loss::ButtonImage);
    record_lost(builder, place, &faces, "picture", BUTTON, is_shown);
    record_lost(builder, place, &others, "button", BUTTON, |loss| loss == Loss::ButtonLayout);
    true
}

/// The button with the picture of a card.
fn picture<'a>(group: &[&'a Value]) -> Option<&'a Value> {
    group.iter().copied().find(|it| !address(it).is_empty())
}

fn address(button: &Value) -> &str {
    let image = string(button, "image");
    if image.is_empty() { string(button, "bgmedia") } else { image }
}

fn is_choice(button: &Value) -> bool {
    !is_label(button) && !string(button, "text").trim().is_empty()
}

/// Whether a button does what a tap on the picture does: it is the text of the card.
fn is_of_face(button: &Value, face: &Value) -> bool {
    let does = |it: &Value| (string(it, "actiontype").to_lowercase(), string(it, "actionbody").to_owned());
    !std::ptr::eq(button, face) && !is_label(face) && string(face, "text").is_empty() && does(button) == does(face)
}

fn card(builder: &mut ScenarioBuilder, group: &[&Value], place: &str, message: &mut Message) -> Card {
    let mut card = Card::default();
    let Some(face) = picture(group) else { return card };
    let url = address(face);
    let kind = match MediaKind::of(url) {
        kind @ (MediaKind::Video | MediaKind::Gif) => kind,
        _ => MediaKind::Image,
    };
    card.media = Some(Media { kind, url: placeholders::parse(builder, url) });
    if !is_label(face) && string(face, "text").is_empty() {
        let named = group.iter().find(|it| is_of_face(it, face) && is_choice(it));
        let named = named.map_or(String::new(), |it| format!("“{}”: ", html::plain(string(it, "text"), false).0));
        let (action, body) = (string(face, "actiontype"), string(face, "actionbody"));
        let what = format!("{named}a tap on the card ({action} {body})");
        builder.record_loss(Loss::ButtonAction, place, what);
    }
    let mut texts: Vec<&str> = Vec::new();
    for button in group {
        match () {
            () if is_label(button) || is_of_face(button, face) => texts.extend(Some(string(button, "text"))),
            () if std::ptr::eq(*button, face) && string(button, "text").is_empty() => {}
            () => {
                if let Some(Button::Choice(choice)) = read_button(builder, button, place, message) {
                    card.choices.push(choice);
                }
            }
        }
    }
    let mut texts = texts.into_iter().filter(|it| !it.trim().is_empty());
    if let Some(title) = texts.next() {
        card.title = text_of(builder, &html::plain(title, false).0, place);
    }
    let rest: Vec<&str> = texts.collect();
    card.text = text_of(builder, &rest.join("\n"), place);
    card
}
