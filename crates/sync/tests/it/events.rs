//! Events of webhooks come late, twice and in any order, and end in the same state.

use jiff::{SignedDuration, Timestamp};
use model::{
    AccountEvent, CallEvent, ContactId, Event, EventChannel, EventContent, IdentityChange, IdentityTelling,
    IdentityTold, InboundMessage, MessageError, MessageState, NumberEvent, PersonIds, Personal, Price, StatusEvent,
};
use proptest::prelude::*;
use sync::{
    Changes, Conversation, Delivery, DeliveryState, Failure, KnownScopedIds, Said, StoredEvent, evidence_of,
    identity_events, platform_alerts,
};

pub(crate) const ANA: ContactId = ContactId([1; 16]);

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(1_767_000_000 + n).unwrap()
}

/// An event of the second `n`, received a minute later. Its key is made of its number.
fn stored(number: i64, n: i64, content: EventContent) -> StoredEvent {
    let event = Event {
        key: Personal(String::new()),
        account: "102290129340398".to_owned(),
        sender: "106540352242922".to_owned(),
        channel: Some(EventChannel::Whatsapp),
        at: Some(second(n)),
        content,
    };
    let mut key = [0; 32];
    key[..8].copy_from_slice(&number.to_be_bytes());
    let (received_at, contact) = (second(n + 60), Some(ANA));
    StoredEvent { number, key, received_at, is_signed: true, contact, is_stop_or_start: false, event }
}

fn person(wa_id: &str, user_id: &str) -> PersonIds {
    let some = |it: &str| Some(Personal(it.to_owned())).filter(|it| !it.0.is_empty());
    PersonIds { wa_id: some(wa_id), user_id: some(user_id), ..PersonIds::default() }
}

fn status(state: MessageState) -> StatusEvent {
    StatusEvent {
        message: Personal("wamid.1".to_owned()),
        opaque_id: None,
        state,
        person: person("33199000001", ""),
        group: None,
        error: None,
        price: None,
    }
}

fn price(is_billable: bool) -> Option<Price> {
    Some(Price {
        is_billable: Some(is_billable),
        category: Some("marketing".to_owned()),
        model: Some("PMP".to_owned()),
        kind: Some("regular".to_owned()),
    })
}

fn failed(code: i64) -> StatusEvent {
    let error = Some(MessageError { code: Some(code), details: None });
    StatusEvent { error, ..status(MessageState::Failed) }
}

fn message(kind: &str) -> EventContent {
    EventContent::Message(InboundMessage {
        message: Personal("wamid.2".to_owned()),
        person: person("33199000001", "FR.1"),
        group: None,
        kind: kind.to_owned(),
        text: None,
        payload: None,
        answers: None,
        is_standby: false,
    })
}

fn delivery(number: i64, n: i64, status: &StatusEvent) -> Delivery {
    Delivery::of(&stored(number, n, EventContent::Status(status.clone())), status)
}

fn joined<'a>(all: impl IntoIterator<Item = &'a Delivery>) -> Delivery {
    all.into_iter().cloned().fold(Delivery::default(), Delivery::join)
}

fn permutations<T: Clone>(of: &[T]) -> Vec<Vec<T>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for n in 0..of.len() {
        let mut rest = of.to_vec();
        let first = rest.remove(n);
        for mut others in permutations(&rest) {
            others.insert(0, first.clone());
            all.push(others);
        }
    }
    all
}

#[test]
fn five_statuses_in_every_order_and_doubled_end_in_one_state() {
    let with_price = |state| StatusEvent { price: price(true), ..status(state) };
    let said = [
        delivery(1, 0, &status(MessageState::Held)),
        delivery(2, 5, &StatusEvent { opaque_id: Some("ab".repeat(16)), ..with_price(MessageState::Sent) }),
        delivery(3, 9, &with_price(MessageState::Delivered)),
        delivery(4, 20, &status(MessageState::Read)),
        delivery(5, 7, &failed(131_026)),
    ];
    let expected = joined(&said);
    assert_eq!((expected.state(), expected.is_anomaly(), expected.is_billed()), (DeliveryState::Read, true, true));
    assert_eq!(expected.failure, Some(Failure { at: second(7), code: Some(131_026) }));
    let orders = permutations(&said);
    assert_eq!(orders.len(), 120);
    for order in orders {
        assert_eq!(joined(&order), expected);
        let doubled: Vec<Delivery> = order.iter().chain(order.iter().rev()).chain(&order[1..3]).cloned().collect();
        assert_eq!(joined(&doubled), expected);
    }
}

