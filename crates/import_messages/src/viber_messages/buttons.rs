//! Reads the buttons of keyboards and rich media as choices.
//!
//! Buttons that do nothing are labels. The cards of rich media are groups of buttons that fill one frame.

use std::collections::{BTreeSet, HashMap, HashSet};

use scenario::{Choice, Loss, Message};
use serde_json::Value;

use super::fields::{BUTTON, KEYBOARD, record_lost};
use super::text_of;
use import_base::html;
use import_base::scenario_builder::ScenarioBuilder;

/// Limits a title that is made of a label and what tells it apart, in characters: a button of WhatsApp holds no more.
const MAX_TITLE: usize = 20;

/// The labels of a keyboard or of rich media, and whether each is said elsewhere.
#[derive(Default)]
pub(super) struct Labels {
    pub(super) texts: Vec<String>,
    /// The same with their HTML.
    whole: Vec<String>,
    told: Vec<bool>,
}

/// A button in its place.
struct Placed {
    choice: Choice,
    /// The labels of the same card, by their index.
    labels: Vec<usize>,
}

/// Adds the buttons to the choices of a message, and returns the labels between them.
pub(super) fn read(builder: &mut ScenarioBuilder, board: &Value, place: &str, message: &mut Message) -> Labels {
    let buttons: &[Value] = board.get("buttons").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_rich = board.get("type").and_then(Value::as_str) == Some("rich_media");
    // The loss of the carousel says that its cards lose their places.
    let is_kept = |loss: Loss| is_rich && loss == Loss::ButtonLayout;
    record_lost(builder, place, &[board], "keyboard", KEYBOARD, is_kept);
    record_lost(builder, place, &buttons.iter().collect::<Vec<_>>(), "button", BUTTON, is_kept);
    record_tags(builder, buttons, place);
    let mut labels = Labels::default();
    let mut placed: Vec<Placed> = Vec::new();
    for (card, n) in cards(board, buttons, is_rich).into_iter().zip(1..) {
        let place = if is_rich { format!("{place}, card {n}") } else { place.to_owned() };
        let first = labels.texts.len();
        let mut choices = Vec::new();
        for button in card {
            match read_button(builder, button, &place, message) {
                Some(Button::Label(text)) => {
                    labels.texts.push(text);
                    labels.whole.push(string(button, "text").to_owned());
                    labels.told.push(false);
                }
                Some(Button::Choice(choice)) => choices.push(choice),
                None => {}
            }
        }
        let own: Vec<usize> = (first..labels.texts.len()).collect();
        placed.extend(choices.into_iter().map(|choice| Placed { choice, labels: own.clone() }));
    }
    drop_repeated(&mut placed);
    tell_apart(builder, place, &mut placed, &mut labels);
    message.choices.extend(placed.into_iter().map(|it| it.choice));
    labels
}

/// Buttons of WhatsApp have no formatting.
pub(super) fn record_tags(builder: &mut ScenarioBuilder, buttons: &[Value], place: &str) {
    let texts = buttons.iter().filter_map(|it| it.get("text")?.as_str());
    let tags: BTreeSet<String> = texts.flat_map(|it| html::plain(it, false).1).collect();
    if !tags.is_empty() {
        let tags: Vec<String> = tags.into_iter().collect();
        builder.record_loss(Loss::Html, place, format!("the tags {} of buttons", tags.join(", ")));
    }
}

impl Labels {
    /// The labels as a text: the text of a message that has no other.
    pub(super) fn text(&mut self) -> String {
        self.told.fill(true);
        self.whole.join("\n")
    }

    pub(super) fn record_lost(&self, builder: &mut ScenarioBuilder, place: &str) {
        for (text, _) in self.texts.iter().zip(&self.told).filter(|it| !it.1) {
            builder.record_loss(Loss::ButtonAction, place, format!("“{text}” does nothing: it is a label"));
        }
    }
}

/// Groups the buttons. Those of rich media fill frames of the same size; a label of a keyboard begins a new group.
pub(super) fn cards<'a>(board: &Value, buttons: &'a [Value], is_rich: bool) -> Vec<Vec<&'a Value>> {
    let number = |value: &Value, key: &str, default: u64| value.get(key).and_then(Value::as_u64).unwrap_or(default);
    let area = number(board, "buttonsgroupcolumns", 6).saturating_mul(number(board, "buttonsgrouprows", 7)).max(1);
    let mut cards: Vec<Vec<&Value>> = Vec::new();
    let (mut filled, mut last_is_label) = (0u64, false);
    for button in buttons {
        let is_label = is_label(button);
        let begins = if is_rich { filled >= area } else { is_label && !last_is_label };
        if begins || cards.is_empty() {
            cards.push(Vec::new());
            filled = 0;
        }
        filled = filled.saturating_add(number(button, "columns", 6).saturating_mul(number(button, "rows", 1)));
        last_is_label = is_label;
        if let Some(card) = cards.last_mut() {
            card.push(button);
        }
    }
    cards
}

