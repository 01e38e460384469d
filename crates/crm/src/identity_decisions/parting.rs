//! The statements that each of two merged contacts keeps once the merge is undone.
//!
//! What both had before the merge stays with each of them. A refusal that came since stays with both, and so does an answer
//! that is not understood: nobody may be written to because it went to the other. A yes that came since stays with the
//! contact whose identity said it, and with neither if that is not known.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use model::{ConsentState, ContactId, Statement};
use phone::PhoneNumber;

use crate::LoadError;
use crate::identity_decisions::archive::{ArchivedContact, Before};
use crate::sql::{Row, Tx};
use crate::statements::{LedgerEntry, comparable};

const MERGES: &str = "select contact_id, survivor_id, at, before from (select other_id as contact_id, \
    contact_id as survivor_id, at, before from decision where decision = 'merge') as merge";

/// Which of two contacts keep a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keepers {
    pub(super) survivor: bool,
    pub(super) absorbed: bool,
}

/// What tells of each statement which of the two contacts keeps it.
pub(super) struct Parting {
    own: HashSet<i64>,
    of_absorbed: HashSet<i64>,
    names_of_survivor: HashSet<String>,
    names_of_absorbed: HashSet<String>,
}

impl Parting {
    pub(super) fn of(before: &Before) -> Self {
        let ids = |it: &ArchivedContact| it.statements.iter().copied().collect();
        let names = |it: &ArchivedContact| it.names().iter().map(|it| comparable(it).into_owned()).collect();
        Self {
            own: before.survivor.as_ref().map(ids).unwrap_or_default(),
            of_absorbed: ids(&before.absorbed),
            names_of_survivor: before.survivor.as_ref().map(names).unwrap_or_default(),
            names_of_absorbed: names(&before.absorbed),
        }
    }

    /// The contacts that keep a statement which the survivor holds now.
    pub(super) fn keepers(&self, said: &Statement) -> Keepers {
        let [survivor, absorbed] = match said.id() {
            id if self.own.contains(&id) => [true, false],
            // The other contact has it, so this is a copy.
            id if self.of_absorbed.contains(&id) => [false, false],
            _ if said.state != ConsentState::Yes => [true, true],
            _ => self.speakers(said),
        };
        Keepers { survivor, absorbed }
    }

    fn speakers(&self, said: &Statement) -> [bool; 2] {
        let Some(name) = said.record.as_ref().and_then(|it| it.identity.as_ref()) else { return [true, false] };
        let name = comparable(&name.0);
        match [&self.names_of_survivor, &self.names_of_absorbed].map(|it| it.contains(&*name)) {
            [true, true] => [false, false],
            speakers => speakers,
        }
    }
}

/// What a merge has changed, for somebody who looks at its contacts as if there was none.
struct Merge {
    survivor: ContactId,
    absorbed: ContactId,
    at: Timestamp,
    parting: Parting,
    phone: Option<PhoneNumber>,
}

/// Entries of the ledger, by contact.
type Entries = HashMap<ContactId, Vec<LedgerEntry>>;

impl Tx {
    /// The names by which contacts speak that were merged into others.
    pub(crate) async fn names_of_absorbed(
        &mut self,
        ids: &[ContactId],
    ) -> Result<HashMap<ContactId, String>, LoadError> {
        let found = self.select_of(MERGES, ids, |it| Ok((it.contact_id(0)?, it.text(3)?))).await?;
        let mut names = HashMap::new();
        for (id, before) in found {
            names.extend(Before::read(&before)?.absorbed.names().into_iter().next().map(|it| (id, it)));
        }
        Ok(names)
    }

    /// Gives each of these merged contacts the entries that it keeps once their merges are undone, in the reverse order of
    /// the merges. Gives the phones that those had who were merged into others.
    pub(crate) async fn part_entries(
        &mut self,
        absorbed: &[ContactId],
        entries: &mut Entries,
    ) -> Result<HashMap<ContactId, PhoneNumber>, LoadError> {
        let merge = |it: &dyn Row| Ok((it.contact_id(0)?, it.contact_id(1)?, it.time(2)?, it.text(3)?));
        let mut merges = Vec::new();
        for (absorbed, survivor, at, before) in self.select_of(MERGES, absorbed, merge).await? {
            let before = Before::read(&before)?;
            let phone = before.absorbed.phone().and_then(PhoneNumber::from_e164);
            merges.push(Merge { survivor, absorbed, at, parting: Parting::of(&before), phone });
        }
        merges.sort_by_key(|it| std::cmp::Reverse(it.at));
        merges.iter().for_each(|it| part(it, entries));
        Ok(merges.into_iter().filter_map(|it| Some((it.absorbed, it.phone?))).collect())
    }
}

fn part(merge: &Merge, entries: &mut Entries) {
    let all = entries.remove(&merge.survivor).unwrap_or_default();
    let mut kept = Vec::with_capacity(all.len());
    let of_absorbed = entries.entry(merge.absorbed).or_default();
    for entry in all {
        let keepers = merge.parting.keepers(&entry.statement);
        if keepers.absorbed && !entry.is_retracted {
            of_absorbed.retain(|it| it.id != entry.id);
            of_absorbed.push(entry.clone());
        }
        if keepers.survivor || entry.is_retracted {
            kept.push(entry);
        }
    }
    entries.insert(merge.survivor, kept);
}
