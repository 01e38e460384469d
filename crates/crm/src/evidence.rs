//! Evidence: the answers of checks of WhatsApp registration.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hasher;

use jiff::Timestamp;
use model::{Answer, ContactId, Evidence, MAX_STATUS, MAX_WA_ID, Personal, Receipt, WaId, cleaned, is_plain};
use phone::{E164, PhoneNumber};
use twox_hash::XxHash64;

use crate::journal::{RECEIPT, receipt_rows};
use crate::quota_usage::Usage;
use crate::sql::{BulkWriter, Dialect, LoadInput, OnConflict, Row, Rows, Table, Type, Upserts};
use crate::{Crm, LoadError};

pub(crate) const EVIDENCE: Table = Table {
    name: "evidence",
    columns: &[
        ("contact_id", Type::Bytes),
        ("evidence_id", Type::Int),
        ("method", Type::Text),
        ("checked_at", Type::Time),
        ("variant", Type::Text),
        ("answer", Type::Text),
        ("expires_at", Type::Time),
        ("price_micros", Type::Int),
        ("wa_id", Type::Text),
        ("raw_status", Type::Text),
    ],
    // Evidence that is read from a file once more is the same evidence.
    on_conflict: OnConflict::Ignore,
};

/// Evidence of a batch and its receipt, as rows of the database.
pub struct ReadyEvidence {
    evidence: Rows,
    receipts: Rows,
}

/// Writes evidence, one transaction after another.
pub struct EvidenceWriter {
    dialect: Dialect,
    writer: BulkWriter,
}

impl Crm {
    /// Makes rows of evidence and receipts. This needs no connection, so another thread can do it.
    pub fn ready_evidence(&self, run_id: &str, evidence: &[Evidence], receipts: &[Receipt]) -> ReadyEvidence {
        ReadyEvidence { evidence: evidence_rows(evidence), receipts: receipt_rows(run_id, receipts) }
    }

    /// Opens a connection for evidence.
    pub fn evidence_writer(&self) -> EvidenceWriter {
        EvidenceWriter { dialect: self.dialect(), writer: BulkWriter::open(self, "store verified batches") }
    }

    /// All evidence about contacts with ids from `first` to `last`, by contact, the newest first.
    pub async fn evidence_between(
        &self,
        first: ContactId,
        last: ContactId,
    ) -> Result<HashMap<ContactId, Vec<Evidence>>, LoadError> {
        let select = EVIDENCE.select() + " where contact_id >= $1 and contact_id <= $2";
        let all = self.select("read evidence", &select, &[(&first).into(), (&last).into()], read_evidence).await?;
        let mut by_contact: HashMap<ContactId, Vec<Evidence>> = HashMap::new();
        for evidence in all {
            by_contact.entry(evidence.contact_id).or_default().push(evidence);
        }
        for evidence in by_contact.values_mut().filter(|it| it.len() > 1) {
            evidence.sort_by(|a, b| {
                let key = |it: &Evidence| (Reverse(it.checked_at), it.variant);
                key(a).cmp(&key(b)).then_with(|| a.method.cmp(&b.method))
            });
        }
        Ok(by_contact)
    }

    /// All evidence of a contact, newest first.
    pub async fn evidence_of(&self, id: ContactId) -> Result<Vec<Evidence>, LoadError> {
        Ok(self.evidence_between(id, id).await?.remove(&id).unwrap_or_default())
    }

    /// Whether any contact was ever checked.
    pub async fn has_evidence(&self) -> Result<bool, LoadError> {
        let found = self.select("read evidence", "select contact_id from evidence limit 1", &[], |_| Ok(())).await?;
        Ok(!found.is_empty())
    }
}

impl EvidenceWriter {
    /// Adds what was prepared, in one transaction: the evidence of each batch together with its receipt, and how many
    /// numbers were asked about.
    pub async fn add(&mut self, batches: Vec<ReadyEvidence>, usage: Option<Usage>) -> Result<(), LoadError> {
        if batches.is_empty() && usage.is_none() {
            return Ok(());
        }
        // Each statement is a way to PostgreSQL and back, so the few rows of each batch are put together.
        let mut tables = [&EVIDENCE, &RECEIPT].map(Rows::new);
        for batch in batches {
            for (table, rows) in tables.iter_mut().zip([batch.evidence, batch.receipts]) {
                table.append(&rows, 0..rows.n_rows());
            }
        }
        let rows = tables.into_iter().chain(usage.iter().map(Usage::rows)).collect();
        let input = LoadInput { new: Vec::new(), upserts: Upserts { rows, ..Upserts::default() } };
        self.writer.begin().await?;
        self.writer.write(input.prepare(self.dialect)).await?;
        self.writer.commit().await
    }
}

/// The rows of evidence.
pub(crate) fn evidence_rows(evidence: &[Evidence]) -> Rows {
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
            it.wa_id.as_ref().map(WaId::as_str).filter(|it| is_plain(it, MAX_WA_ID)).into(),
            it.raw_status.as_deref().map(kept).into(),
        ]);
    }
    rows
}

/// A word of a provider as it is kept. PostgreSQL takes no NUL, and one bad word must not keep the other rows of its
/// transaction from the database. Two words are kept where two answers were given.
fn kept(word: &str) -> Cow<'_, str> {
    const MOST: usize = 2 * MAX_STATUS + 1;
    match is_plain(word, MOST) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(cleaned(word, MOST)),
    }
}

/// A hash that tells evidence from other evidence of its contact.
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

/// Reads a row of [`EVIDENCE`].
pub(crate) fn read_evidence(row: &dyn Row) -> Result<Evidence, LoadError> {
    Ok(Evidence {
        contact_id: row.contact_id(0)?,
        method: row.text(2)?.into(),
        checked_at: row.time(3)?,
        variant: row.word(4, |it| match it {
            "" => Some(None),
            number => PhoneNumber::from_e164(number).map(Some),
        })?,
        answer: row.word(5, Answer::from_name)?,
        expires_at: row.opt_time(6)?,
        price_micros: row.count(7)?,
        wa_id: row.opt_text(8)?.map(|it| WaId(Personal(it))),
        raw_status: row.opt_text(9)?.map(Into::into),
    })
}
