//! The books close for every fixture.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use scenario::Scenario;
use scenario_import::{File, Options as ImportOptions, import};

use super::{n_items, unaccounted};
use crate::items::counts::ItemTotals;
use crate::items::items;
use crate::{Compiled, Options, Parameters, compile};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/scenarios");

/// The scenarios of every fixture, with the name of the fixture.
static ALL: LazyLock<Vec<(String, Vec<Scenario>)>> = LazyLock::new(read_all);

pub(super) fn all() -> &'static [(String, Vec<Scenario>)] {
    &ALL
}

fn read_all() -> Vec<(String, Vec<Scenario>)> {
    let mut inputs = Vec::new();
    for format in entries(Path::new(FIXTURES)) {
        match format.ends_with("corpus") {
            true => inputs.extend(entries(&format).iter().flat_map(|it| entries(it)).flat_map(|it| entries(&it))),
            false => inputs.extend(entries(&format)),
        }
    }
    inputs.retain(|it| !["expected", "md"].iter().any(|no| it.extension().is_some_and(|it| it == *no)));
    inputs.retain(|it| !it.ends_with("expect.json"));
    // A case of the corpus may be right if it is refused.
    let scenarios = inputs.iter().filter_map(|it| Some((name(it), import(files(it), &options(it)).ok()?.scenarios)));
    scenarios.collect()
}

/// A scenario of a fixture, and what it became.
pub(super) fn one(file: &str, id: &str) -> (Scenario, Compiled) {
    let path = Path::new(FIXTURES).join(file);
    let scenarios = import(files(&path), &options(&path)).unwrap().scenarios;
    let scenario = scenarios.into_iter().find(|it| it.id == id).unwrap();
    let compiled = compile(&scenario, &Options::default());
    (scenario, compiled)
}

fn name(path: &Path) -> String {
    path.strip_prefix(FIXTURES).unwrap().display().to_string()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut entries: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    entries.sort();
    entries
}

/// The options of a case of the corpus, which its `expect.json` names for the command.
fn options(input: &Path) -> ImportOptions {
    let mut options = ImportOptions::default();
    let expected = input.with_file_name("expect.json");
    if expected.is_file() {
        let expected: serde_json::Value = serde_json::from_slice(&read(&expected)).unwrap();
        let mut args = expected["args"].as_array().into_iter().flatten().filter_map(|it| it.as_str());
        if args.next() == Some("--language") {
            options.language = args.next().map(str::to_owned);
        }
    }
    options
}

fn files(path: &Path) -> Vec<File> {
    if path.is_file() {
        return vec![File { path: path.file_name().unwrap().to_str().unwrap().to_owned(), bytes: read(path) }];
    }
    let (mut files, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in entries(&folder) {
            match entry.is_dir() {
                true => folders.push(entry),
                false => {
                    let name = entry.strip_prefix(path).unwrap().to_str().unwrap().to_owned();
                    files.push(File { path: name, bytes: read(&entry) });
                }
            }
        }
    }
    files
}

#[expect(clippy::disallowed_methods, reason = "the fixtures are files")]
fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn the_books_close_for_every_fixture() {
    let (mut totals, mut n_scenarios, mut wrong) = (ItemTotals::default(), 0, String::new());
    for (name, scenarios) in all() {
        for scenario in scenarios {
            n_scenarios += 1;
            for parameters in [Parameters::Positional, Parameters::Named] {
                let compiled = compile(scenario, &Options { parameters, ..Options::default() });
                let items = items(scenario, &compiled);
                if items.len() != n_items(scenario) {
                    wrong += &format!("{name} {}: {} items, not {}\n", scenario.id, items.len(), n_items(scenario));
                }
                unaccounted(&items).iter().for_each(|it| wrong += &format!("{name} {}: {it}\n", scenario.id));
                totals += ItemTotals::of(&items);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(n_scenarios > 300, "{n_scenarios} scenarios");
    assert!(totals.steps.lost > 0 && totals.choices.lost > 0 && totals.slots.carried > 0, "{totals:?}");
    assert!(totals.close());
}
