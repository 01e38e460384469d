//! The rows of what is derived.

use model::{ContactId, EventChannel, cleaned};
use sync::{Conversation, Delivery, DeliveryPrice, Failure, LastLimit, LastWord, PricedState, Said, Subject};

use crate::sql::{Cell, OnConflict, Row, Rows, Table, Type};
use crate::{LoadError, MessageId};

pub(super) const DELIVERY: Table = Table {
    name: "delivery",
    columns: &[
        ("message_key", Type::Bytes),
        ("message_id", Type::Text),
        ("channel", Type::Text),
        ("contact_id", Type::Bytes),
        ("accepted_at", Type::Time),
        ("held_at", Type::Time),
        ("sent_at", Type::Time),
        ("delivered_at", Type::Time),
        ("read_at", Type::Time),
        ("failed_at", Type::Time),
        ("failed_code", Type::Int),
        ("price_from", Type::Text),
        ("is_billable", Type::Int),
        ("price_category", Type::Text),
        ("price_type", Type::Text),
        ("first_event", Type::Int),
        ("last_event", Type::Int),
    ],
    on_conflict: OnConflict::Replace { key: &["message_key"] },
};

pub(super) const CONVERSATION: Table = Table {
    name: "conversation",
    columns: &[
        ("contact_id", Type::Bytes),
        ("channel", Type::Text),
        ("sender", Type::Text),
        ("last_inbound_at", Type::Time),
        ("event_key", Type::Bytes),
        ("last_event", Type::Int),
        ("asked_at", Type::Time),
    ],
    on_conflict: OnConflict::Replace { key: &["contact_id", "channel", "sender"] },
};

pub(super) const NUMBER_STATE: Table = Table {
    name: "number_state",
    columns: &[
        ("account", Type::Text),
        ("sender", Type::Text),
        ("about", Type::Text),
        ("event", Type::Text),
        ("at", Type::Time),
        ("event_key", Type::Bytes),
        ("rest", Type::Text),
        ("people_limit", Type::Int),
        ("limit_at", Type::Time),
        ("limit_key", Type::Bytes),
    ],
    on_conflict: OnConflict::Replace { key: &["account", "sender", "about"] },
};

pub(super) const ACCOUNT_STATE: Table = Table {
    name: "account_state",
    columns: &[
        ("account", Type::Text),
        ("about", Type::Text),
        ("event", Type::Text),
        ("at", Type::Time),
        ("event_key", Type::Bytes),
        ("rest", Type::Text),
        ("people_limit", Type::Int),
        ("limit_at", Type::Time),
        ("limit_key", Type::Bytes),
    ],
    on_conflict: OnConflict::Replace { key: &["account", "about"] },
};

/// The contact, channel and sender of a conversation.
pub(super) type ConversationName = (ContactId, EventChannel, String);

/// The most characters of a word of a platform.
const MAX_TEXT: usize = 500;

/// A text of a platform as a column takes it: PostgreSQL takes no NUL.
pub(super) fn plain(text: &str) -> String {
    cleaned(text, MAX_TEXT)
}

pub(super) fn push_delivery(rows: &mut Rows, key: &[u8; 32], it: &Delivery) {
    let price = it.price.as_ref();
    rows.push([
        key.as_slice().into(),
        it.opaque_id.as_deref().into(),
        it.channel.map(EventChannel::name).into(),
        it.contact.as_ref().into(),
        it.accepted_at.into(),
        it.held_at.into(),
        it.sent_at.into(),
        it.delivered_at.into(),
        it.read_at.into(),
        it.failure.map(|it| it.at).into(),
        it.failure.and_then(|it| it.code).into(),
        price.map(|it| it.said_with.name()).into(),
        price.and_then(|it| it.is_billable).map(i64::from).into(),
        price.and_then(|it| it.category.as_deref()).map(plain).into(),
        price.and_then(|it| it.kind.as_deref()).map(plain).into(),
        it.first_event.unwrap_or(0).into(),
        it.last_event.unwrap_or(0).into(),
    ]);
}

