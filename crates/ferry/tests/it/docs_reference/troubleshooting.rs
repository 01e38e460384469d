//! docs/troubleshooting.md has an entry for whatever the program can end with or find, and for nothing else.

use std::collections::BTreeSet;
use std::fs;

use clean::ReadField;
use model::{Reason, RowFindings};
use regex::Regex;
use run::{CoverageFinding, ListFinding};
use serde::de::DeserializeOwned;

use super::page::{self, root, section};
use crate::world::World;

const PAGE: &str = "troubleshooting.md";

/// The entries of a section: the code of each heading, and the text below it.
fn entries(heading: &str) -> Vec<(String, String)> {
    let page = page::text(PAGE);
    let parts = section(&page, heading).split("\n### ").skip(1);
    let entry = |part: &str| {
        let (heading, text) = part.split_once('\n').unwrap();
        let code = heading.strip_prefix('`').map_or(heading, |it| it.split('`').next().unwrap());
        (code.to_owned(), text.trim().to_owned())
    };
    parts.map(entry).collect()
}

/// Compares the codes of a section with those of the program, and wants them sorted and each with a text.
fn check(heading: &str, ours: impl IntoIterator<Item = String>) {
    let entries = entries(heading);
    let codes: Vec<&String> = entries.iter().map(|it| &it.0).collect();
    let ours: BTreeSet<String> = ours.into_iter().collect();
    assert_eq!(codes, ours.iter().collect::<Vec<_>>(), "under \"{heading}\" of docs/{PAGE}");
    for (code, text) in &entries {
        assert!(text.len() >= "Nothing to do.".len(), "{code} has no text");
    }
}

