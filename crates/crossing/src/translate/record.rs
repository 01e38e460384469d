//! What the manifest says of a set of scenarios.

use std::collections::BTreeMap;

use crm::{Change, ScenarioChanges};
use model::{Digest, ItemCounts};
use run::{ScenarioFile, ScenarioSetRecord, TemplateChanges};
use translation::Set;

use super::items::ItemRow;
use super::sections::Section;

/// The record of a set and its items.
pub(super) fn of(section: &Section, input: Digest, set: &Set, items: &[ItemRow]) -> ScenarioSetRecord {
    let mut templates = BTreeMap::new();
    let mut findings = BTreeMap::new();
    for compiled in &set.compiled {
        for it in &compiled.templates {
            *templates.entry(it.category.clone()).or_default() += 1;
        }
        for it in &compiled.findings {
            *findings.entry(it.rule.severity.name().to_owned()).or_default() += 1;
        }
    }
    let is_refused = |it: &&translate::Compiled| it.flow.steps.is_empty() && it.has_errors();
    let file = |it: &translation::SourceFile| ScenarioFile { path: it.path.clone(), sha256: it.sha256 };
    ScenarioSetRecord {
        name: set.name.clone(),
        input,
        format: set.format.name().to_owned(),
        owner: set.owner.clone(),
        files: section.files.iter().map(file).collect(),
        scenarios: set.scenarios.len() as u64,
        refused: set.compiled.iter().filter(is_refused).count() as u64,
        skipped: set.skipped.len() as u64,
        templates,
        items: counts(items),
        findings,
    }
}

/// What became of items, by kind.
pub(crate) fn counts<'a>(items: impl IntoIterator<Item = &'a ItemRow>) -> BTreeMap<String, ItemCounts> {
    let mut counts: BTreeMap<String, ItemCounts> = BTreeMap::new();
    for it in items {
        let counts = counts.entry(it.kind.clone()).or_default();
        counts.items_in += 1;
        match it.outcome.as_str() {
            "carried" => counts.carried += 1,
            "lost" => counts.lost += 1,
            "not taken" => counts.not_taken += 1,
            _ => {}
        }
    }
    counts
}

/// The changes in the database as numbers.
pub(super) fn changes(changes: &ScenarioChanges) -> TemplateChanges {
    TemplateChanges {
        new: changes.n_templates(Change::New),
        changed: changes.n_templates(Change::Changed),
        proposed: changes.n_templates(Change::Proposed),
        unchanged: changes.n_templates(Change::Unchanged) + changes.n_templates(Change::Agreed),
        missing: changes.n_templates(Change::Missing),
    }
}
