//! `ferry template submit`: templates to the account of the plan.

use anyhow::Result;
use crossing::Progress;
use plan::Plan;
use template_desk::SubmitOptions;

use crate::cli::template::SubmitArgs;
use crate::exit::Exit;
use crate::output::Output;

pub(super) async fn submit(args: &SubmitArgs, progress: &Progress, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.account.plan)?;
    let options = SubmitOptions { files: &args.files, undecided: args.undecided, again: args.again };
    if args.dry_run {
        let scheduled = template_desk::schedule(&plan, options, progress).await?;
        output.print(&scheduled.json, || scheduled.text)?;
        return Ok(if scheduled.has_faulty { Exit::Failed } else { Exit::Done });
    }
    let submitted = template_desk::submit(&plan, options, progress).await?;
    output.print(&submitted.json, || submitted.text)?;
    match submitted.stopped {
        Some(error) => Err(error),
        None if submitted.has_failed => Ok(Exit::Failed),
        None if submitted.has_waiting => Ok(Exit::TryLater),
        None => Ok(Exit::Done),
    }
}
