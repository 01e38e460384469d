//! The stages of a first run overlap: rows are cleaned while others are read, contacts loaded while others are merged.

use crate::world::{Postgres, Sandbox, World, dump, texts};

#[test]
fn a_run_that_does_all_at_once_gives_what_its_stages_give_one_after_the_other() {
    let (at_once, in_stages) = (World::crowd(5_500), World::crowd(5_500));
    let mut command = at_once.command(&["run", "--run-dir", "run"]);
    let ended = crate::world::ended(command.env("FERRY_LOG", "info").output().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("batches loaded while contacts were merged inserted=5500"), "{}", ended.err);
    assert!(ended.out.contains("5,500 new, 0 changed, 0 unchanged"), "{}", ended.out);
    for stage in ["extract", "clean", "load"] {
        let ended = in_stages.ferry(&[stage, "--run-dir", "run"]);
        assert_eq!(ended.code, 0, "{stage}: {ended:?}");
    }
    assert_eq!(at_once.dump_sqlite(), in_stages.dump_sqlite());
    let artifacts = |world: &World| {
        let manifest: serde_json::Value = serde_json::from_str(&world.read("run/manifest.json")).unwrap();
        let digest = |name: &str| manifest["artifacts"][name]["sha256"].to_string();
        ["extract/sms.parquet", "clean/contacts.parquet", "clean/ledger.parquet", "clean/rejects/sms.csv"].map(digest)
    };
    assert_eq!(artifacts(&at_once), artifacts(&in_stages));
    assert_eq!(at_once.ferry(&["audit", "--run-dir", "run"]).code, 0);
    assert!(at_once.run().out.contains("0 new, 0 changed, 5,500 unchanged: nothing changed"));
}

#[test]
fn sources_give_the_same_files_on_however_many_cores_they_are_read_and_cleaned() {
    let sandbox = Sandbox::start(&[]);
    let files = |n_cores: &str| {
        let world = World::demo(&sandbox);
        let mut command = world.command(&["run", "--dry-run", "--run-dir", "run"]);
        let ended = crate::world::ended(command.env("RAYON_NUM_THREADS", n_cores).output().unwrap());
        assert_eq!(ended.code, 0, "{ended:?}");
        let manifest: serde_json::Value = serde_json::from_str(&world.read("run/manifest.json")).unwrap();
        manifest["artifacts"].clone()
    };
    let on_one = files("1");
    assert_eq!(on_one.as_object().unwrap().len(), 8, "{on_one}");
    for n_cores in ["2", "8"] {
        assert_eq!(files(n_cores), on_one, "{n_cores} cores");
    }
}

#[test]
fn the_same_on_postgresql() {
    let world = World::crowd(2_500);
    let Some(postgres) = Postgres::create() else { return };
    let on_sqlite = World::crowd(2_500);
    world.replan("sqlite:ferry.db", &postgres.url);
    assert_eq!(world.run().code, 0);
    assert_eq!(on_sqlite.run().code, 0);
    assert_eq!(dump(&postgres.url), on_sqlite.dump_sqlite());
    assert!(world.run().out.contains("0 new, 0 changed, 2,500 unchanged: nothing changed"));
}

#[test]
fn people_stand_in_a_database_that_was_empty_as_they_do_in_one_that_was_not() {
    let everybody = |url: &str| {
        let of_others =
            "join contact_view contact on contact.contact_id = it.contact_id where contact.e164 <> '+33199009999'";
        [
            format!("select it.e164 || it.name || it.consent || it.source_rows from contact_view it {of_others}"),
            format!("select contact.e164 || it.kind || it.scope || it.value from identity_view it {of_others}"),
            format!("select contact.e164 || it.channel || it.state || it.source_row from consent_view it {of_others}"),
        ]
        .map(|it| texts(url, &format!("{it} order by 1")))
    };
    let loaded = |postgres: Option<&Postgres>, is_somebody_there: bool| {
        let world = World::crowd(2_500);
        let sqlite = format!("sqlite:{}", world.path("ferry.db").display());
        let url = postgres.map_or(&sqlite, |it| &it.url);
        world.replan("sqlite:ferry.db", url);
        if is_somebody_there {
            let [sms, viber] = ["sms.csv", "viber.csv"].map(|it| world.read(it));
            world.write("viber.csv", "phone,user,consent\n");
            world.write("sms.csv", "phone,name,consent\n+33199009999,Zoë,yes\n");
            world.replan("name = \"test\"", "name = \"before\"");
            assert_eq!(world.ferry(&["run", "--run-dir", "before"]).code, 0);
            world.write("sms.csv", &sms);
            world.write("viber.csv", &viber);
            world.replan("name = \"before\"", "name = \"test\"");
        }
        assert_eq!(world.run().code, 0);
        everybody(url)
    };
    let [contacts, identities, consents] = loaded(None, false);
    assert_eq!([contacts.len(), identities.len(), consents.len()], [2_500, 1_250, 3_750]);
    let Some(empty) = Postgres::create() else { return };
    let Some(other) = Postgres::create() else { return };
    for there in [loaded(None, true), loaded(Some(&empty), false), loaded(Some(&other), true)] {
        for (there, here) in there.iter().zip([&contacts, &identities, &consents]) {
            assert_eq!(there.iter().zip(here).find(|it| it.0 != it.1), None);
            assert_eq!(there.len(), here.len());
        }
    }
}

#[test]
fn a_database_that_fails_meanwhile_does_not_harm_the_cleaning_and_is_loaded_later() {
    let world = World::crowd(2_500);
    // The tables are created first; the database then refuses one contact of the last batch.
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    let plan = world.read("plan.toml");
    world.write("nobody.csv", "phone,name,user,consent\n");
    world.replan("sms.csv", "nobody.csv");
    world.replan("viber.csv", "nobody.csv");
    world.replan("name = \"test\"", "name = \"empty\"");
    assert_eq!(world.ferry(&["run", "--run-dir", "empty"]).code, 0);
    world.write("plan.toml", &plan);
    texts(
        &url,
        "create trigger refusal before insert on contact when new.e164 = '+33199002499' \
         begin select raise(abort, 'refused'); end",
    );

    let failed = world.run();
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.err.contains("refused"), "{}", failed.err);
    assert!(!failed.err.contains("33199002499"), "{}", failed.err);
    let manifest: serde_json::Value = serde_json::from_str(&world.read("run/manifest.json")).unwrap();
    assert_eq!(manifest["stages"]["clean"]["counts"]["kept"], 2_500);
    assert!(manifest["stages"]["load"].is_null());
    // The key of the contacts is recorded before the first contact is loaded.
    let run = texts(&url, "select run_id || ' ' || key_id from run where run_id like '%-test'");
    assert_eq!(run.len(), 1, "{run:?}");

    texts(&url, "drop trigger refusal");
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("2,500 new, 0 changed, 0 unchanged"), "{}", ended.out);
    let undisturbed = World::crowd(2_500);
    assert_eq!(undisturbed.run().code, 0);
    assert_eq!(world.contacts(), undisturbed.contacts());
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);
}
