//! Flows of RapidPro and TextIt: a file with a flow for each scenario, the keywords that start them, and the fields of
//! contacts that they read.

mod answer;
mod condition;
mod definition;
mod flow;
mod ids;
mod language;
mod layout;
mod message;
mod slots;
mod trigger;

use std::collections::{BTreeMap, BTreeSet};

use model::Finding;
use scenario::Scenario;
use serde_json::{Value, json};
use translate::Compiled;

use crate::{Exported, ExportedFlow};
use definition::{FILE_VERSION, Flow, SPEC_VERSION};
use flow::FlowWriter;
use slots::Slots;

/// Limits the name of a flow, in characters.
const LONGEST_NAME: usize = 64;

/// A run ends after so many minutes without an answer: the longest time that the platform allows, two weeks.
const EXPIRES: u32 = 20_160;

/// A flow, as others name it.
#[derive(Debug)]
struct Reference {
    scenario: String,
    language: String,
    intent: String,
    uuid: String,
    name: String,
}

pub(crate) fn export(scenarios: &[(&Scenario, &Compiled)]) -> Exported {
    let (mut flows, mut reports) = (Vec::new(), Vec::new());
    let (mut fields, mut templates) = (BTreeMap::new(), BTreeSet::new());
    let compiled: Vec<&Compiled> = scenarios.iter().map(|it| it.1).collect();
    let (slots, references) = (Slots::of(&compiled), references(scenarios));
    let mut triggers = trigger::Triggers::default();
    for ((scenario, compiled), own) in scenarios.iter().zip(&references) {
        let mut writer = FlowWriter::new(own, &references, compiled, &slots);
        if triggers.add(scenario, own, &mut writer.findings) {
            writer.again = Some(compiled.flow.start.clone());
        }
        writer.write();
        let findings = std::mem::take(&mut writer.findings);
        fields.extend(slots.fields_of(compiled));
        templates.extend(writer.templates.iter().cloned());
        reports.push(ExportedFlow {
            scenario: scenario.id.clone(),
            language: scenario.language.clone(),
            name: own.name.clone(),
            n_steps: compiled.flow.steps.len(),
            n_nodes: writer.nodes.len(),
            findings: findings.clone(),
        });
        flows.push(finished(own, writer, &findings));
    }
    let file = json!({
        "version": FILE_VERSION,
        "site": "https://ferry.invalid",
        "flows": flows,
        "campaigns": [],
        "triggers": triggers.list,
        "fields": fields.keys().map(|it| field(it)).collect::<Vec<_>>(),
        "groups": [],
    });
    Exported { file, flows: reports, fields: fields.into_iter().collect(), templates: templates.into_iter().collect() }
}

/// The names and UUIDs of the flows, which may enter each other.
fn references(scenarios: &[(&Scenario, &Compiled)]) -> Vec<Reference> {
    let mut names = BTreeSet::new();
    let reference = |(scenario, _): &(&Scenario, &Compiled)| {
        let name = flow_name(scenario, &mut names);
        Reference {
            scenario: scenario.id.clone(),
            language: scenario.language.clone(),
            intent: scenario.intent.clone(),
            uuid: ids::uuid(&["flow", &scenario.id, &scenario.language, &name]),
            name,
        }
    };
    scenarios.iter().map(reference).collect()
}

fn finished(own: &Reference, writer: FlowWriter<'_>, findings: &[Finding]) -> Flow {
    let ui = layout::ui(&own.uuid, &writer.nodes, &writer.kinds, findings, &writer.entries);
    Flow {
        uuid: own.uuid.clone(),
        name: own.name.clone(),
        language: language::three_letters(&own.language),
        kind: "messaging",
        nodes: writer.nodes,
        spec_version: SPEC_VERSION,
        revision: 1,
        expire_after_minutes: EXPIRES,
        metadata: serde_json::Map::new(),
        localization: serde_json::Map::new(),
        ui,
    }
}

fn field(key: &str) -> Value {
    json!({ "key": key, "name": field_name(key), "type": "text" })
}

/// Names of fields have no `_`.
fn field_name(key: &str) -> String {
    key.replace('_', " ")
}

/// The intent with the language, cut to what the platform allows. No two flows have the same name.
fn flow_name(scenario: &Scenario, taken: &mut BTreeSet<String>) -> String {
    let language = match scenario.language.as_str() {
        "" => String::new(),
        language => format!(" ({language})"),
    };
    let short = |end: &str| {
        let room = LONGEST_NAME - end.chars().count();
        let intent = scenario.intent.split_whitespace().collect::<Vec<_>>().join(" ").replace(['"', '\\', '\0'], "");
        format!("{}{end}", intent.chars().take(room).collect::<String>().trim())
    };
    let mut names = (1..).map(|n| if n == 1 { short(&language) } else { short(&format!("{language} {n}")) });
    let name = names.find(|it| !taken.contains(it)).unwrap_or_default();
    taken.insert(name.clone());
    name
}

#[cfg(test)]
mod tests;
