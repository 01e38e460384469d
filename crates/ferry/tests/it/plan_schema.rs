//! The JSON Schema of plans: it is what the program reads, and what the documentation says.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use serde_json::Value;

use crate::clients::python;
use crate::world::World;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema() -> Value {
    let ended = World::empty().ferry(&["schema", "plan"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    serde_json::from_str(&ended.out).unwrap()
}

/// The keys of a schema, such as `source.columns`, each with its description. Shares by field need none.
fn keys(schema: &Value, path: &str, found: &mut Vec<(String, String)>) {
    let schema = if schema["type"] == "array" { &schema["items"] } else { schema };
    if let Some(any) = schema["additionalProperties"].as_object().filter(|it| it.contains_key("properties")) {
        keys(&Value::Object(any.clone()), &format!("{path}.LANGUAGE"), found);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if ["gates.max_unreadable", "gates.stop_unreadable"].iter().any(|it| path.starts_with(&format!("{it}."))) {
            continue;
        }
        found.push((path.clone(), property["description"].as_str().unwrap_or_default().to_owned()));
        keys(property, &path, found);
    }
}

#[test]
fn the_schema_in_the_docs_is_that_of_the_plan() {
    let schema = World::empty().ferry(&["schema", "plan"]).out;
    expect_file!["../../../../docs/plan.schema.json"].assert_eq(&schema);
    let scenario = World::empty().ferry(&["schema", "scenario"]).out;
    expect_file!["../../../../docs/scenario.schema.json"].assert_eq(&scenario);
}

#[test]
fn every_key_is_described() {
    let mut found = Vec::new();
    keys(&schema(), "", &mut found);
    let undescribed: Vec<&String> = found.iter().filter(|it| it.1.is_empty()).map(|it| &it.0).collect();
    assert!(undescribed.is_empty(), "without a description: {undescribed:?}");
}

/// The plans in the sources of all tests: raw texts with a section of a plan.
fn plans_of_tests() -> Vec<String> {
    let mut plans = Vec::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for path in folder.read_dir().unwrap().map(|it| it.unwrap().path()) {
            match path.extension().is_some_and(|it| it == "rs") {
                true => {
                    let text = fs::read_to_string(&path).unwrap();
                    let raw = text.split("r#\"").skip(1).filter_map(|it| it.split("\"#").next());
                    plans.extend(
                        raw.filter(|it| it.contains("[run]\n") || it.contains("[[source]]\n")).map(str::to_owned),
                    );
                }
                false if path.is_dir() && !path.ends_with("target") => folders.push(path),
                false => {}
            }
        }
    }
    plans
}

/// By `jsonschema` 4.26.0, and `tomllib` of Python.
#[test]
fn every_plan_is_valid_by_the_schema_and_an_unknown_key_is_not() {
    let world = World::empty();
    world.write("plans.json", &serde_json::to_string(&plans_of_tests()).unwrap());
    world.write("sms.csv", "phone,name\n+33199000001,Ana\n");
    assert_eq!(world.ferry(&["init", "--region", "FR"]).code, 0);
    let script = r##"
import copy, json, sys, tomllib
from jsonschema import Draft7Validator
schema = json.load(open(sys.argv[1]))
Draft7Validator.check_schema(schema)
validator = Draft7Validator(schema)
plans = [tomllib.load(open(it, "rb")) for it in sys.argv[3:]]
for text in json.load(open(sys.argv[2])):
    try: plans.append(tomllib.loads(text))
    except tomllib.TOMLDecodeError: pass # A text with gaps that its test fills in.
for plan in plans:
    for error in validator.iter_errors(plan):
        print(error.json_path, error.message)
def tables(value, path=()):
    if isinstance(value, dict):
        yield path
        for key, inner in value.items(): yield from tables(inner, path + (key,))
    if isinstance(value, list):
        for n, inner in enumerate(value): yield from tables(inner, path + (n,))
n_refused = 0
for plan in plans:
    for path in tables(plan):
        if path[:1] == ("profile",) or path[-1:] == ("attributes",) or path == ("business", "opt_out"): continue
        wrong = copy.deepcopy(plan)
        table = wrong
        for key in path: table = table[key]
        table["no_such_key"] = "x"
        if validator.is_valid(wrong): print("taken with an unknown key", path)
        n_refused += 1
assert len(plans) >= 14 and n_refused >= 70, (len(plans), n_refused)
"##;
    let schema = root().join("docs/plan.schema.json");
    let demo = root().join("fixtures/demo/plan.toml");
    let (plans, written) = (world.path("plans.json"), world.path("plan.toml"));
    let arguments = [&schema, &plans, &demo, &written].map(|it| it.to_str().unwrap());
    assert!(python(script, &arguments).is_none_or(|it| it.is_empty()));
}

#[test]
fn init_writes_the_schema_beside_the_plan_and_no_source_reads_it() {
    let world = World::empty();
    for day in 1..3 {
        world.write(&format!("{day}.json"), &format!("[{{\"phone\": \"+3319900000{day}\", \"name\": \"Ana\"}}]"));
    }
    let ended = world.ferry(&["init", "--region", "FR"]);
    assert!(ended.out.contains("then run `ferry check` and `ferry run --dry-run`"), "{ended:?}");
    assert!(world.read("plan.toml").starts_with("#:schema ./.plan.schema.json\n\n[run]\n"));
    assert_eq!(world.read(".plan.schema.json"), world.ferry(&["schema", "plan"]).out);
    world.replan("path = \"1.json\"", "path = \"*.json\"");
    let checked = world.ferry(&["check"]);
    assert!(checked.code == 0 && checked.out.contains(": 2 files, "), "{checked:?}");
}
