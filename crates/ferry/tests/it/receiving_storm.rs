//! What is acknowledged is stored and means what an independent program says, through kills and forged requests. That program
//! and the traffic were written from the documents of the platforms alone.

use std::process::Command;

use test_needs::Need;

use crate::world::FERRY;

fn scripts(python: &str, arguments: &[&str]) -> (bool, String) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/receiving");
    let ended = Command::new(python).args(arguments).current_dir(root).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
    (ended.status.success(), said)
}

#[test]
fn a_small_storm_with_kills_ends_in_what_an_independent_fold_says() {
    let Some(python) = Need::Python.find() else { return };
    let (is_right, said) = scripts(&python, &["small_storm.py", FERRY, "--seed", "2"]);
    assert!(is_right && said.contains("all is right"), "{said}");
}

#[test]
fn small_stories_end_as_the_facts_have_it() {
    let Some(python) = Need::Python.find() else { return };
    let (is_right, said) = scripts(&python, &["stories.py", "--ferry", FERRY]);
    assert!(is_right && said.lines().filter(|it| it.starts_with("right")).count() > 40, "{said}");
}
