//! What a platform tells by a webhook, in no platform's form.
//!
//! One body brings any number of events. They are stored as they are here, so replays need no body.

use jiff::Timestamp;
use phone::PhoneNumber;
use serde::{Deserialize, Serialize};

use crate::{ConsentChannel, Personal};

/// Something that a platform has told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Names the event for good: it has the same key in every body that brings it. Ids of messages hold phone numbers,
    /// so only a keyed digest of it is stored.
    #[serde(skip)]
    pub key: Personal<String>,
    /// The account at the platform. Empty if the platform names none.
    pub account: String,
    /// The business's number or sender, as the platform names it. Empty if the event is about the whole account.
    pub sender: String,
    /// The channel that it is about. Of none are only events that change nothing, such as those of another product.
    pub channel: Option<EventChannel>,
    /// When it happened, by the word of the platform.
    pub at: Option<Timestamp>,
    pub content: EventContent,
}

/// A channel on which the business and people write to each other. One platform can have several, in one webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventChannel {
    Sms,
    Whatsapp,
}

impl EventChannel {
    const ALL: [Self; 2] = [Self::Sms, Self::Whatsapp];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        ConsentChannel::from(self).name()
    }

    /// Reads back what [`EventChannel::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl From<EventChannel> for ConsentChannel {
    fn from(channel: EventChannel) -> Self {
        match channel {
            EventChannel::Sms => Self::Sms,
            EventChannel::Whatsapp => Self::Whatsapp,
        }
    }
}

/// What an [`Event`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventContent {
    /// What became of a message of the business.
    Status(StatusEvent),
    /// A message of a person.
    Message(InboundMessage),
    /// A person has stopped or resumed messages of the business in the app.
    Preference(PreferenceEvent),
    /// An identity of a person has changed.
    Identity(IdentityTold),
    /// A person has called the business.
    Call(CallEvent),
    Template(TemplateEvent),
    Number(NumberEvent),
    Account(AccountEvent),
    /// It is kept and counted, and changes nothing.
    Other(OtherEvent),
}

/// The ids by which a platform names a person. Any of them can be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonIds {
    /// The number: the digits of WhatsApp, or as the platform writes it. On other channels too.
    pub wa_id: Option<Personal<String>>,
    /// The business-scoped user id.
    pub user_id: Option<Personal<String>>,
    pub parent_user_id: Option<Personal<String>>,
    pub username: Option<Personal<String>>,
}

impl PersonIds {
    /// Whether no id is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads one id by its form: where a number is expected, a business-scoped user id such as `US.13491208655302741918`
    /// can stand, or that of a parent, `US.ENT.…`.
    pub fn of_id(id: String) -> Self {
        let kind = UserIdKind::of(&id);
        let id = Some(Personal(id));
        match kind {
            Some(UserIdKind::Parent) => Self { parent_user_id: id, ..Self::default() },
            Some(UserIdKind::Own) => Self { user_id: id, ..Self::default() },
            None => Self { wa_id: id, ..Self::default() },
        }
    }

    /// The number that `wa_id` names: digits, with or without a plus.
    pub fn phone(&self) -> Option<PhoneNumber> {
        let Personal(id) = self.wa_id.as_ref()?;
        let digits = id.trim();
        PhoneNumber::from_e164(&format!("+{}", digits.strip_prefix('+').unwrap_or(digits)))
    }
}

/// The two kinds of business-scoped user ids.
enum UserIdKind {
    Own,
    Parent,
}

impl UserIdKind {
    /// None if the text is no such id: a country, a dot, `ENT.` for a parent, and up to 128 letters and digits.
    fn of(id: &str) -> Option<Self> {
        let (country, rest) = id.split_once('.')?;
        let parent = rest.strip_prefix("ENT.");
        let own = parent.unwrap_or(rest);
        let is_country = country.len() == 2 && country.bytes().all(|it| it.is_ascii_uppercase());
        let is_id = (1..=128).contains(&own.len()) && own.bytes().all(|it| it.is_ascii_alphanumeric());
        (is_country && is_id).then_some(if parent.is_some() { Self::Parent } else { Self::Own })
    }
}

/// What became of a message of the business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEvent {
    /// The platform's id of the message.
    pub message: Personal<String>,
    /// The id that the business gave it, as it came back.
    pub opaque_id: Option<String>,
    pub state: MessageState,
    pub person: PersonIds,
    /// The group that it was sent to. The person is then one of its members.
    pub group: Option<String>,
    pub error: Option<MessageError>,
    pub price: Option<Price>,
}

/// How far a message has come. A state that is not known is kept as the platform writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    Accepted,
    /// The platform keeps it back until it has judged others of its kind.
    Held,
    Sent,
    Delivered,
    Read,
    Failed,
    Other(String),
}

/// Why a message failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageError {
    pub code: Option<i64>,
    /// The platform's words. They can name a person.
    pub details: Option<Personal<String>>,
}

