//! Exports to bot platforms, as text.

use std::collections::BTreeMap;

use scenario_export::Exported;

use model::{counted, printable};

/// Each flow with its losses, the losses by kind, and what must be there before a flow starts.
pub fn exported(exported: &Exported, platform: &str) -> String {
    let mut text = format!("{platform}: {}\n", counted(exported.flows.len() as u64, "flow"));
    let mut kinds: BTreeMap<&str, (&str, u64)> = BTreeMap::new();
    for flow in &exported.flows {
        let n_losses = flow.findings.len() as u64;
        let losses = if n_losses == 0 { String::new() } else { format!(", {}", counted(n_losses, "loss")) };
        let (steps, nodes) = (counted(flow.n_steps as u64, "step"), counted(flow.n_nodes as u64, "node"));
        text += &format!("  {}: {steps}, {nodes}{losses}\n", printable(&flow.name));
        for finding in &flow.findings {
            let rule = finding.rule;
            let at = if finding.place.is_empty() { String::new() } else { format!(" at {}", finding.place) };
            text += &format!("    {} {}{at}: {}\n", rule.code, rule.name, printable(&finding.message));
            kinds.entry(rule.code).or_insert((rule.about, 0)).1 += 1;
        }
    }
    for (code, (about, n)) in kinds {
        text += &format!("{code}, {}: {about}\n", if n == 1 { "once".to_owned() } else { format!("{n} times") });
    }
    if !exported.fields.is_empty() {
        let fields: Vec<&str> = exported.fields.iter().map(|it| it.0.as_str()).collect();
        text += &format!("fields that the business fills before a flow starts: {}\n", fields.join(", "));
    }
    if !exported.templates.is_empty() {
        text += &format!("templates that the flows send: {}\n", exported.templates.join(", "));
    }
    text
}

/// Scenarios that have no flow.
pub fn not_exported(ids: &[String]) -> String {
    let why = "not exported, because it could not be compiled: ferry scenario check says why";
    ids.iter().map(|id| format!("{id}: {why}\n")).collect()
}
