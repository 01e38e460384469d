//! The arrows between crates: stages do not know each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// The workspace crates that each crate may import.
const ARROWS: &[(&str, &[&str])] = &[
    ("phone", &[]),
    ("test_needs", &[]),
    ("review_sheet", &[]),
    ("model", &["phone"]),
    ("scenario", &["model"]),
    ("http", &[]),
    ("pages", &["model"]),
    ("providers", &["http", "model", "pages"]),
    ("notify", &["http"]),
    ("whatsapp", &["http", "model", "phone"]),
    ("consent", &["model"]),
    ("extract", &["model", "pages"]),
    ("clean", &["consent", "model", "phone"]),
    ("import_base", &["model", "scenario"]),
    ("import_texts", &["import_base", "scenario"]),
    ("import_messages", &["import_base", "import_texts", "scenario"]),
    ("import_bots", &["import_base", "import_messages", "scenario"]),
    ("import_flows", &["import_base", "scenario"]),
    ("scenario_import", &["import_base", "import_bots", "import_flows", "import_messages", "import_texts", "scenario"]),
    ("rates", &["phone"]),
    ("rollout", &["phone"]),
    ("source_side", &["scenario"]),
    ("sync", &["model"]),
    ("template", &["consent", "model", "scenario"]),
    ("translate", &["model", "scenario", "template"]),
    ("scenario_export", &["model", "scenario", "template", "translate"]),
    ("scenario_text", &["model", "scenario", "scenario_export", "scenario_import", "template", "translate"]),
    ("review_page", &["model", "scenario", "template", "translate"]),
    ("verify", &["model", "phone", "whatsapp"]),
    ("crm", &["consent", "model", "phone", "sync"]),
    ("audit", &["model"]),
    ("run", &["model", "pages", "phone"]),
    ("sandbox", &["model", "phone"]),
    (
        "plan",
        &[
            "clean",
            "consent",
            "extract",
            "http",
            "model",
            "notify",
            "phone",
            "providers",
            "rates",
            "rollout",
            "run",
            "scenario",
            "verify",
            "whatsapp",
        ],
    ),
    ("pull", &["extract", "http", "model", "pages", "plan", "providers", "run"]),
    ("serve", &["crm", "http", "model", "plan", "providers", "sync", "whatsapp"]),
    ("translation", &["model", "plan", "run", "scenario", "scenario_import", "template", "translate"]),
    (
        "crossing",
        &[
            "audit",
            "clean",
            "consent",
            "crm",
            "extract",
            "http",
            "model",
            "pages",
            "phone",
            "plan",
            "pull",
            "run",
            "scenario",
            "scenario_import",
            "template",
            "translate",
            "translation",
            "verify",
            "whatsapp",
        ],
    ),
    ("run_text", &["crm", "crossing", "model", "pages", "phone", "plan", "providers", "pull", "run", "verify"]),
    ("contact_export", &["crm", "model", "run"]),
    ("consent_ledger", &["clean", "consent", "crm", "extract", "model", "phone", "run"]),
    ("report", &["crm", "crossing", "model", "pages", "plan", "run"]),
    ("results", &["consent_ledger", "crm", "crossing", "model", "pages", "providers", "pull", "run"]),
    (
        "consent_desk",
        &[
            "clean",
            "consent",
            "consent_ledger",
            "crm",
            "crossing",
            "extract",
            "model",
            "phone",
            "plan",
            "results",
            "run",
            "run_text",
        ],
    ),
    ("webhook_desk", &["crm", "http", "model", "plan", "results", "whatsapp"]),
    ("events_desk", &["crm", "crossing", "model", "plan", "results", "serve"]),
    ("plan_draft", &["crossing", "extract", "model", "phone", "plan", "run", "run_text"]),
    ("trace", &["clean", "crm", "crossing", "model", "plan", "results", "run_text"]),
    (
        "campaign",
        &[
            "crm", "http", "model", "phone", "plan", "rates", "rollout", "run", "scenario", "sync", "template",
            "whatsapp",
        ],
    ),
    ("campaign_desk", &["campaign", "crm", "model", "phone", "plan", "rates", "results", "rollout", "whatsapp"]),
    ("template_text", &["campaign", "crm", "model", "run_text", "scenario", "sync", "template"]),
    (
        "template_desk",
        &[
            "campaign",
            "crm",
            "crossing",
            "model",
            "plan",
            "rates",
            "results",
            "run",
            "run_text",
            "scenario",
            "sync",
            "template",
            "template_text",
            "translation",
        ],
    ),
    (
        "review",
        &[
            "crm",
            "crossing",
            "model",
            "plan",
            "review_page",
            "review_sheet",
            "run",
            "scenario",
            "template",
            "translate",
            "translation",
        ],
    ),
    (
        "ferry",
        &[
            "campaign",
            "clean",
            "campaign_desk",
            "consent_desk",
            "consent_ledger",
            "contact_export",
            "crm",
            "crossing",
            "events_desk",
            "extract",
            "http",
            "model",
            "notify",
            "phone",
            "plan",
            "plan_draft",
            "pull",
            "report",
            "results",
            "review",
            "run",
            "run_text",
            "sandbox",
            "scenario",
            "scenario_export",
            "scenario_import",
            "scenario_text",
            "serve",
            "source_side",
            "template",
            "template_desk",
            "template_text",
            "trace",
            "translate",
            "translation",
            "verify",
            "webhook_desk",
        ],
    ),
];

