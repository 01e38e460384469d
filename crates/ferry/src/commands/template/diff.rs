//! `ferry template diff`: what differs between templates.

use anyhow::Result;
use plan::Plan;
use template_desk::{DiffVersions, diff_submitted, diff_versions};

use crate::cli::template::DiffArgs;
use crate::exit::Exit;
use crate::output::{Output, is_coloured};

pub(super) async fn diff(args: &DiffArgs, output: Output) -> Result<Exit> {
    let (plan, name) = (Plan::read(&args.account.plan)?, args.name.as_ref());
    let versions = match (args.versions, args.from, args.to) {
        (true, ..) => Some(DiffVersions::All),
        (false, None, None) => None,
        (false, from, to) => Some(DiffVersions::Two { from, to }),
    };
    let (value, text) = match versions {
        Some(versions) => diff_versions(&plan, name, versions, is_coloured()).await?,
        None => diff_submitted(&plan, name, is_coloured()).await?,
    };
    output.print(&value, || text)?;
    Ok(if args.exit_code && value.n_different > 0 { Exit::Failed } else { Exit::Done })
}
