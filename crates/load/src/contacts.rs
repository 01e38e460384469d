//! Contacts in and out of the database.

use std::collections::{BTreeMap, HashMap, VecDeque};

use model::{Batch, Consent, Contact, ContactId, Digest, Field, Identity, PURPOSE_MESSAGES, Receipt};
use tokio::task::JoinHandle;

use crate::bulk::{Rows, Statement, Table, Type};
use crate::crm::{begin_postgres, begin_sqlite, on};
use crate::edits::{Fingerprint, Kept, keep_edits};
use crate::held::{Held, held_postgres, held_sqlite};
use crate::journal::receipt_rows;
use crate::reconcile::reconciled;
use crate::{Crm, LoadError};

/// One batch to be loaded, and the receipt to be given for it.
pub struct LoadBatch {
    pub contacts: Batch<Contact>,
    /// Makes the receipt from the digest of what was written.
    pub receipt: Box<dyn FnOnce(Digest) -> Receipt + Send>,
}

/// What loading did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Of the updated contacts, how many have another value, by field.
    pub fields: BTreeMap<&'static str, u64>,
    /// Fields that a person has edited and in which the import has something else: the edit stays.
    pub conflicts: Vec<(ContactId, &'static str)>,
}

impl std::ops::AddAssign for Loaded {
    fn add_assign(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.conflicts.extend(other.conflicts);
        for (field, n) in other.fields {
            *self.fields.entry(field).or_default() += n;
        }
    }
}

impl Crm {
    /// Loads batches and gives their receipts, all in one transaction.
    ///
    /// Only contacts that are new or differ from what the database holds are written, so loading
    /// the same batch again writes nothing but its receipt.
    pub async fn load(&self, run_id: &str, batches: Vec<LoadBatch>) -> Result<Loaded, LoadError> {
        let failed = LoadError::query("load a batch of contacts");
        let mut loaded = Loaded::default();
        match self {
            Self::Sqlite(pool) => {
                let mut transaction = begin_sqlite(pool).await.map_err(&failed)?;
                let mut waiting = VecDeque::new();
                for LoadBatch { contacts, receipt } in batches {
                    let held = held_sqlite(&mut transaction, &ids(&contacts)).await?;
                    let (changed, digest, now) = changes(held, contacts);
                    waiting.push_back((changed, receipt_rows(run_id, &receipt(digest))));
                    loaded += now;
                }
                let mut prepared = prepare(waiting.pop_front());
                while let Some(statements) = prepared.await.map_err(|_| sqlx::Error::WorkerCrashed).map_err(&failed)? {
                    prepared = prepare(waiting.pop_front());
                    for statement in statements.map_err(&failed)? {
                        statement.execute(&mut transaction).await.map_err(&failed)?;
                    }
                }
                transaction.commit().await.map_err(&failed)?;
            }
            Self::Postgres(pool) => {
                let mut transaction = begin_postgres(pool).await.map_err(&failed)?;
                for LoadBatch { contacts, receipt } in batches {
                    let held = held_postgres(&mut transaction, &ids(&contacts)).await?;
                    let (changed, digest, now) = changes(held, contacts);
                    CONSENT.forget_postgres(&mut transaction, &with_consents(&changed)).await.map_err(&failed)?;
                    for rows in contact_rows(changed).into_iter().chain([receipt_rows(run_id, &receipt(digest))]) {
                        rows.insert_postgres(&mut transaction).await.map_err(&failed)?;
                    }
                    loaded += now;
                }
                transaction.commit().await.map_err(&failed)?;
            }
        }
        Ok(loaded)
    }

    /// Makes sure that no two contacts have one phone number, and that one is found by it.
    ///
    /// Contacts come in the order of their ids, which is no order of numbers. Filling this index as
    /// they come takes longer than all the rest of a first load, making it afterwards a second. Until
    /// then numbers are unique all the same, because the id of a contact is made from its number.
    pub async fn finish_load(&self) -> Result<(), LoadError> {
        let statement = "create unique index if not exists contact_e164 on contact (e164) where e164 is not null";
        on!(self, pool => {
            sqlx::query(statement).execute(pool).await.map(|_| ()).map_err(LoadError::query("index the phone numbers"))
        })
    }

    /// Tells what loading a batch would do, and writes nothing.
    pub async fn preview(&self, contacts: Batch<Contact>) -> Result<Loaded, LoadError> {
        let ids = ids(&contacts);
        Ok(changes(self.held_as_written(&ids).await?, contacts).2)
    }
}

/// Makes the statements of a batch on another thread: SQLite works on the batch before meanwhile.
fn prepare(batch: Option<(Vec<Changed>, Rows)>) -> JoinHandle<Option<Result<Vec<Statement>, sqlx::Error>>> {
    tokio::task::spawn_blocking(move || {
        let (contacts, receipt) = batch?;
        let forget = Statement::forget(&CONSENT, &with_consents(&contacts));
        let tables = contact_rows(contacts).into_iter().chain([receipt]);
        let written = tables.map(Rows::statements).collect::<Result<Vec<_>, _>>();
        Some(forget.and_then(|forget| Ok(forget.into_iter().chain(written?.into_iter().flatten()).collect())))
    })
}

