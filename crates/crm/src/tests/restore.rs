//! The way back to a backup.

use expect_test::expect;
use jiff::Timestamp;
use model::Stage;

use super::scenarios::{APPROVE, edit, of_message, of_template};
use super::two::take;
use crate::check::{Place, RUN, check, id_of};
use crate::{Crm, LoadError, Losses, Review, SuppressAction};

const LATER: &str = "2026-12-01-winter";
const TWO: &str = "+33199000001 name=Ana consent=yes viber=a1\n+33199000002 name=Ben row=sms:2";

async fn restore(crm: &Crm, place: &Place) -> Result<u64, LoadError> {
    let lease = take(crm, "restore", "process 1").await;
    let restored = crm.restore(&lease, Some(place.folder()), Timestamp::UNIX_EPOCH).await;
    lease.release().await.unwrap();
    restored
}

async fn clear(crm: &Crm) -> u64 {
    let lease = take(crm, "restore", "process 1").await;
    let n_contacts = crm.restore(&lease, None, Timestamp::UNIX_EPOCH).await.unwrap();
    lease.release().await.unwrap();
    n_contacts
}

#[test]
fn a_backup_brings_back_what_was_there() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana consent=no viber=a1\n+33199000002 name=Ben").await;
        let [ana, ben] = ["+33199000001", "+33199000002"].map(id_of);
        crm.merge(ana, ben).await.unwrap().unwrap();
        let before = crm.dump().await;
        let files = crm.back_up(place.folder()).await.unwrap();
        assert!(files.iter().all(|it| place.folder().join(it).exists()), "{files:?}");
        crm.import(LATER, "+33199000001 name=Other\n+33199000003 name=New").await;
        assert_ne!(crm.dump().await, before);
        assert_eq!(restore(&crm, place).await.unwrap(), 1);
        assert_eq!(crm.dump().await, before);
        crm.unmerge(ana, ben, false).await.unwrap().unwrap();
    });
}

#[test]
fn a_backup_that_is_not_there_changes_nothing() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        let before = crm.dump().await;
        restore(&crm, place).await.unwrap_err();
        crm.would_lose(Some(place.folder())).await.unwrap_err();
        assert_eq!(crm.dump().await, before);
        crm.import(LATER, "+33199000001 name=Anna").await;
    });
}

#[test]
fn a_restore_takes_back_no_refusal() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, TWO).await;
        crm.back_up(place.folder()).await.unwrap();
        crm.import(LATER, "+33199000001 name=Anna consent=stop row=crm:1\n+33199000003 consent=no row=crm:3").await;
        crm.import("2026-12-02-winter", "+33199000002 consent=yes row=crm:2").await;

        restore(&crm, place).await.unwrap();
        expect![[r#"
            +33199000001|Ana|||stop|0|sms:1
            +33199000002|Ben||||0|sms:2"#]]
        .assert_eq(&crm.people().await);
        let said = "select words || ' ' || first_run from consent_view where retracted = 'no' order by 1";
        expect![[r#"
            no 2026-12-01-winter
            stop 2026-12-01-winter
            yes 2026-11-28-spring"#]]
        .assert_eq(&crm.texts(said).await);
        assert!(crm.receipts(LATER, Stage::Load).await.unwrap().is_empty());

        // The person whose contact has vanished comes back as somebody who said no.
        crm.import("2026-12-03-winter", "+33199000003 consent=yes").await;
        assert_eq!(crm.texts("select consent from contact_view where e164 = '+33199000003'").await, "no");
    });
}

#[test]
fn a_restore_of_an_empty_database_keeps_refusals_too() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 consent=stop\n+33199000002 consent=yes row=sms:2").await;
        let ana = id_of("+33199000001");
        crm.suppress(&[ana], SuppressAction::Add, "asked", Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(clear(&crm).await, 0);
        assert!(!crm.is_empty().await.unwrap());
        assert!(crm.suppressed().await.unwrap().contains(&ana));
        crm.import(LATER, "+33199000001 consent=yes\n+33199000002 consent=yes row=sms:2").await;
        assert_eq!(crm.texts("select consent from contact_view order by e164").await, "stop\nyes");
    });
}

#[test]
fn a_refusal_since_a_merge_that_is_taken_back_counts_for_both() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 consent=yes\n+33199000002 consent=no row=sms:2").await;
        crm.back_up(place.folder()).await.unwrap();
        let [ana, ben] = ["+33199000001", "+33199000002"].map(id_of);
        crm.merge(ana, ben).await.unwrap().unwrap();
        crm.import(LATER, "+33199000001 consent=stop row=crm:1").await;
        restore(&crm, place).await.unwrap();
        let said = "select e164 || ' ' || contact_view.consent || ' ' || words from contact_view \
            join consent_view on consent_view.contact_id = contact_view.contact_id and retracted = 'no' order by 1";
        expect![[r#"
            +33199000001 stop stop
            +33199000001 stop yes
            +33199000002 stop no
            +33199000002 stop stop"#]]
        .assert_eq(&crm.texts(said).await);
    });
}

