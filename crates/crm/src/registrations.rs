//! How many contacts stand where: what reports count.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use jiff::Timestamp;
use model::{Answer, ConsentState, ContactId, Registration, Segment};
use phone::PREFIX_DIGITS;
use smallvec::SmallVec;
use sqlx::{FromRow, PgPool};
use tokio::task::spawn_blocking;

use crate::evidence::{EvidenceRow, SELECT_EVIDENCE};
use crate::loading::connect;
use crate::queries::{PAGE, count, id};
use crate::{Crm, LoadError};

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
    /// Of those that are ready, how many have consent to WhatsApp on record.
    pub ready_with_consent: u64,
}

const BRIEF: &str =
    "select contact_id, e164, region, consent, source_rows, whatsapp_consent from contact order by contact_id";
const BRIEF_AFTER: &str = "select contact_id, e164, region, consent, source_rows, whatsapp_consent from contact \
    where contact_id > $1 order by contact_id limit $2";
const REGIONS: &str = "select coalesce(region, '') from contact";
const COUNTED_REGIONS: &str = "select coalesce(region, ''), count(*) from contact group by 1";
const COUNT: &str = "count the contacts";

/// What is counted of a contact.
struct Brief<'a> {
    e164: Option<&'a str>,
    region: Option<&'a str>,
    consent: Option<&'a str>,
    whatsapp_consent: Option<&'a str>,
    source_rows: &'a str,
    is_suppressed: bool,
}

#[derive(FromRow)]
struct BriefRow {
    contact_id: Vec<u8>,
    e164: Option<String>,
    region: Option<String>,
    consent: Option<String>,
    source_rows: String,
    whatsapp_consent: Option<String>,
}

impl Crm {
    /// How many contacts stand where at the moment `now`.
    pub async fn registrations(&self, now: Timestamp) -> Result<Registrations, LoadError> {
        // Looking for the evidence of every contact takes its time, so it is done only where there is some.
        let has_evidence = self.has_evidence().await?;
        let suppressed = self.suppressed().await?;
        match self {
            // SQLite sorts all rows to group them, which takes ten times as long as to read them; and `sqlx` takes as long
            // again to hand them over one by one.
            Self::Sqlite(pool) => {
                let path = pool.connect_options().get_filename().to_owned();
                let counted = spawn_blocking(move || match has_evidence {
                    true => count_on_disk(&path, &suppressed, now),
                    false => regions(&path).map_err(LoadError::statement(COUNT)),
                });
                counted.await.map_err(|_| LoadError::query(COUNT)(sqlx::Error::WorkerCrashed))?
            }
            Self::Postgres(pool) if has_evidence => self.count_by_pages(pool, &suppressed, now).await,
            Self::Postgres(pool) => {
                let rows: Vec<(String, i64)> =
                    sqlx::query_as(COUNTED_REGIONS).fetch_all(pool).await.map_err(LoadError::query(COUNT))?;
                let countries = rows.into_iter().map(|(region, n)| ((region, None), count(n))).collect();
                Ok(Registrations { countries, ..Registrations::default() })
            }
        }
    }

    async fn count_by_pages(
        &self,
        pool: &PgPool,
        suppressed: &HashSet<ContactId>,
        now: Timestamp,
    ) -> Result<Registrations, LoadError> {
        let mut counting = Counting::default();
        let mut after = Vec::new();
        loop {
            let page: Vec<BriefRow> = sqlx::query_as(BRIEF_AFTER)
                .bind(&after)
                .bind(PAGE)
                .fetch_all(pool)
                .await
                .map_err(LoadError::query(COUNT))?;
            let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(counting.registrations()) };
            let (first, last) = (id(&first.contact_id)?, id(&last.contact_id)?);
            let evidence = self.evidence_between(first, last).await?;
            after = last.0.to_vec();
            for row in &page {
                let contact = id(&row.contact_id)?;
                let evidence = evidence.get(&contact).map_or(&[][..], Vec::as_slice);
                counting.add(&row.brief(suppressed.contains(&contact)), Registration::of(evidence, now));
            }
        }
    }
}

impl BriefRow {
    fn brief(&self, is_suppressed: bool) -> Brief<'_> {
        Brief {
            e164: self.e164.as_deref(),
            region: self.region.as_deref(),
            consent: self.consent.as_deref(),
            whatsapp_consent: self.whatsapp_consent.as_deref(),
            source_rows: &self.source_rows,
            is_suppressed,
        }
    }
}

/// Counts of contacts by a group and what is believed of them.
#[derive(Default)]
struct Counts(BTreeMap<Option<Answer>, HashMap<String, u64>>);

