//! Identities with their history, and the contacts that are held because of them.

use std::collections::HashSet;

use expect_test::expect;
use jiff::Timestamp;
use model::{Answer, ContactId, ContactKey, Evidence, Identity, IdentityChange, IdentityEvent, IdentityKind, Personal};

use crate::check::{RUN, check, id_of};
use crate::{Acknowledged, Crm, RecordedEvents};

const ANA: &str = "+33199000001";
const BEN: &str = "+33199000002";
const NEW: &str = "+33199000003";
const LATER_RUN: &str = "2026-12-10-winter";

/// `phone:+33199000001`, `bsuid:FR.1`.
fn identity(text: &str) -> Identity {
    let (kind, value) = text.split_once(':').unwrap();
    let scope = if kind == "phone" || kind == "wa_id" { "" } else { "shop" };
    Identity {
        kind: IdentityKind::from_name(kind).unwrap(),
        scope: scope.to_owned(),
        value: Personal(value.to_owned()),
    }
}

fn day(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

/// `2026-12-01 changed phone:+33199000001 phone:+33199000003`: when, what, the identity before, the identity.
fn event(contact: ContactId, text: &str) -> IdentityEvent {
    let words: Vec<&str> = text.split(' ').collect();
    let named: Vec<Identity> = words[2..].iter().map(|it| identity(it)).collect();
    let from = if named.len() == 2 { named.first().cloned() } else { None };
    IdentityEvent {
        id: format!("{contact} {text}"),
        contact,
        change: IdentityChange::from_parts(words[1], named.last().cloned(), from).unwrap(),
        at: day(words[0]),
        source: "wamid.1".to_owned(),
        note: String::new(),
    }
}

impl Crm {
    async fn happened(&self, contact: ContactId, text: &str) {
        let recorded = self.record_identity_events(&[event(contact, text)]).await.unwrap();
        assert_eq!(recorded, RecordedEvents { added: 1, ..RecordedEvents::default() }, "{text}");
    }

    /// The contacts that are held, with the reason: `+33199000001 number_changed 2026-12-01`.
    async fn held_people(&self) -> String {
        // The search that does not read every contact finds the same.
        let all: HashSet<ContactId> = self.holds().await.unwrap().into_iter().map(|it| it.contact).collect();
        assert_eq!(self.contacts_on_hold().await.unwrap(), all);
        let n_missed =
            "select cast(count(*) as text) from contact_hold where contact_id not in (select contact_id from held)";
        assert_eq!(self.texts(n_missed).await, "0");
        self.texts(
            "select coalesce(e164, '-') || ' ' || reason || ' ' || substr(cast(contact_hold_view.since as text), 1, 10) \
             from contact_hold_view join contact_view on contact_view.contact_id = contact_hold_view.contact_id order by 1",
        )
        .await
    }

    async fn is_refused(&self, sql: &str) -> String {
        let mut tx = self.begin("change the history").await.unwrap();
        format!("{:?}", tx.execute_script(format!("{sql};")).await.expect_err(sql))
    }
}

async fn opened(place: &crate::check::Place) -> Crm {
    let crm = place.open().await;
    crm.import(RUN, "+33199000001 name=Ana viber=a1\n+33199000002 name=Ben row=sms:2").await;
    crm
}

#[test]
fn a_changed_number_holds_the_contact_until_a_person_acknowledges_it() {
    check(async |place| {
        let crm = opened(place).await;
        let ana = id_of(ANA);
        assert_eq!(crm.held_people().await, "");
        crm.happened(ana, "2026-12-01 changed phone:+33199000001 phone:+33199000003").await;
        assert_eq!(crm.held_people().await, "+33199000001 number_changed 2026-12-01");
        assert_eq!(crm.holds().await.unwrap(), [crm.identity_history(ana).await.unwrap().hold.unwrap()]);

        let early = crm.acknowledge(ana, "Eva", "", day("2026-11-20")).await.unwrap();
        assert!(matches!(early, Acknowledged::InFuture(_)), "{early:?}");
        let released = crm.acknowledge(ana, "Eva", "called her", day("2026-12-02")).await.unwrap();
        assert!(matches!(released, Acknowledged::Released(it) if it.contact == ana), "{released:?}");
        assert_eq!(crm.held_people().await, "");
        let again = crm.acknowledge(ana, "Eva", "", day("2026-12-03")).await.unwrap();
        assert_eq!(again, Acknowledged::NotHeld);
        crm.happened(ana, "2026-12-04 reassigned phone:+33199000003").await;
        assert_eq!(crm.held_people().await, "+33199000001 number_reassigned 2026-12-04");
    });
}

#[test]
fn a_contact_is_found_and_suppressed_by_the_number_that_it_has_now() {
    check(async |place| {
        let crm = opened(place).await;
        let ana = id_of(ANA);
        crm.happened(ana, "2026-12-01 changed phone:+33199000001 phone:+33199000003").await;
        crm.happened(ana, "2026-12-01 observed wa_id:33199000004").await;
        for number in ["+33199000003", "+33199000004"] {
            assert_eq!(crm.find(number).await.unwrap(), [ana], "{number}");
        }
        let [new] = [phone::PhoneNumber::from_e164("+33199000003").unwrap()];
        let asked = crate::Suppressee { contact: crate::check::id_of("+33199000003"), phone: Some(new) };
        let changed =
            crm.suppress_people(&[asked], crate::SuppressAction::Add, "asked", day("2026-12-03")).await.unwrap();
        assert!(changed.contains(&ana));

        crm.happened(ana, "2026-12-05 changed phone:+33199000003 phone:+33199000005").await;
        assert_eq!(crm.find("+33199000003").await.unwrap(), []);
        assert_eq!(crm.find("+33199000005").await.unwrap(), [ana]);
    });
}

#[test]
fn a_clock_of_the_platform_that_is_a_little_ahead_can_be_acknowledged() {
    check(async |place| {
        let crm = opened(place).await;
        let ana = id_of(ANA);
        for second in ["2026-12-01 questioned phone:+33199000001", "2026-12-02 questioned phone:+33199000001"] {
            crm.happened(ana, second).await;
        }
        let an_hour_before = "2026-12-02T11:00:00Z".parse().unwrap();
        let early = crm.acknowledge(ana, "Eva", "", an_hour_before).await.unwrap();
        assert!(matches!(early, Acknowledged::InFuture(_)), "{early:?}");
        let shortly_before = "2026-12-02T11:55:00Z".parse().unwrap();
        crm.acknowledge(ana, "Eva", "", shortly_before).await.unwrap();
        assert_eq!(crm.held_people().await, "");
    });
}

#[test]
fn a_number_that_changed_hands_holds_whoever_has_it_in_the_database() {
    check(async |place| {
        let crm = opened(place).await;
        // The platform knows Ana by her business-scoped id, and the imports know her number as a contact of its own.
        let of_platform = id_of("+33199000009");
        crm.happened(of_platform, "2026-12-01 changed phone:+33199000001 phone:+33199000003").await;
        crm.happened(of_platform, "2026-12-01 ended wa_id:33199000002").await;
        expect![[r#"
            +33199000001 number_changed 2026-12-01
            +33199000002 number_ended 2026-12-01"#]]
        .assert_eq(&crm.held_people().await);
    });
}

#[test]
fn a_new_scoped_id_links_and_holds_no_one() {
    check(async |place| {
        let crm = opened(place).await;
        let ana = id_of(ANA);
        crm.happened(ana, "2026-12-01 linked phone:+33199000001 bsuid:FR.1").await;
        crm.happened(ana, "2026-12-02 changed bsuid:FR.1 bsuid:FR.2").await;
        crm.happened(ana, "2026-12-02 observed username:ana").await;
        assert_eq!(crm.held_people().await, "");
        expect![[r#"
            bsuid shop FR.2
            phone  +33199000001
            phone  +33199000002
            username shop ana
            viber bot a1"#]]
        .assert_eq(&crm.texts("select kind || ' ' || scope || ' ' || value from identity_now_view order by 1").await);
    });
}

#[test]
fn an_event_that_is_delivered_twice_is_one_row() {
    check(async |place| {
        let crm = opened(place).await;
        let twice = event(id_of(ANA), "2026-12-01 observed username:ana");
        let other = event(id_of(BEN), "2026-12-01 observed username:ben");
        let recorded = crm.record_identity_events(&[twice.clone(), twice.clone()]).await.unwrap();
        assert_eq!(recorded, RecordedEvents { added: 1, known: 1, refused: 0 });
        let otherwise = IdentityEvent { at: day("2026-12-05"), ..twice.clone() };
        let recorded = crm.record_identity_events(&[otherwise, other]).await.unwrap();
        assert_eq!(recorded, RecordedEvents { added: 1, known: 1, refused: 0 });
        let numbers = "select cast(number as text) || ' ' || value from identity_event_view order by number";
        assert_eq!(crm.texts(numbers).await, "1 ana\n2 ben");
    });
}

#[test]
fn an_event_that_no_database_can_keep_does_not_keep_the_others_out() {
    check(async |place| {
        let crm = opened(place).await;
        let ana = id_of(ANA);
        let mut with_nul = event(ana, "2026-12-01 observed username:ana");
        with_nul.source = "a\0b".to_owned();
        let same = event(ana, "2026-12-01 changed username:ana username:ana");
        let mut before = event(ana, "2026-12-01 observed username:anna");
        before.at = Timestamp::from_second(-1).unwrap();
        let well = event(ana, "2026-12-01 observed username:anne");
        let recorded = crm.record_identity_events(&[with_nul, same, before, well]).await.unwrap();
        assert_eq!(recorded, RecordedEvents { added: 1, known: 0, refused: 3 });
    });
}

#[test]
fn rows_that_name_the_old_number_again_hold_the_contact_even_after_an_acknowledgement() {
    check(async |place| {
        let crm = opened(place).await;
        let ana = id_of(ANA);
        crm.happened(ana, "2026-12-01 changed phone:+33199000001 phone:+33199000003").await;
        crm.acknowledge(ana, "Eva", "", day("2026-12-02")).await.unwrap();
        crm.import("2026-12-05-same", "+33199000001 name=Ana viber=a1").await;
        assert_eq!(crm.held_people().await, "", "what was known already is not about a new owner");

        crm.import(LATER_RUN, "+33199000001 name=Zoe consent=yes").await;
        assert_eq!(crm.held_people().await, "+33199000001 number_used_again 2026-12-10");
        assert_eq!(crm.texts("select name from contact_view order by 1").await, "Ben\nZoe");
        // The number does not come back to the person who left it.
        let numbers = "select value from identity_now_view where kind = 'phone' order by 1";
        assert_eq!(crm.texts(numbers).await, format!("{BEN}\n{NEW}"));
        crm.acknowledge(ana, "Eva", "", day("2026-12-11")).await.unwrap();
        assert_eq!(crm.held_people().await, "");
        assert_eq!(crm.texts(numbers).await, format!("{BEN}\n{NEW}"));
        crm.import("2026-12-15-again", "+33199000001 name=Zoe consent=yes\n+33199000002 name=Ben row=sms:2").await;
        assert_eq!(crm.held_people().await, "");
        crm.import("2026-12-20-said", "+33199000001 name=Zoe consent=stop").await;
        assert_eq!(crm.held_people().await, "+33199000001 number_used_again 2026-12-20", "one statement is news");
    });
}

#[test]
fn a_new_contact_with_a_number_that_somebody_has_left_is_held() {
    check(async |place| {
        let crm = opened(place).await;
        crm.happened(id_of(ANA), "2026-12-01 changed phone:+33199000003 phone:+33199000004").await;
        crm.acknowledge(id_of(ANA), "Eva", "", day("2026-12-02")).await.unwrap();
        crm.import(LATER_RUN, "+33199000003 name=Zoe\n+33199000004 name=Ana row=sms:2").await;
        let held = crm.held_people().await;
        assert!(held.lines().any(|it| it == "+33199000003 number_used_again 2026-12-10"), "{held}");
    });
}

#[test]
fn two_contacts_of_one_number_are_held_until_they_are_merged() {
    check(async |place| {
        let crm = opened(place).await;
        let (ana, twin) = (id_of(ANA), id_of("+33199000004"));
        crm.happened(ana, &format!("2026-12-01 changed phone:{ANA} phone:+33199000004")).await;
        crm.acknowledge(ana, "Eva", "", day("2026-12-02")).await.unwrap();
        assert_eq!(crm.held_people().await, "");
        crm.import(LATER_RUN, "+33199000004 name=Ana row=sms:2").await;
        let shared = format!("{ANA} number_shared 2026-12-01\n+33199000004 number_shared 2026-12-01");
        assert_eq!(crm.held_people().await, shared);
        for contact in [ana, twin] {
            let stays = crm.acknowledge(contact, "Eva", "", day("2026-12-20")).await.unwrap();
            assert!(matches!(stays, Acknowledged::Shared(_)), "{stays:?}");
        }
        assert_eq!(crm.held_people().await, shared);
        crm.merge(ana, twin).await.unwrap().unwrap();
        // The later run may have named the old number of Ana too, so somebody has to look once more.
        assert_eq!(crm.held_people().await, format!("{ANA} number_used_again 2026-12-10"));
        let released = crm.acknowledge(ana, "Eva", "", day("2026-12-20")).await.unwrap();
        assert!(matches!(released, Acknowledged::Released(_)), "{released:?}");
        assert_eq!(crm.held_people().await, "");
    });
}

#[test]
fn a_contact_is_held_for_those_that_were_merged_into_it() {
    check(async |place| {
        let crm = opened(place).await;
        crm.import("2026-11-29-more", "+33199000005 name=Annie").await;
        let [ana, ben, annie] = [ANA, BEN, "+33199000005"].map(id_of);
        crm.happened(annie, "2026-12-01 questioned phone:+33199000005").await;
        crm.merge(ben, annie).await.unwrap().unwrap();
        assert_eq!(crm.held_people().await, "+33199000002 identity_changed 2026-12-01");
        crm.merge(ana, ben).await.unwrap().unwrap();
        assert_eq!(crm.held_people().await, "+33199000001 identity_changed 2026-12-01");
        // An event can come for a contact that is no longer there.
        crm.happened(ben, "2026-12-02 ended phone:+33199000002").await;
        let now = "select value from identity_now_view where kind = 'phone' order by 1";
        assert_eq!(crm.texts(now).await, "+33199000001\n+33199000005");

        crm.unmerge(ana, ben, false).await.unwrap().unwrap();
        assert_eq!(crm.held_people().await, "+33199000002 identity_changed 2026-12-01", "of Ana nothing was said");
        crm.merge(ana, ben).await.unwrap().unwrap();
        crm.acknowledge(ana, "Eva", "", day("2026-12-03")).await.unwrap();
        assert_eq!(crm.held_people().await, "");
        for (survivor, other) in [(ana, ben), (ben, annie)] {
            crm.unmerge(survivor, other, false).await.unwrap().unwrap();
        }
        assert_eq!(crm.held_people().await, "");
        assert_eq!(crm.identity_history(annie).await.unwrap().events.len(), 2);
    });
}

#[test]
fn a_change_of_identity_that_evidence_tells_of_holds_the_contact() {
    check(async |place| {
        let crm = opened(place).await;
        let ana = id_of(ANA);
        let evidence = Evidence {
            contact_id: ana,
            method: model::PASSIVE.into(),
            checked_at: day("2026-12-01"),
            variant: None,
            answer: Answer::NoAnswer,
            expires_at: None,
            price_micros: 0,
            wa_id: None,
            raw_status: Some(model::IDENTITY_CHANGED.into()),
        };
        let mut writer = crm.evidence_writer();
        writer.add(vec![crm.ready_evidence(RUN, &[evidence], &[])], None).await.unwrap();
        assert_eq!(crm.held_people().await, "+33199000001 identity_changed 2026-12-01");
        let history = crm.identity_history(ana).await.unwrap();
        let told: Vec<_> = history.events.iter().map(|it| (it.event.change.name(), it.recorded_at)).collect();
        assert_eq!(told, [("questioned", None)]);
        crm.acknowledge(ana, "Eva", "", day("2026-12-02")).await.unwrap();
        assert_eq!(crm.held_people().await, "");
    });
}

#[test]
fn the_chain_of_an_identity_names_all_that_it_was_and_became() {
    check(async |place| {
        let crm = opened(place).await;
        let [ana, ben] = [ANA, BEN].map(id_of);
        let of_scoped_id = ContactKey::from_hex(&"5a".repeat(32)).unwrap();
        let of_scoped_id = of_scoped_id.of_identity(IdentityKind::Bsuid, "shop", "FR.2");
        // They swap their numbers, and what happened last is heard of first.
        crm.happened(of_scoped_id, "2026-12-07 observed bsuid:FR.2").await;
        crm.happened(ana, "2026-12-06 changed bsuid:FR.1 bsuid:FR.2").await;
        crm.happened(ben, "2026-12-06 changed phone:+33199000002 phone:+33199000001").await;
        crm.happened(ana, "2026-12-06 changed phone:+33199000001 phone:+33199000002").await;
        crm.happened(ana, "2026-12-01 linked phone:+33199000001 bsuid:FR.1").await;
        let chain = async |kind: &str, scope: &str, value: &str| {
            let kind = IdentityKind::from_name(kind).unwrap();
            let chains = crm.alias_chain(kind, scope, value).await.unwrap();
            let people = chains.iter().map(|chain| {
                let ids: Vec<String> = chain.identities.iter().map(|it| it.identity.value.0.clone()).collect();
                format!("{}: {}", chain.contacts.len(), ids.join(" "))
            });
            let mut people: Vec<String> = people.collect();
            people.sort();
            people.join("\n")
        };
        let of_ana = "2: +33199000001 a1 FR.1 +33199000002 FR.2";
        let of_ben = "1: +33199000002 +33199000001";
        assert_eq!(chain("phone", "", ANA).await, format!("{of_ben}\n{of_ana}"));
        assert_eq!(chain("phone", "", BEN).await, format!("{of_ben}\n{of_ana}"));
        for (kind, scope, value) in [("bsuid", "shop", "FR.1"), ("bsuid", "shop", "FR.2"), ("viber", "bot", "a1")] {
            assert_eq!(chain(kind, scope, value).await, of_ana, "{value}");
        }
        assert_eq!(chain("bsuid", "other", "FR.1").await, "");
        let mut found = crm.find_by_event("FR.2").await.unwrap();
        found.sort();
        let mut both = [ana, of_scoped_id];
        both.sort();
        assert_eq!(found, both);
    });
}

#[test]
fn the_history_cannot_be_changed_by_sql() {
    check(async |place| {
        let crm = opened(place).await;
        crm.happened(id_of(ANA), "2026-12-01 questioned phone:+33199000001").await;
        let columns = "event_id, number, contact_id, event, kind, scope, value, from_kind, from_scope, from_value, at, \
            recorded_at, source, note";
        let copy = columns.replace("number", "number + 1").replace("event_id", "'other'");
        let same_id = columns.replace("number", "number + 1");
        let upsert = format!(
            "insert into identity_event ({columns}) select {columns} from identity_event where true \
             on conflict (event_id) do update set at = 0"
        );
        let mut attempts = vec![
            "update identity_event set at = 0".to_owned(),
            "update identity_event set note = 'x' where number = 1".to_owned(),
            "delete from identity_event".to_owned(),
            "delete from identity_event where number = 1".to_owned(),
            upsert,
        ];
        let is_sqlite = place.url.starts_with("sqlite");
        match is_sqlite {
            true => attempts.extend([
                format!("insert or replace into identity_event ({columns}) select {same_id} from identity_event"),
                format!("replace into identity_event ({columns}) select {columns} from identity_event"),
                format!(
                    "insert or replace into identity_event ({columns}) select {} from identity_event",
                    columns.replace("event_id", "'other'")
                ),
                "update or replace identity_event set number = 7".to_owned(),
                "pragma recursive_triggers = off; delete from identity_event".to_owned(),
            ]),
            false => attempts.extend([
                "truncate identity_event".to_owned(),
                "truncate identity_event cascade".to_owned(),
                "set local session_replication_role = replica; delete from identity_event".to_owned(),
                "create schema elsewhere; create table elsewhere.identity_event (a int); \
                 set local search_path = elsewhere, pg_temp; delete from public.identity_event"
                    .to_owned(),
            ]),
        }
        for attempt in attempts {
            let told = crm.is_refused(&attempt).await;
            assert!(told.contains("rows of identity_event are added and never changed"), "{attempt}: {told}");
        }
        assert_eq!(crm.held_people().await, "+33199000001 identity_changed 2026-12-01");
        crm.by_hand(&format!("insert into identity_event ({columns}) select {copy} from identity_event")).await;
    });
}

#[test]
fn the_table_takes_no_row_that_is_not_an_event() {
    check(async |place| {
        let crm = opened(place).await;
        crm.happened(id_of(ANA), "2026-12-01 questioned phone:+33199000001").await;
        let insert = async |row: &str| {
            let columns = "event_id, number, contact_id, event, kind, scope, value, from_kind, from_scope, from_value, at, \
                recorded_at, source, note";
            let row = format!("'other', 2, contact_id, {row}, 1, '', '' from identity_event where number = 1");
            crm.is_refused(&format!("insert into identity_event ({columns}) select {row}")).await.to_lowercase()
        };
        for row in [
            "'guessed', 'phone', '', '+1', null, null, null, 1",
            "'observed', 'fax', '', '+1', null, null, null, 1",
            "'observed', null, null, null, null, null, null, 1",
            "'observed', 'phone', '', null, null, null, null, 1",
            "'observed', 'phone', '', '+1', 'phone', '', '+2', 1",
            "'changed', 'phone', '', '+1', null, null, null, 1",
            "'changed', 'phone', '', '+1', 'viber', '', '+2', 1",
            "'changed', 'phone', '', '+1', 'phone', '', '+1', 1",
            "'acknowledged', 'phone', '', '+1', null, null, null, 1",
            "'observed', 'phone', '', '+1', null, null, null, -1",
        ] {
            let told = insert(row).await;
            assert!(told.contains("check"), "{row}: {told}");
        }
    });
}

#[test]
fn the_gate_asks_for_one_contact_by_indexes_alone() {
    check(async |place| {
        let crm = opened(place).await;
        if !place.url.starts_with("sqlite") {
            return;
        }
        let plan = "explain query plan select 1 from contact_hold where contact_id = x'00'";
        let steps = crm.select("look", plan, &[], |it| it.text(3)).await.unwrap();
        let scanned =
            |it: &&String| it.starts_with("SCAN") && !["part", "CONSTANT", "run"].iter().any(|of| it.contains(of));
        assert_eq!(steps.iter().filter(scanned).count(), 0, "{steps:#?}");
    });
}
