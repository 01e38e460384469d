//! The tables of the inbox. They are written under the lock of the one writer, which has looked for known keys before.

use model::cleaned;

use crate::sql::{OnConflict, Table, Type};

pub(super) const WEBHOOK_BODY: Table = Table {
    name: "webhook_body",
    columns: &[
        ("body_id", Type::Int),
        ("webhook", Type::Text),
        ("received_at", Type::Time),
        ("digest", Type::Bytes),
        ("body", Type::Bytes),
        ("n_events", Type::Int),
        ("n_new", Type::Int),
        ("n_broken", Type::Int),
        ("is_signed", Type::Int),
    ],
    on_conflict: OnConflict::Fail,
};

pub(super) const EVENT_KEY: Table = Table {
    name: "event_key",
    columns: &[("digest", Type::Bytes), ("number", Type::Int)],
    on_conflict: OnConflict::Fail,
};

pub(super) const EVENT: Table = Table {
    name: "event",
    columns: &[
        ("number", Type::Int),
        ("digest", Type::Bytes),
        ("body_id", Type::Int),
        ("place", Type::Int),
        ("webhook", Type::Text),
        ("kind", Type::Text),
        ("account", Type::Text),
        ("sender", Type::Text),
        ("channel", Type::Text),
        ("at", Type::Time),
        ("received_at", Type::Time),
        ("is_signed", Type::Int),
        ("contact_id", Type::Bytes),
        ("reading", Type::Text),
        ("fact", Type::Text),
    ],
    on_conflict: OnConflict::Fail,
};

pub(super) const DEAD_LETTER: Table = Table {
    name: "dead_letter",
    columns: &[
        ("number", Type::Int),
        ("body_id", Type::Int),
        ("place", Type::Text),
        ("reason", Type::Text),
        ("at", Type::Time),
        ("state", Type::Text),
    ],
    on_conflict: OnConflict::Fail,
};

/// The most characters of a word or id of a platform in a column of its own.
const MAX_TEXT: usize = 500;

/// A text of a platform as a column takes it: PostgreSQL takes no NUL.
pub(crate) fn column_text(text: &str) -> String {
    cleaned(text, MAX_TEXT)
}
