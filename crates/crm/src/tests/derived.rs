//! What follows from the events of webhooks: the same in any order, and the same when it is made anew.

mod unanswered;

use bytes::Bytes;
use consent::Words;
use expect_test::{Expect, expect};
use jiff::Timestamp;
use model::{
    AccountEvent, CallEvent, Event, EventChannel, EventContent, EventsRead, IdentityTelling, IdentityTold,
    InboundMessage, MessageError, MessageState, NumberEvent, PersonIds, Price, StatusEvent, TemplateEvent,
};

use crate::check::{Place, check, id_of, key};
use crate::tests::outbox::{claimed, invitation, people, plan_one, settle};
use crate::{
    AccountTemplate, AnsweredState, Crm, Derived, Inbox, NotedAnswer, ObservedTemplate, ReceivedBody, SendOutcome,
};

const ANA: &str = "+33199000001";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn event(second: i64, content: EventContent) -> Event {
    let key = format!("{second} {content:?} {}", serde_json::to_string(&content).unwrap()).into();
    let (account, sender) = ("1001".to_owned(), "2002".to_owned());
    Event { key, account, sender, channel: Some(EventChannel::Whatsapp), at: Some(at(second)), content }
}

fn person(phone: &str, user_id: Option<&str>) -> PersonIds {
    PersonIds {
        wa_id: Some(phone.trim_start_matches('+').to_owned().into()),
        user_id: user_id.map(|it| it.to_owned().into()),
        ..PersonIds::default()
    }
}

/// A status of message `id`: the second, the state.
fn status(second: i64, id: &str, state: MessageState) -> StatusEvent {
    let is_priced = state == MessageState::Sent;
    let price = Price { is_billable: Some(true), category: Some("marketing".into()), ..Price::default() };
    let code = (state == MessageState::Failed).then_some(131_026 + i64::from(second == 0));
    StatusEvent {
        message: format!("wamid.{id}").into(),
        opaque_id: None,
        state,
        person: person(ANA, None),
        group: None,
        error: code.map(|it| MessageError { code: Some(it), details: None }),
        price: is_priced.then_some(price),
    }
}

fn told(second: i64, status: StatusEvent) -> Event {
    event(second, EventContent::Status(status))
}

fn message(second: i64, kind: &str, user_id: &str) -> Event {
    let content = InboundMessage {
        message: format!("wamid.in{second}").into(),
        person: person(ANA, Some(user_id)),
        group: None,
        kind: kind.to_owned(),
        text: None,
        payload: None,
        answers: None,
        is_standby: false,
    };
    event(second, EventContent::Message(content))
}

fn number(second: i64, word: &str, limit: Option<i64>) -> Event {
    let rest = vec![("display_phone_number".to_owned(), "33199009999".to_owned())];
    let about = "phone_number_quality_update".to_owned();
    event(second, EventContent::Number(NumberEvent { about, event: word.to_owned(), limit, rest }))
}

fn account(second: i64, word: &str) -> Event {
    let about = "account_update".to_owned();
    event(second, EventContent::Account(AccountEvent { about, event: word.to_owned(), limit: None, rest: Vec::new() }))
}

/// What happened to a message and around it.
fn story() -> Vec<Event> {
    let call = CallEvent {
        call: "c".to_owned().into(),
        person: person(ANA, None),
        is_by_person: true,
        event: "connect".into(),
    };
    let changed = IdentityTold {
        change: IdentityTelling::UserIdChanged,
        person: person(ANA, Some("FR.2")),
        before: person(ANA, Some("FR.1")),
    };
    vec![
        told(10, status(10, "a", MessageState::Sent)),
        told(12, status(12, "a", MessageState::Failed)),
        told(15, status(15, "a", MessageState::Delivered)),
        told(19, status(19, "a", MessageState::Read)),
        told(11, status(11, "b", MessageState::Held)),
        told(20, status(20, "b", MessageState::Failed)),
        message(30, "text", "FR.1"),
        message(40, "reaction", "FR.1"),
        event(35, EventContent::Call(call)),
        event(41, EventContent::Identity(changed)),
        number(50, "FLAGGED", None),
        number(45, "ONBOARDING", Some(2000)),
        account(60, "ACCOUNT_RESTRICTION"),
        account(55, "MM_LITE_TERMS_SIGNED"),
    ]
}

