//! The WhatsApp side of a scenario: what is sent at each step, and where answers lead.

use scenario::{Act, Goal, Timeout};
use serde::Serialize;
use serde_json::Value;
use template::SessionMessage;

/// A scenario as WhatsApp carries it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Flow {
    pub start: String,
    pub steps: Vec<FlowStep>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowStep {
    pub id: String,
    /// The step of the scenario that it stands for, alone or with others.
    pub from: String,
    #[serde(flatten)]
    pub act: FlowAct,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FlowAct {
    Send(Sends),
    /// What customers do not see: decisions, calls, waits, the way to a person.
    Other(Act),
}

/// Messages, one after the other, and what comes then.
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
        /// The slot that fills the end of the address of each button that has one, by the number of the button.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        buttons: Vec<(usize, String)>,
        /// What fills the header: the address of its media.
        #[serde(skip_serializing_if = "Option::is_none")]
        header: Option<String>,
    },
    /// Allowed within 24 hours after the customer's last message.
    Message(SessionMessage),
}

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Awaits {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Route>,
    /// What the answer is remembered as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// For any other answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Goal,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Timeout>,
}

/// An answer that is a tap, and where it leads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Route {
    /// The id or payload that WhatsApp sends back.
    pub id: String,
    /// The whole title, as the source has it.
    pub title: String,
    /// What is remembered.
    pub value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Goal,
    /// A way that the source does not have, such as the next page of a list.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_ours: bool,
    /// Sends where the customer is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_location: bool,
}

impl Flow {
    /// The flow with every message as `POST /{phone-number-id}/messages` takes it, but for `to`. `catalog` is the id of the
    /// catalogue, for products.
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
