//! The terminal: colours, the last lines of a run, and logs.

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::world::{Ended, Sandbox, World, ended};

const ESC: char = '\u{1b}';

/// Options, variables of the environment, and whether there are colours.
type Case = (&'static [&'static str], &'static [(&'static str, &'static str)], bool);

fn with(mut command: Command, variables: &[(&str, &str)]) -> Ended {
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
        command.env_remove(name);
    }
    ended(command.envs(variables.iter().copied()).output().unwrap())
}

/// The lines from the first main number on.
fn last_lines(ended: &Ended) -> &str {
    let start = ended.out.find("\ncan be invited").unwrap_or_else(|| panic!("{ended:?}"));
    &ended.out[start + 1..]
}

#[test]
fn a_pipe_gets_no_colours_unless_they_are_asked_for() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    let cases: [Case; 9] = [
        (&[], &[], false),
        (&["--color", "auto"], &[], false),
        (&["--color", "always"], &[], true),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
        (&[], &[("FORCE_COLOR", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("FORCE_COLOR", "0")], false),
        (&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], false),
        (&["--color=never"], &[("FORCE_COLOR", "1")], false),
    ];
    for (options, variables, expected) in cases {
        let run = with(world.command(&[&["run", "--run-dir", "run"], options].concat()), variables);
        assert_eq!(run.out.contains(ESC), expected, "{options:?} {variables:?} {run:?}");
        let failed = with(world.command(&[&["run", "none.toml"], options].concat()), variables);
        assert_eq!(failed.err.contains(ESC), expected, "{options:?} {variables:?} {failed:?}");
        let help = with(world.command(&[&["run", "--help"], options].concat()), variables);
        assert_eq!(help.out.contains(ESC), expected, "{options:?} {variables:?}");
        let usage = with(world.command(&[&["run", "--nonsense"], options].concat()), variables);
        assert_eq!(usage.err.contains(ESC), expected, "{options:?} {variables:?} {usage:?}");
    }
}

#[test]
fn a_value_of_a_file_brings_no_colour_where_there_are_colours() {
    let world = World::with_sms("phone,name\n+33199000001,\u{1b}[31mAna\n+33199000001,Ben\n".as_bytes());
    let run = world.run_with(&["--color", "always"]);
    assert!(run.out.contains("\u{1b}[1m\u{1b}[32m           0\u{1b}[0m  refused"), "{run:?}");
    let traced = world.ferry(&["trace", "sms:1", "--run-dir", "run", "--color", "always"]);
    assert!(traced.out.contains("\\u{1b}[31mAna") && !traced.out.contains(ESC), "{traced:?}");
}

#[test]
fn a_run_ends_with_the_three_numbers_the_report_and_the_next_command() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    let dry = world.run_in("dry", &["--dry-run"]);
    assert!(!dry.out.contains("can be invited") && dry.out.ends_with("\nnext       ferry run\n"), "{dry:?}");
    let run = world.run();
    let expected = "\
can be invited           146  on WhatsApp, no refusal, no consent to WhatsApp yet
have consented             0  on WhatsApp, with consent to it
said no                  129  refused on at least one channel: do not write to them

report     run/report.html
next       ferry export segment ready --to ready.csv --run-dir run
";
    assert_eq!(last_lines(&run), expected);
    for command in [
        ["verify", "--run-dir", "run"].as_slice(),
        &["load", "--run-dir", "run"],
        &["rerun", "--batch", "1", "--from", "load", "--run-dir", "run"],
    ] {
        let again = world.ferry(command);
        assert_eq!((again.code, last_lines(&again)), (0, expected), "{command:?}");
    }
}

#[test]
fn a_run_that_verified_nobody_says_so_and_counts_refusals_all_the_same() {
    let world = World::with_sms(b"phone,name,answer\n+33199000001,Ana,stop\n+33199000002,Ben,yes\n");
    world.replan("name = \"name\"\n", "name = \"name\"\nconsent = \"answer\"\n");
    let run = world.ferry(&["run"]);
    let lines: Vec<&str> = last_lines(&run).lines().map(|it| it.split("  on ").next().unwrap()).collect();
    assert_eq!(lines[..2], ["can be invited  not verified", "have consented  not verified"]);
    assert_eq!(lines[2], "said no                    1  refused on at least one channel: do not write to them");
    assert_eq!(lines[5], "next       add [verify] to the plan, then: ferry verify");
}

