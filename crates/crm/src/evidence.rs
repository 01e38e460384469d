//! What checks of WhatsApp registration said.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hasher;

use jiff::Timestamp;
use model::{Answer, ContactId, Evidence, Personal, Receipt, WaId};
use phone::{E164, PhoneNumber};
use sqlx::{AssertSqlSafe, FromRow};
use twox_hash::XxHash64;

use crate::bulk::{Cell, Packed, Rows, Table, Type};
use crate::crm::on;
use crate::journal::{RECEIPT, receipt_rows};
use crate::loading::{Loading, ToLoad};
use crate::usage::Usage;
use crate::writing::{Dialect, Writes};
use crate::{Crm, LoadError};

const VERIFICATION: Table = Table {
    name: "verification",
    columns: &[
        ("verification_id", Type::Int),
        ("method", Type::Text),
        ("checked_at", Type::Int),
        ("expires_at", Type::Int),
        ("price_micros", Type::Int),
        ("yes_word", Type::Text),
        ("no_word", Type::Text),
    ],
    // It is named by what it holds.
    conflict: "on conflict do nothing",
};

const EVIDENCE: Table = Table {
    name: "evidence",
    columns: &[("contact_id", Type::Bytes), ("verification_id", Type::Int), ("answer", Type::Int)],
    conflict: ON_CONFLICT,
};

const UNUSUAL_EVIDENCE: Table = Table {
    name: "unusual_evidence",
    columns: &[
        ("contact_id", Type::Bytes),
        ("verification_id", Type::Int),
        ("variant", Type::Text),
        ("answer", Type::Int),
        ("wa_id", Type::Text),
        ("raw_status", Type::Text),
    ],
    conflict: ON_CONFLICT,
};

/// Evidence that is read from a file once more is the same evidence.
const ON_CONFLICT: &str = "on conflict do nothing";

/// Usual evidence in bulk on SQLite: the ids one after the other, the verification, and one JSON value for each answer.
/// Taking them apart there takes half of the time of a statement for each row, and `true`, `false` and `null` SQLite reads
/// without a copy.
const USUAL: &str = "insert into evidence select substr(?1, 16 * key + 1, 16), ?2, coalesce(value, 2) from json_each(?3) \
    where true on conflict do nothing";

/// The columns of [`EvidenceRow`], in their order.
pub(crate) const EVERY_EVIDENCE: &str = "select contact_id, method, checked_at, variant, answer, expires_at, price_micros, \
    wa_id, raw_status from every_evidence";
const BETWEEN: &str = "where contact_id >= $1 and contact_id <= $2";

/// Evidence of a batch and its receipt, made ready for the database.
pub struct ReadyEvidence {
    /// On SQLite, evidence that is usual.
    packed: Vec<Packed>,
    verifications: Rows,
    /// On PostgreSQL, the same.
    evidence: Rows,
    unusual: Rows,
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
    /// Makes evidence and receipts ready for the database: work that needs no connection, for another thread. `words` are
    /// the provider's usual ones for yes and no.
    pub fn ready_evidence(
        &self,
        run_id: &str,
        evidence: &[Evidence],
        words: [Option<&'static str>; 2],
        receipts: &[Receipt],
    ) -> ReadyEvidence {
        let [mut verifications, mut usual_rows, mut unusual] =
            [&VERIFICATION, &EVIDENCE, &UNUSUAL_EVIDENCE].map(Rows::new);
        let mut usual: BTreeMap<i64, Usual> = BTreeMap::new();
        // A batch is mostly of one verification.
        for of_one in evidence.chunk_by(|a, b| terms(a) == terms(b)) {
            let (id, row) = verification(terms(&of_one[0]), words);
            verifications.push(row);
            let usual = usual.entry(id).or_default();
            usual.reserve(of_one.len());
            for it in of_one {
                match (usual_answer(it, words), self.dialect()) {
                    (Some(answer), Dialect::Sqlite) => usual.add(it.contact_id, answer),
                    (Some(_), Dialect::Postgres) => {
                        usual_rows.push([(&it.contact_id).into(), id.into(), answer_number(it.answer).into()]);
                    }
                    (None, _) => unusual.push([
                        (&it.contact_id).into(),
                        id.into(),
                        it.variant.map_or_else(E164::new, PhoneNumber::e164).as_str().into(),
                        answer_number(it.answer).into(),
                        it.wa_id.as_ref().map(wa_id_text).into(),
                        it.raw_status.as_deref().filter(|said| word(it.answer, words) != Some(*said)).into(),
                    ]),
                }
            }
        }
        let packed = usual.into_iter().filter(|(_, it)| !it.ids.is_empty()).map(|(id, it)| it.packed(id)).collect();
        let receipts = receipt_rows(run_id, receipts);
        ReadyEvidence { packed, verifications, evidence: usual_rows, unusual, receipts }
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
        let statement = format!("{EVERY_EVIDENCE} {BETWEEN}");
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
            sqlx::query("select 1 from every_evidence limit 1").fetch_optional(pool).await
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
        let mut tables = [&VERIFICATION, &EVIDENCE, &UNUSUAL_EVIDENCE, &RECEIPT].map(Rows::new);
        let mut packed = Vec::new();
        for batch in batches {
            packed.extend(batch.packed);
            let of_batch = [batch.verifications, batch.evidence, batch.unusual, batch.receipts];
            for (table, rows) in tables.iter_mut().zip(of_batch) {
                table.append(&rows, 0..rows.n_rows());
            }
        }
        let of_usage = usage.iter().map(Usage::rows);
        let merged = tables.into_iter().chain(of_usage).filter(|it| !it.is_empty()).collect();
        let others = Writes { merged, ..Writes::default() };
        let all = ToLoad { packed, others, ..ToLoad::default() };
        self.loading.begin().await?;
        self.loading.write(all.ready(self.dialect)).await?;
        self.loading.commit().await
    }
}

/// Evidence that one value says.
#[derive(Default)]
struct Usual {
    ids: Vec<u8>,
    /// An array of JSON that is not closed yet.
    answers: String,
}

impl Usual {
    /// Makes room for so many answers.
    fn reserve(&mut self, n_answers: usize) {
        self.ids.reserve(n_answers * size_of::<ContactId>());
        self.answers.reserve(n_answers * ",false".len() + "[]".len());
    }

