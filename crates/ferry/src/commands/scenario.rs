//! `ferry scenario`: reads, checks, shows, draws, simulates and exports scenarios.

mod platform;
mod simulate;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use plan::{BusinessSection, OptOutSection, Plan};
use results::GraphResult;
use scenario::Scenario;
use scenario_import::{File, Imported, Options};
use serde_json::json;
use translate::{Business, OptOutWording, compile, mermaid, svg};

use crate::cli::scenario::{GraphArgs, GraphKind, ImportArgs, ScenarioArgs, ScenarioCommand};
use crate::commands::{manual, output_place};
use crate::exit::Exit;
use crate::output::Output;
use scenario_text::{self as text, Checked};

/// Limits one file of scenarios, in bytes. A log of a million messages has 150 MiB.
const MOST_BYTES: u64 = 1 << 30;

pub(crate) fn run(command: &ScenarioCommand, output: Output) -> Result<Exit> {
    match command {
        ScenarioCommand::Import(args) => import(args, output),
        ScenarioCommand::Check(args) => check(args, output),
        ScenarioCommand::Show(args) => show(args, output),
        ScenarioCommand::Graph(args) => graph(args, output),
        ScenarioCommand::Simulate(args) => simulate::run(args, output),
        ScenarioCommand::Export(args) => platform::run(args, output),
        ScenarioCommand::Schema => manual::schema("scenario"),
    }
}

/// Reads the scenarios of files of any format. The options say how to compile them: with what the plan says of the business.
pub(crate) fn read(args: &ScenarioArgs) -> Result<(Imported, translate::Options)> {
    read_files(args, files(args)?)
}

fn read_files(args: &ScenarioArgs, files: Vec<File>) -> Result<(Imported, translate::Options)> {
    let business = match &args.plan {
        Some(path) => Plan::read(path)?.business,
        None => BusinessSection::default(),
    };
    let options = Options {
        format: args.from,
        language: args.language.clone().or_else(|| business.language.clone()),
        min_messages: args.min_messages,
        text_column: args.text_column.clone(),
        name_column: args.name_column.clone(),
        language_column: args.language_column.clone(),
    };
    let mut imported = scenario_import::import(files, &options)?;
    if let Some(only) = &args.only {
        let ids: Vec<String> = imported.scenarios.iter().map(named).collect();
        imported.scenarios.retain(|it| it.id == *only || format!("{}.{}", it.id, it.language) == *only);
        if imported.scenarios.is_empty() {
            bail!("there is no scenario {only}, but {}", listed(&ids));
        }
    }
    Ok((imported, compile_options(business)))
}

/// The files of the arguments, with those in folders.
fn files(args: &ScenarioArgs) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for path in &args.files {
        collect(path, path, &mut files)?;
    }
    Ok(files)
}

fn compile_options(business: BusinessSection) -> translate::Options {
    let footer = business.footer().map(str::to_owned);
    let BusinessSection { name, contact, opt_out, .. } = business;
    let wording = |it: OptOutSection| OptOutWording { button: it.button().to_owned(), line: it.line().to_owned() };
    let opt_out = opt_out.into_iter().map(|(language, it)| (language, wording(it))).collect();
    translate::Options { business: Business { name, footer, contact, opt_out }, ..Default::default() }
}

fn named(scenario: &Scenario) -> String {
    format!("{}.{}", scenario.id, scenario.language)
}

fn listed(ids: &[String]) -> String {
    match ids {
        [] => "none at all".to_owned(),
        ids => ids.iter().take(20).cloned().collect::<Vec<_>>().join(", "),
    }
}

/// Collects files, with names relative to the folder.
fn collect(root: &Path, path: &Path, files: &mut Vec<File>) -> Result<()> {
    let context = || format!("could not read {}", path.display());
    if path.is_dir() {
        let entries: std::io::Result<Vec<PathBuf>> =
            fs::read_dir(path).with_context(context)?.map(|it| Ok(it?.path())).collect();
        let mut entries = entries.with_context(context)?;
        entries.sort();
        for entry in entries.iter().filter(|it| !it.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.')))
        {
            collect(root, entry, files)?;
        }
        return Ok(());
    }
    let base = root.parent().unwrap_or(Path::new(""));
    let name = path.strip_prefix(base).unwrap_or(path).to_string_lossy().replace('\\', "/");
    files.push(File { path: name, bytes: run::read_small(path, MOST_BYTES).with_context(context)? });
    Ok(())
}

fn import(args: &ImportArgs, output: Output) -> Result<Exit> {
    let (imported, _) = read(&args.scenarios)?;
    if let Some(to) = &args.to {
        output_place::check(to, args.scenarios.plan.as_deref(), None)?;
        let text = serde_json::to_string_pretty(&json!({ "scenarios": imported.scenarios }))? + "\n";
        run::write_output(to, text.as_bytes())?;
    }
    let value = json!({
        "format": imported.format.name(),
        "scenarios": imported.scenarios,
        "read_as": imported.read_as,
        "skipped": imported.skipped,
    });
    output.print(&value, || text::imported(&imported))?;
    // Nothing to work with is no success, whatever was said of it.
    Ok(if imported.scenarios.is_empty() { Exit::Failed } else { Exit::Done })
}

fn check(args: &ScenarioArgs, output: Output) -> Result<Exit> {
    let (imported, options) = read(args)?;
    let mut checked = Vec::new();
    for scenario in &imported.scenarios {
        checked.push((scenario, compile(scenario, &options)));
    }
    for (n, finding) in translate::check_set(&imported.scenarios) {
        checked[n].1.findings.push(finding);
    }
    let value: Vec<_> = checked
        .iter()
        .map(|(it, compiled)| json!({ "scenario": it.id, "language": it.language, "findings": compiled.findings }))
        .collect();
    let text = || {
        let all: Vec<Checked<'_>> = checked.iter().map(|(scenario, it)| Checked::of(scenario, it)).collect();
        text::grouped(&all) + &text::n_findings(&all) + &text::skipped(&imported.skipped)
    };
    output.print(&json!({ "scenarios": value }), text)?;
    let has_errors = checked.is_empty() || checked.iter().any(|it| it.1.has_errors());
    Ok(if has_errors { Exit::Failed } else { Exit::Done })
}

fn show(args: &ScenarioArgs, output: Output) -> Result<Exit> {
    let (imported, _) = read(args)?;
    output.print(&json!({ "scenarios": imported.scenarios }), || {
        imported.scenarios.iter().map(text::scenario).collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Done)
}

fn graph(args: &GraphArgs, output: Output) -> Result<Exit> {
    let (imported, _) = read(&args.scenarios)?;
    let scenario = match imported.scenarios.as_slice() {
        [scenario] => scenario,
        several => {
            let ids: Vec<String> = several.iter().map(named).collect();
            bail!("name one of them with --only: {}", listed(&ids))
        }
    };
    let picture = match args.kind {
        GraphKind::Mermaid => mermaid(scenario),
        GraphKind::Svg => svg(scenario),
    };
    match &args.to {
        Some(to) => {
            output_place::check(to, args.scenarios.plan.as_deref(), None)?;
            run::write_output(to, picture.as_bytes())?;
        }
        None => output.print(&GraphResult { scenario: &scenario.id, graph: &picture }, || picture.clone())?,
    }
    Ok(Exit::Done)
}
