//! The confirmation of a STOP: which STOP has one, that it is one, and that the door is open for nothing else.

use expect_test::expect;
use jiff::SignedDuration;
use model::PreferenceChoice::Stop;
use model::{CONFIRM_STOP, ConsentChannel, ConsentPurpose, ConsentState, ContactId, Event};

use super::examples::{ANA, at, body, button, by_sms, in_group, inbox, message, preference, unsigned, when};
use crate::check::{Place, check, id_of, key, statement};
use crate::tests::outbox::{attempt, invitation, people, states};
use crate::{
    Claim, ClaimDecision, ClaimDecisions, ClaimRequest, Claimable, ClaimedMessages, Crm, MessageContent, NewMessage,
    ReceivedBody, SendOutcome, Settled, StopToConfirm, StoppedSince, SuppressAction,
};

/// The number that people write to in these tests.
const SENDER: &str = "2002";

/// A database with people, of whom Ana expects offers. Confirmations have begun.
async fn begun(place: &Place) -> Crm {
    let crm = people(place).await;
    crm.begin_confirmations().await.unwrap();
    crm
}

/// Stores what people say, and derives what follows.
async fn said(place: &Place, bodies: Vec<ReceivedBody>) {
    let crm = place.open().await;
    for body in bodies {
        inbox(place.open().await).store(vec![body]).await.unwrap();
    }
    while crm.derive(&key(), 100).await.unwrap().n_events > 0 {}
}

async fn wrote(place: &Place, events: impl IntoIterator<Item = Event>) {
    said(place, events.into_iter().map(|it| body([it])).collect()).await;
}

fn confirmation(stop: &StopToConfirm) -> NewMessage {
    NewMessage {
        campaign: CONFIRM_STOP.to_owned(),
        step: stop.step.clone(),
        purpose: ConsentPurpose::Conversation,
        sender: SENDER.to_owned(),
        content: MessageContent { values: r#"{"text":"Fine."}"#.to_owned(), ..MessageContent::default() },
        ..invitation(stop.contact)
    }
}

/// Plans what is to be confirmed. Gives how many confirmations were planned.
async fn plan(crm: &Crm) -> usize {
    let StoppedSince { to_confirm: stops, until, .. } = crm.stops_to_confirm(SENDER).await.unwrap();
    let messages: Vec<NewMessage> = stops.iter().map(confirmation).collect();
    let planned = crm.plan_confirmations(&messages, until, at(200)).await.unwrap();
    planned.iter().filter(|it| it.is_ok()).count()
}

async fn claim(crm: &Crm, second: i64) -> ClaimedMessages {
    let (sender, now) = (SENDER, at(second));
    let request =
        ClaimRequest { campaign: CONFIRM_STOP, sender, account: "1001", now, known_intent: 0, templates: &[] };
    let mut all = |it: &Claimable<'_>| ClaimDecisions {
        of: vec![ClaimDecision::Send { at: now, opens: false }; it.waiting.len()],
        pause: None,
    };
    match crm.claim(&request, &mut all).await.unwrap() {
        Claim::Claimed(claimed) => claimed,
        Claim::NotRunning(state) => panic!("confirmations are {}", state.name()),
    }
}

#[test]
fn a_stop_is_confirmed_once_whatever_is_said_or_tried_after_it() {
    check(async |place| {
        let crm = begun(place).await;
        wrote(place, [message("a", ANA, "STOP")]).await;
        let stops = crm.stops_to_confirm(SENDER).await.unwrap().to_confirm;
        assert_eq!(stops.iter().map(|it| it.address.as_str()).collect::<Vec<_>>(), [ANA]);
        assert_eq!((plan(&crm).await, plan(&crm).await), (1, 0));
        // Another process, which has not seen that yet.
        assert!(crm.plan_confirmations(&[confirmation(&stops[0])], 1, at(200)).await.unwrap()[0].is_err());
        wrote(place, [when(101, message("b", ANA, "Stop!"))]).await;
        assert_eq!((plan(&crm).await, states(&crm).await.as_str()), (0, "planned"));
        let intents = claim(&crm, 201).await.intents;
        assert_eq!((intents.len(), claim(&crm, 201).await.intents.len()), (1, 0));
        // The answer to a STOP does not wait for it.
        assert_eq!(crm.leaving_for(&[id_of(ANA)]).await.unwrap(), std::time::Duration::ZERO);
        crm.settle(&[Settled::new(intents[0].message.id, SendOutcome::Accepted)], at(202)).await.unwrap();
        let counts = crm.confirmation_counts().await.unwrap();
        assert_eq!((counts.n_sent, counts.n_wrong), (1, 0));
    });
}

