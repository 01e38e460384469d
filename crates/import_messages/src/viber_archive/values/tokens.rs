//! Cuts texts into constant parts and places where a value may be.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use super::Told;
use import_texts::message_log::caseless_names;

/// A run of this many words of an answer is a quotation.
const MIN_QUOTED: usize = 3;
/// Limits the answers that a message is searched for: the last ones are what is repeated.
const MAX_ANSWERS: usize = 10;

/// Titles that are written with a full stop before a name.
const TITLES: [&str; 19] = [
    "m", "mr", "mrs", "ms", "dr", "dra", "d", "sr", "sra", "srta", "prof", "hr", "fr", "bpk", "sdr", "sig", "dott",
    "av", "st",
];

static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?s)(?P<link>https?://\S*[^\s.,;!?)]|[\w.+-]+@[\w-]+\.[\w.]*\w)",
        r"|(?P<number>(?:\p{Lu}{1,6}[-/])*\p{L}*\d[\p{L}\d]*(?:[.,:/-]\p{L}*\d[\p{L}\d]*)*)",
        r"|(?P<word>[\p{L}\p{M}]+)|\s+|."
    ))
    .ok()
});

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) class: Class,
}

impl Piece {
    pub(super) fn is_known(&self) -> bool {
        matches!(self.class, Class::Name | Class::Answer(_) | Class::Quoted)
    }

