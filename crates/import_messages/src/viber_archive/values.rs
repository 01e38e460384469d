//! Finds messages that are one text with different values: names, numbers, dates, codes, and what customers had said.
//!
//! A text is cut into constant parts and places for values. Messages with the same constant parts are one group, where
//! words with a capital and names count as values; within a group the places decide what is a value ([`Pattern::join`]).

mod pattern;
mod tokens;

use std::collections::{BTreeMap, HashMap, HashSet};

use pattern::{Known, Pattern};
pub(super) use tokens::words;
use tokens::{key, known_spans, segments};

/// Limits the patterns of a group that a message is compared with, so that time stays linear.
const MAX_PATTERNS: usize = 50;

/// A message of the bot, and what is known about its receiver.
pub(super) struct Told<'a> {
    pub(super) person: usize,
    /// Words of the person's names, in lower case.
    pub(super) names: &'a [String],
    pub(super) text: &'a str,
    /// The parts that must be equal besides the text, such as the buttons.
    pub(super) shape: String,
    /// The texts that the person typed before, each with the number of the message that it answered.
    pub(super) answers: Vec<(usize, &'a str)>,
}

/// A text with places for values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Plain(String),
    Value(Kind, String),
}

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Name,
    /// The answer of the customer to the message with this number.
    Answer(usize),
    /// A part of what the customer said.
    Detail,
    Date,
    Time,
    Number,
    Reference,
    Link,
}

impl Kind {
    /// The name of its slot; answers are named after the step that asks.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Name => "user_name",
            Self::Answer(_) => "answer",
            Self::Detail => "detail",
            Self::Date => "date",
            Self::Time => "time",
            Self::Number => "number",
            Self::Reference => "reference",
            Self::Link => "link",
        }
    }

    /// A value for WhatsApp's reviewers: one from the data, unless it may be somebody's.
    pub(super) fn example(self, value: &str) -> Option<String> {
        match self {
            Self::Name => Some("Ana".to_owned()),
            Self::Answer(_) | Self::Detail | Self::Link => None,
            Self::Date | Self::Time => Some(value.to_owned()),
            Self::Number | Self::Reference => {
                // Other digits of the same number.
                let digits = "123456789".chars().cycle();
                let mut digits = digits.skip(usize::from(value.len() < 2));
                let other = |it: char| if it.is_ascii_digit() { digits.next().unwrap_or(it) } else { it };
                Some(value.chars().map(other).collect())
            }
        }
    }

    fn of(number: &str) -> Self {
        let has = |sign: char| number.contains(sign);
        match number {
            _ if number.starts_with(char::is_alphabetic) && has('-') => Self::Reference,
            _ if has(':') => Self::Time,
            _ if has('/') || number.matches(['.', '-']).count() == 2 => Self::Date,
            _ if number.contains(char::is_alphabetic) && number.len() > 4 => Self::Reference,
            _ if number.contains('h') => Self::Time,
            _ => Self::Number,
        }
    }
}

/// The texts, and for each message the number of its text.
pub(super) struct Texts {
    pub(super) texts: Vec<Vec<Part>>,
    pub(super) of: Vec<usize>,
}

/// Finds the texts that the messages came from, in the order of their first use. `labels` are what buttons say, in
/// lower case.
pub(super) fn texts(told: &[Told<'_>], labels: &HashSet<String>) -> Texts {
    let known = Known { told, labels, typed: typed(told) };
    let spans = known_spans(told);
    let mut groups: BTreeMap<String, Vec<Pattern>> = BTreeMap::new();
    for (n, message) in told.iter().enumerate() {
        let segments = segments(message.text, &spans[n]);
        let key = format!("{}\u{1}{}", message.shape, key(&segments));
        join(groups.entry(key).or_default(), Pattern::new(segments, n, &known));
    }
    // Once more: the first message of a pattern may have been the odd one.
    let mut patterns: Vec<Pattern> = Vec::new();
    for group in groups.into_values() {
        let mut joined = Vec::new();
        group.into_iter().for_each(|it| join(&mut joined, it));
        patterns.extend(joined);
    }
    for pattern in &mut patterns {
        pattern.members.sort_unstable();
    }
    patterns.sort_by_key(|it| it.members[0]);
    number(&known, &patterns)
}

fn join(patterns: &mut Vec<Pattern>, pattern: Pattern) {
    match patterns.iter_mut().take(MAX_PATTERNS).find(|it| it.takes(&pattern)) {
        Some(known) => known.join(pattern),
        None => patterns.push(pattern),
    }
}

/// The person who typed each text; none if several people did.
fn typed(told: &[Told<'_>]) -> HashMap<String, Option<usize>> {
    let mut typed: HashMap<String, Option<usize>> = HashMap::new();
    for message in told {
        for (_, text) in &message.answers {
            let person = typed.entry(text.to_lowercase()).or_insert(Some(message.person));
            *person = person.filter(|it| *it == message.person);
        }
    }
    typed
}

/// Numbers the texts. Patterns that are the same text after all have one number.
fn number(known: &Known<'_>, patterns: &[Pattern]) -> Texts {
    let mut found = Texts { texts: Vec::new(), of: vec![0; known.told.len()] };
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for pattern in patterns {
        let parts = pattern.parts(known);
        let shape = &known.told[pattern.members[0]].shape;
        let n = *numbers.entry(format!("{shape}\u{1}{}", written(&parts))).or_insert(found.texts.len());
        if n == found.texts.len() {
            found.texts.push(parts);
        }
        for member in &pattern.members {
            found.of[*member] = n;
        }
    }
    found
}

fn written(parts: &[Part]) -> String {
    let of = |it: &Part| match it {
        Part::Plain(text) => text.clone(),
        Part::Value(kind, _) => format!("\u{1}{}\u{1}", kind.name()),
    };
    parts.iter().map(of).collect()
}
