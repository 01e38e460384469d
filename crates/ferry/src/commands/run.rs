//! `ferry run`, its stages, and the commands that repeat parts of a run.

mod follow;
mod notice;

use anyhow::{Result, bail};
use crossing::{OpenRun, Progress, RunOptions, RunReport, Selection, uninformative};
use model::Stage;
use results::{BatchResult, PullResult, RunResult, VerifyResult};
use run_text::Styled;

use crate::cli::extract::ExtractCommand;
use crate::cli::run::{Only, RerunArgs, RunArgs, StageArgs, VerifyArgs};
use crate::commands::run::notice::Notice;
use crate::exit::Exit;
use crate::hint::UserError;
use crate::output::Output;
use crate::text;

/// Runs a whole plan.
pub(crate) async fn run(args: &RunArgs, progress: Progress, output: Output) -> Result<Exit> {
    let notice = Notice::of("run", &args.notify, &args.extract.plan.path())?;
    notice.after(async |notice| run_all(args, progress, output, notice).await).await
}

async fn run_all(args: &RunArgs, progress: Progress, output: Output, notice: &mut Notice) -> Result<Exit> {
    run_with(&args.options(), progress, output, notice).await
}

/// Runs a whole plan with some options.
async fn run_with(options: &RunOptions, progress: Progress, output: Output, notice: &mut Notice) -> Result<Exit> {
    let mut run = OpenRun::open(options, progress).await?;
    notice.opened(&run);
    let report = crossing::run(&mut run).await?;
    if report.database.is_some() && !options.is_dry_run && options.sample.is_none() {
        // Whoever was held back between two runs is known by what was said now.
        crossing::release_held(&run.plan, run.started_at()).await?;
    }
    notice.reported(&run, &report);
    let exit = Exit::of(&report);
    review::written(&mut run).await?;
    print_run(&mut run, report, output, exit, text::run::text)
}

/// Writes the report of a run and prints it.
fn print_run(
    run: &mut OpenRun,
    report: RunReport,
    output: Output,
    exit: Exit,
    words: fn(&RunReport, &str, u8) -> Styled,
) -> Result<Exit> {
    let report = report::written(run, report)?;
    let next = next(run, &report);
    output.print(&run_result(&report, next.clone()), || words(&report, &next, exit as u8))?;
    Ok(exit)
}

/// The command to run after this one.
pub(crate) fn next(run: &OpenRun, report: &RunReport) -> String {
    text::next::command(&run.plan, report)
}

/// The report of a run in JSON.
pub(crate) fn run_result(report: &RunReport, next: String) -> RunResult<'_> {
    RunResult {
        run: report,
        run_dir: text::path(&report.run_dir),
        warnings: text::run::warnings(report),
        uninformative: report.uninformative.map(text::verify::uninformative),
        main_numbers: report.main_numbers(),
        report: text::run::report_file(report),
        next,
    }
}

/// Reads the exports of a plan, or one source from its provider.
pub(crate) async fn extract(args: &ExtractCommand, progress: Progress, output: Output) -> Result<Exit> {
    if args.follow {
        return follow::follow(args, progress, output).await;
    }
    if args.source.is_some() {
        let settings = args.extract.pull.settings(args.source.clone());
        let sources = crossing::pull_plan(&args.extract.plan.path(), &settings, &progress).await?;
        output.print(&PullResult::of(&sources), || text::sources::all_pulled(&sources))?;
        return Ok(Exit::Done);
    }
    let mut run = OpenRun::open(&args.extract.options(), progress).await?;
    crossing::stage(&mut run, Stage::Extract).await?;
    Ok(Exit::Done)
}

/// Cleans what was extracted.
pub(crate) async fn clean(args: &StageArgs, progress: Progress) -> Result<Exit> {
    let mut run = OpenRun::reopen(&args.place.place(), args.memory, progress).await?;
    crossing::stage(&mut run, Stage::Clean).await?;
    Ok(Exit::Done)
}

/// Loads what was cleaned and verified.
pub(crate) async fn load(args: &StageArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut run = OpenRun::reopen(&args.place.place(), args.memory, progress).await?;
    let report = crossing::load(&mut run).await?;
    review::written(&mut run).await?;
    print_run(&mut run, report, output, Exit::Done, text::run::loaded_alone)
}

/// Runs one batch again, or checks some contacts again.
pub(crate) async fn rerun(args: &RerunArgs, progress: Progress, output: Output) -> Result<Exit> {
    let notice = Notice::of("rerun", &args.notify, &args.place.plan())?;
    notice.after(async |notice| run_again(args, progress, output, notice).await).await
}

