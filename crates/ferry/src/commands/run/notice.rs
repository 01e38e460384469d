//! The notification of a command that has ended.

use std::any::Any;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use crossing::{OpenRun, RunReport};
use futures::FutureExt;
use jiff::Timestamp;
use notify::Target;
use plan::Plan;
use results::Notification;

use crate::cli::run::NotifyArgs;
use crate::commands::notification;
use crate::exit::{Exit, exit_of};
use crate::text;

/// Collects what a notification says while a command runs.
pub(super) struct Notice {
    target: Option<Target>,
    started: Instant,
    told: Notification,
}

impl Notice {
    /// Reads the target of the command line, or else of the plan. A plan that cannot be read is an error of the command.
    pub(super) fn of(command: &'static str, args: &NotifyArgs, plan: &Path) -> Result<Self> {
        let target = match notification::target(args.notify.as_deref())? {
            None => Plan::read(plan).ok().map(|it| it.notify()).transpose()?.flatten(),
            target => target,
        };
        let told = Notification {
            command,
            status: Exit::Done.name(),
            exit: 0,
            run_id: None,
            dry_run: false,
            started_at: Timestamp::now(),
            seconds: 0.0,
            stage_seconds: Default::default(),
            rows: None,
            main_numbers: Default::default(),
            warnings: 0,
            report: None,
        };
        Ok(Self { target, started: Instant::now(), told })
    }

    /// Notes which run the command works on.
    pub(super) fn opened(&mut self, run: &OpenRun) {
        self.told.run_id = Some(run.run_id().to_owned());
        self.told.dry_run = run.is_dry_run;
    }

    /// Notes what came out of the run.
    pub(super) fn reported(&mut self, run: &OpenRun, report: &RunReport) {
        let stages = run.folder.manifest.stages.iter();
        self.told.stage_seconds = stages.map(|(stage, it)| (*stage, it.seconds)).collect();
        self.told.rows = Some(report.counts);
        self.told.main_numbers = report.main_numbers();
        self.told.warnings = text::run::n_warnings(report);
        let file = report.database.as_ref().map(|_| report.run_dir.join(text::run::REPORT));
        let file = file.map(|it| std::path::absolute(&it).unwrap_or(it));
        self.told.report = file.map(|it| it.display().to_string());
    }

    /// Runs the command and notifies of its end, also of one in a panic. What the notification comes to changes no exit
    /// code.
    pub(super) async fn after(mut self, command: impl AsyncFnOnce(&mut Self) -> Result<Exit>) -> Result<Exit> {
        let ended = AssertUnwindSafe(command(&mut self)).catch_unwind().await;
        self.send(&ended).await;
        ended.unwrap_or_else(|panic| resume_unwind(panic))
    }

    async fn send(mut self, ended: &Result<Result<Exit>, Box<dyn Any + Send>>) {
        let Some(target) = self.target.take() else { return };
        let exit = match ended {
            Ok(ended) => ended.as_ref().map_or_else(exit_of, |it| *it),
            Err(_) => Exit::Fault,
        };
        let mut told = self.told;
        (told.status, told.exit, told.seconds) = (exit.name(), exit as u8, self.started.elapsed().as_secs_f64());
        let variables = [
            ("FERRY_EXIT", told.exit.to_string()),
            ("FERRY_STATUS", told.status.to_owned()),
            ("FERRY_RUN_ID", told.run_id.clone().unwrap_or_default()),
        ];
        notification::send(&target, &told, &variables).await;
    }
}
