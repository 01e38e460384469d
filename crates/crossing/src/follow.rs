//! Follows the sources of a plan while a migration goes on: what has come is read again and again, and refusals count at
//! once.
//!
//! A whole run takes long, so it is made once a day. Until then, whoever has refused in what has come is suppressed: one
//! short transaction keeps the person out of every segment to write to. A run that has loaded the statements themselves takes
//! that back ([`release_held`]).

mod seen;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clean::Refusing;
use crm::{Crm, HELD, SuppressAction};
use extract::Row;
use futures::future::join_all;
use jiff::Timestamp;
use model::{ContactId, ContactKey, Hasher, RowId, RunMark};
use plan::{Plan, SourceSection};
use pull::{FailedSource, PullSettings, PulledSource, Refresh};
use run::ColumnReading;

use crate::follow::seen::Seen;
use crate::open_run::rules;
use crate::progress::Progress;
use crate::reading;
use crate::sources::{key_of, pull};
use crate::suppression::{open_crm, open_crm_to_suppress};

/// What one cycle has done.
#[derive(Debug, Default)]
pub struct Cycle {
    pub pulled: Vec<PulledSource>,
    pub failed: Vec<FailedSource>,
    /// People who were suppressed because they have refused, or because a statement of theirs is not understood.
    pub n_held: u64,
}

/// Reads what has come since the last reading, and suppresses whoever has refused in it. `refresh` says whether what has
/// changed is read again too. A source that has to wait keeps no other waiting.
pub async fn follow_once(plan: &Path, only: Option<&str>, refresh: Refresh, progress: &Progress) -> Result<Cycle> {
    let plan = Plan::read(plan)?;
    let key = key_of(&plan, progress)?;
    let sources = plan.sources.iter().enumerate().filter(|it| it.1.has_provider());
    let sources = sources.filter(|it| only.is_none_or(|only| only == it.1.name.get_ref()));
    let followed = join_all(sources.map(|it| follow_source(&plan, &key, it, refresh, progress))).await;
    let mut cycle = Cycle::default();
    for (pulled, failed, n_held) in followed.into_iter().collect::<Result<Vec<_>>>()? {
        cycle.pulled.extend(pulled);
        cycle.failed.extend(failed);
        cycle.n_held += n_held;
    }
    Ok(cycle)
}

async fn follow_source(
    plan: &Plan,
    key: &ContactKey,
    (number, source): (usize, &SourceSection),
    refresh: Refresh,
    progress: &Progress,
) -> Result<(Vec<PulledSource>, Vec<FailedSource>, u64)> {
    let before = pull::files_of(plan, source).unwrap_or_default();
    let settings = PullSettings { only: Some(source.name.get_ref().clone()), refresh, orders_again: false };
    let (pulled, failed) = pull(plan, key, &settings, progress).await;
    let held = hold(plan, key, (number, source), &before, progress).await;
    let n_held = held.with_context(|| format!("could not follow source \"{}\"", source.name.get_ref()))?;
    Ok((pulled, failed, n_held))
}

/// Takes back the suppression of people that was made before a run began: it has loaded what they said.
pub async fn release_held(plan: &Plan, run_began: Timestamp) -> Result<u64> {
    let Some(crm) = Crm::look(&plan.crm_url()?).await? else { return Ok(0) };
    let is_holding = crm.is_holding(run_began).await?;
    crm.close().await;
    if !is_holding {
        return Ok(0);
    }
    let crm = open_crm(plan).await?;
    let n = crm.release_held(run_began, "a run has loaded what the person said", Timestamp::now()).await?;
    crm.close().await;
    Ok(n)
}

/// Suppresses contacts until a run has loaded what they said; returns how many were not suppressed before.
async fn suppress(plan: &Plan, contacts: &[ContactId], progress: &Progress) -> Result<u64> {
    if contacts.is_empty() {
        return Ok(0);
    }
    let crm = open_crm_to_suppress(plan, progress).await?;
    let changed = crm.suppress(contacts, SuppressAction::Add, HELD, Timestamp::now()).await?;
    crm.close().await;
    Ok(changed.len() as u64)
}

