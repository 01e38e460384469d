//! Loads batches of contacts.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use model::{Batch, Contact, ContactId, Digest, Receipt, Statement};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::contact::columns::COLUMNS;
use crate::contact::edits::ImportHash;
use crate::contact::insert::TABLES;
use crate::contact::reconcile::{reconciled, reconciled_into};
use crate::contact::{ContactHashes, Kept, Merges, NewContacts, StoredContact, contact_rows, keep_edits};
use crate::journal::{LoadRun, receipt_rows};
use crate::sql::sqlite::{SORT_IN_FILES, checkpoint_in_background, sort_in_memory};
use crate::sql::{BulkWriter, Dialect, Guard, LoadInput, PreparedLoad, Rows, Upserts};
use crate::statements::{CONSENT, derive, push_statements, union};
use crate::{Crm, Database, LoadError, SqlError};

const LOAD: &str = "load a batch of contacts";

/// How many groups of batches are prepared while the database writes one.
const GROUPS_AHEAD: usize = 2;
/// How many batches go to the database together.
const BATCHES_OF_A_GROUP: usize = 4;

/// The indexes that are made when a load is complete.
const INDEXES: &str = "create unique index if not exists contact_e164 on contact (e164) where e164 is not null; \
    create index if not exists identity_value on identity (value, scope, kind);";

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
    /// The database holds none of them, and no statements or identities of theirs. If it does, SQLite overwrites the
    /// contact and PostgreSQL fails.
    New(Box<NewContacts>),
}

/// The result of loading, or of a preview.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// How many of the updated contacts have another value, by field.
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
    /// Loads the next batches with their receipts, at most `most` of them in one transaction. None if no more come.
    ///
    /// Only contacts that are new or differ from what the database holds are written, so loading the same batch again
    /// writes nothing but its receipt. While the database writes one batch, the next are prepared on other threads.
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
        let mut writer = BulkWriter::open(self, LOAD);
        writer.begin().await?;
        // No one decides about people before the transaction ends.
        let merges = self.merges(run).await?;
        let mut alone = Vec::new();
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
                let contacts: Vec<&Contact> = group.iter().flat_map(LoadBatch::perhaps_held).collect();
                let known = self.known(&contacts, &merges).await?;
                waiting.push_back(prepare(Arc::clone(run), group, known, self.dialect()));
            }
            let Some(prepared) = waiting.pop_front() else { break };
            let Prepared { rows, loaded: now, absorbed } = prepared.await.map_err(|_| SqlError::Thread.doing(LOAD))?;
            writer.write(rows).await?;
            loaded += now;
            alone.extend(absorbed);
        }
        let (mut tx, stale) = writer.hand_over().await?;
        loaded.updated -= stale.len() as u64;
        alone.extend(stale.into_iter().map(|it| (it.id, it)));
        loaded += tx.load_into(run, &merges, alone).await?;
        tx.commit().await?;
        self.checkpoint();
        Ok(Some(loaded))
    }

    /// Makes sure that no two contacts have one phone number, and that contacts are found by number and by identity.
    ///
    /// Contacts come in the order of their ids, which is no order of numbers. Filling the indexes as they come takes
    /// longer than the rest of a first load, making them afterwards a second. Until then numbers are unique all the
    /// same, because the id of a contact is made from its number.
    pub async fn finish_load(&self) -> Result<(), LoadError> {
        const WHAT: &str = "index the phone numbers";
        // SQLite does not change these settings within a transaction.
        let is_sqlite = matches!(self.0, Database::Sqlite(_));
        if is_sqlite {
            self.reader(WHAT).await?.execute_script(SORT_IN_FILES.to_owned()).await?;
        }
        let mut tx = self.begin(WHAT).await?;
        tx.execute_script(INDEXES.to_owned()).await?;
        tx.commit().await?;
        if is_sqlite {
            self.reader(WHAT).await?.execute_script(sort_in_memory()).await?;
        }
        self.checkpoint();
        Ok(())
    }

    fn checkpoint(&self) {
        if let Database::Sqlite(sqlite) = &self.0 {
            checkpoint_in_background(sqlite);
        }
    }

    /// Looks up contacts. They are read outside of the transaction, which is safe: no other run has the writer's lock,
    /// and this one writes no contact twice. On PostgreSQL people can edit meanwhile, so the versions of the rows are
    /// read first, and compared when they are written.
    async fn known(&self, contacts: &[&Contact], merges: &Arc<Merges>) -> Result<Known, LoadError> {
        let contacts = || contacts.iter().copied().filter(|it| merges.survivor(it.id).is_none());
        let mut known = Known { merges: Arc::clone(merges), ..Known::default() };
        let ids: Vec<ContactId> = contacts().map(|it| it.id).collect();
        if ids.is_empty() {
            return Ok(known);
        }
        let hashes = self.import_hashes(&ids).await?;
        let new: Vec<ContactId> = ids.iter().filter(|it| !hashes.contains_key(it)).copied().collect();
        let mut reader = self.reader(LOAD).await?;
        for (id, statement) in reader.statements_of(&new).await? {
            known.said.entry(id).or_default().push(statement);
        }
        if hashes.is_empty() {
            return Ok(known);
        }
        let says_the_same = |it: &Contact| hashes.get(&it.id).copied().flatten() == Some(ImportHash::of(it));
        let (same, others): (Vec<&Contact>, Vec<&Contact>) =
            contacts().filter(|it| hashes.contains_key(&it.id)).partition(|it| says_the_same(it));
        let others: Vec<ContactId> = others.into_iter().map(|it| it.id).collect();
        known.unchanged = same.into_iter().map(|it| it.id).collect();
        known.versions = reader.versions(&others).await?;
        known.stored = reader.stored(&others).await?;
        Ok(known)
    }

    /// Tells what loading a batch would do, and writes nothing.
    pub async fn preview(&self, run: &LoadRun, contacts: Batch<Contact>) -> Result<Loaded, LoadError> {
        let merges = self.merges(run).await?;
        let mut known = self.known(&contacts.items().iter().collect::<Vec<_>>(), &merges).await?;
        Ok(changes(run, &mut known, contacts.items()).loaded)
    }
}

