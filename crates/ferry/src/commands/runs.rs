//! `ferry runs`: all runs of a plan.

use std::path::Path;

use anyhow::{Context, Result};
use contact_export::io_error;
use crossing::{PersonDiff, RunsDiff, diff_runs};
use plan::Plan;
use results::{DiffResult, PruneResult};
use run::ArtifactWriter;

use crate::cli::runs::{RunsArgs, RunsCommand, RunsDiffArgs};
use crate::commands::export::is_closed_pipe;
use crate::commands::output_place;
use crate::exit::Exit;
use crate::output::{Output, print_message};
use crate::text;

pub(crate) async fn runs(args: &RunsArgs, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.plan)?;
    match &args.command {
        None => {
            let listed = crossing::runs(&plan)?;
            output.print(&listed, || text::runs::list(&listed))?;
        }
        Some(RunsCommand::Prune { keep, dry_run }) => {
            let (keep, dry_run) = (*keep, *dry_run);
            let removed = crossing::prune_runs(&plan, keep, dry_run)?;
            let value = PruneResult { removed: &removed, dry_run };
            output.print(&value, || text::runs::pruned(&removed, dry_run))?;
        }
        Some(RunsCommand::Diff(args)) => diff(&plan, args, output).await?,
    }
    Ok(Exit::Done)
}

/// How many people are shown without `--all`.
const FIRST: usize = 20;

async fn diff(plan: &Plan, args: &RunsDiffArgs, output: Output) -> Result<()> {
    if let Some(file) = &args.to {
        output_place::check(file, Some(&plan.path), None)?;
        return diff_to(plan, args, file, output).await;
    }
    let most = if args.all { usize::MAX } else { FIRST };
    let (mut people, mut n_more) = (Vec::new(), 0_u64);
    let diff = compare(plan, args, |person| {
        match people.len() < most {
            true => people.push(person),
            false => n_more += 1,
        }
        Ok(())
    });
    let diff = diff.await?;
    let value = DiffResult { diff: &diff, people: Some(&people), people_left_out: n_more };
    output.print(&value, || text::runs_diff::counts(&diff) + &text::runs_diff::people(&people, n_more))
}

/// Writes a row for each changed field, and prints the counts. The reader of a pipe may have enough before the end.
async fn diff_to(plan: &Plan, args: &RunsDiffArgs, file: &Path, output: Output) -> Result<()> {
    let (diff, n_rows) = match write_rows(plan, args, file).await {
        Err(error) if is_closed_pipe(&error) => return Ok(()),
        written => written?,
    };
    let text = || text::runs_diff::counts(&diff) + &text::runs_diff::written(n_rows, file);
    match run::is_standard_output(file) {
        true => print_message(&text()),
        false => output.print(&DiffResult { diff: &diff, people: None, people_left_out: 0 }, text)?,
    }
    Ok(())
}

async fn write_rows(plan: &Plan, args: &RunsDiffArgs, file: &Path) -> Result<(RunsDiff, u64)> {
    let mut writer = csv::Writer::from_writer(ArtifactWriter::create_output(file)?);
    let failed = || format!("could not write {}", text::path(file));
    writer.write_record(text::runs_diff::COLUMNS).map_err(io_error).with_context(failed)?;
    let mut n_rows = 0;
    let compared = compare(plan, args, |person| {
        for row in text::runs_diff::rows(&person) {
            let cells = row.map(|it| if args.exact { it.into() } else { run::guarded(it) });
            writer.write_record(cells.iter().map(|it| it.as_bytes())).map_err(io_error).with_context(failed)?;
            n_rows += 1;
        }
        Ok(())
    });
    let diff = compared.await?;
    writer.into_inner().map_err(|it| it.into_error()).with_context(failed)?.publish(n_rows)?;
    Ok((diff, n_rows))
}

async fn compare(plan: &Plan, args: &RunsDiffArgs, each: impl FnMut(PersonDiff) -> Result<()>) -> Result<RunsDiff> {
    diff_runs(plan, [&args.before, &args.after], each).await
}
