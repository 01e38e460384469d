//! From a listing to what the engine takes as an observation.

use anyhow::{Context, Result};
use crm::AccountTemplate;
use jiff::Timestamp;
use sync::{Announcement, CategorySeen, Difference, ListedContent, Observation, StatusSeen};
use whatsapp::TemplateState;

use super::status::{GONE, NOT_SENT, REFUSED, SENDING};

/// Statuses of templates that WhatsApp has not approved: their content is not compared.
const NOT_APPROVED: [&str; 7] = ["PENDING", "REJECTED", "IN_APPEAL", SENDING, NOT_SENT, REFUSED, GONE];

fn read<T: serde::de::DeserializeOwned>(row: &AccountTemplate, column: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).with_context(|| {
        format!("the column {column} of {} ({}) in account_template cannot be read", row.name, row.language)
    })
}

/// What a listing says of the template of a row; without a state that it is gone.
pub(crate) fn observation(row: &AccountTemplate, state: Option<&TemplateState>, at: Timestamp) -> Result<Observation> {
    let mut seen = Observation::at(at);
    let Some(state) = state else {
        seen.status = Some(StatusSeen { status: GONE.to_owned(), ..StatusSeen::default() });
        return Ok(seen);
    };
    let reason = state.rejected_reason.clone().filter(|it| it != "NONE" && !it.is_empty());
    seen.status = Some(StatusSeen { status: state.status.clone(), reason, ..StatusSeen::default() });
    seen.quality = state.quality_score.clone();
    let announced = state.correct_category.clone().map(|category| Announcement { category, at: None });
    seen.category = Some(CategorySeen { category: state.category.clone(), announced });
    seen.content = content(row, state)?;
    Ok(seen)
}

/// How an approved template differs from what was sent. None if either is not known, or it was not approved.
fn content(row: &AccountTemplate, state: &TemplateState) -> Result<Option<Vec<Difference>>> {
    let (Some(sent), Some(components)) = (&row.sent_body, &state.components) else { return Ok(None) };
    if NOT_APPROVED.contains(&state.status.as_str()) {
        return Ok(None);
    }
    let listed = ListedContent {
        components,
        parameter_format: state.parameter_format.as_deref(),
        message_send_ttl_seconds: state.message_send_ttl_seconds,
    };
    Ok(Some(sync::differences(&read(row, "sent_body", sent)?, listed)))
}
