//! The reference of plans in docs/plan.md: every section, key, type, default and meaning, from the JSON Schema.

use std::fmt::Write;

use expect_test::expect_file;
use serde_json::{Map, Value};

use super::page;
use crate::world::World;

/// The first line of the generated part. What is above it is written by hand.
const MARK: &str = "<!-- From here on, a test writes this page from the doc comments of crates/plan. Change them, not this text. -->\n";

#[test]
fn the_plan_reference_has_every_key_with_its_type_default_and_meaning() {
    let page = page::text("plan.md");
    let (by_hand, _) = page.split_once(MARK).expect("docs/plan.md has no mark");
    let schema: Value = serde_json::from_str(&World::empty().ferry(&["schema", "plan"]).out).unwrap();
    expect_file!["../../../../../docs/plan.md"].assert_eq(&format!("{by_hand}{MARK}{}", reference(&schema)));
}

#[test]
fn the_whole_plan_of_the_page_is_one_that_ferry_takes() {
    let world = World::empty();
    world.write("sms.csv", "mobile,home,name,last_message,opt_in,town\n+33199000001,,Ana,2026-01-31,yes,Lyon\n");
    world.write("unsubscribed.csv", "number\n+33199000002\n");
    world.write("texts.csv", "name,text\nready,Your order [order] is ready to be picked up in our shop.\n");
    let example = page::examples("plan.md").into_iter().find(|it| it.language == "toml").unwrap();
    world.write("plan.toml", &example.text);
    let run = world.ferry(&["run", "--limit", "10"]);
    assert!(run.out.contains("rows       2 in = 2 kept + 0 merged + 0 rejected + 0 suppressed"), "{run:?}");
    let said_no = run.out.lines().find(|it| it.starts_with("said no ")).unwrap();
    assert_eq!(said_no.split_whitespace().nth(2), Some("1"), "{run:?}");
}

#[test]
fn a_key_shows_its_type_its_range_and_its_default() {
    let schema = serde_json::json!({ "properties": { "verify": {
        "description": "Asks a provider.",
        "required": ["url"],
        "properties": {
            "batch": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 100, "description": "A | B." },
            "url": { "type": "string", "description": "Its\naddress." },
            "canary": { "type": "array", "description": "A number to ask about.", "items": {
                "properties": { "phone": { "type": "string", "description": "Its digits." } },
            } },
        },
    } } });
    expect_test::expect![[r#"

        ## [verify]

        Asks a provider.

        | key | type | default | meaning |
        |---|---|---|---|
        | `url` | text | required | Its address. |
        | `batch` | whole number, 1 to 1,000 | `100` | A \| B. |

        ## [[verify.canary]]

        A number to ask about.

        | key | type | default | meaning |
        |---|---|---|---|
        | `phone` | text | – | Its digits. |
    "#]]
    .assert_eq(&reference(&schema));
}

/// The reference as Markdown: a part for each section, in the order of their names.
fn reference(schema: &Value) -> String {
    let mut text = String::new();
    for (name, section) in members(schema, "properties") {
        add_section(&mut text, name, section);
    }
    text
}

/// Adds a table of keys, and then those of the tables within it.
fn add_section(text: &mut String, path: &str, section: &Value) {
    let (heading, table) = match section["type"] == "array" {
        true => (format!("[[{path}]]"), &section["items"]),
        false => (format!("[{path}]"), section),
    };
    let _ = write!(text, "\n## {heading}\n\n{}\n", description(section));
    let required = |key: &str| table["required"].as_array().is_some_and(|it| it.iter().any(|it| it == key));
    let (inner, mut keys): (Vec<_>, Vec<_>) = members(table, "properties").partition(|it| inner_table(it.1).is_some());
    keys.sort_by_key(|it| !required(it.0));
    if !keys.is_empty() {
        text.push_str("\n| key | type | default | meaning |\n|---|---|---|---|\n");
    }
    for (key, value) in keys {
        let default = if required(key) { "required".to_owned() } else { default(&value["default"]) };
        let meaning = description(value).replace('|', "\\|").replace("\n\n", " ");
        let _ = writeln!(text, "| `{key}` | {} | {default} | {meaning}{} |", kind(value), choices(value));
    }
    for (key, value) in inner {
        match inner_table(value) {
            Some(Inner::Itself) => add_section(text, &format!("{path}.{key}"), value),
            Some(Inner::ByName(each)) => {
                let mut each = each.clone();
                each["description"] = value["description"].clone();
                add_section(text, &format!("{path}.{key}.NAME"), &each);
            }
            None => {}
        }
    }
}

/// A table in a section that has a part of its own in the reference.
enum Inner<'a> {
    Itself,
    /// Its keys are names that people choose, and each holds a table.
    ByName(&'a Value),
}

/// None if the value is no table and no list of tables, or one whose keys need no description.
fn inner_table(value: &Value) -> Option<Inner<'_>> {
    let table = if value["type"] == "array" { &value["items"] } else { value };
    if members(table, "properties").any(|it| it.1.get("description").is_some()) {
        return Some(Inner::Itself);
    }
    value["additionalProperties"].get("properties").map(|_| Inner::ByName(&value["additionalProperties"]))
}