impl Counts {
    fn add(&mut self, group: &str, answer: Option<Answer>) {
        let counts = self.0.entry(answer).or_default();
        match counts.get_mut(group) {
            Some(n) => *n += 1,
            None => drop(counts.insert(group.to_owned(), 1)),
        }
    }

    fn tally(self) -> Tally {
        let of_answer = |(answer, counts): (Option<Answer>, HashMap<String, u64>)| {
            counts.into_iter().map(move |(group, n)| ((group, answer), n))
        };
        self.0.into_iter().flat_map(of_answer).collect()
    }
}

/// [`Registrations`] while they are being counted.
#[derive(Default)]
struct Counting {
    countries: Counts,
    prefixes: Counts,
    sources: Counts,
    segments: BTreeMap<Segment, u64>,
    ready_with_consent: u64,
}

impl Counting {
    fn add(&mut self, brief: &Brief, registration: Option<Registration>) {
        let answer = registration.map(|it| it.answer);
        let consent = brief.consent.and_then(ConsentState::from_name);
        let segment = Segment::of(consent, brief.is_suppressed, answer);
        *self.segments.entry(segment).or_default() += 1;
        if segment == Segment::Ready && brief.whatsapp_consent == Some(ConsentState::Yes.name()) {
            self.ready_with_consent += 1;
        }
        self.countries.add(brief.region.unwrap_or_default(), answer);
        if let Some(prefix) = brief.e164.and_then(|it| it.get(..=PREFIX_DIGITS)) {
            self.prefixes.add(prefix, answer);
        }
        let mut counted: SmallVec<[&str; 4]> = SmallVec::new();
        for row in brief.source_rows.split(' ') {
            let row = row.rsplit_once('/').map_or(row, |it| it.1);
            let source = row.split_once(':').map_or(row, |it| it.0);
            if !counted.contains(&source) {
                counted.push(source);
                self.sources.add(source, answer);
            }
        }
    }

    fn registrations(self) -> Registrations {
        Registrations {
            countries: self.countries.tally(),
            prefixes: self.prefixes.tally(),
            sources: self.sources.tally(),
            segments: self.segments,
            ready_with_consent: self.ready_with_consent,
        }
    }
}

fn regions(path: &Path) -> Result<Registrations, rusqlite::Error> {
    let connection = connect(path)?;
    let mut statement = connection.prepare(REGIONS)?;
    let mut rows = statement.query([])?;
    let mut counts = Counts::default();
    while let Some(row) = rows.next()? {
        counts.add(row.get_ref(0)?.as_str()?, None);
    }
    Ok(Registrations { countries: counts.tally(), ..Registrations::default() })
}

/// Goes through contacts and evidence side by side: both stand in the order of the contacts' ids.
fn count_on_disk(path: &Path, suppressed: &HashSet<ContactId>, now: Timestamp) -> Result<Registrations, LoadError> {
    let failed = LoadError::statement(COUNT);
    let connection = connect(path).map_err(&failed)?;
    let mut contacts = connection.prepare(BRIEF).map_err(&failed)?;
    let mut contacts = contacts.query([]).map_err(&failed)?;
    let all = format!("{SELECT_EVIDENCE} order by contact_id");
    let mut all = connection.prepare(&all).map_err(&failed)?;
    let mut all = all.query_map([], EvidenceRow::read).map_err(&failed)?;
    let mut next_evidence = || all.next().transpose().map_err(&failed)?.map(EvidenceRow::evidence).transpose();
    let mut next = next_evidence()?;
    let (mut evidence, mut counting) = (Vec::new(), Counting::default());
    while let Some(row) = contacts.next().map_err(&failed)? {
        let id = id(row.get_ref(0).and_then(|it| Ok(it.as_blob()?)).map_err(&failed)?)?;
        evidence.clear();
        while let Some(it) = next.take_if(|it| it.contact_id <= id) {
            // Of contacts who are no longer there evidence may be left.
            if it.contact_id == id {
                evidence.push(it);
            }
            next = next_evidence()?;
        }
        let text = |column| row.get_ref(column).and_then(|it| Ok(it.as_str_or_null()?)).map_err(&failed);
        let brief = Brief {
            e164: text(1)?,
            region: text(2)?,
            consent: text(3)?,
            source_rows: text(4)?.unwrap_or_default(),
            whatsapp_consent: text(5)?,
            is_suppressed: suppressed.contains(&id),
        };
        counting.add(&brief, Registration::of(&evidence, now));
    }
    Ok(counting.registrations())
}