async fn store(crm: Crm, events: &[Event]) {
    let inbox = Inbox::new(crm, key(), Words::default());
    let read = EventsRead { events: events.to_vec(), broken: Vec::new() };
    let body = ReceivedBody {
        webhook: "/webhooks/meta".to_owned(),
        is_signed: true,
        received_at: at(500),
        raw: Bytes::from_static(b"{}"),
        read,
        hand_on: None,
    };
    inbox.store(vec![body]).await.unwrap();
}

async fn derive_all(crm: &Crm, limit: u32) -> Derived {
    let mut all = Derived::default();
    loop {
        let derived = crm.derive(&key(), limit).await.unwrap();
        all.n_settled += derived.n_settled;
        all.n_contradictions += derived.n_contradictions;
        all.n_events += derived.n_events;
        if derived.n_events == 0 {
            return all;
        }
    }
}

/// What does not depend on the order in which events came.
const STATE: [&str; 7] = [
    "select state || ' anomaly ' || is_anomaly || ' billed ' || is_billed || ' ' || coalesce(price_category, '-') \
     from delivery_view order by message_key",
    "select coalesce(cast(sent_at / 1000000 as text), '-') || ' ' || coalesce(cast(failed_at / 1000000 as text), '-') || ' ' \
     || coalesce(cast(failed_code as text), '-') from delivery order by message_key",
    "select sender || ' ' || cast(last_inbound_at / 1000000 as text) || ' asked ' || cast(asked_at / 1000000 as text) \
     from conversation order by 1",
    "select sender || ' ' || event || ' ' || cast(at / 1000000 as text) || ' ' || cast(people_limit as text) || ' ' || \
     cast(limit_at / 1000000 as text) || ' ' || rest from number_state",
    "select about || ' ' || event || ' ' || cast(at / 1000000 as text) from account_state",
    "select answer || ' ' || raw_status || ' ' || cast(checked_at as text) from evidence order by checked_at",
    "select event || ' ' || kind || ' ' || value from identity_event order by 1",
];

/// All that deriving can write, row by row as it stands in the tables.
const TABLES: [&str; 9] = [
    "select message_key || ' ' || coalesce(message_id, '-') || ' ' || coalesce(outbox_state, '-') || ' ' || state from delivery_view order by 1",
    "select cast(first_event as text) from delivery order by first_event",
    "select cast(last_event as text) || ' ' || sender || cast(last_inbound_at as text) || coalesce(cast(asked_at as text), '-') from conversation",
    "select event || cast(at as text) || rest from number_state",
    "select event || cast(at as text) || rest from account_state",
    "select cast(evidence_id as text) || ' ' || raw_status from evidence order by 1",
    "select event_id || ' ' || cast(number as text) || ' ' || event || value || cast(recorded_at as text) from identity_event order by 1",
    "select message_id || ' ' || state || ' ' || coalesce(cast(settled_at / 1000000 as text), '-') from outbox order by 1",
    "select name || ' ' || status || ' ' || quality || ' ' || cast(changed_at as text) || ' ' || untold from account_template order by 1",
];

async fn dump(crm: &Crm, statements: &[&str]) -> String {
    let mut all = String::new();
    for sql in statements {
        all += &crm.texts(sql).await;
        all += "\n";
    }
    all
}

async fn state(place: &Place, events: &[Event], limit: u32) -> String {
    let crm = people(place).await;
    store(place.open().await, events).await;
    let derived = derive_all(&crm, limit).await;
    assert_eq!(derived.n_events, 14);
    dump(&crm, &STATE).await
}

