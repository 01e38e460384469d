//! Statements of people about being written to: the table `consent`, and the consent that follows from it.

mod reread;

pub(crate) use reread::CONSENT_WORDS;
pub use reread::Reread;

use std::collections::HashMap;

use model::{
    Basis, ConsentChannel, ConsentState, Contact, ContactId, Field, Personal, RowName, RunMark, SaidAt, Statement,
};

use crate::sql::{OnConflict, Row, Rows, Table, Type};
use crate::{Crm, LoadError};

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
        ("last_run", Type::Text),
        ("last_run_at", Type::Time),
    ],
    on_conflict: OnConflict::Update {
        key: &["contact_id", "statement_id"],
        columns: &["state", "last_run", "last_run_at"],
    },
};

impl Crm {
    /// All statements of contacts with ids from `first` to `last`, by contact.
    pub async fn statements_between(
        &self,
        first: ContactId,
        last: ContactId,
    ) -> Result<HashMap<ContactId, Vec<Statement>>, LoadError> {
        let select = CONSENT.select() + " where contact_id >= $1 and contact_id <= $2";
        let read = |it: &dyn Row| Ok((it.contact_id(0)?, read_statement(it)?));
        let all = self.select("read the statements", &select, &[(&first).into(), (&last).into()], read).await?;
        let mut by_contact: HashMap<ContactId, Vec<Statement>> = HashMap::new();
        for (contact, statement) in all {
            by_contact.entry(contact).or_default().push(statement);
        }
        Ok(by_contact)
    }
}

/// Reads a row of [`CONSENT`].
pub(crate) fn read_statement(row: &dyn Row) -> Result<Statement, LoadError> {
    let run = |id, at| Ok::<_, LoadError>(RunMark { id: row.text(id)?.into(), started_at: row.time(at)? });
    Ok(Statement {
        channel: row.word(2, ConsentChannel::from_name)?,
        purpose: row.text(3)?.into(),
        state: row.word(4, ConsentState::from_name)?,
        at: row.opt_time(5)?.zip(row.opt_time(6)?).map(|(from, until)| SaidAt { from, until }),
        basis: row.word(7, Basis::from_name)?,
        words: Personal(row.text(8)?),
        row: row.text(9)?.into(),
        first_run: run(10, 11)?,
        last_run: run(12, 13)?,
    })
}

/// Adds the rows of all statements of a contact.
pub(crate) fn push_statements(rows: &mut Rows, contact: &Contact) {
    for said in &contact.statements {
        rows.push([
            (&contact.id).into(),
            said.id().into(),
            said.channel.name().into(),
            (&*said.purpose).into(),
            said.state.name().into(),
            said.at.map(|it| it.from).into(),
            said.at.map(|it| it.until).into(),
            said.basis.name().into(),
            (&said.words.0).into(),
            (&*said.row).into(),
            (&*said.first_run.id).into(),
            Some(said.first_run.started_at).into(),
            (&*said.last_run.id).into(),
            Some(said.last_run.started_at).into(),
        ]);
    }
}

/// All statements of two states of a contact, each once, with its first and its last run.
pub(crate) fn union(held: Vec<Statement>, incoming: Vec<Statement>) -> Vec<Statement> {
    let mut all: Vec<(i64, Statement)> = held.into_iter().map(|it| (it.id(), it)).collect();
    for said in incoming {
        let id = said.id();
        match all.iter_mut().find(|it| it.0 == id) {
            Some((_, kept)) => {
                if said.first_run < kept.first_run {
                    kept.first_run = said.first_run;
                    kept.row = said.row;
                }
                if said.last_run >= kept.last_run {
                    kept.state = said.state;
                    kept.last_run = said.last_run;
                }
            }
            None => all.push((id, said)),
        }
    }
    let mut all: Vec<Statement> = all.into_iter().map(|it| it.1).collect();
    all.sort();
    all
}

/// Derives the consent of a contact from its statements. `run_id` is the run of the rows that the contact names without
/// one.
pub(crate) fn derive(rule: consent::Rule, run_id: &str, contact: &mut Contact) {
    let statements = &contact.statements;
    let counts = consent::for_messages(rule, statements).map(|it| &statements[it]);
    let whatsapp = consent::for_whatsapp(rule, statements).map(|it| statements[it].state);
    let row = |it: &Statement| match &*it.first_run.id == run_id {
        true => RowName::clone(&it.row),
        false => format!("{}/{}", it.first_run.id, it.row).into(),
    };
    contact.consent = counts.map(|it| Field { value: it.state, row: row(it) });
    contact.consent_at = counts.and_then(|it| it.at).map(|it| it.from);
    contact.consent_channel = counts.map(|it| it.channel);
    contact.whatsapp_consent = whatsapp;
}
