//! Loads batches of contacts.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use model::{Batch, Contact, ContactId, Digest, Receipt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::contact::changes::{Changes, Known, Loaded, changes};
use crate::contact::edits::ImportHash;
use crate::contact::insert::TABLES;
use crate::contact::{Merges, NewContacts, contact_rows};
use crate::journal::receipt_rows;
use crate::load_run::LoadRun;
use crate::sql::sqlite::{SORT_IN_FILES, checkpoint_in_background, sort_in_memory};
use crate::sql::{BulkWriter, Dialect, Guard, LoadInput, PreparedLoad, Upserts};
use crate::suppression::list::{Hit, SuppressionList};
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
        let mut n_left = most.saturating_sub(1);
        let mut loaded = Loaded::default();
        let mut writer = BulkWriter::open(self, LOAD);
        writer.begin().await?;
        // No one decides about people before the transaction ends.
        let merges = self.merges(run).await?;
        let suppression = self.suppression_list(run).await?;
        let (mut alone, mut hits) = (Vec::new(), Vec::new());
        let mut waiting: VecDeque<JoinHandle<_>> = VecDeque::new();
        loop {
            while next.is_some() && waiting.len() < GROUPS_AHEAD {
                let group = take_group(&mut next, batches, &mut n_left).await?;
                let contacts: Vec<&Contact> = group.iter().flat_map(LoadBatch::perhaps_held).collect();
                let known = self.known(run, &contacts, &merges).await?;
                waiting.push_back(prepare(Arc::clone(run), group, known, self.dialect(), suppression.clone()));
            }
            let Some(prepared) = waiting.pop_front() else { break };
            let Prepared { rows, loaded: now, absorbed, hits: now_hit } =
                prepared.await.map_err(|_| SqlError::Thread.doing(LOAD))?;
            writer.write(rows).await?;
            loaded += now;
            alone.extend(absorbed);
            hits.extend(now_hit);
        }
        let (mut tx, stale) = writer.hand_over().await?;
        loaded.updated -= stale.len() as u64;
        alone.extend(stale.into_iter().map(|it| (it.id, it)));
        let ids: Vec<ContactId> = alone.iter().map(|it| it.0).collect();
        loaded += tx.load_into(run, &merges, alone).await?;
        tx.settle_load(run, suppression.as_deref(), hits, &ids).await?;
        tx.commit().await?;
        self.checkpoint();
        Ok(Some(loaded))
    }

    /// Makes sure that no two contacts have one phone number, and that contacts are found by number and by identity.
    ///
    /// Contacts come in the order of their ids and not of their numbers. Filling the indexes meanwhile takes longer
    /// than the rest of a first load; making them afterwards takes a second. Until then numbers are unique because the
    /// id of a contact is made from its number.
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
    async fn known(&self, run: &LoadRun, contacts: &[&Contact], merges: &Arc<Merges>) -> Result<Known, LoadError> {
        let contacts = || contacts.iter().copied().filter(|it| merges.survivor(it.id).is_none());
        let mut known = Known { merges: Arc::clone(merges), ..Known::default() };
        let ids: Vec<ContactId> = contacts().map(|it| it.id).collect();
        if ids.is_empty() {
            return Ok(known);
        }
        let hashes = self.import_hashes(&ids).await?;
        let new: Vec<ContactId> = ids.iter().filter(|it| !hashes.contains_key(it)).copied().collect();
        let mut reader = self.reader(LOAD).await?;
        known.said = reader.said_of(&new).await?;
        if hashes.is_empty() {
            return Ok(known);
        }
        let retractions = reader.retractions_of(&ids).await?;
        // A retracted statement that is said again is held again.
        let says_the_same = |it: &Contact| {
            !retractions.contains_key(&it.id) && hashes.get(&it.id).copied().flatten() == Some(ImportHash::of(it))
        };
        let (same, others): (Vec<&Contact>, Vec<&Contact>) =
            contacts().filter(|it| hashes.contains_key(&it.id)).partition(|it| says_the_same(it));
        let others: Vec<ContactId> = others.into_iter().map(|it| it.id).collect();
        known.unchanged = same.into_iter().map(|it| it.id).collect();
        known.versions = reader.versions(&others).await?;
        known.stored = reader.stored_by(run, &others).await?;
        Ok(known)
    }

    /// Tells what loading a batch would do, and writes nothing. `linked` are the contacts that somebody is merged into
    /// before they are loaded.
    pub async fn preview(
        &self,
        run: &LoadRun,
        contacts: Batch<Contact>,
        linked: &HashSet<ContactId>,
    ) -> Result<Loaded, LoadError> {
        let merges = self.merges(run).await?;
        let (linked, others): (Vec<&Contact>, Vec<&Contact>) =
            contacts.items().iter().partition(|it| linked.contains(&it.id));
        let mut known = self.known(run, &others, &merges).await?;
        let mut loaded = changes(run, &mut known, others).loaded;
        loaded.updated += linked.len() as u64;
        Ok(loaded)
    }
}

/// Takes `next` and the batches after it, and leaves the one that follows in `next`. `n_left` batches may still be
/// taken from the channel.
async fn take_group<E>(
    next: &mut Option<LoadBatch>,
    batches: &mut mpsc::Receiver<Result<LoadBatch, E>>,
    n_left: &mut usize,
) -> Result<Vec<LoadBatch>, E> {
    let mut group = Vec::with_capacity(BATCHES_OF_A_GROUP);
    while group.len() < BATCHES_OF_A_GROUP
        && let Some(batch) = next.take()
    {
        group.push(batch);
        if *n_left > 0 {
            *next = batches.recv().await.transpose()?;
            *n_left -= usize::from(next.is_some());
        }
    }
    Ok(group)
}

/// The changes of some batches.
struct Prepared {
    rows: PreparedLoad,
    loaded: Loaded,
    /// Contacts that were merged into others, with those.
    absorbed: Vec<(ContactId, Contact)>,
    /// Entries of the suppression list about the contacts that are written.
    hits: Vec<Hit>,
}

/// Finds out on another thread what some batches change, and prepares that for the database.
fn prepare(
    run: Arc<LoadRun>,
    batches: Vec<LoadBatch>,
    mut known: Known,
    dialect: Dialect,
    suppression: Option<Arc<SuppressionList>>,
) -> JoinHandle<Prepared> {
    tokio::task::spawn_blocking(move || {
        let Changes { new: inserted, updated, retractions, absorbed, incoming, mut loaded } =
            changes(&run, &mut known, batches.iter().flat_map(LoadBatch::perhaps_held));
        let [inserted, statements, mut identities] = NewContacts::of(run.number, inserted).rows;
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
        let hits = suppression.map_or_else(Vec::new, |it| {
            let contacts = new[0].iter().chain([&updated]).flat_map(|rows| it.hits_in_contacts(rows));
            let of_identities = new[2].iter().chain([&identities]).flat_map(|rows| it.hits_in_identities(rows));
            contacts.chain(of_identities).collect()
        });
        // A statement is retracted after the one that replaces it is there.
        let mut rows = vec![updated, statements, updated_statements, identities];
        rows.extend(retractions);
        rows.push(of_receipts);
        let new = TABLES.into_iter().zip(new).collect();
        let rows = LoadInput { new, upserts: Upserts { rows, guard } }.prepare(dialect);
        Prepared { rows, loaded, absorbed, hits }
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
