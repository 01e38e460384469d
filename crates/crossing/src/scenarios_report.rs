//! The scenarios of a run, as values.

use std::collections::BTreeMap;

use model::{ItemCounts, Severity};
use run::{ScenarioSetRecord, StageRecord, TemplateChanges};
use schemars::JsonSchema;
use serde::Serialize;

/// The scenarios of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScenariosReport {
    /// The `[[scenario]]` sections.
    pub sets: Vec<ScenarioSetRecord>,
    /// What became of all steps, choices and slots.
    pub items: ItemCounts,
    /// The changes in the database, or those that a dry run expects; null before that.
    pub changes: Option<TemplateChanges>,
}

impl ScenariosReport {
    pub(crate) fn of(record: &StageRecord) -> Self {
        let sets = record.scenario_sets.clone();
        let items = sets.iter().fold(ItemCounts::default(), |sum, it| sum + it.all_items());
        Self { sets, items, changes: record.template_changes }
    }

    /// The number of scenarios.
    pub fn n_scenarios(&self) -> u64 {
        self.sets.iter().map(|it| it.scenarios).sum()
    }

    /// The number of templates by category.
    pub fn templates(&self) -> BTreeMap<&str, u64> {
        let mut templates = BTreeMap::new();
        for (category, n) in self.sets.iter().flat_map(|it| &it.templates) {
            *templates.entry(category.as_str()).or_default() += n;
        }
        templates
    }

    /// The number of findings of a severity.
    pub fn n_findings(&self, severity: Severity) -> u64 {
        self.sets.iter().filter_map(|it| it.findings.get(severity.name())).sum()
    }

    /// Whether a scenario or a part of a file was not translated, or an item has no outcome.
    pub fn lacks_something(&self) -> bool {
        self.items.unaccounted() != 0 || self.sets.iter().any(|it| it.refused + it.skipped > 0)
    }
}
