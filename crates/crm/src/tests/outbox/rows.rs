//! People of the tests, and rows of the outbox as raw SQL.

use std::fmt::Write as _;

use crate::check::{Place, RUN, id_of};
use crate::sql::Dialect;
use crate::{Crm, LoadError};

/// Has consented to marketing by WhatsApp, in statement 11.
pub(super) const ANA: &str = "+33199000001";
/// Has consented to messages by SMS, in statement 21.
pub(super) const BEN: &str = "+33199000002";
/// Has sent STOP by SMS, in statement 31.
pub(super) const CEM: &str = "+33199000003";
/// Has said nothing.
pub(super) const DAN: &str = "+33199000004";

/// A database with these people, and a basis for marketing by SMS.
pub(in crate::tests) async fn people(place: &Place) -> Crm {
    let crm = place.open().await;
    crm.import(RUN, &format!("{ANA}\n{BEN}\n{CEM}\n{DAN}\n+33199000005")).await;
    crm.by_hand(
        "insert into wording (name, version, language, text, digest, purposes, recorded_at) \
         values ('news', '1', 'en', 'May we?', 'digest', 'marketing+utility', 1); \
         insert into sending_basis (channel, purpose, basis, since, run_id) \
         values ('sms', 'marketing', 'soft opt-in', 1, 'run')",
    )
    .await;
    let said_at_50 = |number: &str, id, words: &str, wording: &str| said(&crm, number, id, 50, words, wording);
    crm.by_hand(&said_at_50(ANA, 11, "'whatsapp', 'marketing', 'yes', AT, AT, 'record'", "'news', '1'")).await;
    crm.by_hand(&said_at_50(BEN, 21, "'sms', 'messages', 'yes', AT, AT, 'cell'", "null, null")).await;
    crm.by_hand(&said_at_50(CEM, 31, "'sms', 'messages', 'stop', AT, AT, 'cell'", "null, null")).await;
    crm
}

/// The statement that a person refuses marketing on a channel at a moment, which is its id as well.
pub(super) fn stop(crm: &Crm, number: &str, channel: &str, at: i64) -> String {
    said(crm, number, at, at, &format!("'{channel}', 'marketing', 'stop', AT, AT, 'record'"), "null, null")
}

/// 2026-02-25 in microseconds. The moments of statements count from here.
const BEGIN: i64 = 1_772_000_000_000_000;

fn said(crm: &Crm, number: &str, id: i64, at: i64, said: &str, wording: &str) -> String {
    let (said, recorded_at) = (said.replace("AT", &(BEGIN + at).to_string()), BEGIN + 60);
    format!(
        "insert into consent (contact_id, statement_id, channel, purpose, state, said_from, said_until, basis, words, \
         source_row, first_run, first_run_at, wording, wording_version) \
         values ({}, {id}, {said}, 'words', 'row', 'run', {recorded_at}, {wording})",
        bytes(crm.dialect(), &id_of(number).0)
    )
}

/// Runs statements, and gives the words of the database if it refuses them.
pub(in crate::tests) async fn attempt(crm: &Crm, sql: &str) -> String {
    let done = async {
        let mut tx = crm.begin("try").await?;
        tx.execute_script(format!("{sql};")).await?;
        tx.commit().await
    };
    match done.await {
        Ok(()) => "done".to_owned(),
        Err(LoadError::Query { source, .. }) => source.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Makes each attempt, and gives the results line by line.
pub(super) async fn attempts(crm: &Crm, all: &[(&str, String)]) -> String {
    let mut told = String::new();
    for (name, sql) in all {
        writeln!(told, "{name}: {}", attempt(crm, sql).await).unwrap();
    }
    told
}

/// Bytes as the database writes them.
pub(super) fn bytes(dialect: Dialect, bytes: &[u8]) -> String {
    match dialect {
        Dialect::Sqlite => format!("x'{}'", hex::encode(bytes)),
        Dialect::Postgres => format!("decode('{}', 'hex')", hex::encode(bytes)),
    }
}

/// A row of the outbox as raw SQL. The default is an invitation of Ana by WhatsApp, which she has consented to.
#[derive(Clone)]
pub(super) struct RawMessage {
    pub(super) verb: &'static str,
    pub(super) table: &'static str,
    pub(super) id: String,
    pub(super) step: &'static str,
    /// A phone number, or an expression.
    pub(super) contact: &'static str,
    pub(super) channel: &'static str,
    pub(super) purpose: &'static str,
    /// Each byte of the digest, or an expression.
    pub(super) recipient: Result<u8, &'static str>,
    pub(super) state: &'static str,
    pub(super) consent: &'static str,
    pub(super) basis: &'static str,
    pub(super) epoch: i64,
    pub(super) after: &'static str,
}

impl RawMessage {
    pub(super) fn new(id: u8) -> Self {
        Self {
            verb: "insert",
            table: "outbox",
            id: hex::encode([id; 16]),
            step: "one",
            contact: ANA,
            channel: "whatsapp",
            purpose: "marketing",
            recipient: Ok(id),
            state: "planned",
            consent: "11",
            basis: "null",
            epoch: 1,
            after: "",
        }
    }

    /// A message by SMS, which nobody needs to have consented to.
    pub(super) fn sms(id: u8, contact: &'static str) -> Self {
        Self { contact, channel: "sms", consent: "null", basis: "'soft opt-in'", ..Self::new(id) }
    }

    pub(super) fn sql(&self, dialect: Dialect) -> String {
        let contact = match self.contact.starts_with('+') {
            true => bytes(dialect, &id_of(self.contact).0),
            false => self.contact.to_owned(),
        };
        let recipient = self.recipient.map_or_else(str::to_owned, |it| bytes(dialect, &[it; 32]));
        let Self { verb, table, id, step, channel, purpose, state, consent, basis, epoch, after, .. } = self;
        format!(
            "{verb} into {table} (message_id, campaign, step, contact_id, channel, purpose, recipient, state, consent_id, \
             basis, epoch, planned_at, intent_at) values ('{id}', 'raw', '{step}', {contact}, '{channel}', '{purpose}', \
             {recipient}, '{state}', {consent}, {basis}, {epoch}, 1, 1) {after}"
        )
    }
}
