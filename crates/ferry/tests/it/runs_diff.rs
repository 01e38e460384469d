//! The differences between two runs.

use std::process::Stdio;

use expect_test::expect;
use serde_json::Value;

use crate::world::{Postgres, World};

const PLAN: &str = r#"
[run]
name = "shop"
default_region = "FR"

[crm]
url = "sqlite:crm.db"

[[source]]
name = "shop"
channel = "sms"
path = "list.csv"
profile = "columns"

[source.columns]
phone = "phone"
name = "name"
email = "mail"
external_id = "id"
tags = "tags"
consent = "consent"
last_at = "date"

[source.attributes]
city = "city"
"#;

const BEFORE: &str = "\
phone,name,mail,id,tags,consent,date,city
+33199000001,Ana,ana@example.com,A1,vip,yes,2026-01-02,Lyon
+33199000002,Ugo,,B2,,,2026-02-02,
+33199000003,Zoe,,C3,,,,
+33199000004,Same,,D4,,,,
";

/// Ana has another name, tag and city, Ugo has opted out, Zoe is gone, and Bob is new. Rows have other numbers.
const AFTER: &str = "\
phone,name,mail,id,tags,consent,date,city
+33199000005,Bob,,E5,,,,
+33199000004,Same,,D4,,,,
+33199000001,=Anna,ana@example.com,A1,vip;b2b,yes,2026-01-02,Nice
+33199000002,Ugo,,B2,,stop,2026-02-02,
";

