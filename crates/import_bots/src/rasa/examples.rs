//! Examples of users, and the entities in them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use import_base::phrases::Piece;

/// `[text](entity)`, `[text](entity:value)` and `[text]{"entity": "x", "value": "y"}`.
static ENTITY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\[([^\]]+)\](?:\(([^)]*)\)|(\{[^}]*\}))").ok());

/// A phrase, and the values of the entities in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Example {
    pub(super) text: String,
    pub(super) entities: Vec<(String, String)>,
    /// The text in pieces, with the entities that the pieces are. A piece that stands for another value is plain text.
    pub(super) pieces: Vec<Piece>,
    /// The pieces that are marked, by their place, with their entities.
    pub(super) marks: Vec<(usize, String)>,
}

impl Example {
    pub(super) fn parse(line: &str) -> Self {
        let (mut pieces, mut entities, mut marks, mut at) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for found in ENTITY.iter().flat_map(|it| it.captures_iter(line)) {
            let Some(whole) = found.get(0) else { continue };
            let named = entity(&found);
            let is_itself = named.as_ref().filter(|it| it.1 == found[1]).map(|it| it.0.clone());
            pieces.push((line[at..whole.start()].to_owned(), None));
            marks.extend(named.as_ref().map(|it| (pieces.len(), it.0.clone())));
            pieces.push((found[1].to_owned(), is_itself));
            entities.extend(named);
            at = whole.end();
        }
        pieces.push((line[at..].to_owned(), None));
        let text: String = pieces.iter().map(|it| it.0.as_str()).collect();
        Self { text: text.trim().to_owned(), entities, pieces, marks }
    }

    /// Replaces values by those that they stand for.
    pub(super) fn apply_synonyms(&mut self, synonyms: &BTreeMap<String, String>) {
        for ((_, value), (at, _)) in self.entities.iter_mut().zip(&self.marks) {
            if let Some(other) = synonyms.get(&value.to_lowercase()).filter(|it| *it != value) {
                value.clone_from(other);
                self.pieces[*at].1 = None;
            }
        }
    }

    /// The text with another value of an entity; none if it has no such entity.
    pub(super) fn with_value(&self, entity: &str, value: &str) -> Option<String> {
        let (at, _) = self.marks.iter().find(|it| it.1 == entity)?;
        let pieces = self.pieces.iter().enumerate().map(|(n, it)| if n == *at { value } else { it.0.as_str() });
        Some(pieces.collect::<String>().trim().to_owned())
    }
}

fn entity(found: &Captures<'_>) -> Option<(String, String)> {
    let text = found[1].to_owned();
    if let Some(short) = found.get(2) {
        return Some(match short.as_str().split_once(':') {
            Some((entity, value)) => (entity.to_owned(), value.to_owned()),
            None => (short.as_str().to_owned(), text),
        });
    }
    let value: Value = serde_json::from_str(found.get(3)?.as_str()).ok()?;
    let entity = value.get("entity")?.as_str()?.to_owned();
    Some((entity, value.get("value").map_or(text, super::bot::scalar)))
}

/// The lines of examples: a text with a line for each, or a list of `text: …`.
pub(super) fn lines(examples: &Value) -> Vec<String> {
    match examples {
        Value::String(text) => {
            text.lines().filter_map(|it| it.trim().strip_prefix('-')).map(|it| it.trim().to_owned()).collect()
        }
        Value::Array(list) => list
            .iter()
            .filter_map(|it| it.as_str().or_else(|| it.get("text")?.as_str()))
            .map(|it| it.trim().trim_start_matches('-').trim().to_owned())
            .collect(),
        _ => Vec::new(),
    }
}
