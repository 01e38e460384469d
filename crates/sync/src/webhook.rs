//! From a webhook to an observation.
//!
//! The shape decides, not the name of the field: Meta's own sample of a quality update carries the name of a status
//! update. A status update names a category too, which is not taken: only a completed category update changes it.

use jiff::Timestamp;
use serde_json::Value;

use crate::known::Announcement;
use crate::observation::{CategorySeen, Observation, StatusSeen};

/// The template that a webhook is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// WhatsApp's id.
    pub id: String,
    pub name: String,
    /// As templates have it: `en_US`. Webhooks write `en-US`.
    pub language: String,
}

/// Reads the `value` of a change of `message_template_status_update`, `message_template_quality_update` or
/// `template_category_update`. `at` is the `time` of its entry. None if it says nothing about a template.
pub fn of_webhook(value: &Value, at: Timestamp) -> Option<(Named, Observation)> {
    let named = named(value)?;
    let mut seen = Observation::at(at);
    match (text(value, "event"), text(value, "new_quality_score"), text(value, "new_category")) {
        (Some(event), _, _) => seen.status = Some(status(value, event)),
        (_, Some(score), _) => seen.quality = Some(score),
        (_, _, Some(category)) => seen.category = Some(category_seen(value, category)),
        _ => return None,
    }
    Some((named, seen))
}

fn named(value: &Value) -> Option<Named> {
    let id = match value.get("message_template_id")? {
        Value::String(id) => id.clone(),
        id => id.to_string(),
    };
    let language = text(value, "message_template_language")?.replace('-', "_");
    Some(Named { id, name: text(value, "message_template_name")?, language })
}

fn status(value: &Value, status: String) -> StatusSeen {
    let reason = text(value, "reason").filter(|it| it != "NONE");
    let rejection = value.get("rejection_info").unwrap_or(&Value::Null);
    let parts = [reason, text(rejection, "reason"), text(rejection, "recommendation")];
    let reason = parts.into_iter().flatten().reduce(|all, it| match all.ends_with(['.', '!', '?']) {
        true => format!("{all} {it}"),
        false => format!("{all}: {it}"),
    });
    let disable_at = value.pointer("/disable_info/disable_date").and_then(moment);
    let pause = value.get("other_info").and_then(|it| text(it, "title"));
    StatusSeen { status, reason, disable_at, pause }
}

fn category_seen(value: &Value, category: String) -> CategorySeen {
    let at = value.get("category_update_timestamp").and_then(moment);
    let announced = text(value, "correct_category").map(|category| Announcement { category, at });
    CategorySeen { category, announced }
}

/// A text that is there and not empty.
fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).filter(|it| !it.is_empty()).map(str::to_owned)
}

/// A moment in seconds, which Meta writes as a number or as a text.
fn moment(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(mut value: Value) -> Observation {
        value["message_template_id"] = json!(1_689_556_908_129_832_u64);
        value["message_template_name"] = json!("order_confirmation");
        value["message_template_language"] = json!("en-US");
        let (named, seen) = of_webhook(&value, Timestamp::UNIX_EPOCH).unwrap();
        let language = "en_US".to_owned();
        assert_eq!(named, Named { id: "1689556908129832".into(), name: "order_confirmation".into(), language });
        seen
    }

    #[test]
    fn a_status_comes_with_its_reason_its_pause_and_its_day_and_without_a_category() {
        let approved = read(json!({ "event": "APPROVED", "reason": "NONE", "message_template_category": "UTILITY" }));
        let status = StatusSeen { status: "APPROVED".into(), ..StatusSeen::default() };
        assert_eq!(approved, Observation { status: Some(status), ..Observation::at(Timestamp::UNIX_EPOCH) });

        let rejected = read(json!({
            "event": "REJECTED", "reason": "INVALID_FORMAT", "message_template_category": "MARKETING",
            "rejection_info": { "reason": "Variables stand beside each other.", "recommendation": "Put words between them." },
        }));
        let reason = "INVALID_FORMAT: Variables stand beside each other. Put words between them.";
        assert_eq!(rejected.status.unwrap().reason.as_deref(), Some(reason));

        let disabled = read(json!({ "event": "DISABLED", "disable_info": { "disable_date": "1751234563" } }));
        assert_eq!(disabled.status.unwrap().disable_at, Timestamp::from_second(1_751_234_563).ok());
        let paused = read(json!({ "event": "PAUSED", "reason": null, "other_info": { "title": "FIRST_PAUSE" } }));
        let paused = paused.status.unwrap();
        assert_eq!((paused.pause.as_deref(), paused.reason), (Some("FIRST_PAUSE"), None));
        assert_eq!(read(json!({ "event": "MELTED" })).status.unwrap().status, "MELTED");
    }

    #[test]
    fn a_score_is_known_by_its_shape() {
        let seen = read(json!({ "previous_quality_score": "GREEN", "new_quality_score": "YELLOW" }));
        assert_eq!((seen.quality.as_deref(), seen.status), (Some("YELLOW"), None));
    }

    #[test]
    fn a_category_is_announced_first_and_changed_then() {
        let announced = read(json!({
            "new_category": "UTILITY", "correct_category": "MARKETING", "category_update_timestamp": 1_760_711_433,
        }));
        let at = Timestamp::from_second(1_760_711_433).ok();
        let announcement = Announcement { category: "MARKETING".into(), at };
        assert_eq!(
            announced.category,
            Some(CategorySeen { category: "UTILITY".into(), announced: Some(announcement) })
        );
        let done = read(json!({ "previous_category": "UTILITY", "new_category": "MARKETING" }));
        assert_eq!(done.category, Some(CategorySeen { category: "MARKETING".into(), announced: None }));
    }

    #[test]
    fn what_is_about_no_template_is_no_observation() {
        for value in [json!({}), json!({ "event": "APPROVED" }), json!([]), json!({ "message_template_id": 1 })] {
            assert_eq!(of_webhook(&value, Timestamp::UNIX_EPOCH), None, "{value}");
        }
    }
}
