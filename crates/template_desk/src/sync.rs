//! `ferry template sync`: asks WhatsApp what became of the templates.

use anyhow::Result;
use campaign::SyncReport;
use crossing::Progress;
use jiff::Timestamp;
use plan::Plan;
use results::SyncResult;
use template_text as text;

use crate::account::{open, open_briefly};
use crate::status::alert_entries;

/// Lists the account, and writes what has changed. A command that asks again and again waits only briefly.
pub async fn sync(plan: &Plan, progress: &Progress, is_repeated: bool) -> Result<SyncReport> {
    let account = match is_repeated {
        true => open_briefly(plan, progress).await?,
        false => open(plan, progress).await?,
    };
    let report = account.sync().await;
    account.close().await;
    report
}

/// Notes that the alerts of a report were told, so that they are not told again.
pub async fn note_told(plan: &Plan, report: &SyncReport, progress: &Progress) -> Result<()> {
    let account = open(plan, progress).await?;
    account.told(report).await?;
    account.close().await;
    Ok(())
}

/// A report in JSON.
pub fn sync_result(report: &SyncReport, now: Timestamp) -> SyncResult {
    SyncResult {
        at: now,
        changed: report.changes.iter().map(text::change).collect(),
        alerts: alert_entries(&report.alerts, now),
        standing: alert_entries(&report.standing, now),
    }
}
