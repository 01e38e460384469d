//! The sections of a plan as they were translated, ready to be loaded.

use std::collections::{HashMap, HashSet};

use model::Receipt;
use thiserror::Error;

/// A `[[scenario]]` section as it was translated. It is loaded in one transaction with its receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioSet {
    /// Names the section in the database. A section without scenarios makes missing what it had.
    pub section: String,
    pub run_id: String,
    pub scenarios: Vec<ScenarioRow>,
    /// The steps of these scenarios.
    pub steps: Vec<StepRow>,
    /// The templates of these scenarios.
    pub templates: Vec<SourceTemplate>,
    pub findings: Vec<FindingRow>,
    /// Of stage translate; its batch is the number of the section.
    pub receipt: Receipt,
}

/// A scenario in its neutral form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioRow {
    pub id: String,
    pub language: String,
    pub format: String,
    pub file: String,
    /// Where in the file it is.
    pub place: String,
    pub intent: String,
    pub purpose: String,
    pub criticality: String,
    pub owner: String,
    /// The neutral form as JSON.
    pub body: String,
}

/// A message that a step sends, or a step that sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    pub scenario: String,
    pub language: String,
    /// The place of the step in the scenario.
    pub number: u32,
    /// The number of the message in the step, from 0.
    pub part: u32,
    pub step_id: String,
    /// The step of the source that it comes from.
    pub from_step: String,
    pub kind: String,
    /// The template that it sends; empty if it sends none.
    pub template: String,
    /// The text within the 24-hour window; empty if the step sends none of its own.
    pub source_text: String,
}

/// A template as the translation makes it today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTemplate {
    pub name: String,
    pub language: String,
    /// The scenario that it belongs to, which is one of its set.
    pub scenario: String,
    pub scenario_language: String,
    /// The template in the JSON of WhatsApp. Texts that differ in a space differ.
    pub body: String,
    pub category: String,
}

/// What the translation or the linter says. Number and section are those of its set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// Empty where a file has no scenario.
    pub scenario: String,
    pub language: String,
    pub code: String,
    pub rule: String,
    pub severity: String,
    /// A JSON pointer into the scenario.
    pub place: String,
    /// The template that it is about; may be empty.
    pub template: String,
    pub message: String,
}

/// The sections of a plan, in their order.
///
/// Holding this proves that each section, scenario, message and template is there once, and that each message and
/// template belongs to a scenario of its own section: [`ScenarioSets::new`] is the only way in.
#[derive(Clone, Debug, Default)]
pub struct ScenarioSets {
    sets: Vec<ScenarioSet>,
    /// The number of the set of each scenario and of each template, by name and language.
    scenarios: HashMap<(String, String), usize>,
    templates: HashMap<(String, String), usize>,
}

/// One section among those of its plan.
#[derive(Clone, Copy, Debug)]
pub struct SectionSet<'a> {
    sets: &'a ScenarioSets,
    number: usize,
}

/// The reason why sections cannot be loaded: two texts would be kept in one place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScenarioSetError {
    #[error("two [[scenario]] sections are called {section}: give each a path of its own")]
    Section { section: String },
    #[error(
        "the scenario {scenario} ({language}) is in {}: rename one, or take its file out of one section",
        both(first, second)
    )]
    Scenario { scenario: String, language: String, first: String, second: String },
    #[error("the template {name} ({language}) is in {}: rename the scenario or the step of one", both(first, second))]
    Template { name: String, language: String, first: String, second: String },
    #[error(
        "part {part} of the step {step_id} of the scenario {scenario} ({language}) is there twice: rename one step"
    )]
    Message { scenario: String, language: String, step_id: String, part: u32 },
    #[error("the template {name} ({language}) of {section} belongs to no scenario of that section")]
    TemplateAlone { name: String, language: String, section: String },
    #[error("the step {step_id} ({language}) of {section} belongs to no scenario of that section")]
    StepAlone { step_id: String, language: String, section: String },
}

