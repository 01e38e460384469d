//! Texts with named slots.

use std::borrow::Cow;
use std::fmt::{self, Write};

use any_ascii::any_ascii_char;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text with named slots, written `Hello {{name}}`.
///
/// Braces that hold no name, as in `{{ }}` or `{{a b}}`, are plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Vec<TextPart>);

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextPart {
    Plain(String),
    /// The name of a slot: small letters, digits and `_`.
    Slot(String),
}

/// The text without the invisible marks for left and right (U+200E, U+200F) that stand beside no script that is written
/// from right to left: editors leave them behind, and they carry nothing.
pub fn without_direction_marks(text: &str) -> Cow<'_, str> {
    const MARKS: [char; 2] = ['\u{200e}', '\u{200f}'];
    let is_right_to_left =
        |it: char| matches!(it, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    match text.contains(MARKS) && !text.contains(is_right_to_left) {
        true => Cow::Owned(text.replace(MARKS, "")),
        false => Cow::Borrowed(text),
    }
}

impl Text {
    /// The text without marks of direction that carry nothing.
    #[must_use]
    pub fn without_direction_marks(&self) -> Self {
        let whole = self.to_string();
        match without_direction_marks(&whole) {
            Cow::Owned(plain) => Self::parse(&plain),
            Cow::Borrowed(_) => self.clone(),
        }
    }

    pub fn parse(text: &str) -> Self {
        let mut it = Self::default();
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            let Some(length) = rest[open + 2..].find("}}") else { break };
            let inside = rest[open + 2..open + 2 + length].trim();
            // `{{{name}}`: the slot begins at the last brace.
            if inside.starts_with('{') {
                it.push_plain(&rest[..open + 1]);
                rest = &rest[open + 1..];
                continue;
            }
            if is_slot_name(inside) {
                it.push_plain(&rest[..open]);
                it.push_slot(inside);
            } else {
                it.push_plain(&rest[..open + 2 + length + 2]);
            }
            rest = &rest[open + 2 + length + 2..];
        }
        it.push_plain(rest);
        it
    }

    pub fn plain(text: &str) -> Self {
        let mut it = Self::default();
        it.push_plain(text);
        it
    }

    pub fn push_plain(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(TextPart::Plain(last)) => last.push_str(text),
            _ => self.0.push(TextPart::Plain(text.to_owned())),
        }
    }

    pub fn push_slot(&mut self, name: &str) {
        self.0.push(TextPart::Slot(name.to_owned()));
    }

    pub fn push(&mut self, other: &Self) {
        for part in &other.0 {
            match part {
                TextPart::Plain(text) => self.push_plain(text),
                TextPart::Slot(name) => self.push_slot(name),
            }
        }
    }

    pub fn parts(&self) -> &[TextPart] {
        &self.0
    }

    /// The slots in the order of the text; a slot that is used twice is listed twice.
    pub fn slots(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|it| match it {
            TextPart::Slot(name) => Some(name.as_str()),
            TextPart::Plain(_) => None,
        })
    }

    /// The text with every slot replaced.
    pub fn fill<'a>(&self, value: impl Fn(&str) -> Cow<'a, str>) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                TextPart::Plain(it) => text.push_str(it),
                TextPart::Slot(name) => text.push_str(&value(name)),
            }
        }
        text
    }

    /// The text with its plain parts rewritten and its slots unchanged.
    #[must_use]
    pub fn map_plain(&self, rewrite: impl Fn(&str) -> String) -> Self {
        let mut it = Self::default();
        for part in &self.0 {
            match part {
                TextPart::Plain(text) => it.push_plain(&rewrite(text)),
                TextPart::Slot(name) => it.push_slot(name),
            }
        }
        it
    }

    /// The text without white space at both ends.
    #[must_use]
    pub fn trimmed(&self) -> Self {
        let mut it = self.clone();
        if let Some(TextPart::Plain(first)) = it.0.first_mut() {
            *first = first.trim_start().to_owned();
        }
        if let Some(TextPart::Plain(last)) = it.0.last_mut() {
            *last = last.trim_end().to_owned();
        }
        it.0.retain(|part| !matches!(part, TextPart::Plain(text) if text.is_empty()));
        it
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn is_slot_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
}

/// Makes the name of a slot from any name: `Prénom du client` becomes `prenom_du_client`, `имя` becomes `imya`.
///
/// WhatsApp accepts small letters, digits and `_` in the names of parameters.
pub fn slot_name(text: &str) -> String {
    let mut name = String::new();
    for character in text.nfkc().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' => name.push(character),
            // Marks over Latin and other letters that go without them.
            '\u{300}'..='\u{36f}' => {}
            // The vowels of Indic and other scripts are marks.
            _ if character.is_alphanumeric() || is_combining_mark(character) => {
                let latin = any_ascii_char(character).chars().map(|it| it.to_ascii_lowercase());
                name.extend(latin.filter(char::is_ascii_alphanumeric));
            }
            _ if name.ends_with('_') || name.is_empty() => {}
            _ => name.push('_'),
        }
    }
    let name = name.trim_end_matches('_');
    if name.is_empty() { "value".to_owned() } else { name.to_owned() }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                TextPart::Plain(text) => f.write_str(text)?,
                TextPart::Slot(name) => {
                    f.write_str("{{")?;
                    f.write_str(name)?;
                    f.write_str("}}")?;
                }
            }
        }
        f.write_str("")
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::parse(text)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        write!(text, "{self}").map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&Cow::<str>::deserialize(deserializer)?))
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A text with named slots, written {{name}}." })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slots_are_what_stands_in_double_braces() {
        let slots = |text: &str| Text::parse(text).slots().collect::<Vec<_>>().join(" ");
        assert_eq!(slots("Hello {{name}}, see you at {{ hour_2 }}."), "name hour_2");
        assert_eq!(slots("{{}} {{ }} {{a b}} {{Name}} {{name"), "");
        assert_eq!(slots("{{{name}}}"), "name");
    }

    #[test]
    fn names_of_slots_are_plain() {
        for (text, name) in [
            ("Prénom du client", "prenom_du_client"),
            ("flow.data.order-id", "flow_data_order_id"),
            ("1", "1"),
            ("¿?", "value"),
            ("Straße", "strasse"),
            ("müşteri adı", "musteri_adi"),
            ("имя клиента", "imya_klienta"),
            ("ημερομηνία", "imerominia"),
            ("नंबर २", "nmbr_2"),
            ("姓名", "xingming"),
            ("이름", "ileum"),
        ] {
            assert_eq!(slot_name(text), name);
        }
    }

    proptest! {
        #[test]
        fn a_text_written_and_read_again_is_the_same(text in "[a-c{} ]{0,24}") {
            let parsed = Text::parse(&text);
            prop_assert_eq!(Text::parse(&parsed.to_string()), parsed);
        }
    }

    #[test]
    fn marks_of_direction_are_taken_out_where_nothing_is_written_from_right_to_left() {
        let plain = |text: &str| Text::parse(text).without_direction_marks().to_string();
        assert_eq!(plain("responda 'español'\u{200f}\u{200e} {{name}}"), "responda 'español' {{name}}");
        assert_eq!(plain("رقم \u{200e}12\u{200f}"), "رقم \u{200e}12\u{200f}");
    }
}