/// The description, with a blank between the lines of a paragraph.
fn description(value: &Value) -> String {
    let text = value["description"].as_str().unwrap_or_default();
    text.split("\n\n").map(|it| it.replace('\n', " ")).collect::<Vec<_>>().join("\n\n")
}

/// What a key holds, such as `whole number, 1 to 1,000`.
fn kind(value: &Value) -> String {
    let is = |name: &str| value["type"] == name;
    let range = match (value["minimum"].as_f64(), value["maximum"].as_f64()) {
        (Some(least), Some(most)) => format!(", {} to {}", grouped(least), grouped(most)),
        (Some(least), None) => format!(", at least {}", grouped(least)),
        _ => String::new(),
    };
    let names = |it: &[Value]| it.iter().map(|it| format!("`{}`", it.as_str().unwrap())).collect::<Vec<_>>().join(", ");
    let keys: Vec<Value> = members(value, "properties").map(|it| it.0.into()).collect();
    match value["maxLength"].as_u64() {
        Some(1) => "one character".to_owned(),
        Some(most) => format!("text, at most {most} characters"),
        None if value["enum"].is_array() => names(value["enum"].as_array().unwrap()),
        None if value["oneOf"].is_array() => {
            names(&value["oneOf"].as_array().unwrap().iter().map(|it| it["const"].clone()).collect::<Vec<_>>())
        }
        None if value["anyOf"].is_array() => "text, or list of texts".to_owned(),
        None if is("array") => "list of texts".to_owned(),
        None if !keys.is_empty() => format!("table of numbers, 0 to 1: {}", names(&keys)),
        None if is("object") => format!("table: name = {}", kind(&value["additionalProperties"])),
        None if is("boolean") => "`true` or `false`".to_owned(),
        None if is("integer") => format!("whole number{range}"),
        None if is("number") => format!("number{range}"),
        None => "text".to_owned(),
    }
}

/// What each choice means, where the schema says it.
fn choices(value: &Value) -> String {
    let choice = |it: &Value| {
        let meaning = description(it);
        format!(" `{}`: {}", it["const"].as_str().unwrap(), meaning.replace('|', "\\|"))
    };
    value["oneOf"].as_array().into_iter().flatten().map(choice).collect()
}

/// A default as a plan would have it; `–` if there is none, or it depends on other things, which the meaning says.
fn default(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Array(list) if list.is_empty() => "–".to_owned(),
        Value::Object(table) if table.is_empty() => "–".to_owned(),
        Value::Object(table) => {
            let pairs: Vec<String> = table.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            format!("`{{ {} }}`", pairs.join(", "))
        }
        other => format!("`{other}`"),
    }
}

/// `1,000`
fn grouped(number: f64) -> String {
    model::grouped(number as u64)
}

/// The members of an object in a schema.
fn members<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let object: Option<&Map<String, Value>> = value[name].as_object();
    object.into_iter().flatten().map(|it| (it.0.as_str(), it.1))
}
