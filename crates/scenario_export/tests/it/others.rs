//! A reader that others wrote takes every export.

use std::process::Command;

use test_needs::Need;

use crate::world::{exported, sets};

#[test]
fn the_toolkit_of_others_reads_every_export_and_writes_it_again() {
    let Some(python) = Need::Python.find() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (n, set) in sets().iter().enumerate() {
        let compiled = set.compiled();
        if compiled.is_empty() {
            continue;
        }
        let path = folder.path().join(format!("{n}.json"));
        std::fs::write(&path, serde_json::to_vec(&exported(&compiled).file).unwrap()).unwrap();
        paths.push(path);
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/read_rapidpro.py");
    let output = Command::new(python).arg(script).args(&paths).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(lines.lines().count(), paths.len(), "{error}");
}
