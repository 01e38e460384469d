//! Identities: shared phones and addresses, and the decisions of people about them.

use crate::world::{Postgres, World, dump};

const PLAN: &str = r#"[run]
name = "test"
default_region = "FR"

[crm]
url = "CRM"

[[source]]
name = "sms"
channel = "sms"
path = "sms.csv"
profile = "columns"
[source.columns]
phone = "phone"
name = "name"
email = "email"
last_at = "at"
consent = "consent"

[[source]]
name = "viber"
channel = "viber"
path = "viber.csv"
profile = "columns"
[source.columns]
phone = "phone"
viber_id = "user"
name = "name"
consent = "consent"
last_at = "at"
"#;

const SMS: &str = "phone,name,email,at,consent\n\
    +33199000001,Ana,a@example.com,2026-01-01,yes\n\
    +33199000002,Anna,,2026-02-01,stop\n\
    +33199000003,Ben,ben@example.com,2026-01-01,yes\n\
    +33199000003,Benny,,,\n";

/// A world with these rows of Viber users, on the given database.
fn world(crm: &str, sms: &str, viber: &str) -> World {
    let world = World::empty();
    world.write("plan.toml", &PLAN.replace("CRM", crm));
    world.write("sms.csv", sms);
    world.write("viber.csv", &format!("user,phone,name,consent,at\n{viber}"));
    world
}

/// Runs a test on both databases.
fn on_both(test: impl Fn(&str)) {
    test("sqlite:ferry.db");
    if let Some(postgres) = Postgres::create() {
        test(&postgres.url);
    }
}

/// The content of the database, SQLite or PostgreSQL.
fn held(world: &World, crm: &str) -> String {
    dump(&crm.replace("ferry.db", &world.path("ferry.db").display().to_string()))
}

fn run(world: &World) -> String {
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.out
}

/// The id of the contact that was merged, as `ferry merge` prints it.
fn merge(world: &World, survivor: &str, other: &str) -> String {
    let merged = world.ferry(&["merge", survivor, other]);
    assert_eq!(merged.code, 0, "{merged:?}");
    merged.out[..32].to_owned()
}

#[test]
fn a_merge_that_is_taken_back_leaves_no_trace() {
    on_both(|crm| {
        let world = world(crm, SMS, "");
        run(&world);
        let before = held(&world, crm);
        let other = merge(&world, "+33199000001", "01 99 00 00 02");
        assert_eq!(
            world.contacts(),
            "+33199000001|FR|fixed_line|Ana|a@example.com||stop|2026-02-01T00:00:00Z|sms|2|\n\
             +33199000003|FR|fixed_line|Ben|ben@example.com||yes|2026-01-01T00:00:00Z|sms|2|\n"
        );
        let traced = world.ferry(&["trace", "+33199000002", "--run-dir", "run"]);
        assert!(traced.out.contains("identity         phone +33199000002"), "{}", traced.out);
        assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);

        let undone = world.ferry(&["unmerge", "+33199000001", &other]);
        assert_eq!(undone.code, 0, "{undone:?}");
        assert_eq!(held(&world, crm), before);
        assert!(run(&world).contains("0 new, 0 changed, 3 unchanged: nothing changed"));
        let again = world.ferry(&["unmerge", "+33199000001", &other]);
        assert_eq!((again.code, again.err.contains("were not merged")), (1, true), "{again:?}");
    });
}

#[test]
fn of_several_merges_into_one_contact_the_last_is_taken_back_first() {
    let world = world("sqlite:ferry.db", SMS, "");
    run(&world);
    let before = held(&world, "sqlite:ferry.db");
    let [first, second] = ["+33199000002", "+33199000003"].map(|it| merge(&world, "+33199000001", it));
    let refused = world.ferry(&["unmerge", "+33199000001", &first]);
    assert_eq!((refused.code, refused.err.contains("undo that first")), (1, true), "{refused:?}");
    for other in [second, first] {
        assert_eq!(world.ferry(&["unmerge", "+33199000001", &other]).code, 0);
    }
    assert_eq!(held(&world, "sqlite:ferry.db"), before);
}

#[test]
fn a_merge_is_taken_back_whichever_contact_is_named_first() {
    let world = world("sqlite:ferry.db", SMS, "");
    run(&world);
    let other = merge(&world, "+33199000001", "+33199000002");
    assert_eq!(world.ferry(&["unmerge", &other, "+33199000001", "--never"]).code, 0);
    assert_eq!(world.contacts().lines().count(), 3);
    assert!(run(&world).contains("0 new, 0 changed, 3 unchanged: nothing changed"));
}