    /// The number of the message that this is the answer to.
    pub(super) fn answered(&self) -> Option<usize> {
        match self.class {
            Class::Answer(n) => Some(n),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Plain,
    Capital,
    Number,
    Link,
    Name,
    /// The number of the message that was answered so.
    Answer(usize),
    /// A part of what the customer said.
    Quoted,
}

/// A constant part, or a place where a value may be.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) pieces: Vec<Piece>,
    pub(super) sort: Sort,
}

impl Segment {
    pub(super) fn text(&self) -> String {
        self.pieces.iter().map(|it| it.text.as_str()).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Plain,
    /// Words with capitals, names, and answers.
    Words,
    Number,
    Link,
}

/// A run of bytes that is a name or an answer.
pub(super) type Span = (usize, usize, Class);

/// The names and answers in each message. What is equal in messages to people who are not called so, or did not say so,
/// is a part of the text.
pub(super) fn known_spans(told: &[Told<'_>]) -> Vec<Vec<Span>> {
    let mut spans: Vec<Vec<Span>> = told.iter().map(spans_of).collect();
    let mut same: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (n, message) in told.iter().enumerate() {
        same.entry((&message.shape, message.text)).or_default().push(n);
    }
    for members in same.values() {
        let mut common: HashMap<(usize, usize), usize> = HashMap::new();
        for member in members {
            for (start, end, _) in &spans[*member] {
                *common.entry((*start, *end)).or_default() += 1;
            }
        }
        let people: HashSet<usize> = members.iter().map(|it| told[*it].person).collect();
        // A word that stands for one person alone is a name; one for several may be a word, such as “friends”.
        let class = if people.len() == 1 { Class::Name } else { Class::Capital };
        for member in members {
            spans[*member].retain(|it| common[&(it.0, it.1)] == members.len());
            add_caseless_names(&mut spans[*member], told[*member].text, class);
        }
    }
    spans
}

/// Adds the names that a greeting or an honorific shows, as in “नमस्ते रवि जी”. Viber may know the same person by a name
/// in Latin letters. Names in scripts with capitals are found by their capitals.
fn add_caseless_names(spans: &mut Vec<Span>, text: &str, class: Class) {
    for (start, end) in caseless_names(text) {
        if spans.iter().all(|it| end <= it.0 || it.1 <= start) {
            spans.push((start, end, class));
        }
    }
    spans.sort_unstable_by_key(|it| it.0);
}

fn spans_of(message: &Told<'_>) -> Vec<Span> {
    let words = words(message.text);
    let mut spans: Vec<Span> = Vec::new();
    let is_free = |spans: &[Span], start: usize, end: usize| spans.iter().all(|it| end <= it.0 || it.1 <= start);
    // The last answers first: they are what is repeated.
    for (n, answer) in message.answers.iter().rev().take(MAX_ANSWERS) {
        let wanted: Vec<String> = self::words(answer).into_iter().map(|it| it.2.to_lowercase()).collect();
        let length: usize = wanted.iter().map(|it| it.chars().count()).sum();
        if wanted.is_empty() || !(3..=80).contains(&length) {
            continue;
        }
        for run in words.windows(wanted.len()) {
            let (start, end) = (run[0].0, run[run.len() - 1].1);
            let is_same = run.iter().zip(&wanted).all(|(word, wanted)| word.2.to_lowercase() == *wanted);
            if is_same && is_free(&spans, start, end) {
                spans.push((start, end, Class::Answer(*n)));
            }
        }
    }
    for (_, answer) in message.answers.iter().rev().take(MAX_ANSWERS) {
        for (start, end) in quotations(&words, answer) {
            if is_free(&spans, start, end) {
                spans.push((start, end, Class::Quoted));
            }
        }
    }
    for (start, end, word) in &words {
        if message.names.contains(&word.to_lowercase()) && is_free(&spans, *start, *end) {
            spans.push((*start, *end, Class::Name));
        }
    }
    spans.sort_unstable_by_key(|it| it.0);
    spans
}

/// The longest runs of words that come from an answer.
fn quotations(words: &[(usize, usize, &str)], answer: &str) -> Vec<(usize, usize)> {
    let answer: Vec<String> = self::words(answer).into_iter().take(100).map(|it| it.2.to_lowercase()).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while answer.len() > MIN_QUOTED && at + MIN_QUOTED <= words.len() {
        let longest = (0..answer.len())
            .map(|from| {
                words[at..].iter().zip(&answer[from..]).take_while(|it| it.0.2.to_lowercase() == **it.1).count()
            })
            .max()
            .unwrap_or(0);
        if longest >= MIN_QUOTED {
            found.push((words[at].0, words[at + longest - 1].1));
        }
        at += longest.max(1);
    }
    found
}

/// The words and numbers of a text with their places.
pub(in crate::viber_archive) fn words(text: &str) -> Vec<(usize, usize, &str)> {
    let Some(pattern) = TOKEN.as_ref() else { return Vec::new() };
    let found = pattern.captures_iter(text).filter_map(|it| it.name("word").or(it.name("number")));
    found.map(|it| (it.start(), it.end(), it.as_str())).collect()
}

pub(super) fn segments(text: &str, spans: &[Span]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for piece in pieces(text, spans) {
        let is_number = piece.text.contains(|it: char| it.is_ascii_digit());
        let sort = match piece.class {
            Class::Plain => Sort::Plain,
            Class::Number => Sort::Number,
            Class::Link => Sort::Link,
            Class::Answer(_) if is_number => Sort::Number,
            Class::Capital | Class::Name | Class::Answer(_) | Class::Quoted => Sort::Words,
        };
        // “Ana Martin” is one value: the blank between joins the words.
        if sort == Sort::Words
            && let [.., Segment { sort: Sort::Words, .. }, Segment { sort: Sort::Plain, pieces }] = segments.as_slice()
            && pieces.iter().all(|it| [" ", "-", "\u{a0}", "."].contains(&it.text.as_str()))
            && (pieces[0].text != "." || ends_with_title(&segments))
            && let (Some(gap), Some(last)) = (segments.pop(), segments.last_mut())
        {
            last.pieces.extend(gap.pieces);
            last.pieces.push(piece);
            continue;
        }
        match segments.last_mut() {
            Some(last) if sort == Sort::Plain && last.sort == Sort::Plain => last.pieces.push(piece),
            _ => segments.push(Segment { pieces: vec![piece], sort }),
        }
    }
    segments
}

/// Whether the words before a full stop are a title, as in “Dr. Martin”.
fn ends_with_title(segments: &[Segment]) -> bool {
    let words = segments.iter().rev().find(|it| it.sort == Sort::Words);
    words.and_then(|it| it.pieces.last()).is_some_and(|it| TITLES.contains(&it.text.to_lowercase().as_str()))
}

fn pieces(text: &str, spans: &[Span]) -> Vec<Piece> {
    let Some(pattern) = TOKEN.as_ref() else { return vec![Piece { text: text.to_owned(), class: Class::Plain }] };
    let mut pieces = Vec::new();
    let mut done = 0;
    for found in pattern.captures_iter(text) {
        let Some(whole) = found.get(0).filter(|it| it.start() >= done) else { continue };
        if let Some((_, end, class)) = spans.iter().find(|it| it.0 == whole.start()) {
            pieces.push(Piece { text: text[whole.start()..*end].to_owned(), class: *class });
            done = *end;
            continue;
        }
        let class = match () {
            () if found.name("link").is_some() => Class::Link,
            () if found.name("number").is_some() => Class::Number,
            () if whole.as_str().starts_with(char::is_uppercase) => Class::Capital,
            () => Class::Plain,
        };
        pieces.push(Piece { text: whole.as_str().to_owned(), class });
    }
    pieces
}

/// Equal for messages that may be one text.
pub(super) fn key(segments: &[Segment]) -> String {
    let of = |it: &Segment| match it.sort {
        Sort::Plain => it.pieces.iter().map(|it| it.text.as_str()).collect(),
        Sort::Words => "\u{1}W".to_owned(),
        Sort::Number => "\u{1}N".to_owned(),
        Sort::Link => "\u{1}L".to_owned(),
    };
    segments.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(told: &[(usize, &[String], &str)]) -> String {
        let told: Vec<Told<'_>> = told
            .iter()
            .map(|(person, names, text)| Told {
                person: *person,
                names,
                text,
                shape: String::new(),
                answers: Vec::new(),
            })
            .collect();
        let found = told.iter().zip(known_spans(&told));
        let lines = found.map(|(told, spans)| {
            let spans = spans.iter().map(|it| format!("{:?} {}", it.2, &told.text[it.0..it.1]));
            spans.collect::<Vec<_>>().join(", ")
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn names_in_scripts_without_capitals_are_values_whatever_viber_calls_the_person() {
        let ravi = ["ravi".to_owned()];
        assert_eq!(spans(&[(1, &ravi, "नमस्ते रवि जी, आपका स्वागत है।")]), "Name रवि");
        let sharma: Vec<String> = words("कृष्ण शर्मा").iter().map(|it| it.2.to_lowercase()).collect();
        assert_eq!(spans(&[(1, &sharma, "फीस शर्मा को भेजी गई।")]), "Name शर्मा");
        // Two people got the same words: they may be no name.
        let both = "नमस्ते साथियों जी, आपका स्वागत है।";
        assert_eq!(spans(&[(1, &[], both), (2, &[], both)]), "Capital साथियों\nCapital साथियों");
    }

    #[test]
    fn a_code_has_its_prefix() {
        let segments = segments("Booking BK-2304 ok", &[]);
        let codes = segments.iter().filter(|it| it.sort == Sort::Number).map(Segment::text);
        assert_eq!(codes.collect::<Vec<_>>(), ["BK-2304"]);
    }
}
