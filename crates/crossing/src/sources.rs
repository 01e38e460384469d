//! Reads the sources of a plan that have a provider, before anything is extracted.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail};
use jiff::Timestamp;
use model::ContactKey;
use plan::{KeyPlace, Plan, find_key, make_key};
use pull::{FailedSource, PullSettings, PulledSource};
use run::UnreadSource;

use crate::error::RunChoice;
use crate::progress::{Note, Outcome, Progress, Task};

/// Reads the sources of a plan, or one of them, and nothing else.
pub async fn pull_plan(path: &Path, settings: &PullSettings, progress: &Progress) -> Result<Vec<PulledSource>> {
    let plan = Plan::read(path)?;
    if let Some(only) = &settings.only {
        let source = plan.all_sources().find(|it| it.name.get_ref() == only);
        match source.map(|it| it.has_provider()) {
            Some(true) => {}
            Some(false) => bail!("source \"{only}\" is read from files: `ferry run` reads them"),
            None => {
                let known = plan.all_sources().map(|it| it.name.get_ref().clone()).collect();
                return Err(RunChoice::NoSource { name: only.clone(), known }.into());
            }
        }
    }
    let key = key_of(&plan, progress)?;
    let (pulled, failed) = pull(&plan, &key, settings, progress).await;
    match first_of(failed, progress) {
        Some(first) => Err(first.into()),
        None => Ok(pulled),
    }
}

/// Returns the key of a plan, which is made if there is none yet.
pub(crate) fn key_of(plan: &Plan, progress: &Progress) -> Result<ContactKey> {
    if let Some(found) = find_key(plan)? {
        return Ok(found.key);
    }
    let made = make_key(plan)?;
    if let KeyPlace::File(path) = made.place {
        progress.note(Note::KeyMade { path });
    }
    Ok(made.key)
}

/// Reads the sources of a plan for a run. Optional ones that cannot be read are taken out of the plan, unless an earlier
/// reading is there; the run then says so.
pub(crate) async fn pull_for_run(
    plan: &mut Plan,
    key: &ContactKey,
    settings: &PullSettings,
    progress: &Progress,
) -> Result<Vec<UnreadSource>> {
    let (_, failed) = pull(plan, key, settings, progress).await;
    let (optional, needed): (Vec<_>, Vec<_>) = failed.into_iter().partition(|it| it.is_optional);
    if let Some(first) = first_of(needed, progress) {
        return Err(first.into());
    }
    let mut unread = Vec::new();
    for source in optional {
        if !source.has_earlier {
            plan.sources.retain(|it| *it.name.get_ref() != source.name);
        }
        let source = unread_source(&source);
        progress.note(Note::SourceUnread(source.clone()));
        unread.push(source);
    }
    Ok(unread)
}

/// Takes the sources of which nothing was read yet out of the plan of a try, which reads nothing from a provider.
pub(crate) fn leave_out_unread(plan: &mut Plan, progress: &Progress) -> Result<Vec<UnreadSource>> {
    let unread: Vec<UnreadSource> = plan.sources.iter().filter_map(|it| of_try(plan, it)).collect();
    plan.sources.retain(|it| unread.iter().all(|unread| unread.name != *it.name.get_ref()));
    if plan.sources.is_empty() && plan.scenarios.is_empty() {
        let names: Vec<&str> = unread.iter().map(|it| it.name.as_str()).collect();
        bail!(
            "a dry run and a sample read nothing from providers, and nothing was read of {} yet: `ferry extract --source \
             {}` does, and loads nothing",
            names.join(", "),
            names.first().unwrap_or(&"NAME")
        );
    }
    unread.iter().for_each(|it| progress.note(Note::SourceUnread(it.clone())));
    Ok(unread)
}

/// A source of which nothing was read yet.
fn of_try(plan: &Plan, source: &plan::SourceSection) -> Option<UnreadSource> {
    let of = source.of_provider()?;
    pull::files_of(plan, source).is_err().then(|| UnreadSource {
        name: source.name.get_ref().clone(),
        provider: of.provider.title.to_owned(),
        why: "a dry run and a sample read nothing from providers".to_owned(),
        holds_refusals: of.stream.holds_refusals,
        has_earlier: false,
    })
}

/// Returns the failure with which a command ends, and tells the others.
fn first_of(failed: Vec<FailedSource>, progress: &Progress) -> Option<FailedSource> {
    let mut failed = failed.into_iter();
    let first = failed.next();
    failed.for_each(|it| progress.note(Note::SourceFailed { text: texts_of(&it) }));
    first
}

fn texts_of(failed: &FailedSource) -> String {
    let causes = failed.source.chain().map(ToString::to_string);
    std::iter::once(failed.to_string()).chain(causes).collect::<Vec<_>>().join(": ")
}

fn unread_source(failed: &FailedSource) -> UnreadSource {
    let texts: Vec<String> = failed.source.chain().map(ToString::to_string).collect();
    UnreadSource {
        name: failed.name.clone(),
        provider: failed.provider.to_owned(),
        why: texts.join(": "),
        holds_refusals: failed.holds_refusals,
        has_earlier: failed.has_earlier,
    }
}

pub(crate) async fn pull(
    plan: &Plan,
    key: &ContactKey,
    settings: &PullSettings,
    progress: &Progress,
) -> (Vec<PulledSource>, Vec<FailedSource>) {
    if !plan.all_sources().any(|it| it.has_provider()) {
        return (Vec::new(), Vec::new());
    }
    let work = Arc::new(progress.begin(Task::Pull, 0));
    let listener = listener(progress, Arc::clone(&work));
    let results = pull::pull_sources(plan, key, settings, &listener).await;
    drop(listener);
    let (mut pulled, mut failed) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(source) => pulled.push(source),
            Err(source) => failed.push(source),
        }
    }
    if let Some(work) = Arc::into_inner(work) {
        work.end(Outcome::Pulled { sources: pulled.clone(), n_failed: failed.len() });
    }
    (pulled, failed)
}

/// Passes on what happens, and estimates how much there is from the share of the time that was read.
fn listener(progress: &Progress, work: Arc<crate::progress::Work>) -> pull::Progress {
    let seen: Mutex<BTreeMap<String, (u64, f64)>> = Mutex::default();
    let on_pages = move |name: &str, rows: u64, done: Option<f64>| {
        work.advance(rows);
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let of_source = seen.entry(name.to_owned()).or_default();
        of_source.0 += rows;
        of_source.1 = done.unwrap_or(0.0);
        if seen.values().all(|it| it.1 > 0.0) {
            work.expect(seen.values().map(|it| (it.0 as f64 / it.1) as u64).sum());
        }
    };
    let progress = progress.clone();
    let on_wait = move |name: &str, wait: http::Wait| {
        let until = Timestamp::now().saturating_add(wait.length).unwrap_or(Timestamp::MAX);
        let (length, is_asked_for) = (wait.length, wait.is_asked_for);
        progress.note(Note::SourceWaits { name: name.to_owned(), length, is_asked_for, until });
    };
    pull::Progress { on_pages: Arc::new(on_pages), on_wait: Arc::new(on_wait) }
}
