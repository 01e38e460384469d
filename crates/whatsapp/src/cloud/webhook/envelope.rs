//! The way through a body: entries, changes, and lists of items.

use std::collections::BTreeMap;

use model::{BrokenEvent, Event, EventContent, EventsRead, OtherEvent, PersonIds, cleaned, without_lone_surrogates};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::change::Change;
use super::field::Unreadable;
use super::{account, calls, field, identity, key, messages, other, preferences, statuses, templates};

/// The body is not that of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the body of a WhatsApp webhook")]
pub struct NotAWebhook;

const WHATSAPP: &str = "whatsapp_business_account";

/// The fields whose values hold lists of events of people. Bodies that somebody kept can lack the name of the field.
const FIELDS_OF_PEOPLE: &[&str] = &["", "calls", "messages", "standby", "user_id_update", "user_preferences"];

/// What such a value holds besides events.
const CONTEXT: &[&str] = &["contacts", "errors", "messaging_product", "metadata"];

/// The most characters of a name in the place of a broken part.
const LONGEST_NAME: usize = 64;

const NOT_JSON: Unreadable = Unreadable("it is not the JSON that was expected");
const NO_OBJECT: Unreadable = Unreadable("it is no object");
const NO_LIST: Unreadable = Unreadable("it is no list");

type ReadItem = fn(&Change<'_>, &Value) -> Result<Event, Unreadable>;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
    #[serde(borrow)]
    entry: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    time: Option<&'a RawValue>,
    #[serde(borrow, default)]
    changes: Option<&'a RawValue>,
}

/// The parts are kept as they stand until somebody reads them, so that a part that cannot be read spoils no other.
#[derive(Deserialize)]
struct RawChange<'a> {
    #[serde(borrow, default)]
    field: Option<&'a RawValue>,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// Reads the events of one body, in the order of the body.
///
/// # Errors
///
/// Fails if the body is not JSON with a list of entries. Anything that is wrong below that is a [`BrokenEvent`].
pub fn read_events(body: &[u8]) -> Result<EventsRead, NotAWebhook> {
    let body: Body<'_> = serde_json::from_slice(body).map_err(|_| NotAWebhook)?;
    let object = field::word_of(body.object).unwrap_or_else(|| WHATSAPP.to_owned());
    let mut read = EventsRead::default();
    for (number, entry) in body.entry.into_iter().enumerate() {
        let place = format!("/entry/{number}");
        match object == WHATSAPP {
            true => read_entry(entry, &place, &mut read),
            false => keep(&mut read, place, foreign(entry, &object)),
        }
    }
    Ok(read)
}

/// An entry that is not about WhatsApp: an application has one address for all products of Meta.
fn foreign(entry: &RawValue, object: &str) -> Result<Event, Unreadable> {
    let content = OtherEvent {
        field: object.to_owned(),
        kind: String::new(),
        is_known: false,
        person: PersonIds::default(),
        shape: None,
    };
    Ok(Event {
        key: key::of(&["foreign", object, &key::digest(&parsed(entry)?)]),
        account: String::new(),
        sender: String::new(),
        channel: None,
        at: None,
        content: EventContent::Other(content),
    })
}

fn read_entry(entry: &RawValue, place: &str, read: &mut EventsRead) {
    let Ok(entry) = serde_json::from_str::<Entry<'_>>(entry.get()) else {
        return keep(read, place.to_owned(), Err(NO_OBJECT));
    };
    let account = field::word_of(entry.id).unwrap_or_default();
    let time = field::moment_of(entry.time);
    let Some(changes) = entry.changes else {
        return keep(read, place.to_owned(), Err(Unreadable("the entry has no changes")));
    };
    let Ok(changes) = serde_json::from_str::<Vec<&RawValue>>(changes.get()) else {
        return keep(read, format!("{place}/changes"), Err(NO_LIST));
    };
    for (number, change) in changes.into_iter().enumerate() {
        let place = format!("{place}/changes/{number}");
        let Ok(change) = serde_json::from_str::<RawChange<'_>>(change.get()) else {
            keep(read, place, Err(Unreadable("the change has no value")));
            continue;
        };
        let Some(field) = field::word_of(change.field) else {
            keep(read, place, Err(Unreadable("the change does not say what it is about")));
            continue;
        };
        let value = change.value;
        let parts = serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get());
        let change = Change::new(account.clone(), time, field, value, parts.ok());
        read_change(&change, &format!("{place}/value"), read);
    }
}

