//! SQLite and PostgreSQL hold the same data after the same run.

use crate::world::{Postgres, Sandbox, World, dump, texts};

fn on_postgres(sandbox: &Sandbox) -> Option<(World, Postgres)> {
    let (world, postgres) = (World::demo(sandbox), Postgres::create()?);
    world.replan("sqlite:ferry.db", &postgres.url);
    Some((world, postgres))
}

#[test]
fn both_databases_hold_the_same_after_the_same_run() {
    let sandbox = Sandbox::start(&[]);
    let sqlite = World::demo(&sandbox);
    let Some((other, postgres)) = on_postgres(&sandbox) else { return };
    assert_eq!((sqlite.run().code, other.run().code), (0, 0));
    let dump = dump(&postgres.url);
    assert!(dump.lines().count() > 800, "{}", dump.lines().count());
    assert_eq!(sqlite.dump_sqlite(), dump);
    assert_eq!(sqlite.contacts(), other.contacts());

    let again = other.run();
    assert!(again.out.contains("0 new, 0 changed, 316 unchanged: nothing changed"), "{}", again.out);
    assert_eq!(crate::world::dump(&postgres.url), dump);
    assert_eq!(other.ferry(&["audit", "--run-dir", "run"]).code, 0);
}

#[test]
fn reports_count_the_same_on_both_databases_whatever_was_said_of_whom() {
    let sandbox = Sandbox::start(&["missing"]);
    let sqlite = World::demo(&sandbox);
    let Some((other, postgres)) = on_postgres(&sandbox) else { return };
    let counted = [(&sqlite, format!("sqlite:{}", sqlite.path("ferry.db").display())), (&other, postgres.url.clone())]
        .map(|(world, url)| {
            assert_eq!(world.run().code, 0);
            // One contact was deleted by hand and left evidence; two methods disagree about every third contact.
            for statement in [
                "delete from contact where e164 = (select min(e164) from contact) returning 'x'",
                "insert into evidence select contact_id, 1, 'waha', 1, '', 'not_registered', null, 0, null, 'no' from contact \
                    where e164 like '%3' or e164 like '%6' or e164 like '%9' returning 'x'",
            ] {
                assert!(!texts(&url, statement).is_empty(), "{statement}");
            }
            let again = world.ferry(&["verify", "--run-dir", "run"]);
            assert_eq!(again.code, 0, "{again:?}");
            let report = world.read("run/report.html");
            // Times and durations differ.
            let is_counted = |it: &&str| it.contains("<td") && !it.contains(" UTC");
            (again.out, report.lines().filter(is_counted).map(str::to_owned).collect::<Vec<_>>())
        });
    let [(out, report), (out_of_other, report_of_other)] = counted;
    assert!(out.contains("contradictory") && out.contains("no_answer"), "{out}");
    assert_eq!(out, out_of_other);
    assert!(report.len() > 20, "{}", report.len());
    assert_eq!(report, report_of_other);
}

#[test]
fn what_a_person_edited_in_the_crm_stays_and_the_conflict_is_listed() {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:ferry.db", &postgres.url] {
        let world = World::with_sms(b"phone,name\n+33199000001,Ana\n+33199000002,Ben\n+33199000003,Cy\n");
        world.replan("sqlite:ferry.db", url);
        assert_eq!(world.run().code, 0);
        let place = url.replace("ferry.db", &world.path("ferry.db").display().to_string());
        for (number, name) in [(1, "Ana of Paris"), (2, "Benjamin")] {
            drop(crate::world::texts(
                &place,
                &format!("update contact set name = '{name}' where e164 = '+3319900000{number}'"),
            ));
        }
        // The second import repeats Ben unchanged, and changes Ana and Cy.
        world.write("sms.csv", "phone,name\n+33199000001,Anna\n+33199000002,Ben\n+33199000003,Cyril\n");
        let dry = world.ferry(&["run", "--run-dir", "second", "--dry-run"]);
        assert!(dry.out.contains("would load 3 contacts: 0 new, 1 changed, 2 unchanged"), "{}", dry.out);
        assert!(dry.out.contains("changed    name 1\n"), "{}", dry.out);
        for run in ["second", "third"] {
            world.replan("[run]\nname = \"", &format!("[run]\nname = \"{run}-"));
            let ended = world.run_in(run, &[]);
            assert_eq!(ended.code, 0, "{ended:?}");
            assert!(ended.out.contains("conflicts  name 2: edited in the CRM; edits are kept"), "{}", ended.out);
            let names: Vec<String> =
                world.contacts().lines().map(|it| it.split('|').nth(3).unwrap().to_owned()).collect();
            assert_eq!(names, ["Ana of Paris", "Benjamin", "Cyril"]);
            assert_eq!(world.read(&format!("{run}/load/conflicts.csv")).lines().count(), 3);
            assert_eq!(world.ferry(&["audit", "--run-dir", run]).code, 0);
        }
    }
}

