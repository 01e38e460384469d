//! Where the values of slots are on the platform.
//!
//! A value that the flow itself finds out is a result of the run. A value that is read before the flow has set it comes
//! from the business: it is a field of the contact.

use std::collections::{BTreeMap, BTreeSet};

use scenario::{Act, Goal, Text, TextPart};
use template::{Frame, SessionMessage};
use translate::{Compiled, Flow, FlowAct, Outgoing, SentCard};

use super::ids;

/// Limits the key of a field, in characters.
const LONGEST_KEY: usize = 36;

/// Keys that RapidPro keeps for itself.
const RESERVED: [&str; 32] = [
    "created_by",
    "created_on",
    "discord",
    "ext",
    "facebook",
    "fcm",
    "first_name",
    "freshchat",
    "groups",
    "has",
    "id",
    "instagram",
    "is",
    "jiochat",
    "language",
    "line",
    "mailto",
    "modified_by",
    "name",
    "rocketchat",
    "scheme",
    "tel",
    "telegram",
    "twitter",
    "twitterid",
    "uuid",
    "viber",
    "vk",
    "wechat",
    "whatsapp",
    "urn",
    "channel",
];

/// The place of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A result of the run, by its name.
    Result(String),
    /// A field of the contact, by its key.
    Field(String),
}

impl Place {
    /// The path of an expression.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Result(name) => format!("results.{name}"),
            Self::Field(key) => format!("fields.{key}"),
        }
    }
}

/// The places of all slots of a flow.
#[derive(Debug)]
pub(super) struct Slots {
    places: BTreeMap<String, Place>,
}

impl Slots {
    /// A value that one flow sets and another reads is a field, because the results of a run end with it.
    pub(super) fn of(flows: &[&Compiled]) -> Self {
        let all: BTreeSet<String> = flows.iter().flat_map(|it| names(it)).collect();
        let is_given = |slot: &str| flows.iter().any(|it| is_given(&it.flow, slot));
        let place = |it: &String| match is_given(it) {
            true => Place::Field(field_key(it, &all)),
            false => Place::Result(it.clone()),
        };
        Self { places: all.iter().map(|it| (it.clone(), place(it))).collect() }
    }

    pub(super) fn place(&self, slot: &str) -> Place {
        self.places.get(slot).cloned().unwrap_or_else(|| Place::Result(slot.to_owned()))
    }

    /// The fields that a flow reads or sets, as key and slot.
    pub(super) fn fields_of(&self, compiled: &Compiled) -> Vec<(String, String)> {
        let field = |slot: String| match self.place(&slot) {
            Place::Field(key) => Some((key, slot)),
            Place::Result(_) => None,
        };
        names(compiled).into_iter().filter_map(field).collect()
    }

    /// The slots of a text as expressions. `@` is doubled, as the platform asks.
    pub(super) fn text(&self, text: &str) -> String {
        self.parts(&Text::parse(text))
    }

    pub(super) fn parts(&self, text: &Text) -> String {
        let mut written = String::new();
        let mut parts = text.parts().iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                TextPart::Plain(text) => written.push_str(&plain(text)),
                TextPart::Slot(slot) => {
                    let goes_on = |it: char| it.is_alphanumeric() || ['_', '.', '[', '('].contains(&it);
                    let is_near = matches!(parts.peek(), Some(TextPart::Plain(next)) if next.starts_with(goes_on));
                    let path = self.place(slot).path();
                    written.push_str(&if is_near { format!("@({path})") } else { format!("@{path}") });
                }
            }
        }
        written
    }
}

/// The slots of a flow.
fn names(compiled: &Compiled) -> BTreeSet<String> {
    let of_steps = compiled.flow.steps.iter().flat_map(|it| [reads(&it.act), written(&it.act)].concat());
    compiled.flow.first_message.iter().cloned().chain(of_steps).collect()
}

/// A text without expressions.
pub(super) fn plain(text: &str) -> String {
    text.replace('@', "@@")
}

/// The key of the field for a slot: small letters, digits and `_`, begins with a letter.
fn field_key(slot: &str, all: &BTreeSet<String>) -> String {
    let begins = slot.starts_with(|it: char| it.is_ascii_lowercase());
    let is_free = begins && !RESERVED.contains(&slot);
    let key = if is_free { slot.to_owned() } else { format!("value_{slot}") };
    match key.len() > LONGEST_KEY || !is_free && all.contains(&key) {
        true => format!("{}_{}", &key[..key.len().min(LONGEST_KEY - 9)], ids::short(slot)),
        false => key,
    }
}