/// Suppresses the people who refuse in rows that no earlier page had.
async fn hold(
    plan: &Plan,
    key: &ContactKey,
    (number, source): (usize, &SourceSection),
    before: &[PathBuf],
    progress: &Progress,
) -> Result<u64> {
    // Without a database nobody can be written to, and the first run loads everything.
    let Some(crm) = Crm::look(&plan.crm_url()?).await.context("could not open the CRM database")? else { return Ok(0) };
    let decisions: clean::Decisions = crm.decisions().await?.into_iter().collect();
    let mut seen = Seen::open(&plan.folder().join(source.path()))?;
    let known: BTreeSet<&PathBuf> = before.iter().collect();
    let all = pull::files_of(plan, source).unwrap_or_default();
    let (old, new): (Vec<PathBuf>, Vec<PathBuf>) = all.into_iter().partition(|it| known.contains(it));
    let found = tokio::task::block_in_place(|| -> Result<Vec<Refusing>> {
        if seen.is_new() {
            refusals(plan, key, (number, source), &old, &mut seen)?;
        }
        refusals(plan, key, (number, source), &new, &mut seen)
    })?;
    let mut refusing = HashSet::new();
    for Refusing { contact_id, viber_id } in found {
        refusing.insert(decisions.survivor(contact_id));
        // A user of Viber who is linked to a phone is another contact than the row alone makes.
        if !viber_id.is_empty() {
            refusing.extend(crm.find(&viber_id).await?);
        }
    }
    // Whoever is known to have refused is kept out already.
    if !refusing.is_empty() {
        let known = crm.refusing().await?;
        refusing.retain(|it| !known.contains(it));
    }
    crm.close().await;
    let refusing: Vec<ContactId> = refusing.into_iter().collect();
    let n_held = suppress(plan, &refusing, progress).await?;
    // Only now: a process that is killed before holds them the next time.
    seen.save()?;
    Ok(n_held)
}

/// Those who refuse in rows of some files that were not seen before.
fn refusals(
    plan: &Plan,
    key: &ContactKey,
    (number, source): (usize, &SourceSection),
    files: &[PathBuf],
    seen: &mut Seen,
) -> Result<Vec<Refusing>> {
    let probe = extract::probe(files, &source.settings(plan))?;
    if probe.columns.is_empty() {
        return Ok(Vec::new());
    }
    let layout = crate::probing::layout(source, &probe)?;
    let mut evidence = reading::Evidence::new(&layout, source.region(plan));
    extract::read_first(&probe, u64::MAX, |row| evidence.add(row))?;
    let mut readings = vec![ColumnReading::default(); plan.sources.len()];
    readings[number] = evidence.judge(plan, source, &probe, None).unwrap_or_default();
    let mark = RunMark { id: "follow".into(), started_at: Timestamp::now() };
    let rules = rules(plan, key, mark, &readings, &[])?;
    let number = u16::try_from(number)?;
    let mut found = Vec::new();
    extract::read(&probe, |row: Row| -> Result<()> {
        let Ok(cells) = row.cells else { return Ok(()) };
        let Ok(raw) = layout.contact(|it| cells.get(it)) else { return Ok(()) };
        if let Some(refusing) = clean::refusing(&rules, RowId { source: number, record: row.record }, &raw) {
            let mut hasher = Hasher::default();
            // By the names of the columns, because later pages can have others too.
            for (column, name) in probe.columns.iter().enumerate().filter(|it| !cells.get(it.0).is_empty()) {
                for text in [name.as_str(), cells.get(column)] {
                    hasher.update(&(text.len() as u64).to_le_bytes());
                    hasher.update(text.as_bytes());
                }
            }
            found.extend(seen.insert(hasher.finish()).then_some(refusing));
        }
        Ok(())
    })?;
    Ok(found)
}
