//! Contacts in and out of the database.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use model::{Batch, Contact, ContactId, Digest, Field, Identity, Receipt};
use sqlx::AssertSqlSafe;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::bulk::{Rows, Table, Type};
use crate::crm::CACHE_SIZE;
use crate::edits::{Content, Kept, Marks, keep_edits};
use crate::held::{Held, contact_cells};
use crate::journal::{LoadRun, receipt_rows};
use crate::loading::{Loading, ReadyLoad, ToLoad, checkpoint_besides};
use crate::new::NewContacts;
use crate::reconcile::reconciled;
use crate::statements::{CONSENT, push_statements};
use crate::writing::{Dialect, Writes};
use crate::{Crm, LoadError};

const LOAD: &str = "load a batch of contacts";

/// So many groups of batches are made ready while the database writes one.
const GROUPS_AHEAD: usize = 2;

/// So many batches go to the database together.
const BATCHES_OF_A_GROUP: usize = 4;

/// Makes the receipt of a batch from the digest of what was written.
pub type MakeReceipt = Box<dyn FnOnce(Digest) -> Receipt + Send + Sync>;

/// One batch to be loaded, and the receipt to be given for it.
pub struct LoadBatch {
    pub contacts: Contacts,
    pub receipt: MakeReceipt,
}

/// The contacts of a batch.
pub enum Contacts {
    /// The database may hold some of them.
    Any(Batch<Contact>),
    /// The database holds none of them, and no consents of theirs. Whom it holds all the same is written anew on SQLite,
    /// and an error on PostgreSQL.
    New(Box<NewContacts>),
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
    /// Loads the next batches and gives their receipts, at most `most` of them in one transaction. None if no more come.
    ///
    /// Only contacts that are new or differ from what the database holds are written, so loading
    /// the same batch again writes nothing but its receipt. While the database writes one batch, the
    /// next ones are made ready on other threads.
    pub async fn load<E: From<LoadError>>(
        &self,
        run: &Arc<LoadRun>,
        batches: &mut mpsc::Receiver<Result<LoadBatch, E>>,
        most: usize,
    ) -> Result<Option<Loaded>, E> {
        let mut next = batches.recv().await.transpose()?;
        if next.is_none() {
            return Ok(None);
        }
        let mut n_taken = 1;
        let mut loaded = Loaded::default();
        let mut loading = Loading::open(self, LOAD);
        loading.begin().await?;
        let mut waiting: VecDeque<JoinHandle<_>> = VecDeque::new();
        loop {
            while next.is_some() && waiting.len() < GROUPS_AHEAD {
                let mut group = Vec::with_capacity(BATCHES_OF_A_GROUP);
                while group.len() < BATCHES_OF_A_GROUP
                    && let Some(batch) = next.take()
                {
                    group.push(batch);
                    if n_taken < most {
                        next = batches.recv().await.transpose()?;
                        n_taken += usize::from(next.is_some());
                    }
                }
                let known = self.known(&group).await?;
                waiting.push_back(make_ready(Arc::clone(run), group, known, self.dialect()));
            }
            let Some(ready) = waiting.pop_front() else { break };
            let (ready, now) = ready.await.map_err(|_| LoadError::query(LOAD)(sqlx::Error::WorkerCrashed))?;
            loading.write(ready).await?;
            loaded += now;
        }
        loading.commit().await?;
        checkpoint_besides(self);
        Ok(Some(loaded))
    }

    /// Makes sure that no two contacts have one phone number, and that one is found by it.
    ///
    /// Contacts come in the order of their ids, which is no order of numbers. Filling this index as
    /// they come takes longer than all the rest of a first load, making it afterwards a second. Until
    /// then numbers are unique all the same, because the id of a contact is made from its number.
    pub async fn finish_load(&self) -> Result<(), LoadError> {
        let statement = "create unique index if not exists contact_e164 on contact (e164) where e164 is not null";
        let failed = LoadError::query("index the phone numbers");
        match self {
            Self::Sqlite(pool) => {
                let mut connection = pool.acquire().await.map_err(&failed)?;
                // What does not fit into the cache is sorted in files, which SQLite makes private and deletes. Pieces that
                // fit into the cache of a core are sorted in two thirds of the time that larger ones take.
                let usual = format!("pragma temp_store = memory; pragma cache_size = {CACHE_SIZE}");
                let script = format!("pragma temp_store = file; pragma cache_size = -4096; {statement}; {usual}");
                sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *connection).await.map_err(failed)?;
                checkpoint_besides(self);
                Ok(())
            }
            Self::Postgres(pool) => sqlx::query(statement).execute(pool).await.map(|_| ()).map_err(failed),
        }
    }

    /// What the database holds of some batches, read besides the transaction: nobody else can write until that ends, and it
    /// writes no contact twice, so what was committed before it is all there is.
    async fn known(&self, batches: &[LoadBatch]) -> Result<Known, LoadError> {
        let contacts = || batches.iter().flat_map(LoadBatch::perhaps_held);
        let ids: Vec<ContactId> = contacts().map(|it| it.id).collect();
        if ids.is_empty() {
            return Ok(Known::default());
        }
        let contents = self.contents(&ids).await?;
        if contents.is_empty() {
            return Ok(Known::default());
        }
        let says_the_same = |it: &Contact| contents.get(&it.id).copied().flatten() == Some(Content::of(it));
        let (same, others): (Vec<&Contact>, Vec<&Contact>) =
            contacts().filter(|it| contents.contains_key(&it.id)).partition(|it| says_the_same(it));
        let others: Vec<ContactId> = others.into_iter().map(|it| it.id).collect();
        let held = self.held_as_written(&others).await?;
        Ok(Known { unchanged: same.into_iter().map(|it| it.id).collect(), held })
    }

    /// Tells what loading a batch would do, and writes nothing.
    pub async fn preview(&self, run: &LoadRun, contacts: Batch<Contact>) -> Result<Loaded, LoadError> {
        let ids: Vec<ContactId> = contacts.items().iter().map(|it| it.id).collect();
        let mut known = Known { held: self.held_as_written(&ids).await?, ..Known::default() };
        Ok(changes(run, &mut known, contacts.items()).loaded)
    }
}

