//! The suppression list, its keys, and the lists of others.

use std::collections::HashSet;

use expect_test::expect;
use jiff::Timestamp;
use model::{ContactId, ContactKey, IdentityKind, SuppressionKeys, plain_phone_digests};
use phone::PhoneNumber;

use crate::check::{Place, RUN, check, id_of};
use crate::{Crm, LoadError, SuppressAction, Suppressee};

const ANA: &str = "+33199000001";
const BEN: &str = "+33199000002";
const AT: Timestamp = Timestamp::UNIX_EPOCH;
const LATER: &str = "2026-12-01-winter";

/// Key 1 alone, key 2 before key 1, key 2 alone.
fn keys() -> [String; 3] {
    let [one, two] = ["b1", "b2"].map(|it| it.repeat(32));
    [one.clone(), format!("{two}\n{one}"), two]
}

fn number(number: &str) -> Suppressee {
    Suppressee { contact: id_of(number), phone: PhoneNumber::from_e164(number) }
}

fn user(viber: &str) -> ContactId {
    ContactKey::from_hex(&"5a".repeat(32)).unwrap().of_identity(IdentityKind::Viber, "bot", viber)
}

async fn add(crm: &Crm, numbers: &[&str], reason: &str) -> usize {
    let people: Vec<Suppressee> = numbers.iter().map(|it| number(it)).collect();
    crm.suppress_people(&people, SuppressAction::Add, reason, AT).await.unwrap().len()
}

async fn remove(crm: &Crm, numbers: &[&str]) -> usize {
    let people: Vec<Suppressee> = numbers.iter().map(|it| number(it)).collect();
    crm.suppress_people(&people, SuppressAction::Remove, "asked", AT).await.unwrap().len()
}

/// The plain digests of numbers, as others make them.
fn plain(numbers: &[&str], place: usize) -> HashSet<[u8; 32]> {
    numbers.iter().map(|it| plain_phone_digests(it)[place]).collect()
}

async fn suppressed(crm: &Crm) -> String {
    crm.texts("select e164 || ' ' || suppressed from contact_view where e164 is not null order by e164").await
}

/// The entries by the first four digits of their key: what they are of, the last action, and the reason.
async fn entries(crm: &Crm) -> String {
    crm.texts("select substr(key_id, 1, 4) || ' ' || digest_of || ' ' || action || ' ' || reason from suppression order by at, 1")
        .await
}

/// Deletes whom the entries are about, as if nobody had ever known. A trigger refuses that, so it is off meanwhile.
async fn forget_links(crm: &Crm) {
    const DELETE: &str = "delete from suppression_contact";
    let script = match crm.dialect() {
        crate::sql::Dialect::Sqlite => {
            let trigger = "select sql from sqlite_master where name = 'suppression_contact_delete'";
            format!("drop trigger suppression_contact_delete; {DELETE}; {}", crm.texts(trigger).await)
        }
        crate::sql::Dialect::Postgres => {
            let alter = "alter table suppression_contact";
            format!("{alter} disable trigger user; {DELETE}; {alter} enable trigger user")
        }
    };
    crm.by_hand(&script).await;
}

fn key_id(keys: &str) -> String {
    SuppressionKeys::read(keys).unwrap().current().id().to_owned()
}

/// Every byte of the suppression tables, in hexadecimal digits.
async fn bytes(crm: &Crm) -> String {
    let hex = |column: &str| match crm.dialect() {
        crate::sql::Dialect::Sqlite => format!("lower(hex({column}))"),
        crate::sql::Dialect::Postgres => format!("encode({column}, 'hex')"),
    };
    let list = format!("select key_id || ' ' || {} || ' ' || reason from suppression", hex("digest"));
    let links = format!("select {} || ' ' || {} from suppression_contact", hex("contact_id"), hex("digest"));
    format!("{}\n{}", crm.texts(&list).await, crm.texts(&links).await)
}

