//! The changes that an import makes to the contacts of the database.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use model::{Contact, ContactId, Statement};

use crate::contact::columns::COLUMNS;
use crate::contact::edits::{Conflict, ImportHash};
use crate::contact::reconcile::{reconciled, reconciled_into};
use crate::contact::{ContactHashes, Kept, Merges, StoredContact, keep_edits};
use crate::load_run::LoadRun;
use crate::statements::{derive, union};

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
    /// Statements of contacts that are not there: those of people who were deleted, or taken back by a restore.
    pub(crate) said: HashMap<ContactId, Vec<Statement>>,
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
    /// Unchanged contacts with statements, whose last run is this one now.
    pub(crate) said_again: Vec<&'a Contact>,
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
    changes.loaded.conflicts.extend(conflicts);
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
