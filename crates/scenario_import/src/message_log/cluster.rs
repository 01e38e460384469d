//! Groups masked messages with the same number of mostly equal words: each group is one template.

use std::collections::{BTreeMap, HashMap};

use super::distinct::{DistinctMessages, MessageStats, length};
use super::mask::ValueKind;

/// Limits the share of words that differ within a template.
const MAX_DIFFERENT: f64 = 0.4;
/// Limits the values that are kept of a slot to find out its kind.
const MAX_VALUES: usize = 64;
/// A slot with at most this many values, and many messages for each, is a choice between words.
const MAX_CHOICES: usize = 8;

/// A value that is equal in all messages, and in at least this many, is part of the text.
const MIN_MESSAGES_TO_BE_FIXED: u64 = 10;

/// Words that are followed by a name.
const GREETINGS: [&str; 20] = [
    "bonjour", "bonsoir", "cher", "chère", "salut", "hello", "hi", "dear", "hey", "hola", "estimado", "estimada",
    "querido", "olá", "ola", "caro", "prezado", "halo", "hai", "pak",
];

/// A template and the messages that came from it.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) n_messages: u64,
    pub(super) last: String,
    pub(super) parts: Vec<Part>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Part {
    Plain(String),
    Slot { kind: ValueKind, values: Vec<String>, longest: u32 },
}

/// A template that is being built: its words, none where the messages differ.
struct GrowingCluster<'a> {
    words: Vec<Option<u32>>,
    members: Vec<(Vec<&'a str>, &'a MessageStats)>,
    n_messages: u64,
}

/// The templates, most frequent first.
pub(super) fn clusters(distinct: &DistinctMessages) -> Vec<Cluster> {
    let mut sorted: Vec<(&String, &MessageStats)> = distinct.iter().collect();
    sorted.sort_by(|a, b| (b.1.n_messages, a.0).cmp(&(a.1.n_messages, b.0)));
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut groups: BTreeMap<usize, Vec<GrowingCluster<'_>>> = BTreeMap::new();
    for (text, stats) in sorted {
        let words: Vec<&str> = text.split(' ').collect();
        let ids: Vec<u32> = words
            .iter()
            .map(|it| {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                *numbers.entry(it).or_insert(next)
            })
            .collect();
        let same_length = groups.entry(words.len()).or_default();
        match same_length.iter_mut().find(|it| it.takes(&ids)) {
            Some(group) => group.add(&ids, words, stats),
            None => same_length.push(GrowingCluster {
                words: ids.into_iter().map(Some).collect(),
                n_messages: stats.n_messages,
                members: vec![(words, stats)],
            }),
        }
    }
    let mut clusters: Vec<Cluster> = groups.values().flatten().map(GrowingCluster::cluster).collect();
    join_same(&mut clusters);
    clusters.sort_by(|a, b| (b.n_messages, a.key()).cmp(&(a.n_messages, b.key())));
    clusters
}

impl<'a> GrowingCluster<'a> {
    fn takes(&self, ids: &[u32]) -> bool {
        let n = ids.len();
        let most = if n < 3 { 0 } else { ((n as f64 * MAX_DIFFERENT) as usize).max(1) };
        let mut n_different = 0;
        for (word, id) in self.words.iter().zip(ids) {
            if *word != Some(*id) {
                n_different += 1;
                if n_different > most {
                    return false;
                }
            }
        }
        true
    }

    fn add(&mut self, ids: &[u32], words: Vec<&'a str>, stats: &'a MessageStats) {
        for (word, id) in self.words.iter_mut().zip(ids) {
            if *word != Some(*id) {
                *word = None;
            }
        }
        self.n_messages += stats.n_messages;
        self.members.push((words, stats));
    }

    fn cluster(&self) -> Cluster {
        let last = self.members.iter().map(|it| it.1.last.as_str()).max().unwrap_or_default().to_owned();
        let mut parts = Vec::new();
        let words = &self.members[0].0;
        for (n, word) in words.iter().enumerate() {
            let space = if n == 0 || *word == "\n" || words[n - 1] == "\n" { "" } else { " " };
            plain(&mut parts, space);
            match self.words[n] {
                Some(_) => self.fixed(&mut parts, n, word),
                None => self.varying(&mut parts, n),
            }
        }
        join_neighbours(&mut parts);
        Cluster { n_messages: self.n_messages, last, parts }
    }

