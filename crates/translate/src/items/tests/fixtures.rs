//! The books close for every fixture.

use std::path::{Path, PathBuf};

use scenario::Scenario;
use scenario_import::{File, Options as ImportOptions, import};

use crate::items::{ItemOutcome, ItemTotals, items};
use crate::{Options, Parameters, compile};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/scenarios");

/// The scenarios of every fixture, with the name of the fixture.
pub(super) fn scenarios() -> Vec<(String, Vec<Scenario>)> {
    let root =
        std::env::vars().find(|it| it.0 == "ITEMS_ROOT").map_or(PathBuf::from(FIXTURES), |it| PathBuf::from(it.1));
    let mut all = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
        entries.sort();
        for entry in entries {
            if let Ok(imported) = import(files(&entry), &options(&entry)) {
                all.push((entry.strip_prefix(&root).unwrap().display().to_string(), imported.scenarios));
            }
            if entry.is_dir() {
                folders.push(entry);
            }
        }
    }
    all
}

/// The options of a case of the corpus, as its `expect.json` has them for the command.
fn options(input: &Path) -> ImportOptions {
    let mut options = ImportOptions::default();
    let Some(text) = input.parent().map(|it| it.join("expect.json")).filter(|it| it.is_file()) else { return options };
    let expected: serde_json::Value = serde_json::from_slice(&read(&text)).unwrap();
    let args: Vec<&str> = expected["args"].as_array().into_iter().flatten().filter_map(|it| it.as_str()).collect();
    for pair in args.windows(2) {
        let value = Some(pair[1].to_owned());
        match pair[0] {
            "--language" => options.language = value,
            "--text-column" => options.text_column = value,
            "--name-column" => options.name_column = value,
            "--language-column" => options.language_column = value,
            "--min-messages" => options.min_messages = pair[1].parse().unwrap(),
            _ => {}
        }
    }
    options
}

fn files(path: &Path) -> Vec<File> {
    if path.is_file() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        return vec![File { path: name, bytes: read(path) }];
    }
    let (mut files, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()) {
            match entry.is_dir() {
                true => folders.push(entry),
                false => files.push(File {
                    path: entry.strip_prefix(path).unwrap().to_str().unwrap().to_owned(),
                    bytes: read(&entry),
                }),
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
    let mut totals = ItemTotals::default();
    let mut n = 0;
    let mut bad = String::new();
    for (name, scenarios) in scenarios() {
        let mut of_file = ItemTotals::default();
        for scenario in &scenarios {
            n += 1;
            for parameters in [Parameters::Positional, Parameters::Named] {
                let compiled = compile(scenario, &Options { parameters, ..Options::default() });
                let found = items(scenario, &compiled);
                for item in found.iter().filter(|it| it.outcome == ItemOutcome::Unaccounted) {
                    bad += &format!(
                        "{name} {} {}: {} {} {}\n",
                        scenario.id,
                        scenario.language,
                        item.kind.name(),
                        item.place,
                        item.name
                    );
                }
                if parameters == Parameters::Named {
                    break;
                }
                let own = ItemTotals::of(&found);
                println!(
                    "{name} | {} {} | {:?}",
                    scenario.id,
                    scenario.language,
                    [own.steps, own.choices, own.slots, own.other].map(|it| (
                        it.n_in,
                        it.carried,
                        it.lost,
                        it.not_taken,
                        it.unaccounted
                    ))
                );
                of_file += own;
            }
        }
        totals += of_file;
    }
    println!("{n} scenarios {totals:#?}");
    assert!(bad.is_empty(), "{bad}");
}
