//! `ferry inspect`, `ferry init` and `ferry profiles`.

use anyhow::{Context, Result};
use extract::Profile;
use plan_draft::{InspectOptions, inspect_files, write_draft};
use results::{ProfileEntry, ProfileText, ProfilesResult};

use crate::cli::inspect::{InitArgs, InspectArgs};
use crate::exit::Exit;
use crate::hint::UserError;
use crate::output::Output;

/// Prints the format of each file, and how a plan would read it.
pub(crate) fn files(args: &InspectArgs, output: Output) -> Result<Exit> {
    let inspected = inspect_files(InspectOptions {
        paths: &args.files,
        profiles: &args.profiles,
        region: args.region,
        folder: &std::env::current_dir()?,
        profiled_rows: args.rows.unwrap_or(u64::MAX),
    })?;
    output.print(&inspected.json()?, || inspected.text())?;
    Ok(Exit::Done)
}

/// Writes a plan for the exports in a folder.
pub(crate) fn init(args: &InitArgs, output: Output) -> Result<Exit> {
    if !args.folder.is_dir() {
        return Err(UserError::NoFolder(args.folder.clone()).into());
    }
    let folder = std::path::absolute(&args.folder)?;
    let plan = folder.join(plan_draft::PLAN);
    if plan.exists() {
        return Err(UserError::PlanExists(plan).into());
    }
    let draft = write_draft(&folder, args.region)?;
    output.print(&draft.json()?, || draft.text())?;
    Ok(Exit::Done)
}

/// Lists the built-in profiles, or prints the file of one.
pub(crate) fn profile_list(name: Option<&str>, output: Output) -> Result<Exit> {
    if let Some(name) = name {
        let text = Profile::text(name)
            .with_context(|| format!("there is no profile \"{name}\": `ferry profiles` lists them"))?;
        output.print(&ProfileText { name, text }, || text.to_owned())?;
        return Ok(Exit::Done);
    }
    let profiles = Profile::built_in()?;
    fn entry(it: &Profile) -> ProfileEntry<'_> {
        ProfileEntry { name: &it.name, title: &it.title, documented: &it.documented }
    }
    output.print(&ProfilesResult { profiles: profiles.iter().map(entry).collect() }, || {
        profiles.iter().map(|it| format!("{:24} {}\n", it.name, it.title)).collect::<String>()
    })?;
    Ok(Exit::Done)
}
