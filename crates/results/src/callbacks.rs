//! The results of `ferry webhook`.

use schemars::JsonSchema;
use serde::Serialize;

/// The result of `ferry webhook show`.
#[derive(Serialize, JsonSchema)]
pub struct WebhooksShown {
    pub webhooks: Vec<WebhookShown>,
}

/// What is registered at the platform of a webhook.
#[derive(Serialize, JsonSchema)]
pub struct WebhookShown {
    pub name: String,
    pub kind: &'static str,
    /// The address that the plan names; null if it names none. A secret path is left out.
    pub address: Option<String>,
    /// The program that gets each body after it was stored, without the query of its address.
    pub forward: Option<String>,
    /// The addresses that are registered.
    pub callbacks: Vec<CallbackShown>,
    /// Which address gets the messages of each number.
    pub messages: Vec<MessagesGoTo>,
    /// What a person has to enter, if Ferry cannot.
    pub by_hand: Option<String>,
}

/// An address that is registered.
#[derive(Serialize, JsonSchema)]
pub struct CallbackShown {
    /// `app`, `account`, `number` or `channel`.
    pub place: &'static str,
    /// The platform's id; empty if it says none.
    pub id: String,
    /// Null if none is registered there.
    pub url: Option<String>,
    pub is_of_plan: bool,
}

/// The address that gets the messages of a number.
#[derive(Serialize, JsonSchema)]
pub struct MessagesGoTo {
    /// The platform's id of the number; empty if it says none.
    pub number: String,
    /// The place whose address counts.
    pub by: &'static str,
    /// Null if nothing gets them.
    pub url: Option<String>,
    pub is_of_plan: bool,
}

/// The result of `ferry webhook register`.
#[derive(Serialize, JsonSchema)]
pub struct WebhookRegistered {
    pub webhook: String,
    /// `account`, `number` or `channel`.
    pub place: &'static str,
    pub id: String,
    /// The address that the place had; null if it had none. To go back, register it again.
    pub before: Option<String>,
    /// The address of the plan.
    pub address: String,
    /// False if it was there already, after --dry-run, and if nobody confirmed.
    pub changed: bool,
    /// Addresses that got messages until now.
    pub replaced: Vec<String>,
    /// What to look at.
    pub notes: Vec<String>,
}