fn both(first: &str, second: &str) -> String {
    match first == second {
        true => format!("the section {first} twice"),
        false => format!("two sections, {first} and {second}"),
    }
}

impl ScenarioSets {
    /// Takes all sections of a plan. A section whose texts are unchanged must be among them too, because only all of them
    /// tell whether a template has moved from one to another.
    pub fn new(sets: Vec<ScenarioSet>) -> Result<Self, ScenarioSetError> {
        let mut all = Self { sets, ..Self::default() };
        for number in 0..all.sets.len() {
            let section = &all.sets[number].section;
            if all.sets[..number].iter().any(|it| it.section == *section) {
                return Err(ScenarioSetError::Section { section: section.clone() });
            }
            all.own_scenarios(number)?;
            all.own_templates(number)?;
            all.check_steps(number)?;
        }
        Ok(all)
    }

    fn own_scenarios(&mut self, number: usize) -> Result<(), ScenarioSetError> {
        for ScenarioRow { id, language, .. } in &self.sets[number].scenarios {
            if let Some(first) = self.scenarios.insert(key(id, language), number) {
                let [first, second] = [first, number].map(|it| self.sets[it].section.clone());
                return Err(ScenarioSetError::Scenario {
                    scenario: id.clone(),
                    language: language.clone(),
                    first,
                    second,
                });
            }
        }
        Ok(())
    }

    fn own_templates(&mut self, number: usize) -> Result<(), ScenarioSetError> {
        for SourceTemplate { name, language, scenario, scenario_language, .. } in &self.sets[number].templates {
            let section = |it: usize| self.sets[it].section.clone();
            if self.scenarios.get(&key(scenario, scenario_language)) != Some(&number) {
                let section = section(number);
                return Err(ScenarioSetError::TemplateAlone {
                    name: name.clone(),
                    language: language.clone(),
                    section,
                });
            }
            if let Some(first) = self.templates.insert(key(name, language), number) {
                let [first, second] = [first, number].map(section);
                return Err(ScenarioSetError::Template {
                    name: name.clone(),
                    language: language.clone(),
                    first,
                    second,
                });
            }
        }
        Ok(())
    }

    fn check_steps(&self, number: usize) -> Result<(), ScenarioSetError> {
        let mut seen = HashSet::new();
        for step in &self.sets[number].steps {
            let StepRow { scenario, language, step_id, part, .. } = step.clone();
            if !seen.insert((&step.scenario, &step.language, &step.step_id, step.part)) {
                return Err(ScenarioSetError::Message { scenario, language, step_id, part });
            }
            if self.scenarios.get(&(scenario, language.clone())) != Some(&number) {
                let section = self.sets[number].section.clone();
                return Err(ScenarioSetError::StepAlone { step_id, language, section });
            }
        }
        Ok(())
    }

    /// The sections, in their order.
    pub fn iter(&self) -> impl Iterator<Item = SectionSet<'_>> {
        (0..self.sets.len()).map(|number| SectionSet { sets: self, number })
    }
}

impl<'a> SectionSet<'a> {
    pub fn set(self) -> &'a ScenarioSet {
        &self.sets.sets[self.number]
    }

    pub(super) fn has_scenario(self, id: &str, language: &str) -> bool {
        self.sets.scenarios.get(&key(id, language)) == Some(&self.number)
    }

    /// Whether another section of the plan has this scenario.
    pub(super) fn leaves_scenario(self, id: &str, language: &str) -> bool {
        self.sets.scenarios.get(&key(id, language)).is_some_and(|it| *it != self.number)
    }

    /// Whether another section of the plan has this template.
    pub(super) fn leaves_template(self, name: &str, language: &str) -> bool {
        self.sets.templates.get(&key(name, language)).is_some_and(|it| *it != self.number)
    }

    /// Whether the plan has a section of this name.
    pub(super) fn is_in_plan(self, section: &str) -> bool {
        self.sets.sets.iter().any(|it| it.section == section)
    }
}

fn key(name: &str, language: &str) -> (String, String) {
    (name.to_owned(), language.to_owned())
}
