//! The messages of a bot: each once, with the values that differ between people as slots.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use scenario::{Choice, Message, TextPart};
use serde_json::{Value, json};

use super::graph::{self, buttons};
use super::lines::{Answer, Archive};
use super::sessions::Session;
use super::values::{Part, Told, texts};
use crate::viber_messages;
use import_base::language;
use import_base::scenario_builder::ScenarioBuilder;

/// A message that many people got.
pub(super) struct BotMessage {
    /// The message as the first person got it.
    pub(super) value: Value,
    pub(super) parts: Vec<Part>,
    /// Its shape: the choices count, not the names of the slots. None if WhatsApp cannot send it.
    pub(super) shape: Option<Message>,
    /// Why it cannot be sent.
    pub(super) why: String,
    pub(super) language: Option<&'static str>,
}

/// All messages, and which of them each line of the bot is.
pub(super) struct Messages {
    pub(super) all: Vec<BotMessage>,
    /// By the number of the line: the messages of all sessions in their order.
    pub(super) of: Vec<usize>,
}

impl Messages {
    pub(super) fn of(archive: &Archive, sessions: &[Session]) -> Self {
        let told = told(archive, sessions);
        let sent: Vec<&Value> = sessions.iter().flat_map(|it| &it.sent).map(|it| &it.message).collect();
        let labels: HashSet<String> = sent.iter().flat_map(|it| buttons(it)).map(|it| it.1).collect();
        let found = texts(&told, &labels);
        let mut values: BTreeMap<usize, Vec<&Value>> = BTreeMap::new();
        for (value, number) in sent.into_iter().zip(&found.of) {
            values.entry(*number).or_default().push(value);
        }
        let all = values.into_values().zip(found.texts).map(|(values, parts)| BotMessage::new(&values, parts));
        Self { all: all.collect(), of: found.of }
    }

    /// The languages of the bot. One that few of its words are in is a guess gone wrong, or a quotation.
    pub(super) fn languages(&self) -> BTreeSet<&'static str> {
        let mut letters: BTreeMap<&str, usize> = BTreeMap::new();
        for it in &self.all {
            *letters.entry(it.language.unwrap_or_default()).or_default() += n_letters(&it.parts);
        }
        let all: usize = letters.iter().filter(|it| !it.0.is_empty()).map(|it| it.1).sum();
        let of = |it: &BotMessage| it.language.filter(|it| letters[it] * 6 >= all);
        self.all.iter().filter_map(of).collect()
    }
}

/// All messages of the bot, each with its receiver and what that person had typed before.
fn told<'a>(archive: &'a Archive, sessions: &'a [Session]) -> Vec<Told<'a>> {
    let mut told = Vec::new();
    for session in sessions {
        let first = told.len();
        let mut answers: Vec<(usize, &str)> = Vec::new();
        for (n, sent) in session.sent.iter().enumerate() {
            for answer in sent.after.iter().filter(|_| n > 0) {
                let is_button =
                    session.sent[..n].iter().rev().take(3).any(|it| graph::button(&it.message, answer).is_some());
                let offered = session.sent[n - 1].message.get("text").and_then(Value::as_str).unwrap_or_default();
                if let (Answer::Text(text), false) = (answer, is_button)
                    && !offered.to_lowercase().contains(&text.to_lowercase())
                {
                    answers.push((first + n - 1, text));
                }
            }
            told.push(Told {
                person: session.person,
                names: &archive.names[session.person],
                text: sent.message.get("text").and_then(Value::as_str).unwrap_or_default(),
                shape: shape(&sent.message),
                answers: answers.clone(),
            });
            // Only the last answers are repeated.
            if answers.len() > 10 {
                answers.drain(..answers.len() - 10);
            }
        }
    }
    told
}

