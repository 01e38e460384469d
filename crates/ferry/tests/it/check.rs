//! `ferry check`: what a run would find, before it begins.

use std::fs;
use std::io::Write;
use std::net::TcpListener;

use serde_json::Value;

use crate::world::{Ended, Postgres, Sandbox, World};

const ROWS: &[u8] = b"phone,name\n+33199000001,Ana\n";

/// The lines of a check, by subject, with the exit code.
fn lines(world: &World, arguments: &[&str]) -> (i32, Vec<String>) {
    let Ended { code, out, err } = world.ferry(&[&["check"], arguments].concat());
    assert_eq!(err, "", "{out}");
    (code, out.lines().map(str::to_owned).collect())
}

/// The state and the rest of the line about a subject.
fn line<'a>(lines: &'a [String], subject: &str) -> &'a str {
    let found = lines.iter().find(|it| it.starts_with(&format!("{subject:10} ")));
    &found.unwrap_or_else(|| panic!("no {subject} in {lines:#?}"))[11..]
}

/// Adds rows to the export, and then a hole that takes no room on the disk.
fn lengthen(world: &World, n_bytes: u64) {
    let mut file = fs::OpenOptions::new().append(true).open(world.path("sms.csv")).unwrap();
    file.write_all("+33199000002,Ben\n".repeat(6000).as_bytes()).unwrap();
    file.set_len(n_bytes).unwrap();
}

/// A world with a verifier at this address.
fn with_verifier(url: &str, more: &str) -> World {
    let world = World::with_sms(ROWS);
    world.replan("[gates]", &format!("[verify]\nadapter = \"contacts\"\nurl = \"{url}\"\n{more}\n[gates]"));
    world
}

#[test]
fn a_plan_that_can_be_run_is_well_and_the_check_leaves_no_trace() {
    let sandbox = Sandbox::start(&[]);
    let world = with_verifier(&sandbox.url, "");
    let (code, before) = lines(&world, &[]);
    assert_eq!(code, 0, "{before:#?}");
    let subjects: Vec<&str> = before.iter().map(|it| it.split_whitespace().next().unwrap()).collect();
    let expected = ["plan", "key", "source", "database", "secrets", "verifier", "disk", "versions", "all"];
    assert_eq!(subjects, expected, "{before:#?}");
    assert!(before[..8].iter().all(|it| it[11..].starts_with("ok ")), "{before:#?}");
    assert!(line(&before, "key").ends_with("in FERRY_CONTACT_KEY: the database has none yet"));
    assert!(line(&before, "source").ends_with("sms: 1 file, 1 KiB, 2 columns, CSV, utf-8, delimiter ','"));
    assert!(line(&before, "database").ends_with("SQLite, no tables yet: the first run makes them"));
    assert!(line(&before, "verifier").ends_with("127.0.0.1 can be reached"));
    let mut files: Vec<_> = fs::read_dir(world.path("")).unwrap().map(|it| it.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["plan.toml", "sms.csv"]);
    assert!(sandbox.ledger_lines().is_empty());

    assert_eq!(world.run().code, 0);
    let database = fs::read(world.path("ferry.db")).unwrap();
    let (code, after) = lines(&world, &["plan.toml"]);
    assert_eq!(code, 0, "{after:#?}");
    assert!(line(&after, "key").ends_with(": the one of the database") && line(&after, "database").ends_with("SQLite"));
    assert_eq!(fs::read(world.path("ferry.db")).unwrap(), database);
}

