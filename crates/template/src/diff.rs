//! What differs between two texts of a template, part by part and word by word.

use std::collections::HashSet;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::{Button, Component, Template};

/// A part of a template that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartDiff {
    /// The part in words, such as `body`, `button 2` or `body of card 1`.
    pub part: String,
    /// The words of both texts, in their order.
    pub words: Vec<DiffWords>,
}

/// Words that are in both texts, or in one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffWords {
    pub change: DiffChange,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffChange {
    Same,
    Added,
    Removed,
}

impl DiffChange {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

impl PartDiff {
    /// The text of one side: that before the change if `change` is [`DiffChange::Removed`].
    fn side(&self, change: DiffChange) -> String {
        self.words
            .iter()
            .filter(|it| [DiffChange::Same, change].contains(&it.change))
            .map(|it| it.text.as_str())
            .collect()
    }

    pub fn before(&self) -> String {
        self.side(DiffChange::Removed)
    }

    pub fn after(&self) -> String {
        self.side(DiffChange::Added)
    }
}

/// The parts that differ between two templates; none if WhatsApp would take them for the same. Handles of samples do not
/// count: each upload gives another.
pub fn diff(before: &Template, after: &Template) -> Vec<PartDiff> {
    let (before, after) = (parts(before), parts(after));
    let mut names: Vec<&String> = before.iter().map(|it| &it.0).collect();
    names.extend(after.iter().map(|it| &it.0));
    let mut seen = HashSet::new();
    names.retain(|it| seen.insert(*it));
    // A part that is there twice is compared as one.
    let text = |parts: &[(String, String)], name: &str| {
        parts.iter().filter(|it| it.0 == name).map(|it| it.1.as_str()).collect::<Vec<_>>().join("\n")
    };
    let differing = names.into_iter().filter_map(|name| {
        let (before, after) = (text(&before, name), text(&after, name));
        (before != after).then(|| PartDiff { part: name.clone(), words: diff_words(&before, &after) })
    });
    differing.collect()
}

/// Limits the texts that are compared word by word, in bytes. Templates and messages are shorter, and a comparison of long
/// texts takes long.
const MOST_BYTES: usize = 20_000;

/// The words of both texts in their order, those that are gone before those that are new. White space between two changes
/// belongs to both, so that a changed phrase is one change.
pub fn diff_words(before: &str, after: &str) -> Vec<DiffWords> {
    let mut phrases = Phrases::default();
    if before.len().max(after.len()) > MOST_BYTES {
        (phrases.removed, phrases.added) = (before.to_owned(), after.to_owned());
        return phrases.end();
    }
    for change in TextDiff::from_words(before, after).iter_all_changes() {
        phrases.add(change.tag(), change.value());
    }
    phrases.end()
}

/// Words that are gone and words that are new, up to the next ones that are the same.
#[derive(Default)]
struct Phrases {
    words: Vec<DiffWords>,
    removed: String,
    added: String,
    /// White space after a change.
    space: String,
}

impl Phrases {
    fn add(&mut self, tag: ChangeTag, text: &str) {
        let is_in_change = !(self.removed.is_empty() && self.added.is_empty());
        match tag {
            ChangeTag::Equal if is_in_change && text.trim().is_empty() => self.space += text,
            ChangeTag::Equal => {
                self.flush();
                self.push(DiffChange::Same, text.to_owned());
            }
            ChangeTag::Delete => {
                self.join();
                self.removed += text;
            }
            ChangeTag::Insert => {
                self.join();
                self.added += text;
            }
        }
    }

    fn join(&mut self) {
        let space = std::mem::take(&mut self.space);
        self.removed += &space;
        self.added += &space;
    }

    fn flush(&mut self) {
        let [removed, added, space] = [&mut self.removed, &mut self.added, &mut self.space].map(std::mem::take);
        self.push(DiffChange::Removed, removed);
        self.push(DiffChange::Added, added);
        self.push(DiffChange::Same, space);
    }

