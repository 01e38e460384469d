//! Contacts that a decision has merged into others, while runs load that do not know of it yet.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::{Contact, ContactId};

use crate::contact::changes::{Changes, Loaded, change};
use crate::contact::{ContactHashes, StoredContact, contact_rows};
use crate::load_run::LoadRun;
use crate::sql::Tx;
use crate::statements::{Said, name_speaker, speaker};
use crate::{Crm, LoadError};

const SELECT: &str = "select other_id, contact_id from decision where decision = 'merge'";

/// The merges that hold.
#[derive(Debug, Default)]
pub(crate) struct Merges {
    /// The number of decisions at which they were read.
    number: Option<i64>,
    /// The contact into which each contact was merged.
    into: HashMap<ContactId, ContactId>,
    /// All contacts into which another was merged.
    survivors: HashSet<ContactId>,
}

impl Merges {
    fn of(number: i64, pairs: Vec<(ContactId, ContactId)>) -> Self {
        let survivors = pairs.iter().map(|it| it.1).collect();
        Self { number: Some(number), into: pairs.into_iter().collect(), survivors }
    }

    /// The contact that stays; none if this contact was not merged into another.
    pub(crate) fn survivor(&self, id: ContactId) -> Option<ContactId> {
        let mut last = *self.into.get(&id)?;
        // A damaged database can have merges in a circle, so the number of steps is limited.
        for _ in 0..self.into.len() {
            match self.into.get(&last) {
                Some(next) => last = *next,
                None => break,
            }
        }
        Some(last)
    }

    /// All contacts that were merged into others.
    pub(crate) fn absorbed(&self) -> impl Iterator<Item = ContactId> {
        self.into.keys().copied()
    }

    /// Whether another contact was merged into this one.
    pub(crate) fn is_survivor(&self, id: ContactId) -> bool {
        self.survivors.contains(&id)
    }
}

impl Crm {
    /// Reads the merges again if there are other decisions now.
    pub(crate) async fn merges(&self, run: &LoadRun) -> Result<Arc<Merges>, LoadError> {
        let mut reader = self.reader("read the decisions").await?;
        let number = reader.decision_number().await?;
        let known = run.merges();
        if known.number == Some(number) {
            return Ok(known);
        }
        Ok(run.keep_merges(reader.survivors().await?))
    }
}

impl Tx {
    /// The merges that hold: `known` if nobody has decided anything since.
    pub(crate) async fn survivors_since(&mut self, known: Arc<Merges>) -> Result<Arc<Merges>, LoadError> {
        match known.number == Some(self.decision_number().await?) {
            true => Ok(known),
            false => Ok(Arc::new(self.survivors().await?)),
        }
    }

    /// The merges that hold.
    pub(crate) async fn survivors(&mut self) -> Result<Merges, LoadError> {
        let number = self.decision_number().await?;
        let pairs = self.select(SELECT, &[], |it| Ok((it.contact_id(0)?, it.contact_id(1)?))).await?;
        Ok(Merges::of(number, pairs))
    }

    /// Loads contacts one after another, each into the contact of the id that it comes with, and reads them within the
    /// transaction.
    pub(crate) async fn load_into(
        &mut self,
        run: &LoadRun,
        merges: &Merges,
        contacts: Vec<(ContactId, Contact)>,
    ) -> Result<Loaded, LoadError> {
        let mut loaded = Loaded::default();
        for (id, incoming) in contacts {
            let stored: Option<StoredContact> = self.stored_by(run, &[id]).await?.remove(&id);
            let said = if stored.is_some() { Said::default() } else { self.said(id).await? };
            let mut changes = Changes::default();
            let is_own = incoming.id == id;
            let name = speaker(&incoming).filter(|_| !is_own);
            let mut incoming = Contact { id, ..incoming };
            name_speaker(&mut incoming.statements, name.as_deref());
            change(run, merges, &mut changes, &incoming, stored, said, is_own);
            let changed = changes.updated.iter().map(|it| (&it.contact, it.hashes));
            let new = changes.new.iter().map(|it| (*it, ContactHashes::of_import(it)));
            let rows = contact_rows(run.number, changed.chain(new)).into_iter().chain(changes.retractions);
            self.write_rows(rows.collect::<Vec<_>>()).await?;
            loaded += changes.loaded;
        }
        Ok(loaded)
    }
}
