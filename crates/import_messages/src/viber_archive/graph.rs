//! Counts how the messages of sessions follow each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::lines::{Answer, Archive};
use super::sessions::Session;
use import_base::html;

/// How a customer goes from one message to the next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// The bot goes on by itself.
    Silent,
    /// A button, by what it stands for, in lower case.
    Button(String),
    /// A text, in lower case.
    Text(String),
    /// Anything else, by its type.
    Other(String),
}

/// How often a message came next.
#[derive(Default)]
pub(super) struct Count {
    pub(super) n: u64,
    pub(super) people: BTreeSet<usize>,
    /// The longest pause before it, in seconds.
    pub(super) pause: u64,
}

/// How often each message came next, by its number.
pub(super) type Followers = BTreeMap<usize, Count>;

/// The messages of sessions, by their numbers, and what followed each.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) ways: BTreeMap<usize, BTreeMap<Way, Followers>>,
    /// How often a session begins with each message, and after which text.
    pub(super) starts: BTreeMap<usize, BTreeMap<Way, Count>>,
}

/// A message of a session: its number, the message itself, and what the customer said before it.
pub(super) struct Passed<'a> {
    pub(super) number: usize,
    pub(super) message: &'a Value,
    pub(super) after: Vec<&'a Answer>,
    pub(super) pause: u64,
}

impl Graph {
    pub(super) fn add(&mut self, archive: &Archive, session: &Session, passed: &[Passed<'_>]) {
        for (n, it) in passed.iter().enumerate() {
            let person = session.person;
            let (from, way) = match n {
                0 => (None, it.after.first().map_or(Way::Silent, |it| way(it))),
                _ => taken(&passed[..n], &it.after),
            };
            let way = if is_name(&way, &archive.names[person]) { Way::Other("name".to_owned()) } else { way };
            let count = match from {
                None => self.starts.entry(it.number).or_default().entry(way).or_default(),
                Some(from) => {
                    let ways = self.ways.entry(from).or_default();
                    ways.entry(way).or_default().entry(it.number).or_default()
                }
            };
            count.n += 1;
            count.people.insert(person);
            count.pause = count.pause.max(it.pause);
        }
    }

    /// The messages that sessions begin with, the most frequent first.
    pub(super) fn roots(&self) -> Vec<(usize, u64)> {
        let mut roots: Vec<(usize, u64)> =
            self.starts.iter().map(|(number, ways)| (*number, ways.values().map(|it| it.n).sum())).collect();
        roots.sort_by_key(|it| (std::cmp::Reverse(it.1), it.0));
        roots
    }
}

/// The message that came most often; of several, the one that was first used.
pub(super) fn winner(followers: &Followers) -> Option<usize> {
    followers.iter().max_by_key(|it| (it.1.n, std::cmp::Reverse(it.0))).map(|it| *it.0)
}

/// Adds counts up.
pub(super) fn sum<'a>(all: impl Iterator<Item = &'a Followers>) -> Followers {
    let mut sum = Followers::new();
    for (number, count) in all.flatten() {
        let to = sum.entry(*number).or_default();
        to.n += count.n;
        to.people.extend(&count.people);
        to.pause = to.pause.max(count.pause);
    }
    sum
}

/// The message that the customer answered, and how. Buttons of messages before the last can be tapped too.
fn taken(before: &[Passed<'_>], answers: &[&Answer]) -> (Option<usize>, Way) {
    for answer in answers {
        for message in before.iter().rev().take(3) {
            if let Some(body) = button(message.message, answer) {
                return (Some(message.number), Way::Button(body));
            }
        }
    }
    let last = before.last().map(|it| it.number);
    (last, answers.last().map_or(Way::Silent, |it| way(it)))
}

fn way(answer: &Answer) -> Way {
    match answer {
        Answer::Text(text) => Way::Text(text.to_lowercase()),
        Answer::Other(kind) => Way::Other(kind.clone()),
    }
}

fn is_name(way: &Way, names: &[String]) -> bool {
    let Way::Text(text) = way else { return false };
    text.split(|it: char| !it.is_alphanumeric()).any(|word| names.iter().any(|it| it == word))
}

/// What the button stands for that an answer came from, in lower case.
pub(super) fn button(message: &Value, answer: &Answer) -> Option<String> {
    let Answer::Text(text) = answer else { return None };
    let text = text.to_lowercase();
    buttons(message).into_iter().find(|it| it.0 == text || it.1 == text).map(|it| it.0)
}

/// What each button stands for, and what it says, in lower case.
pub(super) fn buttons(message: &Value) -> Vec<(String, String)> {
    let boards = ["keyboard", "rich_media"].into_iter().filter_map(|it| message.get(it)?.get("buttons")?.as_array());
    let read = |button: &Value| {
        let string = |key: &str| button.get(key).and_then(Value::as_str).unwrap_or_default();
        let label = html::plain(string("text"), false).0.to_lowercase();
        let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
        let body = string("actionbody").trim().to_lowercase();
        (if body.is_empty() { label.clone() } else { body }, label)
    };
    boards.flatten().map(read).collect()
}
