//! Makes the template of a group: its text, with a slot for each value and wherever the messages differ.

use std::collections::BTreeMap;

use super::cluster::{Group, Member, Numbers};
use super::distinct::{MessageStats, ValueRange, length};
use super::tokens::{Token, TokenKind};
use super::values::ValueKind;
use super::words::{Kind, fold};

/// A value that is equal in all messages, and in at least this many, is part of the text if it can be nothing personal.
const MIN_MESSAGES_TO_BE_FIXED: u64 = 10;
/// Limits the values of a slot that are kept as examples.
const MAX_VALUES: usize = 64;
/// Limits the words that a place chooses between: as many templates are made of them.
const MAX_CHOICES: usize = 3;

/// A template and the messages that came from it.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) n_messages: u64,
    pub(super) stats: MessageStats,
    pub(super) parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Plain(String),
    Slot { kind: ValueKind, values: Vec<String>, longest: u32 },
}

/// The words of each member at one place; empty if it has none there.
struct Gap<'g, 'a> {
    /// The tokens, and the token before them.
    of_members: Vec<(&'g [Token<'a>], Option<Token<'a>>)>,
}

/// The templates of a group. Messages that differ in a word such as “confirmed” and “cancelled” have different ones.
pub(super) fn templates(group: Group<'_>, numbers: &Numbers) -> Vec<Template> {
    let positions: Vec<Vec<usize>> = group.members.iter().map(|it| group.positions(it, numbers)).collect();
    let n_gaps = positions.first().map_or(0, Vec::len) + 1;
    let all: Vec<Gap<'_, '_>> = (0..n_gaps).map(|n| gap(&group.members, &positions, n)).collect();
    let choice = all.iter().find(|it| it.is_choice(&group.members)).map(|it| it.values());
    if let Some(values) = choice {
        let mut halves: BTreeMap<String, Vec<Member<'_>>> = BTreeMap::new();
        for (value, member) in values.into_iter().zip(group.members) {
            halves.entry(value).or_default().push(member);
        }
        return halves.into_values().flat_map(|it| templates(Group::of_all(it, numbers), numbers)).collect();
    }
    let mut stats = MessageStats::default();
    for member in &group.members {
        stats.join_counts(member.stats);
    }
    vec![Template { n_messages: group.n_messages(), stats, parts: parts(&group.members, &positions, &all) }]
}

fn gap<'g, 'a>(members: &'g [Member<'a>], positions: &[Vec<usize>], n: usize) -> Gap<'g, 'a> {
    let of_members = members.iter().zip(positions).map(|(member, at)| {
        let from = n.checked_sub(1).and_then(|it| at.get(it)).map_or(0, |it| it + 1);
        let to = at.get(n).copied().unwrap_or(member.tokens.len());
        let tokens = member.tokens.get(from..to.max(from)).unwrap_or_default();
        (tokens, from.checked_sub(1).and_then(|it| member.tokens.get(it)).copied())
    });
    Gap { of_members: of_members.collect() }
}

impl Gap<'_, '_> {
    /// The value of each member, folded.
    fn values(&self) -> Vec<String> {
        let value = |tokens: &[Token<'_>]| {
            let words = tokens.iter().map(|it| match it.kind {
                TokenKind::Value(kind) => kind.letter().to_string(),
                _ => fold(it.text),
            });
            words.collect::<Vec<_>>().join(" ")
        };
        self.of_members.iter().map(|it| value(it.0)).collect()
    }

    /// Whether no member has anything but signs here.
    fn is_empty(&self) -> bool {
        self.of_members.iter().all(|it| it.0.iter().all(|it| matches!(it.kind, TokenKind::Sign | TokenKind::Break)))
    }

