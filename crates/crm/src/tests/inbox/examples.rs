//! Events and bodies of the tests.

use bytes::Bytes;
use consent::Words;
use jiff::Timestamp;
use model::{
    BrokenEvent, CallEvent, Event, EventChannel, EventContent, EventsRead, InboundMessage, MessageState, PersonIds,
    PreferenceChoice, PreferenceEvent, StatusEvent,
};

use crate::check::key;
use crate::{Crm, HandOn, Inbox, ReceivedBody};

pub(super) const ANA: &str = "+33199000001";
pub(super) const BEN: &str = "+33199000002";
/// A person whom the platform names by an id of the business alone.
pub(super) const SCOPED: &str = "FR.13491208655302741918";

pub(super) fn inbox(crm: Crm) -> Inbox {
    Inbox::new(crm, key(), Words::default())
}

/// A moment of these tests, in seconds from 2026-02-25, after all that was imported.
pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + second).unwrap()
}

/// A signed body that was received after all that it tells of.
pub(super) fn body(events: impl IntoIterator<Item = Event>) -> ReceivedBody {
    let read = EventsRead { events: events.into_iter().collect(), broken: Vec::new() };
    let raw: Vec<u8> = read.events.iter().flat_map(|it| it.key.0.bytes()).collect();
    ReceivedBody {
        webhook: "/webhooks/meta".to_owned(),
        is_signed: true,
        received_at: at(500),
        raw: Bytes::from(raw),
        read,
        hand_on: None,
    }
}

/// The body, which another program gets too.
pub(super) fn handed_on(body: ReceivedBody) -> ReceivedBody {
    let headers = vec![("x-hub-signature-256".to_owned(), "sha256=ab".to_owned())];
    ReceivedBody { hand_on: Some(HandOn { headers, query: Some("a=1".to_owned()) }), ..body }
}

pub(super) fn unsigned(events: impl IntoIterator<Item = Event>) -> ReceivedBody {
    ReceivedBody { is_signed: false, webhook: "/webhooks/other".to_owned(), ..body(events) }
}

pub(super) fn with_broken(mut body: ReceivedBody, places: &[&str]) -> ReceivedBody {
    let broken = |it: &&str| BrokenEvent { place: (*it).to_owned(), reason: "it has no id".to_owned() };
    body.read.broken.extend(places.iter().map(broken));
    body
}

/// The ids of somebody: a number, or an id of the business.
fn person(who: &str) -> PersonIds {
    match who.strip_prefix('+') {
        Some(digits) => PersonIds { wa_id: Some(digits.to_owned().into()), ..PersonIds::default() },
        None => PersonIds { user_id: Some(who.to_owned().into()), ..PersonIds::default() },
    }
}

pub(super) fn event(key: &str, content: EventContent) -> Event {
    let (account, sender) = ("1001".to_owned(), "2002".to_owned());
    let channel = Some(EventChannel::Whatsapp);
    Event { key: key.to_owned().into(), account, sender, channel, at: Some(at(100)), content }
}

/// The event at another moment.
pub(super) fn when(second: i64, event: Event) -> Event {
    Event { at: Some(at(second)), ..event }
}

pub(super) fn status(key: &str, who: &str) -> Event {
    event(
        key,
        EventContent::Status(StatusEvent {
            message: format!("wamid.{key}").into(),
            opaque_id: None,
            state: MessageState::Delivered,
            person: person(who),
            group: None,
            error: None,
            price: None,
        }),
    )
}

pub(super) fn message(key: &str, who: &str, text: &str) -> Event {
    event(
        key,
        EventContent::Message(InboundMessage {
            message: format!("wamid.{key}").into(),
            person: person(who),
            group: None,
            kind: "text".to_owned(),
            text: Some(text.to_owned().into()),
            payload: None,
            answers: None,
            is_standby: false,
        }),
    )
}

/// A button with a title and a payload.
pub(super) fn button(key: &str, who: &str, title: &str, payload: &str) -> Event {
    let mut event = message(key, who, title);
    if let EventContent::Message(message) = &mut event.content {
        message.kind = "button".to_owned();
        message.payload = Some(payload.to_owned());
    }
    event
}

/// The event, by SMS.
pub(super) fn by_sms(event: Event) -> Event {
    Event { channel: Some(EventChannel::Sms), ..event }
}

/// The message, in a group.
pub(super) fn in_group(mut event: Event) -> Event {
    if let EventContent::Message(message) = &mut event.content {
        message.group = Some("group".to_owned());
    }
    event
}

/// A message of somebody who is known by a user name alone.
pub(super) fn from_username(key: &str, name: &str, text: &str) -> Event {
    let mut event = message(key, ANA, text);
    if let EventContent::Message(message) = &mut event.content {
        message.person = PersonIds { username: Some(name.to_owned().into()), ..PersonIds::default() };
    }
    event
}

/// The event of somebody who has a number and an id of the business.
pub(super) fn also(mut event: Event, user_id: &str) -> Event {
    if let EventContent::Message(message) = &mut event.content {
        message.person.user_id = Some(user_id.to_owned().into());
    }
    event
}

pub(super) fn call(key: &str, who: &str, is_by_person: bool) -> Event {
    let event_word = "connect".to_owned();
    event(
        key,
        EventContent::Call(CallEvent {
            call: key.to_owned().into(),
            person: person(who),
            is_by_person,
            event: event_word,
        }),
    )
}

pub(super) fn preference(key: &str, who: &str, category: &str, choice: PreferenceChoice) -> Event {
    let category = category.to_owned();
    event(key, EventContent::Preference(PreferenceEvent { person: person(who), category, choice }))
}