fn ids(contacts: &Batch<Contact>) -> Vec<ContactId> {
    contacts.items().iter().map(|it| it.id).collect()
}

/// A contact that must be written, as it is to stand.
struct Changed {
    contact: Contact,
    fingerprint: Fingerprint,
    /// What was said stands in the database already, perhaps elsewhere than it will.
    had_consents: bool,
}

/// The contacts that must be written, and the digest of what stands then.
fn changes(mut held: HashMap<ContactId, Held>, contacts: Batch<Contact>) -> (Vec<Changed>, Digest, Loaded) {
    let mut loaded = Loaded::default();
    let mut changed = Vec::new();
    let ids: Vec<ContactId> = ids(&contacts);
    for incoming in contacts.into_items() {
        let Some(held) = held.remove(&incoming.id) else {
            loaded.inserted += 1;
            let fingerprint = Fingerprint::of(&incoming);
            changed.push(Changed { contact: incoming, fingerprint, had_consents: false });
            continue;
        };
        let Held { contact: held, written } = held;
        let incoming = reconciled(held.clone(), incoming);
        let Kept { contact, fingerprint, conflicts } = keep_edits(&held, written, incoming);
        loaded.conflicts.extend(conflicts.into_iter().map(|field| (contact.id, field)));
        match contact == held {
            true => loaded.unchanged += 1,
            false => {
                loaded.updated += 1;
                for field in changed_fields(&held, &contact) {
                    *loaded.fields.entry(field).or_default() += 1;
                }
                changed.push(Changed { had_consents: !held.consents.is_empty(), contact, fingerprint });
            }
        }
    }
    (changed, Digest::of_parts(ids.iter().map(|it| it.0.as_slice())), loaded)
}

/// The fields in which two states of one contact differ.
fn changed_fields(held: &Contact, now: &Contact) -> Vec<&'static str> {
    fn value<T: Clone>(field: &Option<Field<T>>) -> Option<T> {
        field.as_ref().map(|it| it.value.clone())
    }
    let fields = [
        ("phone", (held.phone, held.region, held.line_type) != (now.phone, now.region, now.line_type)),
        ("name", value(&held.name).map(|it| it.0) != value(&now.name).map(|it| it.0)),
        ("email", value(&held.email).map(|it| it.0) != value(&now.email).map(|it| it.0)),
        ("language", value(&held.language) != value(&now.language)),
        ("first_at", held.first_at != now.first_at),
        ("last_at", value(&held.last_at) != value(&now.last_at)),
        ("last_inbound_at", held.last_inbound_at != now.last_inbound_at),
        ("last_outbound_at", held.last_outbound_at != now.last_outbound_at),
        ("messages", held.n_messages != now.n_messages),
        ("reachable", value(&held.is_reachable) != value(&now.is_reachable)),
        ("consent", (value(&held.consent), held.consent_at) != (value(&now.consent), now.consent_at)),
        ("consents", held.consents != now.consents),
        ("identities", held.identities != now.identities),
        ("tags", held.tags != now.tags),
        ("channels", held.channels != now.channels),
        ("rows", (held.n_rows, &held.rows) != (now.n_rows, &now.rows)),
    ];
    fields.into_iter().filter(|it| it.1).map(|it| it.0).collect()
}

const CONTACT: Table = Table {
    name: "contact",
    columns: &[
        ("contact_id", Type::Bytes),
        ("e164", Type::Text),
        ("region", Type::Text),
        ("line_type", Type::Text),
        ("name", Type::Text),
        ("name_row", Type::Text),
        ("email", Type::Text),
        ("email_row", Type::Text),
        ("language", Type::Text),
        ("language_row", Type::Text),
        ("first_at", Type::Int),
        ("last_at", Type::Int),
        ("last_at_row", Type::Text),
        ("last_inbound_at", Type::Int),
        ("last_outbound_at", Type::Int),
        ("n_messages", Type::Int),
        ("reachable", Type::Text),
        ("reachable_row", Type::Text),
        ("consent", Type::Text),
        ("consent_at", Type::Int),
        ("consent_row", Type::Text),
        ("consent_channel", Type::Text),
        ("tags", Type::Text),
        ("channels", Type::Text),
        ("n_rows", Type::Int),
        ("source_rows", Type::Text),
        ("written", Type::Int),
    ],
    conflict: "on conflict (contact_id) do update set e164 = excluded.e164, region = excluded.region, \
        line_type = excluded.line_type, name = excluded.name, name_row = excluded.name_row, email = excluded.email, \
        email_row = excluded.email_row, language = excluded.language, language_row = excluded.language_row, \
        first_at = excluded.first_at, last_at = excluded.last_at, last_at_row = excluded.last_at_row, \
        last_inbound_at = excluded.last_inbound_at, last_outbound_at = excluded.last_outbound_at, \
        n_messages = excluded.n_messages, reachable = excluded.reachable, reachable_row = excluded.reachable_row, \
        consent = excluded.consent, consent_at = excluded.consent_at, \
        consent_row = excluded.consent_row, consent_channel = excluded.consent_channel, tags = excluded.tags, channels = excluded.channels, \
        n_rows = excluded.n_rows, source_rows = excluded.source_rows, written = excluded.written",
};

