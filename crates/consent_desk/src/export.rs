//! `ferry consent export`: the whole ledger as a file.

use anyhow::Result;
use consent_ledger::export::Export;
use crossing::look_at_ledger;
use model::{counted, printable};
use plan::Plan;
use results::ConsentExportResult;

/// Writes the ledger, and gives the result with its text.
pub async fn export(plan: &Plan, what: Export<'_>) -> Result<(ConsentExportResult, String)> {
    let (crm, _) = look_at_ledger(plan).await?;
    let written = consent_ledger::export(&crm, what).await;
    crm.close().await;
    let written = written?;
    let place = match run::is_standard_output(what.to) {
        true => "standard output".to_owned(),
        false => what.to.display().to_string(),
    };
    let mut text = format!("{} written to {}\n", counted(written.n_statements, "statement"), printable(&place));
    let without_phone = what.with_numbers.then_some(written.n_without_phone);
    if let Some(n @ 1..) = without_phone {
        text += &format!(
            "the column phone is empty for {}, whose numbers the database does not know: a database with another contact key \
             refuses their statements\n",
            counted(n, "contact")
        );
    }
    let (statements, with_numbers) = (written.n_statements, what.with_numbers);
    Ok((ConsentExportResult { statements, with_numbers, without_phone }, text))
}