#[test]
fn odd_text_is_the_same_in_both_databases() {
    let rows = "phone,name\n+33199000001,'); drop table contact; --\n+33199000002,%_\\\n+33199000003,\"a\nb\"\n\
        +33199000004,nul\0name\n+33199000005,😀 👩‍👩‍👧\n+33199000006,\u{202e}rtl {{1}} %s\n";
    let sqlite = World::with_sms(rows.as_bytes());
    let other = World::with_sms(rows.as_bytes());
    let Some(postgres) = Postgres::create() else { return };
    other.replan("sqlite:ferry.db", &postgres.url);
    assert_eq!((sqlite.run().code, other.run().code), (0, 0));
    assert_eq!(sqlite.contacts(), other.contacts());
    assert_eq!(sqlite.contacts().lines().count(), 5);
    assert_eq!(other.rejects(), ["4 6 E_NUL name"]);
}

#[test]
fn a_later_import_changes_only_what_it_knows_better() {
    for database in ["sqlite", "postgres"] {
        let Some(postgres) = Postgres::create() else { return };
        let world = World::with_sms(b"phone,name\n+33199000001,Ana\n+33199000002,Ben\n");
        if database == "postgres" {
            world.replan("sqlite:ferry.db", &postgres.url);
        }
        world.run();
        world.write("sms.csv", "phone,name\n+33199000001,\n+33199000002,Benny\n+33199000003,Cy\n");
        let later = world.ferry(&["run", "--run-dir", "later"]);
        // Ana is the same, but her name now comes from a row of an earlier run, which her rows name.
        assert!(later.out.contains("1 new, 2 changed, 0 unchanged"), "{database}: {}", later.out);
        assert!(later.out.contains("changed    name 1, rows 1"), "{database}: {}", later.out);
        let names: Vec<String> = world.contacts().lines().map(|it| it.split('|').nth(3).unwrap().to_owned()).collect();
        assert_eq!(names, ["Ana", "Benny", "Cy"], "{database}");
    }
}

#[test]
fn a_backup_is_taken_before_a_database_is_changed_and_brings_it_back() {
    for database in ["sqlite", "postgres"] {
        let Some(postgres) = Postgres::create() else { return };
        let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
        let url = match database {
            "postgres" => {
                world.replan("sqlite:ferry.db", &postgres.url);
                postgres.url.clone()
            }
            _ => format!("sqlite:{}", world.path("ferry.db").display()),
        };
        world.run();
        let before = dump(&url);
        world.write("sms.csv", "phone,name\n+33199000001,Other\n+33199000002,New\n");
        let later = world.ferry(&["run", "--run-dir", "later"]);
        assert!(later.err.contains("backup     1 contact saved"), "{database}: {}", later.err);
        assert_ne!(dump(&url), before);

        let after = dump(&url);

        let unasked = world.ferry(&["restore", "--run-dir", "later"]);
        assert_eq!(unasked.code, 1);
        assert!(unasked.err.contains("This undoes 1 new contact.\n"), "{}", unasked.err);
        assert!(unasked.err.ends_with("Add --yes to do it.\n"), "{}", unasked.err);
        assert_eq!(dump(&url), after, "{database}");

        let restored = world.ferry(&["restore", "--run-dir", "later", "--yes"]);
        let told = "the database is restored: 1 contact\n\
            the database from before is backup 2: `ferry restore --backup 2` undoes this restore\n";
        assert_eq!((restored.code, restored.out.as_str()), (0, told), "{restored:?}");
        assert_eq!(dump(&url), before, "{database}");

        let taken_back = world.ferry(&["restore", "--run-dir", "later", "--backup", "2", "--yes"]);
        assert_eq!(taken_back.code, 0, "{taken_back:?}");
        assert_eq!(dump(&url), after, "{database}");
    }
}

