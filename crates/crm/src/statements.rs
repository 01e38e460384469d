//! What people said about being written to, in and out of the table `consent`, and what counts of it.

use model::{
    Basis, ConsentChannel, ConsentState, Contact, ContactId, Field, Personal, RowName, RunMark, SaidAt, Statement,
};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::LoadError;
use crate::bulk::{Cell, Rows, Table, Type};
use crate::held::{known, timestamp};

pub(crate) const CONSENT: Table = Table {
    name: "consent",
    columns: &[
        ("contact_id", Type::Bytes),
        ("statement_id", Type::Int),
        ("channel", Type::Text),
        ("purpose", Type::Text),
        ("state", Type::Text),
        ("said_from", Type::Int),
        ("said_until", Type::Int),
        ("basis", Type::Text),
        ("words", Type::Text),
        ("source_row", Type::Text),
        ("first_run", Type::Text),
        ("first_run_at", Type::Int),
        ("last_run", Type::Text),
        ("last_run_at", Type::Int),
    ],
    conflict: "on conflict (contact_id, statement_id) do update set state = excluded.state, \
        last_run = excluded.last_run, last_run_at = excluded.last_run_at",
};

/// A statement as its table holds it.
#[derive(Clone, FromRow, Serialize, Deserialize)]
pub(crate) struct StatementRow {
    contact_id: Vec<u8>,
    statement_id: i64,
    channel: String,
    purpose: String,
    state: String,
    said_from: Option<i64>,
    said_until: Option<i64>,
    basis: String,
    words: String,
    source_row: String,
    first_run: String,
    first_run_at: i64,
    last_run: String,
    last_run_at: i64,
}

impl StatementRow {
    pub(crate) fn contact(&self) -> Option<ContactId> {
        ContactId::from_bytes(&self.contact_id)
    }

    pub(crate) fn statement(self) -> Result<Statement, LoadError> {
        let moment = |it| timestamp("consent.said_from", it);
        let run = |id: String, at| Ok::<_, LoadError>(RunMark { id: id.into(), started_at: moment(at)? });
        let at = match self.said_from.zip(self.said_until) {
            Some((from, until)) => Some(SaidAt { from: moment(from)?, until: moment(until)? }),
            None => None,
        };
        Ok(Statement {
            channel: known("consent.channel", ConsentChannel::from_name(&self.channel))?,
            at,
            state: known("consent.state", ConsentState::from_name(&self.state))?,
            basis: known("consent.basis", Basis::from_name(&self.basis))?,
            words: Personal(self.words),
            purpose: self.purpose.into(),
            row: self.source_row.into(),
            first_run: run(self.first_run, self.first_run_at)?,
            last_run: run(self.last_run, self.last_run_at)?,
        })
    }

    /// The cells, in the order of the columns of [`CONSENT`].
    pub(crate) fn cells(&self) -> [Cell<'_>; 14] {
        [
            self.contact_id.as_slice().into(),
            self.statement_id.into(),
            self.channel.as_str().into(),
            self.purpose.as_str().into(),
            self.state.as_str().into(),
            self.said_from.into(),
            self.said_until.into(),
            self.basis.as_str().into(),
            self.words.as_str().into(),
            self.source_row.as_str().into(),
            self.first_run.as_str().into(),
            self.first_run_at.into(),
            self.last_run.as_str().into(),
            self.last_run_at.into(),
        ]
    }
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

/// Sets what counts of a contact by its statements. `run_id` is the run of the rows that the contact names without one.
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