#[test]
fn a_message_is_as_far_as_its_furthest_state_whatever_came_first() {
    let state = |said: &[(i64, StatusEvent)]| {
        let all: Vec<Delivery> = said.iter().enumerate().map(|(n, (at, it))| delivery(n as i64, *at, it)).collect();
        (joined(&all).state(), joined(&all).is_anomaly())
    };
    let of = |it| status(it);
    assert_eq!(state(&[]), (DeliveryState::Unknown, false));
    assert_eq!(state(&[(0, of(MessageState::Other("played_twice".into())))]), (DeliveryState::Unknown, false));
    assert_eq!(state(&[(9, of(MessageState::Read)), (5, of(MessageState::Delivered))]), (DeliveryState::Read, false));
    assert_eq!(state(&[(5, failed(131_049)), (4, of(MessageState::Sent))]), (DeliveryState::Failed, false));
    assert_eq!(state(&[(5, failed(131_000)), (9, of(MessageState::Delivered))]), (DeliveryState::Delivered, true));
    assert_eq!(state(&[(9, of(MessageState::Delivered)), (5, failed(131_000))]), (DeliveryState::Delivered, true));
}

#[test]
fn a_message_costs_once_and_only_when_it_was_delivered() {
    let billed = |said: &[StatusEvent]| {
        let all: Vec<Delivery> = said.iter().map(|it| delivery(1, 1, it)).collect();
        let all = joined(&all);
        (all.is_billed(), all.price.map(|it| it.said_with.name()))
    };
    let with = |state, price| StatusEvent { price, ..status(state) };
    let sent = || with(MessageState::Sent, price(true));
    assert_eq!(billed(&[sent()]), (false, Some("sent")));
    assert_eq!(billed(&[sent(), status(MessageState::Delivered)]), (true, Some("sent")));
    assert_eq!(billed(&[sent(), with(MessageState::Delivered, price(false))]), (false, Some("delivered")));
    assert_eq!(billed(&[with(MessageState::Read, price(true)), sent()]), (true, Some("read")));
    assert_eq!(billed(&[sent(), StatusEvent { price: price(true), ..failed(131_026) }]), (false, Some("sent")));
}

fn any_status() -> impl Strategy<Value = StatusEvent> {
    use MessageState::{Accepted, Delivered, Failed, Held, Read, Sent};
    let state = proptest::sample::select(vec![Accepted, Held, Sent, Delivered, Read, Failed]);
    let code = proptest::option::of(proptest::sample::select(vec![131_026, 131_049]));
    let opaque = proptest::option::of(proptest::sample::select(vec!["aa", "bb"]));
    (state, code, opaque, proptest::option::of(any::<bool>())).prop_map(|(state, code, opaque, billable)| StatusEvent {
        error: Some(MessageError { code, details: None }),
        opaque_id: opaque.map(str::to_owned),
        price: billable.and_then(price),
        ..status(state)
    })
}

fn any_delivery() -> impl Strategy<Value = Delivery> {
    let one = (0..9_i64, 0..5_i64, any_status()).prop_map(|(number, n, it)| delivery(number, n, &it));
    proptest::collection::vec(one, 0..4).prop_map(|it| joined(&it))
}

fn any_content() -> impl Strategy<Value = EventContent> {
    let words = proptest::sample::select(vec!["FLAGGED", "UNFLAGGED", "ONBOARDING"]);
    let number = (words, proptest::option::of(250..2000_i64)).prop_map(|(event, limit)| {
        let about = "phone_number_quality_update".to_owned();
        EventContent::Number(NumberEvent { about, event: event.to_owned(), limit, rest: Vec::new() })
    });
    let kind = proptest::sample::select(vec!["text", "reaction", "system", "button"]);
    prop_oneof![any_status().prop_map(EventContent::Status), number, kind.prop_map(message)]
}

fn of(events: &[StoredEvent]) -> Changes {
    Changes::of(events, |_, _| [7; 32])
}