#[test]
fn an_opt_out_that_came_after_a_merge_stays_with_both_when_it_is_taken_back() {
    on_both(|crm| {
        let world = world(crm, "phone,name,email,at,consent\n+33199000001,Ana,,,yes\n+33199000002,Anna,,,yes\n", "");
        run(&world);
        let other = merge(&world, "+33199000001", "+33199000002");
        world.write("sms.csv", "phone,name,email,at,consent\n+33199000002,,,2026-03-01,stop\n");
        world.replan("name = \"test\"", "name = \"second\"");
        assert_eq!(world.ferry(&["run", "--run-dir", "second"]).code, 0);
        assert_eq!(world.ferry(&["unmerge", "+33199000001", &other]).code, 0);
        let contacts = world.contacts();
        assert!(contacts.contains("|Ana|||stop|") && contacts.contains("|Anna|||stop|"), "{contacts}");
    });
}

#[test]
fn a_suppressed_number_stays_suppressed_in_the_contact_that_it_was_merged_into() {
    let world = world("sqlite:ferry.db", SMS, "");
    run(&world);
    merge(&world, "+33199000001", "+33199000002");
    // The number of the absorbed contact suppresses the one that it was merged into.
    assert_eq!(world.ferry(&["suppress", "--number", "+33199000002"]).code, 0);
    assert!(world.run_new().out.contains("4 in = 2 kept + 2 merged + 0 rejected + 0 suppressed"));
    let traced = world.ferry(&["trace", "+33199000001", "--run-dir", "run"]).out;
    assert!(traced.contains("  suppressed       yes, by `ferry suppress`"), "{traced}");
}

#[test]
fn a_merge_holds_in_every_later_run() {
    on_both(|crm| {
        let world = world(crm, SMS, "");
        run(&world);
        merge(&world, "+33199000001", "+33199000002");
        let told = world.run_new().out;
        assert!(told.contains("4 in = 2 kept + 2 merged + 0 rejected + 0 suppressed"), "{told}");
        let once = held(&world, crm);
        assert!(run(&world).contains("0 new, 0 changed, 2 unchanged: nothing changed"));
        assert_eq!(held(&world, crm), once);
        assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);

        // The merged number alone, under another spelling, in a separate import.
        world.write("sms.csv", "phone,name,email,at,consent\n0033 199 00 00 02,Anne,,2026-03-01,\n");
        world.replan("name = \"test\"", "name = \"second\"");
        assert_eq!(world.ferry(&["run", "--run-dir", "second"]).code, 0);
        assert_eq!(world.contacts().lines().count(), 2, "{}", world.contacts());
        assert!(world.contacts().contains("+33199000001|FR|fixed_line|Anne|a@example.com||stop|2026-03-01"));
    });
}

#[test]
fn a_viber_user_whose_phone_becomes_known_later_is_still_one_person_and_keeps_the_opt_out() {
    on_both(|crm| {
        let world = world(crm, "phone,name,email,at,consent\n", "QQ==,,Ana,stop,2026-01-01\nQg==,,Ben,,2026-01-01\n");
        let told = run(&world);
        assert!(told.contains("2 new"), "{told}");

        world.write("viber.csv", "user,phone,name,consent,at\nQQ==,+33199000001,,,2026-02-01\n");
        world.replan("name = \"test\"", "name = \"second\"");
        let preview = world.ferry(&["run", "--dry-run"]);
        assert!(preview.out.contains("would load 1 contact: 0 new, 1 changed, 0 unchanged"), "{preview:?}");
        let told = world.ferry(&["run", "--run-dir", "second"]);
        assert!(told.out.contains("0 new, 1 changed, 0 unchanged"), "{told:?}");
        assert!(told.err.contains("1 contact known only from Viber now with a phone"), "{told:?}");
        let contacts = world.contacts();
        assert_eq!(contacts.lines().count(), 2, "{contacts}");
        assert!(contacts.contains("+33199000001|FR|fixed_line|Ana|||stop|2026-02-01T00:00:00Z|viber|2|"), "{contacts}");

        // The first export once more, which names no phone.
        world.write("viber.csv", "user,phone,name,consent,at\nQQ==,,Ana,stop,2026-01-01\n");
        world.replan("name = \"second\"", "name = \"third\"");
        assert_eq!(world.ferry(&["run", "--run-dir", "third"]).code, 0);
        assert_eq!(world.contacts().lines().count(), 2, "{}", world.contacts());
    });
}

