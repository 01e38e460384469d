//! Reads the lines of an archive: who said what, in which order.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::values::words;
use crate::viber_messages::lower_keys;
use import_base::{File, Skipped};

/// Limits the lines that are listed one by one as not read.
const MAX_SKIPPED: usize = 20;

/// The lines of all files, in their order.
#[derive(Default)]
pub(super) struct Archive {
    pub(super) lines: Vec<Line>,
    /// The words of each person's names, in lower case.
    pub(super) names: Vec<Vec<String>>,
    /// How often a conversation was opened by a link with a parameter.
    pub(super) n_contexts: usize,
    pub(super) n_lines: usize,
    numbers: HashMap<String, usize>,
}

/// A message that one person sent or was sent. Times are in milliseconds.
pub(super) struct Line {
    /// The number of the person.
    pub(super) person: usize,
    /// No earlier than this: the time of a line before.
    pub(super) after: Option<i64>,
    /// No later than this: the time of the next line.
    pub(super) before: Option<i64>,
    pub(super) said: Said,
}

pub(super) enum Said {
    /// The bot's message.
    Bot(Value),
    /// The bot's message to many people.
    Broadcast(Value),
    Customer(Answer),
    /// The customer opened the conversation.
    Started,
}

/// A message of a customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Answer {
    /// A text, or what a button stands for.
    Text(String),
    /// Anything else, by its type, such as `sticker`.
    Other(String),
}

/// Reads all lines. What is neither an event nor a message is told in `skipped`.
pub(super) fn read(files: &[File], skipped: &mut Vec<Skipped>) -> Archive {
    let mut archive = Archive::default();
    let mut reader = Reader::default();
    for file in files {
        let mut n_skipped = 0;
        for (place, value) in values(&file.bytes) {
            archive.n_lines += 1;
            let why = match value {
                Some(value) => reader.line(&mut archive, &lower_keys(&value)),
                None => Some("it is not JSON"),
            };
            if let Some(why) = why {
                n_skipped += 1;
                if n_skipped <= MAX_SKIPPED {
                    skipped.push(Skipped { file: file.path.clone(), place, why: why.to_owned() });
                }
            }
        }
        if n_skipped > MAX_SKIPPED {
            let (place, why) = (format!("{} more lines", n_skipped - MAX_SKIPPED), "they could not be read either");
            skipped.push(Skipped { file: file.path.clone(), place, why: why.to_owned() });
        }
    }
    let mut next = None;
    for line in archive.lines.iter_mut().rev() {
        line.before = line.before.or(next);
        next = line.before;
    }
    archive
}

/// The JSON values of a file with their places: the items of a list, or the lines. A line that is no JSON has none.
fn values(bytes: &[u8]) -> Vec<(String, Option<Value>)> {
    let place = |(value, n): (Value, usize)| (format!("message {n}"), Some(value));
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Array(values)) => values.into_iter().zip(1..).map(place).collect(),
        Ok(value) => vec![("line 1".to_owned(), Some(value))],
        Err(_) => {
            let lines = bytes.split(|it| *it == b'\n').zip(1..).filter(|it| !it.0.trim_ascii().is_empty());
            lines.map(|(line, n)| (format!("line {n}"), serde_json::from_slice(line).ok())).collect()
        }
    }
}

/// The state of a reader between two lines.
#[derive(Default)]
struct Reader {
    now: Option<i64>,
    /// The person who opened a conversation and was sent nothing since: an answer to that has no receiver.
    opened: Option<usize>,
}