/// Two runs of a shop, and their labels.
fn two_runs(url: &str) -> (World, [String; 2]) {
    let world = World::empty();
    world.write("plan.toml", &PLAN.replace("sqlite:crm.db", url));
    let labels = [BEFORE, AFTER].map(|list| {
        world.write("list.csv", list);
        let ended = world.ferry(&["run", "--format", "json"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        serde_json::from_str::<Value>(&ended.out).unwrap()["run_id"].as_str().unwrap().to_owned()
    });
    (world, labels)
}

fn diff(world: &World, labels: &[String; 2], arguments: &[&str]) -> String {
    let ended = world.ferry(&[&["runs", "diff", &labels[0], &labels[1]], arguments].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.out
}

/// The text without contact ids, days and times.
fn without_ids(text: &str, labels: &[String; 2]) -> String {
    let text = text.replace(&labels[1], "SECOND").replace(&labels[0], "FIRST");
    let is_id = |it: &str| it.len() == 32 && it.bytes().all(|it| it.is_ascii_hexdigit());
    let lines = text.lines().map(|it| match it.strip_prefix("segments   as known at ") {
        Some(_) => "segments   as known at …".to_owned(),
        None => it.split(' ').map(|it| if is_id(it) { "ID" } else { it }).collect::<Vec<_>>().join(" "),
    });
    lines.map(|it| it + "\n").collect()
}

#[test]
fn two_runs_differ_in_people_fields_and_segments_and_rows_that_moved_are_no_change() {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:crm.db", &postgres.url] {
        let (world, labels) = two_runs(url);
        expect![[r#"
            from       FIRST, 4 contacts
            to         SECOND, 4 contacts
            people     1 new, 1 gone, 2 changed, 1 unchanged
            field      city             1
            field      consent          1
            field      name             1
            field      tags             1
            field      whatsapp_consent 1
            segment    undecided -> opted-out: 1
            segments   as known at …
            gone       contact ID +33199000003, segment undecided
            new        contact ID +33199000005, segment undecided
            changed    contact ID +33199000001
              name             Ana -> =Anna
              tags             vip -> b2b,vip
              city             Lyon -> Nice
            changed    contact ID +33199000002
              consent          (none) -> stop
              whatsapp_consent (none) -> stop
              segment          undecided -> opted-out
        "#]]
        .assert_eq(&without_ids(&diff(&world, &labels, &[]), &labels));
    }
}

#[test]
fn differences_are_written_as_csv_that_is_safe_in_a_spreadsheet_and_as_json() {
    let (world, labels) = two_runs("sqlite:crm.db");
    let out = diff(&world, &labels, &["--to", "diff.csv"]);
    assert!(out.ends_with("8 rows written to diff.csv\n"), "{out}");
    let rows: Vec<String> =
        world.read("diff.csv").lines().map(|it| it[it.find(',').unwrap() + 1..].to_owned()).collect();
    expect![[r#"
        e164,change,field,before,after
        +33199000003,gone,segment,undecided,
        +33199000005,new,segment,,undecided
        +33199000001,changed,name,Ana,'=Anna
        +33199000001,changed,tags,vip,"b2b,vip"
        +33199000001,changed,city,Lyon,Nice
        +33199000002,changed,consent,,stop
        +33199000002,changed,whatsapp_consent,,stop
        +33199000002,changed,segment,undecided,opted-out
    "#]]
    .assert_eq(&(rows.join("\n") + "\n"));
    assert!(diff(&world, &labels, &["--to", "-", "--exact"]).contains(",Ana,=Anna\n"));

    let value: Value = serde_json::from_str(&diff(&world, &labels, &["--format", "json"])).unwrap();
    assert_eq!((&value["changed"], &value["fields"]["name"]), (&2.into(), &1.into()));
    assert_eq!(value["moves"], serde_json::json!([{ "from": "undecided", "to": "opted-out", "people": 1 }]));
    let ana = value["people"].as_array().unwrap().iter().find(|it| it["e164"] == "+33199000001").unwrap();
    assert_eq!(ana["fields"][0], serde_json::json!({ "field": "name", "before": "Ana", "after": "=Anna" }));
}

#[test]
fn segments_are_those_that_each_run_knew_when_it_ended() {
    let (world, labels) = two_runs("sqlite:crm.db");
    // Later commands move nobody between runs that have ended.
    assert_eq!(world.ferry(&["suppress", "--number", "+33199000001"]).code, 0);
    assert!(!diff(&world, &labels, &[]).contains("suppressed"));
    world.write("list.csv", &AFTER.replace("Same", "Other"));
    let third = serde_json::from_str::<Value>(&world.ferry(&["run", "--format", "json"]).out).unwrap();
    let third = third["run_id"].as_str().unwrap().to_owned();
    let later = diff(&world, &[labels[1].clone(), third.clone()], &[]);
    assert!(later.contains("segment    undecided -> suppressed: 1\n"), "{later}");
    // The stop of the second run counts in a third that does not say so any more.
    world.write("list.csv", BEFORE);
    let fourth = serde_json::from_str::<Value>(&world.ferry(&["run", "--format", "json"]).out).unwrap();
    let later = diff(&world, &[third, fourth["run_id"].as_str().unwrap().to_owned()], &[]);
    assert!(
        later.contains("  consent          stop -> (none)\n") && !later.contains("segment    opted-out"),
        "{later}"
    );
}

#[test]
fn twenty_people_are_shown_and_all_on_demand() {
    let (world, [first, _]) = two_runs("sqlite:crm.db");
    let crowd: String = (0..30).map(|it| format!("+331990001{it:02},Person {it},,,,,,\n")).collect();
    world.write("list.csv", &(BEFORE.to_owned() + &crowd));
    let ended = world.ferry(&["run", "--format", "json"]);
    let second = serde_json::from_str::<Value>(&ended.out).unwrap()["run_id"].as_str().unwrap().to_owned();
    let labels = [first, second];
    // Thirty are new, and one has opted out in the run between the two.
    let shown = diff(&world, &labels, &[]);
    assert_eq!(shown.matches(" contact ").count(), 20, "{shown}");
    assert!(shown.ends_with("and 11 more: --all shows everyone, --to FILE writes them as CSV\n"), "{shown}");
    assert_eq!(diff(&world, &labels, &["--all"]).matches("new        contact").count(), 30);
    // A reader who has seen enough ends the command quietly.
    let mut command = world.command(&["runs", "diff", &labels[0], &labels[1], "--to", "-"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = crate::world::ended(child.wait_with_output().unwrap());
    assert!(ended.err.is_empty() || !ended.err.contains("rror"), "{ended:?}");
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn somebody_who_was_merged_is_not_only_gone_and_a_uid_names_a_run_too() {
    let (world, [first, _]) = two_runs("sqlite:crm.db");
    assert_eq!(world.ferry(&["merge", "+33199000001", "+33199000002"]).code, 0);
    assert_eq!(world.ferry(&["run", "--new"]).code, 0);
    let listed: Value = serde_json::from_str(&world.ferry(&["runs", "--format", "json"]).out).unwrap();
    let third = listed["runs"][2]["uid"].as_str().unwrap()[..8].to_owned();
    let shown = diff(&world, &[first, third], &[]);
    assert!(shown.contains("+33199000002, segment undecided, merged into "), "{shown}");
    assert!(shown.contains("identities       (none) -> phone +33199000002\n"), "{shown}");
}

#[test]
fn a_run_whose_folder_was_removed_or_that_was_never_there_is_said_to_be_so() {
    let (world, labels) = two_runs("sqlite:crm.db");
    assert_eq!(world.ferry(&["runs", "prune", "--keep", "1"]).code, 0);
    let ended = world.ferry(&["runs", "diff", &labels[0], &labels[1]]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("its folder is not there any more, as after `ferry runs prune`"), "{}", ended.err);
    let ended = world.ferry(&["runs", "diff", "2001-01-01-shop", &labels[1]]);
    assert!(ended.code == 1 && ended.err.contains("there is no run 2001-01-01-shop"), "{ended:?}");
    world.write("list.csv", BEFORE);
    assert_eq!(world.ferry(&["extract"]).code, 0);
    let listed: Value = serde_json::from_str(&world.ferry(&["runs", "--format", "json"]).out).unwrap();
    let begun = listed["runs"][1]["run_id"].as_str().unwrap();
    let ended = world.ferry(&["runs", "diff", &labels[1], begun]);
    assert!(ended.code == 1 && ended.err.contains("has no contacts yet"), "{ended:?}");
}