    /// Adds a word that is the same in all messages: a plain word, or a masked value.
    fn fixed(&self, parts: &mut Vec<Part>, n: usize, word: &str) {
        let Some((before, kind, after)) = ValueKind::of_mask(word) else { return plain(parts, word) };
        plain(parts, before);
        let (mut values, mut longest) = (Vec::new(), 0);
        let mut is_one = self.n_messages >= MIN_MESSAGES_TO_BE_FIXED;
        for (words, stats) in &self.members {
            let nth = words[..n].iter().filter(|it| ValueKind::of_mask(it).is_some()).count();
            if let Some(range) = stats.values.get(nth) {
                is_one &= range.least == range.greatest;
                values.push(range.least.clone());
                longest = longest.max(range.longest);
            }
        }
        sort_and_limit(&mut values);
        match values.as_slice() {
            // As in “valid for 10 minutes”.
            [value] if is_one => plain(parts, value),
            _ => parts.push(Part::Slot { kind, values, longest }),
        }
        plain(parts, after);
    }

    /// Adds a position where messages differ. Punctuation that all of them end with stays outside the slot.
    fn varying(&self, parts: &mut Vec<Part>, n: usize) {
        let sign = |it: char| !it.is_alphanumeric() && it != '\u{1}';
        let ending = |word: &'a str| &word[word.trim_end_matches(sign).len()..];
        let first = ending(self.members[0].0[n]);
        let shared = if self.members.iter().all(|it| ending(it.0[n]) == first) { first } else { "" };
        let (mut values, mut longest) = (Vec::new(), 0);
        for (words, stats) in &self.members {
            let word = words[n].strip_suffix(shared).unwrap_or(words[n]);
            let nth = words[..n].iter().filter(|it| ValueKind::of_mask(it).is_some()).count();
            let value = match ValueKind::of_mask(word) {
                Some(_) => stats.values.get(nth).map_or("", |it| it.least.as_str()),
                None => word,
            };
            longest = longest.max(length(value));
            values.push(value.to_owned());
        }
        sort_and_limit(&mut values);
        let before =
            n.checked_sub(1).map(|it| self.members[0].0[it].trim_matches(sign).to_lowercase()).unwrap_or_default();
        let n_values = values.len() as u64;
        let are_words = values.iter().all(|it| it.chars().all(|it| it.is_alphabetic() || it == '-'));
        let kind = match () {
            () if GREETINGS.contains(&before.as_str()) => ValueKind::Name,
            // Few words, many messages for each, and no capital letter as in a name.
            () if are_words
                && values.len() <= MAX_CHOICES
                && self.n_messages >= n_values * 3
                && values.iter().all(|it| it.starts_with(char::is_lowercase)) =>
            {
                ValueKind::Choice
            }
            () => ValueKind::Text,
        };
        parts.push(Part::Slot { kind, values, longest });
        plain(parts, shared);
    }
}

fn sort_and_limit(values: &mut Vec<String>) {
    values.sort_unstable();
    values.dedup();
    values.truncate(MAX_VALUES);
}

fn plain(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Plain(last)) => last.push_str(text),
        _ => parts.push(Part::Plain(text.to_owned())),
    }
}

/// Joins varying words that follow each other: a name can have two words.
fn join_neighbours(parts: &mut Vec<Part>) {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts.drain(..) {
        let is_loose = |it: &Part| matches!(it, Part::Slot { kind: ValueKind::Name | ValueKind::Text, .. });
        let n = joined.len();
        let follows =
            n >= 2 && joined[n - 1] == Part::Plain(" ".to_owned()) && is_loose(&joined[n - 2]) && is_loose(&part);
        match part {
            Part::Slot { longest: more, .. } if follows => {
                joined.pop();
                if let Some(Part::Slot { longest, .. }) = joined.last_mut() {
                    *longest = longest.saturating_add(1).saturating_add(more);
                }
            }
            part => joined.push(part),
        }
    }
    *parts = joined;
}

