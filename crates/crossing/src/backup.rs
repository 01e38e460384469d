//! Backups of the CRM database: one from before the first write of every run, and the way back.
//!
//! A backup names the database that it is a copy of, and is restored into that one alone. Loading stops if the backup
//! has changed: the state before the run cannot be copied a second time.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use crm::{Crm, Losses, SCHEMA_VERSION};
use jiff::Timestamp;
use model::Stage;
use plan::{Plan, draw_uid};
use run::{Artifact, Backup, BackupCause, BackupRecord, Backups, RunFolder};

use crate::error::QualityGate;
use crate::find_run::{FoundRun, runs_of};
use crate::load::lease;
use crate::open_run::OpenRun;
use crate::progress::{Outcome, Progress, Task};
use crate::suppression::open_crm;

/// Returns the folder of the backups of a plan.
pub(crate) fn backups_of(plan: &Plan) -> Backups {
    Backups::new(folder_of_backups(plan))
}

pub(crate) fn folder_of_backups(plan: &Plan) -> PathBuf {
    plan.folder().join("backups")
}

/// Lists the backups of a plan, of all its databases, the latest last.
pub fn backups(plan: &Plan) -> Result<Vec<BackupRecord>> {
    Ok(backups_of(plan).list()?)
}

/// Takes the backup, if the run has none of this database yet.
pub(crate) async fn ensure(run: &mut OpenRun, crm: &Crm) -> Result<()> {
    let database = crm.database_id().await?;
    if of_database(&run.folder, &database).is_some() {
        return Ok(());
    }
    let at = Timestamp::now();
    let backup = match crm.n_contacts().await? {
        0 => Backup::NothingToLose { at, database },
        _ => {
            let work = run.progress.begin(Task::Backup, 0);
            let before = BackupCause::Run { uid: run.folder.manifest.uid.clone(), run_id: run.run_id().to_owned() };
            let BackupRecord { number, contacts, .. } = take(&run.plan, crm, before).await?;
            work.end(Outcome::BackedUp { n_contacts: contacts });
            Backup::Taken { at, database, number, contacts }
        }
    };
    run.folder.manifest.backups.push(backup);
    Ok(run.folder.save()?)
}

/// Copies the database, checks the copy, and removes the oldest backups that nobody needs.
async fn take(plan: &Plan, crm: &Crm, before: BackupCause) -> Result<BackupRecord> {
    let backups = backups_of(plan);
    let lock = backups.lock()?;
    let (number, folder) = backups.begin(&lock)?;
    let contacts = crm.n_contacts().await?;
    let written = crm.back_up(&folder).await.context("could not back up the CRM database")?;
    let mut files = BTreeMap::new();
    for name in written {
        let (sha256, bytes) = run::digest_of(&folder.join(&name))?;
        files.insert(name, Artifact { sha256, bytes, rows: 0 });
    }
    let database = crm.database_id().await?;
    let (taken_at, schema) = (Timestamp::now(), SCHEMA_VERSION.to_owned());
    let record = BackupRecord { number, database, taken_at, before, contacts, schema, files };
    let record = backups.publish(&lock, record)?;
    let mut needed = backups_of_unfinished(plan)?;
    needed.insert(record.number);
    backups.prune(&record.database, plan.crm.keep_backups(), &needed)?;
    Ok(record)
}

/// Returns the backups that unfinished runs need.
fn backups_of_unfinished(plan: &Plan) -> Result<HashSet<u64>> {
    let runs = runs_of(plan).list()?.runs;
    let unfinished = runs.iter().filter(|it| !it.manifest.stages.contains_key(&Stage::Load));
    let numbers = unfinished.flat_map(|it| &it.manifest.backups).filter_map(|it| match it {
        Backup::Taken { number, .. } => Some(*number),
        Backup::NothingToLose { .. } => None,
    });
    Ok(numbers.collect())
}

fn of_database<'a>(folder: &'a RunFolder, id: &str) -> Option<&'a Backup> {
    folder.manifest.backups.iter().find(|it| match it {
        Backup::NothingToLose { database, .. } | Backup::Taken { database, .. } => database == id,
    })
}

/// Fails if the backup of this database differs from what its record says.
pub(crate) async fn check(run: &OpenRun, crm: &Crm) -> Result<()> {
    let damaged = match of_database(&run.folder, &crm.database_id().await?) {
        Some(Backup::Taken { number, .. }) => damaged(&run.plan, *number)?,
        _ => None,
    };
    damaged.map_or(Ok(()), |path| Err(QualityGate::Backup { path }.into()))
}

/// Returns whether a backup is there and has changed. One that was removed because newer ones are kept is not damaged.
pub(crate) fn is_damaged(plan: &Plan, number: u64) -> Result<bool> {
    Ok(backups_of(plan).folder(number).exists() && damaged(plan, number)?.is_some())
}