#[test]
fn crates_import_only_what_the_design_allows() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let ours: Vec<&str> = metadata.packages.iter().map(|it| it.name.as_str()).collect();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let allowed = allowed.get(name).unwrap_or_else(|| panic!("{name} has no row in the table of arrows"));
        let imports = package
            .dependencies
            .iter()
            .filter(|it| it.kind == DependencyKind::Normal && ours.contains(&it.name.as_str()));
        for import in imports {
            assert!(allowed.contains(&import.name.as_str()), "{name} must not import {}", import.name);
        }
    }
}

#[test]
fn each_of_these_libraries_is_known_to_few_crates() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    for (library, owners) in [
        ("sqlx", &["crm"] as &[&str]),
        ("rusqlite", &["crm"]),
        ("reqwest", &["http"]),
        ("rlibphonenumber", &["phone"]),
        ("parquet", &["run"]),
        // `http` sends messages with it, whose bytes must be counted below TLS; `serve` receives.
        ("hyper", &["http", "serve"]),
        ("rust_xlsxwriter", &["review_sheet"]),
        ("clap", &["ferry"]),
        ("indicatif", &["ferry"]),
        ("annotate-snippets", &["ferry"]),
    ] {
        for package in metadata.packages.iter().filter(|it| !owners.contains(&it.name.as_str())) {
            let is_imported =
                package.dependencies.iter().any(|it| it.kind == DependencyKind::Normal && it.name == library);
            assert!(!is_imported, "{} must not import {library}: that is for {owners:?}", package.name);
        }
    }
}

/// Files of a crate that import each other in a circle, with the reason. A file and the files below its folder are one.
const CIRCLES: [(&str, &[&str], &str); 0] = [];

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    let mut circles = Vec::new();
    for source in crate_sources() {
        let files = rust_files(&source);
        let imports: BTreeMap<&str, BTreeSet<&str>> =
            files.iter().map(|(module, text)| (module.as_str(), imports_of(module, text, &files))).collect();
        let in_circle = |module: &&str| reachable(module, &imports).contains(*module);
        let found: Vec<&str> = imports.keys().copied().filter(in_circle).collect();
        let name = source.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        if !found.is_empty() && !CIRCLES.iter().any(|it| it.0 == name && it.1 == found) {
            circles.push(format!("{name}: {}", found.join(", ")));
        }
    }
    assert!(circles.is_empty(), "files import each other in a circle: {circles:#?}");
}

#[test]
fn no_crate_is_large_and_the_binary_is_small() {
    let n_lines = |source: &PathBuf| rust_files(source).values().map(|it| it.lines().count()).sum::<usize>();
    let sources: Vec<(PathBuf, usize)> = crate_sources().into_iter().map(|it| (it.clone(), n_lines(&it))).collect();
    let all: usize = sources.iter().map(|it| it.1).sum();
    for (source, n_lines) in sources {
        assert!(n_lines * 100 <= all * 15, "{} has {n_lines} of {all} lines", source.display());
        assert!(!source.ends_with("ferry/src") || n_lines < 6_500, "the binary has {n_lines} lines");
    }
}

fn crate_sources() -> Vec<PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources: Vec<PathBuf> = crates.read_dir().unwrap().map(|it| it.unwrap().path().join("src")).collect();
    sources.retain(|it| it.is_dir());
    sources.sort();
    sources
}

/// The text of every file below a folder, without tests, by module path such as `load::overlapped`.
fn rust_files(source: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in folder.read_dir().unwrap().map(|it| it.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let name = path.strip_prefix(source).unwrap().with_extension("");
                let module = name.to_str().unwrap().replace('/', "::");
                let module = if module == "lib" || module == "main" { String::new() } else { module };
                let text = std::fs::read_to_string(&path).unwrap();
                let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
                files.insert(module, text[..end].to_owned());
            }
        }
    }
    files
}

/// The files of the crate that a file imports by `use crate::…`, other than those above it.
fn imports_of<'a>(module: &str, text: &str, files: &'a BTreeMap<String, String>) -> BTreeSet<&'a str> {
    let mut imports = BTreeSet::new();
    for statement in text.split("use crate::").skip(1) {
        for path in expanded("", statement.split(';').next().unwrap()) {
            let parts: Vec<&str> = path.split("::").collect();
            let found = (1..=parts.len()).rev().find_map(|n| files.get_key_value(&parts[..n].join("::")));
            let is_above = |it: &str| module == it || module.starts_with(&format!("{it}::"));
            imports.extend(found.map(|it| it.0.as_str()).filter(|it| !is_above(it)));
        }
    }
    imports
}

/// The paths of an import with braces.
fn expanded(start: &str, path: &str) -> Vec<String> {
    let path = path.trim();
    let Some((head, rest)) = path.split_once('{') else { return vec![format!("{start}{path}")] };
    let (mut depth, mut from, mut parts) = (0, 0, Vec::new());
    let inside = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    for (place, letter) in inside.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[from..place]);
                from = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[from..]);
    let start = format!("{start}{head}");
    parts.into_iter().filter(|it| !it.trim().is_empty()).flat_map(|it| expanded(&start, it)).collect()
}

/// All files that a file imports, and that those import.
fn reachable<'a>(module: &str, imports: &BTreeMap<&str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut next: Vec<&str> = imports[module].iter().copied().collect();
    while let Some(module) = next.pop() {
        if found.insert(module) {
            next.extend(imports.get(module).into_iter().flatten());
        }
    }
    found
}