#[test]
fn a_number_on_the_list_is_held_back_when_the_first_import_brings_it() {
    check(async |place| {
        let crm = place.open().await;
        assert_eq!(add(&crm, &[ANA], "asked").await, 1);
        assert_eq!(add(&crm, &[ANA], "asked again").await, 0, "it is on the list already");
        crm.import_new(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2")).await;
        expect![[r#"
            +33199000001 yes
            +33199000002 no"#]]
        .assert_eq(&suppressed(&crm).await);
        assert_eq!(remove(&crm, &[ANA]).await, 1);
        expect![[r#"
            +33199000001 no
            +33199000002 no"#]]
        .assert_eq(&suppressed(&crm).await);
    });
}

#[test]
fn an_entry_alone_holds_a_number_back_even_if_nothing_links_it_to_a_contact() {
    check(async |place| {
        for (run, is_new) in [(RUN, true), (LATER, false)] {
            let place = place.another(if is_new { "one" } else { "other" }).await;
            let crm = place.open().await;
            add(&crm, &[ANA], "asked").await;
            forget_links(&crm).await;
            match is_new {
                true => drop(crm.import_new(run, &format!("{ANA} name=Ana")).await),
                false => drop(crm.import(run, &format!("{ANA} name=Ana")).await),
            }
            assert_eq!(suppressed(&crm).await, "+33199000001 yes");
        }
    });
}

#[test]
fn an_entry_under_an_older_key_still_holds_back_and_is_written_again_when_the_number_is_seen() {
    check(async |place| {
        let [first, both, second] = keys();
        let (old, new) = (key_id(&first), key_id(&second));
        let crm = place.open_with(&first).await;
        add(&crm, &[ANA, BEN], "asked").await;
        let crm = place.open_with(&both).await;
        // Nothing but the digest tells whom the entry is about.
        forget_links(&crm).await;
        assert_eq!(crm.suppression_counts().await.unwrap().under_old_keys, 2);
        let before = bytes(&crm).await;
        crm.import_new(RUN, &format!("{ANA} name=Ana")).await;
        assert_eq!(suppressed(&crm).await, "+33199000001 yes");
        let after = bytes(&crm).await;
        assert_eq!(crm.suppression_counts().await.unwrap().under_old_keys, 1);
        assert_eq!(crm.texts("select count(*) || '' from suppression").await, "2");
        let old_digest = hex::encode(SuppressionKeys::read(&first).unwrap().current().of_phone(ANA));
        assert!(before.contains(&old_digest) && !after.contains(&old_digest));
        assert_eq!(crm.texts("select key_id from suppression_contact").await, new);

        // The other number has not been seen, so its key is needed.
        let crm = place.open_with(&second).await;
        let error = crm.check_suppression_keys().await.unwrap_err();
        assert!(matches!(&error, LoadError::NoSuppressionKey { ids } if *ids == [old.clone()]), "{error}");
        assert!(error.to_string().contains(&old), "{error}");
        let refused = crm.import_contacts(LATER, crate::check::people_of(LATER, BEN)).await.unwrap_err();
        assert!(refused.to_string().contains(&old), "{refused}");
        assert_eq!(crm.n_contacts().await.unwrap(), 1, "nothing is loaded");
        // Whoever asks to be left alone is added all the same.
        assert_eq!(add(&crm, &[ANA, "+33199000003"], "asked").await, 1);

        let crm = place.open_with(&both).await;
        crm.import("2026-12-02-winter", BEN).await;
        assert_eq!(crm.suppression_counts().await.unwrap().under_old_keys, 0);
        place.open_with(&second).await.check_suppression_keys().await.unwrap();
        expect![[r#"
            +33199000001 yes
            +33199000002 yes"#]]
        .assert_eq(&suppressed(&crm).await);
    });
}

#[test]
fn entries_about_contacts_of_the_database_are_written_again_without_an_import() {
    check(async |place| {
        let [first, both, second] = keys();
        let crm = place.open_with(&first).await;
        crm.import(RUN, &format!("{ANA} name=Ana")).await;
        add(&crm, &[ANA, BEN], "asked").await;
        crm.suppress(&[ContactId([7; 16])], SuppressAction::Add, "on a list", AT).await.unwrap();
        let crm = place.open_with(&both).await;
        assert_eq!(crm.rekey_suppression().await.unwrap(), 2, "Ana, and the contact id");
        assert_eq!(crm.rekey_suppression().await.unwrap(), 0);
        assert_eq!(crm.suppression_counts().await.unwrap().under_old_keys, 1, "Ben's number is not known");
        assert_eq!(crm.suppressed().await.unwrap().len(), 3);
        let expected = format!(
            "{} identity add asked\n{} identity add asked\n{} contact add on a list",
            &key_id(&first).min(key_id(&second))[..4],
            &key_id(&first).max(key_id(&second))[..4],
            &key_id(&second)[..4]
        );
        assert_eq!(entries(&crm).await, expected);
    });
}

#[test]
fn a_number_can_be_taken_off_the_list_after_the_key_was_replaced() {
    check(async |place| {
        let [first, both, _] = keys();
        add(&place.open_with(&first).await, &[ANA, BEN], "asked").await;
        let crm = place.open_with(&both).await;
        forget_links(&crm).await;
        assert_eq!(remove(&crm, &[ANA]).await, 1);
        crm.import(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2")).await;
        expect![[r#"
            +33199000001 no
            +33199000002 yes"#]]
        .assert_eq(&suppressed(&crm).await);
    });
}

#[test]
fn a_digest_of_others_holds_back_its_number_and_becomes_an_entry_of_the_number() {
    check(async |place| {
        let crm = place.open().await;
        // One list has the plus, the other has not.
        let lists = [plain(&[ANA], 0), plain(&[BEN, "+33199000009"], 1)];
        let mut n_changed = 0;
        for list in &lists {
            n_changed += crm.suppress_digests(list, SuppressAction::Add, "list of a partner", AT).await.unwrap();
            assert_eq!(crm.suppress_digests(list, SuppressAction::Add, "again", AT).await.unwrap(), 0);
        }
        assert_eq!(n_changed, 3);
        let counts = crm.suppression_counts().await.unwrap();
        assert_eq!((counts.suppressed, counts.sha256_only), (0, 3));
        let digests: Vec<String> = lists.iter().flatten().map(hex::encode).collect();
        let held = bytes(&crm).await;
        assert!(digests.iter().all(|it| !held.contains(it)), "a plain digest is never stored");

        crm.import_new(RUN, &format!("{ANA} name=Ana")).await;
        crm.import(LATER, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2\n+33199000003 row=sms:3")).await;
        expect![[r#"
            +33199000001 yes
            +33199000002 yes
            +33199000003 no"#]]
        .assert_eq(&suppressed(&crm).await);
        let counts = crm.suppression_counts().await.unwrap();
        assert_eq!((counts.suppressed, counts.sha256_only), (2, 1));
        let of = crm.texts("select digest_of || ' ' || reason from suppression order by 1").await;
        assert_eq!(of, "identity list of a partner\nidentity list of a partner\nsha256 list of a partner");
        let held = bytes(&crm).await;
        assert!(digests.iter().all(|it| !held.contains(it)));
    });
}

#[test]
fn a_digest_of_others_holds_back_a_contact_that_is_there_already() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2")).await;
        let list = plain(&[ANA], 1);
        assert_eq!(crm.suppress_digests(&list, SuppressAction::Add, "list", AT).await.unwrap(), 1);
        expect![[r#"
            +33199000001 yes
            +33199000002 no"#]]
        .assert_eq(&suppressed(&crm).await);
        assert_eq!(crm.suppression_counts().await.unwrap().sha256_only, 0);
        assert_eq!(crm.suppress_digests(&list, SuppressAction::Add, "list", AT).await.unwrap(), 0);
        assert_eq!(crm.suppress_digests(&list, SuppressAction::Remove, "list", AT).await.unwrap(), 1);
        assert!(crm.suppressed().await.unwrap().is_empty());
    });
}

#[test]
fn a_digest_of_others_can_be_taken_off_the_list_before_its_number_is_seen() {
    check(async |place| {
        let [first, both, _] = keys();
        let list = plain(&[ANA], 0);
        let crm = place.open_with(&first).await;
        crm.suppress_digests(&list, SuppressAction::Add, "list", AT).await.unwrap();
        let crm = place.open_with(&both).await;
        assert_eq!(crm.suppress_digests(&list, SuppressAction::Add, "list", AT).await.unwrap(), 0);
        assert_eq!(crm.suppress_digests(&list, SuppressAction::Remove, "list", AT).await.unwrap(), 1);
        crm.import(RUN, ANA).await;
        assert_eq!(suppressed(&crm).await, "+33199000001 no");
    });
}

#[test]
fn a_number_and_the_digest_of_others_are_one_entry_once_the_number_is_seen() {
    check(async |place| {
        let crm = place.open().await;
        crm.suppress_digests(&plain(&[ANA], 0), SuppressAction::Add, "list", AT).await.unwrap();
        assert_eq!(remove(&crm, &[ANA]).await, 1, "the number was on the list of others");
        crm.import(RUN, ANA).await;
        assert_eq!(suppressed(&crm).await, "+33199000001 no");
        let list = plain(&[ANA], 1);
        assert_eq!(crm.suppress_digests(&list, SuppressAction::Add, "list", AT).await.unwrap(), 1);
        assert_eq!(suppressed(&crm).await, "+33199000001 yes");
        let history = crm.texts("select action from suppression order by at").await;
        assert_eq!(history, "add\nremove\nadd");
        assert_eq!(crm.texts("select count(distinct digest) || '' from suppression").await, "1");
    });
}

#[test]
fn a_user_without_a_phone_is_held_back_by_the_viber_id() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "viber=a1").await;
        crm.suppress(&[user("a1")], SuppressAction::Add, "asked", AT).await.unwrap();
        // The phone comes later, and with it another contact.
        crm.import(LATER, &format!("{ANA} viber=a1\n{BEN} viber=b1 row=sms:2")).await;
        expect![[r#"
            +33199000001 yes
            +33199000002 no"#]]
        .assert_eq(&suppressed(&crm).await);
    });
}

#[test]
fn a_contact_id_alone_can_be_on_the_list() {
    check(async |place| {
        let [first, both, _] = keys();
        let crm = place.open_with(&first).await;
        crm.suppress(&[id_of(ANA)], SuppressAction::Add, "list of a plan", AT).await.unwrap();
        assert_eq!(crm.suppress(&[id_of(ANA)], SuppressAction::Add, "list of a plan", AT).await.unwrap().len(), 0);
        let crm = place.open_with(&both).await;
        forget_links(&crm).await;
        crm.import(RUN, ANA).await;
        assert_eq!(suppressed(&crm).await, "+33199000001 yes");
        assert_eq!(crm.suppression_counts().await.unwrap().under_old_keys, 0);
    });
}

async fn merged(place: &Place) -> Crm {
    let crm = place.open().await;
    crm.import(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2")).await;
    add(&crm, &[BEN], "asked").await;
    crm.merge(id_of(ANA), id_of(BEN)).await.unwrap().unwrap();
    assert_eq!(suppressed(&crm).await, "+33199000001 yes", "the one who stays is suppressed");
    crm
}

#[test]
fn a_merge_with_a_suppressed_contact_can_be_taken_back_and_each_is_taken_off_the_list_alone() {
    check(async |place| {
        let crm = merged(place).await;
        crm.unmerge(id_of(ANA), id_of(BEN), false).await.unwrap().unwrap();
        assert_eq!(suppressed(&crm).await, "+33199000001 yes\n+33199000002 yes");
        // Ana was never on the list by her own number.
        assert_eq!(remove(&crm, &[ANA]).await, 1);
        assert_eq!(suppressed(&crm).await, "+33199000001 no\n+33199000002 yes");
        crm.import(LATER, &format!("{ANA} name=Anna\n{BEN} name=Benny row=sms:2")).await;
        assert_eq!(suppressed(&crm).await, "+33199000001 no\n+33199000002 yes");
    });
}

#[test]
fn a_contact_that_was_suppressed_by_a_merge_stays_on_the_list_when_the_other_is_taken_off() {
    check(async |place| {
        let crm = merged(place).await;
        crm.unmerge(id_of(ANA), id_of(BEN), false).await.unwrap().unwrap();
        assert_eq!(remove(&crm, &[BEN]).await, 1);
        assert_eq!(suppressed(&crm).await, "+33199000001 yes\n+33199000002 no");
        crm.import(LATER, &format!("{ANA} name=Anna\n{BEN} name=Benny row=sms:2")).await;
        assert_eq!(suppressed(&crm).await, "+33199000001 yes\n+33199000002 no");
        assert_eq!(remove(&crm, &[ANA]).await, 1);
        assert_eq!(suppressed(&crm).await, "+33199000001 no\n+33199000002 no");
    });
}

#[test]
fn a_merged_contact_is_taken_off_the_list_with_all_its_numbers() {
    check(async |place| {
        let crm = merged(place).await;
        assert_eq!(remove(&crm, &[ANA]).await, 1);
        assert_eq!(suppressed(&crm).await, "+33199000001 no");
        crm.import(LATER, &format!("{ANA} name=Anna\n{BEN} name=Benny row=sms:2")).await;
        assert_eq!(suppressed(&crm).await, "+33199000001 no");
    });
}

#[test]
fn a_number_of_a_merged_contact_that_is_on_the_list_later_holds_back_the_one_who_stays() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2")).await;
        crm.merge(id_of(ANA), id_of(BEN)).await.unwrap().unwrap();
        crm.suppress_digests(&plain(&[BEN], 0), SuppressAction::Add, "list", AT).await.unwrap();
        assert_eq!(suppressed(&crm).await, "+33199000001 yes");
    });
}

#[test]
fn a_number_that_came_on_the_list_while_it_was_merged_holds_back_its_own_contact_after_the_undoing() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2")).await;
        crm.merge(id_of(ANA), id_of(BEN)).await.unwrap().unwrap();
        crm.suppress_digests(&plain(&[BEN], 0), SuppressAction::Add, "list", AT).await.unwrap();
        let without_keys = Crm::open(&place.url).await.unwrap();
        let refused = without_keys.unmerge(id_of(ANA), id_of(BEN), false).await.unwrap_err();
        assert!(refused.to_string().contains("which is not here"), "{refused}");
        crm.unmerge(id_of(ANA), id_of(BEN), false).await.unwrap().unwrap();
        assert_eq!(suppressed(&crm).await, "+33199000001 yes\n+33199000002 yes");
    });
}

#[test]
fn a_number_that_nobody_has_seen_is_found_on_the_list() {
    check(async |place| {
        let crm = place.open().await;
        crm.suppress_digests(&plain(&[ANA], 0), SuppressAction::Add, "list", AT).await.unwrap();
        assert!(crm.is_suppressed(number(ANA)).await.unwrap());
        assert!(!crm.is_suppressed(number(BEN)).await.unwrap());
        let without_keys = Crm::open(&place.url).await.unwrap();
        let unknown = without_keys.is_suppressed(number(ANA)).await.unwrap_err();
        assert!(unknown.to_string().contains("nobody can say who must not be written to"), "{unknown}");
        crm.suppress_digests(&plain(&[ANA], 0), SuppressAction::Remove, "mistake", AT).await.unwrap();
        assert!(!crm.is_suppressed(number(ANA)).await.unwrap());
        add(&crm, &[BEN], "asked").await;
        assert!(without_keys.is_suppressed(number(BEN)).await.unwrap(), "an entry that is linked needs no keys");
    });
}

#[test]
fn who_asks_to_be_left_alone_while_held_is_not_released_by_a_run() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2")).await;
        let both = [ANA, BEN].map(id_of);
        assert_eq!(crm.suppress(&both, SuppressAction::Add, crate::HELD, AT).await.unwrap().len(), 2);
        assert_eq!(add(&crm, &[ANA], "asked by phone").await, 0, "both are suppressed already");
        let now: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
        assert!(crm.is_holding(now).await.unwrap());
        assert_eq!(crm.release_held(now, "a run has loaded what the person said", now).await.unwrap(), 1);
        assert_eq!(suppressed(&crm).await, "+33199000001 yes\n+33199000002 no");
        assert!(!crm.is_holding(now).await.unwrap());
    });
}

#[test]
fn who_was_suppressed_at_a_moment_is_known() {
    check(async |place| {
        let crm = place.open().await;
        let at = |day: i8| Timestamp::from_second(i64::from(day) * 86_400).unwrap();
        let ana = [number(ANA)];
        crm.suppress_people(&ana, SuppressAction::Add, "asked", at(2)).await.unwrap();
        crm.suppress_people(&ana, SuppressAction::Remove, "asked", at(4)).await.unwrap();
        crm.suppress_people(&ana, SuppressAction::Add, "asked", at(6)).await.unwrap();
        let mut told = String::new();
        for day in 1..8 {
            told.push(if crm.suppressed_at(at(day)).await.unwrap().is_empty() { '-' } else { 'x' });
        }
        assert_eq!(told, "-xx--xx");
    });
}

#[test]
fn what_is_exported_is_each_suppressed_contact_with_the_numbers_that_are_known() {
    check(async |place| {
        let crm = merged(place).await;
        add(&crm, &["+33199000009"], "asked, not imported yet").await;
        let all = crm.suppressed_contacts().await.unwrap();
        let mut lines: Vec<String> = all
            .iter()
            .map(|it| {
                let phones: Vec<String> = it.phones.iter().map(ToString::to_string).collect();
                format!("{} [{}] merged: {}", it.reason, phones.join(" "), it.merged_into.is_some())
            })
            .collect();
        lines.sort();
        expect![[r#"
            asked [+33199000001 +33199000002] merged: false
            asked [] merged: true
            asked, not imported yet [] merged: false"#]]
        .assert_eq(&lines.join("\n"));
    });
}

#[test]
fn contacts_that_come_back_with_a_restore_are_looked_for_in_the_list() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, ANA).await;
        crm.suppress_digests(&plain(&[BEN], 0), SuppressAction::Add, "list", AT).await.unwrap();
        // As a restore does: nothing of the list looks at it.
        crm.by_hand("update contact set e164 = '+33199000002'").await;
        assert_eq!(suppressed(&crm).await, "+33199000002 no");
        crm.see_all_suppressed().await.unwrap();
        assert_eq!(suppressed(&crm).await, "+33199000002 yes");
    });
}

#[test]
fn without_keys_an_empty_list_is_no_obstacle_and_nobody_can_be_added() {
    check(async |place| {
        let crm = Crm::open(&place.url).await.unwrap();
        crm.import(RUN, ANA).await;
        let refused = crm.suppress(&[id_of(ANA)], SuppressAction::Add, "asked", AT).await.unwrap_err();
        assert_eq!(refused.to_string(), "there is no key for the suppression list");
        add(&place.open().await, &[BEN], "asked").await;
        crm.check_suppression_keys().await.unwrap_err();
    });
}
