//! Two of something at once: two keys, two runs of one name, two databases.

use model::{Digest, Stage};

use crate::check::{RUN, check, people_of, run_row};
use crate::{LoadError, RunRow};

fn first_run(key: &str) -> RunRow {
    RunRow { key_id: key.to_owned(), ..run_row(RUN, &people_of(RUN, "+33199000001 name=Ana")) }
}

#[test]
fn of_two_first_runs_with_two_keys_one_wins_and_the_other_writes_nothing() {
    check(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        one.check_key("one").await.unwrap();
        other.check_key("other").await.unwrap();
        one.plan_run(&first_run("one")).await.unwrap();
        let refused = other.plan_run(&first_run("other")).await.unwrap_err();
        assert!(matches!(refused, LoadError::OtherKey { .. }), "{refused}");
        assert_eq!(one.texts("select run_id || ' ' || key_id from run").await, "2026-11-28-spring one");
    });
}

#[test]
fn two_databases_have_two_ids() {
    check(async |place| {
        let (one, again) = (place.open().await, place.open().await);
        let id = one.database_id().await.unwrap();
        assert_eq!(id.len(), 32);
        assert_eq!(again.database_id().await.unwrap(), id);
        check_other(&id).await;
    });
}

async fn check_other(id: &str) {
    let folder = tempfile::tempdir().unwrap();
    let other = crate::Crm::open(&format!("sqlite:{}", folder.path().join("ferry.db").display())).await.unwrap();
    assert_ne!(other.database_id().await.unwrap(), id);
}

#[test]
fn two_runs_of_one_name_are_two_runs() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        let first = crm.planned_run(RUN).await.unwrap().unwrap();
        let other = |uid: &str| RunRow { uid: uid.to_owned(), ..run_row(RUN, &people_of(RUN, "+33199000002")) };

        assert_eq!(crm.plan_run(&other("second")).await.unwrap(), "2026-11-28.2-spring");
        assert_eq!(crm.plan_run(&other("third")).await.unwrap(), "2026-11-28.3-spring");
        assert_eq!(crm.plan_run(&other("second")).await.unwrap(), "2026-11-28.2-spring", "planned again");
        assert_eq!(crm.plan_run(&first).await.unwrap(), RUN);
        assert_eq!(crm.planned_run(RUN).await.unwrap(), Some(first));
        assert_eq!(crm.receipts(RUN, Stage::Load).await.unwrap().len(), 1);
        assert_eq!(crm.receipts("2026-11-28.2-spring", Stage::Load).await.unwrap().len(), 0);
    });
}

#[test]
fn a_receipt_for_other_contacts_does_not_count() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        let other = Digest::of_parts([b"other".as_slice()]);
        crm.by_hand(&format!("update receipt set input = '{other}'")).await;
        assert!(crm.receipts(RUN, Stage::Load).await.unwrap().is_empty());
        assert_eq!(crm.all_receipts(RUN, Stage::Load).await.unwrap().len(), 1);
    });
}
