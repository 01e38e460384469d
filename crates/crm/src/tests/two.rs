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

async fn import_under(lease: &crate::Lease, people: &str) -> Result<crate::Loaded, LoadError> {
    lease.crm().import_contacts("2026-12-01-winter", people_of("2026-12-01-winter", people)).await
}

#[test]
fn one_run_at_a_time_loads_into_a_database() {
    check(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        let lease = one.acquire_load_lease("one", "ana@host, process 1, run 2026-11-28-spring").await.unwrap();
        let busy = other.acquire_load_lease("other", "ben@host, process 2, run winter").await.err().unwrap();
        let LoadError::Busy { since, .. } = &busy else { panic!("{busy}") };
        let told = format!(
            "another run has been loading into this database since {since} (ana@host, process 1, run \
             2026-11-28-spring): wait for it, or stop it"
        );
        assert_eq!(busy.to_string(), told);
        assert!(busy.is_passing());

        import_under(&lease, "+33199000001 name=Ana").await.unwrap();
        lease.release().await.unwrap();
        let lease = other.acquire_load_lease("other", "ben@host").await.unwrap();
        lease.crm().clone().close().await;
        one.acquire_load_lease("one", "ana@host").await.unwrap();
    });
}

#[test]
fn a_run_takes_over_its_own_lease_at_once() {
    check(async |place| {
        let crm = place.open().await;
        let killed = crm.acquire_load_lease("one", "process 1").await.unwrap();
        let again = place.open().await.acquire_load_lease("one", "process 2").await.unwrap();
        assert!(matches!(import_under(&killed, "+33199000001").await, Err(LoadError::Fenced)));
        import_under(&again, "+33199000001").await.unwrap();
    });
}

#[test]
fn a_holder_whose_lease_was_taken_over_writes_nothing_more() {
    check(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        let sleeper = one.acquire_load_lease("one", "process 1").await.unwrap();
        import_under(&sleeper, "+33199000001 name=Ana").await.unwrap();
        one.by_hand("update lease set expires_at = 1").await;
        let lease = other.acquire_load_lease("other", "process 2").await.unwrap();

        let before = one.dump().await;
        let crm = sleeper.crm();
        let row = run_row(RUN, &people_of(RUN, "+33199000002"));
        assert!(matches!(import_under(&sleeper, "+33199000002 name=Ben").await, Err(LoadError::Fenced)));
        assert!(matches!(crm.plan_run(&row).await, Err(LoadError::Fenced)));
        assert!(matches!(crm.forget_receipt(RUN, Stage::Load, 1).await, Err(LoadError::Fenced)));
        assert!(matches!(crm.absorb_known().await, Err(LoadError::Fenced)));
        assert!(matches!(crm.finish_load().await, Err(LoadError::Fenced)));
        sleeper.release().await.unwrap();
        assert_eq!(one.dump().await, before);
        import_under(&lease, "+33199000002 name=Ben").await.unwrap();
    });
}

#[test]
fn a_holder_that_writes_keeps_its_lease() {
    check(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        let lease = one.acquire_load_lease("one", "process 1").await.unwrap();
        one.by_hand("update lease set expires_at = 1").await;
        import_under(&lease, "+33199000001 name=Ana").await.unwrap();
        assert!(matches!(other.acquire_load_lease("other", "process 2").await, Err(LoadError::Busy { .. })));
    });
}

#[test]
fn small_commands_do_not_wait_for_a_run() {
    check(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        one.import(RUN, "+33199000001 name=Ana\n+33199000002 name=Ben row=sms:2").await;
        let lease = one.acquire_load_lease("one", "process 1").await.unwrap();
        let [ana, ben] = ["+33199000001", "+33199000002"].map(crate::check::id_of);
        other.merge(ana, ben).await.unwrap().unwrap();
        import_under(&lease, "+33199000001 name=Ana").await.unwrap();
    });
}