impl Reader {
    /// Takes a line in, or says why it cannot be read.
    fn line(&mut self, archive: &mut Archive, value: &Value) -> Option<&'static str> {
        let at = value.get("timestamp").and_then(Value::as_i64).map(milliseconds);
        self.now = at.or(self.now);
        match value.get("event").and_then(Value::as_str) {
            Some(event) => self.event(archive, value, event, at),
            None => self.sent(archive, value, at),
        }
    }

    fn event(&mut self, archive: &mut Archive, value: &Value, event: &str, at: Option<i64>) -> Option<&'static str> {
        let who = value.get("sender").or(value.get("user"));
        let person = who.and_then(|it| it.get("id")).or(value.get("user_id")).and_then(Value::as_str);
        let person = person.map(|it| archive.person(it));
        if let (Some(person), Some(name)) = (person, who.and_then(|it| it.get("name")).and_then(Value::as_str)) {
            archive.learn_name(person, name);
        }
        let said = match event {
            "message" => Said::Customer(answer(value.get("message")?)?),
            "conversation_started" => {
                archive.n_contexts +=
                    usize::from(value.get("context").and_then(Value::as_str).is_some_and(|it| !it.is_empty()));
                self.opened = person;
                Said::Started
            }
            // Events such as delivered, seen and subscribed carry no message, but they say what time it is.
            _ => {
                if let Some(line) = archive.lines.last_mut() {
                    line.before = line.before.or(at);
                }
                return None;
            }
        };
        match person {
            Some(person) => archive.push(person, self.now, at, said),
            None => return Some("it names no user"),
        }
        None
    }

    fn sent(&mut self, archive: &mut Archive, value: &Value, at: Option<i64>) -> Option<&'static str> {
        let is_answer_of_viber = value.get("status").is_some() && value.get("status_message").is_some();
        if is_answer_of_viber {
            return None;
        }
        if let Some(receivers) = value.get("broadcast_list").and_then(Value::as_array) {
            for receiver in receivers.iter().filter_map(Value::as_str) {
                let person = archive.person(receiver);
                archive.push(person, self.now, at, Said::Broadcast(value.clone()));
            }
            return None;
        }
        if !crate::viber_messages::is_one(value) {
            return Some("it is neither an event of Viber nor a message");
        }
        let receiver = value.get("receiver").and_then(Value::as_str).map(|it| archive.person(it));
        let Some(person) = receiver.or_else(|| self.opened.take()) else { return Some("it names no receiver") };
        if self.opened == Some(person) {
            self.opened = None;
        }
        archive.push(person, self.now, at, Said::Bot(value.clone()));
        None
    }
}

impl Archive {
    /// The number of a person.
    fn person(&mut self, id: &str) -> usize {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        let number = self.names.len();
        self.numbers.insert(id.to_owned(), number);
        self.names.push(Vec::new());
        number
    }

    fn learn_name(&mut self, person: usize, name: &str) {
        for (_, _, word) in words(name).into_iter().filter(|it| it.2.chars().nth(1).is_some()) {
            let word = word.to_lowercase();
            if !self.names[person].contains(&word) {
                self.names[person].push(word);
            }
        }
    }

    fn push(&mut self, person: usize, after: Option<i64>, before: Option<i64>, said: Said) {
        self.lines.push(Line { person, after, before, said });
    }

    /// The lines of each person, in their order.
    pub(super) fn by_person(&self) -> BTreeMap<usize, Vec<&Line>> {
        let mut people: BTreeMap<usize, Vec<&Line>> = BTreeMap::new();
        for line in &self.lines {
            people.entry(line.person).or_default().push(line);
        }
        people
    }
}

/// The message of a customer; none if it is empty.
fn answer(message: &Value) -> Option<Answer> {
    match message.get("type").and_then(Value::as_str).unwrap_or("text") {
        "text" => {
            let text = message.get("text").and_then(Value::as_str)?.trim();
            (!text.is_empty()).then(|| Answer::Text(text.to_owned()))
        }
        other => Some(Answer::Other(other.to_lowercase())),
    }
}

/// Viber counts milliseconds; some archives count seconds.
fn milliseconds(at: i64) -> i64 {
    if at.abs() < 100_000_000_000 { at.saturating_mul(1000) } else { at }
}
