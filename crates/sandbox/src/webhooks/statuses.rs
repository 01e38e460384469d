//! What became of messages of the business.

use serde_json::{Map, Value, json};

use crate::webhooks::cast::Someone;
use crate::webhooks::profile::Profile;
use crate::webhooks::scene::{Item, Scene, with};

/// The states of a message, as a story has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Held,
    Sent,
    Delivered,
    Read,
    Played,
    Failed,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Held => "held_for_quality_assessment",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
        }
    }
}

/// Codes of failed statuses with their titles and details, and how often they come.
const ERRORS: [((u32, &str, &str), u32); 8] = [
    ((131_026, "Message undeliverable", "Message Undeliverable."), 40),
    (
        (
            131_049,
            "This message was not delivered to maintain healthy ecosystem engagement.",
            "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
        ),
        20,
    ),
    ((131_050, "User has stopped marketing messages", "Recipient has opted out of marketing messages."), 10),
    ((131_047, "Re-engagement message", "More than 24 hours have passed since the customer last replied."), 10),
    ((130_472, "User's number is part of an experiment", "Failed to send the message because of an experiment."), 5),
    (
        (131_042, "Business eligibility payment issue", "Message failed because of a problem with the payment method."),
        3,
    ),
    ((132_015, "Template is paused", "The template is paused because of low quality."), 3),
    ((131_000, "Something went wrong", "Message failed to send because of an unknown error."), 2),
];

/// A status of the message `n` of the story, so many seconds after it began.
pub(super) fn status(scene: &Scene, n: u64, state: State, seconds: i64) -> Item {
    let at = scene.at + seconds;
    let mut status =
        with(Map::new(), json!({ "id": scene.message_id(n), "status": state.name(), "timestamp": at.to_string() }));
    let hides_user_id = state == State::Failed && scene.profile == Profile::MetaDoc && !scene.someone.hides_number;
    let names = ["recipient_id", if hides_user_id { "" } else { "recipient_user_id" }, ""];
    status.extend(scene.someone.ids(scene.sender, names));
    let mut dice = scene.dice("opaque id", n);
    if dice.chance(0.8) {
        status.insert("biz_opaque_callback_data".to_owned(), opaque_id(scene, n).into());
    }
    if state == State::Failed {
        status.insert("errors".to_owned(), errors(scene, n));
    } else if has_price(scene, n, state) {
        status = with(status, price(scene, n));
    }
    let shows_username = !matches!(state, State::Held | State::Sent);
    let has_contact = state != State::Failed || scene.profile == Profile::PywaCompat;
    let contact = has_contact.then(|| scene.someone.contact(scene.sender, shows_username));
    Item { sender: scene.sender, field: "messages", list: "statuses", payload: status.into(), contact, at }
}

/// A status of a message to a group, about one of its members: a message to a group has one id.
pub(super) fn group_status(scene: &Scene, member: &Someone, state: State, seconds: i64) -> Item {
    let at = scene.at + seconds;
    let names = ["recipient_participant_id", "recipient_participant_user_id", "recipient_participant_parent_user_id"];
    let fields = json!({
        "id": scene.message_id(0),
        "status": state.name(),
        "timestamp": at.to_string(),
        "recipient_type": "group",
        "recipient_id": group(scene),
    });
    let payload = with(member.ids(scene.sender, names), fields).into();
    let contact = Some(member.contact(scene.sender, true));
    Item { sender: scene.sender, field: "messages", list: "statuses", payload, contact, at }
}

/// The id of the group of a story.
pub(super) fn group(scene: &Scene) -> String {
    format!("Y2FwaV9ncm91cDo{}", scene.dice("group", 0).letters(12))
}

/// The id that the business gave a message: a UUID, as a sender's outbox has it.
fn opaque_id(scene: &Scene, n: u64) -> String {
    let mut dice = scene.dice("uuid", n);
    let mut hex = |n: u32| format!("{:0width$x}", dice.below(1 << (4 * n.min(8))), width = n as usize);
    format!("{}-{}-7{}-8{}-{}{}", hex(8), hex(4), hex(3), hex(3), hex(8), hex(4))
}

/// The price comes with `sent` and with the first of `delivered` and `read`.
fn has_price(scene: &Scene, n: u64, state: State) -> bool {
    let comes_with_delivered = scene.dice("price at", n).chance(0.7);
    match state {
        State::Sent => true,
        State::Delivered => comes_with_delivered,
        State::Read => !comes_with_delivered,
        _ => false,
    }
}

fn price(scene: &Scene, n: u64) -> Value {
    let mut dice = scene.dice("price", n);
    let category = dice.weighed(&[
        ("marketing", 50),
        ("marketing_lite", 15),
        ("utility", 20),
        ("service", 10),
        ("authentication", 5),
    ]);
    let kind = match category {
        "service" => dice.pick(&["regular", "free_customer_service"]),
        _ if dice.chance(0.05) => "free_entry_point",
        _ => "regular",
    };
    let pricing = json!({
        "billable": kind == "regular", "pricing_model": "PMP", "category": category, "type": kind,
    });
    match kind {
        // Since version 24 only such conversations are shown.
        "free_entry_point" => json!({
            "pricing": pricing,
            "conversation": { "id": dice.letters(32).to_lowercase(), "origin": { "type": "referral_conversion" } },
        }),
        _ => json!({ "pricing": pricing }),
    }
}

fn errors(scene: &Scene, n: u64) -> Value {
    let (code, title, details) = scene.dice("error", n).weighed(&ERRORS);
    json!([{
        "code": code,
        "title": title,
        "message": title,
        "error_data": { "details": details },
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }])
}
