//! Messages with the same constant parts, and which of their values differ.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::tokens::{Class, Piece, Segment, Sort};
use super::{Kind, Part, Told};

/// Limits the words of a value that no name or answer explains.
const MAX_WORDS: usize = 3;
/// Constant parts of at least this many letters are enough to tell that two messages are one text.
const MIN_LETTERS: usize = 12;
/// A number of this many digits, in a message that one person got, is that person's.
const MIN_OWN_DIGITS: usize = 5;

/// The facts about all messages that patterns are compared with.
pub(super) struct Known<'a> {
    pub(super) told: &'a [Told<'a>],
    /// The labels of buttons, in lower case.
    pub(super) labels: &'a HashSet<String>,
    /// The person who typed each text, in lower case; none if several people did.
    pub(super) typed: HashMap<String, Option<usize>>,
}

/// Messages that are one text.
pub(super) struct Pattern {
    /// The segments of the first message.
    first: Vec<Segment>,
    /// The values of each segment.
    places: Vec<Place>,
    pub(super) members: Vec<usize>,
    people: HashSet<usize>,
    /// The letters of the constant parts.
    n_letters: usize,
}

/// The values of one segment. The flags are kept up with the values, so that two places are compared at once.
struct Place {
    /// Each value, and the first message that has it.
    seen: BTreeMap<String, (Vec<Piece>, usize)>,
    /// Whether a name or an answer is in all values, and in any.
    all_known: bool,
    any_known: bool,
    most_words: usize,
    has_label: bool,
    /// The word that all values begin with, if there is one.
    start: Option<String>,
}

impl Pattern {
    pub(super) fn new(segments: Vec<Segment>, n: usize, known: &Known<'_>) -> Self {
        let letters = |it: &Segment| it.text().chars().filter(|it| it.is_alphabetic()).count();
        Self {
            places: segments.iter().map(|it| Place::new(it, n, known.labels)).collect(),
            n_letters: segments.iter().filter(|it| it.sort == Sort::Plain).map(letters).sum(),
            first: segments,
            members: vec![n],
            people: HashSet::from([known.told[n].person]),
        }
    }

    /// Whether another pattern with the same key is the same text.
    pub(super) fn takes(&self, other: &Self) -> bool {
        let may_be_name =
            |own: &Place, others: &Place| own.is_of_one(self.people.len()) && others.is_of_one(other.people.len());
        let are_others = self.n_letters >= MIN_LETTERS && self.people.is_disjoint(&other.people);
        let places = self.first.iter().zip(self.places.iter().zip(&other.places)).enumerate();
        places.filter(|it| it.1.0.sort == Sort::Words).all(|(n, (_, (own, others)))| {
            let is_start = n == 0 && (own.start.is_none() || own.start != others.start);
            own.shares(others) || own.may_be_value(others) || are_others && !is_start && may_be_name(own, others)
        })
    }

    pub(super) fn join(&mut self, other: Self) {
        for (own, others) in self.places.iter_mut().zip(other.places) {
            own.join(others);
        }
        self.members.extend(other.members);
        self.people.extend(other.people);
    }

    /// The text with its values.
    pub(super) fn parts(&self, known: &Known<'_>) -> Vec<Part> {
        let mut parts = Vec::new();
        for (segment, place) in self.first.iter().zip(&self.places) {
            match segment.sort {
                Sort::Plain => push_plain(&mut parts, &segment.pieces),
                Sort::Words => self.words(known, place, &mut parts),
                Sort::Number => self.numbers(known, place, &mut parts),
                Sort::Link => links(place, &mut parts),
            }
        }
        parts
    }

    /// Words that are equal in all messages are a part of the text; what is between them is one value.
    fn words(&self, known: &Known<'_>, place: &Place, parts: &mut Vec<Part>) {
        let all: Vec<&[Piece]> = place.seen.values().map(|it| it.0.as_slice()).collect();
        let Some(first) = all.first() else { return };
        let (start, end) = equal_ends(&all);
        self.constant(known, &first[..start], parts);
        let middle = &first[start..first.len() - end];
        if all.iter().any(|it| it.len() > start + end) {
            let answer = middle.iter().find_map(Piece::answered);
            let are_answers = all.iter().all(|it| it[start..it.len() - end].iter().any(|it| it.answered().is_some()));
            let is_quoted = middle.iter().any(|it| it.class == Class::Quoted);
            let other = if is_quoted { Kind::Detail } else { Kind::Name };
            let kind = answer.filter(|_| are_answers).map_or(other, Kind::Answer);
            parts.push(Part::Value(kind, middle.iter().map(|it| it.text.as_str()).collect()));
        }
        self.constant(known, &first[first.len() - end..], parts);
    }

    /// Words that are equal in all messages: a name is a value all the same, and so is what only one person said.
    fn constant(&self, known: &Known<'_>, pieces: &[Piece], parts: &mut Vec<Part>) {
        for piece in pieces {
            let kind = match piece.class {
                Class::Name => Some(Kind::Name),
                Class::Quoted => Some(Kind::Detail),
                Class::Answer(n) if self.is_own(known, &piece.text) => Some(Kind::Answer(n)),
                _ => None,
            };
            match kind {
                Some(kind) => parts.push(Part::Value(kind, piece.text.clone())),
                None => push_plain(parts, std::slice::from_ref(piece)),
            }
        }
    }

    /// Whether only one person said this: more people say it because the bot offers it.
    fn is_own(&self, known: &Known<'_>, answer: &str) -> bool {
        self.people.len() == 1 && known.typed.get(&answer.to_lowercase()).is_some_and(Option::is_some)
    }

