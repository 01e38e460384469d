//! Bodies: entries of accounts, changes of fields, lists of events.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter};
use serde_json::{Map, Value, json};

use crate::webhooks::cast::Sender;
use crate::webhooks::scene::Item;

/// Puts events into one body, in their order. Neighbours of one account share its entry, and those of one number, field and
/// list share a change.
pub(super) fn assemble(items: Vec<Item>) -> Value {
    let mut entries: Vec<Entry> = Vec::new();
    for item in items {
        let time = item.list.is_empty().then_some(item.at);
        let is_same = |it: &&mut Entry| it.account == item.sender.account && it.time == time;
        match entries.last_mut().filter(is_same) {
            Some(entry) => entry.add(item),
            None => {
                let mut entry = Entry { account: item.sender.account, time, changes: Vec::new() };
                entry.add(item);
                entries.push(entry);
            }
        }
    }
    let entries: Vec<Value> = entries.into_iter().map(Entry::into_value).collect();
    json!({ "object": "whatsapp_business_account", "entry": entries })
}

/// An entry. Only what happens to the business has its time.
struct Entry {
    account: &'static str,
    time: Option<i64>,
    changes: Vec<Change>,
}

impl Entry {
    fn add(&mut self, item: Item) {
        let is_same = |it: &&mut Change| {
            !item.list.is_empty()
                && it.field == item.field
                && it.list == item.list
                && it.sender.id == item.sender.id
                && it.contacts.is_empty() == item.contact.is_none()
        };
        match self.changes.last_mut().filter(is_same) {
            Some(change) => change.add(item),
            None => {
                let mut change = Change {
                    sender: item.sender,
                    field: item.field,
                    list: item.list,
                    contacts: Vec::new(),
                    items: Vec::new(),
                };
                change.add(item);
                self.changes.push(change);
            }
        }
    }

    fn into_value(self) -> Value {
        let changes: Vec<Value> = self.changes.into_iter().map(Change::into_value).collect();
        match self.time {
            Some(time) => json!({ "id": self.account, "time": time, "changes": changes }),
            None => json!({ "id": self.account, "changes": changes }),
        }
    }
}

struct Change {
    sender: &'static Sender,
    field: &'static str,
    list: &'static str,
    contacts: Vec<Value>,
    items: Vec<Value>,
}

impl Change {
    /// Adds an event. A person is one contact, with the user name if any of the events shows it.
    fn add(&mut self, item: Item) {
        self.items.push(item.payload);
        let Some(contact) = item.contact else { return };
        let known = self.contacts.iter_mut().find(|it| it["user_id"] == contact["user_id"]);
        match known {
            Some(known) if known.pointer("/profile/username").is_none() => *known = contact,
            Some(_) => {}
            None => self.contacts.push(contact),
        }
    }

    fn into_value(mut self) -> Value {
        if self.list.is_empty() {
            return json!({ "field": self.field, "value": self.items.pop() });
        }
        let mut value = Map::new();
        value.insert("messaging_product".to_owned(), "whatsapp".into());
        value.insert("metadata".to_owned(), self.sender.metadata());
        if !self.contacts.is_empty() {
            value.insert("contacts".to_owned(), self.contacts.into());
        }
        value.insert(self.list.to_owned(), self.items.into());
        json!({ "field": self.field, "value": value })
    }
}

/// Writes JSON as Meta does: in ASCII, with what is not ASCII as `\u00e9` and a slash as `\/`. Who signs what they wrote
/// anew signs other bytes.
pub(crate) fn in_ascii(body: &Value) -> String {
    let mut written = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut written, Ascii);
    // Writing to memory does not fail.
    let _ = body.serialize(&mut writer);
    String::from_utf8(written).unwrap_or_default()
}

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for letter in fragment.chars() {
            match letter {
                '/' => writer.write_all(b"\\/")?,
                ' '..='~' => writer.write_all(&[letter as u8])?,
                _ => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"\\/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_in_ascii_and_read_back_as_it_was() {
        let value = json!({ "a/b": "é 😀 \"x\" \\ \n\t\u{8}\0\u{7f}", "n": [1, 2.5, null, true] });
        let written = in_ascii(&value);
        assert!(written.is_ascii(), "{written}");
        assert!(written.starts_with(r#"{"a\/b":"\u00e9 \ud83d\ude00 \"x\""#), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
