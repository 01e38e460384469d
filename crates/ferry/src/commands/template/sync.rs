//! `ferry template sync`: asks WhatsApp what became of the templates, once or again and again.

use std::time::Duration;

use anyhow::{Error, Result};
use campaign::SyncReport;
use crossing::Progress;
use jiff::Timestamp;
use notify::Target;
use plan::Plan;
use results::AlertsNotification;
use template_desk::{alert_entries, sync_result};
use template_text as text;

use crate::cli::template::SyncArgs;
use crate::commands::notification;
use crate::commands::stop::Stop;
use crate::exit::{Exit, exit_of, texts_of};
use crate::output::{Output, print_message, print_warning};

pub(super) async fn sync(args: &SyncArgs, progress: &Progress, output: Output) -> Result<Exit> {
    let target = match notification::target(args.notify.as_deref())? {
        None => Plan::read(&args.account.plan)?.notify()?,
        target => target,
    };
    let sync = Sync { args, progress, output, target };
    let ended = match args.every {
        None => sync.once().await,
        Some(every) => sync.until_stopped(every).await,
    };
    if let Err(error) = &ended
        && exit_of(error) != Exit::TryLater
    {
        sync.notify_of_end(error).await;
    }
    ended
}

/// The settings of the command.
struct Sync<'a> {
    args: &'a SyncArgs,
    progress: &'a Progress,
    output: Output,
    target: Option<Target>,
}

impl Sync<'_> {
    async fn once(&self) -> Result<Exit> {
        let report = self.listed().await?;
        self.tell(&report, true).await
    }

    /// Asks again and again until Ctrl-C or a signal to end, and returns the exit code of the last time. A failure that can
    /// pass is told and survived.
    async fn until_stopped(&self, every: Duration) -> Result<Exit> {
        let mut stop = Stop::new()?;
        let (mut exit, mut is_first) = (Exit::Done, true);
        loop {
            let listed = tokio::select! {
                listed = self.listed() => listed,
                () = stop.wait() => break,
            };
            // Not interrupted: an alert that was told must also be noted as told.
            let told = match listed {
                Ok(report) => self.tell(&report, is_first).await,
                Err(error) => Err(error),
            };
            match told {
                Ok(now) => (exit, is_first) = (now, false),
                Err(error) if exit_of(&error) == Exit::TryLater => {
                    let next = Timestamp::now().saturating_add(every).unwrap_or(Timestamp::MAX);
                    print_warning(&format!("{}; asking again at {}", texts_of(&error).join(": "), text::minute(next)));
                }
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = stop.wait() => break,
            }
        }
        print_message("stopped: what was found is in the database");
        Ok(exit)
    }

    /// Lists the account, and writes what has changed. The plan is read each time, so that a new token counts.
    async fn listed(&self) -> Result<SyncReport> {
        let plan = Plan::read(&self.args.account.plan)?;
        template_desk::sync(&plan, self.progress, self.args.every.is_some()).await
    }

    /// Prints a report, notifies of its alerts, and notes that they were told. Alerts whose notification did not arrive are
    /// told again at the next sync.
    async fn tell(&self, report: &SyncReport, is_first: bool) -> Result<Exit> {
        let now = Timestamp::now();
        let exit = if report.needs_a_look() { Exit::Rejects } else { Exit::Done };
        if is_first || !report.changes.is_empty() || !report.alerts.is_empty() {
            self.print(report, is_first, now)?;
        }
        if !report.alerts.is_empty() && self.notify_of_alerts(report, now).await {
            template_desk::note_told(&Plan::read(&self.args.account.plan)?, report, self.progress).await?;
        }
        Ok(exit)
    }

    fn print(&self, report: &SyncReport, is_first: bool, now: Timestamp) -> Result<()> {
        self.output.print(&sync_result(report, now), || match is_first {
            true => text::synced(report, now),
            false => format!("{}\n{}", text::minute(now), text::synced(report, now)),
        })
    }

    /// Whether nobody is to be notified, or the notification has arrived.
    async fn notify_of_alerts(&self, report: &SyncReport, now: Timestamp) -> bool {
        let alerts = alert_entries(&report.alerts, now);
        let exit = Exit::Rejects as u8;
        self.notify(AlertsNotification { command: COMMAND, status: "alerts", exit, at: now, alerts, error: None }).await
    }

    async fn notify_of_end(&self, error: &Error) {
        let (exit, at) = (exit_of(error), Timestamp::now());
        let error = Some(texts_of(error).join(": "));
        let (status, exit) = (exit.name(), exit as u8);
        self.notify(AlertsNotification { command: COMMAND, status, exit, at, alerts: Vec::new(), error }).await;
    }

    async fn notify(&self, told: AlertsNotification) -> bool {
        let Some(target) = &self.target else { return true };
        let variables = [("FERRY_EXIT", told.exit.to_string()), ("FERRY_STATUS", told.status.to_owned())];
        notification::send(target, &told, &variables).await
    }
}

/// The name of the command in a notification.
const COMMAND: &str = "template sync";