#[test]
fn a_yes_and_another_stop_are_confirmed_again_and_the_first_one_no_more() {
    check(async |place| {
        let crm = begun(place).await;
        wrote(place, [message("a", ANA, "STOP")]).await;
        assert_eq!(plan(&crm).await, 1);
        wrote(place, [when(110, message("b", ANA, "START"))]).await;
        assert_eq!((claim(&crm, 201).await.intents.len(), states(&crm).await.as_str()), (0, "cancelled"));
        wrote(place, [when(120, message("c", ANA, "STOP"))]).await;
        assert_eq!(plan(&crm).await, 1);
        assert_eq!(claim(&crm, 201).await.intents.len(), 1);
    });
}

#[test]
fn only_a_stop_that_changed_something_and_came_in_a_conversation_is_confirmed() {
    check(async |place| {
        let stop = || message("s", ANA, "STOP");
        let app = || preference("p", ANA, "marketing_messages", Stop);
        let cases: [(&str, Vec<ReceivedBody>); 15] = [
            ("STOP", vec![body([stop()])]),
            ("a button", vec![body([button("s", ANA, "Stop", "promo-1")])]),
            ("Hello, STOP", vec![body([when(90, message("h", ANA, "Hello")), stop()])]),
            ("STOP, STOP at once", vec![body([stop(), message("t", ANA, "STOP")])]),
            (
                "STOP, and one from before it comes late",
                vec![body([stop()]), body([when(80, message("t", ANA, "STOP"))])],
            ),
            (
                "STOP, START, STOP",
                vec![
                    body([stop(), when(110, message("h", ANA, "START"))]),
                    body([when(120, message("t", ANA, "STOP"))]),
                ],
            ),
            ("by SMS, then STOP", vec![body([when(90, by_sms(message("t", ANA, "STOP"))), stop()])]),
            ("in the app, then STOP", vec![body([when(90, app()), stop()])]),
            ("STOP, Hello", vec![body([stop(), when(110, message("h", ANA, "Hello"))])]),
            ("in the app", vec![body([app()])]),
            ("by SMS", vec![body([by_sms(stop())])]),
            ("in a group", vec![body([in_group(stop())])]),
            ("without a signature", vec![unsigned([stop()])]),
            ("unclear", vec![body([message("s", ANA, "Stop, o Zé não vem")])]),
            ("a no, then STOP", vec![body([stop()])]),
        ];
        let mut lines = String::new();
        for (n, (name, bodies)) in cases.into_iter().enumerate() {
            let place = place.another(&format!("confirm{n}")).await;
            let crm = begun(&place).await;
            if name.starts_with("a no") {
                let (channel, state) = (ConsentChannel::Whatsapp, ConsentState::No);
                let first_run = model::RunMark { id: "2026-02-25-list".into(), started_at: at(50) };
                let no = model::Statement { channel, state, first_run, ..statement("no") };
                crm.record_statements(&[(id_of(ANA), no)]).await.unwrap();
            }
            said(&place, bodies).await;
            lines += &format!("{name}: {}\n", plan(&crm).await);
        }
        expect![[r#"
            STOP: 1
            a button: 1
            Hello, STOP: 1
            STOP, STOP at once: 1
            STOP, and one from before it comes late: 1
            STOP, START, STOP: 1
            by SMS, then STOP: 1
            in the app, then STOP: 1
            STOP, Hello: 0
            in the app: 0
            by SMS: 0
            in a group: 0
            without a signature: 0
            unclear: 0
            a no, then STOP: 0
        "#]]
        .assert_eq(&lines);
    });
}

/// A row of the outbox as raw SQL that would confirm the STOP of Ana.
fn raw(crm: &Crm, stop: &StopToConfirm, id: u8, state: &str) -> String {
    let contact = |it: ContactId| bytes(crm, &it.0);
    format!(
        "insert into outbox (message_id, campaign, step, contact_id, channel, purpose, recipient, sender, state, consent_id, \
         epoch, planned_at, intent_at) values ('{}', 'confirm-stop', '{}', {}, 'whatsapp', 'conversation', {}, '{SENDER}', \
         '{state}', {}, 1, {}, {})",
        hex::encode([id; 16]),
        stop.step,
        contact(stop.contact),
        bytes(crm, &[id; 32]),
        stop.step,
        at(200).as_microsecond(),
        at(200).as_microsecond()
    )
}

fn bytes(crm: &Crm, bytes: &[u8]) -> String {
    match crm.dialect() {
        crate::sql::Dialect::Sqlite => format!("x'{}'", hex::encode(bytes)),
        crate::sql::Dialect::Postgres => format!("decode('{}', 'hex')", hex::encode(bytes)),
    }
}

#[test]
fn nothing_but_the_confirmation_of_the_stop_goes_through_the_door() {
    check(async |place| {
        let crm = begun(place).await;
        wrote(place, [message("a", ANA, "STOP")]).await;
        let stops = crm.stops_to_confirm(SENDER).await.unwrap().to_confirm;
        let stop = &stops[0];
        let late = (at(100) + SignedDuration::from_mins(24 * 60 - 5)).as_microsecond().to_string();
        let (now, ben) = (at(200).as_microsecond().to_string(), id_of(super::examples::BEN));
        let id = hex::encode([1; 16]);
        let content = |template: &str| {
            format!(
                "insert into outbox_content values ('{id}', '{template}', 'fr', '{{}}') \
                 on conflict (message_id) do update set template = excluded.template"
            )
        };
        crm.by_hand(&content("")).await;
        let mut told = String::new();
        for state in ["planned", "intent"] {
            let row = raw(&crm, stop, 1, state);
            let row = |from: &str, to: &str| row.replace(from, to);
            for (name, sql) in [
                ("of a campaign", row("'confirm-stop'", "'spring'")),
                ("of another spelling", row("'confirm-stop'", "'Confirm-Stop'")),
                ("marketing", row("'conversation'", "'marketing'")),
                ("utility", row("'conversation'", "'utility'")),
                ("another step", row(&format!("'{}'", stop.step), "'one'")),
                ("the consent of before", row(&format!(", {}, 1,", stop.step), ", 11, 1,")),
                ("no statement", row(&format!(", {}, 1,", stop.step), ", null, 1,")),
                ("another number", row("'2002'", "'106'")),
                ("another person", row(&bytes(&crm, &stop.contact.0), &bytes(&crm, &ben.0))),
                ("too late", row(&now, &late)),
                ("another epoch", row(", 1, ", ", 2, ")),
            ] {
                told += &format!("{state}, {name}: {}\n", attempt(&crm, &sql).await);
            }
        }
        told += &format!("intent, without a text: {}\n", attempt(&crm, &raw(&crm, stop, 3, "intent")).await);
        told += &format!("planned: {}\n", attempt(&crm, &raw(&crm, stop, 1, "planned")).await);
        // The triggers ask in another order on each database.
        let again = attempt(&crm, &raw(&crm, stop, 2, "planned")).await;
        told += &format!(
            "again: {}\n",
            again.replace("this step of the campaign is taken for the contact", "this STOP has its confirmation")
        );
        let intent = "update outbox set state = 'intent' where campaign = 'confirm-stop'";
        crm.by_hand(&content("offer")).await;
        told += &format!("intent with a template: {}\n", attempt(&crm, intent).await);
        crm.by_hand(&content("")).await;
        told += &format!(
            "intent too late: {}\n",
            attempt(&crm, &intent.replace("'intent'", &format!("'intent', intent_at = {late}"))).await
        );
        told += &format!("intent: {}\n", attempt(&crm, intent).await);
        crm.suppress(&[stop.contact], SuppressAction::Add, "asked", at(300)).await.unwrap();
        told += &format!("suppressed: {}\n", attempt(&crm, intent).await);
        expect![[r#"
            planned, of a campaign: outbox: no consent that counts for this purpose on WhatsApp
            planned, of another spelling: outbox: no consent that counts for this purpose on WhatsApp
            planned, marketing: outbox: a confirmation answers by WhatsApp, in the open conversation
            planned, utility: outbox: a confirmation answers by WhatsApp, in the open conversation
            planned, another step: outbox: there is no STOP that counts now and is to be confirmed
            planned, the consent of before: outbox: there is no STOP that counts now and is to be confirmed
            planned, no statement: outbox: there is no STOP that counts now and is to be confirmed
            planned, another number: outbox: there is no STOP that counts now and is to be confirmed
            planned, another person: outbox: there is no STOP that counts now and is to be confirmed
            planned, too late: outbox: there is no STOP that counts now and is to be confirmed
            planned, another epoch: outbox: the message is of an earlier epoch: the database was restored since
            intent, of a campaign: outbox: no consent that counts for this purpose on WhatsApp
            intent, of another spelling: outbox: no consent that counts for this purpose on WhatsApp
            intent, marketing: outbox: a confirmation answers by WhatsApp, in the open conversation
            intent, utility: outbox: a confirmation answers by WhatsApp, in the open conversation
            intent, another step: outbox: there is no STOP that counts now and is to be confirmed
            intent, the consent of before: outbox: there is no STOP that counts now and is to be confirmed
            intent, no statement: outbox: there is no STOP that counts now and is to be confirmed
            intent, another number: outbox: there is no STOP that counts now and is to be confirmed
            intent, another person: outbox: there is no STOP that counts now and is to be confirmed
            intent, too late: outbox: there is no STOP that counts now and is to be confirmed
            intent, another epoch: outbox: the message is of an earlier epoch: the database was restored since
            intent, without a text: outbox: a confirmation is a text
            planned: done
            again: outbox: this STOP has its confirmation
            intent with a template: outbox: a confirmation is a text
            intent too late: outbox: there is no STOP that counts now and is to be confirmed
            intent: done
            suppressed: outbox: the contact is suppressed
        "#]]
        .assert_eq(&told);
    });
}

#[test]
fn what_is_planned_and_what_the_triggers_let_in_is_the_same() {
    check(async |place| {
        let crm = begun(place).await;
        wrote(place, [message("a", ANA, "STOP")]).await;
        let StoppedSince { to_confirm: stops, until, .. } = crm.stops_to_confirm(SENDER).await.unwrap();
        let stop = &stops[0];
        let late = at(100) + SignedDuration::from_mins(24 * 60 - 5);
        let good = || confirmation(stop);
        let changed = [
            (NewMessage { step: "11".into(), ..good() }, at(200)),
            (NewMessage { sender: "106".into(), ..good() }, at(200)),
            (NewMessage { contact: id_of(super::examples::BEN), ..good() }, at(200)),
            (good(), late),
        ];
        for (message, now) in changed {
            let told = crm.plan_confirmations(std::slice::from_ref(&message), until, now).await.unwrap();
            let sql = raw(&crm, stop, 1, "planned")
                .replace(&format!("'{}'", stop.step), &format!("'{}'", message.step))
                .replace("'2002'", &format!("'{}'", message.sender))
                .replace(&bytes(&crm, &stop.contact.0), &bytes(&crm, &message.contact.0))
                .replace(&at(200).as_microsecond().to_string(), &now.as_microsecond().to_string());
            assert_eq!(format!("outbox: {}", told[0].unwrap_err()), attempt(&crm, &sql).await);
        }
        // A message of a campaign finds the door shut.
        let offer = NewMessage { campaign: "spring".into(), ..good() };
        let told = crm.plan_messages(&[offer], at(200)).await.unwrap()[0].unwrap_err().to_string();
        assert_eq!(told, "no consent that counts for this purpose on WhatsApp");
        let just_before = late - SignedDuration::from_secs(2);
        assert!(crm.plan_confirmations(&[good()], until, just_before).await.unwrap()[0].is_ok());
        assert_eq!(claim_at(&crm, just_before).await, 1);
    });
}

async fn claim_at(crm: &Crm, now: jiff::Timestamp) -> usize {
    claim(crm, now.as_second() - at(0).as_second()).await.intents.len()
}

#[test]
fn what_was_said_before_confirmations_began_is_not_confirmed() {
    check(async |place| {
        let crm = people(place).await;
        wrote(place, [message("a", ANA, "STOP")]).await;
        crm.begin_confirmations().await.unwrap();
        assert_eq!(plan(&crm).await, 0);
        crm.begin_confirmations().await.unwrap();
        wrote(place, [when(110, message("b", ANA, "START")), when(120, message("c", ANA, "STOP"))]).await;
        assert_eq!(plan(&crm).await, 1);
    });
}

#[test]
fn a_restored_database_does_not_confirm_again_what_the_log_of_sends_knows() {
    check(async |place| {
        let crm = begun(place).await;
        wrote(place, [message("a", ANA, "STOP")]).await;
        plan(&crm).await;
        let intent = claim(&crm, 201).await.intents.remove(0);
        let logged = crate::LoggedIntent {
            number: intent.number,
            id: intent.message.id,
            campaign: CONFIRM_STOP.to_owned(),
            step: intent.message.step.clone(),
            contact: intent.message.contact,
            recipient: intent.message.recipient,
            purpose: ConsentPurpose::Conversation,
            sender: SENDER.to_owned(),
            at: intent.at,
        };
        // The database of before, to which the platform tells the STOP again, after others.
        let place = place.another("before").await;
        let crm = begun(&place).await;
        assert_eq!(crm.forgotten(std::slice::from_ref(&logged)).await.unwrap().len(), 1);
        crm.reconcile(&[logged], at(300)).await.unwrap();
        wrote(&place, [message("other", super::examples::BEN, "Hello"), message("a", ANA, "STOP")]).await;
        assert_eq!((plan(&crm).await, states(&crm).await.as_str()), (0, "unknown"));
        assert_eq!(crm.confirmation_counts().await.unwrap().n_wrong, 0);
    });
}
