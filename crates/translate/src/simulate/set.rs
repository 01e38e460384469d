//! All scenarios of a file against all flows of its source.

use scenario::{Scenario, Script, SourceSide, slot_name};
use serde::Serialize;

use super::{Simulated, scripts, simulate, simulate_shown};
use crate::Compiled;

/// The scripts of one scenario, or of all scenarios of an agent.
#[derive(Debug, Serialize)]
pub struct ScenarioRuns {
    pub scenario: String,
    pub language: String,
    /// The source side: an interpreter, or the neutral form.
    pub source: String,
    pub not_simulated: Vec<String>,
    #[serde(skip)]
    pub scripts: Vec<Script>,
    pub runs: Vec<Simulated>,
}

/// Runs the given scripts, or scripts that are made from the source side. A scenario without a source is compared with the
/// neutral form. The second list has the names of sources without a scenario.
pub fn simulate_set<S: SourceSide>(
    compiled: &[(&Scenario, Compiled)],
    sources: &[S],
    format: &str,
    given: Option<&[Script]>,
) -> (Vec<ScenarioRuns>, Vec<String>) {
    let (mut runs, mut left_out, mut is_played) = (Vec::new(), Vec::new(), vec![false; compiled.len()]);
    for (n, source) in sources.iter().enumerate() {
        let sides = sides(source, n, sources, compiled);
        if sides.is_empty() {
            left_out.push(source.name().to_owned());
            continue;
        }
        sides.iter().for_each(|it| is_played[*it] = true);
        let sides: Vec<(&Scenario, &Compiled)> = sides.iter().map(|it| (compiled[*it].0, &compiled[*it].1)).collect();
        runs.push(played(source, format, &sides, given));
    }
    let neutral = compiled.iter().zip(&is_played).filter(|it| !it.1);
    runs.extend(neutral.map(|((scenario, compiled), _)| of_neutral(scenario, compiled, given)));
    (runs, left_out)
}

/// The scenarios of a flow: the one of its name, or all of its language if the flow is an agent.
fn sides<S: SourceSide>(source: &S, n: usize, sources: &[S], compiled: &[(&Scenario, Compiled)]) -> Vec<usize> {
    let normal = |it: &str| it.replace('-', "_").to_lowercase();
    let wanted = normal(source.language());
    let speaks = |it: &Scenario| {
        let whole = normal(&it.language);
        wanted.is_empty() || whole == wanted || whole.split('_').next() == Some(&wanted)
    };
    let in_language: Vec<usize> = (0..compiled.len()).filter(|it| speaks(compiled[*it].0)).collect();
    let id = slot_name(source.name());
    let named: Vec<usize> = in_language.iter().copied().filter(|it| compiled[*it].0.id == id).collect();
    let n_alike = sources.iter().filter(|it| it.language() == source.language()).count();
    match (named.is_empty(), n_alike) {
        (false, _) => named,
        (true, 1) => in_language,
        // Flows without names of their own are in the order of the file.
        (true, _) if sources.len() == compiled.len() => vec![n],
        (true, _) => Vec::new(),
    }
}

fn played(
    source: &impl SourceSide,
    format: &str,
    sides: &[(&Scenario, &Compiled)],
    given: Option<&[Script]>,
) -> ScenarioRuns {
    let language = sides.first().map(|it| it.0.language.clone()).unwrap_or_default();
    let scenario = match sides {
        [(scenario, _)] => scenario.id.clone(),
        _ => slot_name(source.name()),
    };
    let scripts = chosen(given, &format!("{scenario}.{language}"), &|| source.scripts());
    let runs = scripts.iter().map(|it| simulate_shown(sides, source, it)).collect();
    let (played_by, not_simulated) = (format!("an interpreter of {format}"), source.not_simulated().to_vec());
    ScenarioRuns { scenario, language, source: played_by, not_simulated, scripts, runs }
}

fn of_neutral(scenario: &Scenario, compiled: &Compiled, given: Option<&[Script]>) -> ScenarioRuns {
    let scripts = chosen(given, &format!("{}.{}", scenario.id, scenario.language), &|| scripts(scenario));
    let runs = scripts.iter().map(|it| simulate(scenario, compiled, it)).collect();
    ScenarioRuns {
        scenario: scenario.id.clone(),
        language: scenario.language.clone(),
        source: "the neutral form".to_owned(),
        not_simulated: Vec::new(),
        scripts,
        runs,
    }
}

/// The given scripts that are for this scenario, or those that are made for it.
fn chosen(given: Option<&[Script]>, name: &str, made: &dyn Fn() -> Vec<Script>) -> Vec<Script> {
    match given {
        Some(given) => given.iter().filter(|it| it.scenario.as_ref().is_none_or(|it| it == name)).cloned().collect(),
        None => made().into_iter().map(|it| Script { scenario: Some(name.to_owned()), ..it }).collect(),
    }
}
