//! People decide, and edit, while a run works.

use expect_test::expect;
use jiff::Timestamp;
use sqlx::{Connection, PgConnection};

use super::two::take;
use crate::check::{Place, RUN, check, id_of, people_of};
use crate::{Crm, Lease, SuppressAction};

const LATER: &str = "2026-12-01-winter";
const TWO: &str = "+33199000001 name=Ana messages=2\n+33199000002 name=Anna email=a@example.com messages=3 row=sms:2";

async fn merge_ana_and_anna(crm: &Crm) {
    crm.merge(id_of("+33199000001"), id_of("+33199000002")).await.unwrap().unwrap();
}

#[test]
fn who_was_merged_does_not_come_back_when_their_batch_is_loaded_again() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, TWO).await;
        merge_ana_and_anna(&crm).await;
        let merged = crm.dump().await;
        let loaded = crm.import(RUN, TWO).await;
        assert_eq!((loaded.inserted, loaded.updated, loaded.unchanged), (0, 0, 2));
        assert_eq!(crm.dump().await, merged);
        expect!["+33199000001|Ana|a@example.com|||5|sms:1-2"].assert_eq(&crm.people().await);
        expect!["+33199000002"].assert_eq(&crm.texts("select value from identity_view").await);
    });
}

#[test]
fn what_an_import_says_of_a_merged_contact_goes_to_the_one_who_stays() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, TWO).await;
        merge_ana_and_anna(&crm).await;
        // The run cleaned its rows before the merge, so it still knows both.
        let later = "+33199000001 name=Ana consent=yes row=crm:1\n\
            +33199000002 name=Anne email=b@example.com language=fr consent=stop row=crm:2";
        crm.import(LATER, later).await;
        expect!["+33199000001|Ana|a@example.com|fr|stop|5|crm:1-2 2026-11-28-spring/sms:1-2"]
            .assert_eq(&crm.people().await);
        expect![[r#"
            stop
            yes"#]]
        .assert_eq(&crm.texts("select words from consent_view order by 1").await);
    });
}

#[test]
fn a_newer_value_of_a_merged_contact_goes_to_the_one_who_stays() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, &TWO.replace("messages", "at=2026-01-01 messages")).await;
        merge_ana_and_anna(&crm).await;
        crm.import(LATER, "+33199000002 email=b@example.com at=2026-02-01 row=crm:2").await;
        crm.import("2026-12-02-winter", "+33199000002 email=c@example.com at=2025-02-01 row=crm:2").await;
        assert_eq!(crm.texts("select email from contact_view").await, "b@example.com");
    });
}

#[test]
fn a_refusal_of_a_merged_contact_alone_reaches_the_one_who_stays() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, TWO).await;
        merge_ana_and_anna(&crm).await;
        let loaded = crm.import(LATER, "+33199000002 consent=stop row=crm:2").await;
        assert_eq!((loaded.inserted, loaded.updated), (0, 1));
        assert_eq!(crm.texts("select coalesce(consent, '-') from contact_view").await, "stop");
    });
}

#[test]
fn a_merge_of_a_merge_leads_to_the_last_who_stays() {
    check(async |place| {
        let crm = place.open().await;
        let three = format!("{TWO}\n+33199000003 name=Ann row=sms:3");
        crm.import(RUN, &three).await;
        merge_ana_and_anna(&crm).await;
        crm.merge(id_of("+33199000003"), id_of("+33199000001")).await.unwrap().unwrap();
        let merged = crm.dump().await;
        crm.import(RUN, &three).await;
        assert_eq!(crm.dump().await, merged);
    });
}

#[test]
fn a_merge_between_two_batches_of_a_run_holds() {
    check(async |place| {
        let (crm, other) = (place.open().await, place.open().await);
        crm.import(RUN, TWO).await;
        let batches = [TWO.lines().next().unwrap(), TWO.lines().last().unwrap()];
        let mut loading = crm.begin_batches(LATER, batches.map(|it| people_of(LATER, it)).into()).await;
        loading.next().await.unwrap();
        merge_ana_and_anna(&other).await;
        loading.next().await.unwrap();
        assert_eq!(crm.n_contacts().await.unwrap(), 1);
        expect!["+33199000001|Ana|a@example.com|||5|2026-11-28-spring/sms:1-2 sms:2"].assert_eq(&crm.people().await);
    });
}

#[test]
fn who_is_suppressed_while_a_run_works_is_suppressed() {
    check(async |place| {
        let (crm, other) = (place.open().await, place.open().await);
        let batches = [TWO.lines().next().unwrap(), TWO.lines().last().unwrap()];
        let mut loading = crm.begin_batches(LATER, batches.map(|it| people_of(LATER, it)).into()).await;
        loading.next().await.unwrap();
        let both = ["+33199000001", "+33199000002"].map(id_of);
        other.suppress(&both, SuppressAction::Add, "asked", Timestamp::UNIX_EPOCH).await.unwrap();
        loading.next().await.unwrap();
        crm.finish_load().await.unwrap();
        assert_eq!(crm.texts("select suppressed from contact_view").await, "yes\nyes");
    });
}

