use crate::check::{Place, RUN, check};
use crate::contact::{CONTACT, IDENTITY};
use crate::evidence::EVIDENCE;
use crate::statements::CONSENT;
use crate::{Crm, LoadError, SCHEMA_VERSION};

/// What opening the database says, in several tasks at once.
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
            refused.ends_with("holds tables that Ferry did not make: give the CRM a database of its own"),
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
