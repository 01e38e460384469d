//! Reads the whole ledger, and what of it is unclear.

use std::collections::{HashMap, HashSet};

use model::{Basis, ConsentChannel, ConsentPurpose, ConsentState, ContactId, MAX_BATCH, Statement};
use phone::PhoneNumber;

use crate::sql::{Row, Tx};
use crate::statements::{HELD, READ, read_statement, select_statements};
use crate::{Crm, LoadError};

const WHAT: &str = "read the consent ledger";
/// How many contacts are read with their statements at once.
const PAGE: i64 = 2000;

/// The next contacts with statements, or that were merged into others and may have some since.
const CONTACTS: &str = "select contact_id from (select distinct contact_id from consent where contact_id > $1 \
    order by contact_id limit $2) as said union select other_id from (select other_id from decision \
    where decision = 'merge' and other_id > $1 order by other_id limit $2) as merged order by 1 limit $2";
const BETWEEN: &str = " where contact_id >= $1 and contact_id <= $2";
const UNCLEAR: &str = "select contact_id, statement_id, channel, purpose from consent_now \
    where state = 'unclear' and contact_id in (select contact_id from consent_held where state = 'unclear') \
      and contact_id not in (select merged_id from contact_survivor)";
const DECIDED: &str = "select distinct contact_id from consent \
    where basis = 'review' and contact_id not in (select merged_id from contact_survivor)";
const BLOCKS: &str = "select channel, purpose, statement_id from consent_block where contact_id = $1 \
    order by channel, purpose";

/// A statement as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    pub id: i64,
    /// With the state that its words have now.
    pub statement: Statement,
    pub is_retracted: bool,
}

/// A statement that is not understood, and holds its contact back now or was decided about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnclearStatement {
    pub contact: ContactId,
    pub id: i64,
    pub statement: Statement,
    /// The channels and purposes for which it counts.
    pub holds: Vec<(ConsentChannel, ConsentPurpose)>,
    /// The decisions about it, by channel. One for its own channel settles it.
    pub decisions: Vec<Statement>,
}

impl UnclearStatement {
    /// The decisions about this statement for a channel.
    pub fn decided_for(&self, channel: ConsentChannel) -> impl Iterator<Item = &Statement> {
        self.decisions.iter().filter(move |it| it.channel == channel)
    }

    /// Whether somebody has decided what the statement means.
    pub fn is_settled(&self) -> bool {
        self.decided_for(self.statement.channel).next().is_some()
    }
}

/// A block by a platform that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentBlock {
    pub channel: ConsentChannel,
    pub purpose: ConsentPurpose,
    /// The id of the statement of the platform.
    pub statement_id: i64,
}

impl Crm {
    /// Gives every statement of the ledger to `each`, with its contact and the contact's phone, in the order of the
    /// contacts' ids, and for each contact in the order in which it was said. Merged contacts are given apart, each with the
    /// statements that it keeps if the merge is undone. Memory does not grow with the number of statements.
    pub async fn each_ledger_entry<E: From<LoadError>>(
        &self,
        mut each: impl FnMut(ContactId, Option<PhoneNumber>, LedgerEntry) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = Vec::new();
        loop {
            let page = [after.as_slice().into(), PAGE.into()];
            let contacts = self.select(WHAT, CONTACTS, &page, |it| it.contact_id(0)).await?;
            let (Some(first), Some(last)) = (contacts.first(), contacts.last()) else { return Ok(()) };
            after = last.0.to_vec();
            let mut entries = self.entries_between(*first, *last).await?;
            let mut phones = self.phones_of(*first, *last).await?;
            self.part_merged(&contacts, &mut entries, &mut phones).await?;
            for contact in contacts {
                for entry in entries.remove(&contact).unwrap_or_default() {
                    each(contact, phones.get(&contact).copied(), entry)?;
                }
            }
        }
    }

    /// All that the ledger has of a contact, in the order in which it was said.
    pub async fn ledger_of(&self, contact: ContactId) -> Result<Vec<LedgerEntry>, LoadError> {
        Ok(self.entries_between(contact, contact).await?.remove(&contact).unwrap_or_default())
    }

    /// The statements that are not understood and hold somebody back now, and those that were decided about, in the order of
    /// the contacts' ids. Those of a contact that was merged into another are statements of the one who stays.
    pub async fn unclear_statements(&self) -> Result<Vec<UnclearStatement>, LoadError> {
        let mut reader = self.reader("look for unclear statements").await?;
        let held = |it: &dyn Row| {
            let for_what = (it.word(2, ConsentChannel::from_name)?, it.word(3, ConsentPurpose::from_name)?);
            Ok((it.contact_id(0)?, it.int(1)?, for_what))
        };
        let mut holds: HashMap<(ContactId, i64), Vec<(ConsentChannel, ConsentPurpose)>> = HashMap::new();
        for (contact, id, for_what) in reader.select(UNCLEAR, &[], held).await? {
            holds.entry((contact, id)).or_default().push(for_what);
        }
        let mut ids = reader.select(DECIDED, &[], |it| it.contact_id(0)).await?;
        ids.extend(holds.keys().map(|it| it.0));
        ids.sort_unstable();
        ids.dedup();
        let read = |it: &dyn Row| Ok((it.contact_id(0)?, it.int(1)?, read_statement(it)?));
        let said = reader.select_of(&select_statements(HELD), &ids, read).await?;
        let (reviews, said): (Vec<_>, Vec<_>) = said.into_iter().partition(|it| it.2.basis == Basis::Review);
        let mut decided: HashMap<ContactId, Vec<Statement>> = HashMap::new();
        reviews.into_iter().for_each(|(contact, _, it)| decided.entry(contact).or_default().push(it));
        let mut unclear = Vec::new();
        for (contact, id, statement) in said.into_iter().filter(|it| it.2.state == ConsentState::Unclear) {
            let mut holds = holds.remove(&(contact, id)).unwrap_or_default();
            holds.sort_unstable();
            let decisions = decided.get(&contact).into_iter().flatten().filter(|it| it.decides(&statement));
            let decisions: Vec<Statement> = decisions.cloned().collect();
            if !(holds.is_empty() && decisions.is_empty()) {
                unclear.push(UnclearStatement { contact, id, statement, holds, decisions });
            }
        }
        unclear.sort_by_key(|it| (it.contact, it.statement.at, it.id));
        Ok(unclear)
    }

