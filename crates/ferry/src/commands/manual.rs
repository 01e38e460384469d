use std::path::Path;

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::output::Output;

/// Prints a JSON Schema.
pub(crate) fn schema(of: &str) -> Result<Exit> {
    let schema = match of {
        "plan" => plan::schema(),
        "scenario" => scenario::schema(),
        result => results::schema(result).with_context(|| format!("there is no schema of {result}"))?,
    };
    Output::print_foreign(&schema)?;
    Ok(Exit::Done)
}

/// Prints the completion script of a shell.
pub(crate) fn completions(shell: Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ferry", &mut script);
    crate::output::write(&script)?;
    Ok(Exit::Done)
}

/// Writes the manual pages of all commands.
pub(crate) fn pages(folder: &Path) -> Result<Exit> {
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
        .with_context(|| format!("could not write the manual pages to {}", folder.display()))?;
    Ok(Exit::Done)
}
