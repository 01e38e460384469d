//! docs/json.md: its table is that of the schemas, its codes are those of the help, its examples run.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use test_needs::Need;

use super::page::{self, root, section};
use super::shell::shell;
use crate::world::{Sandbox, World};

const PAGE: &str = "json.md";

/// The cells of the tables in a part of the page, without their headings.
fn rows(part: &str) -> Vec<Vec<String>> {
    let lines = part.lines().filter(|it| it.starts_with("| ")).skip(1);
    lines.map(|it| it.trim_matches('|').split(" | ").map(|it| it.trim().to_owned()).collect()).collect()
}

/// The names in backticks of a cell.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Whether any object of a schema has a field.
fn has_field(schema: &Value, field: &str) -> bool {
    match schema {
        Value::Object(members) => {
            members.get("properties").is_some_and(|it| it.get(field).is_some())
                || members.values().any(|it| has_field(it, field))
        }
        Value::Array(items) => items.iter().any(|it| has_field(it, field)),
        _ => false,
    }
}

#[test]
fn the_table_has_every_result_with_fields_that_are_in_its_schema() {
    let page = page::text(PAGE);
    let mut documented = BTreeSet::new();
    for row in rows(section(&page, "## What each command prints")) {
        let command = names(&row[0]).next().unwrap().strip_prefix("ferry ").unwrap().replace(' ', "-");
        let file = format!("schemas/{command}.schema.json");
        assert!(row[0].ends_with(&format!("]({file})")), "{row:?}");
        let schema: Value = serde_json::from_str(&page::text(&file)).unwrap();
        for field in names(&row[1]) {
            assert!(has_field(&schema, field), "the result of {command} has no {field}");
        }
        documented.insert(command);
    }
    let files = fs::read_dir(root().join("docs/schemas")).unwrap().map(|it| it.unwrap().file_name());
    let schemas = files.map(|it| it.into_string().unwrap().replace(".schema.json", ""));
    // The page describes these schemas in sections of their own.
    let others = ["error", "notification", "notification-of-alerts", "notification-of-serve"];
    let results: BTreeSet<String> = schemas.filter(|it| !others.contains(&it.as_str())).collect();
    assert_eq!(documented, results);
}

#[test]
fn the_codes_are_those_of_the_help_and_of_the_schema_of_notifications() {
    let page = page::text(PAGE);
    let rows = rows(section(&page, "## Exit codes"));
    let help = World::empty().ferry(&["--help"]).out;
    let listed = help.split_once("Exit codes:\n").unwrap().1.lines().take_while(|it| !it.is_empty());
    let listed: Vec<&str> = listed.map(|it| it.split_whitespace().next().unwrap()).collect();
    assert_eq!(rows.iter().map(|it| it[0].as_str()).collect::<Vec<_>>(), listed);
    let schema = page::text("schemas/notification.schema.json");
    for name in rows.iter().filter_map(|it| names(&it[1]).next()) {
        assert!(schema.contains(&format!("`{name}`")), "{name} is no status");
    }
}

#[test]
fn an_error_is_the_line_that_the_page_shows() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    world.replan("default_region = \"FR\"", "default_region = \"XX\"");
    let ended = world.ferry(&["run", "--quiet", "--format", "json"]);
    let [shown] =
        page::examples(PAGE).into_iter().filter(|it| it.language == "json").collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((ended.code, ended.out.as_str(), &ended.err), (2, "", &shown.text));
    let page = page::text(PAGE);
    let error: Value = serde_json::from_str(&shown.text).unwrap();
    let fields = rows(section(&page, "## Errors"));
    let fields: BTreeSet<&str> = fields.iter().flat_map(|it| names(&it[0])).collect();
    assert_eq!(fields, error["error"].as_object().unwrap().keys().map(String::as_str).collect());
}

#[test]
fn every_example_for_the_shell_runs_and_prints_something() {
    if !test_needs::has_program("jq") {
        return;
    }
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    let examples = page::examples(PAGE).into_iter().filter(|it| it.language == "sh");
    let lines: Vec<String> = examples.flat_map(|it| it.text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(lines.len() >= 9, "{lines:?}");
    for line in lines {
        let ended = shell(&world, &format!("set -e\n{line}"), &[]);
        let is_silent = line.starts_with("ferry run ") || line.starts_with("ferry check");
        assert!(ended.code == 0 && ended.err.is_empty() && ended.out.is_empty() == is_silent, "{line}: {ended:?}");
    }
}

#[test]
fn the_example_in_python_shows_a_result_and_an_error() {
    let Some(python) = Need::Python.find() else { return };
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    let example = page::examples(PAGE).into_iter().find(|it| it.language == "python").unwrap().text;
    world.write("example.py", &example);
    let run = || shell(&world, &format!("{python} example.py"), &[]).out;
    assert!(run().ends_with("-test 1 new, 0 changed\n"));
    world.replan("\"sqlite:ferry.db\"", "\"mysql:x\"");
    let told = run();
    assert!(told.contains(": ") && told.contains("neither sqlite:PATH nor postgres://"), "{told}");
}
