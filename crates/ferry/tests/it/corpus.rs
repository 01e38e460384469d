//! Scenarios that were written from the documents of their formats, with what is right, before anything was run.
//!
//! Each folder in `fixtures/scenarios/corpus` has an input and `expect.json`; its README says what the keys mean.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use serde_json::Value;

use crate::world::World;

pub(crate) const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/scenarios/corpus");

/// Cases that are not right yet. One that has become right fails the test until it is taken off.
const NOT_RIGHT_YET: [&str; 0] = [];

#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    args: Vec<String>,
    exit: Option<i32>,
    scenarios: Option<usize>,
    #[serde(default)]
    items: Option<Vec<ExpectedItem>>,
    /// Texts that are in nothing that goes out.
    #[serde(default)]
    never: Vec<String>,
    #[serde(default)]
    findings: Vec<ExpectedFinding>,
    /// Rules that must not be reported.
    #[serde(default)]
    silent: Vec<String>,
}

#[derive(Deserialize)]
struct ExpectedItem {
    kind: Option<String>,
    language: Option<String>,
    category: Option<String>,
    body: Option<String>,
    /// Other bodies that are right too.
    #[serde(default)]
    body_or: Vec<String>,
    header: Option<String>,
    footer: Option<String>,
    choices: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct ExpectedFinding {
    about: String,
    /// Regular expressions, each of which something that is said must match.
    words: Vec<String>,
}

/// A template or a message that goes out.
#[derive(Clone, Default, PartialEq)]
struct Item {
    kind: &'static str,
    language: String,
    category: Option<String>,
    body: String,
    header: String,
    footer: String,
    choices: Vec<String>,
}

/// The output of `ferry translate` for a case.
struct Outcome {
    code: i32,
    said: String,
    n_scenarios: usize,
    items: Vec<Item>,
    /// All values that go out, without the names of types and formats.
    texts: Vec<String>,
}

#[test]
fn unseen_scenarios_become_what_their_documents_say() {
    let (mut cases, mut wrong) = (0, String::new());
    for format in folders(Path::new(CORPUS)) {
        for case in folders(&format) {
            let text = std::fs::read_to_string(case.join("expect.json")).unwrap();
            let expected: Expected = serde_json::from_str(&text).unwrap();
            let differences = differences(&expected, &translate(&case, &expected.args));
            cases += 1;
            let name = case.strip_prefix(CORPUS).unwrap().to_str().unwrap().to_owned();
            match (NOT_RIGHT_YET.contains(&name.as_str()), differences.is_empty()) {
                (true, true) => writeln!(wrong, "{name}\n  is right: take it off the list").unwrap(),
                (false, false) => writeln!(wrong, "{name}\n  {}", differences.join("\n  ")).unwrap(),
                _ => {}
            }
        }
    }
    assert!(cases >= 90, "{cases} cases");
    assert!(wrong.is_empty(), "{wrong}");
}

/// The headers and footers that a case sends.
pub(crate) fn frames(case: &Path, args: &[String]) -> Vec<String> {
    let items = translate(case, args).items;
    items.into_iter().flat_map(|it| [it.header, it.footer]).filter(|it| !it.is_empty()).collect()
}

pub(crate) fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|it| it.is_dir()).collect();
    folders.sort();
    folders
}

fn translate(case: &Path, args: &[String]) -> Outcome {
    let world = World::empty();
    let entries = std::fs::read_dir(case).unwrap().map(|it| it.unwrap().path());
    let input = entries.filter(|it| it.file_name().unwrap().to_str().unwrap().starts_with("input"));
    let mut arguments = vec!["translate".to_owned(), "--to".to_owned(), "out".to_owned()];
    arguments.extend(input.map(|it| it.to_str().unwrap().to_owned()));
    arguments.extend(args.iter().cloned());
    let ended = world.ferry(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let mut outcome = Outcome {
        code: ended.code,
        said: ended.out + &ended.err,
        n_scenarios: 0,
        items: Vec::new(),
        texts: Vec::new(),
    };
    for (_, template) in files(&world.path("out/templates")) {
        outcome.items.push(template_item(&template));
        outcome.texts.extend(outgoing_values(&template["components"]));
    }
    for (name, flow) in files(&world.path("out/flows")) {
        outcome.n_scenarios += 1;
        let language = name.trim_end_matches(".json").rsplit('.').next().unwrap().to_owned();
        let steps = flow["steps"].as_array().unwrap();
        let mut of_flow = Vec::new();
        for message in steps.iter().flat_map(|it| list(&it["sends"])).filter_map(|it| it.get("message")) {
            // A place on the map has no text.
            if message["type"] != "location" {
                of_flow.push(Item { language: language.clone(), ..message_item(message) });
            }
            outcome.texts.extend(outgoing_values(message));
        }
        // A text that several flows say counts once.
        of_flow.retain(|it| !outcome.items.contains(it));
        outcome.items.extend(of_flow);
    }
    outcome.said += &std::fs::read_to_string(world.path("out/findings.ndjson")).unwrap_or_default();
    outcome
}

/// The JSON files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Value> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
    };
    entries.map(|it| read(it.unwrap().path())).collect()
}