/// Returns the first file of a backup that is missing or has changed. A backup that is gone is damaged as a whole.
fn damaged(plan: &Plan, number: u64) -> Result<Option<PathBuf>> {
    let backups = backups_of(plan);
    match backups.list()?.iter().find(|it| it.number == number) {
        Some(record) => Ok(backups.damaged(record)?),
        None => Ok(Some(backups.folder(number))),
    }
}

/// A restore that was prepared: what it puts back, and what it takes away.
pub struct Restore {
    plan: Plan,
    crm: Crm,
    /// None restores the empty database from before the first run.
    pub backup: Option<BackupRecord>,
    pub losses: Losses,
}

/// The result of a restore.
#[derive(Clone, Copy, Debug)]
pub struct Restored {
    /// Contacts that the database holds now.
    pub n_contacts: u64,
    /// The number of the backup that holds what was replaced; none if that was nothing.
    pub replaced: Option<u64>,
}

/// The backup to restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The one from before the run.
    BeforeRun,
    Number(u64),
}

impl Restore {
    /// Opens the database, and finds out what a restore would put back and take away. Changes nothing.
    pub async fn prepare(found: FoundRun, chosen: Chosen) -> Result<Self> {
        let crm = open_crm(&found.plan).await?;
        crm.check_suppression_keys().await?;
        let database = crm.database_id().await?;
        let backups = backups_of(&found.plan);
        let backup = match (chosen, of_database(&found.folder, &database)) {
            (Chosen::Number(number), _) => Some(backups.find(number)?),
            (Chosen::BeforeRun, Some(Backup::Taken { number, .. })) => Some(backups.find(*number)?),
            (Chosen::BeforeRun, Some(Backup::NothingToLose { .. })) => None,
            (Chosen::BeforeRun, None) => {
                let run_id = found.folder.manifest.run_id;
                return Err(QualityGate::NoBackup { run_id }.into());
            }
        };
        if let Some(record) = &backup {
            check_record(&backups, record, &database)?;
        }
        let folder = backup.as_ref().map(|it| backups.folder(it.number));
        let losses = crm.would_lose(folder.as_deref()).await?;
        Ok(Self { plan: found.plan, crm, backup, losses })
    }

    /// Keeps the present state as a backup, and restores. If the backup cannot be restored, the database stays as it is.
    pub async fn run(self, progress: &Progress) -> Result<Restored> {
        let Self { plan, crm, backup, .. } = self;
        let lease = lease::acquire(&crm, &draw_uid()?, "a restore", progress).await?;
        let crm = lease.crm().clone();
        let of = backup.as_ref().map(|it| it.number);
        let replaced = match crm.n_contacts().await? {
            0 => None,
            n_contacts => {
                let work = progress.begin(Task::Backup, 0);
                let record = take(&plan, &crm, BackupCause::Restore { of }).await?;
                work.end(Outcome::BackedUp { n_contacts });
                Some(record.number)
            }
        };
        let folder = of.map(|it| backups_of(&plan).folder(it));
        let taken_at = backup.map_or_else(Timestamp::now, |it| it.taken_at);
        let n_contacts = crm.restore(&lease, folder.as_deref(), taken_at).await?;
        // Contacts that come back may be on the list since.
        crm.see_all_suppressed().await?;
        forget_loads(&plan, &crm).await?;
        lease.release().await?;
        crm.close().await;
        Ok(Restored { n_contacts, replaced })
    }
}

/// Fails if a backup is of another database, has tables of another version, or is damaged.
fn check_record(backups: &Backups, record: &BackupRecord, database: &str) -> Result<()> {
    if record.database != database {
        return Err(QualityGate::OtherDatabase { number: record.number }.into());
    }
    if record.schema != SCHEMA_VERSION {
        let found = Some(record.schema.clone());
        return Err(QualityGate::BackupSchema { found, known: SCHEMA_VERSION }.into());
    }
    match backups.damaged(record)? {
        Some(path) => Err(QualityGate::Backup { path }.into()),
        None => Ok(()),
    }
}

/// Notes in the runs that the database no longer knows that they are not loaded: they can be loaded again.
async fn forget_loads(plan: &Plan, crm: &Crm) -> Result<()> {
    let known = crm.run_uids().await?;
    for run in runs_of(plan).list()?.runs {
        let is_loaded = run.manifest.stages.contains_key(&Stage::Load);
        if is_loaded && !known.contains(&run.manifest.uid) {
            let mut folder = RunFolder::open(run.dir())?;
            folder.manifest.stages.retain(|stage, _| *stage < Stage::Verify);
            folder.save()?;
        }
    }
    Ok(())
}
