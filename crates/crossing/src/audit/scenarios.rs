//! The audit of scenarios: items in = carried + lost by name + not taken, and the database has what was translated.

use std::collections::HashSet;

use anyhow::{Context, Result};
use audit::{Compared, Difference, equal};
use crm::{Crm, KeptFinding, KeptMessage, KeptScenario, KeptTemplate};
use model::{Counts, Digest, ItemCounts, Receipt, Stage};
use run::ScenarioSetRecord;
use serde_json::Value;

use crate::find_run::FoundRun;
use crate::translate::{ItemRow, counts, finding_text, named_text, output_digest, read_items, step_text};

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
    let scenarios = crm.kept_scenarios().await?;
    let templates = crm.kept_templates().await?;
    let (messages, findings) = (crm.kept_messages().await?, crm.kept_findings().await?);
    let database = Database { scenarios, templates, messages, findings };
    for ((name, language), version) in crm.all_template_versions().await? {
        if !version.is_as_written() {
            differences.push(Difference::TemplateChangedByHand { name, language, version: version.version });
        }
    }
    crm.close().await;
    for (number, set) in (1..).zip(sets) {
        match receipts.get(&number) {
            None => differences.push(Difference::NoReceipt { stage: Stage::Translate, batch: number }),
            Some(it) if it.input != set.input => {
                differences.push(Difference::ReceiptOfOtherScenarios { section: set.name.clone() });
            }
            Some(it) if it.output != database.digest_of(&set.name) || !counts_fit(it, set) => {
                differences.push(Difference::OtherScenarios { section: set.name.clone() });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whether a receipt counts the items of its section.
fn counts_fit(receipt: &Receipt, set: &ScenarioSetRecord) -> bool {
    let items = set.all_items();
    let Counts { rows_in, kept, rejected, .. } = receipt.counts;
    (rows_in, kept, rejected) == (items.items_in, items.carried, items.lost + items.not_taken)
}

/// The scenarios of a database.
struct Database {
    scenarios: Vec<KeptScenario>,
    templates: Vec<KeptTemplate>,
    messages: Vec<KeptMessage>,
    findings: Vec<KeptFinding>,
}

impl Database {
    /// The digest of what the database has of a section.
    fn digest_of(&self, section: &str) -> Digest {
        let here: HashSet<(&str, &str)> = self
            .scenarios
            .iter()
            .filter(|it| it.section == section && !it.is_missing)
            .map(|it| (it.id.as_str(), it.language.as_str()))
            .collect();
        let is_here = |scenario: &str, language: &str| here.contains(&(scenario, language));
        let scenarios = self.scenarios.iter().filter(|it| is_here(&it.id, &it.language));
        let mut texts: Vec<_> = scenarios.map(|it| named_text("scenario", &it.id, &it.language, &it.body)).collect();
        let templates =
            self.templates.iter().filter(|it| !it.is_missing && is_here(&it.scenario, &it.scenario_language));
        texts.extend(templates.map(|it| named_text("template", &it.name, &it.language, &it.source.body)));
        let messages = self.messages.iter().filter(|it| !it.is_missing && is_here(&it.scenario, &it.language));
        texts.extend(messages.map(|it| {
            step_text(&it.scenario, &it.language, [&it.step_id, &it.kind, &it.template], it.part, &it.source_text)
        }));
        let findings = self.findings.iter().filter(|it| it.section == section);
        texts.extend(findings.map(|it| finding_text(&it.finding)));
        output_digest(texts)
    }
}
