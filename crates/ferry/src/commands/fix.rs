use anyhow::Result;
use crossing::{Fixed, OpenRun, Progress};
use model::counted;
use serde_json::json;

use crate::cli::FixArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::text;

/// Imports corrected rejects, and runs again from cleaning on.
pub(crate) async fn fix(args: &FixArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut run = OpenRun::reopen(&args.place.place(), None, progress).await?;
    let Fixed { n_corrected, n_rejected_again, n_unchanged, n_rejected_before, report } =
        crossing::fix(&mut run, &args.file).await?;
    let mut value = json!({
        "corrected": n_corrected, "rejected_again": n_rejected_again, "unchanged": n_unchanged,
        "rejected_before": n_rejected_before,
    });
    let Some(report) = report else {
        output.print(&value, || "no row of the file was changed: nothing to do\n".to_owned())?;
        return Ok(Exit::Done);
    };
    let report = report::written(&mut run, report)?;
    value["run"] = text::run::json(&report)?;
    output.print(&value, || {
        let accepted = n_corrected - n_rejected_again;
        let corrected = counted(n_corrected, "row");
        format!(
            "corrected  {corrected}: {accepted} accepted, {n_rejected_again} rejected again; {n_unchanged} of the file \
             unchanged; {} of {n_rejected_before} still rejected\n",
            report.counts.rejected
        ) + &text::run::text(&report)
    })?;
    Ok(Exit::of(&report))
}
