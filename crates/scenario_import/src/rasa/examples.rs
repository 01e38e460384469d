//! Examples of users, and the entities in them.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use crate::phrases::Piece;

/// `[text](entity)`, `[text](entity:value)` and `[text]{"entity": "x", "value": "y"}`.
static ENTITY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\[([^\]]+)\](?:\(([^)]*)\)|(\{[^}]*\}))").ok());

/// A phrase, and the values of the entities in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Example {
    pub(super) text: String,
    pub(super) entities: Vec<(String, String)>,
    /// The text in pieces, with the entities that the pieces are. A piece that stands for another value is plain text.
    pub(super) pieces: Vec<Piece>,
}

impl Example {
    pub(super) fn parse(line: &str) -> Self {
        let (mut pieces, mut entities, mut at) = (Vec::new(), Vec::new(), 0);
        for found in ENTITY.iter().flat_map(|it| it.captures_iter(line)) {
            let Some(whole) = found.get(0) else { continue };
            let named = entity(&found);
            let is_itself = named.as_ref().filter(|it| it.1 == found[1]).map(|it| it.0.clone());
            pieces.push((line[at..whole.start()].to_owned(), None));
            pieces.push((found[1].to_owned(), is_itself));
            entities.extend(named);
            at = whole.end();
        }
        pieces.push((line[at..].to_owned(), None));
        let text: String = pieces.iter().map(|it| it.0.as_str()).collect();
        Self { text: text.trim().to_owned(), entities, pieces }
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
