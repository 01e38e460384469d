//! The changes that an import makes to the contacts of the database.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use model::{Contact, ContactId, Statement};

use crate::contact::columns::COLUMNS;
use crate::contact::edits::{Conflict, ImportHash};
use crate::contact::reconcile::{reconciled, reconciled_into};
use crate::contact::{ContactHashes, Kept, Merges, StoredContact, keep_edits};
use crate::load_run::LoadRun;
use crate::sql::Rows;
use crate::statements::{RETRACTION, Retractions, Said, derive, push_retractions, union};

/// The result of loading, or of a preview.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// How many of the updated contacts have another value, by field.
    pub fields: BTreeMap<&'static str, u64>,
    /// Fields that a person has edited and in which the import has something else: the edit stays.
    pub conflicts: Vec<Conflict>,
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

/// Contacts of some batches that the database holds.
#[derive(Default)]
pub(crate) struct Known {
    /// Contacts of which the last import said the same, and which no one has edited since.
    pub(crate) unchanged: HashSet<ContactId>,
    /// The others that are there.
    pub(crate) stored: HashMap<ContactId, StoredContact>,
    /// The versions of the rows of those, on PostgreSQL.
    pub(crate) versions: HashMap<ContactId, i64>,
    /// What the ledger has of contacts that are not there: people who were deleted, or taken back by a restore.
    pub(crate) said: HashMap<ContactId, Said>,
    pub(crate) merges: Arc<Merges>,
}

/// A contact of the database as it must be written again.
pub(crate) struct Changed {
    pub(crate) contact: Contact,
    pub(crate) hashes: ContactHashes,
}

/// The changes that must be written.
#[derive(Default)]
pub(crate) struct Changes<'a> {
    pub(crate) new: Vec<&'a Contact>,
    pub(crate) updated: Vec<Changed>,
    /// The updated contacts as the import has them.
    pub(crate) incoming: Vec<&'a Contact>,
    /// The rows that retract statements of updated contacts, or hold them again.
    pub(crate) retractions: Option<Rows>,
    /// Contacts that were merged into others, with those.
    pub(crate) absorbed: Vec<(ContactId, &'a Contact)>,
    pub(crate) loaded: Loaded,
}

pub(crate) fn changes<'a>(
    run: &LoadRun,
    known: &mut Known,
    contacts: impl IntoIterator<Item = &'a Contact>,
) -> Changes<'a> {
    let mut changes = Changes::default();
    for incoming in contacts {
        if let Some(survivor) = known.merges.survivor(incoming.id) {
            changes.absorbed.push((survivor, incoming));
            continue;
        }
        if known.unchanged.contains(&incoming.id) {
            changes.loaded.unchanged += 1;
            continue;
        }
        let stored = known.stored.remove(&incoming.id);
        let said = known.said.remove(&incoming.id).unwrap_or_default();
        change(run, &known.merges, &mut changes, incoming, stored, said, true);
    }
    changes
}

/// Adds what an import changes of the contact with its id. `said` is what the ledger has of a contact that is not stored.
/// `is_own` is false of an import of somebody who was merged into that contact.
pub(crate) fn change<'a>(
    run: &LoadRun,
    merges: &Merges,
    changes: &mut Changes<'a>,
    incoming: &'a Contact,
    stored: Option<StoredContact>,
    said: Said,
    is_own: bool,
) {
    let Some(stored) = stored else {
        changes.loaded.inserted += 1;
        if said.statements.is_empty() && said.retractions.is_empty() {
            changes.new.push(incoming);
            return;
        }
        let contact = with_earlier(run, incoming, said.statements.clone());
        changes.retract(&said.statements, &contact, &said.retractions);
        changes.updated(contact, ContactHashes::of_import(incoming), incoming);
        return;
    };
    let now = match is_own {
        true => reconciled(run, &stored, incoming.clone(), merges.is_survivor(incoming.id)),
        false => reconciled_into(run, &stored, incoming.clone()),
    };
    let StoredContact { contact: held, written, retractions, .. } = stored;
    let Kept { contact, written, conflicts } = keep_edits(&held, written, now);
    changes.loaded.conflicts.extend(conflicts);
    if is_same(&contact, &held) {
        changes.loaded.unchanged += 1;
        return;
    }
    changes.retract(&held.statements, &contact, &retractions);
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
    derive(&run.consent, &run.id, &mut contact);
    contact
}

impl<'a> Changes<'a> {
    fn updated(&mut self, contact: Contact, hashes: ContactHashes, incoming: &'a Contact) {
        self.updated.push(Changed { contact, hashes });
        self.incoming.push(incoming);
    }

    fn retract(&mut self, before: &[Statement], contact: &Contact, retractions: &Retractions) {
        let rows = self.retractions.get_or_insert_with(|| Rows::new(&RETRACTION));
        push_retractions(rows, contact.id, before, &contact.statements, retractions, "read again");
    }
}

/// Whether two states of a contact are the same.
fn is_same(one: &Contact, other: &Contact) -> bool {
    let are_same_statements = one.statements.iter().map(Statement::id).eq(other.statements.iter().map(Statement::id));
    let without = |it: &Contact| Contact { statements: Vec::new(), ..it.clone() };
    are_same_statements && without(one) == without(other)
}

/// The fields in which two states of one contact differ, each once.
fn changed_fields(held: &Contact, now: &Contact) -> HashSet<&'static str> {
    let of_columns = COLUMNS.iter().filter(|it| (it.write)(held) != (it.write)(now)).filter_map(|it| it.counted_as);
    let consent = |it: &Contact| (it.consent.as_ref().map(|it| it.value), it.consent_at);
    let of_tables = [
        ("consent", consent(held) != consent(now)),
        ("statements", held.statements.len() != now.statements.len()),
        ("identities", held.identities != now.identities),
    ];
    of_columns.chain(of_tables.into_iter().filter(|it| it.1).map(|it| it.0)).collect()
}
