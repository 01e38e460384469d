//! `ferry run --limit`: a sample of each source, end to end, that leaves the project as it is.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::world::{Postgres, Sandbox, World, dump, ended, texts};

fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// The result of a sample.
fn sample(world: &World, arguments: &[&str]) -> Value {
    let ended = world.ferry(&[&["run", "--format", "json", "--limit"], arguments].concat());
    assert!([0, 3].contains(&ended.code), "{ended:?}");
    serde_json::from_str(&ended.out).unwrap()
}

fn people(n: usize) -> String {
    let rows = (1..=n).map(|it| format!("+331990{it:05},Person {it}\n"));
    format!("phone,name\n{}", rows.collect::<String>())
}

#[test]
fn a_sample_is_the_first_rows_in_a_database_of_its_own_and_says_so() {
    let world = World::with_sms(people(500).as_bytes());
    assert_eq!(world.ferry(&["run"]).code, 0);
    let database = world.dump_sqlite();
    world.write("sms.csv", &people(600));

    let shown = world.ferry(&["run", "--limit", "20"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    for words in [
        ".sample-test in runs/",
        "sample     the first 20 rows of each source, loaded into runs/",
        "nothing was written to the database of the plan, and no provider was asked (--verify asks)",
        "20 in = 20 kept",
        "20 new, 0 changed, 0 unchanged",
        "/report.html",
    ] {
        assert!(shown.out.contains(words), "no {words}: {}", shown.out);
    }
    let report = sample(&world, &["20"]);
    assert_eq!((&report["sample"], &report["rows_in"], &report["inserted"]), (&20.into(), &20.into(), &20.into()));
    let dir = report["run_dir"].as_str().unwrap();
    assert!(dir.contains(".sample2-test"), "{dir}");
    let numbers = texts(
        &format!("sqlite:{}", world.path(dir).join("sample.db").display()),
        "select e164 from contact_view order by e164",
    );
    assert_eq!((numbers.len(), numbers[0].as_str(), numbers[19].as_str()), (20, "+33199000001", "+33199000020"));
    let page = world.read(report["report"].as_str().unwrap());
    assert!(page.contains("This is a sample: the first 20 rows of each source."), "{page}");

    assert_eq!(world.dump_sqlite(), database);
    assert!(!world.path("backups").exists());
    let listed = world.ferry(&["runs"]).out;
    assert_eq!(listed.matches("  sample  20 rows").count(), 2, "{listed}");
    // The next run is another one, of all rows.
    let whole = world.ferry(&["run"]);
    assert!(whole.out.contains("100 new, 0 changed, 500 unchanged"), "{whole:?}");
    assert_eq!(world.ferry(&["audit"]).code, 0);
}

#[test]
fn a_sample_before_the_first_run_makes_no_key_and_no_database() {
    let world = World::with_sms(people(5).as_bytes());
    world.replan("url = \"sqlite:ferry.db\"", "url_env = \"FERRY_TEST_UNSET\"");
    let mut command = world.command(&["run", "--limit", "1"]);
    let shown = ended(command.env_remove("FERRY_CONTACT_KEY").output().unwrap());
    assert!(shown.code == 0 && shown.out.contains("the first row of each source"), "{shown:?}");
    let mut files: Vec<_> = fs::read_dir(world.path("")).unwrap().map(|it| it.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["plan.toml", "runs", "sms.csv"]);
}

#[test]
fn a_sample_can_be_looked_at_and_is_never_gone_on_with() {
    let world = World::with_sms(people(50).as_bytes());
    let dir = sample(&world, &["10"])["run_dir"].as_str().unwrap().to_owned();
    let label = dir.rsplit('/').next().unwrap();
    for command in [["audit"].as_slice(), &["status"], &["trace", "+33199000001"], &["unreadable"]] {
        let ended = world.ferry(&[command, &["--run", label]].concat());
        assert_eq!(ended.code, 0, "{command:?} {ended:?}");
    }
    let exported = world.ferry(&["export", "contacts", "--run", label, "--to", "-"]);
    assert_eq!((exported.code, exported.out.lines().count()), (0, 11), "{exported:?}");
    for command in [["load", "--run", label], ["clean", "--run", label]] {
        let ended = world.ferry(&command);
        assert!(ended.code == 2 && ended.err.contains("is a sample: `ferry run` without --limit"), "{ended:?}");
    }
    let none = world.ferry(&["status"]);
    assert!(none.code == 1 && none.err.contains("there is no run of "), "{none:?}");
    assert_eq!(world.ferry(&["run"]).code, 0);
    let pruned = world.ferry(&["runs", "prune", "--keep", "1"]);
    assert!(pruned.out.contains(&format!("removed {label}")), "{pruned:?}");
}

#[test]
fn a_sample_does_not_take_the_folder_of_a_run() {
    let world = World::with_sms(people(5).as_bytes());
    assert_eq!(world.run().code, 0);
    let refused = world.ferry(&["run", "--limit", "2", "--run-dir", "run"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert_eq!(world.ferry(&["run", "--limit", "2", "--run-dir", "try"]).code, 0);
    for arguments in [["--limit", "0"].as_slice(), &["--limit", "2", "--dry-run"], &["--verify"]] {
        assert_eq!(world.ferry(&[&["run"], arguments].concat()).code, 2, "{arguments:?}");
    }
}

#[test]
fn a_provider_is_asked_about_a_sample_only_if_that_is_said() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    let report = sample(&world, &["10"]);
    assert!(report["registration"].is_null() && sandbox.ledger_lines().is_empty(), "{report:#}");
    let report = sample(&world, &["10", "--verify"]);
    assert!(report["registration"]["registered"].as_u64().unwrap() > 0, "{report:#}");
    let asked = sandbox.ledger().len() as u64;
    assert!(asked > 0 && asked <= 2 * report["contacts"].as_u64().unwrap(), "{asked}");
    assert!(!world.path("ferry.db").exists());
}

#[test]
fn a_sample_works_with_every_kind_of_file() {
    let names = [
        "generic/contacts.xlsx",
        "generic/contacts.xlsx.gz",
        "generic/contacts-xlsx.zip",
        "generic/contacts.ods",
        "generic/contacts.csv.gz",
        "generic/contacts.csv.zst",
        "generic/contacts.zip",
        "generic/contacts.tsv",
        "generic/contacts.ndjson",
        "generic/contacts-array.json",
        "generic/contacts-utf16.csv",
        "generic/contacts-1252.csv",
        "generic/numbers.txt",
        "messagebird/contacts.json",
        "infobip/people.json",
        "infobip/people.xlsx",
        "twilio/api",
        "twilio/bulk",
        "vonage/SMS_4f1c.zip",
    ];
    for name in names {
        let world = World::empty();
        fs::create_dir(world.path("exports")).unwrap();
        let from = fixtures().join(name);
        let files: Vec<_> = match from.is_dir() {
            true => fs::read_dir(&from).unwrap().map(|it| it.unwrap().path()).collect(),
            false => vec![from],
        };
        for file in files.iter().filter(|it| !it.to_string_lossy().ends_with(".expected")) {
            fs::copy(file, world.path("exports").join(file.file_name().unwrap())).unwrap();
        }
        assert_eq!(world.ferry(&["init", "exports", "--region", "FR"]).code, 0);
        let plan = world.read("exports/plan.toml");
        assert!(plan.contains("[[source]]"), "{name}: {plan}");
        world.write("exports/plan.toml", &plan.replace("\"?\"", "\"stop\""));
        for n in [1, 3] {
            let report = sample(&world, &[&n.to_string(), "exports/plan.toml"]);
            for source in report["sources"].as_array().unwrap() {
                let (rows, findings) = (source["rows"].as_u64().unwrap(), &source["coverage"]["findings"]);
                assert!(rows <= n && rows > 0, "{name}: {rows}");
                assert!(!findings.to_string().contains("missing"), "{name}: {findings}");
            }
            let dir = report["run_dir"].as_str().unwrap();
            let audited = world.ferry(&["audit", "--run-dir", dir]);
            assert_eq!(audited.code, 0, "{name}: {audited:?}");
        }
    }
}

#[test]
fn dates_of_a_sample_are_read_as_those_of_the_whole() {
    // The first rows leave the order of day and month open, and row 40 does not.
    let row = |n: usize| format!("+331990{n:05},{}\n", if n == 40 { "25/03/2025" } else { "04/03/2025" });
    let world = World::with_sms(format!("phone,name\n{}", (1..50).map(row).collect::<String>()).as_bytes());
    world.replan("name = \"name\"", "last_at = \"name\"");
    world.replan("default_region = \"FR\"\n", "");
    let report = sample(&world, &["5"]);
    let dir = world.path(report["run_dir"].as_str().unwrap());
    let dates =
        texts(&format!("sqlite:{}", dir.join("sample.db").display()), "select distinct last_at from contact_view");
    assert!(dates.len() == 1 && dates[0].starts_with("2025-03-04"), "{dates:?}");
}

#[test]
fn a_sample_of_a_plan_for_postgresql_leaves_it_alone() {
    let Some(database) = Postgres::create() else { return };
    let world = World::with_sms(people(30).as_bytes());
    world.replan("sqlite:ferry.db", &database.url);
    sample(&world, &["10"]);
    assert_eq!(texts(&database.url, "select count(*)::text from pg_tables where schemaname = 'public'"), ["0"]);
    assert_eq!(world.run().code, 0);
    let before = dump(&database.url);
    sample(&world, &["10"]);
    assert_eq!(dump(&database.url), before);
}