#[test]
fn possible_duplicates_are_listed_and_not_merged_until_a_person_decides() {
    let sms = "phone,name,email,at,consent\n+33199000001,Ana,family@example.com,,\n\
        +33199000002,Ben,Family@Example.com,,\n+33199000003,Cy,cy@example.com,,\n";
    let world = world("sqlite:ferry.db", sms, "QQ==,+33199000001,,,\nQQ==,+33199000003,,,\nQQ==,,Ana,,2026-01-01\n");
    let told = run(&world);
    assert!(told.contains("duplicates 1 Viber user and 1 e-mail address are shared by several contacts"), "{told}");
    assert_eq!(world.contacts().lines().count(), 4, "three phones and a Viber user: {}", world.contacts());
    let duplicates = world.read("run/clean/duplicates.csv");
    let kinds: Vec<&str> = duplicates.lines().map(|it| it.split(',').next().unwrap()).collect();
    assert_eq!(kinds, ["shared", "viber", "email"], "{duplicates}");
    assert!(!duplicates.contains("example.com") && !duplicates.contains("QQ=="), "{duplicates}");

    assert_eq!(world.ferry(&["unmerge", "+33199000001", "+33199000002", "--never"]).code, 0);
    let told = world.run_new().out;
    assert!(told.contains("duplicates 1 Viber user is shared by several contacts"), "{told}");
    let refused = world.ferry(&["merge", "+33199000001", "+33199000002"]);
    assert_eq!((refused.code, refused.err.contains("must never be merged")), (1, true), "{refused:?}");
    assert_eq!(world.ferry(&["unmerge", "+33199000002", "+33199000001"]).code, 0, "taken back, whichever comes first");
    merge(&world, "+33199000001", "+33199000002");
}

#[test]
fn a_viber_user_is_not_taken_for_whom_they_must_never_be_nor_for_who_shares_a_phone() {
    for is_shared in [false, true] {
        let world = world("sqlite:ferry.db", SMS, "QQ==,+33199000003,,,\n");
        run(&world);
        world.write("viber.csv", "user,phone,name,consent,at\nQg==,,Di,,\n");
        world.replan("name = \"test\"", "name = \"second\"");
        assert_eq!(world.ferry(&["run", "--run-dir", "second"]).code, 0);
        let decided = match is_shared {
            true => world.ferry(&["share", "+33199000003"]),
            false => world.ferry(&["unmerge", "+33199000003", "Qg==", "--never"]),
        };
        assert_eq!(decided.code, 0, "{decided:?}");

        world.write("viber.csv", "user,phone,name,consent,at\nQg==,,Di,,\nQg==,+33199000003,,,\n");
        world.replan("name = \"second\"", "name = \"third\"");
        assert_eq!(world.ferry(&["run", "--run-dir", "third"]).code, 0);
        let contacts = world.contacts();
        assert!(contacts.contains("|||Di|") && contacts.lines().count() == 4, "{contacts}");
    }
}

#[test]
fn nobody_is_merged_with_themselves_or_with_a_stranger() {
    let world = world("sqlite:ferry.db", SMS, "");
    assert!(world.ferry(&["merge", "+33199000001", "+33199000002"]).err.contains("there is no CRM database yet"));
    run(&world);
    for (one, other, why) in [
        ("+33199000001", "+33199000001", "both are the same contact already"),
        ("+33199000001", "+33199000009", "no contact has that phone number or id"),
        ("00000000000000000000000000000000", "+33199000001", "the CRM database holds no contact 0000"),
    ] {
        let refused = world.ferry(&["merge", one, other]);
        assert_eq!((refused.code, refused.err.contains(why)), (1, true), "{refused:?}");
    }
    merge(&world, "+33199000001", "+33199000002");
    let chained = merge(&world, "+33199000003", "+33199000001");
    assert_eq!(world.contacts().lines().count(), 1);
    assert!(world.run_new().out.contains("4 in = 1 kept + 3 merged"));
    assert_eq!(world.ferry(&["unmerge", "+33199000003", &chained]).code, 0);
    assert_eq!(world.contacts().lines().count(), 2);
}

#[test]
fn a_viber_user_of_whom_an_import_has_no_phone_is_the_contact_of_the_phone_that_is_known() {
    on_both(|crm| {
        let world = world(crm, "phone,name,email,at,consent\n", "QQ==,+33199000001,Ana,yes,2026-01-01\n");
        run(&world);
        world.write("viber.csv", "user,phone,name,consent,at\nQQ==,,Ana,stop,2026-02-01\nQg==,,Ben,,2026-02-01\n");
        world.replan("name = \"test\"", "name = \"second\"");
        let told = world.ferry(&["run", "--run-dir", "second"]);
        assert!(told.err.contains("1 contact known only from Viber now with a phone"), "{told:?}");
        let contacts = world.contacts();
        assert_eq!(contacts.lines().count(), 2, "{contacts}");
        assert!(contacts.contains("+33199000001|FR|fixed_line|Ana|||stop|"), "{contacts}");
        assert_eq!(world.ferry(&["audit", "--run-dir", "second"]).code, 0);

        // A later run changes nothing, and the audits of both runs still pass.
        world.replan("name = \"second\"", "name = \"third\"");
        let told = world.ferry(&["run", "--run-dir", "third"]);
        assert!(told.code == 0 && told.out.contains("0 new"), "{told:?}");
        assert_eq!(world.contacts().lines().count(), 2, "{}", world.contacts());
        assert_eq!(world.ferry(&["audit", "--run-dir", "third"]).code, 0);
    });
}