#[test]
fn warnings_come_before_the_numbers_and_rejects_decide_what_is_next() {
    let world = World::with_sms(b"phone,name\n0199000001,Ana\n+33199000002,Ben\n+331,Cy\n,Dee\n");
    world.replan("max_reject_rate = 1.0", "max_reject_rate = 0.1");
    world.replan("default_region = \"FR\"\n", "");
    let run = world.run();
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.out.contains("E_NO_REGION"), "{run:?}");
    assert!(run.out.contains("           set default_region in [run] of the plan, or region in the [[source]]\n"));
    let (before, _) = run.out.split_once("\ncan be invited").unwrap();
    assert!(before.contains("\nrejects    ") && before.contains("\nwarning    source \"sms\""), "{before}");
    let next = "next       correct the rows in run/clean/rejects, then: ferry fix FILE --run-dir run\n";
    assert!(run.out.ends_with(next), "{run:?}");
}

#[test]
fn logs_say_more_with_each_v_and_nothing_without() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana Arias\n");
    let quiet = world.run_in("a", &["--quiet"]);
    assert_eq!(quiet.err, "");
    let verbose = world.run_in("b", &["--quiet", "-v"]);
    assert!(verbose.err.contains(" INFO ferry::commands: ferry begins"), "{verbose:?}");
    assert!(verbose.err.contains("ferry ends exit=0 status=\"done\" seconds="), "{verbose:?}");
    assert!(!verbose.err.contains("DEBUG"), "{verbose:?}");
    let more = world.run_in("c", &["--quiet", "-vv"]);
    assert!(more.err.contains("DEBUG"), "{more:?}");
    for ended in [&verbose, &more] {
        assert!(!ended.err.contains("Ana") && !ended.err.contains("199000001"), "{ended:?}");
    }
    let mut chosen = world.command(&["run", "--run-dir", "d", "--quiet", "-v"]);
    let chosen = ended(chosen.env("FERRY_LOG", "error").output().unwrap());
    assert_eq!(chosen.err, "", "FERRY_LOG comes first");
}

#[test]
fn with_json_logs_every_line_of_standard_error_is_an_object() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    let lines = |ended: &Ended| -> Vec<Value> {
        ended.err.lines().map(|it| serde_json::from_str(it).unwrap_or_else(|_| panic!("{ended:?}"))).collect()
    };
    let run = world.run_with(&["--log-format", "json", "-vv"]);
    assert_eq!(run.code, 0, "{run:?}");
    let logged = lines(&run);
    for line in &logged {
        for key in ["timestamp", "level", "target", "message"] {
            assert!(line[key].is_string(), "{line}");
        }
    }
    let end = logged.last().unwrap();
    assert_eq!([&end["message"], &end["status"]], ["ferry ends", "done"]);
    assert!(end["seconds"].is_number(), "{end}");
    let clean = logged.iter().find(|it| it["task"] == "clean").unwrap();
    assert!(clean["message"].as_str().unwrap().starts_with("600 rows in = 316 kept"), "{clean}");

    let failed = world.ferry(&["status", "--run", "2020-01-01-none", "--log-format", "json"]);
    let logged = lines(&failed);
    let error = logged.iter().find(|it| it["level"] == "ERROR").unwrap();
    assert_eq!([&error["code"], &error["exit"]], [&Value::from("failed"), &Value::from(1)]);
    assert!(error["message"].as_str().unwrap().contains("there is no run 2020-01-01-none"), "{error}");
}

#[test]
fn a_run_that_is_stopped_with_ctrl_c_says_that_it_can_go_on() {
    let sandbox = Sandbox::start(&["timeout-before"]);
    let world = World::demo(&sandbox);
    let mut command = world.command(&["run", "--run-dir", "run"]);
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // The run waits for an answer that never comes.
    while !world.path("run/clean/contacts.parquet").exists() {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap().success());
    assert_eq!(run.wait().unwrap().code(), Some(130));
    let mut told = String::new();
    run.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    let expected = "stopped: finished work is kept; run the same command again to go on\n";
    assert!(told.ends_with(expected), "{told}");
}