/// Whether a slot can be read before the flow has set it.
fn is_given(flow: &Flow, slot: &str) -> bool {
    if flow.first_message.as_deref() == Some(slot) {
        return false;
    }
    let (mut seen, mut waiting) = (BTreeSet::new(), vec![flow.start.as_str()]);
    while let Some(id) = waiting.pop() {
        let Some(step) = flow.step(id).filter(|_| seen.insert(id)) else { continue };
        if reads(&step.act).iter().any(|it| it == slot) {
            return true;
        }
        waiting.extend(goals_without(&step.act, slot).into_iter().filter_map(|it| it.as_deref()));
    }
    false
}

/// The goals on ways that do not set the slot.
fn goals_without<'a>(act: &'a FlowAct, slot: &str) -> Vec<&'a Goal> {
    match act {
        FlowAct::Send(sends) => match &sends.awaits {
            None => vec![&sends.next],
            Some(awaits) => {
                let is_set = awaits.slot.as_deref() == Some(slot);
                let answers = awaits.ways.iter().map(|it| (it.is_ours, &it.next)).chain([(false, &awaits.other)]);
                let open = answers.filter(|it| it.0 || !is_set).map(|it| it.1);
                open.chain(awaits.timeout.iter().map(|it| &it.next)).collect()
            }
        },
        FlowAct::Other(Act::Set { slot: set, .. }) if set == slot => Vec::new(),
        FlowAct::Other(act) => act.routes().into_iter().map(|it| it.1).collect(),
    }
}

fn written(act: &FlowAct) -> Vec<String> {
    match act {
        FlowAct::Send(sends) => sends.awaits.iter().filter_map(|it| it.slot.clone()).collect(),
        FlowAct::Other(Act::Set { slot, .. }) => vec![slot.clone()],
        FlowAct::Other(Act::Find(find)) => vec![find.slot.clone()],
        FlowAct::Other(_) => Vec::new(),
    }
}

/// The slots that a step reads.
pub(super) fn reads(act: &FlowAct) -> Vec<String> {
    let of = |text: &str| Text::parse(text).slots().map(str::to_owned).collect::<Vec<_>>();
    match act {
        FlowAct::Send(sends) => sends.sends.iter().flat_map(of_outgoing).collect(),
        FlowAct::Other(Act::Set { value, .. }) => value.slots().map(str::to_owned).collect(),
        FlowAct::Other(Act::Find(find)) => vec![find.within.clone()],
        FlowAct::Other(Act::Condition(condition)) => condition.branches.iter().map(|it| it.slot.clone()).collect(),
        FlowAct::Other(Act::Call(call)) => of(&call.system),
        FlowAct::Other(_) => Vec::new(),
    }
}

fn of_outgoing(outgoing: &Outgoing) -> Vec<String> {
    let of = |text: &str| Text::parse(text).slots().map(str::to_owned).collect::<Vec<_>>();
    match outgoing {
        Outgoing::Template { parameters, buttons, header, cards, .. } => {
            let slots = parameters.iter().chain(buttons.iter().map(|it| &it.1)).cloned();
            let of_cards = cards.iter().flat_map(SentCard::slots).map(str::to_owned);
            slots.chain(of(header.as_deref().unwrap_or_default())).chain(of_cards).collect()
        }
        Outgoing::Message(message) => {
            let none = Frame::default();
            let frame = message.frame().unwrap_or(&none);
            let address = match message {
                SessionMessage::Media { link, .. } => link,
                SessionMessage::Link { url, .. } => url,
                _ => "",
            };
            let media = match message {
                SessionMessage::Buttons { media, .. } | SessionMessage::Link { media, .. } => media.as_ref(),
                _ => None,
            };
            let texts = [Some(message.body()), Some(address), media.map(|it| it.1.as_str())];
            let framed = [frame.header.as_deref(), frame.footer.as_deref()];
            texts.into_iter().chain(framed).flatten().flat_map(of).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_a_key_that_the_platform_accepts_and_no_other_slot_has() {
        let all = BTreeSet::from(["1", "value_1"].map(str::to_owned));
        let key = |slot: &str| field_key(slot, &all);
        assert_eq!((key("order_id"), key("name")), ("order_id".to_owned(), "value_name".to_owned()));
        assert!(key("1").starts_with("value_1_") && key("value_1") == "value_1", "{}", key("1"));
        let long = key("a_name_that_is_longer_than_the_platform_allows");
        assert!(long.starts_with("a_name_that_is_longer_than_") && long.len() == LONGEST_KEY, "{long}");
    }
}
