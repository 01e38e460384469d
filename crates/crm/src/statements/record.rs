//! Adds statements to the ledger that come from no run, and says what counts.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use model::{ConsentChannel, ConsentPurpose, ConsentState, ContactId, MAX_BATCH, Statement};

use crate::contact::Merges;
use crate::sql::{Row, Rows, Tx};
use crate::statements::{CONSENT, RETRACTION, Said, name_speaker, push_retractions, push_statement};
use crate::{Crm, LoadError};

const RECORD: &str = "record statements about consent";
const NOW: &str = "select channel, purpose, state, statement_id, said_from from consent_now where contact_id = $1 \
    order by channel, purpose";

/// What recording statements has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    pub added: u64,
    /// Statements that were in the ledger already.
    pub known: u64,
}

/// What counts for a channel and purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentNow {
    pub channel: ConsentChannel,
    pub purpose: ConsentPurpose,
    pub state: ConsentState,
    /// The id of the statement that decides.
    pub statement_id: i64,
    pub said_from: Option<Timestamp>,
}

impl Crm {
    /// Adds statements to the ledger, each for its contact, or for the contact that this one was merged into: then they name
    /// the identity that spoke. A statement that is there stays as it is; one that was retracted is held again. Messages
    /// that wait are cancelled if the consent of their contact no longer counts. The contacts need not be in the database
    /// yet.
    pub async fn record_statements(&self, said: &[(ContactId, Statement)]) -> Result<Recorded, LoadError> {
        let is_added = self.record_each_statement(said).await?;
        let added = is_added.iter().filter(|it| **it).count() as u64;
        Ok(Recorded { added, known: is_added.len() as u64 - added })
    }

    /// Adds statements as [`Crm::record_statements`] does, and tells of each whether the ledger did not have it.
    pub async fn record_each_statement(&self, said: &[(ContactId, Statement)]) -> Result<Vec<bool>, LoadError> {
        let mut tx = self.begin(RECORD).await?;
        let survivors = tx.survivors().await?;
        let is_added = tx.record_statements(&survivors, said).await?;
        tx.commit().await?;
        Ok(is_added)
    }

    /// What counts for a contact now, by the view `consent_now`.
    pub async fn consent_now(&self, contact: ContactId) -> Result<Vec<ConsentNow>, LoadError> {
        let now = |it: &dyn Row| {
            Ok(ConsentNow {
                channel: it.word(0, ConsentChannel::from_name)?,
                purpose: it.word(1, ConsentPurpose::from_name)?,
                state: it.word(2, ConsentState::from_name)?,
                statement_id: it.int(3)?,
                said_from: it.opt_time(4)?,
            })
        };
        self.select("read what counts", NOW, &[(&contact).into()], now).await
    }
}

impl Tx {
    /// See [`Crm::record_each_statement`]: others record statements in the transaction of what comes with them.
    pub(crate) async fn record_statements(
        &mut self,
        survivors: &Merges,
        said: &[(ContactId, Statement)],
    ) -> Result<Vec<bool>, LoadError> {
        let mut is_added = Vec::with_capacity(said.len());
        for said in said.chunks(MAX_BATCH) {
            let said = &self.named_speakers(survivors, said).await?;
            let mut by_contact: HashMap<ContactId, Vec<usize>> = HashMap::new();
            for (place, (contact, _)) in said.iter().enumerate() {
                let contact = survivors.survivor(*contact).unwrap_or(*contact);
                by_contact.entry(contact).or_default().push(place);
            }
            is_added.extend(self.record(said, by_contact).await?);
        }
        Ok(is_added)
    }

    /// The statements; those of a contact that was merged into another name the identity that spoke.
    async fn named_speakers<'a>(
        &mut self,
        survivors: &Merges,
        said: &'a [(ContactId, Statement)],
    ) -> Result<Cow<'a, [(ContactId, Statement)]>, LoadError> {
        let is_absorbed = |it: &ContactId| survivors.survivor(*it).is_some();
        let absorbed: Vec<ContactId> = said.iter().map(|it| it.0).filter(is_absorbed).collect();
        if absorbed.is_empty() {
            return Ok(said.into());
        }
        let names = self.names_of_absorbed(&absorbed).await?;
        let mut named = said.to_vec();
        for (contact, statement) in &mut named {
            name_speaker([statement], names.get(contact).map(String::as_str));
        }
        Ok(named.into())
    }

    /// Records the statements at some places of `said` for each contact, and tells of each whether it was added.
    async fn record(
        &mut self,
        said: &[(ContactId, Statement)],
        by_contact: HashMap<ContactId, Vec<usize>>,
    ) -> Result<Vec<bool>, LoadError> {
        let ids: Vec<ContactId> = by_contact.keys().copied().collect();
        let mut known = self.said_of(&ids).await?;
        let mut is_added = vec![false; said.len()];
        let (mut rows, mut turned) = (Rows::new(&CONSENT), Rows::new(&RETRACTION));
        let mut withdrawing = Vec::new();
        for (contact, places) in by_contact {
            let Said { statements: held, retractions } = known.remove(&contact).unwrap_or_default();
            let mut ids: HashSet<i64> = held.iter().map(Statement::id).collect();
            for place in &places {
                is_added[*place] = ids.insert(said[*place].1.id());
                push_statement(&mut rows, contact, &said[*place].1);
            }
            let said: Vec<Statement> = places.into_iter().map(|it| said[it].1.clone()).collect();
            if said.iter().any(|it| it.state != ConsentState::Yes) {
                withdrawing.push(contact);
            }
            push_retractions(&mut turned, contact, &[], &said, &retractions, "said again");
        }
        self.write_rows([rows, turned]).await?;
        self.cancel_what_waits(&withdrawing, Timestamp::now()).await?;
        Ok(is_added)
    }
}