/// The parts that are equal in messages of one step: all that is shown, without what belongs to one person.
fn shape(message: &Value) -> String {
    let shown = ["type", "keyboard", "rich_media", "location", "contact", "sticker_id", "alt_text"];
    let mut shape: Value = shown
        .into_iter()
        .filter_map(|it| Some((it.to_owned(), message.get(it)?.clone())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for_each_button(&mut shape, |button| {
        if let Some(body) = button.get_mut("actionbody") {
            let text = body.as_str().unwrap_or_default();
            *body = match text.contains("://") {
                true => json!(text[..=text.rfind(['/', '=']).unwrap_or(0)]),
                false => json!(text.replace(|it: char| it.is_ascii_digit(), "0")),
            };
        }
    });
    shape.to_string()
}

fn for_each_button(message: &mut Value, mut change: impl FnMut(&mut Value)) {
    for board in ["keyboard", "rich_media"] {
        let buttons = message.get_mut(board).and_then(|it| it.get_mut("buttons")).and_then(Value::as_array_mut);
        buttons.into_iter().flatten().for_each(&mut change);
    }
}

impl BotMessage {
    fn new(values: &[&Value], parts: Vec<Part>) -> Self {
        let mut value = values[0].clone();
        if values.iter().any(|it| it.get("media") != value.get("media")) {
            value["media"] = json!("{{media}}");
        }
        join_actions(&mut value, values);
        let mut it = Self { value, parts, shape: None, why: String::new(), language: None };
        let read = it.message(&mut ScenarioBuilder::default(), "", |part| match part {
            Part::Value(kind, _) => kind.name().to_owned(),
            Part::Plain(_) => String::new(),
        });
        match read {
            Ok(message) if message.text.is_empty() && message.media.is_none() && message.location.is_none() => {
                "it has buttons and no text".clone_into(&mut it.why);
            }
            Ok(message) => {
                it.language = language::detect(&words(&message)).filter(|_| n_letters(&it.parts) >= 12);
                it.shape = Some(message);
            }
            Err(why) => it.why = why,
        }
        it
    }

    /// Reads the message. `slot` names the slots of its values.
    pub(super) fn message(
        &self,
        builder: &mut ScenarioBuilder,
        place: &str,
        mut slot: impl FnMut(&Part) -> String,
    ) -> Result<Message, String> {
        let mut value = self.value.clone();
        if value.get("text").is_some() {
            let text = self.parts.iter().map(|part| match part {
                Part::Plain(text) => text.clone(),
                Part::Value(..) => format!("{{{{{}}}}}", slot(part)),
            });
            value["text"] = text.collect::<String>().into();
        }
        viber_messages::message(builder, &value, place)
    }
}

/// Where the actions of buttons differ between people, an address ends with a slot, and other actions are dropped.
fn join_actions(value: &mut Value, values: &[&Value]) {
    let bodies = |value: &Value| {
        let mut bodies = Vec::new();
        for_each_button(&mut value.clone(), |it| bodies.push(it.get("actionbody").cloned().unwrap_or_default()));
        bodies
    };
    let own = bodies(value);
    let differ: Vec<bool> = (0..own.len()).map(|n| values.iter().any(|it| bodies(it).get(n) != own.get(n))).collect();
    let mut n = 0;
    for_each_button(value, |button| {
        if differ.get(n) == Some(&true)
            && let Some(body) = button.get_mut("actionbody")
        {
            let text = body.as_str().unwrap_or_default();
            let start = text.rfind(['/', '=']).filter(|_| text.contains("://")).map(|it| &text[..=it]);
            *body = start.map_or(Value::Null, |it| json!(format!("{it}{{{{link}}}}")));
        }
        n += 1;
    });
}

fn n_letters(parts: &[Part]) -> usize {
    let of = |it: &Part| match it {
        Part::Plain(text) => text.chars().filter(|it| it.is_alphabetic()).count(),
        Part::Value(..) => 0,
    };
    parts.iter().map(of).sum()
}

/// The words of a message, without slots.
fn words(message: &Message) -> String {
    let plain = message.text.parts().iter().filter_map(|it| match it {
        TextPart::Plain(text) => Some(text.as_str()),
        TextPart::Slot(_) => None,
    });
    plain.chain(message.choices.iter().map(Choice::title)).collect::<Vec<_>>().join("\n")
}
