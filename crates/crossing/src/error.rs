//! Errors that callers tell apart: each ends a run in its own way.

use std::path::PathBuf;

use anyhow::Error;
use jiff::Timestamp;
use model::grouped;
use pull::StaleSource;
use run::UnreadField;
use thiserror::Error as ThisError;
use whatsapp::CallError;

use crate::unread::UnreadLine;

/// A quality gate that stops a run before it changes anything.
#[derive(Debug, ThisError)]
pub enum QualityGate {
    #[error(
        "source \"{name}\": {} {}, and the plan allows {}: look at the list, or raise the gate",
        percent(*.found), .what.text(), percent(*.most)
    )]
    List { name: String, what: ListFault, found: f64, most: f64 },
    #[error(
        "{}; stop_unreadable allows {:.1} %",
        UnreadLine { source: name, field, values }, .most * 100.0
    )]
    Unreadable { name: String, field: String, values: UnreadField, most: f64 },
    #[error(
        "the backup {} is missing or damaged, so the database cannot be put back to what it was before this run: put the \
         file back, or back the database up yourself and start a new run with --new", path.display()
    )]
    Backup { path: PathBuf },
    #[error(
        "this backup was taken by another version of Ferry ({}, this one knows {known}): restore it with that one",
        found.as_ref().map_or("an earlier one".to_owned(), |it| format!("schema {it}"))
    )]
    BackupSchema { found: Option<String>, known: &'static str },
    #[error(
        "{} can hold refusals and {} not been read whole in the last {}, so people who have said no could be written to: \
         `ferry run --since last` reads on; max_refusal_hours in [gates] is the limit",
        names(sources), if sources.len() == 1 { "has" } else { "have" }, model::counted(u64::from(*.hours), "hour")
    )]
    Refusals { sources: Vec<StaleSource>, hours: u32 },
    #[error("{run_id} has taken no backup of this database: it has written nothing to it")]
    NoBackup { run_id: String },
    #[error("backup {number} is of another database: it is restored only into its own")]
    OtherDatabase { number: u64 },
    #[error(
        "{} numbers were checked in thirty days, and the messages of the plan allow {}: who checks many and writes to few is \
         banned; raise messages or checks_per_message in [verify]",
        grouped(*.used), grouped(*.most)
    )]
    ChecksPerMessage { used: u64, most: u64 },
}

/// A run that cannot be worked on as the command says.
#[derive(Debug, ThisError)]
pub enum RunChoice {
    #[error(
        "{} holds run {run_id}, which read other exports or had other rules: leave out --run-dir, or name another folder",
        dir.display()
    )]
    OtherInput { dir: PathBuf, run_id: String },
    #[error("{run_id} is a dry run: `ferry run` does what it has shown")]
    DryRun { run_id: String },
    #[error("command line: the plan has no source \"{name}\"; it has {}", known.join(", "))]
    NoSource { name: String, known: Vec<String> },
    #[error("{run_id} is a sample: `ferry run` without --limit runs the whole")]
    Sample { run_id: String },
    #[error(
        "the contacts of this database were made with contact key {known}, and there is no key here: bring it with \
         `ferry key import`"
    )]
    KeyMissing { known: String },
}

/// A fault that too many phone numbers of a list have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFault {
    Invalid,
    InSequence,
}

impl ListFault {
    fn text(self) -> &'static str {
        match self {
            Self::Invalid => "of the phone numbers are invalid",
            Self::InSequence => "of the phone numbers stand in sequence",
        }
    }
}

/// A limit on checks that becomes free again with time.
#[derive(Debug, ThisError)]
#[error("{} (`ferry load` does not wait for it)", self.text())]
pub struct RetryLater {
    /// None if no checks are allowed at all.
    pub bound: Option<CheckLimit>,
    /// When some checks become free again, if known.
    pub at: Option<Timestamp>,
}

/// A limit on how many numbers are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckLimit {
    /// The provider's quota for 24 hours.
    Day(u64),
    /// The number of checks that the plan's messages allow in thirty days.
    Month(u64),
}

impl RetryLater {
    fn text(&self) -> String {
        let Some(bound) = self.bound else { return "nothing may be checked".to_owned() };
        let what = match bound {
            CheckLimit::Day(most) => format!("the quota of {} checks in 24 hours", grouped(most)),
            CheckLimit::Month(most) => {
                format!("what the messages of the plan allow, {} checks in thirty days,", grouped(most))
            }
        };
        let again = self.at.map_or(String::new(), |it| format!("; some of it comes back at {it}"));
        format!("{what} is used up{again}")
    }
}

/// Returns whether the same command can succeed later: a provider is unavailable, or a quota is used up.
pub fn is_passing(error: &Error) -> bool {
    pull::is_failure_passing(error)
        || error
            .chain()
            .any(|it| it.is::<RetryLater>() || it.downcast_ref::<CallError>().is_some_and(CallError::is_passing))
}

/// Returns the HTTP status with which a provider refused a call, if that is why a command failed.
pub fn refused_status(error: &Error) -> Option<u16> {
    error.chain().find_map(|it| match it.downcast_ref() {
        Some(CallError::Refused { status, .. }) => Some(*status),
        _ => None,
    })
}

/// `source "a"`, or `sources "a", "b"`
fn names(sources: &[StaleSource]) -> String {
    let names: Vec<String> = sources.iter().map(|it| format!("\"{}\"", it.name)).collect();
    format!("{} {}", if sources.len() == 1 { "source" } else { "sources" }, names.join(", "))
}

fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}
