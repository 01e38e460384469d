//! Scenarios: read, checked, shown, drawn, simulated.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use model::{Finding, Severity};
use scenario::Scenario;
use scenario::{Act, Choice, Goal, Step, schema};
use scenario_import::{File, Imported, Options};
use serde_json::json;
use translate::{Script, compile, mermaid, scripts, simulate, svg};

use crate::cli::scenario::{GraphArgs, GraphKind, ImportArgs, ScenarioArgs, ScenarioCommand, SimulateArgs};
use crate::exit::Exit;
use crate::output::Output;

pub(crate) fn run(command: &ScenarioCommand, output: Output) -> Result<Exit> {
    match command {
        ScenarioCommand::Import(args) => import(args, output),
        ScenarioCommand::Check(args) => check(args, output),
        ScenarioCommand::Show(args) => show(args, output),
        ScenarioCommand::Graph(args) => graph(args, output),
        ScenarioCommand::Simulate(args) => run_scripts(args, output),
        ScenarioCommand::Schema => {
            let schema = serde_json::to_string_pretty(&schema())? + "\n";
            output.print(&serde_json::from_str::<serde_json::Value>(&schema)?, || schema)?;
            Ok(Exit::Done)
        }
    }
}

/// The scenarios in files, whatever kind they are of.
pub(crate) fn read(args: &ScenarioArgs) -> Result<Imported> {
    let mut files = Vec::new();
    for path in &args.files {
        collect(path, path, &mut files)?;
    }
    let options = Options { format: args.from, language: args.language.clone(), min_messages: args.min_messages };
    let mut imported = scenario_import::import(files, &options)?;
    if let Some(only) = &args.only {
        let ids: Vec<String> = imported.scenarios.iter().map(named).collect();
        imported.scenarios.retain(|it| it.id == *only || format!("{}.{}", it.id, it.language) == *only);
        if imported.scenarios.is_empty() {
            bail!("there is no scenario {only}, but {}", listed(&ids));
        }
    }
    Ok(imported)
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

/// Files by names that do not tell where the folder is.
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
    files.push(File { path: name, bytes: fs::read(path).with_context(context)? });
    Ok(())
}

fn import(args: &ImportArgs, output: Output) -> Result<Exit> {
    let imported = read(&args.scenarios)?;
    if let Some(to) = &args.to {
        let text = serde_json::to_string_pretty(&json!({ "scenarios": imported.scenarios }))? + "\n";
        fs::write(to, text).with_context(|| format!("could not write {}", to.display()))?;
    }
    let value = json!({
        "format": imported.format.name(),
        "scenarios": imported.scenarios,
        "read_as": imported.read_as,
        "skipped": imported.skipped.iter().map(|it| json!({ "file": it.file, "place": it.place, "why": it.why })).collect::<Vec<_>>(),
    });
    output.print(&value, || {
        let mut text = format!("{}: {} scenarios\n", imported.format.name(), imported.scenarios.len());
        for it in &imported.scenarios {
            let n_messages = it.origin.as_ref().and_then(|it| it.n_messages);
            let n_messages = n_messages.map_or(String::new(), |it| format!(", {it} messages"));
            let losses = if it.losses.is_empty() { String::new() } else { format!(", {} losses", it.losses.len()) };
            text += &format!(
                "  {} ({}): {} steps, {} slots{n_messages}{losses}\n",
                it.id,
                it.language,
                it.steps.len(),
                it.slots.len()
            );
        }
        for (file, encoding) in &imported.read_as {
            text += &format!("  read as {encoding}: {file}\n");
        }
        for it in &imported.skipped {
            text += &format!("  not taken: {} {}: {}\n", it.file, it.place, it.why);
        }
        text
    })?;
    Ok(Exit::Done)
}

fn check(args: &ScenarioArgs, output: Output) -> Result<Exit> {
    let imported = read(args)?;
    let mut told = Vec::new();
    for scenario in &imported.scenarios {
        told.push((scenario, compile(scenario, &translate::Options::default()).findings));
    }
    for (n, finding) in translate::check_set(&imported.scenarios) {
        told[n].1.push(finding);
    }
    let value: Vec<_> = told
        .iter()
        .map(|(it, findings)| json!({ "scenario": it.id, "language": it.language, "findings": findings }))
        .collect();
    output
        .print(&value, || told.iter().map(|(it, findings)| finding_text(&it.id, &it.language, findings)).collect())?;
    let has_errors = told.iter().any(|it| it.1.iter().any(Finding::is_error));
    Ok(if has_errors { Exit::Failed } else { Exit::Done })
}

/// Findings under the name of what they are about.
pub(crate) fn finding_text(id: &str, language: &str, findings: &[Finding]) -> String {
    let n = |severity: Severity| findings.iter().filter(|it| it.rule.severity == severity).count();
    let mut text = format!(
        "{id} ({language}): {} errors, {} losses, {} warnings, {} notes\n",
        n(Severity::Error),
        n(Severity::Loss),
        n(Severity::Warning),
        n(Severity::Note)
    );
    for it in findings {
        let fix = it.fix.as_ref().map_or(String::new(), |it| format!(" — {it}"));
        let (severity, message) = (it.rule.severity.name(), it.message.replace('\n', " ⏎ "));
        text += &format!("  {severity}[{}] {} at {}: {message}{fix}\n", it.rule.code, it.rule.name, it.place);
    }
    text
}

fn show(args: &ScenarioArgs, output: Output) -> Result<Exit> {
    let imported = read(args)?;
    output
        .print(&imported.scenarios, || imported.scenarios.iter().map(scenario_text).collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Done)
}