pub(super) fn string<'a>(button: &'a Value, key: &str) -> &'a str {
    button.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn is_label(button: &Value) -> bool {
    button.get("actiontype").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case("none"))
}

pub(super) enum Button {
    Label(String),
    Choice(Choice),
}

pub(super) fn read_button(
    builder: &mut ScenarioBuilder,
    button: &Value,
    place: &str,
    message: &mut Message,
) -> Option<Button> {
    let title = html::plain(string(button, "text"), false).0;
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let (body, action) = (string(button, "actionbody"), string(button, "actiontype").to_lowercase());
    if is_label(button) {
        return (!title.is_empty()).then_some(Button::Label(title));
    }
    if title.is_empty() {
        let action = if action.is_empty() { "reply" } else { &action };
        builder.record_loss(Loss::ButtonDropped, place, format!("a button without text ({action} {body})"));
        return None;
    }
    let next = None;
    let choice = match action.as_str() {
        "open-url" => return link(builder, title, body, place, message).map(Button::Choice),
        "share-phone" => Choice::SharePhone { title, next },
        "location-picker" => Choice::ShareLocation { title, next },
        // Without an action it is a reply.
        "reply" | "" => {
            let value = Some(body.to_owned()).filter(|it| !it.is_empty() && *it != title);
            Choice::Reply { title, description: None, value, next }
        }
        other => {
            builder.record_loss(Loss::ButtonAction, place, format!("“{title}”: {other}{}", map(button)));
            return None;
        }
    };
    Some(Button::Choice(choice))
}

/// The place that a button opens on a map.
fn map(button: &Value) -> String {
    let at = |key: &str| Some(button.get("map")?.get(key)?.to_string().replace('"', ""));
    match (at("latitude"), at("longitude")) {
        (Some(latitude), Some(longitude)) => format!(" at {latitude}, {longitude}"),
        _ => String::new(),
    }
}

/// Reads the address of a button. WhatsApp's buttons open web pages and call phones; an e-mail address goes into the text.
fn link(
    builder: &mut ScenarioBuilder,
    title: String,
    address: &str,
    place: &str,
    message: &mut Message,
) -> Option<Choice> {
    let address = address.trim();
    let scheme = address.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let rest = address.get(scheme.len() + 1..).unwrap_or_default().trim_start_matches('/');
    match scheme.as_str() {
        "tel" => Some(Choice::Phone { title, number: rest.to_owned() }),
        "mailto" => {
            let line = format!("{title}: {}", rest.split('?').next().unwrap_or_default());
            if !message.text.is_empty() {
                message.text.push_plain("\n");
            }
            message.text.push_plain(&line);
            builder.record_loss(Loss::ButtonDropped, place, format!("“{title}” is in the text"));
            None
        }
        "http" | "https" => Some(Choice::Link { title, url: text_of(builder, address, place) }),
        // An address without a scheme, or one that a slot gives.
        _ if !address.is_empty() && !address.contains("://") && !["viber", "sms", "geo"].contains(&scheme.as_str()) => {
            Some(Choice::Link { title, url: text_of(builder, address, place) })
        }
        _ => {
            builder.record_loss(
                Loss::ButtonAction,
                place,
                format!("“{title}” opens {scheme}: WhatsApp opens web pages"),
            );
            None
        }
    }
}

/// Drops a button that is there twice with the same action.
fn drop_repeated(placed: &mut Vec<Placed>) {
    let mut seen = HashSet::new();
    placed.retain(|it| seen.insert(format!("{:?}", it.choice)));
}

/// Adds to the titles that are equal what the labels beside them say: “Book” and “Book” become “Book – 9 h” and
/// “Book – 14 h”.
fn tell_apart(builder: &mut ScenarioBuilder, place: &str, placed: &mut [Placed], labels: &mut Labels) {
    let titles: Vec<String> = placed.iter().map(|it| it.choice.title().to_lowercase()).collect();
    let mut n_of: HashMap<&str, usize> = HashMap::new();
    for title in &titles {
        *n_of.entry(title).or_default() += 1;
    }
    for (it, title) in placed.iter_mut().zip(&titles).filter(|it| n_of[it.1.as_str()] > 1) {
        let Some(label) = it.labels.iter().copied().find(|n| labels.texts[*n].to_lowercase() != *title) else {
            continue;
        };
        let text = &labels.texts[label];
        let long = format!("{} – {text}", it.choice.title());
        let is_short = |it: &str| it.chars().count() <= MAX_TITLE;
        let title = if !is_short(&long) && is_short(text) { text.clone() } else { long };
        let what = format!("“{}” is there twice, so one is “{title}”", it.choice.title());
        builder.record_loss(Loss::LongTitle, place, what);
        let plain = std::mem::replace(it.choice.title_mut(), title);
        if let Choice::Reply { value, .. } = &mut it.choice {
            value.get_or_insert(plain);
        }
        labels.told[label] = true;
    }
}
