//! Text of templates: submissions, schedules, statuses.

use std::collections::BTreeMap;

use campaign::{
    EXPECTED_APPROVAL_HOURS, HANDLE_HOURS, MAX_SUBMISSIONS_PER_HOUR, PlannedUpload, SubmissionSchedule, SubmitReport,
    TemplateChange, TemplateOutcome, UploadState, Wait,
};
use crm::AccountTemplate;
use jiff::Timestamp;
use model::{counted, grouped, printable};
use scenario::Criticality;

/// The name of an outcome in JSON.
pub(crate) fn outcome_name(outcome: &TemplateOutcome) -> &'static str {
    match outcome {
        TemplateOutcome::Unchanged => "known",
        TemplateOutcome::Submitted { .. } => "submitted",
        TemplateOutcome::Edited => "edited",
        TemplateOutcome::Refused { .. } => "refused",
        TemplateOutcome::Unknown => "unknown",
        TemplateOutcome::OrderedElsewhere => "skipped",
        TemplateOutcome::Waiting(_) => "waits",
    }
}

pub(crate) fn outcome(outcome: &TemplateOutcome) -> String {
    match outcome {
        TemplateOutcome::Unchanged => "unchanged".to_owned(),
        TemplateOutcome::Submitted { status, category, is_other_category: true } => {
            format!("{status}, but WhatsApp changed the category to {category}")
        }
        TemplateOutcome::Submitted { status, category, .. } => format!("{status}, {category}"),
        TemplateOutcome::Edited => "edited; it is reviewed again".to_owned(),
        TemplateOutcome::Refused { reason, is_earlier: false } => format!("refused: {reason}"),
        TemplateOutcome::Refused { reason, is_earlier: true } => {
            format!("refused: {reason} (earlier; change it, or submit it again with --again)")
        }
        TemplateOutcome::Unknown => {
            "the answer was lost: a later `ferry template submit` or `sync` resolves it".to_owned()
        }
        TemplateOutcome::OrderedElsewhere => "skipped: another submission has just sent it".to_owned(),
        TemplateOutcome::Waiting(wait) => format!("waits: {}", reason_to_wait(wait)),
    }
}

fn reason_to_wait(wait: &Wait) -> String {
    match wait {
        Wait::SubmissionLimit { free_at } => format!(
            "{MAX_SUBMISSIONS_PER_HOUR} were submitted in the last hour; the next is possible at {}",
            minute(*free_at)
        ),
        Wait::Upload { until } => {
            format!("another submission is uploading its sample, until {} at the latest", minute(*until))
        }
        Wait::Review { status } => {
            format!("it changed, but cannot be edited while it is {status}; run `ferry template sync`")
        }
        Wait::EditLimit { n_edits, hours, free_at } => {
            format!("it was edited {n_edits} times in {hours} hours; the next edit is possible at {}", minute(*free_at))
        }
    }
}

/// A line for each template that was not left unchanged, and the totals.
pub(crate) fn submitted(report: &SubmitReport) -> String {
    let mut text = String::new();
    for it in report.templates.iter().filter(|it| it.outcome != TemplateOutcome::Unchanged) {
        text += &format!("{} ({}): {}\n", it.name, it.language, outcome(&it.outcome));
    }
    let n = |name: &str| report.templates.iter().filter(|it| outcome_name(&it.outcome) == name).count();
    let skipped = match n("skipped") {
        0 => String::new(),
        n => format!(", {n} skipped"),
    };
    text += &format!(
        "{} submitted, {} edited, {} unchanged, {} refused, {} unknown, {} wait, {} not reached{skipped}\n",
        n("submitted"),
        n("edited"),
        n("known"),
        n("refused"),
        n("unknown"),
        n("waits"),
        report.n_not_reached
    );
    text
}

pub(crate) fn faulty(faulty: &[String]) -> String {
    faulty.iter().map(|it| format!("not submitted: {it}\n")).collect()
}

pub(crate) fn schedule(schedule: &SubmissionSchedule) -> String {
    let mut text = String::new();
    for it in &schedule.waves {
        let criticality = match it.criticality {
            Criticality::Low => "low",
            Criticality::Normal => "normal",
            Criticality::High => "high",
        };
        text += &format!(
            "criticality {criticality}: {} from {} to {}, live from {}\n",
            counted(it.n_templates as u64, "template"),
            minute(it.from),
            minute(it.to),
            minute(it.ready)
        );
    }
    text.extend(schedule.uploads.iter().map(planned_upload));
    text += &format!(
        "{} to submit, {} submitted earlier; at most {MAX_SUBMISSIONS_PER_HOUR} an hour, {EXPECTED_APPROVAL_HOURS} hours \
         for approval\n",
        counted(schedule.waves.iter().map(|it| it.n_templates as u64).sum(), "template"),
        schedule.n_unchanged
    );
    text
}

fn planned_upload(upload: &PlannedUpload) -> String {
    let PlannedUpload { file, media_type, n_bytes, state } = upload;
    let (file, n_bytes) = (printable(file), grouped(*n_bytes));
    match state {
        UploadState::New => format!("would upload {file} ({media_type}, {n_bytes} bytes)\n"),
        UploadState::Interrupted => format!("would resume the upload of {file} ({media_type}, {n_bytes} bytes)\n"),
        UploadState::Done => format!("uploaded in the last {HANDLE_HOURS} hours: {file}\n"),
    }
}

/// A line for each template, and the number in each status.
pub(crate) fn status(rows: &[AccountTemplate]) -> String {
    let mut text = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for it in rows {
        *counts.entry(&it.status).or_default() += 1;
        let reason = it.reason.as_ref().map_or(String::new(), |it| format!(": {it}"));
        text += &format!("{:40} {:6} {:16} {}{reason}\n", it.name, it.language, it.status, it.category);
    }
    let counts: Vec<String> = counts.into_iter().map(|(status, n)| format!("{n} {status}")).collect();
    text + &match counts.as_slice() {
        [] => "no template was submitted yet\n".to_owned(),
        counts => format!("{}\n", counts.join(", ")),
    }
}

pub(crate) fn change(change: &TemplateChange) -> String {
    let TemplateChange { before, now } = change;
    let mut text = format!("{} ({}): {} → {}", now.name, now.language, before.status, now.status);
    if before.category != now.category && !before.category.is_empty() {
        text += &format!(", {} instead of {}", now.category, before.category);
    }
    if let Some(reason) = &now.reason {
        text += &format!(": {reason}");
    }
    if change.is_gone() {
        text += ": it was deleted, and its name cannot be used for 30 days";
    }
    text
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
