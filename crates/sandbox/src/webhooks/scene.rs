//! One event, and what it needs to know of the story that it belongs to.

use serde_json::{Map, Value};

use crate::webhooks::cast::{Sender, Someone};
use crate::webhooks::dice::Dice;
use crate::webhooks::profile::Profile;

/// One event, before it is put into a body.
pub(super) struct Item {
    pub(super) sender: &'static Sender,
    /// The field that the application has subscribed to.
    pub(super) field: &'static str,
    /// The list of the value that holds the event. Empty if the value is the event.
    pub(super) list: &'static str,
    pub(super) payload: Value,
    /// The person, as `contacts` shows them.
    pub(super) contact: Option<Value>,
    /// When it happened, in seconds since 1970.
    pub(super) at: i64,
}

/// Who meets whom, and when. Four events make a story.
pub(super) struct Scene {
    pub(super) seed: u64,
    pub(super) profile: Profile,
    /// The number of the story.
    pub(super) story: u64,
    pub(super) sender: &'static Sender,
    pub(super) someone: Someone,
    /// When the story began, in seconds since 1970.
    pub(super) at: i64,
}

impl Scene {
    /// Chances of one event of the story.
    pub(super) fn dice(&self, purpose: &'static str, step: u64) -> Dice {
        Dice::new(self.seed, purpose, self.story * 8 + step)
    }

    /// The id of a message of the story.
    pub(super) fn message_id(&self, n: u64) -> String {
        format!("wamid.{}", self.dice("message id", n).letters(28))
    }

    /// An event of the person, which pywa reads only with a contact.
    pub(super) fn of_person(&self, field: &'static str, list: &'static str, payload: Map<String, Value>) -> Item {
        self.with_contact(field, list, payload, true)
    }

    /// An event whose documents show no contact.
    pub(super) fn without_contact(&self, field: &'static str, list: &'static str, payload: Map<String, Value>) -> Item {
        self.with_contact(field, list, payload, self.profile == Profile::PywaCompat)
    }

    fn with_contact(
        &self,
        field: &'static str,
        list: &'static str,
        payload: Map<String, Value>,
        has_contact: bool,
    ) -> Item {
        let contact = has_contact.then(|| self.someone.contact(self.sender, true));
        Item { sender: self.sender, field, list, payload: payload.into(), contact, at: self.at }
    }

    /// An event of the business: the value of a change.
    pub(super) fn of_business(&self, field: &'static str, value: Value) -> Item {
        Item { sender: self.sender, field, list: "", payload: value, contact: None, at: self.at }
    }
}

/// Puts the fields of an object into another.
pub(super) fn with(mut fields: Map<String, Value>, more: Value) -> Map<String, Value> {
    if let Value::Object(more) = more {
        fields.extend(more);
    }
    fields
}