/// What the database holds of the contacts of some batches.
#[derive(Default)]
struct Known {
    /// Contacts of which the last import said the same, and nobody has edited them since.
    unchanged: HashSet<ContactId>,
    /// The others that are there.
    held: HashMap<ContactId, Held>,
}

/// Finds out on another thread what some batches change, and makes that ready for the database.
fn make_ready(
    run: Arc<LoadRun>,
    batches: Vec<LoadBatch>,
    mut known: Known,
    dialect: Dialect,
) -> JoinHandle<(ReadyLoad, Loaded)> {
    tokio::task::spawn_blocking(move || {
        let Changes { new: not_held, updated, said_again, mut loaded } =
            changes(&run, &mut known, batches.iter().flat_map(LoadBatch::perhaps_held));
        let not_held = NewContacts::of(run.number, not_held);
        let mut said = Rows::new(&CONSENT);
        said_again.iter().for_each(|it| push_statements(&mut said, it));
        let updated_ids: Vec<ContactId> = updated.iter().map(|it| it.contact.id).collect();
        let updated = contact_rows(run.number, updated.iter().map(|it| (&it.contact, it.marks)));
        // Where a contact was deleted by hand, its identities and statements may still be there.
        let [contacts, mut identities, not_held_consents] = not_held.rows;
        let (mut contacts, mut consents, mut receipts) = (vec![contacts], Vec::new(), Vec::new());
        for batch in batches {
            let output = batch.output();
            if let Contacts::New(new) = batch.contacts {
                loaded.inserted += new.len() as u64;
                let [of_contacts, of_identities, of_consents] = new.rows;
                contacts.push(of_contacts);
                identities.append(&of_identities, 0..of_identities.n_rows());
                consents.push(of_consents);
            }
            receipts.push((batch.receipt)(output));
        }
        let of_receipts = receipt_rows(&run.id, &receipts);
        let merged = updated.into_iter().chain([identities, not_held_consents, said, of_receipts]).collect();
        // A changed contact is written with all its statements, those of earlier imports among them.
        let forgotten = Some((&CONSENT, updated_ids)).filter(|it| !it.1.is_empty());
        let others = Writes { forgotten, merged };
        (ToLoad { new: [contacts, consents], others }.ready(dialect), loaded)
    })
}

impl LoadBatch {
    /// Those of its contacts that the database may hold.
    fn perhaps_held(&self) -> &[Contact] {
        match &self.contacts {
            Contacts::Any(batch) => batch.items(),
            Contacts::New(_) => &[],
        }
    }

    /// The digest of what stands in the database when these are its contacts.
    fn output(&self) -> Digest {
        match &self.contacts {
            Contacts::Any(batch) => Digest::of_parts(batch.items().iter().map(|it| it.id.0.as_slice())),
            Contacts::New(contacts) => Digest::of_parts(contacts.ids.iter().map(|it| it.0.as_slice())),
        }
    }
}

/// A contact that is there and must be written anew, as it is to stand.
pub(crate) struct Changed {
    pub(crate) contact: Contact,
    pub(crate) marks: Marks,
}

/// What must be written.
#[derive(Default)]
struct Changes<'a> {
    new: Vec<&'a Contact>,
    updated: Vec<Changed>,
    /// Unchanged contacts with statements, whose last run is this one now.
    said_again: Vec<&'a Contact>,
    loaded: Loaded,
}

