//! What checks of WhatsApp registration said, and how many there were.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{Answer, ContactId, Evidence, Personal, PhoneNumber, Receipt};
use sqlx::FromRow;

use crate::bulk::{Rows, Table, Type};
use crate::crm::on;
use crate::journal::receipt_rows;
use crate::writing::{Ready, Writes, Writing};
use crate::{Crm, LoadError};

const EVIDENCE: Table = Table {
    name: "evidence",
    columns: &[
        ("contact_id", Type::Bytes),
        ("method", Type::Text),
        ("checked_at", Type::Int),
        ("variant", Type::Text),
        ("answer", Type::Text),
        ("expires_at", Type::Int),
        ("price_micros", Type::Int),
        ("wa_id", Type::Text),
        ("raw_status", Type::Text),
    ],
    // Evidence that is read from a file once more is the same evidence.
    conflict: "on conflict do nothing",
};

const BETWEEN: &str = "select contact_id, method, checked_at, variant, answer, expires_at, price_micros, wa_id, raw_status \
    from evidence where contact_id >= $1 and contact_id <= $2 order by contact_id, checked_at desc, method, variant";

/// Evidence of a batch and its receipt, made ready for the database.
pub struct ReadyEvidence(Ready);

#[derive(FromRow)]
struct EvidenceRow {
    contact_id: Vec<u8>,
    method: String,
    checked_at: i64,
    variant: String,
    answer: String,
    expires_at: Option<i64>,
    price_micros: i64,
    wa_id: Option<String>,
    raw_status: Option<String>,
}

impl Crm {
    /// Makes evidence and receipts ready for the database: work that needs no connection, for another thread.
    pub fn ready_evidence(
        &self,
        run_id: &str,
        evidence: Vec<Evidence>,
        receipts: &[Receipt],
    ) -> Result<ReadyEvidence, LoadError> {
        let mut rows = Rows::new(&EVIDENCE);
        for it in evidence {
            rows.push([
                it.contact_id.into(),
                it.method.into_owned().into(),
                it.checked_at.as_microsecond().into(),
                it.variant.map_or_else(String::new, |it| it.to_string()).into(),
                it.answer.name().into(),
                it.expires_at.into(),
                it.price_micros.into(),
                it.wa_id.map(|it| it.0).into(),
                it.raw_status.map(|it| it.into_owned()).into(),
            ]);
        }
        let writes = Writes { merged: vec![rows, receipt_rows(run_id, receipts)], ..Writes::default() };
        let ready = writes.ready(self.dialect()).map_err(LoadError::query("store verified batches"))?;
        Ok(ReadyEvidence(ready))
    }

    /// Adds what was made ready, in one transaction: the evidence of each batch together with its receipt.
    pub async fn add_evidence(&self, batches: Vec<ReadyEvidence>) -> Result<(), LoadError> {
        if batches.is_empty() {
            return Ok(());
        }
        let failed = LoadError::query("store verified batches");
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        for ReadyEvidence(ready) in batches {
            writing.write(ready).await.map_err(&failed)?;
        }
        writing.commit().await.map_err(&failed)
    }

    /// All evidence about contacts whose ids lie from `first` to `last`, of each the newest first.
    pub async fn evidence_between(
        &self,
        first: ContactId,
        last: ContactId,
    ) -> Result<HashMap<ContactId, Vec<Evidence>>, LoadError> {
        let rows: Vec<EvidenceRow> = on!(self, pool => {
            sqlx::query_as(BETWEEN).bind(first.0.to_vec()).bind(last.0.to_vec()).fetch_all(pool).await
                .map_err(LoadError::query("read evidence"))?
        });
        let mut by_contact: HashMap<ContactId, Vec<Evidence>> = HashMap::new();
        for row in rows {
            let evidence = row.evidence()?;
            by_contact.entry(evidence.contact_id).or_default().push(evidence);
        }
        Ok(by_contact)
    }

    /// All evidence of a contact, newest first.
    pub async fn evidence_of(&self, id: ContactId) -> Result<Vec<Evidence>, LoadError> {
        Ok(self.evidence_between(id, id).await?.remove(&id).unwrap_or_default())
    }

    /// Whether anybody was ever asked about.
    pub async fn has_evidence(&self) -> Result<bool, LoadError> {
        on!(self, pool => {
            sqlx::query("select 1 from evidence limit 1").fetch_optional(pool).await
                .map(|it| it.is_some()).map_err(LoadError::query("read evidence"))
        })
    }

    /// Notes that a provider was asked about so many numbers, before it is. A number below 0 takes back what was
    /// noted and not asked.
    pub async fn note_usage(&self, method: &str, at: Timestamp, n_checks: i64) -> Result<(), LoadError> {
        const NOTE: &str = "insert into usage (method, at, n_checks) values ($1, $2, $3) \
            on conflict (method, at) do update set n_checks = usage.n_checks + excluded.n_checks";
        let minute = at.as_second().div_euclid(60) * 60_000_000;
        on!(self, pool => {
            sqlx::query(NOTE).bind(method).bind(minute).bind(n_checks).execute(pool).await
                .map(|_| ()).map_err(LoadError::query("note how many numbers were asked about"))
        })
    }

    /// When the oldest of them were asked about that count since then.
    pub async fn oldest_usage_since(&self, method: &str, since: Timestamp) -> Result<Option<Timestamp>, LoadError> {
        const OLDEST: &str = "select min(at) from usage where method = $1 and at > $2 and n_checks > 0";
        let (at,): (Option<i64>,) = on!(self, pool => {
            sqlx::query_as(OLDEST).bind(method).bind(since.as_microsecond()).fetch_one(pool).await
                .map_err(LoadError::query("look for the oldest checks"))?
        });
        Ok(at.and_then(|it| Timestamp::from_microsecond(it).ok()))
    }

    /// How many numbers a provider was asked about since then. Where the clock was set back, what lies in its future
    /// counts too.
    pub async fn usage_since(&self, method: &str, since: Timestamp) -> Result<u64, LoadError> {
        const SUM: &str = "select cast(coalesce(sum(n_checks), 0) as bigint) from usage where method = $1 and at > $2";
        let (n,): (i64,) = on!(self, pool => {
            sqlx::query_as(SUM).bind(method).bind(since.as_microsecond()).fetch_one(pool).await
                .map_err(LoadError::query("count how many numbers were asked about"))?
        });
        Ok(u64::try_from(n).unwrap_or(0))
    }
}

impl EvidenceRow {
    fn evidence(self) -> Result<Evidence, LoadError> {
        let known = |column| LoadError::Value { column };
        let moment = |column, it| Timestamp::from_microsecond(it).map_err(|_| known(column));
        let variant = Some(self.variant).filter(|it| !it.is_empty());
        Ok(Evidence {
            contact_id: ContactId::from_bytes(&self.contact_id).ok_or(known("evidence.contact_id"))?,
            method: self.method.into(),
            variant: variant.map(|it| PhoneNumber::from_e164(&it).ok_or(known("evidence.variant"))).transpose()?,
            checked_at: moment("evidence.checked_at", self.checked_at)?,
            expires_at: self.expires_at.map(|it| moment("evidence.expires_at", it)).transpose()?,
            answer: Answer::from_name(&self.answer).ok_or(known("evidence.answer"))?,
            price_micros: u64::try_from(self.price_micros).map_err(|_| known("evidence.price_micros"))?,
            wa_id: self.wa_id.map(Personal),
            raw_status: self.raw_status.map(Into::into),
        })
    }
}