fn expected() -> Expect {
    expect![[r#"
        failed anomaly no billed no -
        read anomaly yes billed yes marketing
        - 20 131026
        10 12 131026
        2002 35 asked 30
        2002 FLAGGED 50 2000 45 [["display_phone_number","33199009999"]]
        account_update ACCOUNT_RESTRICTION 60
        no_answer failed 131026 12000001
        registered delivered 15000002
        registered read 19000003
        no_answer failed 131026 20000001
        registered inbound 30000004
        registered inbound 35000004
        registered inbound 40000004
        changed bsuid FR.2
        linked bsuid FR.1
    "#]]
}

#[test]
fn what_follows_from_events_is_the_same_in_any_order_and_in_batches_of_any_size() {
    let orders: [(usize, bool, u32); 5] = [(0, false, 1000), (0, true, 1), (5, false, 3), (9, true, 5), (12, false, 2)];
    for (first, is_reversed, limit) in orders {
        let mut events = story();
        events.rotate_left(first);
        if is_reversed {
            events.reverse();
        }
        let doubled: Vec<Event> = events.iter().chain(&events[3..7]).cloned().collect();
        check(async |place| expected().assert_eq(&state(place, &doubled, limit).await));
    }
}

#[test]
fn made_anew_it_is_the_same_as_before() {
    check(async |place| {
        let crm = people(place).await;
        let limits = [crate::OrderLimit { hours: 1, most: 9 }];
        crm.claim_order(None, &template("SENDING"), crate::OrderKind::Submit, &limits).await.unwrap();
        let listed = crm.observe_account_templates("1001", &[(template("SENDING"), template("APPROVED"))], at(5)).await;
        assert_eq!(listed.unwrap(), [true]);
        let id = plan_one(&crm, invitation(id_of(ANA))).await;
        assert_eq!(claimed(&crm).await, [id]);
        let ours = StatusEvent { opaque_id: Some(id.to_string()), ..status(70, "c", MessageState::Failed) };
        let templates = [(80, "FLAGGED"), (90, "PAUSED"), (85, "APPROVED")].map(|(n, it)| about_template(n, it));
        let mut events = story();
        events.extend(templates);
        events.push(told(70, ours));
        store(place.open().await, &events).await;
        let derived = derive_all(&crm, 4).await;
        assert_eq!(derived, Derived { n_events: 18, n_settled: 1, n_contradictions: 0 });
        let before = dump(&crm, &TABLES).await;
        assert!(before.contains("hello PAUSED"), "{before}");
        assert!(before.contains("accepted 500"), "{before}");

        for _ in 0..2 {
            assert_eq!(crm.derive_anew(&key()).await.unwrap(), Derived { n_events: 18, ..Derived::default() });
            assert_eq!(dump(&crm, &TABLES).await, before);
        }
        assert_eq!(crm.derive(&key(), 10).await.unwrap(), Derived::default());
    });
}

fn template(status: &str) -> AccountTemplate {
    let claim = crate::OrderClaim { holder: "me".into(), claimed_at: at(1), unknown_until: at(300) };
    AccountTemplate {
        account: "1001".into(),
        name: "hello".into(),
        language: "fr".into(),
        template_id: None,
        digest: "d".into(),
        category: "UTILITY".into(),
        status: status.into(),
        reason: None,
        scenario: "hello".into(),
        changed_at: 1,
        claim: Some(claim).filter(|_| status == "SENDING"),
        sent_body: None,
        observed: ObservedTemplate::default(),
        untold: String::new(),
    }
}

fn about_template(second: i64, status: &str) -> Event {
    event(
        second,
        EventContent::Template(TemplateEvent {
            id: "7".into(),
            name: "hello".into(),
            language: "fr".into(),
            status: Some(status.into()),
            reason: None,
            disable_at: None,
            pause: None,
            quality: None,
            category: None,
            announced_category: None,
            announced_for: None,
        }),
    )
}

#[test]
fn a_status_with_our_id_settles_an_unknown_message_and_a_failure_keeps_it_accepted() {
    check(async |place| {
        let crm = people(place).await;
        let id = plan_one(&crm, invitation(id_of(ANA))).await;
        claimed(&crm).await;
        settle(&crm, id, SendOutcome::Unknown).await.unwrap();
        let failed = StatusEvent { opaque_id: Some(id.to_string()), ..status(70, "c", MessageState::Failed) };
        let of_another = StatusEvent { opaque_id: Some("ab".repeat(16)), ..status(70, "d", MessageState::Sent) };
        let strange = StatusEvent { opaque_id: Some("order 66".to_owned()), ..status(70, "e", MessageState::Sent) };
        store(place.open().await, &[told(70, failed), told(70, of_another), told(71, strange)]).await;
        assert_eq!(derive_all(&crm, 10).await, Derived { n_events: 3, n_settled: 1, n_contradictions: 0 });
        let shown = "select coalesce(outbox_state, '-') || ' ' || state || ' ' || coalesce(cast(failed_code as text), '-') \
            || ' ' || coalesce(campaign, '-') from delivery_view order by 1";
        assert_eq!(crm.texts(shown).await, "- sent - -\n- sent - -\naccepted failed 131026 spring");
    });
}

#[test]
fn a_status_without_our_id_is_joined_by_the_answer_whichever_comes_first() {
    check(async |place| {
        let crm = people(place).await;
        let id = plan_one(&crm, invitation(id_of(ANA))).await;
        claimed(&crm).await;
        store(place.open().await, &[told(70, status(70, "c", MessageState::Delivered))]).await;
        assert_eq!(derive_all(&crm, 10).await.n_settled, 0);
        let shown = "select coalesce(message_id, '-') || ' ' || state || ' ' || \
            case when accepted_at is null then '-' else 'answered' end from delivery_view";
        assert_eq!(crm.texts(shown).await, "- delivered -");
        let answer = NotedAnswer {
            message_key: key().message_key(EventChannel::Whatsapp, "wamid.c", None),
            id,
            state: AnsweredState::Accepted,
            at: at(60),
        };
        crm.note_answers(&[answer, answer]).await.unwrap();
        let joined = format!("{id} delivered answered");
        assert_eq!(crm.texts(shown).await, joined);
        crm.derive_anew(&key()).await.unwrap();
        assert_eq!(crm.texts(shown).await, joined);
    });
}

#[test]
fn a_message_by_sms_has_a_delivery_of_its_own_and_opens_no_window() {
    check(async |place| {
        let crm = people(place).await;
        let by_sms = |it: Event| {
            let key = format!("sms {}", it.key.0).into();
            Event { key, channel: Some(EventChannel::Sms), ..it }
        };
        // The platform's ids of the two messages are equal, and so are its senders.
        let events = [
            told(10, status(10, "a", MessageState::Sent)),
            message(30, "text", "FR.1"),
            by_sms(told(20, status(20, "a", MessageState::Delivered))),
            by_sms(message(31, "text", "FR.1")),
        ];
        store(place.open().await, &events).await;
        derive_all(&crm, 2).await;
        let deliveries = "select channel || ' ' || state from delivery_view order by 1";
        assert_eq!(crm.texts(deliveries).await, "sms delivered\nwhatsapp sent");
        let windows = "select channel || ' ' || case when open_until is null then 'no window' else 'open' end \
            from conversation_view order by 1";
        assert_eq!(crm.texts(windows).await, "sms no window\nwhatsapp open");
        assert_eq!(crm.texts("select raw_status from evidence").await, "inbound");
        let last = "select cast(max(last_inbound_at) / 1000000 as text) from conversation";
        assert_eq!(crm.texts(last).await, "31");
    });
}

#[test]
fn a_status_of_a_message_that_cannot_have_been_sent_is_counted_and_changes_nothing() {
    check(async |place| {
        let crm = people(place).await;
        let id = plan_one(&crm, invitation(id_of(ANA))).await;
        let sent = StatusEvent { opaque_id: Some(id.to_string()), ..status(70, "c", MessageState::Sent) };
        store(place.open().await, &[told(70, sent)]).await;
        assert_eq!(derive_all(&crm, 10).await, Derived { n_events: 1, n_settled: 0, n_contradictions: 1 });
        assert_eq!(crm.texts("select state from outbox_view").await, "planned");
    });
}

#[test]
fn of_two_who_derive_at_once_each_event_counts_once() {
    check(async |place| {
        let crm = people(place).await;
        let events: Vec<Event> =
            (0..60).map(|n| told(n, status(n, &format!("m{}", n % 7), MessageState::Read))).collect();
        store(place.open().await, &events).await;
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let crm = place.open().await;
            tasks.push(tokio::spawn(async move { derive_all(&crm, 3).await.n_events }));
        }
        let mut n_events = 0;
        for task in tasks {
            n_events += task.await.unwrap();
        }
        assert_eq!(n_events, 60);
        assert_eq!(crm.texts("select cast(min(first_event) as text) from delivery").await, "1");
        let first = "select cast(read_at / 1000000 as text) from delivery order by read_at";
        assert_eq!(crm.texts(first).await, "0\n1\n2\n3\n4\n5\n6");
    });
}

#[test]
fn activity_is_that_of_imports_and_of_webhooks_and_the_columns_of_a_contact_stay() {
    check(async |place| {
        let crm = people(place).await;
        store(place.open().await, &story()).await;
        derive_all(&crm, 100).await;
        let shown = "select cast(activity.last_inbound_at = conversation.last_inbound_at as text) from conversation_view as \
            conversation join contact_activity_view as activity on activity.contact_id = conversation.contact_id \
            where last_outbound_at is not null";
        assert!(["1", "true"].contains(&crm.texts(shown).await.as_str()));
        assert_eq!(
            crm.texts("select cast(last_inbound_at as text) from contact where last_inbound_at is not null").await,
            ""
        );
    });
}
