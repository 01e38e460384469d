//! The arrows between crates: stages do not know each other.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Which crates of ours each crate may import.
const ARROWS: [(&str, &[&str]); 20] = [
    ("phone", &[]),
    ("model", &["phone"]),
    ("scenario", &["model"]),
    ("http", &[]),
    ("whatsapp", &["http", "model", "phone"]),
    ("consent", &["model"]),
    ("extract", &["model"]),
    ("clean", &["consent", "model", "phone"]),
    ("scenario_import", &["model", "scenario"]),
    ("template", &["consent", "model", "scenario"]),
    ("translate", &["model", "scenario", "template"]),
    ("verify", &["model", "phone", "whatsapp"]),
    ("crm", &["consent", "model", "phone"]),
    ("audit", &["model"]),
    ("run", &["model", "phone"]),
    ("sandbox", &["model", "phone"]),
    ("plan", &["clean", "consent", "extract", "model", "phone", "run", "verify", "whatsapp"]),
    (
        "crossing",
        &["audit", "clean", "consent", "crm", "extract", "model", "phone", "plan", "run", "verify", "whatsapp"],
    ),
    ("campaign", &["crm", "model", "plan", "scenario", "template", "whatsapp"]),
    (
        "ferry",
        &[
            "campaign",
            "clean",
            "consent",
            "crm",
            "crossing",
            "extract",
            "model",
            "phone",
            "plan",
            "run",
            "sandbox",
            "scenario",
            "scenario_import",
            "template",
            "translate",
            "verify",
        ],
    ),
];

#[test]
fn crates_import_only_what_the_design_allows() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
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
fn only_crm_knows_sql_and_only_http_knows_the_http_client() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    for (library, owner) in [("sqlx", "crm"), ("reqwest", "http"), ("rlibphonenumber", "phone"), ("parquet", "run")] {
        for package in metadata.packages.iter().filter(|it| it.name.as_str() != owner) {
            let is_imported =
                package.dependencies.iter().any(|it| it.kind == DependencyKind::Normal && it.name == library);
            assert!(!is_imported, "{} must not import {library}: that is for {owner}", package.name);
        }
    }
}
