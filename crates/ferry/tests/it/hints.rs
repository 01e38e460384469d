//! Errors that a newcomer meets: what went wrong, and in a second line what to do about it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::world::{Ended, Postgres, Sandbox, World, ended};

/// The two lines of an error, without the line that finished work is kept.
fn told(ended: &Ended) -> (i32, String) {
    let lines = ended.err.lines().filter(|it| it.starts_with("ferry: ") || it.starts_with("hint: "));
    let text = lines.collect::<Vec<_>>().join("\n");
    assert!(!text.contains("os error"), "{ended:?}");
    (ended.code, text)
}

#[test]
fn what_is_not_there_is_told_with_what_makes_it() {
    let world = World::empty();
    let (code, text) = told(&world.ferry(&["run"]));
    let expected = "ferry: could not read the plan plan.toml: No such file or directory\n\
                    hint: run `ferry init` to write a plan for the exports in a folder, or name another plan";
    assert_eq!((code, text.as_str()), (2, expected));
    for command in ["status", "audit", "check", "verify"] {
        let ended = world.ferry(&[command]);
        assert!(ended.err.contains("`ferry init`") || ended.out.contains("`ferry init`"), "{command}: {ended:?}");
    }

    let (code, text) = told(&world.ferry(&["init", "nowhere"]));
    let expected = "ferry: there is no folder nowhere\nhint: name the folder with the exports: `ferry init FOLDER`";
    assert_eq!((code, text.as_str()), (1, expected));

    let (code, text) = told(&world.ferry(&["inspect", "gone.csv"]));
    assert_eq!(code, 1);
    assert!(text.ends_with(
        "gone.csv: No such file or directory\nhint: check the path; paths in a plan are relative to its folder"
    ));

    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    let (_, text) = told(&world.ferry(&["status"]));
    assert!(text.contains("there is no run of") && text.contains("start one with `ferry run`"), "{text}");
    let (_, text) = told(&world.ferry(&["export", "contacts", "--to", "all.csv"]));
    assert!(text.contains("fill one with `ferry run`"), "{text}");
    assert_eq!(world.ferry(&["run"]).code, 0);
    let (_, text) = told(&world.ferry(&["verify"]));
    assert!(
        text.contains("no [verify] section\nhint: add a [verify] section to the plan: `ferry verify --help`"),
        "{text}"
    );
    let (_, text) = told(&world.ferry(&["export", "segment", "redy", "--to", "out.csv"]));
    assert!(text.contains("there is no segment redy: there are ready, re-engage"), "{text}");
}

#[test]
fn an_export_that_is_given_for_a_plan_is_told_to_be_none() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    let (code, text) = told(&world.ferry(&["run", "sms.csv"]));
    assert_eq!(code, 2);
    let hint = "hint: a plan is a TOML file, which `ferry init` writes; `ferry inspect sms.csv` looks at an export";
    assert!(text.ends_with(hint), "{text}");
}

#[test]
fn what_may_not_be_read_or_written_is_told_to_be_a_question_of_rights() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    fs::set_permissions(world.path("sms.csv"), fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may do everything.
    if fs::read(world.path("sms.csv")).is_ok() {
        return;
    }
    for name in ["sms.csv", "plan.toml"] {
        fs::set_permissions(world.path(name), fs::Permissions::from_mode(0o000)).unwrap();
        let (_, text) = told(&world.ferry(&["run"]));
        assert!(text.ends_with(
            "Permission denied\nhint: the user that runs Ferry may not use this file or its folder: change the permissions"
        ));
    }
}

#[test]
fn a_key_that_is_another_and_a_database_that_is_not_there_are_told_with_the_command() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    assert_eq!(world.ferry(&["run"]).code, 0);
    let mut command = world.command(&["run", "--new"]);
    let (code, text) = told(&ended(command.env("FERRY_CONTACT_KEY", "aa".repeat(32)).output().unwrap()));
    assert_eq!(code, 1);
    assert!(
        text.contains("\nhint: bring the other key with `ferry key import FILE`; `ferry key check` compares"),
        "{text}"
    );

    world.replan("sqlite:ferry.db", "postgres://nobody@127.0.0.1:1/none");
    let (code, text) = told(&world.ferry(&["run"]));
    assert_eq!(code, 75);
    let hint = "\nhint: `ferry check` tests the database and the provider of the plan; finished work is kept; run the same \
                command again later";
    assert!(text.ends_with(hint), "{text}");

    let Some(postgres) = Postgres::create() else { return };
    let none = postgres.url.replace("/t", "/none_t");
    world.replan("postgres://nobody@127.0.0.1:1/none", &none);
    let (code, text) = told(&world.ferry(&["run"]));
    assert!(
        code == 1 && text.ends_with("does not exist\nhint: run `createdb NAME`, with the name in the URL"),
        "{text}"
    );
}

#[test]
fn a_token_that_the_provider_refuses_is_told_with_its_key_in_the_plan() {
    let sandbox = Sandbox::with(&["--token-env", "SANDBOX_TOKEN"]);
    let world = World::demo(&sandbox);
    let (code, text) = told(&world.run());
    assert_eq!(code, 1, "{text}");
    let hint = "\nhint: check the token: token_env or token_file in [verify] or [whatsapp] of the plan";
    assert!(text.contains("refused the call (401") && text.ends_with(hint), "{text}");
}
