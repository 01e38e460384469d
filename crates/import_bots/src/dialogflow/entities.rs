//! Entities of an agent: the words that a parameter can be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::agent::strings;

/// Limits the words of an entity in an expression.
const MAX_WORDS: usize = 300;

/// The expression of any text.
pub(super) const ANY_TEXT: &str = ".+?";

/// The entities by name, with their values by language.
#[derive(Default)]
pub(super) struct Entities {
    values: BTreeMap<String, BTreeMap<String, Vec<EntityValue>>>,
    /// Entities whose values are expressions.
    patterns: BTreeSet<String>,
    /// Entities that take other words too.
    open: BTreeSet<String>,
}

/// A value and the words that stand for it.
pub(super) struct EntityValue {
    pub(super) value: String,
    pub(super) words: Vec<String>,
}

impl Entities {
    /// Reads a file of an entity: what kind of entity it is, or its values in a language.
    pub(super) fn read(&mut self, name: &str, value: &Value) {
        let is = |key: &str| value.get(key).and_then(Value::as_bool) == Some(true);
        match name.rsplit_once("_entries_") {
            Some((entity, language)) => {
                let values = value.as_array().into_iter().flatten().filter_map(EntityValue::read).collect();
                self.values.entry(entity.to_owned()).or_default().insert(language.to_owned(), values);
            }
            None if is("isRegexp") => drop(self.patterns.insert(name.to_owned())),
            None if is("automatedExpansion") => drop(self.open.insert(name.to_owned())),
            None => {}
        }
    }

    /// The values of an entity of the agent; none of those of Dialogflow's own.
    pub(super) fn values(&self, kind: &str, language: &str) -> Option<&[EntityValue]> {
        let name = kind.trim_start_matches('@');
        let values = self.values.get(name).filter(|_| !self.patterns.contains(name))?;
        let root = language.split(['-', '_']).next().unwrap_or_default();
        let values = values.get(language).or_else(|| values.get(root))?;
        let n_words: usize = values.iter().map(|it| it.words.len()).sum();
        Some(values.as_slice()).filter(|_| (1..=MAX_WORDS).contains(&n_words))
    }

    /// The values of an entity that takes no other words.
    fn closed(&self, kind: &str, language: &str) -> Option<&[EntityValue]> {
        self.values(kind, language).filter(|_| !self.open.contains(kind.trim_start_matches('@')))
    }

    /// The expression of the words of an entity that takes no others, the longest first.
    pub(super) fn closed_words(&self, kind: &str, language: &str) -> Option<String> {
        let values = self.closed(kind, language)?;
        let mut words: Vec<&str> = values.iter().flat_map(|it| &it.words).map(String::as_str).collect();
        words.sort_by_key(|it| std::cmp::Reverse(it.len()));
        Some(words.iter().map(|it| regex::escape(it)).collect::<Vec<_>>().join("|"))
    }

    /// The expression of the values of an entity between other words of a phrase.
    pub(super) fn expression(&self, kind: &str, language: &str) -> String {
        self.form(kind, language).unwrap_or_else(|| ANY_TEXT.to_owned())
    }

    /// The expression of the values of an entity that is all of a text; none if only Dialogflow's model knows them.
    pub(super) fn alone(&self, kind: &str, language: &str) -> Option<String> {
        let is_any = ["", "sys.any"].contains(&kind.trim_start_matches('@'));
        if is_any { Some(ANY_TEXT.to_owned()) } else { self.form(kind, language) }
    }

    /// The expression of values that have a form or a list of their own.
    fn form(&self, kind: &str, language: &str) -> Option<String> {
        if let Some(words) = self.closed_words(kind, language) {
            return Some(words);
        }
        let form = match kind.trim_start_matches('@') {
            "sys.number" | "sys.number-integer" | "sys.cardinal" | "sys.number-sequence" => r"\d[\d.,]*",
            "sys.phone-number" => r"\+?[\d (][\d ().-]{4,}",
            "sys.email" => r"\S+@\S+",
            "sys.url" => r"(?:https?://|www\.)\S+",
            _ => return None,
        };
        Some(form.to_owned())
    }
}

impl EntityValue {
    fn read(value: &Value) -> Option<Self> {
        let name = value.get("value")?.as_str()?.trim().to_owned();
        let mut words = strings(value.get("synonyms"));
        words.push(name.clone());
        words.iter_mut().for_each(|it| *it = it.trim().to_owned());
        words.sort();
        words.dedup();
        words.retain(|it| !it.is_empty());
        Some(Self { value: name, words })
    }

    /// The words that are not the value itself.
    pub(super) fn synonyms(&self) -> Vec<String> {
        let value = self.value.to_lowercase();
        self.words.iter().filter(|it| it.to_lowercase() != value).cloned().collect()
    }
}