#[test]
fn a_backup_of_other_tables_than_ours_is_not_restored() {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:ferry.db", &postgres.url] {
        let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
        world.replan("sqlite:ferry.db", url);
        assert_eq!(world.run().code, 0);
        world.write("sms.csv", "phone,name\n+33199000001,Other\n");
        assert_eq!(world.ferry(&["run", "--run-dir", "later"]).code, 0);
        let url = url.replace("ferry.db", world.path("ferry.db").to_str().unwrap());
        let before = dump(&url);
        let record = world.read("backups/0001/backup.json");
        world.write("backups/0001/backup.json", &record.replace("\"schema\": \"18\"", "\"schema\": \"7\""));
        let refused = world.ferry(&["restore", "--run-dir", "later", "--yes"]);
        assert_eq!(refused.code, 4, "{refused:?}");
        let told = "taken by another version of Ferry (schema 7, this one knows 18)";
        assert!(refused.err.contains(told), "{}", refused.err);
        assert_eq!(dump(&url), before);
    }
}

#[test]
fn a_damaged_or_missing_backup_stops_the_load() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    world.run();
    world.replan("name = \"demo\"", "name = \"later\"");
    let later = |arguments: &[&str]| world.ferry(&[arguments, &["--run-dir", "later"]].concat());
    assert_eq!(later(&["run"]).code, 0);
    let backup = world.path("backups/0001/crm.db");
    let whole = std::fs::read(&backup).unwrap();
    let mut flipped = whole.clone();
    flipped[5000] ^= 1;
    let before = world.dump_sqlite();
    for damage in [Some(flipped), Some(whole[..100].to_vec()), None] {
        match damage {
            Some(bytes) => std::fs::write(&backup, bytes).unwrap(),
            None => std::fs::remove_file(&backup).unwrap(),
        }
        let refused = later(&["rerun", "--batch", "1", "--from", "load"]);
        assert_eq!(refused.code, 4, "{refused:?}");
        assert!(refused.err.contains("is missing or damaged"), "{}", refused.err);
        assert_eq!(later(&["restore", "--yes"]).code, 4);
    }
    std::fs::write(&backup, whole).unwrap();
    assert_eq!(later(&["rerun", "--batch", "1", "--from", "load"]).code, 0);
    assert_eq!(world.dump_sqlite(), before);
}

#[test]
fn a_database_that_is_not_ours_or_not_there_is_refused_and_left_alone() {
    let refused = |prepare: &dyn Fn(&World)| {
        let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
        prepare(&world);
        let ended = world.run();
        (
            ended.code,
            ended
                .err
                .lines()
                .filter(|it| it.starts_with("ferry: ") || it.starts_with("hint: "))
                .collect::<Vec<_>>()
                .join("\n"),
        )
    };
    let sql = |world: &World, statement: &str| {
        drop(crate::world::texts(&format!("sqlite:{}", world.path("ferry.db").display()), statement));
    };

    let (code, error) = refused(&|world| world.replan("sqlite:ferry.db", "postgres://nobody@127.0.0.1:1/none"));
    assert_eq!(code, 75);
    assert!(
        error.contains("could not reach the CRM database (PostgreSQL): is it running, and is its address right?"),
        "{error}"
    );
    assert!(error.contains("run the same command again later"), "{error}");

    let (code, error) = refused(&|world| {
        world.write("ferry.db", "this is a text, and a long enough one to be read as a header of a page")
    });
    assert_eq!(code, 1);
    assert!(error.contains("is not a SQLite database\nhint: name another file"), "{error}");

    let (code, error) = refused(&|world| sql(world, "create table theirs (x text)"));
    assert_eq!(code, 1);
    assert!(error.ends_with("holds tables that Ferry did not make: give the CRM a database of its own"), "{error}");

    let (code, error) = refused(&|world| {
        world.run();
        sql(world, "update ferry_meta set value = '99'");
    });
    assert_eq!(code, 1);
    assert!(error.contains("was made by another version of Ferry (schema 99, this one knows 18)"), "{error}");

    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    world.run();
    let mut command = world.command(&["run", "--run-dir", "other"]);
    let other_key = crate::world::ended(command.env("FERRY_CONTACT_KEY", "aa".repeat(32)).output().unwrap());
    assert_eq!(other_key.code, 1);
    assert!(other_key.err.contains("were made with another contact key"), "{}", other_key.err);
}