/// What changes, without what is kept in the order in which it came.
fn state(changes: Changes) -> impl PartialEq + std::fmt::Debug {
    let mut evidence: Vec<String> = changes.evidence.iter().map(|it| format!("{it:?}")).collect();
    evidence.sort();
    evidence.dedup();
    (changes.deliveries, changes.conversations, changes.said, changes.settled, evidence)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn deliveries_are_a_semilattice(a in any_delivery(), b in any_delivery(), c in any_delivery()) {
        let join = Delivery::join;
        prop_assert_eq!(join(a.clone(), b.clone()), join(b.clone(), a.clone()));
        prop_assert_eq!(join(join(a.clone(), b.clone()), c.clone()), join(a.clone(), join(b.clone(), c)));
        prop_assert_eq!(join(a.clone(), a.clone()), a.clone());
        prop_assert_eq!(join(a.clone(), Delivery::default()), a.clone());
        prop_assert!(join(a.clone(), b).state() >= a.state());
    }

    #[test]
    fn events_in_any_order_and_doubled_change_the_same(
        said in proptest::collection::vec((0..6_i64, any_content()), 0..12).prop_shuffle(),
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        seed in any::<prop::sample::Index>(),
    ) {
        let events: Vec<StoredEvent> =
            said.into_iter().enumerate().map(|(number, (n, it))| stored(number as i64, n, it)).collect();
        let mut other: Vec<StoredEvent> = events.iter().rev().cloned().collect();
        if !events.is_empty() {
            other.extend(picks.iter().map(|it| it.get(&events).clone()));
            let n = seed.index(other.len());
            other.rotate_left(n);
        }
        prop_assert_eq!(state(of(&events)), state(of(&other)));
    }
}

#[test]
fn a_message_or_call_of_the_person_opens_the_window_and_a_reaction_or_a_notice_does_not() {
    let opens = |content| Conversation::of(&stored(1, 100, content)).map(|it| it.last_inbound_at);
    let call = |is_by_person, event: &str| {
        let (call, person) = (Personal("c".to_owned()), person("33199000001", ""));
        EventContent::Call(CallEvent { call, person, is_by_person, event: event.to_owned() })
    };
    for kind in ["text", "button", "interactive", "image", "unsupported", "order"] {
        assert_eq!(opens(message(kind)), Some(second(100)), "{kind}");
    }
    for kind in ["system", "reaction", "edit", "revoke"] {
        assert_eq!(opens(message(kind)), None, "{kind}");
    }
    assert_eq!(opens(call(true, "connect")), Some(second(100)));
    assert_eq!(opens(call(true, "terminate")), None);
    assert_eq!(opens(call(false, "connect")), None);
    assert_eq!(opens(EventContent::Status(status(MessageState::Read))), None);
    let in_group = |it| match it {
        EventContent::Message(it) => EventContent::Message(InboundMessage { group: Some("g".to_owned()), ..it }),
        it => it,
    };
    assert_eq!(opens(in_group(message("text"))), None);
}

#[test]
fn what_happens_by_sms_opens_no_window_and_proves_nothing_about_whatsapp() {
    let by_sms = |number, content| {
        let stored = stored(number, number, content);
        StoredEvent { event: Event { channel: Some(EventChannel::Sms), ..stored.event }, ..stored }
    };
    let events = [by_sms(1, message("text")), by_sms(2, EventContent::Status(status(MessageState::Delivered)))];
    let changes = Changes::of(&events, |channel, _| [channel as u8; 32]);
    assert_eq!(changes.evidence.len(), 0);
    let conversation = changes.conversations[&(ANA, EventChannel::Sms, "106540352242922".to_owned())];
    assert_eq!((conversation.last_inbound_at, conversation.ends_at(EventChannel::Sms)), (second(1), None));
    let delivery = &changes.deliveries[&[EventChannel::Sms as u8; 32]];
    assert_eq!((delivery.state(), delivery.channel), (DeliveryState::Delivered, Some(EventChannel::Sms)));

    let unread = events.map(|it| StoredEvent { event: Event { channel: None, ..it.event }, ..it });
    let changes = Changes::of(&unread, |_, _| [7; 32]);
    assert_eq!((changes.deliveries.len(), changes.conversations.len()), (0, 0));
}

#[test]
fn the_window_lasts_a_day_from_the_latest_message_and_no_clock_moves_it_into_the_future() {
    let [early, late] = [5, 9].map(|n| Conversation::of(&stored(n, n, message("text"))).unwrap());
    assert_eq!(early.join(late), late.join(early));
    assert_eq!(late.join(early).ends_at(EventChannel::Whatsapp), Some(second(9) + SignedDuration::from_hours(24)));
    let mut wrong = stored(3, 0, message("text"));
    wrong.event.at = Some(second(1_000_000));
    assert_eq!(Conversation::of(&wrong).unwrap().last_inbound_at, second(60));
}

