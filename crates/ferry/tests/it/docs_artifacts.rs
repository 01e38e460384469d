//! `docs/artifacts.md` names every file of a run folder and every column, and its queries do what it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use expect_test::expect_file;
use regex::Regex;
use serde_json::Value;

use test_needs::Need;

use crate::clients::python;
use crate::world::World;

const PAGE: &str = include_str!("../../../../docs/artifacts.md");

const PLAN: &str = r#"[run]
name = "docs"
default_region = "FR"

[crm]
url = "sqlite:ferry.db"

[[source]]
name = "sms"
channel = "sms"
path = "sms.csv"
profile = "columns"
[source.columns]
phone = "phone"
name = "name"
email = "email"
last_at = "last message"
consent = "consent"
consent_at = "consent date"
[source.attributes]
city = "city"

[[source]]
name = "viber"
channel = "viber"
scope = "viber"
path = "viber.ndjson"
profile = "columns"
[source.columns]
phone = "user.phone"
viber_id = "user.id"
name = "user.name"
consent = "subscribed"
last_at = "seen"

[[scenario]]
name = "texts"
path = "texts.csv"
language = "en"
owner = "Marketing"

[verify]
adapter = "file"
path = "answers.csv"

[gates]
max_reject_rate = 1.0
"#;

const SMS: &str = "\
phone,name,email,last message,consent,consent date,city
+33 1 99 00 00 01,Ana Lopez,ana@example.com,2026-01-02 10:00,yes,2026-01-01,Paris
01 99 00 00 01,ANA LOPEZ,,2026-02-03 09:30,,,Paris
+33 1 99 00 00 02,Ben Roy,ana@example.com,2026-03-04 08:15,no,2026-03-01,Lyon
+1 202 555 0103,Cy Brown,,2026-04-05 12:00,yes,,
+33 1 99 00 00 04,Eva Gil,,2026-05-01 09:00,,,Paris
+33199000***,Nobody,,,yes,,
";

const VIBER: &str = r#"{"user": {"phone": "+33199000001", "id": "dmliZXJ1c2VyMDAwMDAw1A==", "name": "Ana"}, "subscribed": "subscribed", "seen": "2026-05-06T07:08:09Z"}
{"user": {"phone": "", "id": "dmliZXJ1c2VyMDAwMDAw2A==", "name": "Dee"}, "subscribed": "subscribed", "seen": "2026-05-07T07:08:09Z"}
"#;

const ANSWERS: &str = "\
phone,answer
+33199000001,registered
+33199000002,registered
+12025550103,not_registered
+33199000004,registered
nobody,registered
";

const TEXTS: &str = "\
name,text
ready,Your order [order] is ready to be picked up in our shop.
closed,Our shop is closed on [date] because of the holidays.
";

/// The world of the pages, after its first run.
pub(crate) fn world(url: &str) -> World {
    let world = World::empty();
    for (name, text) in [("sms.csv", SMS), ("viber.ndjson", VIBER), ("answers.csv", ANSWERS), ("texts.csv", TEXTS)] {
        world.write(name, text);
    }
    world.write("plan.toml", &PLAN.replace("sqlite:ferry.db", url));
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    world
}

/// The page with these results after its queries, in their order.
pub(crate) fn with_results(page: &str, results: &[String]) -> String {
    let block = Regex::new(r"(?s)(```sql\n.*?```\n)```text\n.*?```").unwrap();
    let mut results = results.iter();
    block.replace_all(page, |it: &regex::Captures| format!("{}```text\n{}```", &it[1], results.next().unwrap())).into()
}

/// The queries of a page. Each has a result.
pub(crate) fn queries(page: &str) -> Vec<String> {
    let block = Regex::new(r"(?s)```sql\n(.*?)```\n(```text)?").unwrap();
    let has_result = |it: &regex::Captures| assert!(it.get(2).is_some(), "{} has no result", &it[1]);
    block.captures_iter(page).inspect(has_result).map(|it| it[1].to_owned()).collect()
}

/// A header and rows as aligned columns.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|it| it[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    let rule: Vec<String> = widths.iter().map(|it| "-".repeat(*it)).collect();
    line(&rows[0]) + &line(&rule) + &rows[1..].iter().map(line).collect::<String>()
}

/// The names after `### ` with the names in the first column of the table below each.
pub(crate) fn sections(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut sections: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for section in page.split("\n### `").skip(1) {
        let (name, rest) = section.split_once('`').unwrap();
        let rest = rest.split("\n#").next().unwrap();
        let column = |it: &str| it.strip_prefix("| `").and_then(|it| Some(it.split_once('`')?.0.to_owned()));
        sections.insert(name.to_owned(), rest.lines().filter_map(column).collect());
    }
    sections
}

#[test]
fn the_queries_of_the_page_give_what_it_shows() {
    let world = world("sqlite:ferry.db");
    let script = r#"
import duckdb, json, os, sys
os.chdir(sys.argv[1])
def text(cell):
    return "NULL" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)
results = []
for query in json.loads(sys.argv[2]):
    result = duckdb.sql(query)
    results.append([[it[0] for it in result.description]] + [[text(it) for it in row] for row in result.fetchall()])
