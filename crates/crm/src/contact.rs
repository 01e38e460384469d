//! Contacts in and out of the database.

mod cells;
mod changes;
pub(crate) mod columns;
mod edits;
mod insert;
mod load;
mod merges;
mod reconcile;
mod row;
mod source_rows;
mod stay;

pub use changes::Loaded;
pub use edits::Conflict;
pub(crate) use edits::{ContactHashes, Kept, WrittenChecksum, keep_edits};
pub use insert::NewContacts;
pub(crate) use insert::contact_rows;
pub use load::{Contacts, LoadBatch, MakeReceipt};
pub(crate) use merges::Merges;
pub(crate) use reconcile::{joined, qualified};
pub(crate) use row::{StoredContact, read_contact, read_identity};

use crate::sql::{OnConflict, Table, Type};

/// The table of contacts. Its columns come from [`columns::COLUMNS`].
pub(crate) const CONTACT: Table =
    Table { name: "contact", columns: &columns::OF_TABLE, on_conflict: OnConflict::Replace { key: &["contact_id"] } };

/// Identities other than the phone.
pub(crate) const IDENTITY: Table = Table {
    name: "identity",
    columns: &[("contact_id", Type::Bytes), ("kind", Type::Text), ("scope", Type::Text), ("value", Type::Text)],
    on_conflict: OnConflict::Ignore,
};