async fn run_again(args: &RerunArgs, progress: Progress, output: Output, notice: &mut Notice) -> Result<Exit> {
    let mut run = OpenRun::reopen(&args.place.place(), None, progress).await?;
    notice.opened(&run);
    if let Some(only) = args.only {
        return verify_again(&mut run, only, output, notice).await;
    }
    if args.from == Some(Stage::Translate) {
        return translate_again(&mut run, args.batch, output, notice).await;
    }
    let (Some(batch), Some(from)) = (args.batch, args.from) else {
        bail!("name a batch with --batch, or contacts with --only")
    };
    let (loaded, report) = crossing::rerun(&mut run, batch, from).await?;
    notice.reported(&run, &report);
    let report = report::written(&mut run, report)?;
    let result = BatchResult {
        batch,
        inserted: loaded.inserted,
        updated: loaded.updated,
        unchanged: loaded.unchanged,
        main_numbers: report.main_numbers(),
        report: text::run::report_file(&report),
        next: next(&run, &report),
    };
    let verified = run.folder.manifest.stages.get(&Stage::Verify).filter(|_| from == Stage::Verify);
    let exit = verified.and_then(uninformative).map_or(Exit::Done, |_| Exit::Unverified);
    output.print(&result, || {
        let words = text::run::loaded(loaded.inserted, loaded.updated, loaded.unchanged);
        let mut text = Styled::from(format!("batch {batch} was run again: {words}\n"));
        text.append(text::run::end(&report, &result.next, exit as u8));
        text
    })?;
    Ok(exit)
}

/// Translates the scenarios of the plan again.
async fn translate_again(run: &mut OpenRun, section: Option<u32>, output: Output, notice: &mut Notice) -> Result<Exit> {
    let report = crossing::translate_again(run, section).await?;
    notice.reported(run, &report);
    let exit = Exit::of(&report);
    review::written(run).await?;
    print_run(run, report, output, exit, text::run::translated_alone)
}

/// Verifies contacts without a valid answer.
pub(crate) async fn verify(args: &VerifyArgs, progress: Progress, output: Output) -> Result<Exit> {
    let notice = Notice::of("verify", &args.notify, &args.stage.place.plan())?;
    notice.after(async |notice| verify_unverified(args, progress, output, notice).await).await
}

async fn verify_unverified(args: &VerifyArgs, progress: Progress, output: Output, notice: &mut Notice) -> Result<Exit> {
    let mut run = OpenRun::reopen(&args.stage.place.place(), args.stage.memory, progress).await?;
    notice.opened(&run);
    check_verifier(&run)?;
    if args.dry_run {
        return print_verified(&run, &crossing::verify_dry(&run).await?, output);
    }
    verify_selected(&mut run, Selection::Unverified, output, notice).await
}

async fn verify_again(run: &mut OpenRun, only: Only, output: Output, notice: &mut Notice) -> Result<Exit> {
    check_verifier(run)?;
    let selection = match only {
        Only::NoAnswer => Selection::NoAnswer,
        Only::Expired => Selection::Expired,
        Only::Failed => Selection::Unverified,
    };
    verify_selected(run, selection, output, notice).await
}

async fn verify_selected(run: &mut OpenRun, selection: Selection, output: Output, notice: &mut Notice) -> Result<Exit> {
    let report = crossing::verify(run, selection).await?;
    notice.reported(run, &report);
    let report = report::written(run, report)?;
    print_verified(run, &report, output)
}

fn check_verifier(run: &OpenRun) -> Result<()> {
    match run.plan.verify {
        Some(_) => Ok(()),
        None => Err(UserError::NoVerifier.into()),
    }
}

/// Prints the known registrations, or the estimate of a dry run.
fn print_verified(run: &OpenRun, report: &RunReport, output: Output) -> Result<Exit> {
    let result = VerifyResult {
        registration: &report.registration,
        segments: &report.segments,
        held: report.held,
        plan_segments: &report.plan_segments,
        provider_is_informative: report.provider_is_informative,
        cost: &report.cost,
        estimate: &report.estimate,
        main_numbers: report.main_numbers(),
        report: text::run::report_file(report),
        next: next(run, report),
    };
    let exit = Exit::of_verification(report);
    output.print(&result, || text::run::verified_alone(report, &result.next, exit as u8))?;
    Ok(exit)
}
