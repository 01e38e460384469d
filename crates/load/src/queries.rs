//! What is asked of the database: exports, traces, counts.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use model::{Answer, Contact, ContactId, Evidence, Personal};
use sqlx::{FromRow, SqlitePool};

use crate::crm::on;
use crate::held::ContactRow;
use crate::{Crm, LoadError};

/// A contact and what is believed of its WhatsApp registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub contact: Contact,
    /// None if nobody has asked.
    pub registration: Option<Answer>,
}

/// Contacts by country and registration. The country is empty for contacts without a phone.
pub type Standing = BTreeMap<(String, Option<Answer>), u64>;

/// Method, when, answer, WhatsApp id and raw status.
type EvidenceRow = (String, i64, String, Option<String>, Option<String>);

#[derive(FromRow)]
struct ExportedRow {
    #[sqlx(flatten)]
    contact: ContactRow,
    registration: Option<String>,
}

/// The registration of a contact is what its newest evidence says that says anything; where none
/// does, the newest.
const REGISTRATION: &str = "(select evidence.answer from evidence where evidence.contact_id = contact.contact_id \
    order by case when evidence.answer in ('registered', 'not_registered') then 0 else 1 end, \
    evidence.checked_at desc, evidence.method limit 1) as registration";

impl Crm {
    /// Gives every contact to `each`, in the order of their ids, in constant memory.
    pub async fn export<E: From<LoadError>>(&self, mut each: impl FnMut(Exported) -> Result<(), E>) -> Result<u64, E> {
        let text = sqlx::AssertSqlSafe(format!("select contact.*, {REGISTRATION} from contact order by contact_id"));
        let failed = LoadError::query("read the contacts");
        let mut n_contacts = 0;
        on!(self, pool => {
            let mut rows = sqlx::query_as::<_, ExportedRow>(text).fetch(pool);
            while let Some(row) = rows.try_next().await.map_err(&failed)? {
                n_contacts += 1;
                each(row.exported()?)?;
            }
        });
        Ok(n_contacts)
    }

    /// How many contacts stand where.
    pub async fn standing(&self) -> Result<Standing, LoadError> {
        let failed = LoadError::query("count the contacts");
        // Looking for the evidence of every contact takes its time, so it is done only where there is some.
        let has_evidence = on!(self, pool => {
            sqlx::query("select 1 from evidence limit 1").fetch_optional(pool).await.map_err(&failed)?.is_some()
        });
        if let (false, Self::Sqlite(pool)) = (has_evidence, self) {
            return regions(pool).await.map_err(failed);
        }
        let registration = if has_evidence { REGISTRATION } else { "cast(null as text) as registration" };
        let text = format!(
            "select coalesce(standing.region, '') as region, standing.registration, count(*) as n from \
             (select contact.region, {registration} from contact) as standing \
             group by standing.region, standing.registration"
        );
        let rows: Vec<(String, Option<String>, i64)> = on!(self, pool => {
            sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(pool).await.map_err(failed)?
        });
        rows.into_iter()
            .map(|(region, answer, n)| Ok(((region, answer.map(answered).transpose()?), count(n))))
            .collect()
    }

    /// How many contacts the database holds.
    pub async fn n_contacts(&self) -> Result<u64, LoadError> {
        let (n,): (i64,) = on!(self, pool => {
            sqlx::query_as("select count(*) from contact").fetch_one(pool).await.map_err(LoadError::query("count the contacts"))?
        });
        Ok(count(n))
    }

    /// The contacts that have this text as phone (`+…`) or as another identity.
    pub async fn find(&self, text: &str) -> Result<Vec<ContactId>, LoadError> {
        let statement =
            "select contact_id from contact where e164 = $1 union select contact_id from identity where value = $1";
        let rows: Vec<(Vec<u8>,)> = on!(self, pool => {
            sqlx::query_as(statement).bind(text).fetch_all(pool).await.map_err(LoadError::query("find a contact"))?
        });
        rows.iter().map(|it| ContactId::from_bytes(&it.0).ok_or(LoadError::Value { column: "contact_id" })).collect()
    }

    /// All evidence of a contact, newest first.
    pub async fn evidence_of(&self, id: ContactId) -> Result<Vec<Evidence>, LoadError> {
        let statement = "select method, checked_at, answer, wa_id, raw_status from evidence where contact_id = $1 \
            order by checked_at desc, method";
        let rows: Vec<EvidenceRow> = on!(self, pool => {
            sqlx::query_as(statement).bind(id.0.to_vec()).fetch_all(pool).await.map_err(LoadError::query("read evidence"))?
        });
        rows.into_iter()
            .map(|(method, at, answer, wa_id, raw_status)| {
                Ok(Evidence {
                    contact_id: id,
                    method,
                    checked_at: jiff::Timestamp::from_microsecond(at)
                        .map_err(|_| LoadError::Value { column: "evidence.checked_at" })?,
                    answer: answered(answer)?,
                    wa_id: wa_id.map(Personal),
                    raw_status,
                })
            })
            .collect()
    }
}

/// Counts contacts by country. SQLite sorts all rows to group them, which takes ten times as long as to read them.
async fn regions(pool: &SqlitePool) -> Result<Standing, sqlx::Error> {
    const REGIONS: &str = "select group_concat(coalesce(region, ''), ',') from contact \
        where contact_id between ? and ?";
    let mut standing = Standing::new();
    // The first bytes of ids are spread evenly: in so many parts no text grows long.
    for first in 0..=u8::MAX {
        let mut last = vec![u8::MAX; 16];
        last[0] = first;
        let (regions,): (Option<String>,) =
            sqlx::query_as(REGIONS).bind(vec![first]).bind(last).fetch_one(pool).await?;
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        regions.iter().flat_map(|it| it.split(',')).for_each(|it| *counts.entry(it).or_default() += 1);
        for (region, n) in counts {
            *standing.entry((region.to_owned(), None)).or_default() += n;
        }
    }
    Ok(standing)
}

impl ExportedRow {
    fn exported(self) -> Result<Exported, LoadError> {
        Ok(Exported { contact: self.contact.contact()?, registration: self.registration.map(answered).transpose()? })
    }
}

fn answered(name: String) -> Result<Answer, LoadError> {
    Answer::from_name(&name).ok_or(LoadError::Value { column: "evidence.answer" })
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
