//! Adds statements to the ledger that come from no run, and says what counts.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use model::{ConsentChannel, ConsentPurpose, ConsentState, ContactId, MAX_BATCH, Statement};

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
    /// the identity that spoke. A statement that is there stays as it is; one that was retracted is held again. Messages that wait are cancelled if the consent of
    /// their contact no longer counts. The contacts need not be in the database yet.
    pub async fn record_statements(&self, said: &[(ContactId, Statement)]) -> Result<Recorded, LoadError> {
        let mut recorded = Recorded::default();
        let mut tx = self.begin(RECORD).await?;
        let survivors = tx.survivors().await?;
        for said in said.chunks(MAX_BATCH) {
            let absorbed: Vec<ContactId> =
                said.iter().map(|it| it.0).filter(|it| survivors.survivor(*it).is_some()).collect();
            let names = tx.names_of_absorbed(&absorbed).await?;
            let mut by_contact: HashMap<ContactId, Vec<Statement>> = HashMap::new();
            for (contact, statement) in said {
                let mut statement = statement.clone();
                name_speaker([&mut statement], names.get(contact).map(String::as_str));
                let contact = survivors.survivor(*contact).unwrap_or(*contact);
                by_contact.entry(contact).or_default().push(statement);
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
}

impl Tx {
    async fn record(&mut self, by_contact: HashMap<ContactId, Vec<Statement>>) -> Result<Recorded, LoadError> {
        let ids: Vec<ContactId> = by_contact.keys().copied().collect();
        let mut known = self.said_of(&ids).await?;
        let mut recorded = Recorded::default();
        let (mut rows, mut turned) = (Rows::new(&CONSENT), Rows::new(&RETRACTION));
        let mut withdrawing = Vec::new();
        for (contact, said) in by_contact {
            if said.iter().any(|it| it.state != ConsentState::Yes) {
                withdrawing.push(contact);
            }
            let Said { statements: held, retractions } = known.remove(&contact).unwrap_or_default();
            let mut ids: HashSet<i64> = held.iter().map(Statement::id).collect();
            for statement in &said {
                match ids.insert(statement.id()) {
                    true => recorded.added += 1,
                    false => recorded.known += 1,
                }
                push_statement(&mut rows, contact, statement);
            }
            push_retractions(&mut turned, contact, &[], &said, &retractions, "said again");
        }
        self.write_rows([rows, turned]).await?;
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