    /// The blocks by platforms that are in force for a contact.
    pub async fn consent_blocks(&self, contact: ContactId) -> Result<Vec<ConsentBlock>, LoadError> {
        let block = |it: &dyn Row| {
            Ok(ConsentBlock {
                channel: it.word(0, ConsentChannel::from_name)?,
                purpose: it.word(1, ConsentPurpose::from_name)?,
                statement_id: it.int(2)?,
            })
        };
        self.select("read the blocks by platforms", BLOCKS, &[(&contact).into()], block).await
    }

    /// The entries of contacts with ids from `first` to `last`, by contact, in the order in which they were said.
    async fn entries_between(
        &self,
        first: ContactId,
        last: ContactId,
    ) -> Result<HashMap<ContactId, Vec<LedgerEntry>>, LoadError> {
        let mut reader = self.reader(WHAT).await?;
        let range = [(&first).into(), (&last).into()];
        let select = format!("select contact_id, statement_id from consent_retracted{BETWEEN}");
        let retracted = reader.select(&select, &range, |it| Ok((it.contact_id(0)?, it.int(1)?))).await?;
        let retracted: HashSet<(ContactId, i64)> = retracted.into_iter().collect();
        let select = select_statements(READ) + BETWEEN;
        let read = |it: &dyn Row| Ok((it.contact_id(0)?, it.int(1)?, read_statement(it)?));
        let mut entries: HashMap<ContactId, Vec<LedgerEntry>> = HashMap::new();
        for (contact, id, statement) in reader.select(&select, &range, read).await? {
            let is_retracted = retracted.contains(&(contact, id));
            entries.entry(contact).or_default().push(LedgerEntry { id, statement, is_retracted });
        }
        entries.values_mut().for_each(|it| sort_as_said(it));
        Ok(entries)
    }

    /// Gives each of these contacts that was merged what it keeps if the merge is undone.
    async fn part_merged(
        &self,
        contacts: &[ContactId],
        entries: &mut HashMap<ContactId, Vec<LedgerEntry>>,
        phones: &mut HashMap<ContactId, PhoneNumber>,
    ) -> Result<(), LoadError> {
        let mut reader = self.reader(WHAT).await?;
        let merges = reader.survivors().await?;
        let last = |it: &ContactId| merges.survivor(*it).unwrap_or(*it);
        let survivors: HashSet<ContactId> = contacts.iter().map(last).filter(|it| merges.is_survivor(*it)).collect();
        let absorbed: Vec<ContactId> = merges.absorbed().filter(|it| survivors.contains(&last(it))).collect();
        let all: Vec<ContactId> = survivors.into_iter().chain(absorbed.iter().copied()).collect();
        let mut parted = reader.entries_of(&all).await?;
        phones.extend(reader.part_entries(&absorbed, &mut parted).await?);
        for contact in contacts.iter().filter(|it| all.contains(it)) {
            let mut kept = parted.remove(contact).unwrap_or_default();
            sort_as_said(&mut kept);
            entries.insert(*contact, kept);
        }
        Ok(())
    }

    async fn phones_of(&self, first: ContactId, last: ContactId) -> Result<HashMap<ContactId, PhoneNumber>, LoadError> {
        let select = format!("select contact_id, e164 from contact{BETWEEN} and e164 is not null");
        let phone = |it: &dyn Row| Ok((it.contact_id(0)?, it.word(1, PhoneNumber::from_e164)?));
        let all = self.select("read the phone numbers", &select, &[(&first).into(), (&last).into()], phone).await?;
        Ok(all.into_iter().collect())
    }
}

impl Tx {
    /// All that the ledger has of these contacts, in no order.
    async fn entries_of(&mut self, ids: &[ContactId]) -> Result<HashMap<ContactId, Vec<LedgerEntry>>, LoadError> {
        let mut entries: HashMap<ContactId, Vec<LedgerEntry>> = HashMap::new();
        for ids in ids.chunks(MAX_BATCH) {
            let retractions = self.retractions_of(ids).await?;
            let is_retracted =
                |contact, id| retractions.get(&contact).and_then(|it| it.get(&id)).is_some_and(|it| it % 2 == 1);
            let read = |it: &dyn Row| Ok((it.contact_id(0)?, it.int(1)?, read_statement(it)?));
            for (contact, id, statement) in self.select_of(&select_statements(READ), ids, read).await? {
                let entry = LedgerEntry { id, statement, is_retracted: is_retracted(contact, id) };
                entries.entry(contact).or_default().push(entry);
            }
        }
        Ok(entries)
    }
}

fn sort_as_said(entries: &mut [LedgerEntry]) {
    entries.sort_by_key(|it| (it.statement.at, it.statement.first_run.started_at, it.id));
}
