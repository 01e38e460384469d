//! Statements of people about being written to: the ledger `consent`, and the consent that follows from it.
//!
//! The views of `schema/consent.sql` decide what counts. [`derive()`] does the same for contacts that are in memory; a test
//! compares the two.

mod known;
mod ledger;
mod record;
mod reread;
mod retractions;
mod speakers;
mod wordings;

pub use known::KnownStatements;
pub use ledger::{ConsentBlock, LedgerEntry, UnclearStatement};
pub use record::{ConsentNow, Recorded};
pub(crate) use reread::CONSENT_WORDS;
pub use reread::Reread;
pub(crate) use retractions::{RETRACTION, Retractions, push_retractions};
pub(crate) use speakers::{comparable, name_speaker, phone_name, speaker};
pub use wordings::{Wording, WordingError};

use std::collections::HashMap;

use consent::Wordings;
use model::{
    Basis, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, Contact, ContactId, Field, Personal, Proof,
    RowName, RunMark, SaidAt, Statement, WordingName,
};

use crate::sql::{OnConflict, Row, Rows, Table, Tx, Type};
use crate::{Crm, LoadError};

/// The key of `ferry_meta` for the rule by which statements count.
pub(crate) const CONSENT_RULE: &str = "consent_rule";

/// The ledger. A statement that is there already stays as it is.
pub(crate) const CONSENT: Table = Table {
    name: "consent",
    columns: &[
        ("contact_id", Type::Bytes),
        ("statement_id", Type::Int),
        ("channel", Type::Text),
        ("purpose", Type::Text),
        ("state", Type::Text),
        ("said_from", Type::Time),
        ("said_until", Type::Time),
        ("basis", Type::Text),
        ("words", Type::Text),
        ("source_row", Type::Text),
        ("first_run", Type::Text),
        ("first_run_at", Type::Time),
        ("identity", Type::Text),
        ("place", Type::Text),
        ("wording", Type::Text),
        ("wording_version", Type::Text),
        ("proof", Type::Text),
        ("proof_digest", Type::Text),
    ],
    on_conflict: OnConflict::Ignore,
};

/// What the ledger has of a contact.
#[derive(Default)]
pub(crate) struct Said {
    /// Those that are not retracted.
    pub(crate) statements: Vec<Statement>,
    pub(crate) retractions: Retractions,
}

/// The rule by which statements count, and the purposes that wordings name.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConsentRules {
    pub(crate) rule: consent::Rule,
    pub(crate) wordings: Wordings,
}

/// The view of the statements that are not retracted, as their words are understood now.
pub(crate) const HELD: &str = "consent_held";
/// The view of all statements, as their words are understood now.
pub(crate) const READ: &str = "consent_read";

/// `select … from VIEW`, for [`read_statement`].
pub(crate) fn select_statements(view: &str) -> String {
    format!("select {} from {view}", CONSENT.names())
}

impl Crm {
    /// All held statements of contacts with ids from `first` to `last`, by contact.
    pub async fn statements_between(
        &self,
        first: ContactId,
        last: ContactId,
    ) -> Result<HashMap<ContactId, Vec<Statement>>, LoadError> {
        let select = select_statements(HELD) + " where contact_id >= $1 and contact_id <= $2";
        let read = |it: &dyn Row| Ok((it.contact_id(0)?, read_statement(it)?));
        let all = self.select("read the statements", &select, &[(&first).into(), (&last).into()], read).await?;
        let mut by_contact: HashMap<ContactId, Vec<Statement>> = HashMap::new();
        for (contact, statement) in all {
            by_contact.entry(contact).or_default().push(statement);
        }
        Ok(by_contact)
    }
}

impl Tx {
    /// What the ledger has of these ids, also of those of whom there is no contact. Ids of whom it has nothing are left out.
    pub(crate) async fn said_of(&mut self, ids: &[ContactId]) -> Result<HashMap<ContactId, Said>, LoadError> {
        let mut said: HashMap<ContactId, Said> = HashMap::new();
        if ids.is_empty() {
            return Ok(said);
        }
        let read = |it: &dyn Row| Ok((it.contact_id(0)?, read_statement(it)?));
        for (contact, statement) in self.select_of(&select_statements(HELD), ids, read).await? {
            said.entry(contact).or_default().statements.push(statement);
        }
        for (contact, retractions) in self.retractions_of(ids).await? {
            said.entry(contact).or_default().retractions = retractions;
        }
        Ok(said)
    }

    /// What the ledger has of one id.
    pub(crate) async fn said(&mut self, id: ContactId) -> Result<Said, LoadError> {
        Ok(self.said_of(&[id]).await?.remove(&id).unwrap_or_default())
    }