/// Reads a row of [`DELIVERY`].
pub(super) fn read_delivery(row: &dyn Row) -> Result<([u8; 32], Delivery), LoadError> {
    let code = row.opt_int(10)?;
    let price = match row.opt_text(11)? {
        None => None,
        Some(name) => Some(DeliveryPrice {
            said_with: PricedState::from_name(&name).ok_or_else(|| row.unknown(11))?,
            is_billable: row.opt_int(12)?.map(|it| it == 1),
            category: row.opt_text(13)?,
            kind: row.opt_text(14)?,
        }),
    };
    let delivery = Delivery {
        opaque_id: row.opt_text(1)?,
        channel: Some(row.word(2, EventChannel::from_name)?),
        contact: opt_bytes(row, 3)?.and_then(|it| ContactId::from_bytes(&it)),
        accepted_at: row.opt_time(4)?,
        held_at: row.opt_time(5)?,
        sent_at: row.opt_time(6)?,
        delivered_at: row.opt_time(7)?,
        read_at: row.opt_time(8)?,
        failure: row.opt_time(9)?.map(|at| Failure { at, code }),
        price,
        first_event: Some(row.int(15)?),
        last_event: Some(row.int(16)?),
    };
    Ok((row.digest(0)?, delivery))
}

/// The delivery as the table takes it: with our id only if it is one, and with words that both databases keep.
pub(super) fn kept(mut delivery: Delivery) -> Delivery {
    delivery.opaque_id = delivery.opaque_id.filter(|it| MessageId::from_hex(it).is_some());
    if let Some(price) = &mut delivery.price {
        for text in [&mut price.category, &mut price.kind].into_iter().flatten() {
            *text = plain(text);
        }
    }
    delivery
}

pub(super) fn push_conversation(rows: &mut Rows, name: &ConversationName, it: &Conversation) {
    let (contact, channel, sender) = name;
    rows.push([
        contact.into(),
        channel.name().into(),
        sender.into(),
        it.last_inbound_at.into(),
        it.key.as_slice().into(),
        it.last_event.into(),
        it.asked_at.into(),
    ]);
}

/// Reads a row of [`CONVERSATION`].
pub(super) fn read_conversation(row: &dyn Row) -> Result<(ConversationName, Conversation), LoadError> {
    let opened = Conversation {
        last_inbound_at: row.time(3)?,
        key: row.digest(4)?,
        last_event: row.int(5)?,
        asked_at: row.opt_time(6)?,
    };
    Ok(((row.contact_id(0)?, row.word(1, EventChannel::from_name)?, row.text(2)?), opened))
}

/// Adds a row to those of numbers or of accounts, which `rows` is for.
pub(super) fn push_said(rows: &mut Rows, subject: &Subject, said: &Said, rest: &str) {
    let (word, limit) = (&said.word, said.limit.as_ref());
    let name: Vec<Cell<'_>> = match subject.sender.as_str() {
        "" => vec![(&subject.account).into(), (&subject.about).into()],
        sender => vec![(&subject.account).into(), sender.into(), (&subject.about).into()],
    };
    let words = [
        (&word.event).into(),
        word.at.into(),
        word.key.as_slice().into(),
        rest.into(),
        limit.map(|it| it.limit).into(),
        limit.map(|it| it.at).into(),
        limit.map(|it| it.key.as_slice()).into(),
    ];
    rows.push(name.into_iter().chain(words));
}

/// Reads a row of [`NUMBER_STATE`] or [`ACCOUNT_STATE`], whose names take `n_names` columns.
pub(super) fn read_said(row: &dyn Row, n_names: usize) -> Result<(Subject, Said), LoadError> {
    let sender = if n_names == 3 { row.text(1)? } else { String::new() };
    let subject = Subject { account: row.text(0)?, sender, about: row.text(n_names - 1)? };
    let rest = row.word(n_names + 3, |it| serde_json::from_str(it).ok())?;
    let word = LastWord { event: row.text(n_names)?, at: row.time(n_names + 1)?, key: row.digest(n_names + 2)?, rest };
    let limit = match (row.opt_int(n_names + 4)?, row.opt_time(n_names + 5)?) {
        (Some(limit), Some(at)) => Some(LastLimit { limit, at, key: row.digest(n_names + 6)? }),
        _ => None,
    };
    Ok((subject, Said { word, limit }))
}

/// The names and the word of a subject as the tables take them.
pub(super) fn plain_said(subject: &Subject, said: &Said) -> (Subject, Said) {
    let Subject { account, sender, about } = subject;
    let subject = Subject { account: plain(account), sender: plain(sender), about: plain(about) };
    let mut said = said.clone();
    said.word.event = plain(&said.word.event);
    for (name, value) in &mut said.word.rest {
        (*name, *value) = (plain(name), plain(value));
    }
    (subject, said)
}

fn opt_bytes(row: &dyn Row, column: usize) -> Result<Option<Vec<u8>>, LoadError> {
    Ok(row.cell(column, Type::Bytes)?.bytes().flatten().map(<[u8]>::to_vec))
}
