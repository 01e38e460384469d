//! The folder `backups` of a project: copies of CRM databases from before they were written to.
//!
//! ```text
//! backups/0001/
//!   backup.json    of which database, from when, before what, and the digest of each file
//!   …              the files of the copy
//! ```
//!
//! `backup.json` is written last: a folder without it is what an interrupted copy left, and the next one removes it.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::folder::create_private_dir;
use crate::folders::{FolderLock, folders_in};
use crate::publish::{is_intact, sync_parent};
use crate::{Artifact, RunError, write_private};

const RECORD: &str = "backup.json";

/// The folder of all backups of a project.
#[derive(Clone, Debug)]
pub struct Backups {
    dir: PathBuf,
}

/// A backup that was taken and checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackupRecord {
    /// Backups are counted from 1.
    pub number: u64,
    /// The id of the database that it is a copy of.
    pub database: String,
    pub taken_at: Timestamp,
    pub before: BackupCause,
    pub contacts: u64,
    /// The version of the tables.
    pub schema: String,
    /// The files of the copy, by name, with their digests.
    pub files: BTreeMap<String, Artifact>,
}

/// The write that a backup was taken before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BackupCause {
    /// The first write of a run.
    Run { uid: String, run_id: String },
    /// The restore of another backup, or of the empty database.
    Restore { of: Option<u64> },
}

impl Backups {
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Waits until no other process takes a backup here.
    pub fn lock(&self) -> Result<FolderLock, RunError> {
        FolderLock::wait(&self.dir)
    }

    /// Lists all backups, the latest last.
    pub fn list(&self) -> Result<Vec<BackupRecord>, RunError> {
        let records = folders_in(&self.dir)?.into_iter().map(|it| it.join(RECORD)).filter(|it| it.is_file());
        let mut records = records.map(|it| read_record(&it)).collect::<Result<Vec<_>, _>>()?;
        records.sort_by_key(|it| it.number);
        Ok(records)
    }

    /// Returns a backup by its number.
    pub fn find(&self, number: u64) -> Result<BackupRecord, RunError> {
        let found = self.list()?.into_iter().find(|it| it.number == number);
        found.ok_or_else(|| RunError::NoBackup { number, backups: self.dir.clone() })
    }

    /// Returns the folder of a backup.
    pub fn folder(&self, number: u64) -> PathBuf {
        self.dir.join(format!("{number:04}"))
    }

