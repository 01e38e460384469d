//! `ferry export suppression`: the suppression list as a file for others.

use anyhow::{Result, bail};
use contact_export::{SuppressionExport, export_suppression};
use crm::Crm;
use model::{counted, printable};
use plan::Plan;
use results::SuppressionExportResult;

use crate::cli::export::SuppressionExportArgs;
use crate::commands::output_place;
use crate::commands::suppress::SHA256_WARNING;
use crate::exit::Exit;
use crate::output::{Output, print_message};

/// Writes the contacts that are suppressed now. With `--sha256` it writes plain digests of their numbers, which others can
/// read.
pub(crate) async fn export(args: &SuppressionExportArgs, output: Output) -> Result<Exit> {
    let path = args.plan.path();
    output_place::check(&args.to, Some(&path), None)?;
    let Some(crm) = Crm::look(&Plan::read(&path)?.crm_url()?).await? else {
        bail!("there is no CRM database yet: fill one with `ferry run`")
    };
    if args.sha256 {
        print_message(SHA256_WARNING);
    }
    let what = SuppressionExport { to: &args.to, has_sha256: args.sha256, is_exact: args.exact };
    let written = export_suppression(&crm, what).await;
    crm.close().await;
    let written = written?;
    let (rows, without_number, sha256_only) = (written.n_rows, written.n_without_number, written.n_sha256_only);
    let value = SuppressionExportResult { rows, without_number, sha256_only };
    let text = || {
        let rows = counted(value.rows, if args.sha256 { "number" } else { "contact" });
        let mut text = format!("{rows} written to {}\n", printable(&args.to.display().to_string()));
        if value.without_number > 0 {
            let n = counted(value.without_number, "suppressed contact");
            text += &format!("{n} left out: the database does not know the number\n");
        }
        if value.sha256_only > 0 {
            text +=
                &format!("{} left out: known by the SHA-256 of others alone\n", counted(value.sha256_only, "entry"));
        }
        text
    };
    match run::is_standard_output(&args.to) {
        true => print_message(&text()),
        false => output.print(&value, text)?,
    }
    Ok(Exit::Done)
}