print(json.dumps(results))
"#;
    let run = world.path("run");
    let results = python(script, &[run.to_str().unwrap(), &serde_json::to_string(&queries(PAGE)).unwrap()]);
    let Some(results) = results else { return };
    let results: Vec<Vec<Vec<String>>> = serde_json::from_str(&results).unwrap();
    let results: Vec<String> = results.iter().map(|it| aligned(it)).collect();
    expect_file!["../../../../docs/artifacts.md"].assert_eq(&with_results(PAGE, &results));
}

/// Runs of every kind: with verification, with conflicts, with corrections, dry, a sample.
fn folders() -> (World, Vec<&'static str>) {
    let world = world("sqlite:ferry.db");
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    // A person edits a name, and a later import has another one.
    drop(crate::world::texts(&url, "update contact set name = 'Anna' where e164 = '+33199000001'"));
    world.write("sms.csv", &SMS.replace("Ana Lopez", "Anne Lopez").replace("ANA LOPEZ", "ANNE LOPEZ"));
    world.write("viber.ndjson", &VIBER.replace("\"Ana\"", "\"Anne\""));
    for arguments in [&["run", "--run-dir", "edited"][..], &["run", "--run-dir", "dry", "--dry-run", "--new"]] {
        let ended = world.ferry(arguments);
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    let ended = world.ferry(&["run", "--run-dir", "sample", "--limit", "3"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let rejects = world.read("edited/clean/rejects/sms.csv").replace("'+33199000***", "+33199000009");
    // A correction is corrected.
    for rejects in [rejects.replace("+33199000009", "+33199000008"), rejects] {
        world.write("fixed.csv", &rejects);
        let ended = world.ferry(&["fix", "fixed.csv", "--run-dir", "edited"]);
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    (world, vec!["run", "edited", "dry", "sample"])
}

/// All files below a folder, by their path in it.
fn files_in(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|it| it.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    files
}

/// The name of a file on the page, such as `extract/SOURCE.parquet`.
fn name_on_the_page(file: &str) -> String {
    let file = file.replace("extract/sms", "extract/SOURCE").replace("extract/viber", "extract/SOURCE");
    let file = file.replace("rejects/sms", "rejects/SOURCE").replace("rejects/viber", "rejects/SOURCE");
    let file = Regex::new(r"^translate/templates/.*").unwrap().replace(&file, "translate/templates/NAME.LANGUAGE.json");
    let file = Regex::new(r"^translate/flows/.*").unwrap().replace(&file, "translate/flows/SCENARIO.LANGUAGE.json");
    Regex::new(r"^fixes/\d+").unwrap().replace(&file, "fixes/N").into_owned()
}

/// The columns of a file that Ferry gives names to; none of a file that is no table.
fn columns_in(path: &Path) -> Option<BTreeSet<String>> {
    let name = path.to_str().unwrap();
    let keys = |text: &str| -> BTreeSet<String> {
        serde_json::from_str::<Value>(text).unwrap().as_object().unwrap().keys().cloned().collect()
    };
    let columns: BTreeSet<String> = match path.extension().unwrap_or_default().to_str().unwrap() {
        "parquet" => {
            let script = "import duckdb, sys; \
                          [print(it[0]) for it in duckdb.sql(f\"describe select * from '{sys.argv[1]}'\").fetchall()]";
            python(script, &[name])?.lines().map(str::to_owned).collect()
        }
        "csv" if name.contains("/fixes/") => return None,
        "csv" => fs::read_to_string(path).unwrap().lines().next().unwrap().split(',').map(str::to_owned).collect(),
        "ndjson" | "jsonl" => fs::read_to_string(path).unwrap().lines().flat_map(keys).collect(),
        // The form of templates and flows is that of WhatsApp.
        "json" if name.contains("/translate/") => return None,
        "json" => keys(&fs::read_to_string(path).unwrap()),
        _ => return None,
    };
    let is_of_an_export = name.contains("/extract/") || name.contains("/rejects/");
    Some(columns.into_iter().filter(|it| !is_of_an_export || it.starts_with('_')).collect())
}

#[test]
fn the_page_names_every_file_that_a_run_writes_and_every_column() {
    if Need::Python.find().is_none() {
        return;
    }
    let (world, folders) = folders();
    let mut files: BTreeSet<String> = BTreeSet::new();
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for folder in folders {
        for file in files_in(&world.path(folder)) {
            let name = name_on_the_page(&file);
            if let Some(found) = columns_in(&world.path(folder).join(&file)) {
                columns.entry(name.clone()).or_default().extend(found);
            }
            files.insert(name);
        }
    }
    let table = PAGE.split("\n## ").next().unwrap();
    let named = table.lines().filter_map(|it| Some(it.strip_prefix("| `")?.split_once('`')?.0.to_owned()));
    assert_eq!(named.collect::<BTreeSet<_>>(), files);
    let described: BTreeMap<_, _> = sections(PAGE).into_iter().filter(|it| !it.1.is_empty()).collect();
    assert_eq!(described, columns);
}
