//! The main path: two exports in, a loaded CRM out, and the commands that follow a run.

use expect_test::expect;
use std::fmt::Write as _;

use crate::world::{Sandbox, World};

const PLAN: &str = r#"[run]
name = "small"
default_region = "FR"

[crm]
url = "sqlite:ferry.db"

[[source]]
name = "sms"
channel = "sms"
path = "sms.csv"
profile = "columns"
[source.columns]
phone = "Phone"
region = "Country"
name = "Name"
email = "Mail"
language = "Lang"
last_at = "Last"
consent = "OptIn"

[[source]]
name = "viber"
channel = "viber"
path = "viber.csv"
profile = "columns"
[source.columns]
phone = "phone"
external_id = "id"
name = "name"
last_at = "date"
consent = "state"

[gates]
max_reject_rate = 1.0
max_unreadable = { consent = 1.0 }
"#;

fn small(sms: &str, viber: &str) -> World {
    let world = World::empty();
    let lines = |text: &str| text.lines().map(|it| it.trim().to_owned() + "\n").collect::<String>();
    world.write("plan.toml", PLAN);
    world.write("sms.csv", &lines(&format!("Phone,Country,Name,Mail,Lang,Last,OptIn\n{sms}")));
    world.write("viber.csv", &lines(&format!("phone;id;name;date;state\n{viber}")));
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    world
}