/// The texts and addresses of a message or a template. No customer sees types, formats, and the ids of buttons and rows.
fn outgoing_values(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(outgoing_values).collect(),
        Value::Object(object) => {
            let is_seen = |key: &str| match key {
                "type" | "format" | "otp_type" => false,
                "id" => !object.contains_key("title"),
                _ => true,
            };
            object.iter().filter(|it| is_seen(it.0)).flat_map(|it| outgoing_values(it.1)).collect()
        }
        Value::String(text) => vec![text.clone()],
        value => vec![value.to_string()],
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn template_item(template: &Value) -> Item {
    let mut item = Item { kind: "template", language: text(&template["language"]), ..Item::default() };
    item.category = Some(text(&template["category"]));
    for component in list(&template["components"]) {
        match component["type"].as_str().unwrap() {
            "BODY" => item.body = text(&component["text"]),
            "HEADER" if component["format"] == "TEXT" => item.header = text(&component["text"]),
            "HEADER" => item.header = text(&component["format"]),
            "FOOTER" => item.footer = text(&component["text"]),
            "BUTTONS" => item.choices = list(&component["buttons"]).iter().map(|it| text(&it["text"])).collect(),
            _ => {}
        }
    }
    item
}

fn message_item(message: &Value) -> Item {
    let mut item = Item { kind: "message", body: text(&message["text"]["body"]), ..Item::default() };
    for media in ["image", "video", "document", "audio"] {
        if let Some(media_message) = message.get(media) {
            (item.body, item.header) = (text(&media_message["caption"]), media.to_uppercase());
        }
    }
    let Some(interactive) = message.get("interactive") else { return item };
    item.body = text(&interactive["body"]["text"]);
    item.footer = text(&interactive["footer"]["text"]);
    let header = &interactive["header"];
    item.header = header["text"].as_str().map_or_else(|| text(&header["type"]).to_uppercase(), str::to_owned);
    let action = &interactive["action"];
    item.choices.extend(list(&action["buttons"]).iter().map(|it| text(&it["reply"]["title"])));
    let rows = list(&action["sections"]).iter().flat_map(|it| list(&it["rows"]));
    item.choices.extend(rows.map(|it| text(&it["title"])));
    item.choices.extend(action["parameters"]["display_text"].as_str().map(str::to_owned));
    item
}

/// Every difference between what is right and what came out.
fn differences(expected: &Expected, outcome: &Outcome) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(code) = expected.exit.filter(|it| *it != outcome.code) {
        all.push(format!("exit {}, not {code}", outcome.code));
    }
    if let Some(n) = expected.scenarios.filter(|it| *it > 0 && *it != outcome.n_scenarios) {
        all.push(format!("{} scenarios, not {n}", outcome.n_scenarios));
    }
    if let Some(items) = &expected.items {
        all.extend(of_items(items, &outcome.items));
    }
    for never in
        expected.never.iter().filter(|it| outcome.texts.iter().any(|text| without_slots(text).contains(it.as_str())))
    {
        all.push(format!("“{never}” goes out"));
    }
    for finding in &expected.findings {
        for words in finding.words.iter().filter(|it| !is_said(it, &outcome.said)) {
            all.push(format!("not said: {} ({words})", finding.about));
        }
    }
    for rule in expected.silent.iter().filter(|it| is_said(it, &outcome.said)) {
        all.push(format!("said: {rule}"));
    }
    all
}

fn is_said(words: &str, said: &str) -> bool {
    RegexBuilder::new(words).case_insensitive(true).build().unwrap().is_match(said)
}

/// Compares items by their body, in any order. Several may have the same body.
fn of_items(expected: &[ExpectedItem], items: &[Item]) -> Vec<String> {
    let mut all = Vec::new();
    let mut left: Vec<&Item> = items.iter().collect();
    for wanted in expected {
        let fitting = (0..left.len()).min_by_key(|n| (!wanted.has_body(left[*n]), wanted.differences(left[*n]).len()));
        match fitting.filter(|n| wanted.has_body(left[*n])) {
            Some(n) => all.extend(wanted.differences(left.remove(n))),
            None => all.push(format!("missing: {:?}", wanted.body)),
        }
    }
    all.extend(left.iter().map(|it| format!("not expected: {} {:?} {:?}", it.kind, it.body, it.choices)));
    all
}

impl ExpectedItem {
    fn has_body(&self, item: &Item) -> bool {
        let mut bodies = self.body.iter().chain(&self.body_or).peekable();
        bodies.peek().is_none() || bodies.any(|it| plain(it) == plain(&item.body))
    }

    fn differences(&self, item: &Item) -> Vec<String> {
        let mut all = Vec::new();
        let mut compare = |what: &str, wanted: Option<&str>, found: &str| {
            if let Some(wanted) = wanted.filter(|it| plain(it) != plain(found)) {
                all.push(format!("{:?}: {what} is {found:?}, not {wanted:?}", item.body));
            }
        };
        compare("kind", self.kind.as_deref(), item.kind);
        // The names of flow files are in small letters.
        let language = self.language.as_ref().map(|it| it.to_lowercase());
        compare("language", language.as_deref(), &item.language.to_lowercase());
        compare(
            "category",
            self.category.as_deref().filter(|_| item.kind == "template"),
            item.category.as_deref().unwrap_or_default(),
        );
        compare("header", self.header.as_deref(), &item.header);
        compare("footer", self.footer.as_deref(), &item.footer);
        let choices = self.choices.as_ref().map(|it| it.join(" | "));
        compare("choices", choices.as_deref(), &item.choices.join(" | "));
        all
    }
}

fn without_slots(text: &str) -> String {
    static SLOT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{\w+\}\}").unwrap());
    SLOT.replace_all(text, "{}").into_owned()
}

/// A text whose slots have no names: `{{1}}`, `{{name}}` and `{name}` are the same.
fn plain(text: &str) -> String {
    static SLOT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{\s*[\w.]+\s*\}\}|\{[^{}\s][^{}]*\}").unwrap());
    SLOT.replace_all(text, "{}").trim().to_owned()
}
