//! Loads batches of contacts.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use model::{Batch, Contact, ContactId, Digest, Receipt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::contact::columns::COLUMNS;
use crate::contact::edits::ImportHash;
use crate::contact::insert::TABLES;
use crate::contact::reconcile::reconciled;
use crate::contact::{ContactHashes, Kept, NewContacts, StoredContact, contact_rows, keep_edits};
use crate::journal::{LoadRun, receipt_rows};
use crate::sql::sqlite::{SORT_IN_FILES, checkpoint_in_background, sort_in_memory};
use crate::sql::{BulkWriter, Dialect, LoadInput, PreparedLoad, Rows, Upserts};
use crate::statements::{CONSENT, push_statements};
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
                let known = self.known(&contacts).await?;
                waiting.push_back(prepare(Arc::clone(run), group, known, self.dialect()));
            }
            let Some(prepared) = waiting.pop_front() else { break };
            let (prepared, now) = prepared.await.map_err(|_| SqlError::Thread.doing(LOAD))?;
            writer.write(prepared).await?;
            loaded += now;
        }
        writer.commit().await?;
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

    /// Looks up contacts. They are read outside of the transaction, which is safe: this process has the writer's lock
    /// and writes no contact twice.
    async fn known(&self, contacts: &[&Contact]) -> Result<Known, LoadError> {
        let ids: Vec<ContactId> = contacts.iter().map(|it| it.id).collect();
        if ids.is_empty() {
            return Ok(Known::default());
        }
        let hashes = self.import_hashes(&ids).await?;
        if hashes.is_empty() {
            return Ok(Known::default());
        }
        let says_the_same = |it: &Contact| hashes.get(&it.id).copied().flatten() == Some(ImportHash::of(it));
        let (same, others): (Vec<&Contact>, Vec<&Contact>) =
            contacts.iter().filter(|it| hashes.contains_key(&it.id)).partition(|it| says_the_same(it));
        let others: Vec<ContactId> = others.into_iter().map(|it| it.id).collect();
        let stored = self.stored(&others).await?;
        Ok(Known { unchanged: same.into_iter().map(|it| it.id).collect(), stored })
    }

    /// Tells what loading a batch would do, and writes nothing.
    pub async fn preview(&self, run: &LoadRun, contacts: Batch<Contact>) -> Result<Loaded, LoadError> {
        let mut known = self.known(&contacts.items().iter().collect::<Vec<_>>()).await?;
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
}

/// Finds out on another thread what some batches change, and prepares that for the database.
fn prepare(
    run: Arc<LoadRun>,
    batches: Vec<LoadBatch>,
    mut known: Known,
    dialect: Dialect,
) -> JoinHandle<(PreparedLoad, Loaded)> {
    tokio::task::spawn_blocking(move || {
        let Changes { new: inserted, updated, said_again, mut loaded } =
            changes(&run, &mut known, batches.iter().flat_map(LoadBatch::perhaps_held));
        let [inserted, statements, mut identities] = NewContacts::of(run.number, inserted).rows;
        let mut said = Rows::new(&CONSENT);
        said_again.iter().for_each(|it| push_statements(&mut said, it));
        let updated_ids: Vec<ContactId> = updated.iter().map(|it| it.contact.id).collect();
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
        (LoadInput { new, upserts: Upserts { forgotten, rows } }.prepare(dialect), loaded)
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
        let Some(stored) = known.stored.remove(&incoming.id) else {
            loaded.inserted += 1;
            changes.new.push(incoming);
            continue;
        };
        let now = reconciled(run, &stored, incoming.clone());
        let has_new_refusal = has_new_refusal(&stored.contact, &now);
        let StoredContact { contact: held, written, .. } = stored;
        let Kept { contact, written, conflicts } = keep_edits(&held, written, now, has_new_refusal);
        loaded.conflicts.extend(conflicts.into_iter().map(|field| (contact.id, field)));
        if is_same(&contact, &held) {
            loaded.unchanged += 1;
            changes.said_again.extend(Some(incoming).filter(|it| !it.statements.is_empty()));
            continue;
        }
        loaded.updated += 1;
        for field in changed_fields(&held, &contact) {
            *loaded.fields.entry(field).or_default() += 1;
        }
        let import = Some(ImportHash::of(incoming));
        changes.updated.push(Changed { contact, hashes: ContactHashes { written, import } });
    }
    changes
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
