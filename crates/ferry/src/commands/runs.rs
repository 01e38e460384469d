//! `ferry runs`: all runs of a plan.

use anyhow::Result;
use plan::Plan;
use serde_json::json;

use crate::cli::{RunsArgs, RunsCommand};
use crate::exit::Exit;
use crate::output::Output;
use crate::text;

pub(crate) fn runs(args: &RunsArgs, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.plan)?;
    match args.command {
        None => {
            let listed = crossing::runs(&plan)?;
            output.print(&listed, || text::runs::list(&listed))?;
        }
        Some(RunsCommand::Prune { keep, dry_run }) => {
            let removed = crossing::prune_runs(&plan, keep, dry_run)?;
            let value = json!({ "removed": removed, "dry_run": dry_run });
            output.print(&value, || text::runs::pruned(&removed, dry_run))?;
        }
    }
    Ok(Exit::Done)
}