/// Contacts of some batches that the database holds.
#[derive(Default)]
struct Known {
    /// Contacts of which the last import said the same, and which no one has edited since.
    unchanged: HashSet<ContactId>,
    /// The others that are there.
    stored: HashMap<ContactId, StoredContact>,
    /// The versions of the rows of those, on PostgreSQL.
    versions: HashMap<ContactId, i64>,
    /// Statements of contacts that are not there: those of people who were deleted, or taken back by a restore.
    said: HashMap<ContactId, Vec<Statement>>,
    merges: Arc<Merges>,
}

/// What some batches change.
struct Prepared {
    rows: PreparedLoad,
    loaded: Loaded,
    /// Contacts that were merged into others, with those.
    absorbed: Vec<(ContactId, Contact)>,
}

/// Finds out on another thread what some batches change, and prepares that for the database.
fn prepare(run: Arc<LoadRun>, batches: Vec<LoadBatch>, mut known: Known, dialect: Dialect) -> JoinHandle<Prepared> {
    tokio::task::spawn_blocking(move || {
        let Changes { new: inserted, updated, said_again, absorbed, incoming, mut loaded } =
            changes(&run, &mut known, batches.iter().flat_map(LoadBatch::perhaps_held));
        let [inserted, statements, mut identities] = NewContacts::of(run.number, inserted).rows;
        let mut said = Rows::new(&CONSENT);
        said_again.iter().for_each(|it| push_statements(&mut said, it));
        let updated_ids: Vec<ContactId> = updated.iter().map(|it| it.contact.id).collect();
        let absorbed = absorbed.into_iter().map(|(id, it)| (id, it.clone())).collect();
        let guard = match dialect {
            Dialect::Sqlite => None,
            Dialect::Postgres => Some(Guard {
                contacts: incoming.into_iter().cloned().collect(),
                versions: std::mem::take(&mut known.versions),
            }),
        };
        let updated = contact_rows(run.number, updated.iter().map(|it| (&it.contact, it.hashes)));
        let mut new = [vec![inserted], Vec::new(), Vec::new()];
        let mut receipts = Vec::new();
        for batch in batches {
            let output = batch.output();
            if let Contacts::New(contacts) = batch.contacts {
                loaded.inserted += contacts.len() as u64;
                new.iter_mut().zip(contacts.rows).for_each(|(all, rows)| all.push(rows));
            }
            receipts.push((batch.receipt)(output));
        }
        // If a contact was deleted by hand, its identities and statements may still be there.
        let of_receipts = receipt_rows(&run.id, &receipts);
        let [updated, updated_statements, updated_identities] = updated;
        identities.append(&updated_identities, 0..updated_identities.n_rows());
        let rows = vec![updated, statements, updated_statements, identities, said, of_receipts];
        // A changed contact is written with all its statements, those of earlier imports among them.
        let forgotten = Some((&CONSENT, updated_ids)).filter(|it| !it.1.is_empty());
        let new = TABLES.into_iter().zip(new).collect();
        let rows = LoadInput { new, upserts: Upserts { forgotten, rows, guard } }.prepare(dialect);
        Prepared { rows, loaded, absorbed }
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

    /// The digest of what is in the database when these are its contacts.
    fn output(&self) -> Digest {
        match &self.contacts {
            Contacts::Any(batch) => Digest::of_parts(batch.items().iter().map(|it| it.id.0.as_slice())),
            Contacts::New(contacts) => Digest::of_parts(contacts.ids.iter().map(|it| it.0.as_slice())),
        }
    }
}

/// A contact of the database that must be written again, as it is to be.
pub(crate) struct Changed {
    pub(crate) contact: Contact,
    pub(crate) hashes: ContactHashes,
}

/// The changes that must be written.
#[derive(Default)]
pub(crate) struct Changes<'a> {
    pub(crate) new: Vec<&'a Contact>,
    pub(crate) updated: Vec<Changed>,
    /// What the import says of the updated contacts.
    incoming: Vec<&'a Contact>,
    /// Unchanged contacts with statements, whose last run is this one now.
    pub(crate) said_again: Vec<&'a Contact>,
    /// Contacts that were merged into others, with those.
    absorbed: Vec<(ContactId, &'a Contact)>,
    pub(crate) loaded: Loaded,
}

fn changes<'a>(run: &LoadRun, known: &mut Known, contacts: impl IntoIterator<Item = &'a Contact>) -> Changes<'a> {
    let mut changes = Changes::default();
    for incoming in contacts {
        if let Some(survivor) = known.merges.survivor(incoming.id) {
            changes.absorbed.push((survivor, incoming));
            continue;
        }
        if known.unchanged.contains(&incoming.id) {
            changes.unchanged(incoming);
            continue;
        }
        let stored = known.stored.remove(&incoming.id);
        let said = known.said.remove(&incoming.id).unwrap_or_default();
        change(run, &known.merges, &mut changes, incoming, stored, said, true);
    }
    changes
}

