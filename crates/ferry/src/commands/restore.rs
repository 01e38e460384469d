//! `ferry restore`: the CRM database as a backup has it.

use anyhow::Result;
use crossing::{Chosen, Progress, Restore, Restored, find_run};
use results::{BackupsResult, RestoreResult, TakenBack};

use crate::cli::runs::RestoreArgs;
use crate::commands::question::confirmed;
use crate::exit::Exit;
use crate::output::Output;
use crate::text;

/// Lists backups, or restores one after asking.
pub(crate) async fn restore(args: &RestoreArgs, progress: &Progress, output: Output) -> Result<Exit> {
    let found = find_run(&args.place.place())?;
    if args.list {
        let backups = crossing::backups(&found.plan)?;
        let result = BackupsResult { backups };
        output.print(&result, || text::restore::backups(&result.backups))?;
        return Ok(Exit::Done);
    }
    let chosen = args.backup.map_or(Chosen::BeforeRun, Chosen::Number);
    let restore = Restore::prepare(found, chosen).await?;
    if !args.yes && !confirmed(&text::restore::question(&restore), "Restore?")? {
        output.print(&RestoreResult::default(), || "nothing was changed\n".to_owned())?;
        return Ok(Exit::Done);
    }
    let (backup, losses) = (restore.backup.as_ref().map(|it| it.number), restore.losses.clone());
    let Restored { n_contacts, replaced } = restore.run(progress).await?;
    let taken_back = TakenBack { contacts: losses.contacts, decisions: losses.decisions, runs: losses.runs };
    let value =
        RestoreResult { restored: true, backup, contacts: Some(n_contacts), replaced, taken_back: Some(taken_back) };
    output.print(&value, || text::restore::done(n_contacts, replaced))?;
    Ok(Exit::Done)
}
