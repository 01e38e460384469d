//! The places of nodes in the editor, and a note at each node that loses something.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::Finding;
use serde_json::{Map, Value, json};

use super::definition::Node;
use super::ids;

/// The distance of nodes in the editor, in pixels.
const ACROSS: usize = 320;
const DOWN: usize = 260;

pub(super) fn ui(
    flow: &str,
    nodes: &[Node],
    kinds: &BTreeMap<String, &'static str>,
    findings: &[Finding],
    entries: &BTreeMap<String, String>,
) -> Value {
    let places = places(nodes);
    let node = |it: &Node| {
        let (left, top) = places.get(it.uuid.as_str()).copied().unwrap_or_default();
        let kind = kinds.get(&it.uuid).copied().unwrap_or("execute_actions");
        let mut ui = json!({ "position": { "left": left, "top": top }, "type": kind });
        if let Some(router) = &it.router {
            ui["config"] = config(kind, &router.operand);
        }
        (it.uuid.clone(), ui)
    };
    let shown: Map<String, Value> = nodes.iter().map(node).collect();
    json!({ "nodes": shown, "stickies": notes(flow, findings, entries, &places), "languages": [] })
}

/// What the editor asks of a decision.
fn config(kind: &str, operand: &str) -> Value {
    let id = operand.rsplit('.').next().unwrap_or_default();
    let name = id.replace('_', " ");
    match kind {
        "split_by_run_result" => {
            json!({ "cases": {}, "operand": { "id": id, "type": "result", "name": id } })
        }
        "split_by_contact_field" => json!({ "cases": {}, "operand": { "id": id, "type": "field", "name": name } }),
        _ => json!({ "cases": {} }),
    }
}

/// Nodes in rows by their distance from the start.
fn places(nodes: &[Node]) -> BTreeMap<&str, (usize, usize)> {
    let by_uuid: BTreeMap<&str, &Node> = nodes.iter().map(|it| (it.uuid.as_str(), it)).collect();
    let (mut seen, mut waiting) = (BTreeSet::new(), VecDeque::new());
    waiting.extend(nodes.first().map(|it| (it.uuid.as_str(), 0)));
    let (mut places, mut in_row) = (BTreeMap::new(), BTreeMap::new());
    while let Some((uuid, row)) = waiting.pop_front() {
        let Some(node) = by_uuid.get(uuid).filter(|_| seen.insert(uuid)) else { continue };
        let n = in_row.entry(row).or_insert(0);
        places.insert(uuid, (*n * ACROSS, row * DOWN));
        *n += 1;
        waiting.extend(node.exits.iter().filter_map(|it| it.destination_uuid.as_deref()).map(|it| (it, row + 1)));
    }
    places
}

/// A yellow note for each loss, beside the node of its step.
fn notes(
    flow: &str,
    findings: &[Finding],
    entries: &BTreeMap<String, String>,
    places: &BTreeMap<&str, (usize, usize)>,
) -> Map<String, Value> {
    let note = |(n, finding): (usize, &Finding)| {
        let node = entries.get(&finding.place).and_then(|it| places.get(it.as_str()));
        let (left, top) = node.copied().unwrap_or_default();
        let note = json!({
            "position": { "left": left + 220, "top": top + 20 * (n % 8) },
            "title": format!("{} {}", finding.rule.code, finding.rule.name),
            "body": format!("{}: {}", finding.rule.about, finding.message),
            "color": "yellow",
        });
        (ids::uuid(&[flow, "note", &n.to_string()]), note)
    };
    findings.iter().enumerate().map(note).collect()
}
