//! People who wrote and got no answer.

use jiff::SignedDuration;

use super::*;
use crate::Unanswered;

const BEN: &str = "+33199000002";
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A day and a second.
const LATER: i64 = 24 * 60 * 60 + 1;

/// A message of somebody at a second.
fn wrote(second: i64, who: &str, text: &str) -> Event {
    let mut event = message(second, "text", "");
    if let EventContent::Message(message) = &mut event.content {
        message.person = person(who, None);
        message.text = Some(text.to_owned().into());
    }
    Event { key: format!("{second} {who} {text}").into(), ..event }
}

fn reaction(second: i64) -> Event {
    message(second, "reaction", "FR.1")
}

fn answered(second: i64, state: MessageState) -> Event {
    told(second, status(second, "answer", state))
}

/// Who waits, after these events, when a day has passed since the second 100.
async fn waits(place: &Place, events: &[Event]) -> Unanswered {
    let crm = place.open().await;
    store(place.open().await, events).await;
    derive_all(&crm, 3).await;
    let found = crm.unanswered(at(100 + LATER), DAY).await.unwrap();
    crm.derive_anew(&key()).await.unwrap();
    assert_eq!(crm.unanswered(at(100 + LATER), DAY).await.unwrap(), found, "made anew it is the same");
    found
}

fn since(n_conversations: u64, second: i64) -> Unanswered {
    Unanswered { n_conversations, oldest_at: Some(at(second)) }
}

fn nobody() -> Unanswered {
    Unanswered::default()
}

#[test]
fn who_wrote_waits_until_a_message_goes_out_to_that_person() {
    check(async |place| {
        let wrote_both = [wrote(90, ANA, "where is my parcel?"), wrote(95, BEN, "hello")];
        assert_eq!(waits(place, &wrote_both).await, since(2, 90));
        assert_eq!(waits(place, &[answered(80, MessageState::Sent)]).await, since(2, 90));
        assert_eq!(waits(place, &[answered(90, MessageState::Read)]).await, since(2, 90), "the same message");
        let other = told(91, status(91, "other", MessageState::Delivered));
        assert_eq!(waits(place, &[other]).await, since(1, 95));
        assert_eq!(waits(place, &[wrote(99, ANA, "thanks, and when?")]).await, since(2, 95));
    });
}

#[test]
fn an_answer_that_failed_is_none_and_one_that_arrived_after_all_is_one() {
    check(async |place| {
        let events = [wrote(90, ANA, "?"), answered(92, MessageState::Sent), answered(93, MessageState::Failed)];
        assert_eq!(waits(place, &events).await, since(1, 90));
        assert_eq!(waits(place, &[answered(94, MessageState::Delivered)]).await, nobody());
    });
}

#[test]
fn words_that_are_done_reactions_and_calls_want_no_answer() {
    let call = CallEvent {
        call: "c".to_owned().into(),
        person: person(ANA, None),
        is_by_person: true,
        event: "connect".into(),
    };
    let call = event(95, EventContent::Call(call));
    let nothing = vec![wrote(90, ANA, "STOP"), reaction(91), wrote(92, BEN, "START"), call.clone()];
    check(async |place| assert_eq!(waits(place, &nothing).await, nobody()));
    // A question is not answered by what comes after it, but nobody writes to a person who said STOP.
    let asked = vec![wrote(90, ANA, "?"), reaction(91), wrote(92, ANA, "START"), call];
    check(async |place| assert_eq!(waits(place, &asked).await, since(1, 90)));
    let stopped = vec![wrote(90, ANA, "?"), wrote(92, ANA, "STOP")];
    check(async |place| assert_eq!(waits(place, &stopped).await, nobody()));
}

#[test]
fn an_answer_is_late_only_after_the_time_of_the_plan_and_no_longer_told_after_a_month() {
    check(async |place| {
        let crm = place.open().await;
        store(place.open().await, &[wrote(90, ANA, "?")]).await;
        derive_all(&crm, 10).await;
        let n = async |second, hours| {
            crm.unanswered(at(second), SignedDuration::from_hours(hours)).await.unwrap().n_conversations
        };
        let hour = 60 * 60;
        assert_eq!(n(90 + 4 * hour, 4).await, 0);
        assert_eq!(n(91 + 4 * hour, 4).await, 1);
        assert_eq!(n(91 + 4 * hour, 5).await, 0);
        assert_eq!(n(90 + 30 * 24 * hour, 4).await, 1);
        assert_eq!(n(91 + 30 * 24 * hour, 4).await, 0);
    });
}

#[test]
fn what_platforms_restrict_fail_and_tell_anew_is_found() {
    check(async |place| {
        let crm = place.open().await;
        let other = |n: i64, field: &str, is_known: bool| {
            let (field, kind) = (field.to_owned(), "new".to_owned());
            event(
                n,
                EventContent::Other(model::OtherEvent {
                    field,
                    kind,
                    is_known,
                    person: model::PersonIds::default(),
                    shape: None,
                }),
            )
        };
        let mut events = story();
        events.extend([other(70, "telepathy", false), other(71, "flows", true), other(72, "telepathy", false)]);
        store(place.open().await, &events).await;
        derive_all(&crm, 10).await;
        let facts = crm.platform_facts().await.unwrap();
        let said: Vec<&str> = facts.said.iter().map(|it| it.1.word.event.as_str()).collect();
        assert_eq!(said, ["ACCOUNT_RESTRICTION", "FLAGGED"]);
        assert_eq!((facts.failed_codes, facts.n_dead, facts.stopped_templates), (vec![131_026], 0, Vec::new()));
        let telepathy = crate::UnknownKinds::from([("telepathy".to_owned(), "new".to_owned())]);
        let (last, kinds) = crm.unknown_kinds_after(0).await.unwrap();
        assert_eq!((last, kinds), (17, telepathy));
        assert_eq!(crm.unknown_kinds_after(last).await.unwrap(), (17, crate::UnknownKinds::new()));
    });
}

#[test]
fn an_answer_to_a_merged_contact_answers_the_person() {
    for is_ana_absorbed in [true, false] {
        check(async |place| {
            let crm = people(place).await;
            store(place.open().await, &[wrote(90, BEN, "?"), answered(95, MessageState::Delivered)]).await;
            derive_all(&crm, 10).await;
            let n = async || crm.unanswered(at(100 + LATER), DAY).await.unwrap().n_conversations;
            assert_eq!(n().await, 1);
            let (ana, ben) = (id_of(ANA), id_of(BEN));
            let (kept, absorbed) = if is_ana_absorbed { (ben, ana) } else { (ana, ben) };
            crm.merge(kept, absorbed).await.unwrap().unwrap();
            assert_eq!(n().await, 0);
        });
    }
}