fn read_change(change: &Change<'_>, place: &str, read: &mut EventsRead) {
    if !FIELDS_OF_PEOPLE.contains(&&*change.field) {
        return read_whole(change, place, read);
    }
    let Some(parts) = &change.parts else { return keep(read, place.to_owned(), Err(NO_OBJECT)) };
    for (name, part) in parts {
        let place = || format!("{place}/{}", pointer_part(name));
        match reader(name) {
            Some(reader) => read_list(change, part, &place(), reader, read),
            None if name == "errors" && change.has_own_errors() => {
                read_list(change, part, &place(), account::error, read);
            }
            None if !CONTEXT.contains(&&**name) && part.get().starts_with(['[', '{']) => {
                keep(read, place(), parsed(part).map(|it| other::event(change, name, false, &it)));
            }
            None => {}
        }
    }
}

/// A name as a part of a JSON pointer. Names that are not known come from outside.
fn pointer_part(name: &str) -> String {
    cleaned(name, LONGEST_NAME).replace('~', "~0").replace('/', "~1")
}

fn reader(name: &str) -> Option<ReadItem> {
    Some(match name {
        "calls" => calls::call,
        "messages" => messages::message,
        "statuses" => statuses::status,
        "user_id_update" => identity::update,
        "user_preferences" => preferences::preference,
        _ => return None,
    })
}

fn read_list(change: &Change<'_>, list: &RawValue, place: &str, reader: ReadItem, read: &mut EventsRead) {
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(list.get()) else {
        return keep(read, place.to_owned(), Err(NO_LIST));
    };
    for (number, item) in items.into_iter().enumerate() {
        let event = parsed(item).and_then(|item| match item.is_object() {
            true => reader(change, &item),
            false => Err(NO_OBJECT),
        });
        // A refusal must count all the same, so the event is kept beside the dead letter.
        let doubt = event.as_ref().ok().and_then(in_doubt);
        keep(read, format!("{place}/{number}"), event);
        doubt.into_iter().for_each(|it| keep(read, format!("{place}/{number}"), Err(it)));
    }
}

/// What an item of people should have, and cannot be read. It counts as of the moment at which it came in.
fn in_doubt(event: &Event) -> Option<Unreadable> {
    match &event.content {
        EventContent::Message(it) if it.message.0.is_empty() => Some(Unreadable("the message has no id")),
        EventContent::Message(_) | EventContent::Status(_) if event.at.is_none() => {
            Some(Unreadable("its time is missing or cannot be read"))
        }
        _ => None,
    }
}

/// Reads a value that is about no people. Templates are known by their shape, because Meta's own sample of a quality
/// update carries the name of a status update.
fn read_whole(change: &Change<'_>, place: &str, read: &mut EventsRead) {
    let value = match parsed(change.value) {
        Ok(value) => value,
        Err(reason) => return keep(read, place.to_owned(), Err(reason)),
    };
    if templates::is_about_one(change, &value) {
        return keep(read, place.to_owned(), templates::template(change, &value));
    }
    if account::is_known(&change.field) {
        let event = if value.is_object() { account::event(change, &value) } else { Err(NO_OBJECT) };
        return keep(read, place.to_owned(), event);
    }
    match other::list(change, &value) {
        None => keep(read, place.to_owned(), Ok(other::whole(change, &value))),
        Some((name, items)) => {
            for (number, item) in items.iter().enumerate() {
                keep(read, format!("{place}/{name}/{number}"), Ok(other::item(change, item)));
            }
        }
    }
}

/// Reads a part. It fails for JSON that nests too deep, and for numbers that nothing here can hold.
///
/// A text that was cut inside an emoji can hold half of a surrogate pair, which JSON allows and `serde_json` does not.
fn parsed(part: &RawValue) -> Result<Value, Unreadable> {
    let lenient = || serde_json::from_slice(&without_lone_surrogates(part.get().as_bytes()));
    serde_json::from_str(part.get()).or_else(|_| lenient()).map_err(|_| NOT_JSON)
}

fn keep(read: &mut EventsRead, place: String, event: Result<Event, Unreadable>) {
    match event {
        Ok(event) => read.events.push(event),
        Err(Unreadable(reason)) => read.broken.push(BrokenEvent { place, reason: reason.to_owned() }),
    }
}
