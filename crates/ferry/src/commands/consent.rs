//! `ferry consent`: what people have said about being written to.

use std::path::Path;

use anyhow::Result;
use consent_desk::{ImportOptions, ProveOptions, ReviewOptions, ReviewWork};
use consent_ledger::export::Export;
use consent_ledger::{Defaults, ExportKind};
use crossing::Progress;
use plan::Plan;
use run_text::path;

use crate::cli::Format;
use crate::cli::consent::{
    ConsentCommand, ConsentExportArgs, ConsentImportArgs, ConsentProveArgs, ConsentReviewArgs, LedgerFormat,
};
use crate::commands::export::is_closed_pipe;
use crate::commands::output_place;
use crate::exit::Exit;
use crate::output::{Output, print_message};

pub(crate) async fn run(command: &ConsentCommand, progress: &Progress, output: Output) -> Result<Exit> {
    match command {
        ConsentCommand::Import(args) => import(args, progress, output).await,
        ConsentCommand::Show(args) => {
            let (value, text) = consent_desk::show(&Plan::read(&args.plan)?, &args.who).await?;
            output.print(&value, || text)?;
            Ok(Exit::Done)
        }
        ConsentCommand::Export(args) => export(args, output).await,
        ConsentCommand::Prove(args) => prove(args, output).await,
        ConsentCommand::Review(args) => review(args, output).await,
    }
}

async fn import(args: &ConsentImportArgs, progress: &Progress, output: Output) -> Result<Exit> {
    let plan = plan_beside(&args.plan, args.rejects.as_deref())?;
    if let Some(rejects) = &args.rejects {
        output_place::check_input(rejects, [args.file.as_path()])?;
    }
    let options = ImportOptions {
        file: args.file.clone(),
        opt_outs: args.opt_outs,
        columns: args.columns.clone(),
        defaults: Defaults {
            channel: args.channel,
            state: args.state,
            purposes: args.purposes.clone(),
            wording: args.wording.clone(),
            place: args.place.clone(),
            proof_kind: args.proof_kind,
            scope: args.scope.clone(),
        },
        date_order: args.date_order,
        timezone: args.timezone.clone(),
        source: args.source.clone(),
        rejects: args.rejects.clone(),
        dry_run: args.dry_run,
    };
    let (value, text) = consent_desk::import(&plan, &options, progress).await?;
    output.print(&value, || text)?;
    Ok(if value.refused + value.review > 0 { Exit::Rejects } else { Exit::Done })
}

async fn export(args: &ConsentExportArgs, output: Output) -> Result<Exit> {
    let plan = plan_beside(&args.plan, Some(&args.to))?;
    let kind = match args.r#as {
        Some(LedgerFormat::Csv) => ExportKind::Csv,
        Some(LedgerFormat::Jsonl) => ExportKind::JsonLines,
        None => ExportKind::of_path(&args.to)?,
    };
    let what = Export { to: &args.to, kind, with_numbers: args.with_numbers, is_exact: args.exact };
    match consent_desk::export(&plan, what).await {
        Err(error) if is_closed_pipe(&error) => {}
        Err(error) => return Err(error),
        Ok((_, text)) if run::is_standard_output(&args.to) => print_message(&text),
        Ok((value, text)) => output.print(&value, || text)?,
    }
    Ok(Exit::Done)
}

async fn prove(args: &ConsentProveArgs, output: Output) -> Result<Exit> {
    let plan = plan_beside(&args.plan, args.to.as_deref())?;
    if let Some(file) = &args.check {
        let (value, text) = consent_desk::check_receipt(&plan, file).await?;
        output.print(&value, || text)?;
        return Ok(if value.counts == Some(false) { Exit::Failed } else { Exit::Done });
    }
    let who = args.who.as_deref().unwrap_or_default();
    let options = ProveOptions { who, channel: args.channel, purpose: args.purpose };
    let (value, remarks) = consent_desk::prove(&plan, &options).await?;
    if !remarks.is_empty() {
        print_message(&remarks);
    }
    match &args.to {
        Some(to) => {
            run::write_output(to, (serde_json::to_string_pretty(&value.receipt)? + "\n").as_bytes())?;
            output.print(&value, || format!("receipt {} is in {}\n", value.receipt.receipt_id, path(to)))?;
        }
        None if output.format == Format::Json => output.print(&value, String::new)?,
        None => Output::print_foreign(&value.receipt)?,
    }
    Ok(Exit::Done)
}

async fn review(args: &ConsentReviewArgs, output: Output) -> Result<Exit> {
    let plan = plan_beside(&args.plan, args.export.as_deref())?;
    let options = ReviewOptions {
        because: args.because.clone(),
        by: args.by.clone(),
        wording: args.wording.clone(),
        channel: args.channel,
        is_again: args.again,
    };
    let work = match (&args.export, &args.import, args.who.as_deref().zip(args.decide)) {
        (Some(to), _, _) => ReviewWork::Export { to, with_numbers: args.with_numbers },
        (_, Some(file), _) => ReviewWork::Import(file),
        (_, _, Some((who, state))) => ReviewWork::Decide { who, statement: args.statement, state },
        _ => ReviewWork::List,
    };
    let (value, text) = consent_desk::review(&plan, &options, &work).await?;
    match &args.export {
        Some(to) if run::is_standard_output(to) => print_message(&text),
        _ => output.print(&value, || text)?,
    }
    Ok(if value.refused.is_empty() { Exit::Done } else { Exit::Rejects })
}

/// Reads the plan, if the file to write is none that it keeps.
fn plan_beside(plan: &Path, to: Option<&Path>) -> Result<Plan> {
    if let Some(to) = to {
        output_place::check(to, Some(plan), None)?;
    }
    Ok(Plan::read(plan)?)
}
