//! `ferry extract --follow`: reads on again and again while a migration goes on.

use std::time::{Duration, Instant};

use anyhow::Result;
use crossing::{Cycle, Progress, Refresh, follow_once, is_passing, release_held};
use model::counted;

use crate::cli::{ExtractCommand, NotifyArgs};
use crate::commands::run::notice::Notice;
use crate::commands::run::run_with;
use crate::commands::stop::Stop;
use crate::exit::{Exit, texts_of};
use crate::output::{Output, print_message, print_warning};

/// How long after a run the next one is made.
const BETWEEN_RUNS: Duration = Duration::from_secs(24 * 3600);

/// Reads on until it is stopped. What can pass is told and survived.
pub(crate) async fn follow(args: &ExtractCommand, progress: Progress, output: Output) -> Result<Exit> {
    let plan = args.extract.plan.path();
    let mut stop = Stop::new()?;
    let mut last_run: Option<Instant> = None;
    loop {
        let is_time_to_run = last_run.is_none_or(|it| it.elapsed() >= BETWEEN_RUNS);
        let refresh = if is_time_to_run { Refresh::SinceLast } else { Refresh::New };
        let cycle = tokio::select! {
            cycle = follow_once(&plan, args.source.as_deref(), refresh, &progress) => cycle,
            () = stop.wait() => break,
        };
        match cycle {
            Ok(cycle) => tell(&cycle),
            Err(error) if is_passing(&error) => print_warning(&texts_of(&error).join(": ")),
            Err(error) => return Err(error),
        }
        if is_time_to_run {
            let ran = tokio::select! {
                ran = run_whole(args, &progress, output) => ran,
                () = stop.wait() => break,
            };
            match ran {
                Ok(()) => last_run = Some(Instant::now()),
                Err(error) if is_passing(&error) => print_warning(&texts_of(&error).join(": ")),
                Err(error) => return Err(error),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(args.every) => {}
            () = stop.wait() => break,
        }
    }
    print_message("stopped: what was read is kept, and the same command goes on");
    Ok(Exit::Done)
}

/// Makes a whole run, after which nobody need be held back for what it has loaded.
async fn run_whole(args: &ExtractCommand, progress: &Progress, output: Output) -> Result<()> {
    let notify = NotifyArgs { notify: None };
    let notice = Notice::of("run", &notify, &args.extract.plan.path())?;
    let options = args.extract.options();
    notice.after(async |notice| run_with(&options, progress.clone(), output, notice).await).await?;
    release_held(&options.plan).await.map(drop)
}

fn tell(cycle: &Cycle) {
    for failed in &cycle.failed {
        print_warning(&texts_of(&anyhow::anyhow!("{failed}: {}", failed.source)).join(": "));
    }
    if cycle.n_held > 0 {
        print_message(&format!(
            "{} suppressed until the next run: they have refused",
            counted(cycle.n_held, "contact")
        ));
    }
}
