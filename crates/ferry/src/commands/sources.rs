//! `ferry sources`: the providers, and the sources of a plan that are read from them.

use std::path::Path;

use anyhow::Result;
use plan::Plan;
use pull::{Checked, check_source};
use results::{CheckedSource, SourceList, SourcesCheck};

use crate::cli::extract::SourcesCommand;
use crate::exit::{Exit, exit_of, texts_of};
use crate::output::Output;
use crate::text;

pub(crate) async fn run(command: &SourcesCommand, output: Output) -> Result<Exit> {
    match command {
        SourcesCommand::List => {
            output.print(&SourceList::new(), text::sources::list)?;
            Ok(Exit::Done)
        }
        SourcesCommand::Check(args) => check(&args.path(), output).await,
    }
}

async fn check(path: &Path, output: Output) -> Result<Exit> {
    let plan = Plan::read(path)?;
    let mut checks = Vec::new();
    for of in plan.all_sources().filter_map(|it| it.of_provider()) {
        let checked = check_source(&plan, of).await;
        checks.push((of.source.name.get_ref().clone(), checked));
    }
    let exit = exit_of_all(&checks);
    let lines = checks.iter().map(|(name, checked)| match checked {
        Ok(checked) => format!("{name}: {}\n", text::sources::checked(checked)),
        Err(error) => format!("{name}: {}\n", texts_of(error).join(": ")),
    });
    let sources = checks.iter().map(|(name, checked)| match checked {
        Ok(checked) => CheckedSource::of(name, checked),
        Err(error) => CheckedSource::failed(name, texts_of(error).join(": ")),
    });
    let result = SourcesCheck { all_well: exit == Exit::Done, sources: sources.collect() };
    let text = match checks.is_empty() {
        true => "the plan has no source with a provider\n".to_owned(),
        false => lines.collect(),
    };
    output.print(&result, || text)?;
    Ok(exit)
}

/// A wrong plan comes first; what may pass counts if nothing else is wrong.
fn exit_of_all(checks: &[(String, Result<Checked>)]) -> Exit {
    let exits: Vec<Exit> = checks.iter().filter_map(|it| it.1.as_ref().err()).map(exit_of).collect();
    match exits.first() {
        None => Exit::Done,
        Some(_) if exits.contains(&Exit::Usage) => Exit::Usage,
        Some(_) if exits.iter().all(|it| *it == Exit::TryLater) => Exit::TryLater,
        Some(_) => Exit::Failed,
    }
}