#[test]
fn statements_are_read_by_the_words_of_the_plan_again_after_a_restore() {
    check(async |place| {
        let crm = place.open().await;
        let rule = consent::Rule::default();
        crm.import(RUN, TWO).await;
        crm.read_statements_anew("old", rule, |_, _| None).await.unwrap();
        crm.back_up(place.folder()).await.unwrap();
        crm.read_statements_anew("new", rule, |_, _| None).await.unwrap();
        restore(&crm, place).await.unwrap();
        assert!(!crm.is_read_by("new", rule).await.unwrap());
    });
}

#[test]
fn what_a_restore_would_take_back_is_told_before() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, TWO).await;
        crm.back_up(place.folder()).await.unwrap();
        assert_eq!(crm.would_lose(Some(place.folder())).await.unwrap(), Losses::default());

        crm.import(LATER, "+33199000001 name=Anna row=crm:1\n+33199000003 row=crm:3").await;
        crm.share(id_of("+33199000003"), true).await.unwrap().unwrap();
        let before = crm.dump().await;
        let losses = Losses { contacts: 1, changed: 1, decisions: 1, runs: vec![LATER.to_owned()] };
        assert_eq!(crm.would_lose(Some(place.folder())).await.unwrap(), losses);
        let all = Losses { contacts: 3, changed: 0, decisions: 1, runs: vec![RUN.to_owned(), LATER.to_owned()] };
        assert_eq!(crm.would_lose(None).await.unwrap(), all);
        assert_eq!(crm.dump().await, before);
    });
}

#[test]
fn a_restore_needs_the_lease_and_is_logged() {
    check(async |place| {
        let (crm, other) = (place.open().await, place.open().await);
        crm.import(RUN, TWO).await;
        crm.back_up(place.folder()).await.unwrap();
        let lease = take(&crm, "one", "process 1").await;
        crm.by_hand("update lease set expires_at = 1").await;
        let taken_over = take(&other, "two", "process 2").await;
        let fenced = crm.restore(&lease, Some(place.folder()), Timestamp::UNIX_EPOCH).await;
        assert!(matches!(fenced, Err(LoadError::Fenced)));
        taken_over.release().await.unwrap();
        for _ in 0..2 {
            restore(&crm, place).await.unwrap();
        }
        assert_eq!(
            crm.texts("select cast(taken_at as text) || ' ' || cast(n_contacts as text) from restore_log").await,
            "0 2\n0 2"
        );
    });
}

#[test]
fn two_backups_of_the_same_people_are_the_same_files_whoever_has_the_lease() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana consent=no viber=a1").await;
        let mut digests = Vec::new();
        for holder in ["ana@host, process 1", "benjamin@another-host, process 20000"] {
            let lease = take(&crm, holder, holder).await;
            let files = lease.crm().back_up(place.folder()).await.unwrap();
            digests.push(files.iter().map(|it| std::fs::read(place.folder().join(it)).unwrap()).collect::<Vec<_>>());
            lease.release().await.unwrap();
        }
        assert!(digests[0] == digests[1]);
    });
}

#[test]
fn a_backup_is_taken_while_another_program_adds_people() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        let other = place.open().await;
        let adding = async {
            for number in 2..12 {
                other.import(LATER, &format!("+331990000{number:02} name=Ben row=sms:{number}")).await;
            }
        };
        let backing_up = async {
            for _ in 0..10 {
                crm.back_up(place.folder()).await.unwrap();
            }
        };
        tokio::join!(adding, backing_up);
        crm.would_lose(Some(place.folder())).await.unwrap();
    });
}

#[test]
fn a_restore_takes_back_nothing_that_people_wrote_or_decided_about_templates() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, TWO).await;
        crm.load_section("hello\n template greeting A\n message ask B", 10).await;
        crm.back_up(place.folder()).await.unwrap();
        crm.review_now(Review { edit: edit("Ana's A"), decision: APPROVE, ..of_template("greeting") }, 11).await;
        crm.review_now(Review { edit: edit("Ana's B"), ..of_message("ask") }, 11).await;
        crm.load_section("hello\n template greeting A later\n message ask B", 20).await;
        let before = crm.kept_words().await;
        restore(&crm, place).await.unwrap();
        assert_eq!(crm.kept_words().await, before);
        clear(&crm).await;
        assert_eq!(crm.kept_words().await, before);
        assert!(before.contains("Ana's A, proposed A later"), "{before}");
    });
}
