//! What is asked of the database: exports, traces, counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use jiff::Timestamp;
use model::{Answer, ConsentState, Contact, ContactId, PREFIX_DIGITS, PhoneNumber, Region, Segment, Standing};
use sqlx::FromRow;
use tokio::task::spawn_blocking;

use crate::crm::on;
use crate::held::ContactRow;
use crate::loading::connect;
use crate::{Crm, LoadError};

/// A contact and what is believed of its WhatsApp registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub contact: Contact,
    /// None if nobody has asked.
    pub standing: Option<Standing>,
}

/// Contacts by a group and what is believed of them; none if nobody was asked.
pub type Tally = BTreeMap<(String, Option<Answer>), u64>;

/// How many contacts stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registrations {
    /// The country is empty for contacts without a phone.
    pub countries: Tally,
    /// By the first digits of the number: country and network. Empty if nobody was ever asked.
    pub prefixes: Tally,
    /// By the source of their rows; somebody who is in two counts in both. Empty if nobody was ever asked.
    pub sources: Tally,
    /// Empty if nobody was ever asked.
    pub segments: BTreeMap<Segment, u64>,
}

/// So many contacts are read with their evidence at once.
const PAGE: i64 = 4000;

const CONTACTS: &str = "select contact.* from contact where contact_id > $1 order by contact_id limit $2";
const BRIEF: &str = "select contact_id, e164, region, consent, source_rows from contact where contact_id > $1 \
    order by contact_id limit $2";
const IN_REGION: &str = "select contact_id, e164 from contact where region = $1 and e164 is not null";
const ANYBODY: &str = "select contact_id from contact union all select contact_id from consent limit 1";

#[derive(FromRow)]
struct BriefRow {
    contact_id: Vec<u8>,
    e164: Option<String>,
    region: Option<String>,
    consent: Option<String>,
    source_rows: String,
}

impl Crm {
    /// Gives every contact to `each`, with what is believed of it at the moment `now`, in the order of their ids, in
    /// constant memory.
    pub async fn export<E: From<LoadError>>(
        &self,
        now: Timestamp,
        mut each: impl FnMut(Exported) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut n_contacts = 0;
        let mut after = Vec::new();
        loop {
            let page: Vec<ContactRow> = on!(self, pool => {
                sqlx::query_as(CONTACTS).bind(&after).bind(PAGE).fetch_all(pool).await
                    .map_err(LoadError::query("read the contacts"))?
            });
            let contacts = page.into_iter().map(ContactRow::contact).collect::<Result<Vec<Contact>, _>>()?;
            let (Some(first), Some(last)) = (contacts.first(), contacts.last()) else { return Ok(n_contacts) };
            after = last.id.0.to_vec();
            let evidence = self.evidence_between(first.id, last.id).await?;
            for contact in contacts {
                n_contacts += 1;
                let standing = evidence.get(&contact.id).and_then(|it| Standing::of(it, now));
                each(Exported { contact, standing })?;
            }
        }
    }

    /// How many contacts stand where at the moment `now`.
    pub async fn registrations(&self, now: Timestamp) -> Result<Registrations, LoadError> {
        let failed = LoadError::query("count the contacts");
        // Looking for the evidence of every contact takes its time, so it is done only where there is some.
        if !self.has_evidence().await? {
            let countries = match self {
                Self::Sqlite(pool) => {
                    let path = pool.connect_options().get_filename().to_owned();
                    let counted = spawn_blocking(move || regions(&path)).await;
                    let counted = counted.map_err(|_| failed(sqlx::Error::WorkerCrashed))?;
                    counted.map_err(LoadError::statement("count the contacts"))?
                }
                Self::Postgres(pool) => {
                    let rows: Vec<(String, i64)> =
                        sqlx::query_as("select coalesce(region, ''), count(*) from contact group by 1")
                            .fetch_all(pool)
                            .await
                            .map_err(failed)?;
                    rows.into_iter().map(|(region, n)| ((region, None), count(n))).collect()
                }
            };
            return Ok(Registrations { countries, ..Registrations::default() });
        }
        let mut found = Registrations::default();
        let mut after = Vec::new();
        loop {
            let page: Vec<BriefRow> = on!(self, pool => {
                sqlx::query_as(BRIEF).bind(&after).bind(PAGE).fetch_all(pool).await.map_err(&failed)?
            });
            let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(found) };
            let (first, last) = (id(&first.contact_id)?, id(&last.contact_id)?);
            let evidence = self.evidence_between(first, last).await?;
            after = last.0.to_vec();
            for row in page {
                let standing = evidence.get(&id(&row.contact_id)?).and_then(|it| Standing::of(it, now));
                found.add(row, standing.map(|it| it.answer));
            }
        }
    }

    /// The contacts of a country and their numbers.
    pub async fn phones_in(&self, region: Region) -> Result<Vec<(ContactId, PhoneNumber)>, LoadError> {
        let rows: Vec<(Vec<u8>, String)> = on!(self, pool => {
            sqlx::query_as(IN_REGION).bind(region.code()).fetch_all(pool).await
                .map_err(LoadError::query("read the contacts of a country"))?
        });
        let phone = |it: &str| PhoneNumber::from_e164(it).ok_or(LoadError::Value { column: "contact.e164" });
        rows.into_iter().map(|(contact, e164)| Ok((id(&contact)?, phone(&e164)?))).collect()
    }

    /// Whether the database holds neither contacts nor consents, which is known at once.
    pub async fn is_empty(&self) -> Result<bool, LoadError> {
        let first: Option<(Vec<u8>,)> = on!(self, pool => {
            sqlx::query_as(ANYBODY).fetch_optional(pool).await.map_err(LoadError::query("look for a contact"))?
        });
        Ok(first.is_none())
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
        rows.iter().map(|it| id(&it.0)).collect()
    }
}

impl Registrations {
    fn add(&mut self, row: BriefRow, answer: Option<Answer>) {
        let count = |tally: &mut Tally, group: &str| *tally.entry((group.to_owned(), answer)).or_default() += 1;
        let consent = row.consent.as_deref().and_then(ConsentState::from_name);
        *self.segments.entry(Segment::of(consent, answer)).or_default() += 1;
        count(&mut self.countries, row.region.as_deref().unwrap_or_default());
        if let Some(prefix) = row.e164.as_deref().and_then(|it| it.get(..=PREFIX_DIGITS)) {
            count(&mut self.prefixes, prefix);
        }
        let names = row.source_rows.split(' ').map(|it| it.split_once(':').map_or(it, |it| it.0));
        for source in names.collect::<BTreeSet<&str>>() {
            count(&mut self.sources, source);
        }
    }
}

/// Counts contacts by country. SQLite sorts all rows to group them, which takes ten times as long as to read them; and `sqlx`
/// takes as long again to hand them over one by one.
fn regions(path: &Path) -> Result<Tally, rusqlite::Error> {
    let connection = connect(path)?;
    let mut statement = connection.prepare("select coalesce(region, '') from contact")?;
    let mut rows = statement.query([])?;
    let mut counts: HashMap<String, u64> = HashMap::new();
    while let Some(row) = rows.next()? {
        let region = row.get_ref(0)?.as_str()?;
        match counts.get_mut(region) {
            Some(n) => *n += 1,
            None => drop(counts.insert(region.to_owned(), 1)),
        }
    }
    Ok(counts.into_iter().map(|(region, n)| ((region, None), n)).collect())
}

fn id(bytes: &[u8]) -> Result<ContactId, LoadError> {
    ContactId::from_bytes(bytes).ok_or(LoadError::Value { column: "contact_id" })
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
