//! `ferry scenario review`: templates and messages of the database in a sheet, and back.

use std::path::Path;

use anyhow::{Context, Result, bail};
use crm::Crm;
use jiff::Timestamp;
use plan::Plan;
use results::{ReviewNote, ReviewTaken, ReviewWritten};
use review::sheet::{KeptTexts, RowNote, SheetForm, SheetReport, read_sheet, sheet, summary, take, written};
use translation::compile_options;

use crate::cli::scenario::ReviewArgs;
use crate::commands::output_place;
use crate::exit::Exit;
use crate::output::Output;

/// Limits a sheet, in bytes. The scenarios of a large business make some MiB.
const MOST_BYTES: u64 = 256 << 20;

pub(super) async fn run(args: &ReviewArgs, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.plan.plan)?;
    let crm = Crm::look(&plan.crm_url()?).await.context("could not open the CRM database")?;
    let Some(crm) = crm else {
        bail!("there is no CRM database yet: `ferry run` makes it and translates the scenarios")
    };
    let kept = KeptTexts::read(&plan, &crm).await;
    crm.close().await;
    match (&args.to, &args.from) {
        (Some(to), _) => write(&plan, args, to, &kept?, output),
        (None, Some(from)) => read(&plan, args, from, &kept?, output).await,
        (None, None) => bail!("name the sheet to write with --to, or the sheet to take back with --from"),
    }
}

fn write(plan: &Plan, args: &ReviewArgs, to: &Path, kept: &KeptTexts, output: Output) -> Result<Exit> {
    let name = to.display().to_string();
    let form = SheetForm::of_name(&name);
    let form = form.with_context(|| format!("{name} is no name of a sheet: end it in .xlsx or .csv"))?;
    let n_rows = kept.n_rows();
    if n_rows == 0 {
        bail!("the database holds no templates and no messages: `ferry run` translates each [[scenario]] of the plan");
    }
    output_place::check(to, Some(&args.plan.plan), None)?;
    keep_edits(plan, to, kept)?;
    run::write_output(to, &sheet(kept, form)?)?;
    output.print(&ReviewWritten { file: &name, rows: n_rows }, || written(&name, n_rows))?;
    Ok(Exit::Done)
}

/// Fails if a file holds a sheet with edits that the database does not have.
fn keep_edits(plan: &Plan, to: &Path, kept: &KeptTexts) -> Result<()> {
    let Ok(bytes) = run::read_small(to, MOST_BYTES) else { return Ok(()) };
    let draft = read_sheet(kept, &bytes, &compile_options(Some(plan)));
    if draft.is_ok_and(|it| it.has_edits()) {
        let name = to.display();
        bail!(
            "{name} holds edits or decisions that are not in the database: take it back with --from {name}, or name another file"
        );
    }
    Ok(())
}

async fn read(plan: &Plan, args: &ReviewArgs, from: &Path, kept: &KeptTexts, output: Output) -> Result<Exit> {
    let context = || format!("could not read {}", from.display());
    let bytes = run::read_small(from, MOST_BYTES).with_context(context)?;
    let draft = read_sheet(kept, &bytes, &compile_options(Some(plan))).with_context(context)?;
    let by = args.by.clone().unwrap_or_else(run::who);
    let report = match args.dry_run {
        true => draft.preview(),
        false => {
            let crm = Crm::open(&plan.crm_url()?).await.context("could not open the CRM database")?;
            let report = take(draft, &crm, &by, Timestamp::now()).await;
            crm.close().await;
            report?
        }
    };
    output.print(&result(&report, &by, args.dry_run), || summary(&report, args.dry_run))?;
    Ok(if report.refused.is_empty() { Exit::Done } else { Exit::Rejects })
}

fn result<'a>(report: &'a SheetReport, by: &'a str, dry_run: bool) -> ReviewTaken<'a> {
    let notes = |notes: &'a [RowNote]| -> Vec<ReviewNote<'a>> {
        notes.iter().map(|it| ReviewNote { row: it.row, id: &it.id, message: &it.text }).collect()
    };
    ReviewTaken {
        by,
        dry_run,
        taken: report.n_taken,
        approved: report.n_approved,
        rejected: report.n_rejected,
        undecided: report.n_undecided,
        edited: report.n_edited,
        edited_without_decision: report.n_edited_undecided,
        commented: report.n_commented,
        unchanged: report.n_unchanged,
        out_of_date: report.n_old,
        not_in_sheet: report.n_absent,
        refused: notes(&report.refused),
        warnings: notes(&report.warnings),
    }
}