    fn push(&mut self, change: DiffChange, text: String) {
        match self.words.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.change == change => last.text += &text,
            _ => self.words.push(DiffWords { change, text }),
        }
    }

    fn end(mut self) -> Vec<DiffWords> {
        self.flush();
        self.words
    }
}

/// Every part of a template in words, with its text. No field is left out.
fn parts(template: &Template) -> Vec<(String, String)> {
    let Template { name, language, category, parameter_format, components, message_send_ttl_seconds, other } = template;
    let format = parameter_format.as_deref().filter(|it| !it.eq_ignore_ascii_case("POSITIONAL"));
    let lifetime = message_send_ttl_seconds.map(|it| format!("{it} seconds")).unwrap_or_default();
    let mut parts = vec![
        ("name".to_owned(), name.clone()),
        ("language".to_owned(), language.clone()),
        ("category".to_owned(), category.to_uppercase()),
        ("variables".to_owned(), format.unwrap_or("POSITIONAL").to_uppercase()),
        ("lifetime".to_owned(), lifetime),
    ];
    add_components(components, "", &mut parts);
    parts.extend(other.iter().map(|(name, value)| (name.clone(), value.to_string())));
    parts
}

fn add_components(components: &[Component], of: &str, parts: &mut Vec<(String, String)>) {
    let mut add = |part: &str, text: String| parts.push((format!("{part}{of}"), text));
    let mut cards = Vec::new();
    for component in components {
        match component {
            Component::Header(it) => {
                let text = it.text.clone().unwrap_or_default();
                let media = Some(it.format.to_uppercase()).filter(|it| it != "TEXT");
                add("header", media.map_or(text.clone(), |media| format!("{media} {text}").trim_end().to_owned()));
                let example = it.example.clone().unwrap_or_default();
                add("example of the header", examples(&example.header_text, &example.header_text_named_params));
            }
            Component::Body(it) => {
                add("body", it.text.clone().unwrap_or_default());
                let example = it.example.clone().unwrap_or_default();
                add("examples of the body", examples(example.body_text.values(), &example.body_text_named_params));
                let warning = it.add_security_recommendation.is_some_and(|it| it);
                add("security recommendation", if warning { "yes" } else { "" }.to_owned());
            }
            Component::Footer(it) => {
                add("footer", it.text.clone().unwrap_or_default());
                let minutes = it.code_expiration_minutes.map(|it| format!("{it} minutes"));
                add("expiration of the code", minutes.unwrap_or_default());
            }
            Component::Buttons(it) => {
                it.buttons.iter().zip(1..).for_each(|(it, n)| add(&format!("button {n}"), button(it)));
            }
            Component::Carousel(it) => cards.extend(&it.cards),
            Component::Other(it) => {
                let kind = it.get("type").and_then(Value::as_str).unwrap_or("component").to_lowercase();
                add(&kind, it.to_string());
            }
        }
    }
    for (card, n) in cards.iter().zip(1..) {
        let of = format!(" of card {n}");
        add_components(&card.components, &of, parts);
        parts.extend(card.other.iter().map(|(name, value)| (format!("{name}{of}"), value.to_string())));
    }
}

fn examples(values: &[String], named: &[crate::NamedExample]) -> String {
    let named = named.iter().map(|it| format!("{} = {}", it.param_name, it.example));
    values.iter().cloned().chain(named).collect::<Vec<_>>().join(" | ")
}