    fn numbers(&self, known: &Known<'_>, place: &Place, parts: &mut Vec<Part>) {
        let Some((text, (pieces, _))) = place.seen.first_key_value() else { return };
        let answered = |(text, (_, member)): (&String, &(Vec<Piece>, usize))| {
            known.told[*member].answers.iter().rev().find(|it| it.1 == text).map(|it| it.0)
        };
        let mut answers = place.seen.iter().map(answered);
        let first = answers.next().flatten();
        let n_digits = text.bytes().filter(u8::is_ascii_digit).count();
        let is_reference = Kind::of(text) == Kind::Reference && n_digits + 1 >= MIN_OWN_DIGITS;
        let is_long = is_reference || n_digits >= MIN_OWN_DIGITS && !text.starts_with('0');
        let is_own = self.people.len() == 1 && (is_long || first.is_some() && self.is_own(known, text));
        match first {
            _ if place.seen.len() == 1 && !is_own => push_plain(parts, pieces),
            Some(n) if answers.all(|it| it.is_some()) => parts.push(Part::Value(Kind::Answer(n), text.clone())),
            _ => parts.push(Part::Value(Kind::of(text), text.clone())),
        }
    }
}

impl Place {
    fn new(segment: &Segment, n: usize, labels: &HashSet<String>) -> Self {
        let text = segment.text();
        let is_known = segment.pieces.iter().any(Piece::is_known);
        Self {
            all_known: is_known,
            any_known: is_known,
            most_words: segment.pieces.iter().filter(|it| it.class != Class::Plain).count(),
            has_label: labels.contains(&text.to_lowercase()),
            start: segment.pieces.first().map(|it| it.text.clone()),
            seen: BTreeMap::from([(text, (segment.pieces.clone(), n))]),
        }
    }

    fn join(&mut self, other: Self) {
        self.all_known &= other.all_known;
        self.any_known |= other.any_known;
        self.most_words = self.most_words.max(other.most_words);
        self.has_label |= other.has_label;
        self.start = self.start.take().filter(|it| Some(it) == other.start.as_ref());
        for (text, seen) in other.seen {
            self.seen.entry(text).or_insert(seen);
        }
    }

    fn shares(&self, other: &Self) -> bool {
        let (few, many) = if self.seen.len() < other.seen.len() { (self, other) } else { (other, self) };
        few.seen.keys().any(|it| many.seen.contains_key(it))
    }

    /// Whether a name or an answer is among the values of both, or of one, and the other is one short value.
    fn may_be_value(&self, other: &Self) -> bool {
        let is_single = |it: &Self| it.seen.len() == 1 && it.most_words <= MAX_WORDS + 2;
        self.all_known && other.all_known || self.any_known && is_single(other) || other.any_known && is_single(self)
    }

    /// Whether each value went to one of `n_people` only, is short, and is not what a button says.
    fn is_of_one(&self, n_people: usize) -> bool {
        self.seen.len() >= n_people && self.most_words <= MAX_WORDS && !self.has_label
    }
}

/// How many pieces are equal in all values, at the start and at the end.
fn equal_ends(all: &[&[Piece]]) -> (usize, usize) {
    let first = all[0];
    let least = all.iter().map(|it| it.len()).min().unwrap_or(0);
    let is_name = |it: &Piece| it.class == Class::Name;
    let same = |a: &Piece, b: &Piece| a.text == b.text || is_name(a) && is_name(b);
    let mut start = (0..least).take_while(|n| all.iter().all(|it| same(&it[*n], &first[*n]))).count();
    let last = |it: &[Piece], n: usize| it.len() - 1 - n;
    let is_end = |n: &usize| all.iter().all(|it| same(&it[last(it, *n)], &first[last(first, *n)]));
    let mut end = (0..least - start).take_while(is_end).count();
    if all.iter().all(|it| it.len() == start + end) {
        return (start, end);
    }
    // A title that varies belongs to the name beside it: “Elif Hanım”, “Murat Bey”.
    let is_gap = |it: &Piece| it.class == Class::Plain;
    while start > 0
        && (is_name(&first[start - 1]) || start > 1 && is_gap(&first[start - 1]) && is_name(&first[start - 2]))
    {
        start -= 1;
    }
    let at = |n: usize| &first[first.len() - n];
    while end > 0 && (is_name(at(end)) || end > 1 && is_gap(at(end)) && is_name(at(end - 1))) {
        end -= 1;
    }
    (start, end)
}

fn push_plain(parts: &mut Vec<Part>, pieces: &[Piece]) {
    for piece in pieces {
        match parts.last_mut() {
            Some(Part::Plain(text)) => text.push_str(&piece.text),
            _ => parts.push(Part::Plain(piece.text.clone())),
        }
    }
}

/// An address: what is equal in all is kept, up to the last sign between its parts.
fn links(place: &Place, parts: &mut Vec<Part>) {
    let (Some((first, (pieces, _))), Some(last)) = (place.seen.first_key_value(), place.seen.keys().next_back()) else {
        return;
    };
    if place.seen.len() == 1 {
        return push_plain(parts, pieces);
    }
    // Keys are sorted, so what the first and the last share is shared by all.
    let same = first.char_indices().zip(last.chars()).take_while(|it| it.0.1 == it.1);
    let cut = same.filter(|it| "/=?&#".contains(it.1)).last().map_or(0, |it| it.0.0 + 1);
    if cut > 0 {
        push_plain(parts, &[Piece { text: first[..cut].to_owned(), class: Class::Link }]);
    }
    parts.push(Part::Value(Kind::Link, first[cut..].to_owned()));
}
