//! Reads the text of a message: keywords alone, or with words of courtesy around them.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::fold::Tokens;
use crate::meaning::agreed;
use crate::{Meaning, strictest};

/// The most words of a message that is read as a keyword. Longer messages say more than "stop".
const MAX_TOKENS: usize = 24;

/// The role of a phrase in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Keyword(Meaning),
    Courtesy,
    BeforeDigits,
}

/// The phrases that a message may consist of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phrases {
    /// By their words, with blanks and without: `stop all`, `stopall`.
    parts: HashMap<String, Part>,
    /// Every word of every phrase. A text is read only as far as its words are known.
    tokens: HashSet<String>,
    longest: usize,
}

impl Part {
    /// Combines the roles of one phrase in two languages. A keyword on which they disagree is unclear.
    pub(crate) fn or_unclear(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Keyword(one), Self::Keyword(other)) => Self::Keyword(agreed(one, other)),
            (keyword @ Self::Keyword(_), _) | (_, keyword @ Self::Keyword(_)) => keyword,
            _ => Self::Courtesy,
        }
    }
}

impl Phrases {
    pub(crate) fn put(&mut self, phrase: &str, part: Part) {
        let tokens: Vec<String> = Tokens::of(phrase).collect();
        if tokens.is_empty() {
            return;
        }
        self.longest = self.longest.max(tokens.len());
        self.parts.insert(tokens.join(" "), part);
        self.parts.insert(tokens.concat(), part);
        self.tokens.insert(tokens.concat());
        self.tokens.extend(tokens);
    }

    /// Like [`Phrases::put`], and also replaces phrases that are the same without blanks: `optout` replaces `opt out`.
    pub(crate) fn replace(&mut self, phrase: &str, part: Part) {
        let glued: String = Tokens::of(phrase).collect();
        for (_, known) in self.parts.iter_mut().filter(|it| it.0.replace(' ', "") == glued) {
            *known = part;
        }
        self.put(phrase, part);
    }

    pub(crate) fn sorted(&self) -> BTreeMap<&str, Part> {
        self.parts.iter().map(|(words, part)| (words.as_str(), *part)).collect()
    }

    pub(crate) fn read(&self, text: &str) -> Meaning {
        let (tokens, is_whole) = self.known_tokens(text);
        let (parts, n_read) = self.parse(&tokens);
        let keywords: Vec<Meaning> = parts.into_iter().filter_map(Part::keyword).collect();
        if is_whole && n_read == tokens.len() {
            return match keywords.iter().all(|it| it.is_refusal()) || keywords.iter().all(|it| *it == Meaning::Yes) {
                true => strictest(keywords),
                false => Meaning::Unclear,
            };
        }
        match keywords.first() {
            Some(first) if first.is_refusal() => Meaning::Unclear,
            _ => self.spelled(text),
        }
    }

    /// The words of a text without blanks and without courtesy at its ends; none if it has no courtesy.
    pub(crate) fn without_courtesy(&self, text: &str) -> Option<String> {
        let tokens: Vec<String> = Tokens::of(text).take(MAX_TOKENS).collect();
        let mut rest = tokens.as_slice();
        while let Some((n, _)) = self.longest_at(rest).filter(|it| it.1 == Part::Courtesy) {
            rest = rest.get(n..).unwrap_or_default();
        }
        while let Some(n) = self.courtesy_at_the_end(rest) {
            rest = rest.get(..rest.len() - n).unwrap_or_default();
        }
        (rest.len() < tokens.len()).then(|| rest.concat())
    }

    fn courtesy_at_the_end(&self, tokens: &[String]) -> Option<usize> {
        let is_courtesy = |n: &usize| {
            let end = tokens.len().checked_sub(*n).and_then(|it| tokens.get(it..));
            end.is_some_and(|it| self.parts.get(&it.join(" ")) == Some(&Part::Courtesy))
        };
        (1..=self.longest.min(tokens.len())).rev().find(is_courtesy)
    }

    /// The known words at the beginning of a text, and whether they are the whole text.
    fn known_tokens(&self, text: &str) -> (Vec<String>, bool) {
        let mut known = Vec::new();
        for token in Tokens::of(text) {
            match self.known_token(token) {
                Some(token) if known.len() < MAX_TOKENS => known.push(token),
                _ => return (known, false),
            }
        }
        (known, true)
    }

    /// The word as phrases have it; `stooop` is `stop`.
    fn known_token(&self, token: String) -> Option<String> {
        if is_number(&token) || self.tokens.contains(&token) {
            return Some(token);
        }
        let shorter = shortened(&token)?;
        self.tokens.contains(&shorter).then_some(shorter)
    }

    /// The longest phrases at the beginning, one after the other, and the count of their words.
    fn parse(&self, tokens: &[String]) -> (Vec<Part>, usize) {
        let mut parts = Vec::new();
        let mut rest = tokens;
        while let Some(first) = rest.first() {
            let n = match self.longest_at(rest) {
                Some((n, Part::BeforeDigits)) if !rest.get(n).is_some_and(|it| is_number(it)) => break,
                Some((n, part)) => {
                    parts.push(part);
                    n
                }
                None if is_number(first) => 1,
                None => break,
            };
            rest = rest.get(n..).unwrap_or_default();
        }
        (parts, tokens.len() - rest.len())
    }

    fn longest_at(&self, tokens: &[String]) -> Option<(usize, Part)> {
        let at = |n: usize| Some((n, *self.parts.get(&tokens.get(..n)?.join(" "))?));
        (1..=self.longest.min(tokens.len())).rev().find_map(at)
    }

    /// Reads `S.T.O.P` as the keyword that its letters spell.
    fn spelled(&self, text: &str) -> Meaning {
        let is_letter = |it: &String| it.chars().nth(1).is_none();
        let letters: Vec<String> = Tokens::of(text).take(MAX_TOKENS).take_while(is_letter).collect();
        match self.parts.get(&letters.concat()) {
            Some(Part::Keyword(meaning)) if Tokens::of(text).nth(letters.len()).is_none() => *meaning,
            _ => Meaning::Nothing,
        }
    }
}

impl Part {
    fn keyword(self) -> Option<Meaning> {
        match self {
            Self::Keyword(meaning) if meaning != Meaning::Nothing => Some(meaning),
            _ => None,
        }
    }
}

/// The word with every run of three or more equal letters reduced to one letter; none if there is no such run.
fn shortened(token: &str) -> Option<String> {
    let letters: Vec<char> = token.chars().collect();
    let runs: Vec<&[char]> = letters.chunk_by(|one, other| one == other).collect();
    let short = |run: &&[char]| if run.len() > 2 { 1 } else { run.len() };
    runs.iter().any(|it| it.len() > 2).then(|| runs.iter().flat_map(|it| it.iter().take(short(it))).collect())
}

fn is_number(token: &str) -> bool {
    token.bytes().all(|it| it.is_ascii_digit())
}
