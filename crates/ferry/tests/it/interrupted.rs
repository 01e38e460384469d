//! kill -9 at any moment, then a second run: the database equals that of an undisturbed run.

use std::process::Stdio;
use std::time::Duration;

use crate::world::{Postgres, Sandbox, World, dump};

#[test]
fn killed_at_any_moment_and_run_again_it_ends_as_if_undisturbed() {
    let sandbox = Sandbox::start(&[]);
    kill_and_run_again(50, || {
        let world = World::demo(&sandbox);
        let url = format!("sqlite:{}", world.path("ferry.db").display());
        Some((world, url, ()))
    });
}

#[test]
fn killed_while_contacts_are_merged_and_loaded_at_once_it_ends_the_same() {
    kill_and_run_again(30, || {
        let world = World::crowd(5_500);
        let url = format!("sqlite:{}", world.path("ferry.db").display());
        Some((world, url, ()))
    });
}

#[test]
fn the_same_holds_on_postgresql() {
    let sandbox = Sandbox::start(&[]);
    kill_and_run_again(10, || {
        let (world, postgres) = (World::demo(&sandbox), Postgres::create()?);
        world.replan("sqlite:ferry.db", &postgres.url);
        Some((world, postgres.url.clone(), postgres))
    });
}

/// Kills runs, each in its own world, and compares the result of the next run with an undisturbed run. `make` returns a
/// world, the address of its database, and a guard that keeps the database alive; none if the test has to be skipped.
fn kill_and_run_again<T>(n_kills: u32, make: impl Fn() -> Option<(World, String, T)>) {
    let Some((undisturbed, url, _database)) = make() else { return };
    let started = std::time::Instant::now();
    assert_eq!(undisturbed.run().code, 0);
    let mut whole = started.elapsed();
    let expected = dump(&url);

    let mut n_cut = 0;
    for kill in 0..n_kills {
        let Some((world, url, _database)) = make() else { return };
        let mut command = world.command(&["run", "--run-dir", "run"]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The kills are spread over the whole run, so that every stage is hit. The duration of a run depends on the
        // load of the machine, so it is measured again each time.
        let moment = whole.mul_f64(f64::from(kill) / f64::from(n_kills));
        let started = std::time::Instant::now();
        match ended_within(&mut process, moment) {
            true => whole = whole.min(started.elapsed()),
            false => n_cut += 1,
        }
        process.kill().unwrap();
        process.wait().unwrap();

        let ended = world.run();
        assert_eq!(ended.code, 0, "killed after {moment:?}: {ended:?}");
        assert_eq!(dump(&url), expected, "killed after {moment:?}");
        assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0, "killed after {moment:?}");
    }
    assert!(n_cut > n_kills / 2, "only {n_cut} of {n_kills} runs were still at work when they were killed");
}

fn ended_within(process: &mut std::process::Child, moment: Duration) -> bool {
    let until = std::time::Instant::now() + moment;
    while std::time::Instant::now() < until {
        if process.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[test]
fn two_runs_at_once_do_not_mix() {
    let sandbox = Sandbox::start(&["timeout-before=1"]);
    let world = World::demo(&sandbox);
    let mut first =
        world.command(&["run", "--run-dir", "run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The first run waits for an answer that never comes, so it keeps the folder locked.
    while !world.path("run/clean/contacts.parquet").exists() {
        std::thread::yield_now();
    }
    let second = world.run();
    let holder = format!(", process {} since ", first.id());
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(second.code, 75);
    let told = second.err.lines().find(|it| it.starts_with("ferry: another ferry works in run (")).unwrap_or_default();
    assert!(told.contains(&holder) && told.ends_with("): wait for it, or stop it"), "{second:?}");
    assert!(
        second.err.contains("\nhint: `ferry status` shows how far that run is; finished work is kept;"),
        "{second:?}"
    );
    assert_eq!(world.run().code, 0);
}

#[test]
fn a_file_that_cannot_be_written_ends_the_run_and_it_can_go_on_later() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    // A limit on file sizes simulates a full disk: the write fails the same way.
    let limited = |n_blocks: u32| {
        let script = format!("trap '' XFSZ; ulimit -f {n_blocks}; exec \"$0\" run --run-dir run");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script, crate::world::FERRY]).current_dir(world.path(""));
        crate::world::ended(
            command.env("FERRY_CONTACT_KEY", "0f1e2d3c4b5a69788796a5b4c3d2e1f0".repeat(2)).output().unwrap(),
        )
    };
    for n_blocks in [4, 40, 120] {
        let ended = limited(n_blocks);
        assert_eq!(ended.code, 1, "{n_blocks}: {ended:?}");
        let is_told =
            ["File too large", "its disk does not take the write; is it full?"].iter().any(|it| ended.err.contains(it));
        assert!(is_told, "{n_blocks}: {}", ended.err);
    }
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);
}
