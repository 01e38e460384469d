//! A copy of the CRM database from before the run's first write.
//!
//! A run that will change contacts makes the copy, checks it and records it in the manifest. After that, loading stops
//! if the copy has changed: the state before the run cannot be copied a second time.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use crm::{Crm, SCHEMA_VERSION};
use jiff::Timestamp;
use run::Backup;

use crate::error::QualityGate;
use crate::open_run::OpenRun;
use crate::progress::{Outcome, Task};

/// The folder of the copy, within the run folder.
pub(crate) const FOLDER: &str = "backup";

/// Makes the copy, if the run has none yet.
pub(crate) async fn ensure(run: &mut OpenRun, crm: &Crm) -> Result<()> {
    if run.folder.manifest.backup.is_some() {
        return Ok(());
    }
    let contacts = crm.n_contacts().await?;
    let at = Timestamp::now();
    let backup = match contacts {
        0 => Backup::NothingToLose { at },
        _ => {
            let work = run.progress.begin(Task::Backup, 0);
            let dir = run.folder.create_folder(FOLDER)?;
            let written = crm.back_up(&dir).await.context("could not back up the CRM database")?;
            let mut files = BTreeMap::new();
            for name in written {
                let (sha256, bytes) = run::digest_of(&dir.join(&name))?;
                files.insert(format!("{FOLDER}/{name}"), run::Artifact { sha256, bytes, rows: 0 });
            }
            work.end(Outcome::BackedUp { n_contacts: contacts });
            Backup::Taken { at, files, contacts, schema: Some(SCHEMA_VERSION.to_owned()) }
        }
    };
    run.folder.manifest.backup = Some(backup);
    Ok(run.folder.save()?)
}

/// Fails if the copy differs from what the manifest says.
pub(crate) fn check(run: &OpenRun) -> Result<()> {
    let Some(Backup::Taken { files, .. }) = &run.folder.manifest.backup else { return Ok(()) };
    for (name, artifact) in files {
        if !run.folder.is_intact(name, artifact)? {
            let path = run.folder.path(name);
            return Err(QualityGate::Backup { path }.into());
        }
    }
    Ok(())
}

/// Fails if the copy has tables of another schema version: its rows might not fit, or might mean something else.
fn check_schema(schema: Option<&str>) -> Result<(), QualityGate> {
    if schema == Some(SCHEMA_VERSION) {
        return Ok(());
    }
    Err(QualityGate::BackupSchema { found: schema.map(str::to_owned), known: SCHEMA_VERSION })
}

/// Restores the database to its state before the run, and returns the number of contacts it then has.
///
/// If the backup cannot be restored, the database stays as it is.
pub async fn restore(run: &mut OpenRun) -> Result<u64> {
    let backup = run.folder.manifest.backup.clone();
    let backup = backup.context("this run has taken no backup: it has not loaded anything yet")?;
    check(run)?;
    if let Backup::Taken { schema, .. } = &backup {
        check_schema(schema.as_deref())?;
    }
    let crm = Crm::open(&run.plan.crm_url()?).await?;
    let n_contacts = match backup {
        Backup::NothingToLose { .. } => {
            crm.clear().await?;
            0
        }
        Backup::Taken { contacts, .. } => {
            crm.restore(&run.folder.path(FOLDER)).await?;
            contacts
        }
    };
    crm.close().await;
    run.folder.manifest.stages.retain(|stage, _| *stage < model::Stage::Verify);
    run.folder.save()?;
    Ok(n_contacts)
}
