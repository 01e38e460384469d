use crate::check::{Place, RUN, check};
use crate::contact::{CONTACT, IDENTITY};
use crate::evidence::EVIDENCE;
use crate::statements::CONSENT;
use crate::{Crm, LoadError, SCHEMA_VERSION};

/// The results of opening the database in several tasks at once.
async fn opened_at_once(place: &Place) -> Vec<Result<Crm, LoadError>> {
    let open = |_| {
        let url = place.url.clone();
        tokio::spawn(async move { Crm::open(&url).await })
    };
    let mut opened = Vec::new();
    for task in (0..8).map(open).collect::<Vec<_>>() {
        opened.push(task.await.unwrap());
    }
    opened
}

#[test]
fn several_can_make_the_database_at_once() {
    check(async |place| {
        for crm in opened_at_once(place).await {
            assert_eq!(crm.unwrap().n_contacts().await.unwrap(), 0);
        }
    });
}

#[test]
fn a_database_of_another_version_is_refused_by_all_who_open_it() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        crm.by_hand("update ferry_meta set value = '9' where key = 'schema_version'").await;
        crm.close().await;
        let what = place.url.strip_prefix("sqlite:").unwrap_or("PostgreSQL");
        let told = format!(
            "{what} was made by another version of Ferry (schema 9, this one knows {SCHEMA_VERSION}). Before the first \
             release there are no upgrades: use that version, or load into a new database"
        );
        for opened in opened_at_once(place).await {
            assert_eq!(opened.err().unwrap().to_string(), told);
        }
        assert_eq!(Crm::look(&place.url).await.err().unwrap().to_string(), told);
    });
}

#[test]
fn tables_of_another_program_are_refused() {
    check(async |place| {
        let crm = place.open().await;
        crm.by_hand("alter table ferry_meta rename to theirs").await;
        crm.close().await;
        let refused = Crm::open(&place.url).await.err().unwrap().to_string();
        assert!(
            refused.contains("holds tables that Ferry did not make: give the CRM a database of its own"),
            "{refused}"
        );
    });
}

#[test]
fn who_looks_makes_nothing() {
    check(async |place| {
        assert!(Crm::look(&place.url).await.unwrap().is_none());
        drop(place.open().await);
        let crm = Crm::look(&place.url).await.unwrap().unwrap();
        assert_eq!(crm.n_contacts().await.unwrap(), 0);
    });
    assert!(matches!(LoadError::Url.to_string().as_str(), "the CRM URL is neither sqlite:PATH nor postgres://…"));
}

#[test]
fn the_tables_have_the_columns_that_statements_name() {
    check(async |place| {
        let crm = place.open().await;
        for table in [&CONTACT, &IDENTITY, &CONSENT, &EVIDENCE] {
            let select = format!("{} limit 1", table.select());
            assert_eq!(crm.select("look", &select, &[], |_| Ok(())).await.unwrap().len(), 0);
        }
        for view in ["contact", "identity", "consent", "evidence", "registration", "segment"] {
            assert_eq!(crm.texts(&format!("select contact_id from {view}_view")).await, "");
        }
    });
}

#[test]
fn a_database_that_a_person_has_to_mend_is_no_case_of_trying_again_later() {
    check(async |place| {
        let name = place.url.rsplit('/').next().unwrap().split('?').next().unwrap();
        let urls: Vec<(String, &str)> = match place.url.strip_prefix("sqlite:") {
            Some(_) => {
                let folder = place.folder().display();
                std::fs::write(place.folder().join("file"), "").unwrap();
                let told = "may this user read and write that file and its folder?";
                vec![
                    (format!("sqlite:{folder}"), told),
                    (format!("sqlite:{folder}/file/ferry.db"), told),
                    (format!("sqlite:{folder}/none/ferry.db"), told),
                ]
            }
            None => vec![
                (place.url.replace(name, "no_such_database"), "has no database of this name; make it first"),
                (place.url.replace("ferry@", "no_such_user@"), "does not accept the user of the URL"),
                (format!("{}&sslmode=require", place.url), "see sslmode and sslrootcert in the URL"),
            ],
        };
        for (url, told) in urls {
            let refused = Crm::open(&url).await.err().unwrap();
            assert!(refused.to_string().contains(told), "{url}: {refused}");
            assert!(!refused.is_passing(), "{refused}");
        }
    });
}

#[test]
fn a_durable_transaction_is_on_the_disk_when_it_is_committed() {
    check(async |place| {
        let crm = place.open().await;
        let setting = match place.url.starts_with("sqlite") {
            true => "select cast(synchronous as text) from pragma_synchronous",
            false => "select current_setting('synchronous_commit')",
        };
        if !place.url.starts_with("sqlite") {
            crm.by_hand("do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$").await;
        }
        let crm = place.open().await;
        let mut usual = crm.begin("look").await.unwrap();
        let found = usual.select(setting, &[], |it| it.text(0)).await.unwrap();
        drop(usual);
        let mut durable = crm.begin_durable("look").await.unwrap();
        let durable = durable.select(setting, &[], |it| it.text(0)).await.unwrap();
        match place.url.starts_with("sqlite") {
            true => assert_eq!([found, durable].concat(), ["1", "2"]),
            false => assert_eq!([found, durable].concat(), ["off", "on"]),
        }
    });
}