fn scenario_text(scenario: &Scenario) -> String {
    let mut text = format!("{} ({}): {}\n", scenario.id, scenario.language, scenario.intent);
    // A String takes everything.
    for slot in &scenario.slots {
        let examples =
            if slot.examples.is_empty() { String::new() } else { format!(", such as {}", slot.examples.join(", ")) };
        let _ = writeln!(text, "  {{{{{}}}}}{examples}", slot.name);
    }
    for step in &scenario.steps {
        let mark = if step.id == scenario.start { "▸" } else { " " };
        let _ = writeln!(text, "{mark} {}: {}", step.id, step_text(step));
    }
    for lost in &scenario.losses {
        let _ = writeln!(text, "  lost: {} at {}: {}", lost.loss.rule().name, lost.place, lost.what);
    }
    text
}

fn step_text(step: &Step) -> String {
    let goal = |it: &Goal| it.as_ref().map_or(String::new(), |it| format!(" → {it}"));
    let mut text = match &step.act {
        Act::Message(it) => it.text.to_string().replace('\n', "\n      "),
        Act::Question(it) => format!("{} (remembered as {})", it.text.to_string().replace('\n', "\n      "), it.slot),
        Act::Condition(_) => "depends".to_owned(),
        Act::Set { slot, value, .. } => format!("{slot} = {value}"),
        Act::Call(it) => format!("asks {}", it.system),
        Act::Wait { seconds, .. } => format!("waits {seconds} s"),
        Act::Handover(it) => format!("{} (to a person: {})", it.text, it.via.name()).trim_start().to_owned(),
    };
    if let Act::Message(message) = &step.act {
        if let Some(media) = &message.media {
            text += &format!("\n      ({} {})", media.kind.name(), media.url);
        }
        for choice in &message.choices {
            let more = match choice {
                Choice::Link { url, .. } => format!(" ↗ {url}"),
                Choice::Phone { number, .. } => format!(" ☎ {number}"),
                Choice::Reply { description: Some(description), next, .. } => format!(" – {description}{}", goal(next)),
                _ => choice.next().map(goal).unwrap_or_default(),
            };
            text += &format!("\n      [{}]{more}", choice.title());
        }
        let otherwise = if message.waits() && message.next.is_some() { "\n      otherwise" } else { "" };
        return text + otherwise + &goal(&message.next);
    }
    for (route, to) in step.act.routes() {
        match route.as_str() {
            "" => text += &goal(to),
            route => text += &format!("\n      {route}{}", goal(to)),
        }
    }
    text
}

fn graph(args: &GraphArgs, output: Output) -> Result<Exit> {
    let imported = read(&args.scenarios)?;
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
        Some(to) => fs::write(to, picture).with_context(|| format!("could not write {}", to.display()))?,
        None => output.print(&json!({ "scenario": scenario.id, "graph": picture }), || picture.clone())?,
    }
    Ok(Exit::Done)
}

fn run_scripts(args: &SimulateArgs, output: Output) -> Result<Exit> {
    let imported = read(&args.scenarios)?;
    let given: Option<Vec<Script>> = match &args.script {
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
            Some(serde_json::from_str(&text).with_context(|| format!("{} holds no scripts", path.display()))?)
        }
        None => None,
    };
    let (mut told, mut recorded, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    for scenario in &imported.scenarios {
        let compiled = compile(scenario, &translate::Options::default());
        if compiled.flow.steps.is_empty() {
            broken.push(named(scenario));
            continue;
        }
        let scripts = given.clone().unwrap_or_else(|| scripts(scenario));
        let runs: Vec<_> = scripts.iter().map(|it| simulate(scenario, &compiled, it)).collect();
        recorded.extend(scripts);
        told.push((scenario, runs));
    }
    if let Some(path) = &args.record {
        let text = serde_json::to_string_pretty(&recorded)? + "\n";
        fs::write(path, text).with_context(|| format!("could not write {}", path.display()))?;
    }
    let value: Vec<_> =
        told.iter().map(|(it, runs)| json!({ "scenario": it.id, "language": it.language, "runs": runs })).collect();
    output.print(&json!({ "simulated": value, "not_simulated": broken }), || {
        let mut text: String = told.iter().map(|(scenario, runs)| simulated_text(&named(scenario), runs)).collect();
        for id in &broken {
            text += &format!("{id}: not simulated, because it could not be compiled: ferry scenario check says why\n");
        }
        text
    })?;
    let is_explained = told.iter().all(|it| it.1.iter().all(translate::Simulated::is_explained));
    Ok(if is_explained && broken.is_empty() { Exit::Done } else { Exit::Failed })
}

fn simulated_text(id: &str, runs: &[translate::Simulated]) -> String {
    let same = runs.iter().filter(|it| it.differences.is_empty()).count();
    let unexplained = runs.iter().filter(|it| !it.is_explained()).count();
    let explained = runs.len() - same - unexplained;
    let mut text = format!(
        "{id}: {} scripts: {same} the same on both sides, {explained} explained, {unexplained} not\n",
        runs.len()
    );
    // The same difference comes in many scripts.
    let mut seen = Vec::new();
    for run in runs {
        for it in &run.differences {
            if seen.contains(&it) {
                continue;
            }
            seen.push(it);
            let why = if it.explained_by.is_empty() { "not explained".to_owned() } else { it.explained_by.join(", ") };
            text += &format!("  {} ({why}), script {}\n", it.step, run.script);
            it.source
                .iter()
                .filter(|line| !it.whatsapp.contains(line))
                .for_each(|line| text += &format!("    - {line}\n"));
            it.whatsapp
                .iter()
                .filter(|line| !it.source.contains(line))
                .for_each(|line| text += &format!("    + {line}\n"));
        }
    }
    text
}