#[test]
fn one_person_on_two_channels_is_one_contact() {
    let world = small(
        "01 99 00 00 01,France,ANA PÉREZ,Ana@Example.com,fr-FR,2026-03-01T10:00:00Z,yes
         +1 (202) 555-0123,us,Ben,,,2026-01-01,oui",
        "+33199000001;dGVzdA==;Ana P.;02/03/2026 09:30;unsubscribed",
    );
    expect![[r#"
        +12025550123|US|fixed_line_or_mobile|Ben|||yes|2026-01-01T00:00:00Z|sms|1|
        +33199000001|FR|fixed_line|Ana P.|ana@example.com|fr|no|2026-03-02T09:30:00Z|sms+viber|2|
    "#]]
    .assert_eq(&world.contacts());
}

#[test]
fn the_latest_row_that_knows_a_field_gives_it_and_sms_wins_a_tie() {
    let world = small(
        "+33199000001,,Early,e@example.com,de,2026-01-01T00:00:00Z,
         +33199000001,,Late,,,2026-02-01T00:00:00Z,
         +33199000002,,Sms,,,2026-02-01T00:00:00Z,
         +33199000003,,First,,,2026-02-01T00:00:00Z,
         +33199000003,,Second,,,2026-02-01T00:00:00Z,
         +33199000004,,Dated,,,2020-01-01T00:00:00Z,
         +33199000004,,Undated,,,,",
        "+33199000002;x;Viber;01.02.2026 00:00;",
    );
    expect![[r#"
        +33199000001|FR|fixed_line|Late|e@example.com|de||2026-02-01T00:00:00Z|sms|2|
        +33199000002|FR|fixed_line|Sms||||2026-02-01T00:00:00Z|sms+viber|2|
        +33199000003|FR|fixed_line|First||||2026-02-01T00:00:00Z|sms|2|
        +33199000004|FR|fixed_line|Dated||||2020-01-01T00:00:00Z|sms|2|
    "#]]
    .assert_eq(&world.contacts());
}

#[test]
fn statements_of_a_list_are_undated_and_the_strictest_of_all_channels_counts() {
    let world = small(
        "+33199000001,,A,,,2026-01-01T00:00:00Z,stop
         +33199000001,,A,,,2026-02-01T00:00:00Z,yes
         +33199000004,,D,,,2026-03-01T00:00:00Z,maybe
         +33199000004,,D,,,2026-04-01T00:00:00Z,yes
         +33199000002,,B,,,2026-01-01T00:00:00Z,yes
         +33199000002,,B,,,2026-01-01T00:00:00Z,no
         +33199000003,,C,,,,stop
         +33199000003,,C,,,2026-01-01T00:00:00Z,yes",
        "+33199000002;x;B;01.01.2026 00:00;STOP",
    );
    expect![[r#"
        +33199000001|FR|fixed_line|A|||stop|2026-02-01T00:00:00Z|sms|2|
        +33199000002|FR|fixed_line|B|||stop|2026-01-01T00:00:00Z|sms+viber|3|
        +33199000003|FR|fixed_line|C|||stop|2026-01-01T00:00:00Z|sms|2|
        +33199000004|FR|fixed_line|D|||unclear|2026-04-01T00:00:00Z|sms|2|
    "#]]
    .assert_eq(&world.contacts());
}

#[test]
fn a_viber_user_without_a_phone_is_a_contact_and_joins_the_one_phone_it_was_seen_with() {
    let world = small(
        "+33199000001,,Ana,,,2026-01-01T00:00:00Z,",
        "+33199000001;QUJD;;01.02.2026 00:00;
         ;QUJD;Ana on Viber;01.03.2026 00:00;no
         ;eHl6;Only Viber;01.03.2026 00:00;yes
         ;;Nobody;;",
    );
    expect![[r#"
        +33199000001|FR|fixed_line|Ana on Viber|||no|2026-03-01T00:00:00Z|sms+viber|3|
        |||Only Viber|||yes|2026-03-01T00:00:00Z|viber|1|
    "#]]
    .assert_eq(&world.contacts());
    assert_eq!(world.rejects(), ["4 5 E_EMPTY phone"]);
}

#[test]
fn a_trace_tells_which_row_each_field_came_from_and_what_became_of_a_row() {
    let world = small(
        "+33199000001,,Ana,a@example.com,,2026-01-01T00:00:00Z,
         AMAZON,,Shop,,,,",
        "+33199000001;QUJD;Ana P.;01.02.2026 00:00;",
    );
    let trace = |query: &str| world.ferry(&["trace", query, "--run-dir", "run"]);
    let person = trace("01 99 00 00 01").out;
    for line in [
        "  phone            +33199000001",
        "  name             Ana P.  from viber:1, latest; not Ana (sms:1)",
        "  email            a@example.com  from sms:1",
        "  identity         viber QUJD",
        "  rows             sms:1 viber:1",
        "row sms:1 (line 2): merged",
        "row viber:1 (line 2): kept",
    ] {
        assert!(person.lines().any(|it| it.split(", in run ").next() == Some(line)), "{line} is not in\n{person}");
    }
    assert_eq!(trace("viber:1").out, person);
    assert_eq!(trace("QUJD").out, person);
    let rejected = "row sms:2 (line 3): rejected, E_LETTERS: the phone number has letters in it, in run ";
    assert!(trace("sms:2").out.starts_with(rejected));
    assert_eq!(trace("+33199000009").code, 1);
    assert_eq!(trace("sms:9").err, "ferry: source sms has no row 9\n");
}

#[test]
fn a_second_run_changes_nothing_and_says_so() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    let first = world.run();
    let (dump, asked) = (world.dump_sqlite(), sandbox.ledger().len());
    let second = world.run();

    assert_eq!((first.code, second.code), (0, 0), "{first:?} {second:?}");
    assert!(second.out.contains("0 new, 0 changed, 316 unchanged: nothing changed"), "{}", second.out);
    assert_eq!(world.dump_sqlite(), dump);
    assert_eq!(sandbox.ledger().len(), asked);

    // The same from a folder without the first run.
    let elsewhere = world.ferry(&["run", "--run-dir", "other"]);
    assert!(elsewhere.out.contains("0 new, 0 changed, 316 unchanged: nothing changed"), "{}", elsewhere.out);
}

#[test]
fn an_audit_proves_the_balance_and_names_what_does_not_add_up() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    world.run();
    let audit = || world.ferry(&["audit", "--run-dir", "run"]);
    let sound = audit();
    assert_eq!(sound.code, 0, "{sound:?}");
    assert!(sound.out.contains("600 rows in = 316 kept + 261 merged + 23 rejected + 0 suppressed"), "{}", sound.out);

    let report = world.read("run/report.html");
    world.write("run/report.html", &report.replace("316", "361"));
    assert!(audit().out.contains("report.html is missing, or it is not what the manifest says"));
    assert_eq!(world.ferry(&["run", "--run-dir", "run"]).code, 0);
    assert_eq!(audit().code, 0, "the report is made again");

    let url = format!("sqlite:{}", world.path("ferry.db").display());
    let victim =
        crate::world::texts(&url, "delete from contact where e164 = (select min(e164) from contact) returning e164");
    let lost = audit();
    assert_eq!((victim.len(), lost.code), (1, 1));
    assert!(lost.out.contains("missing in the database: expected 0, found 1"), "{}", lost.out);

    let path = world.path("run/clean/ledger.parquet");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(audit().out.contains("clean/ledger.parquet is missing, or it is not what the manifest says"));
}

#[test]
fn one_batch_can_be_done_again() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    world.run();
    let asked = sandbox.ledger().len();
    let again = world.ferry(&["rerun", "--batch", "2", "--from", "verify", "--run-dir", "run"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(
        again.out.starts_with("batch 2 was run again: 0 new, 0 changed, 100 unchanged\n\ncan be invited"),
        "{again:?}"
    );
    assert_eq!(sandbox.ledger().len(), asked + 100);
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);

    let none = world.ferry(&["rerun", "--batch", "9", "--from", "load", "--run-dir", "run"]);
    assert_eq!((none.code, none.err.as_str()), (1, "ferry: the run has no batch 9; it has 4\n"));
    assert_eq!(world.ferry(&["rerun", "--batch", "1", "--from", "clean", "--run-dir", "run"]).code, 2);
}

#[test]
fn a_dry_run_writes_nothing_outside_the_run_folder_and_says_what_would_happen() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    let before = files(&world);
    let dry = world.ferry(&["run", "--dry-run", "--run-dir", "dry"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    for line in [
        "would check about 316 numbers and 5 test numbers in 5 calls, 0.32 USD",
        "would load 316 contacts: 316 new, 0 changed, 0 unchanged",
    ] {
        assert!(dry.out.contains(line), "{}", dry.out);
    }
    assert_eq!(files(&world), before);
    assert_eq!(sandbox.ledger().len(), 0);

    world.run();
    let dump = world.dump_sqlite();
    let again = world.run_in("dry", &["--dry-run"]);
    assert!(again.out.contains("would check about 0 numbers in 0 calls"), "{}", again.out);
    assert!(again.out.contains("would load 316 contacts: 0 new, 0 changed, 316 unchanged"), "{}", again.out);
    assert_eq!(world.dump_sqlite(), dump);
}

fn files(world: &World) -> Vec<String> {
    let entries = std::fs::read_dir(world.path("")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = entries.filter(|it| it != "run" && it != "dry").collect();
    files.sort();
    files
}

#[test]
fn each_stage_runs_alone_on_what_the_stage_before_left() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    let stage = |name: &str| world.ferry(&[name, "--run-dir", "run"]);
    assert_eq!(stage("clean").err, "ferry: there is no run in run: start one with `ferry run`\n");
    for name in ["extract", "clean", "verify", "load"] {
        let ended = stage(name);
        assert_eq!(ended.code, 0, "{name}: {ended:?}");
    }
    let whole = World::demo(&sandbox);
    whole.run();
    assert_eq!(world.contacts(), whole.contacts());
    let status = world.ferry(&["status", "--run-dir", "run"]).out;
    assert!(status.contains("load     done             4 of 4 batches"), "{status}");
}

#[test]
fn an_export_is_safe_in_a_spreadsheet_unless_it_is_asked_to_be_exact() {
    let world = small("+33199000001,,;=1+1,-x@example.com,,,", "");
    world.ferry(&["export", "contacts", "--to", "safe.csv"]);
    let safe = world.read("safe.csv");
    assert!(safe.contains(",+33199000001,FR,fixed_line,;'=1+1,'-x@example.com,"), "{safe}");
    assert_eq!(world.contacts(), "+33199000001|FR|fixed_line|;=1+1|-x@example.com||||sms|1|\n");
}

#[test]
fn a_line_that_no_message_reaches_is_kept_and_marked() {
    let world = small("+33199000001,,Desk,,,,\n+46701740605,,Mobile,,,,", ";QUJD;No phone;;");
    world.ferry(&["export", "contacts", "--exact", "--to", "all.csv"]);
    let mut reader = csv::Reader::from_path(world.path("all.csv")).unwrap();
    let place = reader.headers().unwrap().iter().position(|it| it == "sendable").unwrap();
    let mut marked: Vec<String> =
        reader.records().map(|it| it.unwrap()).map(|it| format!("{} {}", &it[4], &it[place])).collect();
    marked.sort();
    assert_eq!(marked, ["Desk false", "Mobile true", "No phone "]);
}

#[test]
fn too_many_rejects_end_with_a_code_of_their_own_and_the_rest_is_loaded() {
    let world = small("+33199000001,,A,,,,\nAMAZON,,B,,,,", "");
    world.replan("max_reject_rate = 1.0", "max_reject_rate = 0.4");
    let ended = world.run();
    assert_eq!(ended.code, 3);
    assert!(
        ended.out.contains("50.0 % of the rows were rejected, and the plan allows 40.0 %: see clean/rejects"),
        "{}",
        ended.out
    );
    assert_eq!(world.contacts().lines().count(), 1);
}

#[test]
fn files_of_a_run_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = small("+33199000001,,A,,,,", "");
    let mode = |name: &str| std::fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777;
    for name in [
        "run/manifest.json",
        "run/extract/sms.parquet",
        "run/clean/contacts.parquet",
        "run/clean/rejects/sms.csv",
        "run/report.html",
        "ferry.db",
    ] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    for name in ["run", "run/extract", "run/clean"] {
        assert_eq!(mode(name), 0o700, "{name}");
    }
}

#[test]
fn no_log_holds_a_number_or_a_name() {
    let world = small("+33199000001,,Canary Name,canary@example.com,,,\nAMAZON CANARY,,Canary,,,,", "");
    world.replan("sqlite:ferry.db", "sqlite:loud.db");
    let mut command = world.command(&["run", "--run-dir", "loud"]);
    let loud = crate::world::ended(command.env("FERRY_LOG", "trace").output().unwrap());
    let manifest = world.read("loud/manifest.json");
    let report = world.read("loud/report.html");
    assert!(loud.err.contains("batches loaded"), "{}", loud.err);
    for text in [&loud.err, &loud.out, &manifest, &report] {
        for canary in ["33199000001", "Canary Name", "canary@example.com", "AMAZON", "199 00 00 01"] {
            assert!(!text.contains(canary), "{canary} is in {text}");
        }
    }
}

#[test]
fn a_twilio_log_becomes_contacts_with_opt_outs_by_time() {
    let world = World::empty();
    world.write(
        "log.csv",
        "\
From,To,Body,Status,SentDate,ApiVersion,NumSegments,ErrorCode,AccountSid,Sid,Direction,Price,PriceUnit
+12025550199,+33199000001,Bonjour,delivered,2026-01-01T10:00:00Z,,1,,AC,SM1,outbound-api,,
+33199000001,+12025550199,Stop.,received,2026-01-02T10:00:00Z,,1,,AC,SM2,inbound,,
+12025550199,+33199000002,Bonjour,failed,2026-01-01T10:00:00Z,,1,21610,AC,SM3,outbound-api,,
+33199000003,+12025550199,START,received,2026-02-01T10:00:00Z,,1,,AC,SM4,inbound,,
+33199000003,+12025550199,STOP,received,2026-01-01T10:00:00Z,,1,,AC,SM5,inbound,,
MyBrand,+33199000004,\"two
lines\",delivered,2026-01-01T10:00:00Z,,1,,AC,SM6,outbound-api,,
36789,+12025550199,pub,received,2026-01-01T10:00:00Z,,1,,AC,SM7,inbound,,
+12025550199,whatsapp:+33199000005,hi,read,2026-01-01T10:00:00Z,,1,,AC,SM8,outbound-reply,,
+12025550199,+33199000006,hi,read,2026-01-01T10:00:00Z,,1,,AC,SM9,sideways,,
",
    );
    world.write(
        "plan.toml",
        r#"
[run]
name = "log"
[crm]
url = "sqlite:ferry.db"
[[source]]
name = "log"
channel = "sms"
path = "log.csv"
profile = "twilio-messages"
[gates]
max_reject_rate = 1.0
"#,
    );
    assert_eq!(world.run().code, 0);
    expect![[r#"
        +33199000001|FR|fixed_line||||stop|2026-01-02T10:00:00Z|sms|2|
        +33199000002|FR|fixed_line||||stop|2026-01-01T10:00:00Z|sms|1|
        +33199000003|FR|fixed_line||||yes|2026-02-01T10:00:00Z|sms|2|
        +33199000004|FR|fixed_line|||||2026-01-01T10:00:00Z|sms|1|
        +33199000005|FR|fixed_line|||||2026-01-01T10:00:00Z|sms|1|
    "#]]
    .assert_eq(&world.contacts());
    assert_eq!(world.rejects(), ["7 9 E_NOT_SUBSCRIBER phone", "9 11 E_DIRECTION"]);
}

#[test]
fn viber_subscribers_are_read_by_their_usual_columns() {
    let world = World::empty();
    world.write("subs.csv", "User ID,Name,Subscription Date,Language\nQUJD+/w==,ana,2026-01-01,FR\nqujd+/w==,Ben,,\n");
    world.write(
        "plan.toml",
        r#"
[run]
name = "subs"
[crm]
url = "sqlite:ferry.db"
[[source]]
name = "subs"
channel = "viber"
path = "subs.csv"
profile = "viber-subscribers"
"#,
    );
    assert_eq!(world.run().code, 0);
    expect![[r#"
        |||Ana||fr||2026-01-01T00:00:00Z|viber|1|
        |||Ben|||||viber|1|
    "#]]
    .assert_eq(&world.contacts());
}

#[test]
fn little_memory_changes_nothing_of_two_million_rows_but_where_they_wait() {
    let mut rows = "phone,name,id\n".to_owned();
    for n in 0..2_000_000_u32 {
        let _ = writeln!(rows, "+3319900{:04},Person number {n} of the list,dmliZXI{}", n * 7 % 10_000, n % 9_000);
    }
    let cleaned = |memory: &str| {
        let world = World::with_sms(rows.as_bytes());
        world.replan("name = \"name\"", "name = \"name\"\nviber_id = \"id\"");
        let mut command = world.command(&["run", "--run-dir", "run", "--dry-run", "--memory", memory]);
        let ended = crate::world::ended(command.env("FERRY_LOG", "debug").output().unwrap());
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(!world.path("run/spill").exists());
        let manifest: serde_json::Value = serde_json::from_str(&world.read("run/manifest.json")).unwrap();
        (
            ended.err.contains("rows moved to a file"),
            manifest["artifacts"].clone(),
            manifest["stages"]["clean"]["links"].clone(),
        )
    };
    let (much, little) = (cleaned("2GiB"), cleaned("64MiB"));
    assert_eq!((much.0, little.0), (false, true));
    assert_eq!((much.1, much.2), (little.1, little.2));
}

#[test]
fn a_list_of_counted_up_or_invalid_numbers_is_named_and_can_be_stopped_before_anybody_is_asked() {
    let mut rows = "phone,name\n".to_owned();
    for n in 0..300 {
        let _ = match n % 3 {
            0 => writeln!(rows, "+33639980{n:03},"),
            _ => writeln!(rows, "+33199{:06},", 1000 + n / 3 * 2 + n % 3),
        };
    }
    let world = World::with_sms(rows.as_bytes());
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    for finding in [
        "sms: 33.3 % of the phone numbers are invalid",
        "sms: FR: 33.3 % of 300 numbers are invalid",
        "sms: +33639…: 100.0 % of 100 numbers are invalid",
        "sms: 100.0 % of the numbers are in sequences of eight or more, as if they had been generated and not collected",
        "sms: no names, no dates and no consent: the list may have been bought",
    ] {
        assert!(ended.out.contains(finding), "{finding} is not in\n{}", ended.out);
    }
    for finding in [
        "sms.csv: 33.3% of the phone numbers are invalid",
        "sms.csv: FR: 33.3% of 300 numbers are invalid",
        "sms.csv: +33639…: 100.0% of 100 numbers are invalid",
        "sms.csv: 100.0% of the numbers are in sequences of eight or more",
        "sms.csv: no names, no dates and no consent: the list may have been bought",
    ] {
        assert!(world.read("run/report.html").contains(finding), "{finding}");
    }
    for (gate, error) in [
        (
            "max_invalid_rate = 0.1",
            "source \"sms\": 33.3 % of the phone numbers are invalid, and the plan allows 10.0 %",
        ),
        (
            "max_sequence_rate = 0.5",
            "source \"sms\": 100.0 % of the phone numbers stand in sequence, and the plan allows 50.0 %",
        ),
    ] {
        let world = World::with_sms(rows.as_bytes());
        world.replan("max_reject_rate = 1.0", &format!("max_reject_rate = 1.0\n{gate}"));
        let ended = world.run();
        assert_eq!(ended.code, 4, "{ended:?}");
        assert!(ended.err.contains(error), "{}", ended.err);
        assert!(!world.path("ferry.db").exists());
    }
}

#[test]
fn each_field_is_kept_by_the_rule_of_the_plan_and_the_trace_says_by_which_and_what_lost() {
    let rows = "phone,name,at,consent\n+33199000001,Annabelle,2026-01-01,stop\n+33199000001,Ana,2026-02-01,yes\n";
    let world = World::with_sms(rows.as_bytes());
    world.replan("name = \"name\"", "name = \"name\"\nlast_at = \"at\"\nconsent = \"consent\"");
    world.replan("[gates]", "[merge]\nname = \"longest\"\nconsent = \"strictest\"\n[gates]");
    assert_eq!(world.run().code, 0);
    assert_eq!(world.contacts(), "+33199000001|FR|fixed_line|Annabelle|||stop|2026-02-01T00:00:00Z|sms|2|\n");
    let traced = world.ferry(&["trace", "+33199000001", "--run-dir", "run"]).out;
    for line in [
        "  name             Annabelle  from sms:1, longest; not Ana (sms:2)",
        "  consent          stop  from sms:1",
        "  statement        undated yes for sms: cell \"yes\" from sms:2, first in ",
        "  statement        undated stop for sms: cell \"stop\" from sms:1, first in ",
    ] {
        assert!(traced.contains(line), "{traced}");
    }
    world.replan("name = \"longest\"", "name = \"strictest\"");
    assert_eq!(world.run().code, 2);
    world.replan("name = \"strictest\"\nconsent = \"strictest\"", "consent = \"latest\"");
    let wrong = world.run();
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("the rule is latest-statement or strictest"), "{}", wrong.err);
}
