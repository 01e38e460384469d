//! What else people do: preferences, calls, and changes of their ids.

use serde_json::{Map, json};

use crate::webhooks::cast::Someone;
use crate::webhooks::profile::Profile;
use crate::webhooks::scene::{Item, Scene, with};

/// A person stops or resumes marketing in the app.
pub(super) fn preference(scene: &Scene, step: u64) -> Item {
    let mut dice = scene.dice("preference", step);
    let value = dice.weighed(&[("stop", 65), ("resume", 30), ("signup", 5)]);
    let detail = match value {
        "stop" => "User requested to stop marketing messages",
        "resume" => "User requested to resume marketing messages",
        _ => "User signed up",
    };
    let fields = json!({
        "category": "marketing_messages", "value": value, "detail": detail, "timestamp": scene.at + step as i64,
    });
    let ids = scene.someone.ids(scene.sender, ["wa_id", "user_id", "parent_user_id"]);
    let signup = if value == "signup" { json!({ "signup_id": dice.digits(15) }) } else { json!({}) };
    scene.of_person("user_preferences", "user_preferences", with(with(ids, fields), signup))
}

/// The four events of two calls: one of the person, and one of the business that was not taken.
pub(super) fn call(scene: &Scene, step: u64) -> Item {
    let mut dice = scene.dice("call", step / 2);
    let id = format!("wacid.{}", dice.letters(28));
    let at = scene.at + step as i64;
    let of_person = |more| {
        let ids = scene.someone.ids(scene.sender, ["from", "from_user_id", "from_parent_user_id"]);
        let fields = json!({
            "id": id, "to": scene.sender.digits, "timestamp": at.to_string(), "direction": "USER_INITIATED",
        });
        scene.of_person("calls", "calls", with(with(ids, fields), more))
    };
    match step {
        0 => of_person(json!({ "event": "connect", "session": { "sdp_type": "offer", "sdp": "v=0\r\n" } })),
        1 => of_person(json!({
            "event": "terminate", "status": "COMPLETED", "duration": 42,
            "start_time": (at - 42).to_string(), "end_time": at.to_string(),
        })),
        2 => {
            let ids = scene.someone.ids(scene.sender, ["recipient_id", "recipient_user_id", ""]);
            let fields = json!({ "id": id, "type": "call", "status": "RINGING", "timestamp": at.to_string() });
            scene.without_contact("calls", "statuses", with(ids, fields))
        }
        _ => {
            let ids = scene.someone.ids(scene.sender, ["to", "to_user_id", "to_parent_user_id"]);
            let fields = json!({
                "id": id, "from": scene.sender.digits, "timestamp": at.to_string(), "direction": "BUSINESS_INITIATED",
                "event": "terminate", "status": "FAILED",
            });
            scene.of_person("calls", "calls", with(ids, fields))
        }
    }
}

/// How the platform tells of a change of ids.
#[derive(Clone, Copy, Debug)]
pub(super) enum Telling {
    /// A system message about the number.
    Number,
    /// A system message about the user id.
    UserId,
    /// The field `user_id_update`.
    Update,
}

/// The person, who is the one before the change, has the ids of `after` from now on.
pub(super) fn moved(scene: &Scene, step: u64, after: &Someone, telling: Telling) -> Item {
    let (old, new) = (scene.someone.user_id(scene.sender), after.user_id(scene.sender));
    if matches!(telling, Telling::Update) {
        let payload = json!({
            "wa_id": after.wa_id, "detail": "The user id has changed", "timestamp": scene.at.to_string(),
            "user_id": { "previous": old, "current": new },
        });
        return scene.without_contact("user_id_update", "user_id_update", with(Map::new(), payload));
    }
    let (kind, body) = match telling {
        Telling::Number => {
            let change = format!("{} to {}", scene.someone.wa_id, after.wa_id);
            ("user_changed_number", format!("User {} changed from {change}", scene.someone.name))
        }
        _ => ("user_changed_user_id", format!("User {} changed", scene.someone.name)),
    };
    let mut system = with(Map::new(), json!({ "type": kind, "body": body, "user_id": new, "previous_user_id": old }));
    if matches!(telling, Telling::Number) {
        system.insert("wa_id".to_owned(), after.wa_id.clone().into());
    }
    let payload = json!({
        "from": scene.someone.wa_id, "id": scene.message_id(step), "timestamp": scene.at.to_string(), "type": "system",
        "system": system,
    });
    scene.without_contact("messages", "messages", with(Map::new(), payload))
}

/// The key of the person's phone is another one: somebody else may have the number now.
pub(super) fn key_changed(scene: &Scene, step: u64) -> Item {
    let mut dice = scene.dice("key", step);
    let identity = json!({
        "acknowledged": false, "created_timestamp": scene.at.to_string(), "hash": dice.letters(12),
    });
    let system = json!({ "type": "customer_identity_changed", "body": "The security code has changed" });
    let mut fields = with(
        scene.someone.ids(scene.sender, ["from", "from_user_id", ""]),
        json!({
            "id": scene.message_id(step), "timestamp": scene.at.to_string(), "type": "system", "system": system,
        }),
    );
    // Some documents show the identity inside the system message.
    match scene.profile == Profile::PywaCompat || dice.chance(0.5) {
        true => fields = with(fields, json!({ "identity": identity })),
        false => fields["system"]["identity"] = identity,
    }
    scene.without_contact("messages", "messages", fields)
}
