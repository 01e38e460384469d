//! `ferry consent export`: the whole ledger as a file.

use anyhow::Result;
use consent_ledger::export::Export;
use model::{counted, printable};
use plan::Plan;
use results::ConsentExportResult;

use crate::look;

/// Writes the ledger, and gives the result with its text.
pub async fn export(plan: &Plan, what: Export<'_>) -> Result<(ConsentExportResult, String)> {
    let (crm, _) = look(plan).await?;
    let written = consent_ledger::export(&crm, what).await;
    crm.close().await;
    let statements = written?;
    let place = match run::is_standard_output(what.to) {
        true => "standard output".to_owned(),
        false => what.to.display().to_string(),
    };
    let text = format!("{} written to {}\n", counted(statements, "statement"), printable(&place));
    Ok((ConsentExportResult { statements, with_numbers: what.with_numbers }, text))
}
