use anyhow::Result;
use crossing::{Fixed, OpenRun, Progress};
use model::counted;
use results::FixResult;
use run_text::Styled;

use crate::cli::rows::FixArgs;
use crate::commands::run::{next, run_result};
use crate::exit::Exit;
use crate::output::Output;
use crate::text;

/// Imports corrected rejects, and runs again from cleaning on.
pub(crate) async fn fix(args: &FixArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut run = OpenRun::reopen(&args.place.place(), None, progress).await?;
    let Fixed { n_corrected, n_rejected_again, n_unchanged, n_rejected_before, report } =
        crossing::fix(&mut run, &args.file).await?;
    let result = |run| FixResult {
        corrected: n_corrected,
        rejected_again: n_rejected_again,
        unchanged: n_unchanged,
        rejected_before: n_rejected_before,
        run,
    };
    let Some(report) = report else {
        output.print(&result(None), || "no row of the file was changed: nothing to do\n".to_owned())?;
        return Ok(Exit::Done);
    };
    let report = report::written(&mut run, report)?;
    let next = next(&run, &report);
    let exit = Exit::of(&report);
    output.print(&result(Some(run_result(&report, next.clone()))), || {
        let accepted = n_corrected - n_rejected_again;
        let corrected = counted(n_corrected, "row");
        let mut text = Styled::from(format!(
            "corrected  {corrected}: {accepted} accepted, {n_rejected_again} rejected again; {n_unchanged} of the file \
             unchanged; {} of {n_rejected_before} still rejected\n",
            report.counts.rejected
        ));
        text.append(text::run::text(&report, &next, exit as u8));
        text
    })?;
    Ok(exit)
}