    /// Makes the empty folder of the next backup, and removes what an interrupted one left.
    pub fn begin(&self, _lock: &FolderLock) -> Result<(u64, PathBuf), RunError> {
        let number = self.list()?.last().map_or(0, |it| it.number) + 1;
        let folder = self.folder(number);
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(RunError::write(&folder)(error)),
            _ => create_private_dir(&folder)?,
        }
        Ok((number, folder))
    }

    /// Records a backup, which exists from then on. If nothing differs from the last one of this database, that is
    /// returned, and the new copy is removed.
    pub fn publish(&self, _lock: &FolderLock, record: BackupRecord) -> Result<BackupRecord, RunError> {
        let last = self.list()?.into_iter().rfind(|it| it.database == record.database);
        if let Some(last) = last.filter(|it| it.files == record.files) {
            self.remove(record.number)?;
            return Ok(last);
        }
        let path = self.folder(record.number).join(RECORD);
        let text =
            serde_json::to_vec_pretty(&record).map_err(|source| RunError::Manifest { path: path.clone(), source })?;
        // The files of the copy must be durable before the record names them.
        for name in record.files.keys() {
            let file = self.folder(record.number).join(name);
            File::open(&file).and_then(|it| it.sync_all()).map_err(RunError::write(&file))?;
        }
        write_private(&path, &text)?;
        sync_parent(&self.folder(record.number))?;
        Ok(record)
    }

    /// Returns the first file that is missing or has changed; none if the backup is intact.
    pub fn damaged(&self, record: &BackupRecord) -> Result<Option<PathBuf>, RunError> {
        for (name, artifact) in &record.files {
            let path = self.folder(record.number).join(name);
            if !is_intact(&path, artifact)? {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// Removes the oldest backups of a database beyond `keep`, but none that is `needed`. Returns their numbers.
    pub fn prune(&self, database: &str, keep: usize, needed: &HashSet<u64>) -> Result<Vec<u64>, RunError> {
        let of_database: Vec<u64> =
            self.list()?.iter().filter(|it| it.database == database).map(|it| it.number).collect();
        let n_beyond = of_database.len().saturating_sub(keep);
        let removed: Vec<u64> = of_database[..n_beyond].iter().copied().filter(|it| !needed.contains(it)).collect();
        removed.iter().try_for_each(|it| self.remove(*it))?;
        Ok(removed)
    }

    fn remove(&self, number: u64) -> Result<(), RunError> {
        let folder = self.folder(number);
        let record = folder.join(RECORD);
        // A folder without its record is no longer a backup, even if its removal is interrupted.
        if record.exists() {
            std::fs::remove_file(&record).map_err(RunError::write(&record))?;
        }
        std::fs::remove_dir_all(&folder).map_err(RunError::write(&folder))
    }
}

fn read_record(path: &Path) -> Result<BackupRecord, RunError> {
    let text = std::fs::read(path).map_err(RunError::read(path))?;
    serde_json::from_slice(&text).map_err(|source| RunError::Manifest { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a backup of a database whose content is `text`.
    fn take(backups: &Backups, database: &str, text: &str) -> u64 {
        let lock = backups.lock().unwrap();
        let (number, folder) = backups.begin(&lock).unwrap();
        let artifact = write_private(&folder.join("ferry.db"), text.as_bytes()).unwrap();
        let record = BackupRecord {
            number,
            database: database.into(),
            taken_at: Timestamp::UNIX_EPOCH,
            before: BackupCause::Restore { of: None },
            contacts: 1,
            schema: "1".into(),
            files: [("ferry.db".to_owned(), artifact)].into(),
        };
        backups.publish(&lock, record).unwrap().number
    }

    fn numbers(backups: &Backups) -> Vec<u64> {
        backups.list().unwrap().iter().map(|it| it.number).collect()
    }

    #[test]
    fn a_backup_of_an_unchanged_database_is_the_last_one() {
        let home = tempfile::tempdir().unwrap();
        let backups = Backups::new(home.path().join("backups"));
        assert_eq!([take(&backups, "a", "x"), take(&backups, "a", "x"), take(&backups, "a", "y")], [1, 1, 2]);
        assert_eq!(take(&backups, "b", "y"), 3, "another database is another backup");
        assert_eq!(numbers(&backups), [1, 2, 3]);
    }

    #[test]
    fn a_copy_that_was_interrupted_is_no_backup_and_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let backups = Backups::new(home.path().join("backups"));
        let (_, folder) = backups.begin(&backups.lock().unwrap()).unwrap();
        std::fs::write(folder.join("half.db"), "x").unwrap();
        assert!(numbers(&backups).is_empty());
        assert_eq!(take(&backups, "a", "x"), 1);
        assert!(!folder.join("half.db").exists());
    }

    #[test]
    fn the_oldest_backups_of_a_database_are_removed_unless_they_are_needed() {
        let home = tempfile::tempdir().unwrap();
        let backups = Backups::new(home.path().join("backups"));
        for (database, text) in [("a", "1"), ("a", "2"), ("b", "1"), ("a", "3"), ("a", "4")] {
            take(&backups, database, text);
        }
        assert_eq!(backups.prune("a", 2, &[1].into()).unwrap(), [2]);
        assert_eq!(numbers(&backups), [1, 3, 4, 5]);
        assert_eq!(take(&backups, "a", "5"), 6, "a number is not used again");
    }

    #[test]
    fn a_changed_file_is_named() {
        let home = tempfile::tempdir().unwrap();
        let backups = Backups::new(home.path().join("backups"));
        take(&backups, "a", "x");
        let record = backups.find(1).unwrap();
        assert_eq!(backups.damaged(&record).unwrap(), None);
        let file = backups.folder(1).join("ferry.db");
        std::fs::write(&file, "y").unwrap();
        assert_eq!(backups.damaged(&record).unwrap(), Some(file));
        assert!(matches!(backups.find(2), Err(RunError::NoBackup { .. })));
    }
}