    fn add(&mut self, id: ContactId, answer: &str) {
        self.ids.extend_from_slice(&id.0);
        self.answers.push(if self.answers.is_empty() { '[' } else { ',' });
        self.answers.push_str(answer);
    }

    fn packed(self, verification_id: i64) -> Packed {
        Packed { statement: USUAL, arguments: (self.ids, verification_id, self.answers + "]") }
    }
}

/// An answer as the table has it.
fn answer_number(answer: Answer) -> i64 {
    match answer {
        Answer::NotRegistered => 0,
        Answer::Registered => 1,
        Answer::NoAnswer => 2,
        Answer::Contradictory => 3,
    }
}

/// The provider's usual word for an answer.
fn word(answer: Answer, [yes, no]: [Option<&'static str>; 2]) -> Option<&'static str> {
    match answer {
        Answer::Registered => yes,
        Answer::NotRegistered => no,
        Answer::NoAnswer | Answer::Contradictory => None,
    }
}

/// The JSON value that says evidence in [`USUAL`]; none if it is not usual.
fn usual_answer(evidence: &Evidence, words: [Option<&'static str>; 2]) -> Option<&'static str> {
    let Evidence { answer, variant, wa_id, raw_status, .. } = evidence;
    let is_usual = variant.is_none() && raw_status.as_deref() == word(*answer, words);
    match (answer, wa_id) {
        _ if !is_usual => None,
        (Answer::Registered, Some(WaId::SameAsNumber)) => Some("true"),
        (Answer::NotRegistered, None) => Some("false"),
        (Answer::NoAnswer, None) => Some("null"),
        _ => None,
    }
}

/// What evidence of one verification has in common: method, time, expiry and price.
type Terms<'a> = (&'a str, Timestamp, Option<Timestamp>, u64);

fn terms(evidence: &Evidence) -> Terms<'_> {
    (&evidence.method, evidence.checked_at, evidence.expires_at, evidence.price_micros)
}

/// The id and the row of a verification.
fn verification<'a>(
    (method, checked_at, expires_at, price_micros): Terms<'a>,
    [yes, no]: [Option<&'static str>; 2],
) -> (i64, [Cell<'a>; 7]) {
    let mut hasher = XxHash64::default();
    let expires = expires_at.map_or(i64::MIN, Timestamp::as_microsecond);
    for part in [method, yes.unwrap_or_default(), no.unwrap_or_default()] {
        hasher.write(part.as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.write_i64(checked_at.as_microsecond());
    hasher.write_i64(expires);
    hasher.write_u64(price_micros);
    let id = i64::from_le_bytes(hasher.finish().to_le_bytes()) & i64::MAX;
    let row =
        [id.into(), method.into(), checked_at.into(), expires_at.into(), price_micros.into(), yes.into(), no.into()];
    (id, row)
}

/// The id as the table has it.
fn wa_id_text(id: &WaId) -> &str {
    match id {
        WaId::SameAsNumber => "=",
        WaId::Other(text) => &text.0,
    }
}

impl EvidenceRow {
    /// Reads a row of [`EVERY_EVIDENCE`].
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
            wa_id: self.wa_id.map(|it| if it == "=" { WaId::SameAsNumber } else { WaId::Other(Personal(it)) }),
            raw_status: self.raw_status.map(Into::into),
        })
    }
}
