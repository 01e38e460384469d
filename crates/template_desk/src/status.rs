//! `ferry template status`: the templates of the account, as they were last observed.

use anyhow::Result;
use campaign::{TemplateAlert, TemplateState};
use crossing::Progress;
use jiff::Timestamp;
use plan::Plan;
use results::{TemplateAlertEntry, TemplateDifference, TemplateStatus, TemplateStatusResult};
use sync::{Alert, Difference};
use template_text as text;

use crate::account::open;

/// The templates of the account, as they were last observed. No request is sent.
pub async fn states(plan: &Plan, progress: &Progress, now: Timestamp) -> Result<Vec<TemplateState>> {
    let account = open(plan, progress).await?;
    let states = account.states(now).await?;
    account.close().await;
    Ok(states)
}

/// The status of templates in JSON.
pub fn status(states: &[TemplateState], now: Timestamp) -> TemplateStatusResult<'_> {
    TemplateStatusResult { templates: states.iter().map(|it| status_of(it, now)).collect() }
}

fn status_of(state: &TemplateState, now: Timestamp) -> TemplateStatus<'_> {
    let TemplateState { row, standing, differences } = state;
    let filled = |it: &'_ String| (!it.is_empty()).then_some(());
    let seen = &row.observed;
    let entry = |alert: &Alert| {
        let (name, language, alert) = (row.name.clone(), row.language.clone(), alert.clone());
        alert_entry(&TemplateAlert { name, language, alert }, now)
    };
    TemplateStatus {
        name: &row.name,
        language: &row.language,
        status: &row.status,
        status_since: seen.status_since,
        category: &row.category,
        previous_category: filled(&seen.previous_category).map(|()| seen.previous_category.as_str()),
        announced_category: filled(&seen.announced_category).map(|()| seen.announced_category.as_str()),
        quality: filled(&seen.quality).map(|()| seen.quality.as_str()),
        days_left: standing.iter().find_map(|it| match it {
            Alert::Flagged { disabled_on, .. } => Some(text::n_days_left(*disabled_on, now)),
            _ => None,
        }),
        reason: row.reason.as_deref(),
        alerts: standing.iter().map(entry).collect(),
        is_sent_known: row.sent_body.is_some(),
        differences: differences.as_ref().map(|it| it.iter().map(difference).collect()),
        scenario: &row.scenario,
        id: row.template_id.as_deref(),
        changed_at: Timestamp::from_microsecond(row.changed_at).map(|it| it.to_string()).unwrap_or_default(),
        observed_at: seen.observed_at,
    }
}

/// Alerts in JSON.
pub fn alert_entries(alerts: &[TemplateAlert], now: Timestamp) -> Vec<TemplateAlertEntry> {
    alerts.iter().map(|it| alert_entry(it, now)).collect()
}

fn alert_entry(alert: &TemplateAlert, now: Timestamp) -> TemplateAlertEntry {
    let TemplateAlert { name, language, alert } = alert;
    let mut entry = TemplateAlertEntry {
        name: name.clone(),
        language: language.clone(),
        alert: alert.kind().name(),
        severity: alert.severity().name(),
        message: text::message(alert, now),
        advice: text::advice(alert),
        since: None,
        until: None,
        from: None,
        to: None,
        differences: Vec::new(),
    };
    match alert {
        Alert::Flagged { since, disabled_on } => (entry.since, entry.until) = (Some(*since), Some(*disabled_on)),
        Alert::Disabled { since } => entry.since = Some(*since),
        Alert::Paused { since, until, .. } => (entry.since, entry.until) = (Some(*since), *until),
        Alert::QualityDropped { from, to } => (entry.from, entry.to) = (from.clone(), Some(to.clone())),
        Alert::CategoryChanged { from, to } => (entry.from, entry.to) = (Some(from.clone()), Some(to.clone())),
        Alert::CategoryWillChange { to, at } => (entry.to, entry.until) = (Some(to.clone()), *at),
        Alert::ContentDiffers { differences } => entry.differences = differences.iter().map(difference).collect(),
        Alert::Rejected { .. } | Alert::Gone => {}
    }
    entry
}

fn difference(difference: &Difference) -> TemplateDifference {
    let Difference { field, sent, approved } = difference.clone();
    TemplateDifference { field, sent, approved }
}
