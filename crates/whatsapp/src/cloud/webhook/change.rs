//! A change of a body, with what its entry says about it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Event, EventChannel, EventContent, Personal};
use serde_json::Value;
use serde_json::value::RawValue;

use super::field::{text, word};
use super::people::People;

/// A change: one value of one field, of one account and mostly of one number.
pub(super) struct Change<'a> {
    /// The id of the account.
    pub(super) account: String,
    /// The time of the entry.
    pub(super) time: Option<Timestamp>,
    pub(super) field: String,
    pub(super) value: &'a RawValue,
    /// The parts of the value; none if it is no object.
    pub(super) parts: Option<BTreeMap<String, &'a RawValue>>,
    /// The id of the business's number.
    pub(super) sender: String,
    /// The digits of the business's number.
    pub(super) number: String,
    pub(super) people: People,
}

impl<'a> Change<'a> {
    pub(super) fn new(
        account: String,
        time: Option<Timestamp>,
        field: String,
        value: &'a RawValue,
        parts: Option<BTreeMap<String, &'a RawValue>>,
    ) -> Self {
        let part = |name| parts.as_ref().and_then(|it| it.get(name)).map(|it| serde_json::from_str(it.get()));
        let metadata = part("metadata").and_then(Result::ok).unwrap_or(Value::Null);
        let of_number = |name| word(&metadata, name).ok().flatten().unwrap_or_default();
        let (sender, number) = (of_number("phone_number_id"), digits(&of_number("display_phone_number")));
        let people = People::read(part("contacts").and_then(Result::ok).as_ref());
        Self { account, time, field, value, parts, sender, number, people }
    }

    pub(super) fn event(&self, key: Personal<String>, at: Option<Timestamp>, content: EventContent) -> Event {
        let (account, sender) = (self.account.clone(), self.sender.clone());
        Event { key, account, sender, channel: Some(EventChannel::Whatsapp), at, content }
    }

    /// Whether the errors of the value belong to no message or call in it.
    pub(super) fn has_own_errors(&self) -> bool {
        !["statuses", "calls"].iter().any(|it| self.parts.as_ref().is_some_and(|parts| parts.contains_key(*it)))
    }

    /// The first error of the value. It is that of its messages, if they name none.
    pub(super) fn error(&self) -> Option<Value> {
        let errors: Value = serde_json::from_str(self.parts.as_ref()?.get("errors")?.get()).ok()?;
        errors.get(0).cloned()
    }

    /// Whether an item names the business as the one from whom it comes.
    pub(super) fn is_from_business(&self, item: &Value) -> bool {
        !self.number.is_empty() && text(item, "from").is_some_and(|it| digits(it) == self.number)
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
