//! Campaigns against a sandbox, judged by programs that were written from the documents alone: they read the log of the sandbox
//! and the database, and never the sender.

use std::process::Command;

use test_needs::Need;

use crate::world::FERRY;

fn scripts(python: &str, arguments: &[&str]) -> (bool, String) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/sending");
    let ended = Command::new(python).args(arguments).current_dir(root).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
    (ended.status.success(), said)
}

fn folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").to_str().unwrap().to_owned();
    (folder, out)
}

#[test]
fn a_rehearsal_reaches_everybody_it_may_and_goes_the_same_way_twice() {
    let Some(python) = Need::Python.find() else { return };
    let digest = || {
        let (_folder, out) = folder();
        let (is_right, said) = scripts(&python, &["rehearse.py", "--people", "150", "--ferry", FERRY, "--out", &out]);
        assert!(is_right, "{said}");
        let line = said.lines().find(|it| it.starts_with("all is right; digest of outcomes ")).unwrap_or_default();
        line.to_owned()
    };
    let first = digest();
    assert!(!first.is_empty());
    assert_eq!(first, digest());
}

#[test]
fn a_storm_with_kills_between_intent_and_answer_doubles_nothing_and_loses_nothing() {
    let Some(python) = Need::Python.find() else { return };
    let (_folder, out) = folder();
    let storm = ["storm.py", "--ferry", FERRY, "--out", &out, "--people", "150", "--kills", "4"];
    let (is_right, said) = scripts(&python, &storm);
    assert!(is_right && said.contains("the oracle agrees"), "{said}");
}

#[test]
fn a_stop_that_comes_while_a_message_is_about_to_leave_is_answered_after_the_message() {
    let Some(python) = Need::Python.find() else { return };
    let (_folder, out) = folder();
    let storm = ["storm.py", "--ferry", FERRY, "--out", &out, "--people", "200", "--kills", "0", "--share", "0"];
    // At least 15 of the 60 stops cross a message to their person.
    let stops = ["--aimed", "60", "--linger", "1"];
    let (is_right, said) = scripts(&python, &[&storm[..], &stops].concat());
    assert!(is_right && said.contains("the oracle agrees"), "{said}");
}

#[test]
fn small_stories_of_campaigns_end_as_the_facts_have_it() {
    let Some(python) = Need::Python.find() else { return };
    let stories = ["stories.py", "--ferry", FERRY, "--workers", "2", "consent", "orders", "recovery"];
    let (is_right, said) = scripts(&python, &stories);
    assert!(is_right && said.lines().filter(|it| it.starts_with("right")).count() > 60, "{said}");
}

#[test]
fn the_mistakes_of_the_sabotaged_senders_can_still_be_made() {
    let Some(python) = Need::Python.find() else { return };
    let (is_right, said) = scripts(&python, &["sabotage.py", "--check"]);
    assert!(is_right, "{said}");
}
