//! Two of something at once: two keys, two runs of one name, two databases.

use model::{Digest, Stage};

use crate::check::{RUN, check, people_of, run_row};
use crate::{Crm, Lease, LoadError, RunRow};

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

async fn import_under(lease: &Lease, people: &str) -> Result<crate::Loaded, LoadError> {
    lease.crm().import_contacts("2026-12-01-winter", people_of("2026-12-01-winter", people)).await
}

pub(super) async fn take(crm: &Crm, uid: &str, holder: &str) -> Lease {
    crm.acquire_load_lease(uid, holder, |_, _| ()).await.unwrap()
}

/// Takes the lease for another run, while its holder does something to it.
async fn take_while(other: &Crm, one: &Crm, statement: &str) -> Result<Lease, LoadError> {
    let (waits, waiting) = tokio::sync::oneshot::channel();
    let mut waits = Some(waits);
    let taken = other.acquire_load_lease("other", "ben@host, process 2, run winter", |holder, _| {
        assert!(holder.starts_with("ana@host"));
        waits.take().unwrap().send(()).unwrap();
    });
    let renewed = async {
        waiting.await.unwrap();
        one.by_hand(statement).await;
    };
    tokio::join!(taken, renewed).0
}

#[test]
fn one_run_at_a_time_loads_into_a_database() {
    check(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        let lease = take(&one, "one", "ana@host, process 1, run 2026-11-28-spring").await;
        let busy = take_while(&other, &one, "update lease set expires_at = expires_at + 1").await.err().unwrap();
        let LoadError::Busy { since, .. } = &busy else { panic!("{busy}") };
        let told = format!(
            "another run has been loading into this database since {since} (ana@host, process 1, run \
             2026-11-28-spring): wait for it, or stop it"
        );
        assert_eq!(busy.to_string(), told);
        assert!(busy.is_passing());

        import_under(&lease, "+33199000001 name=Ana").await.unwrap();
        lease.release().await.unwrap();
        let lease = take(&other, "other", "ben@host").await;
        lease.crm().clone().close().await;
        take(&one, "one", "ana@host").await;
    });
}

#[test]
fn the_lease_of_a_run_that_was_killed_is_waited_for() {
    check(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        drop(take(&one, "one", "ana@host, process 1, run 2026-11-28-spring").await);
        let lease = take_while(&other, &one, "update lease set expires_at = 1").await.unwrap();
        import_under(&lease, "+33199000001 name=Ana").await.unwrap();
    });
}

#[test]
fn a_run_takes_over_its_own_lease_at_once() {
    check(async |place| {
        let crm = place.open().await;
        let killed = take(&crm, "one", "process 1").await;
        let again = take(&place.open().await, "one", "process 2").await;
        assert!(matches!(import_under(&killed, "+33199000001").await, Err(LoadError::Fenced)));
        import_under(&again, "+33199000001").await.unwrap();
    });
}

#[test]
fn a_holder_whose_lease_was_taken_over_writes_nothing_more() {
    check(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        let sleeper = take(&one, "one", "process 1").await;
        import_under(&sleeper, "+33199000001 name=Ana").await.unwrap();
        one.by_hand("update lease set expires_at = 1").await;
        let lease = take(&other, "other", "process 2").await;

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
        let lease = take(&one, "one", "ana@host, process 1").await;
        one.by_hand("update lease set expires_at = 1").await;
        import_under(&lease, "+33199000001 name=Ana").await.unwrap();
        let statement = "update lease set expires_at = expires_at + 1";
        assert!(matches!(take_while(&other, &one, statement).await, Err(LoadError::Busy { .. })));
    });
}

#[test]
fn small_commands_do_not_wait_for_a_run() {
    check(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        one.import(RUN, "+33199000001 name=Ana\n+33199000002 name=Ben row=sms:2").await;
        let lease = take(&one, "one", "process 1").await;
        let [ana, ben] = ["+33199000001", "+33199000002"].map(crate::check::id_of);
        other.merge(ana, ben).await.unwrap().unwrap();
        import_under(&lease, "+33199000001 name=Ana").await.unwrap();
    });
}

