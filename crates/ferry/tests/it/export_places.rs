//! A result is never written over a file that Ferry needs.

use std::fs;
use std::os::unix::fs::symlink;

use crate::world::{Ended, World};

const ROWS: &str = "phone,name\n+33199000001,Ana Arias\n";

/// A project with two runs, a key, a backup, a suppression list and links to its files.
fn project() -> (World, [String; 2]) {
    let world = World::with_sms(ROWS.as_bytes());
    world.replan("path = \"sms.csv\"", "path = \"exports/*.csv\"");
    world.replan("[crm]", "[clean]\nsuppression = \"out.txt\"\n\n[crm]");
    fs::create_dir(world.path("exports")).unwrap();
    world.write("ferry.key", "made up\n");
    world.write("out.txt", "# nobody\n");
    world.write("suppression.keys", &format!("{}\n", "1a".repeat(32)));
    for rows in [ROWS.to_owned(), format!("{ROWS}+33199000002,Ben\n")] {
        world.write("exports/sms.csv", &rows);
        let run = world.ferry(&["run"]);
        assert_eq!(run.code, 0, "{run:?}");
    }
    let mut labels: Vec<String> =
        fs::read_dir(world.path("runs")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    labels.retain(|it| !it.starts_with('.'));
    labels.sort_by_key(|it| it.len());
    symlink("ferry.db", world.path("link.csv")).unwrap();
    fs::hard_link(world.path("plan.toml"), world.path("hard.csv")).unwrap();
    symlink("exports", world.path("linked")).unwrap();
    (world, labels.try_into().unwrap())
}

#[test]
fn a_result_is_not_written_over_a_file_that_ferry_needs() {
    let (world, [before, after]) = project();
    let a_run = format!("runs/{before}/report.html");
    let cases = [
        ("plan.toml", "the plan"),
        ("exports/../plan.toml", "the plan"),
        ("hard.csv", "the plan"),
        ("ferry.db", "the CRM database of the plan"),
        ("link.csv", "the CRM database of the plan"),
        ("ferry.db-wal", "a part of the CRM database of the plan"),
        ("ferry.db-shm", "a part of the CRM database of the plan"),
        ("ferry.key", "the contact key of the plan"),
        ("suppression.keys", "the suppression keys of the plan"),
        ("out.txt", "the suppression list of the plan"),
        ("exports/sms.csv", "an export that source sms reads"),
        ("linked/sms.csv", "an export that source sms reads"),
        (a_run.as_str(), "in the folder of a run"),
        ("backups/mine.csv", "in the folder of the backups"),
    ];
    let files = || ["plan.toml", "ferry.key", "out.txt", "exports/sms.csv", &a_run].map(|it| world.read(it));
    let (kept, people) = (files(), world.contacts());
    for (to, what) in cases {
        for command in [
            ["export", "contacts", "--as", "csv"].as_slice(),
            &["export", "segment", "undecided", "--as", "csv", "--crm", "sqlite:ferry.db"],
            &["export", "suppression", "--sha256"],
            &["runs", "diff", &before, &after],
        ] {
            let Ended { code, err, .. } = world.ferry(&[command, &["--to", to]].concat());
            assert_eq!((code, err), (2, format!("ferry: {to} is {what}; choose another file\n")), "{command:?}");
        }
    }
    assert_eq!((files(), world.contacts()), (kept, people));
    assert!(!world.path("ferry.db-wal").exists() && !world.path("backups/mine.csv").exists());
}

#[test]
fn a_result_replaces_an_ordinary_file() {
    let (world, [before, after]) = project();
    fs::create_dir(world.path("results")).unwrap();
    for to in ["old.csv", "results/old.csv"] {
        for command in [["export", "contacts"].as_slice(), &["runs", "diff", &before, &after]] {
            world.write(to, "old");
            let ended = world.ferry(&[command, &["--to", to]].concat());
            assert_eq!(ended.code, 0, "{ended:?}");
            assert!(world.read(to).lines().count() > 1, "{}", world.read(to));
        }
    }
}

#[test]
fn a_scenario_is_not_written_over_a_plan_or_a_database() {
    let world = World::with_sms(ROWS.as_bytes());
    world.write("ferry.db", "");
    world.write("messages.csv", "text\nYour code is 1\nYour code is 2\nYour code is 3\n");
    for (to, what) in [("plan.toml", "the plan"), ("ferry.db", "the CRM database of the plan")] {
        let ended = world.ferry(&["scenario", "import", "messages.csv", "--to", to]);
        assert_eq!((ended.code, ended.err), (2, format!("ferry: {to} is {what}; choose another file\n")));
    }
}