#[test]
fn the_same_is_told_to_machines() {
    let world = World::with_sms(ROWS);
    world.replan("path = \"sms.csv\"", "path = \"no.csv\"");
    let ended = world.ferry(&["check", "--format", "json"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let value: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(value["all_well"], false);
    let checks = value["checks"].as_array().unwrap();
    let of = |name: &str| checks.iter().find(|it| it["check"] == name).unwrap();
    assert_eq!((&of("source")["state"], &of("source")["source"]), (&"failed".into(), &"sms".into()));
    assert!(of("source")["message"].as_str().unwrap().contains("no.csv"), "{value:#}");
    assert!(of("disk")["found"]["disks"][0]["free_bytes"].as_u64().unwrap() > 0);
    assert_eq!(of("versions")["found"]["sqlite"], rusqlite::version());
    let keys: Vec<&String> = of("key")["found"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["database", "key_id"]);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let world = with_verifier("http://127.0.0.1:9", "token_env = \"FERRY_TEST_UNSET\"");
    world.replan(
        "name = \"name\"",
        "name = \"Nom\"\n[[source]]\nname = \"more\"\nchannel = \"sms\"\npath = \"x.csv\"\nprofile = \"contacts\"",
    );
    let (code, lines) = lines(&world, &[]);
    assert_eq!(code, 2, "{lines:#?}");
    let sources: Vec<&String> = lines.iter().filter(|it| it.starts_with("source ")).collect();
    assert!(sources[0].contains(" wrong ") && sources[0].contains("plan.toml:15: "), "{lines:#?}");
    assert!(sources[0].contains("has no column \"Nom\": it has \"phone\", \"name\"; did you mean"), "{lines:#?}");
    assert!(sources[1].contains(" failed ") && sources[1].contains("x.csv"), "{lines:#?}");
    assert!(line(&lines, "secrets").starts_with("wrong "), "{lines:#?}");
    assert!(line(&lines, "secrets").contains("the environment has no FERRY_TEST_UNSET"), "{lines:#?}");
    assert!(line(&lines, "verifier").starts_with("later "), "{lines:#?}");
    assert_eq!(lines.last().unwrap(), "4 checks not well");
}

#[test]
fn a_wrong_plan_is_code_2_and_a_provider_that_is_down_is_code_75() {
    let world = with_verifier("http://127.0.0.1:9", "");
    let (code, down) = lines(&world, &[]);
    assert_eq!(code, 75, "{down:#?}");
    assert!(line(&down, "verifier").contains("could not reach the provider at 127.0.0.1"), "{down:#?}");
    world.replan("channel = \"sms\"", "chanel = \"sms\"");
    let (code, wrong) = lines(&world, &[]);
    assert_eq!(code, 2, "{wrong:#?}");
    assert!(wrong[0].contains("did you mean `channel`?") && wrong[2].starts_with("nothing else was checked"));
}

#[test]
fn a_secret_is_named_by_its_variable_and_never_shown() {
    let sandbox = Sandbox::start(&[]);
    let world = with_verifier(&sandbox.url, "token_env = \"MY_TOKEN\"\nlogin_env = \"MY_LOGIN\"");
    let check = |login: &str| {
        let mut command = world.command(&["check"]);
        crate::world::ended(command.env("MY_TOKEN", "s3cr3t-token").env("MY_LOGIN", login).output().unwrap())
    };
    let well = check("user:s3cr3t");
    assert!(well.code == 0 && well.out.contains("MY_TOKEN, MY_LOGIN are set"), "{well:?}");
    let wrong = check("s3cr3t");
    assert!(wrong.code == 2 && wrong.out.contains("MY_LOGIN in the environment is not USER:PASSWORD"), "{wrong:?}");
    assert!(!format!("{well:?}{wrong:?}").contains("s3cr3t"));
}

#[test]
fn a_provider_is_asked_nothing_and_a_silent_one_was_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let world = with_verifier(&format!("http://{}", listener.local_addr().unwrap()), "");
    let (code, lines) = lines(&world, &[]);
    assert_eq!(code, 0, "{lines:#?}");
}

#[test]
fn the_key_of_another_database_is_found_out() {
    let world = World::with_sms(ROWS);
    assert_eq!(world.run().code, 0);
    let check = |key: Option<&str>| {
        let mut command = world.command(&["check"]);
        command.env_remove("FERRY_CONTACT_KEY").envs(key.map(|it| ("FERRY_CONTACT_KEY", it)));
        crate::world::ended(command.output().unwrap())
    };
    let other = check(Some(&"1".repeat(64)));
    assert!(other.code == 1 && other.out.contains("made with another contact key"), "{other:?}");
    assert!(!other.out.contains("1111111111111111"), "{other:?}");
    let none = check(None);
    assert!(none.code == 2 && none.out.contains("there is no key here"), "{none:?}");
    assert!(!world.path("ferry.key").exists());
}

#[test]
fn columns_are_known_from_the_start_of_a_file_of_any_kind() {
    // Rows that no reader of rows would take: the check does not come to them.
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/generic");
    for name in ["contacts.xlsx", "contacts.ods", "contacts.csv.gz", "contacts.csv.zst", "contacts.zip", "contacts.tsv"]
    {
        let world = World::with_sms(b"");
        fs::copy(fixtures.join(name), world.path(name)).unwrap();
        world
            .replan("path = \"sms.csv\"\nprofile = \"columns\"", &format!("path = \"{name}\"\nprofile = \"contacts\""));
        world.replan("[source.columns]\nphone = \"phone\"\nname = \"name\"\n", "");
        let (code, lines) = lines(&world, &[]);
        assert_eq!(code, 0, "{name}: {lines:#?}");
    }
    let world = World::with_sms(b"");
    world.write("sms.json", "{\"phone\":\"+33199000001\",\"name\":\"Ana\"}\n{ not JSON\n");
    world.replan("sms.csv", "sms.json");
    assert_eq!(lines(&world, &[]).0, 0);
    world.replan("name = \"name\"", "name = \"late\"");
    world.write("sms.json", "{\"phone\":\"+33199000001\"}\n{\"phone\":\"+33199000002\",\"late\":\"Ben\"}\n");
    assert_eq!(lines(&world, &[]).0, 0, "a column of a later record");
}

#[test]
fn a_large_file_is_not_read() {
    let world = World::with_sms(ROWS);
    // A hole of 60 GiB: reading it would take a minute.
    lengthen(&world, 60 << 30);
    let started = std::time::Instant::now();
    let (_, lines) = lines(&world, &[]);
    assert!(line(&lines, "source").starts_with("ok ") && started.elapsed().as_secs() < 10, "{lines:#?}");
}

#[test]
fn a_full_disk_is_found_before_the_run() {
    let world = World::with_sms(ROWS);
    // More than any disk of a test has.
    lengthen(&world, 8 << 40);
    let (code, lines) = lines(&world, &[]);
    assert_eq!(code, 1, "{lines:#?}");
    assert!(line(&lines, "disk").starts_with("failed ") && line(&lines, "disk").contains("make room first"));
}

#[test]
fn postgresql_is_examined_as_the_role_that_loads() {
    let Some(database) = Postgres::create() else { return };
    let world = World::with_sms(ROWS);
    world.replan("sqlite:ferry.db", &database.url);
    let (code, before) = lines(&world, &[]);
    assert_eq!(code, 0, "{before:#?}");
    assert!(line(&before, "database").contains("no tables yet"), "{before:#?}");
    let tables = "select count(*)::text from pg_tables where schemaname = 'public'";
    assert_eq!(crate::world::texts(&database.url, tables), ["0"]);
    assert_eq!(world.run().code, 0);
    let (code, after) = lines(&world, &[]);
    assert_eq!(code, 0, "{after:#?}");
    assert!(line(&after, "versions").contains(", PostgreSQL "), "{after:#?}");

    world.replan(&database.url, "postgres://ferry:s3cr3t@127.0.0.1:9/none");
    let (code, down) = lines(&world, &[]);
    assert_eq!(code, 75, "{down:#?}");
    assert!(
        line(&down, "database").starts_with("later ") && line(&down, "key").ends_with("not compared with the database")
    );
    assert!(!down.concat().contains("s3cr3t"), "{down:#?}");
}

#[test]
fn a_role_that_may_not_load_is_found_out() {
    let Some(database) = Postgres::create() else { return };
    let role = crate::schemas::Role::create(&database);
    let world = crate::schemas::world(&role.url);
    let (code, no_schema) = lines(&world, &[]);
    assert_eq!(code, 1, "{no_schema:#?}");
    let create = format!("create schema ferry authorization \"{}\";", role.name);
    assert!(line(&no_schema, "database").contains(&create), "{no_schema:#?}");
    world.replan(&role.url, &database.url);
    assert_eq!(world.run().code, 0);
    crate::schemas::on(
        &database.url,
        &format!("grant usage on schema ferry to {0}; grant select on all tables in schema ferry to {0}", role.name),
    );
    world.replan(&database.url, &role.url);
    let (code, reader) = lines(&world, &[]);
    assert_eq!(code, 1, "{reader:#?}");
    assert!(line(&reader, "database").contains("`ferry crm ddl` prints the rights"), "{reader:#?}");
}
