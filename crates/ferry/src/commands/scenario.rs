//! `ferry scenario`: reads, checks, shows, draws, simulates and exports scenarios.

mod platform;
mod review;
mod simulate;

use anyhow::{Result, bail};
use plan::Plan;
use results::GraphResult;
use scenario::Scenario;
use scenario_import::{File, Imported, Options};
use serde_json::json;
use translate::{compile, mermaid, svg};
use translation::{compile_options, read_files};

use crate::cli::scenario::{GraphArgs, GraphKind, ImportArgs, ScenarioArgs, ScenarioCommand};
use crate::commands::{manual, output_place};
use crate::exit::Exit;
use crate::output::Output;
use scenario_text::{self as text, Checked};

pub(crate) async fn run(command: &ScenarioCommand, output: Output) -> Result<Exit> {
    match command {
        ScenarioCommand::Import(args) => import(args, output),
        ScenarioCommand::Check(args) => check(args, output),
        ScenarioCommand::Show(args) => show(args, output),
        ScenarioCommand::Graph(args) => graph(args, output),
        ScenarioCommand::Simulate(args) => simulate::run(args, output),
        ScenarioCommand::Review(args) => review::run(args, output).await,
        ScenarioCommand::Export(args) => platform::run(args, output),
        ScenarioCommand::Schema => manual::schema("scenario"),
    }
}

/// Reads the scenarios of files of any format. The options say how to compile them: with what the plan says of the business.
pub(crate) fn read(args: &ScenarioArgs) -> Result<(Imported, translate::Options)> {
    read_as(args, read_files(&args.files)?)
}

fn read_as(args: &ScenarioArgs, files: Vec<File>) -> Result<(Imported, translate::Options)> {
    let plan = args.plan.as_deref().map(Plan::read).transpose()?;
    let language = plan.as_ref().and_then(|it| it.business.language.clone());
    let options = Options {
        format: args.from,
        language: args.language.clone().or(language),
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
    Ok((imported, compile_options(plan.as_ref())))
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

fn import(args: &ImportArgs, output: Output) -> Result<Exit> {
    let (imported, _) = read(&args.scenarios)?;
    if let Some(to) = &args.to {
        output_place::check_scenarios(to, &args.scenarios)?;
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
            output_place::check_scenarios(to, &args.scenarios)?;
            run::write_output(to, picture.as_bytes())?;
        }
        None => output.print(&GraphResult { scenario: &scenario.id, graph: &picture }, || picture.clone())?,
    }
    Ok(Exit::Done)
}