/// Adds what an import changes of the contact with its id. `said` are the statements of a contact that is not stored.
/// `is_own` is false of an import of somebody who was merged into that contact.
pub(crate) fn change<'a>(
    run: &LoadRun,
    merges: &Merges,
    changes: &mut Changes<'a>,
    incoming: &'a Contact,
    stored: Option<StoredContact>,
    said: Vec<Statement>,
    is_own: bool,
) {
    let Some(stored) = stored else {
        changes.loaded.inserted += 1;
        match said.is_empty() {
            true => changes.new.push(incoming),
            false => changes.updated(with_earlier(run, incoming, said), ContactHashes::of_import(incoming), incoming),
        }
        return;
    };
    let now = match is_own {
        true => reconciled(run, &stored, incoming.clone(), merges.is_survivor(incoming.id)),
        false => reconciled_into(run, &stored, incoming.clone()),
    };
    let has_new_refusal = has_new_refusal(&stored.contact, &now);
    let StoredContact { contact: held, written, .. } = stored;
    let Kept { contact, written, conflicts } = keep_edits(&held, written, now, has_new_refusal);
    changes.loaded.conflicts.extend(conflicts.into_iter().map(|field| (contact.id, field)));
    if is_same(&contact, &held) {
        changes.unchanged(incoming);
        return;
    }
    changes.loaded.updated += 1;
    for field in changed_fields(&held, &contact) {
        *changes.loaded.fields.entry(field).or_default() += 1;
    }
    let import = Some(ImportHash::of(incoming)).filter(|_| is_own);
    changes.updated(contact, ContactHashes { written, import }, incoming);
}

/// An import of somebody of whom the database has statements and no contact.
fn with_earlier(run: &LoadRun, incoming: &Contact, said: Vec<Statement>) -> Contact {
    let mut contact = incoming.clone();
    contact.statements = union(said, contact.statements);
    derive(run.rule, &run.id, &mut contact);
    contact
}

impl<'a> Changes<'a> {
    fn updated(&mut self, contact: Contact, hashes: ContactHashes, incoming: &'a Contact) {
        self.updated.push(Changed { contact, hashes });
        self.incoming.push(incoming);
    }

    fn unchanged(&mut self, incoming: &'a Contact) {
        self.loaded.unchanged += 1;
        self.said_again.extend(Some(incoming).filter(|it| !it.statements.is_empty()));
    }
}

/// Whether an import brought a refusal that is new to the database, and that counts: it is newer than what people have
/// edited.
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

/// The fields in which two states of one contact differ, each once.
fn changed_fields(held: &Contact, now: &Contact) -> HashSet<&'static str> {
    let of_columns = COLUMNS.iter().filter(|it| (it.write)(held) != (it.write)(now)).filter_map(|it| it.counted_as);
    let of_tables = [
        ("statements", held.statements.len() != now.statements.len()),
        ("identities", held.identities != now.identities),
    ];
    of_columns.chain(of_tables.into_iter().filter(|it| it.1).map(|it| it.0)).collect()
}
