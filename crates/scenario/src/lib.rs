//! The neutral form of scenarios: what is said, asked and done, on any channel.

mod card;
mod condition;
mod document;
mod loss;
mod media;
mod passed;
mod script;
mod step;
mod text;
mod words;

pub use card::Card;
pub use condition::{Branch, Condition, Find, Test};
pub use document::{ScenarioError, read_scenarios, schema};
pub use loss::{LOSSES, Loss, PlacedLoss};
pub use media::{CodeNotice, Location, Media, MediaKind, Product};
pub use passed::lead_past;
pub use script::{Answer, Input, Script, Shown, SourceSide, read_scripts, value_named};
pub use step::{Accepts, Act, Call, Choice, END, Goal, Handover, Listen, Message, Question, Step, Timeout, Via};
pub use text::{Text, TextPart, slot_name, without_direction_marks};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One scenario: its trigger and its steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Unique in its file and language: small letters, digits and `_`.
    pub id: String,
    /// What the customer or the business wants, such as `order_status`.
    pub intent: String,
    /// The language of its texts, such as `fr` or `pt_BR`; empty if it is not known.
    pub language: String,
    /// How the language is known.
    #[serde(default, skip_serializing_if = "LanguageBasis::is_declared")]
    pub language_basis: LanguageBasis,
    pub purpose: Purpose,
    /// The category of WhatsApp that the source declares, such as `UTILITY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default)]
    pub criticality: Criticality,
    pub trigger: Trigger,
    /// The slot that the message of the customer that starts the scenario is saved in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<Slot>,
    /// The id of the first step.
    pub start: String,
    pub steps: Vec<Step>,
    /// What the source has and this form cannot express.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<PlacedLoss>,
}

/// How the language of a scenario is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LanguageBasis {
    /// The source declares it.
    #[default]
    Declared,
    /// The texts are written in it, as a detector says.
    Guessed,
    /// The texts are too short to tell. It is the language of the other scenarios, or the one that the user named.
    Assumed,
    /// The source declares it, and the texts are not written in it. Nothing is added to them in either language.
    Doubted {
        /// The language that the texts look like; empty if only their script is known.
        looks_like: String,
        /// Whether the script of the texts is never used for the declared language.
        is_impossible: bool,
    },
}

impl LanguageBasis {
    fn is_declared(&self) -> bool {
        *self == Self::Declared
    }

    /// Whether words of the language may be added to the texts.
    pub fn is_certain(&self) -> bool {
        !matches!(self, Self::Doubted { .. })
    }
}

/// What a scenario is for. The category of a WhatsApp template follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// About something that the customer did or asked for.
    Notification,
    /// To sell or to win back.
    Promotion,
    /// A code that proves the identity of the customer.
    Authentication,
    /// Questions and answers.
    Conversation,
}

impl Purpose {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notification => "notification",
            Self::Promotion => "promotion",
            Self::Authentication => "authentication",
            Self::Conversation => "conversation",
        }
    }

    /// The category that a source means if it declares the purpose; none for a conversation, which may be of each.
    pub fn category(self) -> Option<&'static str> {
        match self {
            Self::Notification => Some("UTILITY"),
            Self::Promotion => Some("MARKETING"),
            Self::Authentication => Some("AUTHENTICATION"),
            Self::Conversation => None,
        }
    }
}

/// How important a scenario is: scenarios that are not critical migrate first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// Such as a newsletter.
    Low,
    #[default]
    Normal,
    /// Such as a payment.
    High,
}

impl Criticality {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// What starts a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// An event in a system of the business, such as an order that is shipped.
    Event {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// The business writes to many customers.
    Campaign,
    /// The customer writes. The phrases are examples of the text; without phrases any text starts it. Slots in a phrase,
    /// as in `a table for {{people}}`, take the words that the customer writes in their place.
    Message {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        phrases: Vec<String>,
    },
}

impl Trigger {
    /// Whether the business writes first, so that WhatsApp's 24-hour window is not open.
    pub fn is_by_business(&self) -> bool {
        !matches!(self, Self::Message { .. })
    }
}

/// Where a scenario was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The kind of file, such as `twilio-studio`.
    pub format: String,
    pub file: String,
    /// Where in the file, such as `line 12` or the name of a state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The number of messages of a log that have this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_messages: Option<u64>,
    /// When the last of these messages was sent, as the log writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
}

/// A value that is filled in when a message is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Small letters, digits and `_`.
    pub name: String,
    /// The name in the source, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// Values that are not personal data; WhatsApp's reviewers see the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    /// The length of the longest value in the data, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest: Option<u32>,
}

impl Slot {
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), source_name: None, examples: Vec::new(), longest: None }
    }
}

impl Scenario {
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|it| it.id == id)
    }

    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|it| it.name == name)
    }

    /// Whether the scenario waits for the customer at any step.
    pub fn is_conversation(&self) -> bool {
        !self.trigger.is_by_business() || self.steps.iter().any(|it| it.act.waits())
    }

    /// Every text of the steps, with its place as a JSON pointer.
    pub fn texts(&self) -> Vec<(String, &Text)> {
        let mut texts = Vec::new();
        for (n, step) in self.steps.iter().enumerate() {
            texts.extend(step.act.text().map(|it| (format!("/steps/{n}/text"), it)));
            let Act::Message(message) = &step.act else { continue };
            for (k, card) in message.cards.iter().enumerate() {
                let place = |field: &str| format!("/steps/{n}/cards/{k}/{field}");
                texts.push((place("title"), &card.title));
                texts.push((place("text"), &card.text));
            }
        }
        texts
    }
}
