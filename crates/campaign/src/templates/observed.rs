//! Between the row of a template in the database and what the engine knows of it.

use anyhow::{Context, Result};
use crm::{AccountTemplate, ObservedTemplate};
use jiff::Timestamp;
use sync::{Alert, Announcement, CategorySeen, Difference, Known, ListedContent, Observation, StatusSeen};
use whatsapp::TemplateState;

use super::status::{GONE, NOT_SENT, REFUSED, SENDING};

/// Statuses of templates that WhatsApp has not approved: their content is not compared.
const NOT_APPROVED: [&str; 7] = ["PENDING", "REJECTED", "IN_APPEAL", SENDING, NOT_SENT, REFUSED, GONE];

/// What is known of the template of a row. A listing has confirmed all of it. A moment that is still to come was written by
/// a clock that was wrong, and does not count.
pub(crate) fn known(row: &AccountTemplate, now: Timestamp) -> Result<Known> {
    let seen = &row.observed;
    let at = |it: Option<Timestamp>| it.max(seen.observed_at).filter(|it| *it <= now).unwrap_or(Timestamp::MIN);
    let category = seen.announced_category.clone();
    Ok(Known {
        status: row.status.clone(),
        status_at: at(seen.status_at),
        status_since: seen.status_since.unwrap_or(Timestamp::MIN),
        reason: row.reason.clone(),
        disable_at: seen.disable_at,
        pause: Some(seen.pause.clone()).filter(|it| !it.is_empty()),
        quality: seen.quality.clone(),
        quality_at: at(seen.quality_at),
        category: row.category.clone(),
        category_at: at(seen.category_at),
        previous_category: seen.previous_category.clone(),
        announced: (!category.is_empty()).then_some(Announcement { category, at: seen.announced_for }),
        content: differences(row)?,
        content_at: at(None),
    })
}

/// How the approved template differs from the one that was sent; none if both were never compared.
fn differences(row: &AccountTemplate) -> Result<Option<Vec<Difference>>> {
    row.observed.differs.as_ref().map(|it| read(row, "differs", it)).transpose()
}

/// The alerts of a row that nobody was told of.
pub(crate) fn untold(row: &AccountTemplate) -> Result<Vec<Alert>> {
    if row.untold.is_empty() { Ok(Vec::new()) } else { read(row, "untold", &row.untold) }
}

fn read<T: serde::de::DeserializeOwned>(row: &AccountTemplate, column: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).with_context(|| {
        format!("the column {column} of {} ({}) in account_template cannot be read", row.name, row.language)
    })
}

/// The row with what is known now, and with more alerts to tell.
pub(crate) fn with_known(row: &AccountTemplate, now: Known, alerts: Vec<Alert>) -> Result<AccountTemplate> {
    let mut untold = untold(row)?;
    untold.extend(alerts);
    let once = |it: Timestamp| Some(it).filter(|it| *it > Timestamp::UNIX_EPOCH);
    let (announced_category, announced_for) = now.announced.map_or_else(Default::default, |it| (it.category, it.at));
    let differs = now.content.map(|it| serde_json::to_string(&it)).transpose()?;
    let observed = ObservedTemplate {
        observed_at: row.observed.observed_at,
        status_at: once(now.status_at),
        status_since: once(now.status_since),
        disable_at: now.disable_at,
        pause: now.pause.unwrap_or_default(),
        quality: now.quality,
        quality_at: once(now.quality_at),
        category_at: once(now.category_at),
        previous_category: now.previous_category,
        announced_category,
        announced_for,
        differs,
    };
    Ok(AccountTemplate {
        status: now.status,
        category: now.category,
        reason: now.reason,
        observed,
        untold: if untold.is_empty() { String::new() } else { serde_json::to_string(&untold)? },
        ..row.clone()
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
