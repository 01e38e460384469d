//! The WhatsApp side of a scenario: what is sent at each step, and which step follows each answer.

use scenario::{Act, Goal, Timeout, Trigger};
use serde::Serialize;
use serde_json::Value;
use template::SessionMessage;

/// A scenario as it runs on WhatsApp.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Flow {
    /// What starts the scenario: an event, or what the customer writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    pub start: String,
    /// The slot that the message of the customer that starts the scenario is saved in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_message: Option<String>,
    pub steps: Vec<FlowStep>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowStep {
    pub id: String,
    /// The step of the scenario that this step comes from.
    pub from: String,
    #[serde(flatten)]
    pub act: FlowAct,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "a flow has few steps")]
pub enum FlowAct {
    Send(Sends),
    /// A step that sends nothing: a decision, a call, a wait, a handover.
    Other(Act),
}

/// Messages that are sent one after the other, and what follows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sends {
    pub sends: Vec<Outgoing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaits: Option<Awaits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Goal,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outgoing {
    /// Allowed at any time.
    Template {
        name: String,
        language: String,
        /// The slots that fill the variables of the body, in their order.
        parameters: Vec<String>,
        /// The slot that fills the end of the address of each button that has one, or its code, by the number of the button.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        buttons: Vec<(usize, String)>,
        /// What fills the header: the address of its media, or the slot of its text.
        #[serde(skip_serializing_if = "Option::is_none")]
        header: Option<String>,
        /// What fills the cards of a carousel, in their order.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        cards: Vec<SentCard>,
    },
    /// Allowed within 24 hours after the customer's last message.
    Message(SessionMessage),
}

/// What fills a card of a carousel.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SentCard {
    /// The address of its picture or video.
    pub header: String,
    /// The slots that fill the variables of its body, in their order.
    pub parameters: Vec<String>,
    /// The slot that fills the end of the address of each button that has one, by the number of the button.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<(usize, String)>,
    /// The payload of each quick reply, by the number of the button: cards may have buttons of the same text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payloads: Vec<(usize, String)>,
}

impl SentCard {
    /// The slots that fill the card.
    pub fn slots(&self) -> impl Iterator<Item = &str> {
        let in_header = self.header.split("{{").skip(1).filter_map(|it| Some(it.split_once("}}")?.0));
        self.parameters.iter().chain(self.buttons.iter().map(|it| &it.1)).map(String::as_str).chain(in_header)
    }
}

/// The answer that a step waits for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Awaits {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Route>,
    /// The slot that the answer is saved in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The next step after any other answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Goal,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Timeout>,
}

/// An answer by a tap, and the step that follows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Route {
    /// The id or payload that WhatsApp sends back.
    pub id: String,
    /// The whole title, as the source has it.
    pub title: String,
    /// The name of the card that the button is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// The value that is saved.
    pub value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Goal,
    /// Whether the source does not have this route, such as the next page of a list.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_ours: bool,
    /// Whether the customer sends a location.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_location: bool,
}

impl Flow {
    /// The flow with every message in the format of `POST /{phone-number-id}/messages`, without `to`. `catalog` is the
    /// id of the catalogue, for products.
    pub fn json(&self, catalog: &str) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        for (n, step) in self.steps.iter().enumerate() {
            let FlowAct::Send(sends) = &step.act else { continue };
            for (k, outgoing) in sends.sends.iter().enumerate() {
                if let Outgoing::Message(message) = outgoing {
                    value["steps"][n]["sends"][k]["message"] = message.json(catalog);
                }
            }
        }
        value
    }

    pub fn step(&self, id: &str) -> Option<&FlowStep> {
        self.steps.iter().find(|it| it.id == id)
    }
}