    pub(crate) async fn consent_rules(&mut self) -> Result<ConsentRules, LoadError> {
        let rule = self.meta(CONSENT_RULE).await?;
        let rule = rule.and_then(|it| consent::Rule::from_name(&it)).unwrap_or_default();
        Ok(ConsentRules { rule, wordings: self.named_purposes().await? })
    }
}

/// Reads a row of [`select_statements`].
pub(crate) fn read_statement(row: &dyn Row) -> Result<Statement, LoadError> {
    let mut statement = Statement {
        channel: row.word(2, ConsentChannel::from_name)?,
        purpose: row.word(3, ConsentPurpose::from_name)?,
        state: row.word(4, ConsentState::from_name)?,
        at: row.opt_time(5)?.zip(row.opt_time(6)?).map(|(from, until)| SaidAt { from, until }),
        basis: row.word(7, Basis::from_name)?,
        words: Personal(row.text(8)?),
        row: row.text(9)?.into(),
        first_run: RunMark { id: row.text(10)?.into(), started_at: row.time(11)? },
        record: read_record(row)?.map(Box::new),
    };
    // Another program that adds a statement chooses its id.
    let id = row.int(1)?;
    if id != statement.own_id() {
        statement.record.get_or_insert_default().foreign_id = Some(id);
    }
    Ok(statement)
}

/// Reads the columns that are null for statements of exports.
fn read_record(row: &dyn Row) -> Result<Option<ConsentRecord>, LoadError> {
    let identity = row.opt_text(12)?.map(Personal);
    let place = row.opt_text(13)?;
    let wording = row.opt_text(14)?.zip(row.opt_text(15)?).map(|(name, version)| WordingName { name, version });
    let digest = row.opt_text(17)?;
    let proof = match row.opt_text(16)? {
        Some(text) => Some(Proof { digest, ..Proof::parse(&text).ok_or_else(|| row.unknown(16))? }),
        None => None,
    };
    let record = ConsentRecord { identity, place, wording, proof, foreign_id: None };
    Ok((record != ConsentRecord::default()).then_some(record))
}

/// Adds the rows of all statements of a contact.
pub(crate) fn push_statements(rows: &mut Rows, contact: &Contact) {
    contact.statements.iter().for_each(|it| push_statement(rows, contact.id, it));
}

/// Adds the row of a statement.
pub(crate) fn push_statement(rows: &mut Rows, contact: ContactId, said: &Statement) {
    let record = said.record.as_deref();
    let proof = record.and_then(|it| it.proof.as_ref());
    rows.push([
        (&contact).into(),
        said.id().into(),
        said.channel.name().into(),
        said.purpose.name().into(),
        said.state.name().into(),
        said.at.map(|it| it.from).into(),
        said.at.map(|it| it.until).into(),
        said.basis.name().into(),
        (&said.words.0).into(),
        (&*said.row).into(),
        (&*said.first_run.id).into(),
        Some(said.first_run.started_at).into(),
        record.and_then(|it| it.identity.as_ref()).map(|it| &it.0).into(),
        record.and_then(|it| it.place.as_ref()).into(),
        said.wording().map(|it| &it.name).into(),
        said.wording().map(|it| &it.version).into(),
        proof.map(ToString::to_string).into(),
        proof.and_then(|it| it.digest.as_ref()).into(),
    ]);
}

/// All statements of two states of a contact, each once, as it was recorded first.
pub(crate) fn union(mut held: Vec<Statement>, incoming: Vec<Statement>) -> Vec<Statement> {
    let mut ids: Vec<i64> = held.iter().map(Statement::id).collect();
    for said in incoming {
        let id = said.id();
        if !ids.contains(&id) {
            ids.push(id);
            held.push(said);
        }
    }
    held.sort();
    held
}

/// Derives the consent of a contact from its statements. `run_id` is the run of the rows that the contact names without
/// one.
pub(crate) fn derive(rules: &ConsentRules, run_id: &str, contact: &mut Contact) {
    let statements = &contact.statements;
    let counts = consent::for_messages(rules.rule, statements).map(|it| &statements[it]);
    let whatsapp = consent::for_whatsapp(rules.rule, &rules.wordings, statements).map(|it| statements[it].state);
    let row = |it: &Statement| match &*it.first_run.id == run_id {
        true => RowName::clone(&it.row),
        false => format!("{}/{}", it.first_run.id, it.row).into(),
    };
    contact.consent = counts.map(|it| Field { value: it.state, row: row(it) });
    contact.consent_at = counts.and_then(|it| it.at).map(|it| it.from);
    contact.consent_channel = counts.map(|it| it.channel);
    contact.whatsapp_consent = whatsapp;
}