fn changes<'a>(run: &LoadRun, known: &mut Known, contacts: impl IntoIterator<Item = &'a Contact>) -> Changes<'a> {
    let mut changes = Changes::default();
    let loaded = &mut changes.loaded;
    for incoming in contacts {
        if known.unchanged.contains(&incoming.id) {
            loaded.unchanged += 1;
            changes.said_again.extend(Some(incoming).filter(|it| !it.statements.is_empty()));
            continue;
        }
        let Some(held) = known.held.remove(&incoming.id) else {
            loaded.inserted += 1;
            changes.new.push(incoming);
            continue;
        };
        let content = Some(Content::of(incoming));
        let now = reconciled(run, &held, incoming.clone());
        let has_new_refusal = has_new_refusal(&held.contact, &now);
        let Held { contact: held, written, .. } = held;
        let Kept { contact, fingerprint, conflicts } = keep_edits(&held, written, now, has_new_refusal);
        loaded.conflicts.extend(conflicts.into_iter().map(|field| (contact.id, field)));
        match is_same(&contact, &held) {
            true => {
                loaded.unchanged += 1;
                changes.said_again.extend(Some(incoming).filter(|it| !it.statements.is_empty()));
            }
            false => {
                loaded.updated += 1;
                for field in changed_fields(&held, &contact) {
                    *loaded.fields.entry(field).or_default() += 1;
                }
                changes.updated.push(Changed { contact, marks: Marks { written: fingerprint, content } });
            }
        }
    }
    changes
}

/// Whether an import brought a refusal that the database has not heard of, and that counts: it is newer than what people
/// have edited.
pub(crate) fn has_new_refusal(held: &Contact, now: &Contact) -> bool {
    let is_known = |id: i64| held.statements.iter().any(|it| it.id() == id);
    now.consent.as_ref().is_some_and(|it| it.value.is_refusal())
        && now.statements.iter().any(|it| it.state.is_refusal() && !is_known(it.id()))
}

/// Whether two states of a contact differ in nothing but the last run that showed a statement.
fn is_same(one: &Contact, other: &Contact) -> bool {
    let key = |it: &model::Statement| (it.id(), it.state);
    let are_same_statements = one.statements.iter().map(key).eq(other.statements.iter().map(key));
    let without = |it: &Contact| Contact { statements: Vec::new(), ..it.clone() };
    are_same_statements && without(one) == without(other)
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
        ("statements", held.statements.len() != now.statements.len()),
        ("identities", held.identities != now.identities),
        ("tags", held.tags != now.tags),
        ("channels", held.channels != now.channels),
        ("rows", (held.n_rows, &held.rows) != (now.n_rows, &now.rows)),
    ];
    fields.into_iter().filter(|it| it.1).map(|it| it.0).collect()
}

pub(crate) const CONTACT: Table = Table {
    name: "contact",
    columns: &[
        ("contact_id", Type::Bytes),
        ("e164", Type::Text),
        ("region", Type::Text),
        ("line_type", Type::Text),
        ("name", Type::Text),
        ("email", Type::Text),
        ("language", Type::Text),
        ("first_at", Type::Int),
        ("last_at", Type::Int),
        ("last_inbound_at", Type::Int),
        ("last_outbound_at", Type::Int),
        ("n_messages", Type::Int),
        ("reachable", Type::Text),
        ("consent", Type::Text),
        ("consent_at", Type::Int),
        ("consent_channel", Type::Text),
        ("whatsapp_consent", Type::Text),
        ("tags", Type::Text),
        ("channels", Type::Text),
        ("n_rows", Type::Int),
        ("source_rows", Type::Text),
        ("value_rows", Type::Text),
        ("run_number", Type::Int),
        ("written", Type::Int),
        ("content", Type::Int),
    ],
    conflict: "on conflict (contact_id) do update set e164 = excluded.e164, region = excluded.region, \
        line_type = excluded.line_type, name = excluded.name, email = excluded.email, language = excluded.language, \
        first_at = excluded.first_at, last_at = excluded.last_at, last_inbound_at = excluded.last_inbound_at, \
        last_outbound_at = excluded.last_outbound_at, n_messages = excluded.n_messages, \
        reachable = excluded.reachable, consent = excluded.consent, consent_at = excluded.consent_at, \
        consent_channel = excluded.consent_channel, whatsapp_consent = excluded.whatsapp_consent, \
        tags = excluded.tags, channels = excluded.channels, \
        n_rows = excluded.n_rows, source_rows = excluded.source_rows, value_rows = excluded.value_rows, \
        run_number = excluded.run_number, \
        written = excluded.written, content = excluded.content",
};

pub(crate) const IDENTITY: Table = Table {
    name: "identity",
    columns: &[("kind", Type::Text), ("scope", Type::Text), ("value", Type::Text), ("contact_id", Type::Bytes)],
    conflict: "on conflict do nothing",
};

/// The rows of the three tables that make up contacts.
pub(crate) fn contact_rows<'a>(run_number: i64, contacts: impl IntoIterator<Item = (&'a Contact, Marks)>) -> [Rows; 3] {
    let mut rows = [&CONTACT, &IDENTITY, &CONSENT].map(Rows::new);
    contacts.into_iter().for_each(|(contact, marks)| push_contact(&mut rows, run_number, contact, marks));
    rows
}

pub(crate) fn push_contact(rows: &mut [Rows; 3], run_number: i64, contact: &Contact, marks: Marks) {
    let [contacts, identities, statements] = rows;
    contacts.push(contact_cells(contact, run_number, marks));
    for Identity { kind, scope, value } in &contact.identities {
        identities.push([kind.name().into(), scope.into(), (&value.0).into(), (&contact.id).into()]);
    }
    push_statements(statements, contact);
}
