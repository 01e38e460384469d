//! `sends.log`, beside the contact key: what may have left, outside of the database.
//!
//! A group of intents is appended and synced before its bytes leave. A database that was restored is behind this log, and
//! sends nothing until it has learned what it forgot. Lines name no person: ids and keyed digests.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crm::{LoggedIntent, MessageId};
use jiff::Timestamp;
use model::{ConsentPurpose, ContactId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The log cannot be read or written. Nothing is sent then.
#[derive(Debug, Error)]
pub enum SendsLogError {
    #[error("could not write the log of sends, {path}: nothing is sent without it")]
    Write { path: PathBuf, source: io::Error },
    #[error("could not read the log of sends, {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("line {line} of the log of sends, {path}, is damaged: compare it with a copy before anything is sent")]
    Damaged { path: PathBuf, line: usize },
}

/// The last line of each message, by its id.
pub(crate) type LoggedSends = BTreeMap<String, LoggedSend>;

/// The log of sends. Processes of one machine share it.
#[derive(Clone)]
pub struct SendsLog {
    path: PathBuf,
    file: Arc<File>,
}

/// A line: an intent whose bytes may have left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoggedSend {
    /// The number of the intent.
    pub n: i64,
    pub id: String,
    pub campaign: String,
    pub step: String,
    /// The id of the contact, in hexadecimal digits.
    pub contact: String,
    /// The digest of the address, in hexadecimal digits.
    pub recipient: String,
    pub purpose: String,
    pub sender: String,
    pub at: Timestamp,
    pub mode: String,
}

impl LoggedSend {
    /// As the database compares it; none if it was not written by us.
    pub(crate) fn intent(&self) -> Option<LoggedIntent> {
        let bytes = |text: &str| hex::decode(text).ok();
        Some(LoggedIntent {
            number: self.n,
            id: MessageId::from_hex(&self.id)?,
            campaign: self.campaign.clone(),
            step: self.step.clone(),
            contact: ContactId::from_bytes(&bytes(&self.contact)?)?,
            recipient: bytes(&self.recipient)?.try_into().ok()?,
            purpose: ConsentPurpose::from_name(&self.purpose)?,
            sender: self.sender.clone(),
            at: self.at,
        })
    }
}

impl SendsLog {
    /// Opens the log, and makes it if it is not there, for its owner alone.
    pub fn open(path: &Path) -> Result<Self, SendsLogError> {
        let write = |source| SendsLogError::Write { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(write)?;
        run::sync_parent(path).map_err(|it| write(io::Error::other(it)))?;
        Ok(Self { path: path.to_owned(), file: Arc::new(file) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing was ever noted in it.
    pub fn is_empty(&self) -> Result<bool, SendsLogError> {
        let metadata = self.file.metadata();
        let metadata = metadata.map_err(|source| SendsLogError::Read { path: self.path.clone(), source })?;
        Ok(metadata.len() == 0)
    }

    /// Appends a group of intents. They are on the disk when this returns.
    pub(crate) async fn append(&self, lines: Vec<LoggedSend>) -> Result<(), SendsLogError> {
        let file = Arc::clone(&self.file);
        let written = tokio::task::spawn_blocking(move || append(&file, &lines)).await;
        let written = written.unwrap_or_else(|_| Err(io::Error::other("the thread that writes it has ended")));
        written.map_err(|source| SendsLogError::Write { path: self.path.clone(), source })
    }

    /// The last line of each message of a campaign and mode. A line that a crash has cut off was never on the disk as a
    /// whole, so its bytes never left.
    pub(crate) fn read(&self, campaign: &str, mode: &str) -> Result<LoggedSends, SendsLogError> {
        let mut text = String::new();
        let read = File::open(&self.path).and_then(|mut it| it.read_to_string(&mut text));
        read.map_err(|source| SendsLogError::Read { path: self.path.clone(), source })?;
        let mut sends = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            match serde_json::from_str::<LoggedSend>(line) {
                Ok(send) if send.campaign == campaign && send.mode == mode => {
                    sends.insert(send.id.clone(), send);
                }
                Ok(_) => {}
                // The next process ends it with a line break.
                Err(_) if !line.ends_with('}') => {}
                Err(_) => return Err(SendsLogError::Damaged { path: self.path.clone(), line: number + 1 }),
            }
        }
        Ok(sends)
    }
}

fn append(file: &File, lines: &[LoggedSend]) -> io::Result<()> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line)?);
        text.push('\n');
    }
    rustix::fs::flock(file, rustix::fs::FlockOperation::LockExclusive)?;
    let written =
        end_last_line(file).and_then(|()| (&mut &*file).write_all(text.as_bytes())).and_then(|()| file.sync_data());
    rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock)?;
    written
}

/// Ends a line that a crash has cut off.
fn end_last_line(mut file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    let Some(before) = length.checked_sub(1) else { return Ok(()) };
    let mut last = [0];
    file.seek(SeekFrom::Start(before))?;
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(n: i64, campaign: &str) -> LoggedSend {
        LoggedSend {
            n,
            id: format!("{n:032}"),
            campaign: campaign.into(),
            step: "invite".into(),
            contact: "00".repeat(16),
            recipient: "11".repeat(32),
            purpose: "marketing".into(),
            sender: "106".into(),
            at: Timestamp::UNIX_EPOCH,
            mode: "sandbox".into(),
        }
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn a_line_that_a_crash_has_cut_off_is_passed_over_and_the_next_one_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sends.log");
        let log = SendsLog::open(&path).unwrap();
        block_on(log.append(vec![send(1, "spring"), send(2, "summer")])).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(br#"{"n":3,"id":"00"#).unwrap();
        block_on(SendsLog::open(&path).unwrap().append(vec![send(4, "spring")])).unwrap();
        let numbers: Vec<i64> = log.read("spring", "sandbox").unwrap().values().map(|it| it.n).collect();
        assert_eq!(numbers, [1, 4]);
        assert!(log.read("spring", "live").unwrap().is_empty());
        file.write_all(b"{\"n\":5}\n").unwrap();
        let damaged = log.read("spring", "sandbox").unwrap_err().to_string();
        assert!(damaged.starts_with("line 5 of the log"), "{damaged}");
    }
}
