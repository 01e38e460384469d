//! `ferry template submit`: templates to the account of the plan.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result};
use campaign::{
    KeptWanted, LeftOut, SubmitEvent, SubmitReport, TemplateAccount, UploadPart, WantedTemplate, sample_to_send,
};
use crossing::Progress;
use crossing::progress::{Note, Outcome, Task, Work};
use jiff::Timestamp;
use plan::Plan;
use scenario::Criticality;
use serde_json::{Value, json};
use template_text as text;
use translation::{ORDER, OrderEntry};

use crate::account::open;

/// What is submitted.
#[derive(Clone, Copy, Debug)]
pub struct SubmitOptions<'a> {
    /// Files with templates, or folders that `ferry translate` wrote; if there are none, the templates of the database.
    pub files: &'a [PathBuf],
    /// Those of the database, too, that no one has decided about.
    pub undecided: bool,
    /// Refused ones, too, that have not changed.
    pub again: bool,
}

/// The order and the times of a submission.
pub struct Scheduled {
    /// `docs/schemas/template-submit.schema.json` describes it.
    pub json: Value,
    pub text: String,
    /// Whether the linter refuses a template.
    pub has_faulty: bool,
}

/// What came of a submission.
pub struct Submitted {
    /// `docs/schemas/template-submit.schema.json` describes it.
    pub json: Value,
    pub text: String,
    /// Whether a template was refused, by the linter or by WhatsApp.
    pub has_failed: bool,
    /// Whether a template has yet to be submitted, or its answer was lost.
    pub has_waiting: bool,
    /// Why the submission ended early.
    pub stopped: Option<Error>,
}

/// Says in which order and when templates would be submitted.
pub async fn schedule(plan: &Plan, options: SubmitOptions<'_>, progress: &Progress) -> Result<Scheduled> {
    let (account, sorted) = sorted(plan, options, progress).await?;
    let schedule = account.schedule(&sorted.wanted, Timestamp::now()).await?;
    account.close().await;
    let json = json!({
        "schedule": schedule.waves,
        "uploads": schedule.uploads,
        "submitted_before": schedule.n_unchanged,
        "faulty": sorted.faulty,
        "left_out": left_out(&sorted.left_out),
    });
    let text = text::schedule(&schedule) + &not_submitted(&sorted);
    Ok(Scheduled { json, text, has_faulty: !sorted.faulty.is_empty() })
}

/// Submits templates.
pub async fn submit(plan: &Plan, options: SubmitOptions<'_>, progress: &Progress) -> Result<Submitted> {
    let (account, sorted) = sorted(plan, options, progress).await?;
    let mut work: Option<Work> = None;
    let report = account.submit(&sorted.wanted, options.again, |event| match event {
        SubmitEvent::Began { n_templates } => work = Some(progress.begin(Task::Submit, n_templates as u64)),
        SubmitEvent::Advanced => work.iter().for_each(|it| it.advance(1)),
        SubmitEvent::Uploads(UploadPart { file, n_bytes, offset, .. }) => {
            progress.note(Note::Uploads { file, n_bytes, offset });
        }
    });
    let report = report.await?;
    if let Some(work) = work {
        work.end(Outcome::Submitted { n_templates: report.templates.len() as u64 });
    }
    account.close().await;
    Ok(Submitted {
        json: report_json(&report, &sorted),
        text: text::submitted(&report) + &not_submitted(&sorted),
        has_failed: !sorted.faulty.is_empty() || report.has_refused(),
        has_waiting: report.has_waiting() || report.has_unknown(),
        stopped: report.stopped,
    })
}

/// The account of the plan, and the templates for it.
async fn sorted(plan: &Plan, options: SubmitOptions<'_>, progress: &Progress) -> Result<(TemplateAccount, KeptWanted)> {
    let samples = plan.whatsapp.as_ref().map(|it| it.samples(plan)).unwrap_or_default();
    // Files are read before the account is opened, so that a wrong path changes nothing.
    let of_files = (!options.files.is_empty()).then(|| wanted(options.files, &samples)).transpose()?;
    let account = open(plan, progress).await?;
    let sorted = match of_files {
        Some((wanted, faulty)) => KeptWanted { wanted, faulty, left_out: Vec::new() },
        None => account.kept_wanted(&samples, options.undecided).await?,
    };
    Ok((account, sorted))
}

fn report_json(report: &SubmitReport, sorted: &KeptWanted) -> Value {
    let templates = report.templates.iter().map(|it| {
        let (outcome, message) = (text::outcome_name(&it.outcome), text::outcome(&it.outcome));
        json!({ "name": it.name, "language": it.language, "outcome": outcome, "message": message })
    });
    json!({
        "templates": templates.collect::<Vec<_>>(),
        "uploads": report.uploads,
        "not_reached": report.n_not_reached,
        "faulty": sorted.faulty,
        "left_out": left_out(&sorted.left_out),
    })
}

/// Templates that are not submitted, in words.
fn not_submitted(sorted: &KeptWanted) -> String {
    text::faulty(&sorted.faulty) + &text::left_out(&sorted.left_out)
}

/// Templates of the database that were left out on purpose.
fn left_out(left_out: &[LeftOut]) -> Vec<Value> {
    left_out.iter().map(|it| json!({ "name": it.name, "language": it.language, "why": it.why.name() })).collect()
}

/// The templates of files or of a folder that `ferry translate` wrote, and a line for each that the linter refuses or
/// whose sample is not in the folder `samples`.
fn wanted(files: &[PathBuf], samples: &Path) -> Result<(Vec<WantedTemplate>, Vec<String>)> {
    let entries = order_entries(files)?;
    let (mut wanted, mut faulty) = (Vec::new(), Vec::new());
    for document in campaign::read_documents(files)? {
        let file = document.path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        for (pointer, template) in document.templates {
            let path = document.path.display();
            let template = match template {
                Ok(template) => template,
                Err(why) => {
                    faulty.push(format!("{path}{pointer}: {why}"));
                    continue;
                }
            };
            let sample = match sample_to_send(&template, samples) {
                Ok(sample) => sample,
                Err(why) => {
                    faulty.push(format!("{path}{pointer}: {why}"));
                    continue;
                }
            };
            let entry = entries.get(&file);
            let criticality = entry.map_or(Criticality::Normal, |it| it.criticality);
            let scenario = entry.map_or(String::new(), |it| it.scenario.clone());
            wanted.push(WantedTemplate::new(template, sample, criticality, scenario)?);
        }
    }
    Ok((wanted, faulty))
}

/// The entries of `order.json` of translated folders, by file.
fn order_entries(paths: &[PathBuf]) -> Result<BTreeMap<String, OrderEntry>> {
    let mut entries = BTreeMap::new();
    for path in paths.iter().map(|it| it.join(ORDER)).filter(|it| it.is_file()) {
        let text = run::read_small_text(&path, run::MOST_LIST_BYTES);
        let text = text.with_context(|| format!("could not read {}", path.display()))?;
        let list: Vec<OrderEntry> = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a list written by `ferry translate`", path.display()))?;
        entries.extend(list.into_iter().map(|it| {
            let name = Path::new(&it.file).file_name().map(|it| it.to_string_lossy().into_owned());
            (name.unwrap_or_default(), it)
        }));
    }
    Ok(entries)
}