/// The names of an enum that has its name in `kind`, as the error about another name lists them.
fn kinds<T: DeserializeOwned>() -> Vec<String> {
    let Err(error) = serde_json::from_str::<T>(r#"{"kind":"no such kind"}"#) else { panic!("a kind too many") };
    let message = error.to_string();
    let names = message.split('`').skip(1).step_by(2).skip(1);
    names.map(str::to_owned).collect()
}

#[test]
fn every_exit_code_has_its_entry() {
    let help = World::empty().ferry(&["--help"]).out;
    let codes = help.split_once("Exit codes:\n").unwrap().1.lines().take_while(|it| !it.is_empty());
    let codes: Vec<String> = codes.map(|it| it.split_whitespace().next().unwrap().to_owned()).collect();
    let entries: Vec<String> = entries("## Exit codes").into_iter().map(|it| it.0).collect();
    assert_eq!(entries, codes.iter().map(|it| format!("Exit code {it}")).collect::<Vec<_>>());
}

#[test]
fn every_reason_of_a_rejected_row_has_its_entry_with_what_to_do() {
    check("## Rejected rows", Reason::ALL.iter().map(|it| it.code().to_owned()));
    for (code, text) in entries("## Rejected rows") {
        let described = Reason::from_code(&code).unwrap().describe();
        assert!(!text.contains(described), "{code} only repeats what it means");
    }
}

#[test]
fn every_finding_about_a_row_a_value_a_list_or_a_file_has_its_entry() {
    check("## Findings about rows", RowFindings(u16::MAX).names().split(' ').map(str::to_owned));
    check("## Unreadable values", ReadField::ALL.map(|it| it.name().to_owned()));
    check("## List quality", kinds::<ListFinding>());
    check("## Coverage of the files", kinds::<CoverageFinding>());
}

#[test]
fn every_rule_for_templates_and_scenarios_has_its_entry_with_what_to_do() {
    let rules = World::empty().ferry(&["template", "rules", "--format", "json"]);
    let rules: serde_json::Value = serde_json::from_str(&rules.out).unwrap();
    let rules = rules["rules"].as_array().unwrap();
    let page = page::text(PAGE);
    let codes = |is_of_templates: bool| {
        let codes = rules.iter().map(|it| it["code"].as_str().unwrap().to_owned());
        codes.filter(move |it| it.starts_with(['T', 'M']) == is_of_templates).collect::<Vec<_>>()
    };
    check("## Templates and messages", codes(true));
    check("## Scenarios and their translation", codes(false));
    for rule in rules {
        let [code, name, about] = ["code", "name", "about"].map(|it| rule[it].as_str().unwrap());
        assert!(page.contains(&format!("\n### `{code}` {name}\n")), "the heading of {code} has no {name}");
        let all = [entries("## Templates and messages"), entries("## Scenarios and their translation")].concat();
        let entry = all.into_iter().find(|it| it.0 == code).unwrap();
        assert!(!entry.1.contains(about), "{code} only repeats the rule");
    }
}

/// Sources whose errors explain themselves where they are printed: with the line of the plan, the code of a reason, or the
/// option of the command line.
const SAY_ALL: [&str; 8] = [
    "model/src/batch.rs",
    "model/src/condition.rs",
    "phone/src/number.rs",
    "sandbox/src/fault.rs",
    "sandbox/src/sending/settings/check.rs",
    "sandbox/src/webhooks/file.rs",
    "sandbox/src/webhooks/target.rs",
    "whatsapp/src/cloud/webhook/envelope.rs",
];

/// The sources with types of errors, from `crates` on.
fn sources_of_errors() -> Vec<String> {
    let crates = root().join("crates");
    let (mut folders, mut found) = (vec![crates.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in folder.read_dir().unwrap().map(|it| it.unwrap().path()) {
            let name = path.strip_prefix(&crates).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && !name.ends_with("/tests") && !name.ends_with("/target") {
                folders.push(path);
            } else if name.ends_with(".rs") && fs::read_to_string(&path).unwrap().contains("#[error(") {
                found.push(name);
            }
        }
    }
    assert!(SAY_ALL.iter().all(|it| found.iter().any(|found| found == it)), "{found:?}");
    found.retain(|it| !SAY_ALL.contains(&it.as_str()));
    found
}

/// The text of a source file, with the parts of each string in one line and `…` for what is filled in.
fn source(path: &str) -> String {
    let text = fs::read_to_string(root().join("crates").join(path)).unwrap();
    let text = Regex::new(r"\\\n\s*").unwrap().replace_all(&text, "");
    Regex::new(r"\{[\w.]*(:[^}]*)?\}").unwrap().replace_all(&text, "…").into_owned()
}

/// The strings that a pattern finds in a text.
fn strings(text: &str, before: &str) -> Vec<String> {
    let pattern = Regex::new(&format!(r#"{before}"((?:[^"\\]|\\.)*)""#)).unwrap();
    pattern.captures_iter(text).map(|it| it[1].replace("\\\"", "\"")).collect()
}

/// The messages in the first column of the tables in a text of the page.
fn symptoms(text: &str) -> Vec<Vec<String>> {
    let code = Regex::new("`` (.+?) ``|`([^`]+)`").unwrap();
    let rows = text.lines().filter(|it| it.starts_with("| `"));
    let cell = |row: &str| row.split(" | ").next().unwrap().to_owned();
    rows.map(|row| {
        let cell = cell(row);
        let found = code.captures_iter(&cell).map(|it| it.get(1).or(it.get(2)).unwrap().as_str().to_owned());
        found.collect()
    })
    .collect()
}

/// Whether a message says enough by itself to be looked up.
fn can_be_looked_up(message: &str) -> bool {
    message.chars().filter(|it| it.is_alphabetic()).count() >= 8
}

#[test]
fn every_error_has_its_entry_and_every_entry_is_of_an_error() {
    let page = page::text(PAGE);
    let symptoms: Vec<String> = symptoms(section(&page, "## Errors")).concat();
    let sources = sources_of_errors().into_iter();
    let errors = sources.flat_map(|it| strings(&source(&it), r"#\[error\(\s*"));
    let errors: Vec<String> = errors.collect();
    assert!(errors.len() > 100, "{}", errors.len());
    let is_missing = |it: &&String| can_be_looked_up(it) && !symptoms.iter().any(|entry| it.starts_with(entry));
    let missing: Vec<_> = errors.iter().filter(is_missing).collect();
    assert_eq!(missing, Vec::<&String>::new(), "errors without an entry in docs/{PAGE}");
    let gone: Vec<_> = symptoms.iter().filter(|it| !errors.iter().any(|error| error.starts_with(*it))).collect();
    assert_eq!(gone, Vec::<&String>::new(), "entries of docs/{PAGE} without an error");
}

#[test]
fn every_warning_verdict_and_difference_has_its_entry_and_is_printed_so() {
    let page = page::text(PAGE);
    for (heading, path, between, is_whole) in [
        ("## Warnings", "run_text/src/run.rs", ["fn warnings", "fn never"], false),
        ("## Verification", "run_text/src/verify.rs", ["fn uninformative", "\n}"], true),
        ("## Audit", "run_text/src/audit.rs", ["fn difference", "\n}"], true),
    ] {
        let text = source(path);
        let text = &text[text.find(between[0]).unwrap()..];
        let text = text.split(between[1]).next().unwrap();
        let printed = strings(text, "");
        let entries = symptoms(section(&page, heading)).concat();
        // A warning ends with values or a remedy, and can begin with a count.
        let is_of = |message: &str, entry: &str| {
            let entry = entry.trim_start_matches("… ");
            entry.split('…').all(|part| message.contains(part.trim()))
        };
        let gone: Vec<_> = entries.iter().filter(|it| !printed.iter().any(|message| is_of(message, it))).collect();
        assert_eq!(gone, Vec::<&String>::new(), "nothing prints what is under \"{heading}\"");
        let missing = printed.iter().filter(|it| !entries.iter().any(|entry| is_of(it, entry)));
        assert!(!is_whole || missing.count() == 0, "{printed:?} under \"{heading}\": {entries:?}");
    }
}

#[test]
fn the_entries_of_a_table_are_in_order() {
    let page = page::text(PAGE);
    let letters = |it: &str| {
        let lower = it.to_lowercase();
        lower.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
    };
    for part in section(&page, "## Errors").split("\n### ") {
        let first: Vec<String> = symptoms(part).iter().map(|it| letters(&it[0])).collect();
        let mut sorted = first.clone();
        sorted.sort();
        assert_eq!(first, sorted);
    }
}