fn button(button: &Button) -> String {
    let Button { kind, text, url, phone_number, otp_type, example, other } = button;
    let example = example.as_ref().filter(|_| !button.examples().is_empty());
    let example = example.map(|_| format!("(example: {})", button.examples().join(" | ")));
    let known = [Some(kind.to_uppercase()), text.clone(), url.clone(), phone_number.clone(), otp_type.clone(), example];
    let other = other.iter().map(|(name, value)| format!("{name} {value}"));
    known.into_iter().flatten().chain(other).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(value: Value) -> Template {
        serde_json::from_value(value).unwrap()
    }

    /// The differences as `part: same [-removed-] {+added+}`.
    fn shown(before: &Value, after: &Value) -> String {
        let part = |it: &PartDiff| {
            let word = |it: &DiffWords| match it.change {
                DiffChange::Same => it.text.clone(),
                DiffChange::Removed => format!("[-{}-]", it.text),
                DiffChange::Added => format!("{{+{}+}}", it.text),
            };
            format!("{}: {}\n", it.part, it.words.iter().map(word).collect::<String>())
        };
        diff(&template(before.clone()), &template(after.clone())).iter().map(part).collect()
    }

    fn order() -> Value {
        json!({ "name": "order", "language": "en", "category": "UTILITY", "components": [
            { "type": "HEADER", "format": "IMAGE" },
            { "type": "BODY", "text": "Hello {{1}}, it is on its way.", "example": { "body_text": [["Ana"]] } },
            { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Stop" }] },
        ] })
    }

    #[test]
    fn words_that_differ_are_marked_in_their_part() {
        let mut after = order();
        after["category"] = json!("MARKETING");
        after["components"][1]["text"] = json!("Hello {{1}}, it is at the door.");
        after["components"][2]["buttons"] = json!([
            { "type": "QUICK_REPLY", "text": "Stop it" },
            { "type": "URL", "text": "Track", "url": "https://example.com/{{1}}", "example": ["https://example.com/A"] },
        ]);
        after["components"].as_array_mut().unwrap().push(json!({ "type": "FOOTER", "text": "ACME" }));
        assert_eq!(
            shown(&order(), &after),
            "category: [-UTILITY-]{+MARKETING+}\n\
             body: Hello {{1}}, it is [-on its way.-]{+at the door.+}\n\
             button 1: QUICK_REPLY Stop{+ it+}\n\
             button 2: {+URL Track https://example.com/{{1}} (example: https://example.com/A)+}\n\
             footer: {+ACME+}\n"
        );
    }

    #[test]
    fn a_handle_of_a_sample_and_the_usual_kind_of_variables_are_no_difference() {
        let mut after = order();
        after["parameter_format"] = json!("POSITIONAL");
        after["category"] = json!("utility");
        after["components"][0]["example"] = json!({ "header_handle": ["4::abc"] });
        assert_eq!(shown(&order(), &after), "");
    }

    #[test]
    fn no_field_is_left_out() {
        let before = json!({ "name": "a", "components": [] });
        for (after, expected) in [
            (
                json!({ "name": "a", "components": [], "cta_url_link_tracking_opted_out": true }),
                "cta_url_link_tracking_opted_out: {+true+}\n",
            ),
            (
                json!({ "name": "a", "components": [{ "type": "LIMITED_TIME_OFFER", "x": 1 }] }),
                "limited_time_offer: {+{\"type\":\"LIMITED_TIME_OFFER\",\"x\":1}+}\n",
            ),
            (json!({ "name": "a", "components": [], "message_send_ttl_seconds": 60 }), "lifetime: {+60 seconds+}\n"),
            (
                json!({ "name": "a", "components": [{ "type": "CAROUSEL", "cards": [{ "components": [{ "type": "BODY", "text": "B" }] }] }] }),
                "body of card 1: {+B+}\n",
            ),
            (json!({ "name": "b", "language": "fr", "components": [] }), "name: [-a-]{+b+}\nlanguage: {+fr+}\n"),
        ] {
            assert_eq!(shown(&before, &after), expected);
        }
    }

    #[test]
    fn both_texts_can_be_read_back() {
        let mut after = order();
        after["components"][1]["text"] = json!("Bonjour {{1}}.\nMerci");
        let diffs = diff(&template(order()), &template(after.clone()));
        assert_eq!(diffs[0].before(), "Hello {{1}}, it is on its way.");
        assert_eq!(diffs[0].after(), "Bonjour {{1}}.\nMerci");
    }
}
