use expect_test::expect;
use jiff::Timestamp;
use model::{
    Channel, ConsentChannel, ConsentState, Contact, Field, Identity, IdentityKind, Personal, SaidAt, Statement,
};
use phone::{LineType, PhoneNumber, Region};

use crate::check::{RUN, check, contact, id_of, statement};
use crate::{Loaded, Reread};

const LATER: &str = "2026-12-01-winter";

fn counts(loaded: &Loaded) -> [u64; 3] {
    [loaded.inserted, loaded.updated, loaded.unchanged]
}

#[test]
fn a_contact_is_read_back_as_it_was_written() {
    check(async |place| {
        let crm = place.open().await;
        let at = |second: i64| Timestamp::from_microsecond(second * 1_000_001).unwrap();
        let field = |row: &str, value: &str| Some(Field { value: Personal(value.to_owned()), row: row.into() });
        let said = Statement {
            channel: ConsentChannel::Whatsapp,
            at: Some(SaidAt { from: at(7), until: at(86_000) }),
            state: ConsentState::Unclear,
            ..statement("peut-être")
        };
        let whole = Contact {
            region: Region::from_code("FR"),
            line_type: LineType::from_name("mobile"),
            name: field("sms:1", "Ana | 😀"),
            email: field("viber:2", "ana@example.com"),
            language: Some(Field { value: "fr".to_owned(), row: "sms:1".into() }),
            first_at: Some(at(-5)),
            last_at: Some(Field { value: at(5), row: "viber:2".into() }),
            last_inbound_at: Some(at(3)),
            last_outbound_at: Some(at(4)),
            n_messages: 7,
            is_reachable: Some(Field { value: false, row: "sms:1".into() }),
            consent: Some(Field { value: ConsentState::Unclear, row: "sms:1".into() }),
            consent_at: Some(at(7)),
            consent_channel: Some(ConsentChannel::Whatsapp),
            whatsapp_consent: Some(ConsentState::Unclear),
            statements: vec![said],
            identities: vec![Identity {
                kind: IdentityKind::External,
                scope: "sms".into(),
                value: Personal("7".into()),
            }],
            tags: vec!["a".to_owned(), "b".to_owned()],
            channels: vec![Channel::Sms, Channel::Viber],
            n_rows: 2,
            rows: "sms:1 viber:2".into(),
            ..contact(PhoneNumber::from_e164("+33199000001").unwrap())
        };
        crm.import_contacts(RUN, vec![whole.clone()]).await.unwrap();
        assert_eq!(crm.held(&[whole.id]).await.unwrap().remove(&whole.id), Some(whole.clone()));
        assert_eq!(counts(&crm.import_contacts(LATER, vec![whole]).await.unwrap()), [0, 0, 1]);
    });
}

