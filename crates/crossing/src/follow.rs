//! Follows the sources of a plan while a migration goes on: what has come is read again and again, and refusals count at
//! once.
//!
//! A whole run takes long, so it is made once a day. Until then, whoever has refused in what has come is suppressed: one
//! short transaction keeps the person out of every segment to write to. When a run has loaded the statements themselves,
//! [`release_held`] takes that back.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use crm::{Crm, SuppressAction};
use extract::Row;
use jiff::Timestamp;
use model::{ContactId, ContactKey, IdentityDecision, RowId, RunMark};
use plan::{Plan, SourceSection};
use pull::{FailedSource, PullSettings, PulledSource, Refresh};
use run::ColumnReading;

use crate::open_run::rules;
use crate::progress::Progress;
use crate::reading;
use crate::sources::{key_of, pull};

/// The reason for which people are suppressed between two runs.
const REASON: &str = "refused since the last run (ferry extract --follow)";

/// What one cycle has done.
#[derive(Debug)]
pub struct Cycle {
    pub pulled: Vec<PulledSource>,
    pub failed: Vec<FailedSource>,
    /// People who were suppressed because they have refused, or because a statement of theirs is not understood.
    pub n_held: u64,
}

/// Reads what has come since the last reading, and suppresses whoever has refused in it. `refresh` says whether what has
/// changed is read again too.
pub async fn follow_once(plan: &Path, only: Option<&str>, refresh: Refresh, progress: &Progress) -> Result<Cycle> {
    let plan = Plan::read(plan)?;
    let key = key_of(&plan, progress)?;
    let before = segments(&plan, only);
    let only = only.map(str::to_owned);
    let settings = PullSettings { only: only.clone(), refresh, orders_again: false };
    let (pulled, failed) = pull(&plan, &key, &settings, progress).await;
    let n_held = hold(&plan, &key, &before, only.as_deref()).await?;
    Ok(Cycle { pulled, failed, n_held })
}

/// Takes back the suppression of people whose statements a run has loaded since.
pub async fn release_held(plan: &Path) -> Result<u64> {
    let plan = Plan::read(plan)?;
    let url = plan.crm_url()?;
    let Some(crm) = Crm::look(&url).await? else { return Ok(0) };
    let held = crm.suppressed_because(REASON).await?;
    crm.close().await;
    suppress(&url, &held, SuppressAction::Remove, "a run has loaded what the person said").await
}

/// Suppresses contacts, or takes that back; returns how many were changed.
async fn suppress(url: &str, contacts: &[ContactId], action: SuppressAction, reason: &str) -> Result<u64> {
    if contacts.is_empty() {
        return Ok(0);
    }
    let crm = Crm::open(url).await.context("could not open the CRM database")?;
    let changed = crm.suppress(contacts, action, reason, Timestamp::now()).await?;
    crm.close().await;
    Ok(changed.len() as u64)
}

/// The segments that are there, by source.
fn segments(plan: &Plan, only: Option<&str>) -> BTreeMap<String, BTreeSet<PathBuf>> {
    let files = |it: &SourceSection| pull::files_of(plan, it).unwrap_or_default().into_iter().collect();
    followed(plan, only).map(|(_, it)| (it.name.get_ref().clone(), files(it))).collect()
}

/// The sources that are followed, with their places in the plan.
fn followed<'a>(plan: &'a Plan, only: Option<&'a str>) -> impl Iterator<Item = (usize, &'a SourceSection)> {
    let sources = plan.sources.iter().enumerate().filter(|it| it.1.has_provider());
    sources.filter(move |it| only.is_none_or(|only| only == it.1.name.get_ref()))
}

/// Suppresses the people who have refused in segments that were not there `before`.
async fn hold(
    plan: &Plan,
    key: &ContactKey,
    before: &BTreeMap<String, BTreeSet<PathBuf>>,
    only: Option<&str>,
) -> Result<u64> {
    let url = plan.crm_url()?;
    // Without a database nobody can be written to, and the first run loads everything.
    let Some(crm) = Crm::look(&url).await.context("could not open the CRM database")? else { return Ok(0) };
    let decisions = crm.decisions().await?;
    let mut refusing = HashSet::new();
    for (number, source) in followed(plan, only) {
        let known = before.get(source.name.get_ref()).cloned().unwrap_or_default();
        let new: Vec<PathBuf> = pull::files_of(plan, source)?.into_iter().filter(|it| !known.contains(it)).collect();
        if !new.is_empty() {
            let found = tokio::task::block_in_place(|| refusals(plan, key, &decisions, (number, source), &new));
            refusing.extend(found.with_context(|| format!("could not read source \"{}\"", source.name.get_ref()))?);
        }
    }
    // Whoever is known to have refused is kept out already.
    let known = crm.refusing().await?;
    let refusing: Vec<ContactId> = refusing.into_iter().filter(|it| !known.contains(it)).collect();
    crm.close().await;
    suppress(&url, &refusing, SuppressAction::Add, REASON).await
}

/// The contacts whose rows in some files hold a refusal.
fn refusals(
    plan: &Plan,
    key: &ContactKey,
    decisions: &[IdentityDecision],
    (number, source): (usize, &SourceSection),
    files: &[PathBuf],
) -> Result<HashSet<ContactId>> {
    let probe = extract::probe(files, &source.settings(plan))?;
    let mut refusing = HashSet::new();
    if probe.columns.is_empty() {
        return Ok(refusing);
    }
    let layout = crate::probing::layout(source, &probe)?;
    let mut evidence = reading::Evidence::new(&layout, source.region(plan));
    extract::read_first(&probe, u64::MAX, |row| evidence.add(row))?;
    let mut readings = vec![ColumnReading::default(); plan.sources.len()];
    readings[number] = evidence.judge(plan, source, &probe, None).unwrap_or_default();
    let mark = RunMark { id: "follow".into(), started_at: Timestamp::now() };
    let rules = rules(plan, key, mark, &readings, decisions)?;
    let number = u16::try_from(number)?;
    extract::read(&probe, |row: Row| -> Result<()> {
        let Ok(cells) = row.cells else { return Ok(()) };
        if let Ok(raw) = layout.contact(|it| cells.get(it)) {
            refusing.extend(clean::refusing_contact(&rules, RowId { source: number, record: row.record }, &raw));
        }
        Ok(())
    })?;
    Ok(refusing)
}
