//! A set of scenarios, and what it becomes beside the other sets.

use model::Finding;
use scenario::Scenario;
use scenario_import::{Format, Skipped};
use template::Template;
use translate::{Compiled, Flow, Options, compile};

/// The scenarios of some files, and what they became.
#[derive(Clone, Debug)]
pub struct Set {
    /// The name of the `[[scenario]]`; empty for files of a command line.
    pub name: String,
    /// Who decides about the texts.
    pub owner: String,
    pub format: Format,
    pub scenarios: Vec<Scenario>,
    /// One for each scenario, in the same order.
    pub compiled: Vec<Compiled>,
    /// Parts of files that did not become a scenario.
    pub skipped: Vec<Skipped>,
}

impl Set {
    pub fn new(name: &str, owner: &str, imported: scenario_import::Imported) -> Self {
        let scenario_import::Imported { format, scenarios, skipped, .. } = imported;
        Self { name: name.to_owned(), owner: owner.to_owned(), format, scenarios, compiled: Vec::new(), skipped }
    }

    /// Scenarios in the neutral form, which are not compiled yet.
    pub fn of(name: &str, scenarios: Vec<Scenario>) -> Self {
        let (name, owner) = (name.to_owned(), String::new());
        Self { name, owner, format: Format::Scenario, scenarios, compiled: Vec::new(), skipped: Vec::new() }
    }

    /// Each scenario with what it became.
    pub fn pairs(&self) -> impl Iterator<Item = (&Scenario, &Compiled)> {
        self.scenarios.iter().zip(&self.compiled)
    }
}

/// Compiles the scenarios of all sets, and adds findings about names and texts that several scenarios share.
///
/// A scenario is not taken if an earlier one has its id and language, or the name of one of its templates.
pub fn compile_sets(sets: &mut [Set], options: &Options) {
    for set in &mut *sets {
        set.compiled = set.scenarios.iter().map(|it| compile(it, options)).collect();
    }
    refuse_duplicates(sets);
    add_findings_between(sets);
}

fn refuse_duplicates(sets: &mut [Set]) {
    let findings = translate::check_set(sets.iter().flat_map(|it| &it.scenarios));
    refuse(sets, findings);
    let findings = translate::check_names(sets.iter().flat_map(|it| &it.compiled));
    refuse(sets, findings);
}

fn refuse(sets: &mut [Set], findings: Vec<(usize, Finding)>) {
    let mut compiled: Vec<&mut Compiled> = sets.iter_mut().flat_map(|it| &mut it.compiled).collect();
    for (n, finding) in findings {
        let it = &mut compiled[n];
        it.templates.clear();
        it.flow = Flow::default();
        it.findings.push(finding);
    }
}

/// Adds findings about names and texts that two scenarios share.
fn add_findings_between(sets: &mut [Set]) {
    let mut compiled: Vec<&mut Compiled> = sets.iter_mut().flat_map(|it| &mut it.compiled).collect();
    let places: Vec<(usize, usize)> =
        compiled.iter().enumerate().flat_map(|(n, it)| (0..it.templates.len()).map(move |k| (n, k))).collect();
    let all: Vec<&Template> = compiled.iter().flat_map(|it| &it.templates).collect();
    let shared = template::lint_set(&all);
    for (n, finding) in shared {
        let (scenario, template) = places[n];
        let finding = finding.within(&format!("/templates/{template}"));
        if !compiled[scenario].findings.contains(&finding) {
            compiled[scenario].findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use scenario_import::{File, import};

    use super::*;

    fn set(name: &str, csv: &str) -> Set {
        let file = File { path: format!("{name}.csv"), bytes: csv.as_bytes().to_vec() };
        Set::new(name, "", import(vec![file], &scenario_import::Options::default()).unwrap())
    }

    #[test]
    fn a_scenario_that_an_earlier_set_has_is_not_taken_and_the_others_are() {
        let mut sets = [
            set("shop", "name,text\nready,Your order [order] is ready to be picked up.\n"),
            set(
                "desk",
                "name,text\nready,Your parcel [parcel] is ready to be picked up.\nlate,Your parcel is late today, we are sorry.\n",
            ),
        ];
        compile_sets(&mut sets, &Options::default());
        let templates: Vec<Vec<&str>> = sets
            .iter()
            .map(|it| it.compiled.iter().flat_map(|it| it.templates.iter().map(|it| it.name.as_str())).collect())
            .collect();
        assert_eq!(templates, [vec!["ready"], vec!["late"]]);
        let refused = sets[1].compiled.iter().find(|it| it.scenario == "ready").unwrap();
        assert!(refused.has_errors(), "{:?}", refused.findings);
    }
}
