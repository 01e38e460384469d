//! Every value of a contact is explained by its source rows, and every row leads to its contact: an oracle that was
//! written from the documentation alone says so.

use std::process::Command;

use test_needs::Need;

use crate::world::FERRY;

#[test]
fn every_value_is_explained_by_source_rows_and_every_row_leads_to_its_contact() {
    let Some(python) = Need::Python.find() else { return };
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    for arguments in [&["--seed", "11"][..], &["--seed", "12", "--rules", "--database", "sqlite"]] {
        let mut oracle = Command::new(&python);
        oracle.arg("scripts/check_lineage.py").arg(FERRY).args(arguments).current_dir(root);
        let ended = oracle.args(["--contacts", "200", "--details", "5"]).output().unwrap();
        let (said, errors) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert!(ended.status.success() && said.matches("; 0 are not").count() >= 4, "{said}{errors}");
    }
}
