//! `ferry scenario simulate`: the same inputs on both sides.
//!
//! The source side is played by an interpreter of the format where there is one. It reads the files itself, so a mistake
//! of the importer is on one side only. For other formats the neutral form is the source side.

use anyhow::{Context, Result};
use scenario::{Scenario, slot_name};
use serde_json::json;
use source_side::{SourceFile, SourceFlow};
use translate::{Compiled, Parameters, Script, Simulated, compile, scripts, simulate, simulate_shown};

use super::{compile_options, files, named, read};
use crate::cli::scenario::{ScenarioArgs, SimulateArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::text::scenarios as text;

/// What ran on the source side.
const NEUTRAL: &str = "the neutral form";

/// The scripts of one scenario, or of all scenarios of an agent.
struct Runs {
    name: String,
    language: String,
    /// What played the source side, and what it does not simulate.
    source: String,
    not_simulated: Vec<String>,
    runs: Vec<Simulated>,
}

pub(super) fn run(args: &SimulateArgs, output: Output) -> Result<Exit> {
    let (imported, options) = (read(&args.scenarios)?, compile_options(&args.scenarios, Parameters::default())?);
    let given = given(args)?;
    let (mut compiled, mut broken) = (Vec::new(), Vec::new());
    for scenario in &imported.scenarios {
        let it = compile(scenario, &options);
        match it.flow.steps.is_empty() {
            true => broken.push(named(scenario)),
            false => compiled.push((scenario, it)),
        }
    }
    let (flows, why_not) = source_flows(&args.scenarios, imported.format.name())?;
    let (mut simulated, mut recorded) = (Vec::new(), Vec::new());
    let mut is_played = vec![false; compiled.len()];
    for (n, flow) in flows.iter().enumerate() {
        let sides = sides(flow, n, &flows, &compiled);
        if sides.is_empty() {
            // A scenario that could not be compiled is named already.
            broken.extend((compiled.len() == imported.scenarios.len()).then(|| flow.name.clone()));
            continue;
        }
        sides.iter().for_each(|it| is_played[*it] = true);
        let sides: Vec<(&Scenario, &Compiled)> = sides.iter().map(|it| (compiled[*it].0, &compiled[*it].1)).collect();
        simulated.push(played(flow, imported.format.name(), &sides, given.as_deref(), &mut recorded));
    }
    for ((scenario, it), _) in compiled.iter().zip(&is_played).filter(|it| !it.1) {
        simulated.push(of_neutral(scenario, it, &why_not, given.as_deref(), &mut recorded));
    }
    if let Some(path) = &args.record {
        let text = serde_json::to_string_pretty(&recorded)? + "\n";
        run::write_output(path, text.as_bytes())?;
    }
    print(&simulated, &broken, output)?;
    let is_explained = simulated.iter().all(|it| it.runs.iter().all(Simulated::is_explained));
    Ok(if is_explained && broken.is_empty() && !simulated.is_empty() { Exit::Done } else { Exit::Failed })
}

/// The scripts of `--script`.
fn given(args: &SimulateArgs) -> Result<Option<Vec<Script>>> {
    let Some(path) = &args.script else { return Ok(None) };
    let text = run::read_small_text(path, run::MOST_LIST_BYTES);
    let text = text.with_context(|| format!("could not read {}", path.display()))?;
    let scripts = serde_json::from_str(&text).with_context(|| format!("{} holds no scripts", path.display()))?;
    Ok(Some(scripts))
}

/// The flows of the files as their own engine plays them, or why there are none.
fn source_flows(args: &ScenarioArgs, format: &str) -> Result<(Vec<SourceFlow>, String)> {
    if !source_side::has_interpreter(format) {
        return Ok((Vec::new(), String::new()));
    }
    let files = files(args)?.into_iter().map(|it| SourceFile { path: it.path, bytes: it.bytes });
    Ok(match source_side::open(format, &files.collect::<Vec<_>>()) {
        Ok(flows) => (flows, String::new()),
        Err(error) => (Vec::new(), format!(", because the interpreter says: {error}")),
    })
}

/// The scenarios of a flow: the one of its name, or all of its language if the flow is an agent.
fn sides(flow: &SourceFlow, n: usize, flows: &[SourceFlow], compiled: &[(&Scenario, Compiled)]) -> Vec<usize> {
    let speaks = |it: &Scenario| {
        let language = it.language.split('_').next().unwrap_or_default();
        flow.language.is_empty() || it.language == flow.language || language == flow.language
    };
    let in_language: Vec<usize> = (0..compiled.len()).filter(|it| speaks(compiled[*it].0)).collect();
    let id = slot_name(&flow.name);
    let named: Vec<usize> = in_language.iter().copied().filter(|it| compiled[*it].0.id == id).collect();
    let n_alike = flows.iter().filter(|it| it.language == flow.language).count();
    match (named.is_empty(), n_alike) {
        (false, _) => named,
        (true, 1) => in_language,
        // Flows without names of their own are in the order of the file.
        (true, _) if flows.len() == compiled.len() => vec![n],
        (true, _) => Vec::new(),
    }
}

fn played(
    flow: &SourceFlow,
    format: &str,
    sides: &[(&Scenario, &Compiled)],
    given: Option<&[Script]>,
    recorded: &mut Vec<Script>,
) -> Runs {
    let (name, language) = match sides {
        [(scenario, _)] => (scenario.id.clone(), scenario.language.clone()),
        _ => (slot_name(&flow.name), sides.first().map(|it| it.0.language.clone()).unwrap_or_default()),
    };
    let scripts = chosen(given, &format!("{name}.{language}"), || flow.scripts());
    let runs = scripts.iter().map(|it| simulate_shown(sides, flow.play(it), it)).collect();
    recorded.extend(scripts);
    let source = format!("an interpreter of {format}");
    Runs { name, language, source, not_simulated: flow.not_simulated.clone(), runs }
}

fn of_neutral(
    scenario: &Scenario,
    compiled: &Compiled,
    why_not: &str,
    given: Option<&[Script]>,
    recorded: &mut Vec<Script>,
) -> Runs {
    let scripts = chosen(given, &named(scenario), || scripts(scenario));
    let runs = scripts.iter().map(|it| simulate(scenario, compiled, it)).collect();
    recorded.extend(scripts);
    let (name, language) = (scenario.id.clone(), scenario.language.clone());
    Runs { name, language, source: format!("{NEUTRAL}{why_not}"), not_simulated: Vec::new(), runs }
}

/// The given scripts that are for this scenario, or those that are made for it.
fn chosen(given: Option<&[Script]>, name: &str, made: impl FnOnce() -> Vec<Script>) -> Vec<Script> {
    match given {
        Some(given) => given.iter().filter(|it| it.scenario.as_ref().is_none_or(|it| it == name)).cloned().collect(),
        None => made().into_iter().map(|it| Script { scenario: Some(name.to_owned()), ..it }).collect(),
    }
}

fn print(simulated: &[Runs], broken: &[String], output: Output) -> Result<()> {
    let value = simulated.iter().map(|it| {
        json!({ "scenario": it.name, "language": it.language, "source": it.source,
            "not_simulated": it.not_simulated, "runs": it.runs })
    });
    let value: Vec<_> = value.collect();
    output.print(&json!({ "simulated": value, "not_simulated": broken }), || {
        let each = simulated.iter().map(|it| {
            text::simulated(&format!("{}.{}", it.name, it.language), &it.source, &it.not_simulated, &it.runs)
        });
        each.collect::<String>() + &text::not_simulated(broken)
    })
}
