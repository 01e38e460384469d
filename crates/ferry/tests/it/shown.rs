//! The words that users see: what a run, its status, its audit and its report say, whole.
//!
//! `UPDATE_EXPECT=1 scripts/test -p ferry --test it shown::` writes the files of `shown/` anew.

use expect_test::expect_file;
use regex::Regex;

use crate::world::{Ended, Sandbox, World};

#[test]
fn a_run_its_status_its_audit_and_its_report_say_what_they_always_said() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    expect_file!["shown/dry_run.txt"].assert_eq(&shown(&world, &sandbox, &["run", "--run-dir", "dry", "--dry-run"]));
    expect_file!["shown/run.txt"].assert_eq(&shown(&world, &sandbox, &["run", "--run-dir", "run"]));
    expect_file!["shown/second_run.txt"].assert_eq(&shown(&world, &sandbox, &["run", "--run-dir", "run"]));
    expect_file!["shown/status.txt"].assert_eq(&shown(&world, &sandbox, &["status", "--run-dir", "run"]));
    expect_file!["shown/audit.txt"].assert_eq(&shown(&world, &sandbox, &["audit", "--run-dir", "run"]));
    let report = without_tags(&world.read("run/report.html"));
    expect_file!["shown/report.txt"].assert_eq(&without_moments(&world, &sandbox, &report));
}

/// Standard error, standard output and the exit code of a command.
fn shown(world: &World, sandbox: &Sandbox, arguments: &[&str]) -> String {
    let Ended { code, out, err } = world.ferry(arguments);
    without_moments(world, sandbox, &format!("$ ferry {}\n{err}{out}exit code {code}\n", arguments.join(" ")))
}

/// Leaves out what is different in each run: the folder, the port, days, times, durations and memory.
fn without_moments(world: &World, sandbox: &Sandbox, text: &str) -> String {
    let mut text = text.replace(world.path("").to_str().unwrap(), "HOME/").replace(&sandbox.url, "SANDBOX");
    for (pattern, with) in [
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d( UTC)?", "TIME"),
        (r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC", "TIME"),
        (r"\d{4}-\d\d-\d\d-demo", "DAY-demo"),
        (r"\(\d+\.\d s\)", "(0.0 s)"),
        (r"\d+ MiB", "0 MiB"),
        (r"(?m)^\d+\.\d$", "0.0"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, with).into_owned();
    }
    text
}

/// The texts of a page, a line each.
fn without_tags(page: &str) -> String {
    let body = page.split_once("<body").map_or(page, |it| it.1);
    let texts = Regex::new(r"<[^>]*>").unwrap().replace_all(body.split_once('>').unwrap().1, "\n").into_owned();
    texts.lines().map(str::trim).filter(|it| !it.is_empty()).map(|it| it.to_owned() + "\n").collect()
}
