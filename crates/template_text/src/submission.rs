//! Text of submissions: outcomes, totals, schedules.

use campaign::{
    EXPECTED_APPROVAL_HOURS, HANDLE_HOURS, LeftOut, LeftOutReason, MAX_SUBMISSIONS_PER_HOUR, PlannedUpload,
    SubmissionSchedule, SubmitReport, TemplateOutcome, UploadState, Wait,
};
use model::{counted, grouped, printable};
use scenario::Criticality;

use crate::minute;

/// The name of an outcome in JSON.
pub fn outcome_name(outcome: &TemplateOutcome) -> &'static str {
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

/// What came of a template.
pub fn outcome(outcome: &TemplateOutcome) -> String {
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
pub fn submitted(report: &SubmitReport) -> String {
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

/// A line for each template that is not submitted because something is wrong with it.
pub fn faulty(faulty: &[String]) -> String {
    faulty.iter().map(|it| format!("not submitted: {it}\n")).collect()
}

/// When each wave of templates is submitted and live, and the samples that are uploaded.
/// A line for each template that was left out on purpose; those that no one has decided about are only counted.
pub fn left_out(left_out: &[LeftOut]) -> String {
    let (mut text, mut n_undecided) = (String::new(), 0);
    for LeftOut { name, language, why } in left_out {
        let why = match why {
            LeftOutReason::Undecided => {
                n_undecided += 1;
                continue;
            }
            LeftOutReason::Rejected { by } if by.is_empty() => "rejected".to_owned(),
            LeftOutReason::Rejected { by } => format!("rejected by {}", printable(by)),
            LeftOutReason::Missing => "its source no longer has it".to_owned(),
        };
        text += &format!("not submitted: {} ({language}): {why}\n", printable(name));
    }
    if n_undecided > 0 {
        text += &format!(
            "not submitted: {} that no one has decided about: review them with `ferry scenario review`, or submit them \
             with --undecided\n",
            counted(n_undecided, "template")
        );
    }
    text
}

pub fn schedule(schedule: &SubmissionSchedule) -> String {
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
