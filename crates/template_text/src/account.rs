//! Text of the templates of an account: their state, and what changed.

use std::collections::BTreeMap;

use campaign::{EXPECTED_APPROVAL_HOURS, SyncReport, TemplateAlert, TemplateChange, TemplateState};
use jiff::{SignedDuration, Timestamp};
use sync::AlertKind;

use crate::alerts::{advice, message};
use crate::{day, minute};

/// Lines for each template with what is wrong with it, and the number in each status.
pub fn status(templates: &[TemplateState], now: Timestamp) -> String {
    let mut text = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for it in templates {
        let row = &it.row;
        *counts.entry(&row.status).or_default() += 1;
        let quality = match row.observed.quality.as_str() {
            "" | "UNKNOWN" => String::new(),
            quality => format!(", quality {quality}"),
        };
        let reason = row.reason.as_ref().map_or(String::new(), |it| format!(": {it}"));
        text += &format!("{:40} {:6} {:16} {}{quality}{reason}\n", row.name, row.language, row.status, row.category);
        text.extend(notes(it, now).iter().map(|it| format!("    {it}\n")));
    }
    let counts: Vec<String> = counts.into_iter().map(|(status, n)| format!("{n} {status}")).collect();
    text + &match counts.as_slice() {
        [] => "no template was submitted yet\n".to_owned(),
        counts => format!("{}\n", counts.join(", ")),
    }
}

/// What the line of a template does not say yet.
fn notes(template: &TemplateState, now: Timestamp) -> Vec<String> {
    let is_in_line = |kind| [AlertKind::Rejected, AlertKind::Gone, AlertKind::QualityDropped].contains(&kind);
    let standing = template.standing.iter().filter(|it| !is_in_line(it.kind()));
    let mut notes: Vec<String> = standing.map(|it| message(it, now)).collect();
    let row = &template.row;
    if let Some(since) = row.observed.status_since.filter(|_| row.status == "PENDING")
        && now.duration_since(since) > SignedDuration::from_hours(EXPECTED_APPROVAL_HOURS)
    {
        let hours = EXPECTED_APPROVAL_HOURS;
        notes.push(format!("in review since {}: {hours} hours are usual; look at it in WhatsApp Manager", day(since)));
    }
    if row.sent_body.is_none() && row.template_id.is_some() {
        notes.push("it is not known what was sent, so it is not compared with what was approved".to_owned());
    }
    notes
}

/// A line for a template that WhatsApp treats otherwise than before.
pub fn change(change: &TemplateChange) -> String {
    let TemplateChange { before, now } = change;
    let mut text = format!("{} ({}): ", now.name, now.language);
    text += &match before.status == now.status {
        true => now.status.clone(),
        false => format!("{} → {}", before.status, now.status),
    };
    if before.category != now.category && !before.category.is_empty() {
        text += &format!(", {} instead of {}", now.category, before.category);
    }
    let (was, is) = (&before.observed, &now.observed);
    match (was.quality.as_str(), is.quality.as_str()) {
        (was, is) if was == is => {}
        // Without a score there is nothing to say.
        ("", "UNKNOWN") => {}
        ("" | "UNKNOWN", is) => text += &format!(", quality {is}"),
        (was, is) => text += &format!(", quality {was} → {is}"),
    }
    if was.announced_category != is.announced_category {
        text += &match (is.announced_category.as_str(), is.announced_for) {
            ("", _) if now.category == was.announced_category => String::new(),
            ("", _) => format!(", {} is no longer announced", was.announced_category),
            (category, None) => format!(", {category} is announced"),
            (category, Some(at)) => format!(", {category} is announced for {}", minute(at)),
        };
    }
    if let Some(reason) = &now.reason {
        text += &format!(": {reason}");
    }
    text
}

/// The changes, what is new to look at, and what is still wrong.
pub fn synced(report: &SyncReport, now: Timestamp) -> String {
    let mut text: String = report.changes.iter().map(|it| change(it) + "\n").collect();
    for it in &report.alerts {
        text += &format!("new: {}\n     {}\n", sentence(it, now), advice(&it.alert));
    }
    if text.is_empty() {
        text += "nothing changed\n";
    }
    text.extend(report.standing.iter().map(|it| format!("still: {}\n", sentence(it, now))));
    text
}

/// An alert with the name of its template.
fn sentence(alert: &TemplateAlert, now: Timestamp) -> String {
    format!("{} ({}): {}", alert.name, alert.language, message(&alert.alert, now))
}
