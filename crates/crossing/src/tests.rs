//! Runs on exports, a database and their own earlier work, on SQLite and PostgreSQL. Refresh what is expected without
//! `FERRY_TEST_POSTGRES`: both databases write to the same place.

mod two;

use expect_test::expect;
use model::Stage;

use crate::check::{PEOPLE, Project, check};
use crate::{Chosen, OpenRun, Progress, RunOptions, RunPlace};

const PLAN: &str = r#"
[run]
name = "spring"
default_region = "FR"

[crm]
url = "DATABASE"

[[source]]
name = "sms"
channel = "sms"
path = "sms.csv"
profile = "columns"
[source.columns]
phone = "phone"
name = "name"
last_at = "date"
consent = "consent"
"#;

pub(super) const SMS: &str = "phone,name,date,consent
+33199000001,Ana,2026-01-02,yes
01 99 00 00 01,Ana B,2026-02-03,
+33199000002,Bob,,stop
12,Nobody,,yes
+33199000003,Cleo,2026-03-04,yes
";

pub(super) const FILES: [(&str, &str); 2] = [("plan.toml", PLAN), ("sms.csv", SMS)];

#[test]
fn a_first_run_loads_the_people_of_an_export_and_a_second_changes_nothing() {
    check(&FILES, async |project| {
        let first = project.run().await;
        assert_eq!((first.inserted, first.updated, first.unchanged), (3, 0, 0));
        let people = project.select(PEOPLE).await;
        expect![[r#"
            +33199000001 | Ana B | yes
            +33199000002 | Bob | stop
            +33199000003 | Cleo | yes
        "#]]
        .assert_eq(&people);

        let second = project.run().await;
        assert_eq!((second.inserted, second.updated, second.unchanged), (0, 0, 3));
        assert_eq!(project.select(PEOPLE).await, people);
        assert_eq!(project.differences().await, "");
    });
}

#[test]
fn stage_after_stage_makes_what_a_whole_run_makes() {
    let dump = async |project: &Project| {
        let tables = ["contact_view", "identity_view", "consent_view", "segment_view"];
        let columns = ["e164, name, email, consent, source_rows", "kind, value", "state, words, source_row", "segment"];
        let mut dump = String::new();
        for (table, columns) in tables.into_iter().zip(columns) {
            dump += &project.select(&format!("select {columns} from {table} order by contact_id, 1")).await;
        }
        dump
    };
    let whole = std::sync::Mutex::new(Vec::new());
    check(&FILES, async |project| {
        project.run().await;
        let dump = dump(project).await;
        whole.lock().unwrap().push(dump);
    });
    let staged = std::sync::Mutex::new(Vec::new());
    check(&FILES, async |project| {
        for stage in Stage::ALL.into_iter().filter(|it| *it != Stage::Verify) {
            let mut run = if stage == Stage::ALL[0] { project.open().await } else { project.reopen().await };
            crate::stage(&mut run, stage).await.unwrap();
        }
        let dump = dump(project).await;
        staged.lock().unwrap().push(dump);
    });
    assert_eq!(whole.into_inner().unwrap(), staged.into_inner().unwrap());
}

#[test]
fn a_dry_run_tells_what_the_run_then_does_and_writes_nothing_to_the_database() {
    check(&FILES, async |project| {
        project.run().await;
        project.write("sms.csv", &SMS.replace("Cleo", "Chloe").replace("12,Nobody", "+33199000004,Dan"));
        let before = project.select(PEOPLE).await;
        let expected = project.dry_run().await;
        assert_eq!((expected.inserted, expected.updated, expected.unchanged), (1, 1, 2));
        assert_eq!(project.select(PEOPLE).await, before);

        let done = project.run().await;
        assert_eq!((done.inserted, done.updated, done.unchanged), (1, 1, 2));
    });
}

#[test]
fn a_list_over_a_gate_is_not_loaded() {
    let plan = format!("{PLAN}\n[gates]\nmax_invalid_rate = 0.1\n");
    check(&[("plan.toml", &plan), ("sms.csv", SMS)], async |project| {
        let stopped = crate::run(&mut project.open().await).await.unwrap_err();
        expect![[r#"source "sms": 20.0 % of the phone numbers are invalid, and the plan allows 10.0 %: look at the list, or raise the gate"#]].assert_eq(&format!("{stopped:#}"));
        assert!(project.found().folder.path("clean/contacts.parquet").exists());
    });
}

#[test]
fn a_name_that_a_person_edited_stays_and_is_a_conflict() {
    check(&FILES, async |project| {
        project.run().await;
        project.by_hand("update contact set name = 'Anna' where e164 = '+33199000001'").await;
        project.write("sms.csv", &SMS.replace("Ana B", "Ana C"));
        let report = project.run().await;
        assert_eq!(report.conflicts.into_iter().collect::<Vec<_>>(), [("name", 1)]);
        expect![[r#"
            +33199000001 | Anna | yes
            +33199000002 | Bob | stop
            +33199000003 | Cleo | yes
        "#]]
        .assert_eq(&project.select(PEOPLE).await);
    });
}

#[test]
fn one_batch_can_be_loaded_again() {
    check(&FILES, async |project| {
        project.run().await;
        project.by_hand("delete from contact where e164 = '+33199000002'").await;
        expect![[r#"
            Unequal { compared: MissingContacts { batch: 1 }, expected: 0, found: 1 }
        "#]]
        .assert_eq(&project.differences().await);
        let (loaded, _) = crate::rerun(&mut project.reopen().await, 1, Stage::Load).await.unwrap();
        assert_eq!((loaded.inserted, loaded.updated, loaded.unchanged), (1, 0, 2));
        assert_eq!(project.differences().await, "");
    });
}

#[test]
fn an_audit_names_a_lost_receipt_a_foreign_receipt_and_a_damaged_file() {
    check(&FILES, async |project| {
        project.run().await;
        project.by_hand("update receipt set kept = kept - 1").await;
        expect![[r#"
            Unbalanced { stage: Load, counts: Counts { rows_in: 3, kept: 2, merged: 0, rejected: 0, suppressed: 0 } }
        "#]]
        .assert_eq(&project.differences().await);
        project.by_hand(&format!("update receipt set kept = kept + 1, input = '{}'", "0".repeat(64))).await;
        expect![[r#"
            ReceiptOfOtherContacts { stage: Load, batch: 1 }
        "#]]
        .assert_eq(&project.differences().await);
        project.by_hand("delete from receipt").await;
        expect![[r#"
            NoReceipt { stage: Load, batch: 1 }
        "#]]
        .assert_eq(&project.differences().await);
        let rejects = project.found().folder.path("clean/rejects/sms.csv");
        std::fs::write(rejects, "nothing\n").unwrap();
        expect![[r#"
            DamagedArtifact { name: "clean/rejects/sms.csv" }
        "#]]
        .assert_eq(&project.differences().await);
    });
}

const DATED_PLAN: &str = r#"
[run]
name = "spring"
default_region = "FR"

[crm]
url = "DATABASE"

[[source]]
name = "sms"
channel = "sms"
path = "dates.csv"
profile = "columns"
[source.columns]
phone = "phone"
name = "name"
last_at = "date"
consent = "consent"
consent_at = "consented"
opt_out = "left"

[[source]]
name = "bot"
channel = "viber"
path = "bot.json"
profile = "viber-webhooks"
scope = "bot"
"#;

/// Each person has a row of the future or of the last century, and a row that says what holds.
const DATED: &str = "phone,name,date,consent,consented,left
+33199000001,Wrong,2099-01-01,yes,2062-01-01,
+33199000001,Iso,2026-06-01,stop,2026-06-01,
+33199000002,Wrong,4102444800,,,
+33199000002,Seconds,1780000000,,,
+33199000003,Wrong,4102444800000,,,
+33199000003,Milliseconds,1780000000000,,,
+33199000004,Wrong,73000,,,
+33199000004,Serial,46000,,,
+33199000005,Wrong,1999-12-31,,,
+33199000005,Old,2006-01-01,,,
+33199000006,Left,,yes,2026-01-01,2099-01-01
+33199000007,Wrong,31.12.2098 10:20,,,
+33199000007,Dots,01.02.2026 10:20,,,
";

const BOT: &str = r#"{"event":"message","timestamp":4102444800000,"message_token":1,"sender":{"id":"aaaaaaaaaaaaaaaaaaaaaa==","name":"Wrong","language":"fr","country":"FR"},"message":{"type":"text","text":"hello"}}
{"event":"message","timestamp":1780000000000,"message_token":2,"sender":{"id":"aaaaaaaaaaaaaaaaaaaaaa==","name":"Bot","language":"fr","country":"FR"},"message":{"type":"text","text":"hello"}}
"#;

#[test]
fn a_date_of_the_future_or_of_the_last_century_decides_nothing_and_is_counted() {
    check(&[("plan.toml", DATED_PLAN), ("dates.csv", DATED), ("bot.json", BOT)], async |project| {
        let report = project.run().await;
        expect![[r#"
            - | Bot | yes
            +33199000001 | Iso | stop
            +33199000002 | Seconds | -
            +33199000003 | Milliseconds | -
            +33199000004 | Serial | -
            +33199000005 | Old | -
            +33199000006 | Left | stop
            +33199000007 | Dots | -
        "#]]
        .assert_eq(&project.select("select e164, name, consent from contact_view order by coalesce(e164, '')").await);
        assert_eq!(report.n_dates_out_of_range, 8);
    });
}

#[test]
fn a_restore_can_be_taken_back_and_the_run_that_it_takes_back_can_be_loaded_again() {
    check(&FILES, async |project| {
        project.run().await;
        project.write("sms.csv", &SMS.replace("Cleo", "Chloe").replace("12,Nobody", "+33199000004,Dan"));
        project.run().await;
        let after = project.select(PEOPLE).await;

        let restored = project.restore(Chosen::BeforeRun).await.unwrap();
        assert_eq!((restored.n_contacts, restored.replaced), (3, Some(2)));
        assert!(!project.select(PEOPLE).await.contains("Dan"));
        let taken_back = project.restore(Chosen::Number(2)).await.unwrap();
        assert_eq!((taken_back.n_contacts, taken_back.replaced), (4, Some(3)));
        assert_eq!(project.select(PEOPLE).await, after);

        project.restore(Chosen::BeforeRun).await.unwrap();
        let again = project.run().await;
        assert_eq!((again.inserted, again.updated, again.unchanged), (1, 1, 2));
        assert_eq!(project.select(PEOPLE).await, after);
        assert_eq!(project.differences().await, "");
    });
}

#[test]
fn an_afternoon_run_of_a_corrected_file_is_a_run_of_its_own_with_a_backup_of_its_own() {
    check(&FILES, async |project| {
        project.run().await;
        let morning = project.found().folder;
        let digests = |run: &run::RunFolder| run.manifest.artifacts.clone();
        project.write("sms.csv", &SMS.replace("Cleo", "Chloe"));
        project.run().await;
        let afternoon = project.found().folder;
        assert_ne!(morning.dir(), afternoon.dir());
        assert!(afternoon.manifest.run_id.ends_with(".2-spring"), "{}", afternoon.manifest.run_id);
        assert!(matches!(afternoon.manifest.backups[..], [run::Backup::Taken { contacts: 3, .. }]));
        let reread = run::RunFolder::look(morning.dir()).unwrap();
        assert_eq!(digests(&reread), digests(&morning));
        for (name, artifact) in &reread.manifest.artifacts {
            assert!(reread.is_intact(name, artifact).unwrap(), "{name}");
        }
    });
}

#[test]
fn a_backup_of_another_database_is_not_restored() {
    check(&FILES, async |project| {
        project.run().await;
        project.write("sms.csv", &SMS.replace("Cleo", "Chloe"));
        project.run().await;
        // The database is lost, and a new one stands in its place.
        let id = "0123456789abcdef0123456789abcdef";
        project.by_hand(&format!("update ferry_meta set value = '{id}' where key = 'database_id'")).await;
        let before = project.select(PEOPLE).await;
        let refused = project.restore(Chosen::Number(1)).await.map(|it| it.n_contacts).unwrap_err();
        assert_eq!(refused.to_string(), "backup 1 is of another database: it is restored only into its own");
        let refused = project.restore(Chosen::BeforeRun).await.map(|it| it.n_contacts).unwrap_err();
        assert!(refused.to_string().ends_with("has taken no backup of this database: it has written nothing to it"));
        assert_eq!(project.select(PEOPLE).await, before);
    });
}

#[test]
fn damaged_contacts_are_not_loaded() {
    check(&FILES, async |project| {
        for stage in [Stage::Extract, Stage::Clean] {
            let mut run = if stage == Stage::Extract { project.open().await } else { project.reopen().await };
            crate::stage(&mut run, stage).await.unwrap();
        }
        let contacts = project.found().folder.path("clean/contacts.parquet");
        let mut bytes = std::fs::read(&contacts).unwrap();
        bytes[200] ^= 1;
        std::fs::write(&contacts, bytes).unwrap();
        let refused = crate::stage(&mut project.reopen().await, Stage::Load).await.unwrap_err();
        assert!(refused.to_string().contains("it is not what the manifest says"), "{refused:#}");
        // A whole run makes the file again.
        assert_eq!(project.run().await.inserted, 3);
        assert_eq!(project.differences().await, "");
    });
}

#[test]
fn a_run_goes_with_its_project_when_the_folder_is_moved() {
    check(&FILES, async |project| {
        project.run().await;
        let run_id = project.found().folder.manifest.run_id;
        for name in ["ferry.key", "plan.toml", "sms.csv", "runs", "backups"] {
            let (from, to) = (project.path(name), project.path("moved").join(name));
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            if from.exists() {
                std::fs::rename(from, to).unwrap();
            }
        }
        let place = RunPlace { plan: project.path("moved/plan.toml"), run: None, run_dir: None };
        assert_eq!(crate::find_run(&place).unwrap().folder.manifest.run_id, run_id);
        let options = RunOptions { plan: project.path("moved/plan.toml"), ..project.options() };
        let mut run = OpenRun::open(&options, Progress::new(|_| ())).await.unwrap();
        assert_eq!(run.run_id(), run_id);
        let report = crate::run(&mut run).await.unwrap();
        assert_eq!((report.inserted, report.updated, report.unchanged), (0, 0, 3));
    });
}

#[test]
fn the_same_exports_after_others_are_a_new_run() {
    check(&FILES, async |project| {
        project.run().await;
        project.write("sms.csv", &SMS.replace("Cleo", "Chloe"));
        project.run().await;
        project.write("sms.csv", SMS);
        let report = project.run().await;
        assert_eq!((report.inserted, report.updated), (0, 1), "the name of before counts again");
        assert!(report.run_id.ends_with(".3-spring"), "{}", report.run_id);
    });
}

#[test]
fn a_raised_gate_goes_on_with_the_run_that_it_stopped() {
    let strict = format!("{PLAN}\n[gates]\nmax_invalid_rate = 0.1\n");
    check(&[("plan.toml", &strict), ("sms.csv", SMS)], async |project| {
        let stopped = project.open().await.run_id().to_owned();
        crate::run(&mut project.open().await).await.unwrap_err();
        project.write("plan.toml", &strict.replace("0.1", "0.5"));
        let report = project.run().await;
        assert_eq!((report.run_id, report.inserted), (stopped, 3));
    });
}

#[test]
fn a_key_that_is_lost_is_asked_for_before_anything_is_read() {
    check(&FILES, async |project| {
        project.run().await;
        std::fs::remove_file(project.path("ferry.key")).unwrap();
        project.write("sms.csv", &SMS.replace("Cleo", "Chloe"));
        let refused = OpenRun::open(&project.options(), Progress::new(|_| ())).await.map(drop).unwrap_err();
        assert!(refused.to_string().ends_with("bring it with `ferry key import`"), "{refused:#}");
        assert!(!project.path("ferry.key").exists(), "no other key was made");
        assert_eq!(
            std::fs::read_dir(project.path("runs")).unwrap().filter(|it| it.as_ref().unwrap().path().is_dir()).count(),
            1
        );
    });
}

#[test]
fn an_audit_looks_at_the_backup_too() {
    check(&FILES, async |project| {
        project.run().await;
        project.write("sms.csv", &SMS.replace("Cleo", "Chloe"));
        project.run().await;
        assert_eq!(project.differences().await, "");
        let backup = project.path("backups/0001");
        let files = std::fs::read_dir(&backup).unwrap().map(|it| it.unwrap().path());
        let copy = files.filter(|it| it.file_name().unwrap() != "backup.json").max().unwrap();
        std::fs::write(copy, "damaged").unwrap();
        assert_eq!(project.differences().await, "DamagedBackup { number: 1 }\n");
    });
}
