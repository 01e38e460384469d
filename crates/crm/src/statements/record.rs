//! Adds statements to the ledger that come from no run, and says what counts.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use model::{ConsentChannel, ConsentPurpose, ConsentState, ContactId, MAX_BATCH, Statement};

use crate::sql::{Row, Rows, Tx};
use crate::statements::{CONSENT, Retractions, push_statement, read_statement, retraction_rows, select_held};
use crate::{Crm, LoadError};

const RECORD: &str = "record statements about consent";
const RETRACTED: &str = "select consent.contact_id, consent.statement_id from consent \
    join consent_retracted as retracted on retracted.contact_id = consent.contact_id \
    and retracted.statement_id = consent.statement_id where consent.contact_id = $1";
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

/// A statement as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    pub id: i64,
    /// With the state that its words have now.
    pub statement: Statement,
    pub is_retracted: bool,
}

impl Crm {
    /// Adds statements to the ledger, each for its contact, or for the contact that this one was merged into. A statement
    /// that is there stays as it is; one that was retracted is held again. Messages that wait are cancelled if the consent of
    /// their contact no longer counts. The contacts need not be in the database yet.
    pub async fn record_statements(&self, said: &[(ContactId, Statement)]) -> Result<Recorded, LoadError> {
        let mut recorded = Recorded::default();
        let mut tx = self.begin(RECORD).await?;
        let survivors = tx.survivors().await?;
        for said in said.chunks(MAX_BATCH) {
            let mut by_contact: HashMap<ContactId, Vec<Statement>> = HashMap::new();
            for (contact, statement) in said {
                let contact = survivors.survivor(*contact).unwrap_or(*contact);
                by_contact.entry(contact).or_default().push(statement.clone());
            }
            recorded += tx.record(by_contact).await?;
        }
        tx.commit().await?;
        Ok(recorded)
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

    /// All that the ledger has of a contact, in the order in which it was said.
    pub async fn ledger_of(&self, contact: ContactId) -> Result<Vec<LedgerEntry>, LoadError> {
        let mut reader = self.reader("read the consent ledger").await?;
        let retracted: HashSet<i64> =
            reader.select(RETRACTED, &[(&contact).into()], |it| it.int(1)).await?.into_iter().collect();
        let select = select_held().replace("consent_held", "consent_read") + " where contact_id = $1";
        let entry = |it: &dyn Row| Ok((it.int(1)?, read_statement(it)?));
        let all = reader.select(&select, &[(&contact).into()], entry).await?;
        let mut entries: Vec<LedgerEntry> = all
            .into_iter()
            .map(|(id, statement)| LedgerEntry { id, is_retracted: retracted.contains(&id), statement })
            .collect();
        entries.sort_by_key(|it| (it.statement.at, it.statement.first_run.started_at, it.id));
        Ok(entries)
    }
}

impl Tx {
    async fn record(&mut self, by_contact: HashMap<ContactId, Vec<Statement>>) -> Result<Recorded, LoadError> {
        let ids: Vec<ContactId> = by_contact.keys().copied().collect();
        let mut held: HashMap<ContactId, Vec<Statement>> = HashMap::new();
        for (contact, statement) in self.statements_of(&ids).await? {
            held.entry(contact).or_default().push(statement);
        }
        let retractions = self.retractions_of(&ids).await?;
        let none = Retractions::new();
        let mut recorded = Recorded::default();
        let mut rows = vec![Rows::new(&CONSENT)];
        let mut withdrawing = Vec::new();
        for (contact, said) in by_contact {
            if said.iter().any(|it| it.state != ConsentState::Yes) {
                withdrawing.push(contact);
            }
            let held = held.remove(&contact).unwrap_or_default();
            let retractions = retractions.get(&contact).unwrap_or(&none);
            let mut ids: HashSet<i64> = held.iter().map(Statement::id).collect();
            for statement in &said {
                match ids.insert(statement.id()) {
                    true => recorded.added += 1,
                    false => recorded.known += 1,
                }
                push_statement(&mut rows[0], contact, statement);
            }
            let now: Vec<Statement> = held.iter().cloned().chain(said).collect();
            rows.push(retraction_rows(contact, &held, &now, retractions, "said again"));
        }
        self.write_rows(rows).await?;
        self.cancel_what_waits(&withdrawing, Timestamp::now()).await?;
        Ok(recorded)
    }
}

impl std::ops::AddAssign for Recorded {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.known += other.known;
    }
}
