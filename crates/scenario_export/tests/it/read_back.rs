//! Ferry's own importer reads an export back, and the scenario that it reads says the same.

use std::collections::{BTreeMap, BTreeSet};

use scenario::Scenario;
use scenario_import::{File, Options, import};
use serde_json::Value;
use translate::{Simulated, compile_all, simulate_set};

use crate::world::{exported, sets};

/// The scenarios, and the flows that say nothing to a customer.
fn read_back(file: &Value) -> (Vec<Scenario>, Vec<String>) {
    let bytes = serde_json::to_vec(file).unwrap();
    let imported = import(vec![File { path: "flows.json".to_owned(), bytes }], &Options::default()).unwrap();
    let silent = imported.skipped.into_iter().filter(|it| it.why.starts_with("it says "));
    (imported.scenarios, silent.map(|it| it.place).collect())
}

#[test]
fn every_flow_is_read_back_as_one_scenario_that_plays_as_the_file_does() {
    let (mut n_flows, mut n_silent, mut n_scripts, mut n_differ) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for set in sets() {
        let compiled = set.compiled();
        let exported = exported(&compiled);
        let (scenarios, silent) = read_back(&exported.file);
        n_silent += silent.len();
        n_flows += exported.flows.len();
        let roots = roots(&exported.file);
        let read: Vec<&str> = scenarios.iter().map(|it| it.intent.as_str()).collect();
        let spoken = exported.flows.iter().filter(|it| !silent.contains(&it.name) && roots.contains(&it.name));
        let missing: Vec<&str> = spoken.map(|it| it.name.as_str()).filter(|it| !read.contains(it)).collect();
        wrong.extend(missing.iter().map(|it| format!("{} {it} is not read back", set.name)));
        let bytes = serde_json::to_vec(&exported.file).unwrap();
        let file = source_side::SourceFile { path: "flows.json".to_owned(), bytes };
        let flows = source_side::open("rapidpro", &[file]).unwrap();
        let (again, _) = compile_all(&scenarios, &translate::Options::default());
        let (runs, left_out) = simulate_set(&again, &flows, "rapidpro", None);
        let left_out = left_out.iter().filter(|it| !silent.contains(it));
        wrong.extend(left_out.map(|it| format!("{} {it}: no scenario", set.name)));
        for run in runs.iter().flat_map(|it| &it.runs) {
            n_scripts += 1;
            n_differ += usize::from(!run.differences.is_empty());
            if !run.is_explained() {
                wrong.push(format!("{} {}: {:?}", set.name, run.script, unexplained(run)));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let counts = (n_flows, n_silent, n_differ, n_scripts);
    assert!(n_flows > 100 && n_silent < 5 && n_differ * 20 < n_scripts, "{counts:?}");
}

fn unexplained(run: &Simulated) -> Vec<(&Vec<String>, &Vec<String>)> {
    let open = run.differences.iter().filter(|it| it.explained_by.is_empty());
    open.map(|it| (&it.source, &it.whatsapp)).collect()
}

/// The flows that something starts, or that no other enters.
fn roots(file: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let flows = list(&file["flows"]);
    let started: Vec<Value> = list(&file["triggers"]).iter().map(|it| it["flow"]["uuid"].clone()).collect();
    let enters = |flow: &Value, uuid: &Value| {
        let mut actions = list(&flow["nodes"]).into_iter().flat_map(|it| list(&it["actions"]));
        flow["uuid"] != *uuid && actions.any(|it| it["type"] == "enter_flow" && it["flow"]["uuid"] == *uuid)
    };
    let is_root = |it: &&Value| started.contains(&it["uuid"]) || !flows.iter().any(|other| enters(other, &it["uuid"]));
    flows.iter().filter(is_root).map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

/// The UUIDs of a file, with how often each names something of its own.
fn own_ids(value: &Value, ids: &mut BTreeMap<String, usize>) {
    match value {
        Value::Object(map) => {
            let is_reference = map.len() == 2 && map.contains_key("name");
            if let Some(id) = map.get("uuid").and_then(Value::as_str).filter(|_| !is_reference) {
                *ids.entry(id.to_owned()).or_default() += 1;
            }
            map.values().for_each(|it| own_ids(it, ids));
        }
        Value::Array(values) => values.iter().for_each(|it| own_ids(it, ids)),
        _ => {}
    }
}

#[test]
fn every_way_leads_to_a_node_and_the_same_scenarios_give_the_same_file() {
    for set in sets() {
        let compiled = set.compiled();
        let file = exported(&compiled).file;
        assert_eq!(serde_json::to_string(&file).unwrap(), serde_json::to_string(&exported(&compiled).file).unwrap());
        let mut ids = BTreeMap::new();
        own_ids(&file, &mut ids);
        let twice: Vec<_> = ids.iter().filter(|it| *it.1 > 1).collect();
        assert!(twice.is_empty(), "{} {twice:?} {file:#}", set.name);
        assert!(ids.keys().all(|it| it.len() == 36 && &it[14..15] == "4"), "{}", set.name);
        for flow in file["flows"].as_array().unwrap() {
            let nodes: BTreeSet<&str> =
                flow["nodes"].as_array().unwrap().iter().map(|it| it["uuid"].as_str().unwrap()).collect();
            let exits = flow["nodes"].as_array().unwrap().iter().flat_map(|it| it["exits"].as_array().unwrap());
            let goals = exits.filter_map(|it| it["destination_uuid"].as_str());
            assert_eq!(goals.filter(|it| !nodes.contains(it)).collect::<Vec<_>>(), Vec::<&str>::new());
        }
        let keywords: Vec<&str> = file["triggers"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|it| it["keywords"].as_array().unwrap())
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(keywords.len(), keywords.iter().collect::<BTreeSet<_>>().len(), "{}", set.name);
    }
}