#[test]
fn a_question_stays_one_when_something_comes_after_it_that_wants_no_answer() {
    let asked = |stored: StoredEvent| Conversation::of(&stored).and_then(|it| it.asked_at);
    let stop = |n| StoredEvent { is_stop_or_start: true, ..stored(n, n, message("text")) };
    assert_eq!(asked(stored(1, 5, message("text"))), Some(second(5)));
    assert_eq!(asked(stop(5)), None);
    let (question, stop) = (stored(1, 5, message("text")), stop(9));
    let [question, stop] = [question, stop].map(|it| Conversation::of(&it).unwrap());
    assert_eq!(question.join(stop), stop.join(question));
    assert_eq!((question.join(stop).asked_at, question.join(stop).last_event), (Some(second(5)), 9));
}

#[test]
fn the_last_word_counts_by_its_own_time_and_of_two_at_once_the_greater_key() {
    let said = |number, n, event: &str, limit| {
        let about = "phone_number_quality_update".to_owned();
        let content = EventContent::Number(NumberEvent { about, event: event.to_owned(), limit, rest: Vec::new() });
        Said::of(&stored(number, n, content)).unwrap()
    };
    let (subject, flagged) = said(1, 50, "FLAGGED", None);
    let older = said(2, 40, "ONBOARDING", Some(2000)).1;
    let both = flagged.clone().join(older.clone());
    assert_eq!(both, older.join(flagged.clone()));
    assert_eq!((both.word.event.as_str(), both.limit.map(|it| it.limit)), ("FLAGGED", Some(2000)));
    let same_time = said(3, 50, "UNFLAGGED", None).1;
    assert_eq!(flagged.clone().join(same_time.clone()).word.event, "UNFLAGGED");
    assert_eq!(same_time.join(flagged).word.event, "UNFLAGGED");
    let shown: Vec<String> = platform_alerts(&subject, &both).into_iter().map(|it| it.text).collect();
    expect_test::expect![[r#"
        People block or report this number. Send less marketing, and only to people who have written or consented lately.
        The business may begin conversations with 2000 people in 24 hours now. Plan its waves by that."#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn a_restriction_of_the_account_is_an_alert_with_its_end() {
    let alerts = |event: &str| {
        let rest = vec![("restriction_info/0/expiration".to_owned(), "2026-12-24".to_owned())];
        let about = "account_update".to_owned();
        let content = EventContent::Account(AccountEvent { about, event: event.to_owned(), limit: None, rest });
        let (subject, said) = Said::of(&stored(1, 0, content)).unwrap();
        assert_eq!(subject.sender, "");
        platform_alerts(&subject, &said).into_iter().map(|it| it.text).collect::<Vec<_>>().join("\n")
    };
    assert!(alerts("ACCOUNT_RESTRICTION").ends_with("until when. It ends at 2026-12-24."));
    assert_eq!(alerts("MM_LITE_TERMS_SIGNED"), "");
}

#[test]
fn what_was_delivered_or_written_proves_that_the_number_is_registered_and_131026_proves_nothing() {
    let says = |content| {
        let evidence = evidence_of(&stored(1, 0, content));
        evidence.map_or("nothing".to_owned(), |it| format!("{} by {}", it.answer.name(), it.raw_status.unwrap()))
    };
    let told = |change| {
        let (person, before) = (person("33199000002", ""), person("33199000001", ""));
        EventContent::Identity(IdentityTold { change, person, before })
    };
    assert_eq!(says(EventContent::Status(status(MessageState::Delivered))), "registered by delivered");
    assert_eq!(says(EventContent::Status(status(MessageState::Read))), "registered by read");
    assert_eq!(says(message("text")), "registered by inbound");
    assert_eq!(says(message("reaction")), "registered by inbound");
    assert_eq!(says(EventContent::Status(failed(131_026))), "no_answer by failed 131026");
    assert_eq!(says(told(IdentityTelling::KeyChanged)), "no_answer by identity_changed");
    assert_eq!(says(told(IdentityTelling::NumberChanged)), "no_answer by identity_changed");
    let nothing = [
        EventContent::Status(status(MessageState::Sent)),
        EventContent::Status(status(MessageState::Accepted)),
        message("system"),
        told(IdentityTelling::UserIdChanged),
    ];
    for content in nothing {
        assert_eq!(says(content.clone()), "nothing", "{content:?}");
    }
    for code in [131_049, 130_472, 131_050, 131_048, 130_403, 131_056, 131_047] {
        assert_eq!(says(EventContent::Status(failed(code))), "nothing", "{code}");
    }
    let unsigned = StoredEvent { is_signed: false, ..stored(1, 0, message("text")) };
    assert_eq!(evidence_of(&unsigned), None);
}

#[test]
fn two_signs_of_one_second_are_two_pieces_of_evidence() {
    let at = |content| evidence_of(&stored(1, 0, content)).unwrap().checked_at;
    let delivered = at(EventContent::Status(status(MessageState::Delivered)));
    assert_ne!(delivered, at(EventContent::Status(failed(131_026))));
    assert_eq!(delivered.as_second(), second(0).as_second());
}

/// The identity events of `content`, as `event identity [from]`.
fn identities(content: EventContent, known: &mut KnownScopedIds) -> String {
    let shown = |it: &IdentityChange| {
        let identity = it.identity().map(|it| format!("{} {}", it.kind.name(), it.value.0)).unwrap_or_default();
        let from = it.from().map(|it| format!(" from {} {}", it.kind.name(), it.value.0)).unwrap_or_default();
        format!("{} {identity}{from}", it.name())
    };
    let events = identity_events(&stored(1, 0, content), known);
    events.iter().map(|it| shown(&it.change)).collect::<Vec<_>>().join(", ")
}

#[test]
fn what_a_platform_tells_of_identities_becomes_events() {
    let told = |change, now: (&str, &str), before: (&str, &str)| {
        let (person, before) = (person(now.0, now.1), person(before.0, before.1));
        let content = EventContent::Identity(IdentityTold { change, person, before });
        identities(content, &mut KnownScopedIds::default())
    };
    use IdentityTelling::{KeyChanged, NumberChanged, UserIdChanged};
    for (change, now, before, expected) in [
        (NumberChanged, ("33199000002", ""), ("33199000001", ""), "changed phone +33199000002 from phone +33199000001"),
        (
            NumberChanged,
            ("33199000002", "FR.2"),
            ("33199000001", "FR.1"),
            "changed phone +33199000002 from phone +33199000001, changed bsuid FR.2 from bsuid FR.1",
        ),
        (NumberChanged, ("33199000002", ""), ("", ""), "questioned phone +33199000002"),
        (UserIdChanged, ("", "FR.2"), ("", "FR.1"), "changed bsuid FR.2 from bsuid FR.1"),
        (UserIdChanged, ("", "FR.2"), ("", ""), "observed bsuid FR.2"),
        (KeyChanged, ("33199000001", "FR.1"), ("", ""), "questioned phone +33199000001"),
        (KeyChanged, ("", "FR.1"), ("", ""), "questioned bsuid FR.1"),
        (KeyChanged, ("", ""), ("", ""), ""),
    ] {
        assert_eq!(told(change, now, before), expected);
    }
}

#[test]
fn ids_that_were_seen_together_are_linked_once_whatever_brings_them() {
    let mut known = KnownScopedIds::default();
    let id = |number, known: &mut KnownScopedIds| {
        let events = identity_events(&stored(number, number, message("text")), known);
        events.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    let first = id(1, &mut known);
    assert_eq!(first.len(), 1);
    assert_eq!(id(2, &mut known), first);
    assert_eq!(identities(message("text"), &mut known), "linked bsuid FR.1 from wa_id 33199000001");
    let unsigned = StoredEvent { is_signed: false, ..stored(3, 3, message("text")) };
    assert_eq!(identity_events(&unsigned, &mut known), []);
}

#[test]
fn a_number_with_a_strange_scoped_id_may_be_that_of_another_person() {
    let mut known = KnownScopedIds::default();
    known.add(ANA, "102290129340398", &Personal("FR.9".to_owned()));
    let linked = "linked bsuid FR.1 from wa_id 33199000001";
    assert_eq!(identities(message("text"), &mut known), format!("questioned phone +33199000001, {linked}"));
    assert_eq!(identities(message("text"), &mut known), linked, "it is known from now on");

    let mut told = KnownScopedIds::default();
    told.add(ANA, "102290129340398", &Personal("FR.9".to_owned()));
    let change = IdentityTelling::UserIdChanged;
    let content = IdentityTold { change, person: person("", "FR.1"), before: person("", "FR.9") };
    identities(EventContent::Identity(content), &mut told);
    assert_eq!(identities(message("text"), &mut told), linked);
}
