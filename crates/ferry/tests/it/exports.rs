//! Every export format: `ferry inspect` recognises it, and the `[[source]]` that it prints reads it.
//!
//! Expected output is next to each export as NAME.expected; `UPDATE_EXPECT=1 scripts/test -p ferry exports` refreshes
//! the files.

use std::fmt::Write;
use std::path::Path;

use expect_test::expect_file;
use serde_json::Value;

use crate::world::World;

/// An export and its profile; none for a table of no provider.
const EXPORTS: [(&str, Option<&str>); 42] = [
    ("twilio/messages.csv", Some("twilio-messages")),
    ("twilio/api", Some("twilio-messages-api")),
    ("twilio/bulk", Some("twilio-bulk-export")),
    ("vonage/SMS_4f1c.zip", Some("vonage-sms")),
    ("vonage/MESSAGES_77aa.zip", Some("vonage-messages")),
    ("plivo/download.csv", Some("plivo-messages")),
    ("plivo/mail.csv", Some("plivo-messages-mail")),
    ("plivo/page.json", Some("plivo-messages-api")),
    ("infobip/people.xlsx", Some("infobip-people")),
    ("infobip/people.json", Some("infobip-people-api")),
    ("infobip/logs.json", Some("infobip-logs")),
    ("infobip/viber-logs.json", Some("infobip-viber-logs")),
    ("infobip/inbox.json", Some("infobip-inbox")),
    ("infobip/blocklist.json", Some("infobip-blocklist")),
    ("messagebird/contacts.json", Some("messagebird-contacts")),
    ("messagebird/messages.json", Some("messagebird-messages")),
    ("bird/contacts.json", Some("bird-contacts")),
    ("sinch/opt-outs.json", Some("sinch-opt-outs")),
    ("telnyx/opt-outs.json", Some("telnyx-opt-outs")),
    ("aws/opted-out.json", Some("aws-opt-outs")),
    ("aws/sns.json", Some("aws-sns-opt-outs")),
    ("viber/webhooks.ndjson", Some("viber-webhooks")),
    ("viber/bot-builder.csv", Some("viber-bot-builder")),
    ("viber/delivery-report.csv", Some("viber-delivery-report")),
    ("viber/suppression.csv", Some("viber-suppression")),
    ("viber/links.csv", Some("viber-links")),
    ("viber/subscribers.csv", Some("viber-subscribers")),
    ("generic/opt-outs.csv", Some("opt-outs")),
    ("generic/contacts.tsv", None),
    ("generic/contacts-1252.csv", None),
    ("generic/contacts-utf16.csv", None),
    ("generic/contacts.csv.gz", None),
    ("generic/contacts.csv.zst", None),
    ("generic/contacts.zip", None),
    ("generic/contacts.xlsx", None),
    ("generic/contacts.xlsx.gz", None),
    ("generic/contacts-xlsx.zip", None),
    ("generic/contacts.ods", None),
    ("generic/contacts.ndjson", None),
    ("generic/contacts-array.json", None),
    ("generic/numbers.txt", None),
    ("generic/orders.csv", None),
];

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");

/// A folder with one export in it.
fn world(export: &str) -> World {
    let world = World::empty();
    let (from, to) = (Path::new(FIXTURES).join(export), world.path(export));
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    if from.is_dir() {
        std::fs::create_dir(&to).unwrap();
        for file in std::fs::read_dir(&from).unwrap().map(|it| it.unwrap()) {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    } else {
        std::fs::copy(&from, &to).unwrap();
    }
    world
}

fn inspected(world: &World, export: &str) -> Value {
    let ended = world.ferry(&["inspect", export, "--region", "FR", "--format", "json"]);
    assert_eq!(ended.code, 0, "{export}: {ended:?}");
    serde_json::from_str::<Value>(&ended.out).unwrap()["files"][0].clone()
}

/// The inspection of an export, and the result of a run of it.
fn told(export: &str) -> (Option<String>, String) {
    let world = world(export);
    let inspected = inspected(&world, export);
    let profile = inspected["kind"]["profile"].as_str().map(str::to_owned);
    let mut told = world.ferry(&["inspect", export, "--region", "FR"]).out;
    let Some(source) = inspected["source"].as_str() else { return (profile, told) };
    // The user fills in the kind of list.
    let source = source.replace("consent = \"?\"", "consent = \"stop\"");
    world.write(
        "plan.toml",
        &format!(
            "[run]\nname = \"test\"\ndefault_region = \"FR\"\n[crm]\nurl = \"sqlite:ferry.db\"\n[gates]\nmax_reject_rate = 1.0\n{source}"
        ),
    );
    let ran = world.ferry(&["run", "--run-dir", "run", "--quiet"]);
    assert_eq!(ran.code, 0, "{export}: {ran:?}");
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0, "{export}");
    told += "\n";
    // What comes after the numbers that matter is the same for every export.
    let (summary, _) = ran.out.split_once("\n\ncan be invited").unwrap();
    for line in summary.lines().filter(|it| !it.starts_with("run ")) {
        let _ = writeln!(told, "{line}");
    }
    assert_eq!(world.ferry(&["export", "contacts", "--exact", "--to", "contacts.csv"]).code, 0);
    let contacts = world.read("contacts.csv");
    // A contact id depends on the key of the test, and means nothing to a reader.
    let mut lines: Vec<&str> = contacts.lines().map(|it| it.split_once(',').unwrap().1).collect();
    lines[1..].sort_unstable();
    let _ = writeln!(told, "\n{}", lines.join("\n"));
    let rejects = world.rejects().into_iter().filter(|it| !it.is_empty());
    let rejects: Vec<String> = rejects.map(|it| format!("rejected: record, line, reason: {it}")).collect();
    (profile, told + &rejects.join("\n"))
}