#[test]
fn an_import_loads_contacts_once_and_gives_a_receipt() {
    check(async |place| {
        let crm = place.open().await;
        let people = "+33199000001 name=Ana consent=yes\n+33199000002 name=Ben viber=b1 row=sms:2";
        assert_eq!(counts(&crm.import(RUN, people).await), [2, 0, 0]);
        assert_eq!(crm.receipts(RUN, model::Stage::Load).await.unwrap().len(), 1);
        let dump = crm.dump().await;
        assert_eq!(counts(&crm.import(RUN, people).await), [0, 0, 2]);
        assert_eq!(crm.dump().await, dump);
        expect![[r#"
            +33199000001|Ana|||yes|0|sms:1
            +33199000002|Ben||||0|sms:2"#]]
        .assert_eq(&crm.people().await);
        assert_eq!(crm.find("b1").await.unwrap(), [id_of("+33199000002")]);
        assert_eq!(crm.find("+33199000001").await.unwrap(), [id_of("+33199000001")]);
    });
}

#[test]
fn contacts_that_are_known_to_be_new_are_loaded_as_any_others() {
    let people = "+33199000001 name=Ana consent=yes viber=a1\n+33199000002 name=Ben consent=stop viber=b1 row=sms:2";
    check(async |place| {
        let another = place.another("other").await;
        let (crm, other) = (place.open().await, another.open().await);
        assert!(crm.is_empty().await.unwrap());
        assert_eq!(counts(&crm.import_new(RUN, people).await), [2, 0, 0]);
        assert!(!crm.is_empty().await.unwrap());
        other.import(RUN, people).await;
        assert_eq!(crm.dump().await, other.dump().await);
    });
}

#[test]
fn a_later_import_changes_what_it_knows_and_forgets_nothing() {
    check(async |place| {
        let crm = place.open().await;
        let people =
            "+33199000001 name=Ana email=ana@example.com messages=5 consent=stop viber=a1\n+33199000002 name=Ben";
        crm.import(RUN, people).await;
        let later = "+33199000001 name=Anna messages=3 consent=yes viber=a2 row=crm:9\n+33199000003 name=Cy row=crm:8";
        let loaded = crm.import(LATER, later).await;
        assert_eq!(counts(&loaded), [1, 1, 0]);
        let fields: Vec<_> = loaded.fields.into_iter().map(|(name, n)| format!("{name} {n}")).collect();
        expect!["identities 1, name 1, rows 1, statements 1"].assert_eq(&fields.join(", "));
        expect![[r#"
            +33199000001|Anna|ana@example.com||stop|5|crm:9 2026-11-28-spring/sms:1
            +33199000002|Ben||||0|sms:1
            +33199000003|Cy||||0|crm:8"#]]
        .assert_eq(&crm.people().await);
        expect![[r#"
            a1
            a2"#]]
        .assert_eq(&crm.texts("select value from identity_view order by 1").await);
    });
}

#[test]
fn what_a_person_edited_stays_and_is_reported() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana email=a@example.com\n+33199000002 name=Ben row=sms:2").await;
        crm.by_hand("update contact set name = 'Ana of Paris' where e164 = '+33199000001'").await;
        let again = "+33199000001 name=Anna email=b@example.com\n+33199000002 name=Ben row=sms:2";
        for run in [LATER, "2026-12-02-winter"] {
            let loaded = crm.import(run, again).await;
            let conflicts = loaded.conflicts.into_iter().map(|it| (it.contact, it.field, it.edited, it.imported));
            let (edited, imported) = ("Ana of Paris".to_owned().into(), "Anna".to_owned().into());
            assert_eq!(conflicts.collect::<Vec<_>>(), [(id_of("+33199000001"), "name", Some(edited), Some(imported))]);
            expect![[r#"
                +33199000001|Ana of Paris|b@example.com|||0|sms:1
                +33199000002|Ben||||0|sms:2"#]]
            .assert_eq(&crm.people().await);
        }
    });
}

#[test]
fn statements_are_read_again_when_words_change() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 consent=yes\n+33199000002 consent=no row=sms:2").await;
        let rule = consent::Rule::default();
        let read = |_, words: &str| Some(if words == "yes" { ConsentState::Stop } else { ConsentState::No });
        let reread = crm.read_statements_anew("digest", rule, read).await.unwrap();
        // No rule is known yet, so the consent of all is derived again.
        assert_eq!(reread, Reread { n_contacts: 2, n_changed: 1, n_answers: 0 });
        assert_eq!(crm.read_statements_anew("digest", rule, read).await.unwrap(), Reread::default());
        assert!(crm.is_read_by("digest", rule).await.unwrap());
        assert!(!crm.is_read_by("other", rule).await.unwrap());
        expect![[r#"
            +33199000001||||stop|0|sms:1
            +33199000002||||no|0|sms:2"#]]
        .assert_eq(&crm.people().await);
    });
}

#[test]
fn a_load_that_fails_leaves_nothing() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        let dump = crm.dump().await;
        // Two contacts of one phone, which only a damaged id can bring.
        let twice =
            Contact { id: model::ContactId([7; 16]), ..contact(PhoneNumber::from_e164("+33199000001").unwrap()) };
        let other = contact(PhoneNumber::from_e164("+33199000002").unwrap());
        let failed = crm.import_contacts(LATER, vec![twice, other]).await.unwrap_err();
        assert_eq!(failed.to_string(), "could not load a batch of contacts in the CRM database");
        assert_eq!(crm.dump().await, dump);
        assert!(crm.receipts(LATER, model::Stage::Load).await.unwrap().is_empty());
    });
}