/// Acts as one of two processes that start at the same moment: opens the database, takes the lease, plans and loads.
async fn start(url: String, row: RunRow, people: String) -> Result<(), LoadError> {
    let crm = crate::Crm::open(&url).await?;
    let lease = loop {
        match crm.acquire_load_lease(&row.uid, "a process", |_, _| ()).await {
            Err(LoadError::Busy { .. }) => tokio::task::yield_now().await,
            taken => break taken?,
        }
    };
    let done = async {
        let label = lease.crm().plan_run(&row).await?;
        let contacts = people_of(&label, &people);
        let run = std::sync::Arc::new(lease.crm().load_run(&label, consent::Rule::default(), &[]).await?);
        let contacts = crate::Contacts::Any(model::Batch::new(1, contacts).unwrap());
        let receipt = Box::new(move |output| crate::check::receipt(Stage::Load, output));
        let (sender, mut batches) = tokio::sync::mpsc::channel(1);
        sender.send(Ok::<_, LoadError>(crate::LoadBatch { contacts, receipt })).await.unwrap();
        drop(sender);
        lease.crm().load(&run, &mut batches, 128).await?;
        lease.crm().finish_load().await
    };
    let done = done.await;
    lease.release().await?;
    done
}

/// Two people whom both runs have, and one of their own each.
fn people_of_start(n: usize) -> String {
    format!("+33199000001 name=Ana\n+33199000002 name=Ben consent=stop row=sms:2\n+3319900001{n} row=sms:3")
}

#[test]
fn of_two_processes_that_start_at_once_nothing_is_lost_doubled_or_made_with_a_wrong_key() {
    check(async |place| {
        for round in 0..20 {
            let place = place.another(&format!("round{round}")).await;
            let has_two_keys = round % 2 == 0;
            let tasks: Vec<_> = [0, 1]
                .map(|n| {
                    let people = people_of_start(n);
                    let key_id = format!("key {}", if has_two_keys { n } else { 0 });
                    let row = RunRow { uid: format!("uid {n}"), key_id, ..run_row(RUN, &people_of(RUN, &people)) };
                    tokio::spawn(start(place.url.clone(), row, people))
                })
                .into();
            let mut ended = Vec::new();
            for task in tasks {
                ended.push(task.await.unwrap());
            }
            let crm = place.open().await;
            let n_won = ended.iter().filter(|it| it.is_ok()).count();
            let n_refused = ended.iter().filter(|it| matches!(it, Err(LoadError::OtherKey { .. }))).count();
            assert_eq!((n_won, n_refused), if has_two_keys { (1, 1) } else { (2, 0) }, "round {round}: {ended:?}");
            let people = crm.texts("select e164 from contact_view order by 1").await;
            let own: String = (0..2).filter(|it| ended[*it].is_ok()).map(|it| format!("\n+3319900001{it}")).collect();
            assert_eq!(people, format!("+33199000001\n+33199000002{own}"), "round {round}");
            assert_eq!(crm.texts("select words from consent_view").await, "stop");
            let runs = crm.texts("select run_id from run order by number").await;
            assert_eq!(runs, ["2026-11-28-spring", "2026-11-28.2-spring"][..n_won].join("\n"), "round {round}");
            assert_eq!(crm.texts("select distinct key_id from run").await.lines().count(), 1);
        }
    });
}

/// The locks that this process has on a file, as the system lists them.
#[cfg(target_os = "linux")]
fn n_locks(path: &str) -> usize {
    use std::os::unix::fs::MetadataExt as _;
    let inode = std::fs::metadata(path).unwrap().ino();
    let of_file = format!(" {} ", std::process::id());
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    locks.lines().filter(|it| it.contains(&of_file) && it.contains(&format!(":{inode} "))).count()
}

/// A process has its locks on a file until it closes the file once, by whatever descriptor. Without them another process takes
/// itself for the last one that has the database open, and removes its log while this one writes to it.
#[cfg(target_os = "linux")]
#[test]
fn a_database_that_is_opened_twice_stays_locked_against_being_taken_for_closed() {
    check(async |place| {
        let Some(file) = place.file() else { return };
        let one = place.open().await;
        one.database_id().await.unwrap();
        assert_ne!(n_locks(file), 0);
        let other = crate::Crm::open(&place.url).await.unwrap();
        assert_ne!(n_locks(file), 0);
        other.close().await;
        assert_ne!(n_locks(file), 0);
        one.close().await;
        assert_eq!(n_locks(file), 0);
    });
}
