//! A copy of the CRM database from before the run's first write to it.
//!
//! A run that is to change contacts takes the copy, checks it and notes it in the manifest. From
//! then on loading refuses to go on unless the copy is still what it was: the state before the run
//! cannot be copied a second time.

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

/// Takes the copy, if the run has none yet.
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

/// Stops unless the copy is still what the manifest says.
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

/// Stops unless the copy has the tables of this version: its rows would not fit, or mean something else.
fn check_schema(schema: Option<&str>) -> Result<(), QualityGate> {
    if schema == Some(SCHEMA_VERSION) {
        return Ok(());
    }
    Err(QualityGate::BackupSchema { found: schema.map(str::to_owned), known: SCHEMA_VERSION })
}

/// Puts the database back to what it was before the run, and gives the number of contacts it then has. What cannot be put
/// back leaves the database as it is.
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
