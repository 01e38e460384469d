use std::collections::BTreeMap;

use crate::RowName;

/// The rows that gave the values of a contact which have no [`Field`](crate::Field), where these rows are of an earlier
/// import, by the names of the values.
///
/// A value that is not named here came from a row of the latest import. So a first import names nothing. If the contact
/// had several rows in the earlier import, all of them are named, because which of them gave the value was not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EarlierRows(BTreeMap<String, RowName>);

impl EarlierRows {
    /// The rows of a value, such as `2026-11-28-spring/sms:1-3 2026-11-28-spring/viber:7`.
    pub fn get(&self, value: &str) -> Option<&RowName> {
        self.0.get(value)
    }

    /// Names the rows of a value; none if the value came from the latest import.
    pub fn set(&mut self, value: String, rows: Option<RowName>) {
        match rows {
            Some(rows) => _ = self.0.insert(value, rows),
            None => _ = self.0.remove(&value),
        }
    }

    /// The values by name, each with its rows.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RowName)> {
        self.0.iter().map(|(value, rows)| (value.as_str(), rows))
    }

    /// The rows of all values.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut RowName> {
        self.0.values_mut()
    }
}

/// The name of an attribute among the values of a contact, such as `attributes.city`.
pub fn attribute_value(name: &str) -> String {
    format!("attributes.{}", escaped(name))
}

/// The name of a tag among the values of a contact, such as `tags.paris%2011`.
pub fn tag_value(tag: &str) -> String {
    format!("tags.{}", escaped(tag))
}

/// The text with blanks, commas, `=` and `%` written as in an address of the web: a list of values is split at them.
fn escaped(text: &str) -> String {
    let is_plain = |it: char| !it.is_whitespace() && !it.is_control() && !matches!(it, ',' | '=' | '%');
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut bytes = [0; 4];
    let mut escaped = String::with_capacity(text.len() + 8);
    for it in text.chars() {
        match is_plain(it) {
            true => escaped.push(it),
            false => it.encode_utf8(&mut bytes).bytes().for_each(|it| escaped += &format!("%{it:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_value_has_no_blank_and_no_equals_sign() {
        assert_eq!(attribute_value("city"), "attributes.city");
        for (tag, name) in [("vip", "vip"), ("paris 11", "paris%2011"), ("100%", "100%25"), ("a=b,c", "a%3Db%2Cc")] {
            assert_eq!(tag_value(tag), format!("tags.{name}"));
        }
        assert_eq!(tag_value("été\u{a0}26"), "tags.été%C2%A026");
    }
}
