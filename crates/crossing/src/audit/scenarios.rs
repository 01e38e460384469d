//! The audit of scenarios: items in = carried + lost by name + not taken, and the database has what was translated.

use std::collections::HashMap;

use anyhow::{Context, Result};
use audit::{Compared, Difference, equal};
use crm::{Crm, KeptScenario, KeptTemplate};
use model::Stage;
use run::{ItemCounts, ScenarioSetRecord};
use serde_json::Value;

use crate::find_run::FoundRun;
use crate::translate::{ItemRow, KeptText, counts, output_digest, read_items};

/// Limits the file of scenarios, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// Compares the ledger of items with the scenarios, the manifest and the database. Gives the number of scenarios, and what
/// became of their items.
pub(super) async fn compare(found: &FoundRun, differences: &mut Vec<Difference>) -> Result<(u64, ItemCounts)> {
    let Some(record) = found.folder.manifest.stages.get(&Stage::Translate) else {
        return Ok((0, ItemCounts::default()));
    };
    let items = read_items(&found.folder)?;
    differences.extend(
        items
            .iter()
            .filter(|it| !has_outcome(it))
            .map(|it| Difference::ItemWithoutOutcome { scenario: it.scenario.clone(), place: it.place.clone() }),
    );
    let in_ledger = items.iter().filter(|it| it.kind == "step").count() as u64;
    differences.extend(equal(Compared::StepsInLedger, n_steps(found)?, in_ledger));
    for set in &record.scenario_sets {
        let rows = items.iter().filter(|it| it.section == set.name);
        ledger(set, &counts(rows), differences);
    }
    database(found, &record.scenario_sets, differences).await?;
    let all = record.scenario_sets.iter().fold(ItemCounts::default(), |sum, it| sum + it.all_items());
    Ok((record.scenario_sets.iter().map(|it| it.scenarios).sum(), all))
}

/// Whether an item is carried, not taken, or lost with a name for the loss.
fn has_outcome(item: &ItemRow) -> bool {
    match item.outcome.as_str() {
        "carried" | "not taken" => true,
        "lost" => !item.code.is_empty(),
        _ => false,
    }
}

/// The steps of all scenarios, counted in their file.
fn n_steps(found: &FoundRun) -> Result<u64> {
    let path = found.folder.path("translate/scenarios.json");
    let text = run::read_small_text(&path, MOST_BYTES);
    let text = text.with_context(|| format!("could not read {}", path.display()))?;
    let value: Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let scenarios = value["scenarios"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(scenarios.iter().filter_map(|it| it["steps"].as_array()).map(|it| it.len() as u64).sum())
}

/// Compares the rows of the ledger with what the manifest says of the section.
fn ledger(
    set: &ScenarioSetRecord,
    counted: &std::collections::BTreeMap<String, ItemCounts>,
    differences: &mut Vec<Difference>,
) {
    let kinds: std::collections::BTreeSet<&String> = set.items.keys().chain(counted.keys()).collect();
    for kind in kinds {
        let [expected, found] = [&set.items, counted].map(|it| it.get(kind).copied().unwrap_or_default());
        for (outcome, expected, found) in [
            ("in", expected.items_in, found.items_in),
            ("carried", expected.carried, found.carried),
            ("lost", expected.lost, found.lost),
            ("not taken", expected.not_taken, found.not_taken),
        ] {
            let compared = Compared::Items { section: set.name.clone(), kind: kind.clone(), outcome };
            differences.extend(equal(compared, expected, found));
        }
    }
}

/// Compares receipts, scenarios and templates of the database with the sections.
async fn database(found: &FoundRun, sets: &[ScenarioSetRecord], differences: &mut Vec<Difference>) -> Result<()> {
    // That there is no database is reported with the contacts.
    let Some(crm) = Crm::look(&found.plan.crm_url()?).await? else { return Ok(()) };
    let receipts = crm.all_receipts(&found.folder.manifest.run_id, Stage::Translate).await?;
    let (scenarios, templates) = (crm.kept_scenarios().await?, crm.kept_templates().await?);
    for it in &templates {
        for version in crm.template_versions(&it.name, &it.language).await? {
            if !version.is_as_written() {
                let (name, language) = (it.name.clone(), it.language.clone());
                differences.push(Difference::TemplateChangedByHand { name, language, version: version.version });
            }
        }
    }
    crm.close().await;
    for (number, set) in (1..).zip(sets) {
        match receipts.get(&number) {
            None => differences.push(Difference::NoReceipt { stage: Stage::Translate, batch: number }),
            Some(it) if it.input != set.input => {
                differences.push(Difference::ReceiptOfOtherScenarios { section: set.name.clone() });
            }
            Some(it) if it.output != of_section(&set.name, &scenarios, &templates) => {
                differences.push(Difference::OtherScenarios { section: set.name.clone() });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The digest of what the database has of a section.
fn of_section(section: &str, scenarios: &[KeptScenario], templates: &[KeptTemplate]) -> model::Digest {
    let here: HashMap<(&str, &str), &KeptScenario> = scenarios
        .iter()
        .filter(|it| it.section == section && !it.is_missing)
        .map(|it| ((it.id.as_str(), it.language.as_str()), it))
        .collect();
    let bodies: Vec<KeptText> =
        here.values().map(|it| (it.id.as_str(), it.language.as_str(), it.body.as_str())).collect();
    let is_here = |it: &&KeptTemplate| {
        !it.is_missing && here.contains_key(&(it.scenario.as_str(), it.scenario_language.as_str()))
    };
    let templates = templates.iter().filter(is_here);
    let templates = templates.map(|it| (it.name.as_str(), it.language.as_str(), it.source.body.as_str()));
    output_digest(bodies, templates.collect())
}
