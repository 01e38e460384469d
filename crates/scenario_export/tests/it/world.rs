//! The fixtures, and their exports.

use std::path::{Path, PathBuf};

use scenario::Scenario;
use scenario_export::{Exported, Platform, export};
use scenario_import::{File, Options, import};
use translate::{Compiled, compile_all};

/// A set of files, with what became of it.
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) scenarios: Vec<Scenario>,
}

impl Set {
    pub(crate) fn compiled(&self) -> Vec<(&Scenario, Compiled)> {
        compile_all(&self.scenarios, &translate::Options::default()).0
    }
}

pub(crate) fn exported(compiled: &[(&Scenario, Compiled)]) -> Exported {
    let sides: Vec<(&Scenario, &Compiled)> = compiled.iter().map(|(scenario, it)| (*scenario, it)).collect();
    export(Platform::RapidPro, &sides)
}

/// Every set of the fixtures that can be imported. `FERRY_TEST_CASES` names a folder with more.
pub(crate) fn sets() -> Vec<Set> {
    let fixtures = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/scenarios"));
    let mut roots: Vec<PathBuf> = Vec::new();
    for folder in entries(&fixtures) {
        match folder.ends_with("corpus") {
            true => roots.extend(entries(&folder).iter().flat_map(|it| entries(it)).map(|it| it.join("input"))),
            false => roots.extend(entries(&folder)),
        }
    }
    if let Some(more) = std::env::var_os("FERRY_TEST_CASES") {
        roots.extend(entries(Path::new(&more)));
    }
    roots.iter().filter_map(|root| set(root)).collect()
}

fn set(root: &Path) -> Option<Set> {
    let mut files = Vec::new();
    collect(root, root, &mut files);
    let imported = import(files, &Options::default()).ok()?;
    let name = root.to_string_lossy().rsplit("scenarios/").next().unwrap_or_default().to_owned();
    (!imported.scenarios.is_empty()).then_some(Set { name, scenarios: imported.scenarios })
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut entries: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    entries.sort();
    entries
}

fn collect(root: &Path, path: &Path, files: &mut Vec<File>) {
    if path.is_dir() {
        entries(path).iter().for_each(|it| collect(root, it, files));
        return;
    }
    let base = root.parent().unwrap();
    let Ok(bytes) = std::fs::read(path) else { return };
    files.push(File { path: path.strip_prefix(base).unwrap().to_string_lossy().into_owned(), bytes });
}
