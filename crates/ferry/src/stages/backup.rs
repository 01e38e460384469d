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

use crate::exit::Gate;
use crate::progress::grouped;
use crate::session::Session;

/// The folder of the copy, within the run folder.
pub(crate) const FOLDER: &str = "backup";

/// Takes the copy, if the run has none yet.
pub(crate) async fn ensure(session: &mut Session, crm: &Crm) -> Result<()> {
    if session.folder.manifest.backup.is_some() {
        return Ok(());
    }
    let contacts = crm.n_contacts().await?;
    let at = Timestamp::now();
    let backup = match contacts {
        0 => Backup::NothingToLose { at },
        _ => {
            let work = session.progress.begin("backup", 0);
            let dir = session.folder.create_folder(FOLDER)?;
            let written = crm.back_up(&dir).await.context("could not back up the CRM database")?;
            let mut files = BTreeMap::new();
            for name in written {
                let (sha256, bytes) = run::digest_of(&dir.join(&name))?;
                files.insert(format!("{FOLDER}/{name}"), run::Artifact { sha256, bytes, rows: 0 });
            }
            work.end(&format!("{} contacts kept as they were", grouped(contacts)));
            Backup::Taken { at, files, contacts, schema: Some(SCHEMA_VERSION.to_owned()) }
        }
    };
    session.folder.manifest.backup = Some(backup);
    Ok(session.folder.save()?)
}

/// Stops unless the copy is still what the manifest says.
pub(crate) fn check(session: &Session) -> Result<()> {
    let Some(Backup::Taken { files, .. }) = &session.folder.manifest.backup else { return Ok(()) };
    for (name, artifact) in files {
        if !session.folder.is_intact(name, artifact)? {
            let path = session.folder.path(name);
            let message = format!(
                "the backup {} is missing or damaged, so the database cannot be put back to what it was before this run: \
                 put the file back, or back the database up yourself and start a new run with --run-dir",
                path.display()
            );
            return Err(Gate(message).into());
        }
    }
    Ok(())
}

/// Stops unless the copy has the tables of this version: its rows would not fit, or mean something else.
fn check_schema(schema: Option<&str>) -> Result<(), Gate> {
    if schema == Some(SCHEMA_VERSION) {
        return Ok(());
    }
    let found = schema.map_or("an earlier one".to_owned(), |it| format!("schema {it}"));
    Err(Gate(format!(
        "this run's backup was taken by another Ferry ({found}, this one knows {SCHEMA_VERSION}): have that one restore it into \
         an empty database, whose tables this one then brings up to date"
    )))
}

/// Puts the database back to what it was before the run, and gives the number of contacts it then has. What cannot be put
/// back leaves the database as it is.
pub(crate) async fn restore(session: &mut Session) -> Result<u64> {
    let backup = session.folder.manifest.backup.clone();
    let backup = backup.context("this run has taken no backup: it has not loaded anything yet")?;
    check(session)?;
    if let Backup::Taken { schema, .. } = &backup {
        check_schema(schema.as_deref())?;
    }
    let crm = Crm::open(&session.plan.crm_url()?).await?;
    let n_contacts = match backup {
        Backup::NothingToLose { .. } => {
            crm.clear().await?;
            0
        }
        Backup::Taken { contacts, .. } => {
            crm.restore(&session.folder.path(FOLDER)).await?;
            contacts
        }
    };
    crm.close().await;
    session.folder.manifest.stages.retain(|stage, _| *stage < model::Stage::Verify);
    session.folder.save()?;
    Ok(n_contacts)
}