#[test]
fn every_export_is_known_and_becomes_the_contacts_that_it_holds() {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let per_thread = EXPORTS.len().div_ceil(4);
        let threads: Vec<_> = EXPORTS.chunks(per_thread).map(|it| scope.spawn(move || wrong_ones(it))).collect();
        threads.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn wrong_ones(exports: &[(&str, Option<&str>)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (export, expected) in exports {
        let (profile, told) = told(export);
        expect_file![format!("{FIXTURES}/{export}.expected")].assert_eq(&told);
        if profile.as_deref() != *expected {
            wrong.push(format!("{export} is taken for {profile:?}"));
        }
    }
    wrong
}

#[test]
fn one_table_in_any_form_and_wrapping_is_the_same_people() {
    let people = |export: &str| {
        let told = told(export).1;
        let start = told.find("e164,").unwrap();
        told[start..].to_owned()
    };
    let plain = people("generic/contacts.tsv");
    assert!(plain.contains("\n+33199000001,FR,fixed_line,Ana Lopez,ana@example.com,fr,"), "{plain}");
    for export in [
        "contacts-1252.csv",
        "contacts-utf16.csv",
        "contacts.csv.gz",
        "contacts.csv.zst",
        "contacts.zip",
        "contacts.xlsx",
        "contacts.xlsx.gz",
        "contacts-xlsx.zip",
        "contacts.ods",
    ] {
        assert_eq!(people(&format!("generic/{export}")), plain, "{export}");
    }
}

#[test]
fn one_log_in_three_shapes_is_the_same_people_and_the_same_messages() {
    let people = |export: &str| {
        let told = told(export).1;
        let start = told.find("e164,").unwrap();
        let end = told.find("\nrejected: ").unwrap();
        told[start..end].to_owned()
    };
    let console = people("twilio/messages.csv");
    assert_eq!(people("twilio/api"), console);
    assert_eq!(people("twilio/bulk"), console);
}

#[test]
fn the_order_of_the_lines_of_a_log_changes_nothing() {
    let people = |export: &str, turn: bool| {
        let world = world(export);
        if turn {
            let text = world.read(export);
            let (header, rows) = match export.ends_with(".csv") {
                true => text.split_once('\n').unwrap(),
                false => ("", text.as_str()),
            };
            let mut rows: Vec<&str> = rows.lines().collect();
            rows.reverse();
            world.write(export, format!("{header}\n{}\n", rows.join("\n")).trim_start());
        }
        let source = inspected(&world, export)["source"].as_str().unwrap().to_owned();
        world.write(
            "plan.toml",
            &format!("[run]\nname = \"test\"\ndefault_region = \"FR\"\n[crm]\nurl = \"sqlite:ferry.db\"\n[gates]\nmax_reject_rate = 1.0\n{source}"),
        );
        assert_eq!(world.run().code, 0);
        world.contacts()
    };
    for export in ["viber/webhooks.ndjson", "plivo/download.csv"] {
        assert_eq!(people(export, true), people(export, false), "{export}");
    }
}

#[test]
fn an_unknown_table_is_said_to_be_unknown_with_the_nearest_kind() {
    let told = told("generic/orders.csv").1;
    assert!(told.contains("is         unknown, and no column looks like a phone number or a Viber id"), "{told}");
    assert!(
        told.contains("nearest    plivo-messages; it lacks Message UUID, From, To; it does not know Order"),
        "{told}"
    );
    assert!(!told.contains("[[source]]"), "{told}");
}

#[test]
fn logs_of_infobip_are_of_viber_or_sms_whether_the_account_has_a_platform_or_not() {
    let log = r#""messageId":"m-1","sender":"MaMarque","destination":"33199000001","sentAt":"2026-03-03T09:11:07.000+0100","status":{"groupName":"DELIVERED"}"#;
    let world = World::empty();
    for (more, profile) in [
        (r#""content":{"text":"a"}"#, "infobip-logs"),
        (r#""mccMnc":"20801","platform":{}"#, "infobip-logs"),
        (r#""mccMnc":"20801","platform":{"entityId":"e"}"#, "infobip-logs"),
        (r#""platform":{"entityId":"e"}"#, "infobip-viber-logs"),
        (r#""platform":{},"content":{"type":"TEXT","text":"a"}"#, "infobip-viber-logs"),
    ] {
        world.write("logs.json", &format!("{{\"results\":[{{{log},{more}}}],\"cursor\":{{\"nextCursor\":null}}}}"));
        let told = world.ferry(&["inspect", "logs.json", "--format", "json"]).out;
        assert!(told.contains(&format!("\"{profile}\"")), "{more}: {told}");
    }
}
