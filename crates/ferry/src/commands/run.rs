//! `ferry run`, its stages, and the commands that repeat parts of a run.

use anyhow::{Result, bail};
use crossing::{OpenRun, Progress, RunReport, Selection, uninformative};
use model::Stage;

use crate::cli::{ExtractArgs, Only, RerunArgs, RunArgs, StageArgs, VerifyArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::text;

/// Runs a whole plan.
pub(crate) async fn run(args: &RunArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut run = OpenRun::open(&args.options(), progress).await?;
    let report = crossing::run(&mut run).await?;
    let report = report::written(&mut run, report)?;
    output.print(&text::run::json(&report)?, || text::run::text(&report))?;
    Ok(Exit::of(&report))
}

/// Reads the exports of a plan.
pub(crate) async fn extract(args: &ExtractArgs, progress: Progress) -> Result<Exit> {
    let mut run = OpenRun::open(&args.options(), progress).await?;
    crossing::stage(&mut run, Stage::Extract).await?;
    Ok(Exit::Done)
}

/// Runs one stage on what the stage before has left.
pub(crate) async fn stage(args: &StageArgs, stage: Stage, progress: Progress) -> Result<Exit> {
    let mut run = OpenRun::reopen(&args.place(), args.memory, progress).await?;
    crossing::stage(&mut run, stage).await?;
    Ok(Exit::Done)
}

/// Runs one batch again, or checks some contacts again.
pub(crate) async fn rerun(args: &RerunArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut run = OpenRun::reopen(&args.place.place(), None, progress).await?;
    if let Some(only) = args.only {
        return verify_again(&mut run, only, output).await;
    }
    let (Some(batch), Some(from)) = (args.batch, args.from) else {
        bail!("name a batch with --batch, or contacts with --only")
    };
    let (loaded, report) = crossing::rerun(&mut run, batch, from).await?;
    report::written(&mut run, report)?;
    let value = serde_json::json!({
        "batch": batch, "inserted": loaded.inserted, "updated": loaded.updated, "unchanged": loaded.unchanged,
    });
    let words = || text::run::loaded(loaded.inserted, loaded.updated, loaded.unchanged);
    output.print(&value, || format!("batch {batch} was run again: {}\n", words()))?;
    let verified = run.folder.manifest.stages.get(&Stage::Verify).filter(|_| from == Stage::Verify);
    Ok(verified.and_then(uninformative).map_or(Exit::Done, |_| Exit::Unverified))
}

/// Verifies contacts without a valid answer.
pub(crate) async fn verify(args: &VerifyArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut run = OpenRun::reopen(&args.stage.place(), args.stage.memory, progress).await?;
    check_verifier(&run)?;
    if args.dry_run {
        return print_verified(&crossing::verify_dry(&run).await?, output);
    }
    let report = crossing::verify(&mut run, Selection::Unverified).await?;
    print_verified(&report::written(&mut run, report)?, output)
}

async fn verify_again(run: &mut OpenRun, only: Only, output: Output) -> Result<Exit> {
    check_verifier(run)?;
    let selection = match only {
        Only::NoAnswer => Selection::NoAnswer,
        Only::Expired => Selection::Expired,
        Only::Failed => Selection::Unverified,
    };
    let report = crossing::verify(run, selection).await?;
    print_verified(&report::written(run, report)?, output)
}

fn check_verifier(run: &OpenRun) -> Result<()> {
    match run.plan.verify {
        Some(_) => Ok(()),
        None => bail!("verification is off: the plan has no [verify] section"),
    }
}

/// Prints the known registrations, or the estimate of a dry run.
fn print_verified(report: &RunReport, output: Output) -> Result<Exit> {
    let value = serde_json::json!({
        "registration": report.registration, "segments": report.segments, "plan_segments": report.plan_segments,
        "provider_is_informative": report.provider_is_informative, "cost": report.cost, "estimate": report.estimate,
    });
    output.print(&value, || text::run::verified_alone(report))?;
    Ok(Exit::of_verification(report))
}