#[test]
fn whoever_must_never_be_somebody_is_not_merged_with_them_by_a_viber_id() {
    on_both(|crm| {
        let world = world(crm, "phone,name,email,at,consent\n", "QQ==,+33199000001,Ana,yes,2026-01-01\n");
        run(&world);
        world.write("viber.csv", "user,phone,name,consent,at\nQQ==,,Ben,,2026-02-01\n");
        world.replan("name = \"test\"", "name = \"second\"");
        assert_eq!(world.ferry(&["run", "--run-dir", "second"]).code, 0);
        assert_eq!(world.contacts().lines().count(), 1, "{}", world.contacts());
        let same = world.ferry(&["unmerge", "+33199000001", "QQ==", "--never"]);
        assert!(same.code == 1 && same.err.contains("both are the same contact already"), "{same:?}");
        let traced = world.ferry(&["trace", "+33199000001", "--run-dir", "second"]).out;
        let user = traced.split("merged with ").nth(1).unwrap()[..32].to_owned();
        let apart = world.ferry(&["unmerge", "+33199000001", &user, "--never"]);
        assert_eq!(apart.code, 0, "{apart:?}");
        assert_eq!(world.contacts().lines().count(), 2, "{}", world.contacts());
        world.replan("name = \"second\"", "name = \"third\"");
        assert_eq!(world.ferry(&["run", "--run-dir", "third"]).code, 0);
        assert_eq!(world.contacts().lines().count(), 2, "{}", world.contacts());
    });
}

#[test]
fn a_merge_is_taken_back_by_the_two_numbers_that_were_merged() {
    let world = world("sqlite:ferry.db", SMS, "");
    run(&world);
    let before = held(&world, "sqlite:ferry.db");
    for numbers in [["+33199000001", "01 99 00 00 02"], ["+33199000002", "+33199000001"]] {
        merge(&world, "+33199000001", "+33199000002");
        let undone = world.ferry(&[&["unmerge"], numbers.as_slice()].concat());
        assert_eq!(undone.code, 0, "{undone:?}");
        assert_eq!(held(&world, "sqlite:ferry.db"), before);
    }
}

#[test]
fn a_trace_says_what_was_decided_and_edited_and_of_which_run_a_row_is() {
    let world = world("sqlite:ferry.db", SMS, "");
    run(&world);
    merge(&world, "+33199000001", "+33199000002");
    world.ferry(&["unmerge", "--never", "+33199000001", "+33199000003"]);
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    crate::world::texts(&url, "update contact set name = 'Ana of Paris' where name = 'Ana' returning name");
    let traced = world.ferry(&["trace", "+33199000002", "--run-dir", "run"]).out;
    assert!(traced.contains("name             Ana of Paris  edited in the CRM\n"), "{traced}");
    assert!(traced.contains("decision         merged with "), "{traced}");
    assert!(traced.contains("decision         never merged with "), "{traced}");
    assert!(traced.contains("(line 2): kept, in run ") && traced.contains("-test\n    phone"), "{traced}");
}

#[test]
fn a_trace_shows_the_rows_of_earlier_runs_and_names_the_runs_that_are_gone() {
    let world = world("sqlite:ferry.db", SMS, "");
    assert_eq!(world.ferry(&["run"]).code, 0);
    world.write("viber.csv", "user,phone,name,consent,at\nQQ==,+33199000001,,,2026-03-01\n");
    world.write("sms.csv", "phone,name,email,at,consent\n+33199000009,Zoe,,,\n");
    assert_eq!(world.ferry(&["run"]).code, 0);
    let traced = world.ferry(&["trace", "+33199000001"]).out;
    let rows: Vec<&str> = traced.lines().filter(|it| it.starts_with("row")).collect();
    assert_eq!(rows.len(), 2, "{traced}");
    assert!(rows[0].starts_with("row viber:1 (line 2): kept, in run ") && rows[0].ends_with(".2-test"), "{traced}");
    assert!(rows[1].starts_with("row sms:1 (line 2): kept, in run ") && rows[1].ends_with("-test"), "{traced}");

    let first = rows[1].rsplit(' ').next().unwrap();
    std::fs::remove_dir_all(world.path(&format!("runs/{first}"))).unwrap();
    let traced = world.ferry(&["trace", "+33199000001"]).out;
    assert!(traced.contains(&format!("rows of {first} are not shown: the folder of that run is not in `ferry runs`")));
}
