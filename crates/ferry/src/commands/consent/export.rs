//! `ferry consent export`: the whole ledger as a file.

use anyhow::Result;
use consent_ledger::export::Export;
use consent_ledger::{ExportKind, export as export_ledger};
use model::{counted, printable};
use plan::Plan;
use results::ConsentExportResult;

use crate::cli::consent::{ConsentExportArgs, LedgerFormat};
use crate::commands::consent::look;
use crate::commands::export::is_closed_pipe;
use crate::commands::output_place;
use crate::exit::Exit;
use crate::output::{Output, print_message};

pub(super) async fn export(args: &ConsentExportArgs, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.plan)?;
    output_place::check(&args.to, Some(&args.plan), None)?;
    let kind = match args.r#as {
        Some(LedgerFormat::Csv) => ExportKind::Csv,
        Some(LedgerFormat::Jsonl) => ExportKind::JsonLines,
        None => ExportKind::of_path(&args.to)?,
    };
    let (crm, _) = look(&plan).await?;
    let what = Export { to: &args.to, kind, with_numbers: args.with_numbers, is_exact: args.exact };
    let written = export_ledger(&crm, what).await.map_err(anyhow::Error::from);
    crm.close().await;
    let statements = match written {
        Err(error) if is_closed_pipe(&error) => return Ok(Exit::Done),
        written => written?,
    };
    let is_standard_output = run::is_standard_output(&args.to);
    let place = if is_standard_output { "standard output".into() } else { args.to.display().to_string() };
    let text = || format!("{} written to {}\n", counted(statements, "statement"), printable(&place));
    match is_standard_output {
        true => print_message(&text()),
        false => output.print(&ConsentExportResult { statements, with_numbers: args.with_numbers }, text)?,
    }
    Ok(Exit::Done)
}