#[test]
fn every_decision_raises_the_number_of_decisions() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, TWO).await;
        let [ana, anna] = ["+33199000001", "+33199000002"].map(id_of);
        let mut numbers = vec![crm.decision_number().await.unwrap()];
        let at = Timestamp::UNIX_EPOCH;
        crm.suppress(&[ana], SuppressAction::Add, "asked", at).await.unwrap();
        numbers.push(crm.decision_number().await.unwrap());
        crm.suppress(&[ana], SuppressAction::Remove, "asked", at).await.unwrap();
        numbers.push(crm.decision_number().await.unwrap());
        crm.share(ana, true).await.unwrap().unwrap();
        numbers.push(crm.decision_number().await.unwrap());
        merge_ana_and_anna(&crm).await;
        numbers.push(crm.decision_number().await.unwrap());
        crm.unmerge(ana, anna, false).await.unwrap().unwrap();
        numbers.push(crm.decision_number().await.unwrap());
        assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
        crm.suppress(&[ana], SuppressAction::Remove, "asked", at).await.unwrap();
        assert_eq!(crm.decision_number().await.unwrap(), numbers[5], "nothing was decided");
    });
}

#[test]
fn an_edit_that_is_not_committed_yet_when_a_run_loads_the_contact_stays() {
    check(async |place| {
        // On SQLite no one else can write while a run does.
        if !place.url.starts_with("postgres") {
            return;
        }
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana consent=yes\n+33199000002 name=Ben row=sms:2").await;
        let mut person = PgConnection::connect(&place.url).await.unwrap();
        let mut edit = person.begin().await.unwrap();
        let update = "update contact set email = 'anita@example.com', name = 'Anita' where e164 = '+33199000001'";
        sqlx::query(update).execute(&mut *edit).await.unwrap();

        let later = "+33199000001 name=Anna email=a@example.com row=crm:1\n+33199000002 name=Benny row=crm:2";
        let (loaded, ()) = tokio::join!(crm.import(LATER, later), async {
            wait_until_someone_waits(place).await;
            edit.commit().await.unwrap();
        });
        expect![[r#"
            +33199000001|Anita|anita@example.com||yes|0|crm:1 2026-11-28-spring/sms:1
            +33199000002|Benny||||0|crm:2 2026-11-28-spring/sms:2"#]]
        .assert_eq(&crm.people().await);
        assert_eq!(loaded.conflicts.len(), 2, "{loaded:?}");
        assert_eq!(loaded.updated, 2);
        crm.import("2026-12-02-winter", later).await;
        expect![[r#"
            +33199000001|Anita|anita@example.com||yes|0|crm:1 2026-11-28-spring/sms:1
            +33199000002|Benny||||0|crm:2 2026-11-28-spring/sms:2"#]]
        .assert_eq(&crm.people().await);
    });
}

/// Waits until another connection waits for a row.
async fn wait_until_someone_waits(place: &Place) {
    let mut connection = PgConnection::connect(&place.url).await.unwrap();
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'transactionid'";
    loop {
        let (n,): (i64,) = sqlx::query_as(waiting).fetch_one(&mut connection).await.unwrap();
        if n > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_contact_that_was_deleted_keeps_its_refusal() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana consent=stop\n+33199000002 name=Ben row=sms:2").await;
        crm.by_hand("delete from contact").await;
        assert!(!crm.is_empty().await.unwrap());
        let loaded = crm.import(LATER, "+33199000001 name=Ana consent=yes row=crm:1").await;
        assert_eq!((loaded.inserted, loaded.updated), (1, 0));
        assert_eq!(crm.texts("select consent from contact_view").await, "stop");
    });
}

#[test]
fn who_waits_too_long_for_another_writer_is_told_for_whom() {
    check(async |place| {
        let timeout = "options[lock_timeout]=100";
        let url =
            if place.url.starts_with("postgres") { format!("{}&{timeout}", place.url) } else { place.url.clone() };
        let (one, other) = (place.open().await, Crm::open(&url).await.unwrap());
        if url.starts_with("sqlite") {
            other.reader("wait less").await.unwrap().execute_script("pragma busy_timeout = 100;".into()).await.unwrap();
        }
        let lease: Lease = take(&one, "one", "ana@host, process 1").await;
        let stopped = lease.crm().begin("stop in a transaction").await.unwrap();
        let refused = other.merge(id_of("+33199000001"), id_of("+33199000002")).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "could not merge two contacts in the CRM database: ana@host, process 1 is writing to it for too long: wait \
             for that, or stop it"
        );
        assert!(refused.is_passing());
        drop(stopped);
        other.merge(id_of("+33199000001"), id_of("+33199000002")).await.unwrap().unwrap_err();
    });
}