impl Cluster {
    /// A key that is equal for templates that differ only in the number of words of a value.
    fn key(&self) -> String {
        let part = |it: &Part| match it {
            Part::Plain(text) => text.clone(),
            Part::Slot { kind: ValueKind::Name | ValueKind::Text | ValueKind::Choice, .. } => "\u{1}".to_owned(),
            Part::Slot { kind, .. } => format!("\u{1}{}", kind.name()),
        };
        self.parts.iter().map(part).collect()
    }
}

/// Joins templates that are equal once a name of several words counts as one value.
fn join_same(clusters: &mut Vec<Cluster>) {
    let mut joined: BTreeMap<String, Cluster> = BTreeMap::new();
    // A name of two words that occurs in one message only looks like plain words.
    let mut singles = Vec::new();
    for cluster in clusters.drain(..) {
        match joined.get_mut(&cluster.key()) {
            Some(first) => absorb(first, cluster),
            None if cluster.parts.iter().all(|it| matches!(it, Part::Plain(_) | Part::Slot { .. }))
                && cluster.n_messages < 3 =>
            {
                singles.push(cluster);
            }
            None => {
                joined.insert(cluster.key(), cluster);
            }
        }
    }
    for single in singles {
        let home = joined.values_mut().find(|it| it.matches(&single));
        match home {
            Some(home) => {
                home.n_messages += single.n_messages;
                home.last = std::mem::take(&mut home.last).max(single.last);
            }
            None => match joined.get_mut(&single.key()) {
                Some(first) => absorb(first, single),
                None => {
                    joined.insert(single.key(), single);
                }
            },
        }
    }
    clusters.extend(joined.into_values());
}

fn absorb(cluster: &mut Cluster, other: Cluster) {
    cluster.n_messages += other.n_messages;
    cluster.last = std::mem::take(&mut cluster.last).max(other.last);
    for (part, other) in cluster.parts.iter_mut().zip(other.parts) {
        let (Part::Slot { values, longest, .. }, Part::Slot { values: more, longest: other, .. }) = (part, other)
        else {
            continue;
        };
        values.extend(more);
        sort_and_limit(values);
        *longest = (*longest).max(other);
    }
}

impl Cluster {
    /// Whether a rarer template is this one with a name of several words: it has all plain parts in the same order, and
    /// at most three words between them.
    fn matches(&self, other: &Self) -> bool {
        let has_loose =
            self.parts.iter().any(|it| matches!(it, Part::Slot { kind: ValueKind::Name | ValueKind::Text, .. }));
        if !has_loose {
            return false;
        }
        let text = other.key();
        let mut rest = text.as_str();
        for (n, part) in self.parts.iter().enumerate() {
            match part {
                Part::Plain(plain) => {
                    let is_last = n + 1 == self.parts.len();
                    let is_after_loose = n > 0
                        && matches!(self.parts[n - 1], Part::Slot { kind: ValueKind::Name | ValueKind::Text, .. });
                    let found = if is_after_loose && !is_last {
                        rest.find(plain.as_str())
                    } else if is_after_loose {
                        rest.ends_with(plain.as_str()).then(|| rest.len() - plain.len())
                    } else {
                        rest.starts_with(plain.as_str()).then_some(0)
                    };
                    let Some(at) = found else { return false };
                    let between = rest[..at].split(' ').count();
                    if is_after_loose && (at == 0 || between > 3 || rest[..at].contains('\u{1}')) {
                        return false;
                    }
                    rest = &rest[at + plain.len()..];
                }
                Part::Slot { kind: ValueKind::Name | ValueKind::Text, .. } if n + 1 == self.parts.len() => {
                    return !rest.is_empty() && rest.split(' ').count() <= 3 && !rest.contains('\u{1}');
                }
                Part::Slot { kind: ValueKind::Name | ValueKind::Text, .. } => {}
                Part::Slot { kind, .. } => {
                    let mask = match kind {
                        ValueKind::Choice => "\u{1}".to_owned(),
                        kind => format!("\u{1}{}", kind.name()),
                    };
                    let Some(after) = rest.strip_prefix(&mask) else { return false };
                    rest = after;
                }
            }
        }
        rest.is_empty()
    }
}