/// What the platform says about the price of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    pub is_billable: Option<bool>,
    pub category: Option<String>,
    pub model: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// A message of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundMessage {
    /// The platform's id of the message.
    pub message: Personal<String>,
    pub person: PersonIds,
    pub group: Option<String>,
    /// The platform's word for what it is: `text`, `button`, `image`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the person wrote, or the title of the button or row that was pressed. Not stored: it is read when the event
    /// comes in.
    #[serde(skip)]
    pub text: Option<Personal<String>>,
    /// The payload of a button or the id of a row, which the business has written.
    pub payload: Option<String>,
    /// The platform's id of the message that it answers.
    pub answers: Option<Personal<String>>,
    /// Whether another app of the business has the conversation, so that nobody here answers it.
    pub is_standby: bool,
}

/// A person has stopped or resumed messages in the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferenceEvent {
    pub person: PersonIds,
    /// What it is about, in the platform's words: `marketing_messages`.
    pub category: String,
    pub choice: PreferenceChoice,
}

/// What a person chose in the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreferenceChoice {
    Stop,
    Resume,
    /// The person signed up by a link, whose id it is.
    Signup(Option<String>),
    Other(String),
}

/// An identity of a person has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityTold {
    pub change: IdentityTelling,
    /// The ids from now on.
    pub person: PersonIds,
    /// The ids before.
    pub before: PersonIds,
}

/// How an identity has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityTelling {
    /// The person has another number.
    NumberChanged,
    /// The person has another business-scoped user id.
    UserIdChanged,
    /// The number may be that of another person: the key of its phone has changed.
    KeyChanged,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEvent {
    pub call: Personal<String>,
    pub person: PersonIds,
    /// Whether the person called. Only that opens the window in which the business may answer.
    pub is_by_person: bool,
    /// What happened to the call, in the platform's word.
    pub event: String,
}

/// What is said of a template. What is not said is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateEvent {
    /// The platform's id.
    pub id: String,
    pub name: String,
    /// As templates have it: `en_US`.
    pub language: String,
    pub status: Option<String>,
    pub reason: Option<String>,
    pub disable_at: Option<Timestamp>,
    /// Which pause it is, in the platform's word.
    pub pause: Option<String>,
    pub quality: Option<String>,
    /// The category that it has now. A category that is only announced does not change it.
    pub category: Option<String>,
    pub announced_category: Option<String>,
    pub announced_for: Option<Timestamp>,
}

/// What is said of a number of the business, in the platform's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberEvent {
    pub about: String,
    pub event: String,
    /// The limit of people a day: a number, or -1 for none.
    pub limit: Option<i64>,
    /// Anything else that it says, as names and values.
    pub rest: Vec<(String, String)>,
}

/// What is said of the account, in the platform's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEvent {
    pub about: String,
    pub event: String,
    /// The limit of people a day of the whole portfolio: a number, or -1 for none.
    pub limit: Option<i64>,
    pub rest: Vec<(String, String)>,
}

/// An event that is kept and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherEvent {
    /// The platform's word for what it subscribes to.
    pub field: String,
    /// The platform's word for what it is. Empty if it has none.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the platform's documents name it, so that it is no surprise.
    pub is_known: bool,
    /// The person whom it names, if it is in the place of a message.
    #[serde(default, skip_serializing_if = "PersonIds::is_empty")]
    pub person: PersonIds,
    /// What it looks like, as JSON with all values taken out. None if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
}

/// A part of a body that could not be read as an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenEvent {
    /// Where it stands in the body, as a JSON pointer.
    pub place: String,
    /// Why it could not be read. It names no value.
    pub reason: String,
}

/// What a body holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsRead {
    pub events: Vec<Event>,
    pub broken: Vec<BrokenEvent>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_number_or_a_user_id_by_its_form() {
        let kind = |id: &str| {
            let ids = PersonIds::of_id(id.to_owned());
            [("number", ids.wa_id), ("user id", ids.user_id), ("parent", ids.parent_user_id)]
                .into_iter()
                .find_map(|(kind, id)| id.map(|_| kind))
        };
        let longest = format!("FR.{}", "a1".repeat(64));
        for (id, expected) in [
            ("33199000001", "number"),
            ("US.13491208655302741918", "user id"),
            ("US.ENT.11815799212886844830", "parent"),
            ("US.ENT", "user id"),
            ("US.", "number"),
            ("us.1", "number"),
            ("USA.1", "number"),
            ("US.1-2", "number"),
            ("US.ENT.1.2", "number"),
            (&longest, "user id"),
            (&format!("{longest}a"), "number"),
        ] {
            assert_eq!(kind(id), Some(expected), "{id}");
        }
    }

    #[test]
    fn the_number_of_a_person_is_read_with_and_without_plus() {
        for (id, expected) in [
            ("33199000001", Some("+33199000001")),
            ("+33199000001", Some("+33199000001")),
            ("FR.33199000001", None),
            ("0199000001", None),
            ("", None),
        ] {
            let ids = PersonIds { wa_id: Some(Personal(id.to_owned())), ..PersonIds::default() };
            assert_eq!(ids.phone().map(|it| it.to_string()).as_deref(), expected, "{id}");
        }
    }
}
