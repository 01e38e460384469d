//! Text of backups and restores.

use crossing::Restore;
use model::{counted, grouped};
use run::{BackupCause, BackupRecord};

/// One line for each backup.
pub fn backups(backups: &[BackupRecord]) -> String {
    if backups.is_empty() {
        return "there is no backup yet\n".to_owned();
    }
    backups.iter().map(|it| format!("{}\n", backup(it))).collect()
}

/// `backup 3  2026-11-29 14:03 UTC  316 contacts, before run 2026-11-29-spring`
fn backup(record: &BackupRecord) -> String {
    let before = match &record.before {
        BackupCause::Run { run_id, .. } => format!("before run {run_id}"),
        BackupCause::Restore { of: Some(number) } => format!("before backup {number} was restored"),
        BackupCause::Restore { of: None } => "before the database was emptied by a restore".to_owned(),
    };
    let taken = record.taken_at.strftime("%F %H:%M UTC");
    format!("backup {}  {taken}  {}, {before}", record.number, counted(record.contacts, "contact"))
}

/// What a restore puts back and takes away, before it is asked for.
pub fn question(restore: &Restore) -> String {
    let mut text = match &restore.backup {
        Some(record) => format!("The database returns to {}.\n", backup(record)),
        None => "The database becomes empty, as it was before this run.\n".to_owned(),
    };
    let losses = &restore.losses;
    for (n, what) in
        [(losses.contacts, "new contact"), (losses.changed, "changed contact"), (losses.decisions, "decision")]
    {
        if n > 0 {
            text += &format!("This undoes {}.\n", counted(n, what));
        }
    }
    if !losses.runs.is_empty() {
        text += &format!("This undoes the loads of these runs: {}.\n", losses.runs.join(", "));
    }
    text + "Refusals, suppressions and answers of verifiers stay. The present database is kept as a backup.\n"
}

/// The result of a restore.
pub fn done(n_contacts: u64, replaced: Option<u64>) -> String {
    let mut text = format!("the database is restored: {}\n", counted(n_contacts, "contact"));
    if let Some(number) = replaced {
        text += &format!(
            "the database from before is backup {}: `ferry restore --backup {number}` undoes this restore\n",
            grouped(number)
        );
    }
    text
}
