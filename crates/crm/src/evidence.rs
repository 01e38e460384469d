//! What checks of WhatsApp registration said.

use std::collections::HashMap;
use std::hash::Hasher;

use jiff::Timestamp;
use model::{Answer, ContactId, Evidence, Personal, Receipt, WaId};
use phone::{E164, PhoneNumber};
use sqlx::{AssertSqlSafe, FromRow};
use twox_hash::XxHash64;

use crate::bulk::{Rows, Table, Type};
use crate::crm::on;
use crate::journal::{RECEIPT, receipt_rows};
use crate::loading::{Loading, ToLoad};
use crate::usage::Usage;
use crate::writing::{Dialect, Writes};
use crate::{Crm, LoadError};

pub(crate) const EVIDENCE: Table = Table {
    name: "evidence",
    columns: &[
        ("contact_id", Type::Bytes),
        ("evidence_id", Type::Int),
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

/// The columns of [`EvidenceRow`], in their order.
pub(crate) const SELECT_EVIDENCE: &str = "select contact_id, method, checked_at, variant, answer, expires_at, price_micros, \
    wa_id, raw_status from evidence";
const BETWEEN: &str = "where contact_id >= $1 and contact_id <= $2";

/// Evidence of a batch and its receipt, as rows of the database.
pub struct ReadyEvidence {
    evidence: Rows,
    receipts: Rows,
}

/// Writes evidence, one transaction after another.
pub struct EvidenceWriter {
    dialect: Dialect,
    loading: Loading,
}

#[derive(FromRow)]
pub(crate) struct EvidenceRow {
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
    /// Makes rows of evidence and receipts. This needs no connection, so another thread can do it.
    pub fn ready_evidence(&self, run_id: &str, evidence: &[Evidence], receipts: &[Receipt]) -> ReadyEvidence {
        let mut rows = Rows::new(&EVIDENCE);
        rows.reserve(evidence.len());
        for it in evidence {
            let variant = it.variant.map_or_else(E164::new, PhoneNumber::e164);
            rows.push([
                (&it.contact_id).into(),
                evidence_id(it, &variant).into(),
                (&*it.method).into(),
                it.checked_at.into(),
                variant.as_str().into(),
                it.answer.name().into(),
                it.expires_at.into(),
                it.price_micros.into(),
                it.wa_id.as_ref().map(WaId::as_str).into(),
                it.raw_status.as_deref().into(),
            ]);
        }
        ReadyEvidence { evidence: rows, receipts: receipt_rows(run_id, receipts) }
    }

    /// Opens a connection for evidence.
    pub fn evidence_writer(&self) -> EvidenceWriter {
        EvidenceWriter { dialect: self.dialect(), loading: Loading::open(self, "store verified batches") }
    }

    /// All evidence about contacts whose ids lie from `first` to `last`, of each the newest first.
    pub async fn evidence_between(
        &self,
        first: ContactId,
        last: ContactId,
    ) -> Result<HashMap<ContactId, Vec<Evidence>>, LoadError> {
        let statement = format!("{SELECT_EVIDENCE} {BETWEEN}");
        let rows: Vec<EvidenceRow> = on!(self, pool => {
            sqlx::query_as(AssertSqlSafe(statement.as_str())).bind(first.0.to_vec()).bind(last.0.to_vec()).fetch_all(pool).await
                .map_err(LoadError::query("read evidence"))?
        });
        let mut by_contact: HashMap<ContactId, Vec<Evidence>> = HashMap::new();
        for row in rows {
            let evidence = row.evidence()?;
            by_contact.entry(evidence.contact_id).or_default().push(evidence);
        }
        for evidence in by_contact.values_mut().filter(|it| it.len() > 1) {
            evidence.sort_by(|a, b| {
                let key = |it: &Evidence| (std::cmp::Reverse(it.checked_at), it.variant);
                key(a).cmp(&key(b)).then_with(|| a.method.cmp(&b.method))
            });
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
}

impl EvidenceWriter {
    /// Adds what was made ready, in one transaction: the evidence of each batch together with its receipt, and how many
    /// numbers were asked about.
    pub async fn add(&mut self, batches: Vec<ReadyEvidence>, usage: Option<Usage>) -> Result<(), LoadError> {
        if batches.is_empty() && usage.is_none() {
            return Ok(());
        }
        // Each statement is a way to PostgreSQL and back, so the few rows that batches have are put together.
        let mut tables = [&EVIDENCE, &RECEIPT].map(Rows::new);
        for batch in batches {
            for (table, rows) in tables.iter_mut().zip([batch.evidence, batch.receipts]) {
                table.append(&rows, 0..rows.n_rows());
            }
        }
        let of_usage = usage.iter().map(Usage::rows);
        let merged = tables.into_iter().chain(of_usage).filter(|it| !it.is_empty()).collect();
        let others = Writes { merged, ..Writes::default() };
        let all = ToLoad { others, ..ToLoad::default() };
        self.loading.begin().await?;
        self.loading.write(all.ready(self.dialect)).await?;
        self.loading.commit().await
    }
}

/// Tells evidence from the rest of its contact's.
fn evidence_id(evidence: &Evidence, variant: &str) -> i64 {
    let mut hasher = XxHash64::with_seed(EVIDENCE_ID_VERSION);
    for text in [&evidence.method, variant] {
        hasher.write(text.as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.write(&evidence.checked_at.as_microsecond().to_le_bytes());
    hasher.write(&evidence.expires_at.map_or(i64::MIN, Timestamp::as_microsecond).to_le_bytes());
    hasher.write(&evidence.price_micros.to_le_bytes());
    i64::from_le_bytes(hasher.finish().to_le_bytes())
}

/// The seed of [`evidence_id`]; another encoding takes another number.
const EVIDENCE_ID_VERSION: u64 = 1;

impl EvidenceRow {
    /// Reads a row of [`SELECT_EVIDENCE`].
    pub(crate) fn read(row: &rusqlite::Row) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            contact_id: row.get(0)?,
            method: row.get(1)?,
            checked_at: row.get(2)?,
            variant: row.get(3)?,
            answer: row.get(4)?,
            expires_at: row.get(5)?,
            price_micros: row.get(6)?,
            wa_id: row.get(7)?,
            raw_status: row.get(8)?,
        })
    }

    pub(crate) fn evidence(self) -> Result<Evidence, LoadError> {
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
            wa_id: self.wa_id.map(|it| WaId(Personal(it))),
            raw_status: self.raw_status.map(Into::into),
        })
    }
}
