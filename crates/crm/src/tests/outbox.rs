//! The outbox: who is let in, what changes, and what goes out once.

mod attacks;
mod rows;
mod servers;

use expect_test::expect;
use jiff::Timestamp;
use model::{ConsentChannel, ConsentPurpose, ConsentState, ContactId};

use crate::check::{RUN, check, id_of, statement};
use crate::tests::two::take;
use crate::{
    CampaignRow, Claim, ClaimDecision, ClaimDecisions, ClaimRequest, Claimable, ClaimedMessages, Crm, LoadError,
    MessageContent, MessageId, NewMessage, NotPlanned, OrderWord, SendOutcome, Settled,
};
use rows::{ANA, BEN, CEM, DAN, stop};
pub(super) use rows::{attempt, people};

/// A moment of these tests.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// The number that sends.
const SENDER: &str = "106";

/// An invitation by WhatsApp to an address of the contact's own.
pub(super) fn invitation(contact: ContactId) -> NewMessage {
    NewMessage {
        id: None,
        campaign: "spring".to_owned(),
        step: "invitation".to_owned(),
        contact,
        channel: ConsentChannel::Whatsapp,
        purpose: ConsentPurpose::Marketing,
        recipient: [contact.0, contact.0].concat().try_into().unwrap(),
        basis: None,
        wave: 1,
        sender: SENDER.to_owned(),
        content: MessageContent { template: "spring_offer".into(), language: "en".into(), values: "{}".into() },
    }
}

fn by_sms(contact: ContactId, basis: &str) -> NewMessage {
    NewMessage { channel: ConsentChannel::Sms, basis: Some(basis.to_owned()), ..invitation(contact) }
}

/// Plans messages, and gives what became of each.
async fn planned(crm: &Crm, messages: &[NewMessage]) -> String {
    let planned = crm.plan_messages(messages, at(1)).await.unwrap();
    let told = |it: &Result<MessageId, NotPlanned>| match it {
        Ok(_) => "planned".to_owned(),
        Err(why) => why.to_string(),
    };
    planned.iter().map(told).collect::<Vec<_>>().join("\n")
}

pub(super) async fn plan_one(crm: &Crm, message: NewMessage) -> MessageId {
    crm.plan_messages(&[message], at(1)).await.unwrap()[0].unwrap()
}

pub(super) async fn claimed(crm: &Crm) -> Vec<MessageId> {
    start(crm).await;
    claim_at(crm, 1000).await.intents.iter().map(|it| it.message.id).collect()
}

/// The campaign, as it is started.
fn campaign() -> CampaignRow {
    CampaignRow {
        name: "spring".into(),
        mode: "sandbox".into(),
        account: "1".into(),
        sender: SENDER.into(),
        created_at: at(0),
    }
}

pub(super) async fn start(crm: &Crm) {
    crm.order_campaign(&campaign(), OrderWord::Start, ("", "Eva")).await.unwrap();
}

pub(super) fn request(second: i64) -> ClaimRequest<'static> {
    ClaimRequest { campaign: "spring", sender: SENDER, account: "1", now: at(second), known_intent: 0, templates: &[] }
}

/// A message to a contact who need not have consented, whose intent is older than any sender waits.
pub(super) async fn old_intent(crm: &Crm, contact: ContactId) -> MessageId {
    let id = MessageId::from_bytes([9; 16]);
    let [contact, recipient] = [contact.0.to_vec(), vec![9; 32]].map(|it| rows::bytes(crm.dialect(), &it));
    crm.by_hand(&format!(
        "insert into outbox (message_id, campaign, step, contact_id, channel, purpose, recipient, sender, state, basis, epoch, \
         planned_at, intent_number, intent_at, claimed_at) values ('{id}', 'spring', 'old', {contact}, 'sms', 'marketing', \
         {recipient}, '{SENDER}', 'intent', 'soft opt-in', 1, 1, 99, 2, 3)"
    ))
    .await;
    id
}

/// Lets all go that the database lets go.
fn all(claimable: &Claimable<'_>) -> ClaimDecisions {
    ClaimDecisions { of: vec![ClaimDecision::Send { at: at(2), opens: true }; claimable.waiting.len()], pause: None }
}

/// Claims what may go at a moment of the campaign's clock.
async fn claim_at(crm: &Crm, second: i64) -> ClaimedMessages {
    match crm.claim(&request(second), &mut all).await.unwrap() {
        Claim::Claimed(claimed) => claimed,
        Claim::NotRunning(state) => panic!("the campaign is {}", state.name()),
    }
}

