//! What is said of templates.
//!
//! The shape decides, not the name of the field: Meta's own sample of a quality update carries the name of a status
//! update. A status update names a category too, which is not taken: only a completed category update changes it.

use model::{Event, EventContent, TemplateEvent};
use serde_json::Value;

use super::change::Change;
use super::field::{Unreadable, moment, text, word};
use super::key;

const FIELDS: &[&str] =
    &["message_template_quality_update", "message_template_status_update", "template_category_update"];

/// Whether a value is about one template, or should be by the name of its field.
pub(super) fn is_about_one(change: &Change<'_>, value: &Value) -> bool {
    let says = ["event", "new_quality_score", "new_category"].iter().any(|it| value.get(it).is_some());
    FIELDS.contains(&&*change.field) || (says && value.get("message_template_id").is_some())
}

/// Reads the value of a change that is about a template.
pub(super) fn template(change: &Change<'_>, value: &Value) -> Result<Event, Unreadable> {
    let named = |name| word(value, name)?.ok_or(Unreadable("the template is not named"));
    let status = word(value, "event")?;
    let is_status = status.is_some();
    let category = word(value, "new_category")?;
    let template = TemplateEvent {
        id: named("message_template_id")?,
        name: named("message_template_name")?,
        // Webhooks write `en-US`.
        language: named("message_template_language")?.replace('-', "_"),
        reason: if is_status { reason(value) } else { None },
        disable_at: value.get("disable_info").and_then(|it| moment(it, "disable_date")).filter(|_| is_status),
        pause: word(value.get("other_info").unwrap_or(&Value::Null), "title")?.filter(|_| is_status),
        status,
        quality: word(value, "new_quality_score")?,
        announced_category: word(value, "correct_category")?.filter(|_| category.is_some()),
        announced_for: moment(value, "category_update_timestamp").filter(|_| category.is_some()),
        category,
    };
    if template.status.is_none() && template.quality.is_none() && template.category.is_none() {
        return Err(Unreadable("nothing is said of the template"));
    }
    let key = key::of(&["template", &change.account, &key::time(change.time), &key::digest(value)]);
    Ok(change.event(key, change.time, EventContent::Template(template)))
}

fn reason(value: &Value) -> Option<String> {
    let reason = text(value, "reason").filter(|it| *it != "NONE");
    let rejection = value.get("rejection_info").unwrap_or(&Value::Null);
    let parts = [reason, text(rejection, "reason"), text(rejection, "recommendation")];
    // PostgreSQL holds no texts with a NUL.
    parts.into_iter().flatten().map(|it| it.replace('\0', "\u{fffd}")).reduce(|all, it| {
        match all.ends_with(['.', '!', '?']) {
            true => format!("{all} {it}"),
            false => format!("{all}: {it}"),
        }
    })
}
