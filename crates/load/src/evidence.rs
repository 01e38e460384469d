//! What checks of WhatsApp registration said.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hasher;

use jiff::Timestamp;
use model::{Answer, ContactId, Evidence, Personal, PhoneNumber, Receipt, WaId};
use sqlx::FromRow;
use twox_hash::XxHash64;

use crate::bulk::{Cell, Rows, Statement, Table, Type};
use crate::crm::on;
use crate::journal::receipt_rows;
use crate::writing::{Dialect, Ready, Writes, Writing};
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
    columns: &[
        ("contact_id", Type::Bytes),
        ("verification_id", Type::Int),
        ("variant", Type::Text),
        ("answer", Type::Text),
        ("wa_id", Type::Text),
        ("raw_status", Type::Text),
    ],
    // Evidence that is read from a file once more is the same evidence.
    conflict: "on conflict do nothing",
};

/// Usual evidence in bulk on SQLite: the ids one after the other, the verification, and one letter for each answer. Taking
/// them apart there is three times as fast as a placeholder for each.
const USUAL: &str = "insert into evidence select substr(?1, 16 * key + 1, 16), ?2, '', \
    case value when 'n' then 'not_registered' when '0' then 'no_answer' else 'registered' end, \
    case value when '=' then '=' end, null from json_each(?3) where true on conflict do nothing";

const BETWEEN: &str = "select contact_id, method, checked_at, variant, answer, expires_at, price_micros, wa_id, raw_status \
    from every_evidence where contact_id >= $1 and contact_id <= $2";

/// Evidence of a batch and its receipt, made ready for the database.
pub struct ReadyEvidence {
    /// On SQLite, evidence that is usual.
    usual: Vec<Statement>,
    verifications: Rows,
    evidence: Rows,
    receipts: Rows,
}

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
    /// Makes evidence and receipts ready for the database: work that needs no connection, for another thread. `words` are
    /// the provider's usual ones for yes and no.
    pub fn ready_evidence(
        &self,
        run_id: &str,
        evidence: Vec<Evidence>,
        words: [Option<&'static str>; 2],
        receipts: &[Receipt],
    ) -> Result<ReadyEvidence, LoadError> {
        let [mut verifications, mut rows] = [&VERIFICATION, &EVIDENCE].map(Rows::new);
        let mut usual: BTreeMap<i64, Usual> = BTreeMap::new();
        let mut ids: HashMap<(Cow<'static, str>, Timestamp, Option<Timestamp>, u64), i64> = HashMap::new();
        for it in evidence {
            let what = (it.method, it.checked_at, it.expires_at, it.price_micros);
            let id = match ids.get(&what) {
                Some(id) => *id,
                None => {
                    let row = verification(&what, words);
                    let id = row.0;
                    verifications.push(row.1);
                    ids.insert(what, id);
                    id
                }
            };
            let letter = letter(it.answer, it.variant, it.wa_id.as_ref(), it.raw_status.as_deref(), words);
            match (letter, self.dialect()) {
                (Some(letter), Dialect::Sqlite) => usual.entry(id).or_default().add(it.contact_id, letter),
                _ => rows.push([
                    (&it.contact_id).into(),
                    id.into(),
                    it.variant.map_or_else(String::new, |it| it.to_string()).into(),
                    it.answer.name().into(),
                    it.wa_id.map(wa_id_cell).into(),
                    it.raw_status.filter(|said| word(it.answer, words) != Some(said)).map(Cow::into_owned).into(),
                ]),
            }
        }
        let usual = usual.into_iter().map(|(id, it)| Statement::of(USUAL, (it.ids, id, it.letters + "]")));
        Ok(ReadyEvidence {
            usual: usual.collect::<Result<_, _>>().map_err(LoadError::query("store verified batches"))?,
            verifications,
            evidence: rows,
            receipts: receipt_rows(run_id, receipts),
        })
    }

    /// Adds what was made ready, in one transaction: the evidence of each batch together with its receipt.
    pub async fn add_evidence(&self, batches: Vec<ReadyEvidence>) -> Result<(), LoadError> {
        let failed = LoadError::query("store verified batches");
        let mut batches = batches.into_iter();
        let Some(ReadyEvidence { mut usual, mut verifications, mut evidence, mut receipts }) = batches.next() else {
            return Ok(());
        };
        // Each statement is a way to the database and back, so the few rows that batches have are put together.
        for batch in batches {
            usual.extend(batch.usual);
            verifications.append(&batch.verifications, 0..batch.verifications.n_rows());
            evidence.append(&batch.evidence, 0..batch.evidence.n_rows());
            receipts.append(&batch.receipts, 0..batch.receipts.n_rows());
        }
        let writes = Writes { merged: vec![verifications, evidence, receipts], ..Writes::default() };
        let mut ready = writes.ready(self.dialect()).map_err(&failed)?;
        if let Ready::Sqlite(statements) = &mut ready {
            statements.extend(usual);
        }
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        writing.write(ready).await.map_err(&failed)?;
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

/// Evidence that one letter says.
#[derive(Default)]
struct Usual {
    ids: Vec<u8>,
    /// An array of JSON that is not closed yet.
    letters: String,
}

impl Usual {
    fn add(&mut self, id: ContactId, letter: char) {
        self.ids.extend(id.0);
        self.letters.push_str(if self.letters.is_empty() { "[\"" } else { ",\"" });
        self.letters.push(letter);
        self.letters.push('"');
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

/// The letter that says evidence in [`USUAL`]; none if it is not usual.
fn letter(
    answer: Answer,
    variant: Option<PhoneNumber>,
    wa_id: Option<&WaId>,
    raw_status: Option<&str>,
    words: [Option<&'static str>; 2],
) -> Option<char> {
    let is_usual = variant.is_none() && raw_status == word(answer, words);
    match (answer, wa_id) {
        _ if !is_usual => None,
        (Answer::Registered, Some(WaId::SameAsNumber)) => Some('='),
        (Answer::Registered, None) => Some('r'),
        (Answer::NotRegistered, None) => Some('n'),
        (Answer::NoAnswer, None) => Some('0'),
        _ => None,
    }
}

/// The id and the row of a verification.
fn verification<'a>(
    (method, checked_at, expires_at, price_micros): &'a (Cow<'static, str>, Timestamp, Option<Timestamp>, u64),
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
    hasher.write_u64(*price_micros);
    let id = i64::from_le_bytes(hasher.finish().to_le_bytes()) & i64::MAX;
    let row = [
        id.into(),
        method.as_ref().into(),
        checked_at.as_microsecond().into(),
        (*expires_at).into(),
        (*price_micros).into(),
        yes.into(),
        no.into(),
    ];
    (id, row)
}

fn wa_id_cell(id: WaId) -> String {
    match id {
        WaId::SameAsNumber => "=".to_owned(),
        WaId::Other(text) => text.0,
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
            wa_id: self.wa_id.map(|it| if it == "=" { WaId::SameAsNumber } else { WaId::Other(Personal(it)) }),
            raw_status: self.raw_status.map(Into::into),
        })
    }
}
