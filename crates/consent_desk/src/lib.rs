//! The work of `ferry consent`: opens the plan and its database, and gives results with their texts for a terminal.
//!
//! Nothing here prints or knows the command line.

mod export;
mod import;
mod kept_out;
mod prove;
mod review;
mod show;

use anyhow::Result;
use consent::Wordings;
use crm::Crm;
use jiff::Timestamp;
use model::{RunMark, Statement, printable};
use plan::{Plan, draw_uid};

pub use crate::export::export;
pub use crate::import::{ImportOptions, import};
pub use crate::prove::{ProveOptions, check_receipt, prove};
pub use crate::review::{ReviewOptions, ReviewWork, review};
pub use crate::show::show;

/// The wordings that the plan or the database has.
async fn wordings(plan: &Plan, crm: Option<&Crm>) -> Result<Wordings> {
    let of_plan = plan.wordings()?.into_iter().map(|it| (it.name, it.purposes));
    let of_database = match crm {
        Some(crm) => crm.wordings().await?,
        None => Vec::new(),
    };
    Ok(of_plan.chain(of_database.into_iter().map(|it| (it.name, it.purposes))).collect())
}

/// Names what this command records, as a run of its own: `consent-2026-11-30T101500Z-1a2b3c`.
fn mark(what: &str, now: Timestamp) -> Result<RunMark> {
    let uid = draw_uid()?;
    let id = format!("{what}-{}-{}", now.strftime("%Y-%m-%dT%H%M%SZ"), &uid[..6]);
    // The database keeps microseconds.
    let started_at = Timestamp::from_microsecond(now.as_microsecond())?;
    Ok(RunMark { id: id.into(), started_at })
}

/// `2026-03-01T10:15:00Z`, `2026-03-01` or `undated`.
fn when(said: &Statement) -> String {
    said.at.map_or_else(|| "undated".to_owned(), consent_ledger::export::said_at)
}

/// The source row with its run or import.
fn source_row(said: &Statement) -> String {
    format!("{}/{}", said.first_run.id, said.row)
}

/// The id of a statement in hexadecimal digits.
fn shown_id(id: i64) -> String {
    format!("{id:016x}")
}

/// `on 2026-03-01` or `without a date`
fn on_day(said: &Statement) -> String {
    said.at.map_or_else(|| "without a date".to_owned(), |it| format!("on {}", consent_ledger::export::day(it)))
}

/// `stop by sms on 2026-03-01`
fn told(said: &Statement) -> String {
    format!("{} by {} {}", said.state.name(), said.channel.name(), on_day(said))
}

/// A name of the file or of a person, safe to print.
fn safe(text: &str) -> String {
    printable(text).into_owned()
}
