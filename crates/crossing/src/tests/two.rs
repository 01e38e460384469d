//! Two runs on one database, and people who decide while a run works.

use std::sync::Arc;

use crm::{Crm, Lease};
use expect_test::expect;
use model::Stage;
use tokio::sync::Notify;

use crate::check::{PEOPLE, Project, check};
use crate::progress::{Event, Note, Progress};
use crate::tests::{FILES, SMS};
use crate::{Chosen, OpenRun, Restore};

#[test]
fn a_run_loads_its_people_though_another_run_of_its_name_was_done_meanwhile() {
    check(&FILES, async |project| {
        let mut first = project.open_in("one").await;
        for stage in [Stage::Extract, Stage::Clean] {
            crate::stage(&mut first, stage).await.unwrap();
        }
        drop(first);
        project.write("sms.csv", "phone,name,date,consent\n+33199000009,Zoe,,\n");
        crate::run(&mut project.open_in("two").await).await.unwrap();
        project.write("sms.csv", SMS);

        let report = crate::run(&mut project.open_in("one").await).await.unwrap();
        assert_eq!((report.inserted, report.updated, report.unchanged), (3, 0, 0));
        expect![[r#"
            +33199000001 | Ana B | yes
            +33199000002 | Bob | stop
            +33199000003 | Cleo | yes
            +33199000009 | Zoe | -
        "#]]
        .assert_eq(&project.select(PEOPLE).await);
        let labels = project.select("select substr(run_id, 11) from run order by number").await;
        assert_eq!(labels, "-spring\n.2-spring\n");
        let first_said = project.select("select distinct substr(first_run, 11) from consent_view").await;
        assert_eq!(first_said, ".2-spring\n", "statements name the run by its label");
    });
}

async fn take(crm: &Crm, uid: &str, holder: &str) -> Lease {
    crm.acquire_load_lease(uid, holder, |_, _| ()).await.unwrap()
}

/// Does something that waits for the lease, whose holder renews it meanwhile.
async fn while_another_loads(project: &Project, work: impl AsyncFnOnce(Progress)) {
    let waiting = Arc::new(Notify::new());
    let noted = Arc::clone(&waiting);
    let progress = Progress::new(move |event| {
        if matches!(event, Event::Noted(Note::WaitsForLease { .. })) {
            noted.notify_one();
        }
    });
    let renewed = async {
        waiting.notified().await;
        project.by_hand("update lease set expires_at = expires_at + 1").await;
    };
    tokio::join!(work(progress), renewed);
}

#[test]
fn a_run_that_finds_another_loading_is_refused_and_works_when_that_is_done() {
    check(&FILES, async |project| {
        let lease = take(&project.crm().await, "another run", "ana@host, process 1, run winter").await;
        let mut told = String::new();
        while_another_loads(project, async |progress| {
            let mut run = OpenRun::open(&project.options(), progress).await.unwrap();
            told = format!("{:#}", crate::run(&mut run).await.unwrap_err());
        })
        .await;
        assert!(told.contains("another run has been loading into this database since 2"), "{told}");
        assert!(told.ends_with("(ana@host, process 1, run winter): wait for it, or stop it"), "{told}");
        assert_eq!(project.select(PEOPLE).await, "");

        lease.release().await.unwrap();
        assert_eq!(project.run().await.inserted, 3);
    });
}

#[test]
fn a_run_gives_its_lease_back_also_when_it_fails() {
    check(&FILES, async |project| {
        project.run().await;
        let crm = project.crm().await;
        drop(take(&crm, "one", "process 1").await.release().await);
        crate::rerun(&mut project.reopen().await, 7, Stage::Load).await.err().unwrap();
        take(&crm, "two", "process 2").await;
    });
}

#[test]
fn who_was_merged_does_not_come_back_with_their_batch() {
    check(&FILES, async |project| {
        project.run().await;
        let crm = project.crm().await;
        let ids = [crm.find("+33199000001").await.unwrap()[0], crm.find("+33199000002").await.unwrap()[0]];
        crm.merge(ids[0], ids[1]).await.unwrap().unwrap();
        crate::rerun(&mut project.reopen().await, 1, Stage::Load).await.unwrap();
        expect![[r#"
            +33199000001 | Ana B | stop
            +33199000003 | Cleo | yes
        "#]]
        .assert_eq(&project.select(PEOPLE).await);
        assert_eq!(project.select("select value from identity_view").await, "+33199000002\n");
        assert_eq!(project.differences().await, "");
    });
}

#[test]
fn a_merge_that_is_taken_back_while_a_run_works_is_not_loaded() {
    check(&FILES, async |project| {
        project.run().await;
        let crm = project.crm().await;
        let ids = [crm.find("+33199000001").await.unwrap()[0], crm.find("+33199000003").await.unwrap()[0]];
        crm.merge(ids[0], ids[1]).await.unwrap().unwrap();
        project.write("sms.csv", &SMS.replace("Cleo", "Chloe"));
        let mut run = project.open().await;
        crate::stage(&mut run, Stage::Extract).await.unwrap();
        crate::stage(&mut run, Stage::Clean).await.unwrap();
        crm.unmerge(ids[0], ids[1], false).await.unwrap().unwrap();
        crate::run(&mut run).await.unwrap();
        expect![[r#"
            +33199000001 | Ana B | yes
            +33199000002 | Bob | stop
            +33199000003 | Chloe | yes
        "#]]
        .assert_eq(&project.select(PEOPLE).await);
        assert_eq!(project.differences().await, "");
    });
}

#[test]
fn a_restore_needs_the_lease_and_takes_back_no_refusal() {
    check(&FILES, async |project| {
        project.run().await;
        project.write("sms.csv", &SMS.replace("Cleo,2026-03-04,yes", "Chloe,2026-03-05,stop"));
        project.run().await;

        let lease = take(&project.crm().await, "another run", "ana@host, process 1").await;
        while_another_loads(project, async |progress| {
            let restore = Restore::prepare(project.found(), Chosen::BeforeRun).await.unwrap();
            let refused = restore.run(&progress).await.unwrap_err();
            assert!(refused.to_string().starts_with("another run has been loading"), "{refused:#}");
        })
        .await;
        lease.release().await.unwrap();

        let restored = project.restore(Chosen::BeforeRun).await.unwrap();
        assert_eq!((restored.n_contacts, restored.replaced), (3, Some(2)));
        expect![[r#"
            +33199000001 | Ana B | yes
            +33199000002 | Bob | stop
            +33199000003 | Cleo | stop
        "#]]
        .assert_eq(&project.select(PEOPLE).await);
    });
}
