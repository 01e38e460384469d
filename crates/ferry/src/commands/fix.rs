use anyhow::Result;
use crossing::{OpenRun, Progress};

use crate::cli::FixArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::{report, text};

/// Imports corrected rejects, and runs again from cleaning on.
pub(crate) async fn fix(args: &FixArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut run = OpenRun::reopen(&args.place.place(), None, progress).await?;
    let fixed = crossing::fix(&mut run, &args.file).await?;
    let (corrected, before) = (fixed.n_corrected, fixed.n_rejected_before);
    let report = report::written(&mut run, fixed.report)?;
    let after = report.counts.rejected;
    let value = serde_json::json!({
        "corrected": corrected, "rejected_before": before, "run": text::run::json(&report)?,
    });
    output.print(&value, || {
        let line = format!("corrected  {corrected} of {before} rejected rows; {after} are rejected now\n");
        line + &text::run::text(&report)
    })?;
    Ok(Exit::of(&report))
}
