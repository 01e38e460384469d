//! `ferry extract --follow`: reads on again and again while a migration goes on.

use anyhow::Result;
use crossing::{Cycle, Progress, Refresh, follow_once, is_passing, last_run_at};
use jiff::{SignedDuration, Timestamp};
use model::counted;

use crate::cli::extract::ExtractCommand;
use crate::cli::run::NotifyArgs;
use crate::commands::run::notice::Notice;
use crate::commands::run::run_with;
use crate::commands::stop::Stop;
use crate::exit::{Exit, texts_of};
use crate::output::{Output, print_message, print_warning};

/// How long after a run the next one is made.
const BETWEEN_RUNS: SignedDuration = SignedDuration::from_hours(24);

/// Reads on until it is stopped. What can pass is told and survived.
pub(crate) async fn follow(args: &ExtractCommand, progress: Progress, output: Output) -> Result<Exit> {
    let mut stop = Stop::new()?;
    loop {
        tokio::select! {
            done = cycle(args, &progress, output) => match done {
                Err(error) if is_passing(&error) => print_warning(&texts_of(&error).join(": ")),
                done => done?,
            },
            () = stop.wait() => break,
        }
        tokio::select! {
            () = tokio::time::sleep(args.every) => {}
            () = stop.wait() => break,
        }
    }
    print_message("stopped: received pages are kept; run the same command to continue");
    Ok(Exit::Done)
}

/// Reads what has come, and makes a run if the last one is a day old. Then what has changed is read again too.
async fn cycle(args: &ExtractCommand, progress: &Progress, output: Output) -> Result<()> {
    let plan = args.extract.plan.path();
    let is_old = |it: Timestamp| Timestamp::now().duration_since(it) >= BETWEEN_RUNS;
    let is_time_to_run = args.source.is_none() && last_run_at(&plan)?.is_none_or(is_old);
    let refresh = if is_time_to_run { Refresh::SinceLast } else { Refresh::New };
    let cycle = follow_once(&plan, args.source.as_deref(), refresh, progress).await?;
    tell(&cycle);
    if is_time_to_run { run_whole(args, progress, output).await } else { Ok(()) }
}

/// Makes a whole run.
async fn run_whole(args: &ExtractCommand, progress: &Progress, output: Output) -> Result<()> {
    let notice = Notice::of("run", &NotifyArgs { notify: None }, &args.extract.plan.path())?;
    let options = args.extract.options();
    notice.after(async |notice| run_with(&options, progress.clone(), output, notice).await).await.map(drop)
}

fn tell(cycle: &Cycle) {
    for failed in &cycle.failed {
        print_warning(&texts_of(&anyhow::anyhow!("{failed}: {}", failed.source)).join(": "));
    }
    if cycle.n_held > 0 {
        let held = counted(cycle.n_held, "contact");
        print_message(&format!("{held} suppressed: they have refused since the last run"));
    }
}