pub(super) async fn settle(crm: &Crm, id: MessageId, outcome: SendOutcome) -> Result<(), LoadError> {
    crm.settle(&[Settled::new(id, outcome)], at(1003)).await
}

/// The states of all messages.
pub(super) async fn states(crm: &Crm) -> String {
    crm.texts("select state from outbox_view order by state").await.replace('\n', " ")
}

#[test]
fn people_who_may_be_written_to_are_planned_and_the_others_are_told_why_not() {
    check(async |place| {
        let crm = people(place).await;
        let unknown = id_of("+33199000099");
        crm.suppress(&[id_of("+33199000005")], crate::SuppressAction::Add, "asked", at(1)).await.unwrap();
        let messages = [
            invitation(id_of(ANA)),
            invitation(id_of(BEN)),
            by_sms(id_of(BEN), "soft opt-in"),
            by_sms(id_of(BEN), "another"),
            by_sms(id_of(CEM), "soft opt-in"),
            by_sms(id_of(DAN), "soft opt-in"),
            by_sms(id_of("+33199000005"), "soft opt-in"),
            invitation(unknown),
            NewMessage { purpose: ConsentPurpose::Authentication, ..invitation(id_of(ANA)) },
            NewMessage { channel: ConsentChannel::Email, ..invitation(id_of(ANA)) },
            NewMessage { purpose: ConsentPurpose::Messages, ..invitation(id_of(ANA)) },
        ];
        expect![[r#"
            planned
            no consent that counts for this purpose on WhatsApp
            planned
            the plan does not declare this basis for the channel and purpose
            the contact has refused this purpose on the channel, or is not understood
            planned
            the contact is suppressed
            the contact is not in the database
            no consent that counts for this purpose on WhatsApp
            messages go out by SMS, Viber or WhatsApp, for one purpose
            messages go out by SMS, Viber or WhatsApp, for one purpose"#]]
        .assert_eq(&planned(&crm, &messages).await);
        assert_eq!(states(&crm).await, "planned planned planned");
    });
}

#[test]
fn a_step_goes_to_a_contact_once_and_to_an_address_once() {
    check(async |place| {
        let crm = people(place).await;
        crm.declare_basis((ConsentChannel::Viber, ConsentPurpose::Marketing), "soft opt-in", RUN, at(1)).await.unwrap();
        let [ana, ben, dan] = [ANA, BEN, DAN].map(id_of);
        let to_the_same_address = NewMessage { recipient: by_sms(ben, "").recipient, ..by_sms(dan, "soft opt-in") };
        let first =
            [invitation(ana), by_sms(ana, "soft opt-in"), by_sms(ben, "soft opt-in"), to_the_same_address.clone()];
        let expected = expect![[r#"
            planned
            this step of the campaign is taken for the contact
            planned
            this step of the campaign is taken for the address"#]];
        expected.assert_eq(&planned(&crm, &first).await);

        let viber = NewMessage { channel: ConsentChannel::Viber, ..to_the_same_address.clone() };
        let reminder = NewMessage { step: "reminder".to_owned(), ..invitation(ana) };
        let second = [invitation(ana), to_the_same_address, viber, reminder.clone(), reminder];
        let expected = expect![[r#"
            this step of the campaign is taken for the contact
            this step of the campaign is taken for the address
            planned
            planned
            this step of the campaign is taken for the contact"#]];
        expected.assert_eq(&planned(&crm, &second).await);
    });
}

#[test]
fn a_message_is_claimed_by_one_and_its_outcome_is_noted() {
    check(async |place| {
        let crm = people(place).await;
        let [sent, lost] =
            [plan_one(&crm, invitation(id_of(ANA))).await, plan_one(&crm, by_sms(id_of(BEN), "soft opt-in")).await];
        let mut both = vec![sent, lost];
        both.sort();
        let mut intents = claimed(&crm).await;
        intents.sort();
        assert_eq!(intents, both);
        assert_eq!(claimed(&crm).await, []);
        let statement = crm.texts("select cast(consent_id as text) from outbox where channel = 'whatsapp'").await;
        assert_eq!(statement, "11");

        settle(&crm, sent, SendOutcome::Accepted).await.unwrap();
        settle(&crm, lost, SendOutcome::Unknown).await.unwrap();
        assert_eq!(states(&crm).await, "accepted unknown");
        settle(&crm, lost, SendOutcome::Refused).await.unwrap();
        // What is settled stays so, whatever a late answer says.
        settle(&crm, sent, SendOutcome::Unknown).await.unwrap();
        settle(&crm, lost, SendOutcome::NotSent).await.unwrap();
        assert_eq!(states(&crm).await, "accepted refused");
    });
}

#[test]
fn those_who_may_not_be_written_to_now_are_passed_over_and_stay_planned() {
    check(async |place| {
        let crm = people(place).await;
        plan_one(&crm, invitation(id_of(ANA))).await;
        plan_one(&crm, by_sms(id_of(BEN), "soft opt-in")).await;
        crm.by_hand(&stop(&crm, ANA, "whatsapp", 90)).await;
        start(&crm).await;
        let result = claim_at(&crm, 2).await;
        assert_eq!((result.intents.len(), result.n_later), (1, 1));
        assert_eq!(states(&crm).await, "intent planned");
        assert_eq!(crm.texts("select waits_for from outbox where waits_for is not null").await, "no-consent");
        let again = claim_at(&crm, 3).await;
        assert_eq!((again.intents.len(), again.n_later, again.next_due), (0, 0, Some(at(302))));
    });
}

#[test]
fn many_messages_are_claimed_page_by_page_and_no_more_than_asked_for() {
    check(async |place| {
        let crm = people(place).await;
        let numbers: Vec<String> = (100..250).map(|it| format!("+33199000{it}")).collect();
        crm.import("2026-11-29-more", &numbers.join("\n")).await;
        let messages: Vec<NewMessage> = numbers.iter().map(|it| by_sms(id_of(it), "soft opt-in")).collect();
        let planned = crm.plan_messages(&messages, at(1)).await.unwrap();
        assert_eq!(planned.iter().filter(|it| it.is_ok()).count(), 150);
        start(&crm).await;
        for (n_claimed, last) in [(64, 64), (64, 128), (22, 150), (0, 150)] {
            let claimed = claim_at(&crm, 2).await;
            assert_eq!((claimed.intents.len(), claimed.last_intent), (n_claimed, last));
            assert!(claimed.intents.is_sorted_by_key(|it| it.message.contact));
            assert!(claimed.intents.is_sorted_by_key(|it| it.number));
        }
    });
}

#[test]
fn a_withdrawal_cancels_what_waits_and_leaves_what_it_is_not_about() {
    check(async |place| {
        let crm = people(place).await;
        let [ana, ben] = [ANA, BEN].map(id_of);
        plan_one(&crm, invitation(ana)).await;
        plan_one(&crm, by_sms(ben, "soft opt-in")).await;
        let not_sent = plan_one(&crm, NewMessage { step: "reminder".to_owned(), ..invitation(ana) }).await;
        crm.by_hand(&format!("update outbox set state = 'intent', intent_at = 2 where message_id = '{not_sent}'"))
            .await;
        settle(&crm, not_sent, SendOutcome::NotSent).await.unwrap();
        let stop = model::Statement { state: ConsentState::Stop, ..statement("STOP") };
        // A STOP by SMS ends marketing on WhatsApp too.
        crm.record_statements(&[(ana, stop)]).await.unwrap();
        assert_eq!(states(&crm).await, "cancelled cancelled planned");
        let yes = statement("yes, please");
        crm.record_statements(&[(ben, yes)]).await.unwrap();
        assert_eq!(states(&crm).await, "cancelled cancelled planned");
    });
}

#[test]
fn a_suppression_cancels_what_waits_for_that_person() {
    check(async |place| {
        let crm = people(place).await;
        plan_one(&crm, invitation(id_of(ANA))).await;
        plan_one(&crm, by_sms(id_of(BEN), "soft opt-in")).await;
        crm.suppress(&[id_of(ANA)], crate::SuppressAction::Add, "asked", at(1)).await.unwrap();
        assert_eq!(states(&crm).await, "cancelled planned");
    });
}

#[test]
fn a_contact_that_may_be_another_person_is_held_until_somebody_acknowledges_it() {
    check(async |place| {
        let crm = people(place).await;
        let (ana, intent) = (id_of(ANA), "update outbox set state = 'intent', intent_at = 2");
        plan_one(&crm, invitation(ana)).await;
        let contact = rows::bytes(crm.dialect(), &ana.0);
        crm.by_hand(&format!(
            "insert into evidence (contact_id, evidence_id, method, checked_at, variant, answer, price_micros, raw_status) \
             values ({contact}, 1, 'passive', 1, '', 'no_answer', 0, 'identity_changed')"
        ))
        .await;
        let held = "the contact is held until somebody acknowledges that the number changed hands";
        assert_eq!(rows::attempt(&crm, intent).await, format!("outbox: {held}"));
        let reminder = NewMessage { step: "reminder".to_owned(), ..invitation(ana) };
        assert_eq!(planned(&crm, std::slice::from_ref(&reminder)).await, held);
        assert_eq!(claimed(&crm).await, []);
        crm.acknowledge(ana, "Eva", "called her", at(9)).await.unwrap();
        assert_eq!(planned(&crm, &[reminder]).await, "planned");
        assert_eq!(claim_at(&crm, 1000 + 300).await.intents.len(), 2);
    });
}

#[test]
fn a_merge_takes_the_keys_of_both_and_its_undoing_gives_none_back() {
    check(async |place| {
        let crm = people(place).await;
        let [ben, dan] = [BEN, DAN].map(id_of);
        let reminder = |it| NewMessage { step: "reminder".to_owned(), ..by_sms(it, "soft opt-in") };
        plan_one(&crm, by_sms(dan, "soft opt-in")).await;
        plan_one(&crm, reminder(ben)).await;
        crm.merge(ben, dan).await.unwrap().unwrap();
        let taken = "this step of the campaign is taken for the contact";
        assert_eq!(planned(&crm, &[by_sms(ben, "soft opt-in")]).await, taken);
        assert_eq!(planned(&crm, &[reminder(dan)]).await, "the contact is not in the database");
        crm.unmerge(ben, dan, false).await.unwrap().unwrap();
        assert_eq!(planned(&crm, &[by_sms(ben, "soft opt-in"), reminder(dan)]).await, [taken, taken].join("\n"));
    });
}

#[test]
fn a_contact_takes_the_keys_of_the_one_that_it_was_before() {
    check(async |place| {
        let crm = people(place).await;
        let [ben, dan] = [BEN, DAN].map(id_of);
        plan_one(&crm, by_sms(ben, "soft opt-in")).await;
        for _ in 0..2 {
            crm.take_keys_of(&[(ben, dan)], at(2)).await.unwrap();
        }
        let taken = "this step of the campaign is taken for the contact";
        assert_eq!(planned(&crm, &[by_sms(dan, "soft opt-in")]).await, taken);
        let another = NewMessage { campaign: "summer".to_owned(), ..by_sms(dan, "soft opt-in") };
        assert_eq!(planned(&crm, &[another]).await, "planned");
    });
}

#[test]
fn a_restore_keeps_messages_and_keys_and_lets_nothing_out_that_was_planned_before() {
    check(async |place| {
        let crm = people(place).await;
        let folder = place.folder().join("backup");
        std::fs::create_dir(&folder).unwrap();
        crm.back_up(&folder).await.unwrap();
        plan_one(&crm, invitation(id_of(ANA))).await;
        let lease = take(&crm, "restore", "process 1").await;
        crm.restore(&lease, Some(&folder), Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(states(&crm).await, "planned");
        assert_eq!(claimed(&crm).await, []);
        let refused = "outbox: the message is of an earlier epoch: the database was restored since";
        assert_eq!(rows::attempt(&crm, "update outbox set state = 'intent', intent_at = 2").await, refused);
        let taken = "this step of the campaign is taken for the contact";
        assert_eq!(planned(&crm, &[invitation(id_of(ANA))]).await, taken);
        // Whoever has made sure that it did not go out moves it to the present epoch.
        assert_eq!(rows::attempt(&crm, "update outbox set epoch = 2").await, "done");
        assert_eq!(claimed(&crm).await.len(), 1);
    });
}

#[test]
fn the_last_basis_counts_and_an_empty_one_takes_it_back() {
    check(async |place| {
        let crm = people(place).await;
        let target = (ConsentChannel::Sms, ConsentPurpose::Marketing);
        let dan = || [by_sms(id_of(DAN), "contract")];
        let unknown = "the plan does not declare this basis for the channel and purpose";
        assert_eq!(planned(&crm, &dan()).await, unknown);
        crm.declare_basis(target, "contract", RUN, at(0)).await.unwrap();
        crm.declare_basis(target, "contract", RUN, at(0)).await.unwrap();
        crm.declare_basis(target, "", RUN, at(0)).await.unwrap();
        assert_eq!(planned(&crm, &dan()).await, unknown);
        assert_eq!(planned(&crm, &[by_sms(id_of(DAN), "")]).await, unknown);
        crm.declare_basis(target, "contract", RUN, at(0)).await.unwrap();
        assert_eq!(planned(&crm, &dan()).await, "planned");
    });
}