const IDENTITY: Table = Table {
    name: "identity",
    columns: &[("kind", Type::Text), ("scope", Type::Text), ("value", Type::Text), ("contact_id", Type::Bytes)],
    conflict: "on conflict do nothing",
};

const CONSENT: Table = Table {
    name: "consent",
    columns: &[
        ("contact_id", Type::Bytes),
        ("channel", Type::Text),
        ("purpose", Type::Text),
        ("state", Type::Text),
        ("at", Type::Int),
        ("source_row", Type::Text),
    ],
    conflict: "on conflict (contact_id, channel, purpose) do update set state = excluded.state, at = excluded.at, \
        source_row = excluded.source_row",
};

/// The rows of the three tables that make up contacts.
fn contact_rows(contacts: Vec<Changed>) -> [Rows; 3] {
    let [mut rows, mut identities, mut consents] = [&CONTACT, &IDENTITY, &CONSENT].map(Rows::new);
    for Changed { mut contact, fingerprint, .. } in contacts {
        let id = contact.id;
        let said = contact.consents.iter().position(|it| is_what_counts(it, &contact));
        let consent_channel = said.map(|it| contact.consents.remove(it).channel);
        for Identity { kind, scope, value } in contact.identities {
            identities.push([kind.name().into(), scope.into(), value.0.into(), id.into()]);
        }
        for Consent { channel, purpose, state, at, row } in contact.consents {
            consents.push([
                id.into(),
                channel.name().into(),
                purpose.into(),
                state.name().into(),
                at.into(),
                row.into(),
            ]);
        }
        let rows_of = contact.rows.as_str();
        let (name, name_row) = split(contact.name, rows_of);
        let (email, email_row) = split(contact.email, rows_of);
        let (language, language_row) = split(contact.language, rows_of);
        let (last_at, last_at_row) = split(contact.last_at, rows_of);
        let (is_reachable, reachable_row) = split(contact.is_reachable, rows_of);
        let (consent, consent_row) = split(contact.consent, rows_of);
        rows.push([
            id.into(),
            contact.phone.map(|it| it.to_string()).into(),
            contact.region.map(|it| it.to_string()).into(),
            contact.line_type.map(|it| it.name().to_owned()).into(),
            name.map(|it| it.0).into(),
            name_row.into(),
            email.map(|it| it.0).into(),
            email_row.into(),
            language.into(),
            language_row.into(),
            contact.first_at.into(),
            last_at.into(),
            last_at_row.into(),
            contact.last_inbound_at.into(),
            contact.last_outbound_at.into(),
            contact.n_messages.into(),
            is_reachable.map(yes_or_no).map(str::to_owned).into(),
            reachable_row.into(),
            consent.map(|it| it.name().to_owned()).into(),
            contact.consent_at.into(),
            consent_row.into(),
            consent_channel.map(|it| it.name().to_owned()).into(),
            (!contact.tags.is_empty()).then(|| contact.tags.join(",")).into(),
            contact.channels.iter().map(|it| it.name()).collect::<Vec<_>>().join("+").into(),
            contact.n_rows.into(),
            contact.rows.into(),
            fingerprint.0.into(),
        ]);
    }
    [rows, identities, consents]
}

/// Whether it is what the contact itself holds: that stands in its row, and nowhere else.
fn is_what_counts(said: &Consent, contact: &Contact) -> bool {
    said.purpose == PURPOSE_MESSAGES
        && said.at == contact.consent_at
        && contact.consent.as_ref().is_some_and(|it| (it.value, &it.row) == (said.state, &said.row))
}

/// Whose consents must go before they are written as they stand now.
fn with_consents(contacts: &[Changed]) -> Vec<ContactId> {
    contacts.iter().filter(|it| it.had_consents).map(|it| it.contact.id).collect()
}

pub(crate) fn yes_or_no(is_true: bool) -> &'static str {
    if is_true { "yes" } else { "no" }
}

/// A value and its row. Most people have one row: it stands in `source_rows`, and not beside each value.
fn split<T>(field: Option<Field<T>>, rows: &str) -> (Option<T>, Option<String>) {
    field.map_or((None, None), |it| (Some(it.value), Some(it.row).filter(|it| it != rows)))
}