    /// Whether messages with different words here say different things.
    ///
    /// A name, a place or a number is a value. So are words of which nearly every message has another.
    fn is_choice(&self, members: &[Member<'_>]) -> bool {
        if self.is_empty() {
            return false;
        }
        let (mut of_words, mut n_words, mut n_all) = (BTreeMap::new(), 0, 0);
        let mut statuses = std::collections::BTreeSet::new();
        for (((tokens, before), value), member) in self.of_members.iter().zip(self.values()).zip(members) {
            n_all += member.stats.n_messages;
            if tokens.iter().any(|it| it.is_word() && Kind::Status.has(&fold(it.text))) {
                statuses.insert(value.clone());
            }
            if are_plain_words(tokens, before.as_ref()) {
                n_words += member.stats.n_messages;
                *of_words.entry(value).or_insert(0u64) += member.stats.n_messages;
            }
        }
        let are_few = of_words.len() <= MAX_CHOICES && of_words.len() as u64 * 2 <= n_words;
        let differ = self.values().windows(2).any(|it| it[0] != it[1]);
        differ && (statuses.len() >= 2 || (n_words * 2 > n_all && are_few))
    }
}

/// Whether tokens are words of a language, and no name, place or value.
fn are_plain_words(tokens: &[Token<'_>], before: Option<&Token<'_>>) -> bool {
    let starts = before.is_none_or(|it| it.kind == TokenKind::Break || matches!(it.text, "." | "!" | "?" | "।"));
    // “Ana, your order” begins with a name.
    let is_called = tokens.len() == 1 && starts;
    let is_plain = |(n, it): (usize, &Token<'_>)| match it.kind {
        TokenKind::Word => !it.is_capital() || (n == 0 && starts && !is_called),
        TokenKind::Sign | TokenKind::Break => true,
        TokenKind::Value(_) => false,
    };
    !tokens.is_empty() && tokens.iter().enumerate().all(is_plain)
}

/// The parts of the text, in the spelling of the most frequent message.
fn parts(members: &[Member<'_>], positions: &[Vec<usize>], gaps: &[Gap<'_, '_>]) -> Vec<Part> {
    let mut parts = Vec::new();
    let (Some(first), Some(at)) = (members.first(), positions.first()) else { return parts };
    for (n, gap) in gaps.iter().enumerate() {
        let tokens = gap.of_members[0].0;
        if gap.is_empty() {
            tokens.iter().for_each(|it| plain_token(&mut parts, it));
        } else {
            let space = tokens.first().or_else(|| first.tokens.get(*at.get(n)?));
            plain(&mut parts, if space.is_some_and(|it| it.is_spaced) { " " } else { "" });
            let longest = gap.of_members.iter().map(|it| written(it.0)).max().unwrap_or_default();
            parts.push(Part::Slot { kind: ValueKind::Text, values: Vec::new(), longest });
        }
        let Some(token) = at.get(n).and_then(|it| first.tokens.get(*it)) else { continue };
        match token.kind {
            TokenKind::Value(kind) => {
                plain(&mut parts, if token.is_spaced { " " } else { "" });
                let unit = first.tokens.get(at[n] + 1).filter(|it| it.is_word()).map(|it| fold(it.text));
                parts.push(value(kind, &ranges(members, positions, n), members, unit.as_deref()));
            }
            _ => {
                plain(&mut parts, if token.is_spaced { " " } else { "" });
                plain(&mut parts, spelling(token, members, positions, n));
            }
        }
    }
    join_neighbours(parts)
}

/// A word as the most frequent message that has its accents spells it: some phones and programs drop accents, as in “Ola”.
fn spelling<'a>(token: &Token<'a>, members: &[Member<'a>], positions: &[Vec<usize>], n: usize) -> &'a str {
    if !token.is_word() || !token.text.is_ascii() {
        return token.text;
    }
    let mut others = members.iter().zip(positions).filter_map(|(member, at)| member.tokens.get(*at.get(n)?));
    let accented = |it: &&Token<'a>| !it.text.is_ascii() && it.is_capital() == token.is_capital();
    others.find(accented).map_or(token.text, |it| it.text)
}

/// The length of tokens as they are written, in characters.
fn written(tokens: &[Token<'_>]) -> u32 {
    let length = |it: &Token<'_>| length(it.text).max(4 * u32::from(it.text.is_empty())) + u32::from(it.is_spaced);
    let before = u32::from(tokens.first().is_some_and(|it| it.is_spaced));
    tokens.iter().map(length).sum::<u32>() - before
}

/// A value of the core, as each member has it.
fn ranges<'a>(members: &'a [Member<'_>], positions: &[Vec<usize>], n: usize) -> Vec<&'a ValueRange> {
    let range = |(member, at): (&'a Member<'_>, &Vec<usize>)| {
        let is_value = |it: &&Token<'_>| matches!(it.kind, TokenKind::Value(_));
        let nth = member.tokens.get(..*at.get(n)?)?.iter().filter(is_value).count();
        member.stats.values.get(nth)
    };
    members.iter().zip(positions).filter_map(range).collect()
}

/// A slot, or text if the value is the same in all messages and can be nothing personal.
fn value(kind: ValueKind, ranges: &[&ValueRange], members: &[Member<'_>], unit: Option<&str>) -> Part {
    let mut values: Vec<String> = ranges.iter().flat_map(|it| [it.least.clone(), it.greatest.clone()]).collect();
    values.sort_unstable();
    values.dedup();
    let longest = ranges.iter().map(|it| it.longest).max().unwrap_or_default();
    let n_messages: u64 = members.iter().map(|it| it.stats.n_messages).sum();
    let is_one = values.len() == 1;
    // “Valid for 10 minutes”, “open until 18:00”.
    let is_duration = kind == ValueKind::Number && longest <= 3 && unit.is_some_and(|it| Kind::Unit.has(it));
    let is_weekday = kind == ValueKind::Date && values.iter().all(|it| Kind::Weekday.has(&fold(it)));
    let is_general = is_weekday || matches!(kind, ValueKind::Time | ValueKind::Percent | ValueKind::Link);
    if is_one && (is_duration || (is_general && n_messages >= MIN_MESSAGES_TO_BE_FIXED)) {
        return Part::Plain(values.remove(0));
    }
    values.truncate(MAX_VALUES);
    Part::Slot { kind, values, longest }
}

fn plain_token(parts: &mut Vec<Part>, token: &Token<'_>) {
    plain(parts, if token.is_spaced { " " } else { "" });
    plain(parts, token.text);
}

fn plain(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Plain(last)) => last.push_str(text),
        _ => parts.push(Part::Plain(text.to_owned())),
    }
}

/// Joins slots that follow each other: a name can have two words, and an address a number.
fn join_neighbours(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        if let Part::Plain(text) = &part {
            plain(&mut joined, text);
            continue;
        }
        let Part::Slot { kind, longest, .. } = &part else { continue };
        let between = match joined.as_slice() {
            [.., Part::Slot { .. }] => Some(0),
            // A comma ends a name.
            [.., Part::Slot { kind: ValueKind::Name, .. }, Part::Plain(text)] if text.trim() == "," => None,
            [.., Part::Slot { .. }, Part::Plain(text)] if matches!(text.trim(), "" | "," | "-" | "–" | "/") => {
                Some(length(text))
            }
            _ => None,
        };
        let before = joined.iter().rev().find_map(|it| match it {
            Part::Slot { kind, .. } => Some(*kind),
            Part::Plain(_) => None,
        });
        match (between, before.and_then(|it| join_kinds(it, *kind))) {
            (Some(n), Some(kind)) => {
                if n > 0 {
                    joined.pop();
                }
                if let Some(Part::Slot { kind: first, longest: sum, values }) = joined.last_mut() {
                    (*first, *sum) = (kind, sum.saturating_add(n).saturating_add(*longest));
                    values.clear();
                }
            }
            _ => joined.push(part),
        }
    }
    joined
}

/// The kind of two values that are one.
fn join_kinds(a: ValueKind, b: ValueKind) -> Option<ValueKind> {
    use ValueKind::{Name, Number, Reference, Text};
    match (a, b) {
        (Name, Name | Text) | (Text, Name) => Some(Name),
        (Text, Text | Number | Reference) | (Number | Reference, Text) => Some(Text),
        _ => None,
    }
}

impl Template {
    pub(super) fn has_slots(&self) -> bool {
        self.parts.iter().any(|it| matches!(it, Part::Slot { .. }))
    }

    /// A key that orders templates of the same number of messages.
    pub(super) fn key(&self) -> String {
        let part = |it: &Part| match it {
            Part::Plain(text) => text.clone(),
            Part::Slot { kind, .. } => format!("\u{1}{}", kind.letter()),
        };
        self.parts.iter().map(part).collect()
    }
}
