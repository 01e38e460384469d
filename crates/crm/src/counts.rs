//! Counts of contacts by their state, for reports.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use model::{Answer, ConsentState, ContactId, Registration, Segment};
use phone::PREFIX_DIGITS;
use smallvec::SmallVec;
use tokio::task::spawn_blocking;

use crate::evidence::{EVIDENCE, read_evidence};
use crate::export::PAGE;
use crate::sql::sqlite::merge_join;
use crate::sql::{Cell, Row, Type};
use crate::{Crm, Database, LoadError, SqlError};

/// Contacts by a group and what is known of them; none if no one has asked.
pub type Tally = BTreeMap<(String, Option<Answer>), u64>;

/// Counts of contacts by their state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registrations {
    /// The country is empty for contacts without a phone.
    pub countries: Tally,
    /// Contacts by the first digits of the number: country and network. Empty if no contact was ever checked.
    pub prefixes: Tally,
    /// Contacts by the source of their rows; a contact of two sources counts in both. Empty if none was ever checked.
    pub sources: Tally,
    /// Empty if no contact was ever checked.
    pub segments: BTreeMap<Segment, u64>,
    /// How many of the ready contacts have consent to WhatsApp on record.
    pub ready_with_consent: u64,
    /// How many contacts have refused on at least one channel, also if none was ever checked.
    pub opted_out: u64,
}

const COUNT: &str = "count the contacts";
/// The columns of [`Brief`], in their order.
const BRIEF: &str = "select contact_id, e164, region, consent, whatsapp_consent, source_rows from contact";
const REGIONS: &str = "select coalesce(region, ''), count(*), count(*) filter (where consent in ('no', 'stop')) \
                       from contact group by 1";

impl Crm {
    /// Counts the contacts by their state at the moment `now`.
    pub async fn registrations(&self, now: Timestamp) -> Result<Registrations, LoadError> {
        if !self.has_evidence().await? {
            return self.counted_regions().await;
        }
        let suppressed = self.suppressed().await?;
        match &self.0 {
            Database::Sqlite(sqlite) => {
                let path = Arc::clone(&sqlite.path);
                let brief = format!("{BRIEF} order by contact_id");
                let evidence = EVIDENCE.select() + " order by contact_id";
                let counted = spawn_blocking(move || {
                    let mut counting = Counting::default();
                    merge_join(&path, [&brief, &evidence], read_evidence, |row, evidence| {
                        counting.add_row(row, &suppressed, Registration::of(evidence, now))
                    })?;
                    Ok(counting.registrations())
                });
                counted.await.unwrap_or(Err(SqlError::Thread)).map_err(|it| it.doing(COUNT))
            }
            Database::Postgres(_) => self.counted_by_pages(suppressed, now).await,
        }
    }

    /// SQLite sorts all rows to group them, which takes ten times as long as reading them, so they are counted here.
    /// That needs a connection of its own: the indexes are made meanwhile.
    async fn counted_regions(&self) -> Result<Registrations, LoadError> {
        let (countries, opted_out) = match &self.0 {
            Database::Sqlite(sqlite) => {
                let path = Arc::clone(&sqlite.path);
                let counted = spawn_blocking(move || {
                    let (mut counts, mut opted_out) = (Counts::default(), 0);
                    crate::sql::sqlite::each(&path, "select coalesce(region, ''), consent from contact", |row| {
                        let [region, consent] = [row.cell(0, Type::Text)?, row.cell(1, Type::Text)?];
                        counts.add(region.text().flatten().unwrap_or_default(), None);
                        let consent = consent.text().flatten().and_then(ConsentState::from_name);
                        opted_out += u64::from(Segment::of(consent, false, None) == Segment::OptedOut);
                        Ok(())
                    })?;
                    Ok((counts.tally(), opted_out))
                });
                counted.await.unwrap_or(Err(SqlError::Thread)).map_err(|it| it.doing(COUNT))?
            }
            Database::Postgres(_) => {
                let read = |it: &dyn Row| Ok((((it.text(0)?, None), it.count(1)?), it.count(2)?));
                let counted = self.select(COUNT, REGIONS, &[], read).await?;
                let opted_out = counted.iter().map(|it| it.1).sum();
                (counted.into_iter().map(|it| it.0).collect(), opted_out)
            }
        };
        Ok(Registrations { countries, opted_out, ..Registrations::default() })
    }

    async fn counted_by_pages(
        &self,
        suppressed: HashSet<ContactId>,
        now: Timestamp,
    ) -> Result<Registrations, LoadError> {
        let select = format!("{BRIEF} where contact_id > $1 order by contact_id limit $2");
        let mut counting = Counting::default();
        let mut after = Vec::new();
        loop {
            let page: [Cell; 2] = [after.as_slice().into(), PAGE.into()];
            let page = self.select(COUNT, &select, &page, BriefRow::read).await?;
            let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(counting.registrations()) };
            let (first, last) = (first.id, last.id);
            let evidence = self.evidence_between(first, last).await?;
            after = last.0.to_vec();
            for row in &page {
                let evidence = evidence.get(&row.id).map_or(&[][..], Vec::as_slice);
                counting.add(&row.brief(suppressed.contains(&row.id)), Registration::of(evidence, now));
            }
        }
    }
}

/// The columns of a contact that are counted.
struct Brief<'a> {
    e164: Option<&'a str>,
    region: Option<&'a str>,
    consent: Option<&'a str>,
    whatsapp_consent: Option<&'a str>,
    source_rows: &'a str,
    is_suppressed: bool,
}

struct BriefRow {
    id: ContactId,
    texts: [Option<String>; 4],
    source_rows: String,
}

impl BriefRow {
    fn read(row: &dyn Row) -> Result<Self, LoadError> {
        let texts = [row.opt_text(1)?, row.opt_text(2)?, row.opt_text(3)?, row.opt_text(4)?];
        Ok(Self { id: row.contact_id(0)?, texts, source_rows: row.text(5)? })
    }

    fn brief(&self, is_suppressed: bool) -> Brief<'_> {
        let [e164, region, consent, whatsapp_consent] = self.texts.each_ref().map(Option::as_deref);
        Brief { e164, region, consent, whatsapp_consent, source_rows: &self.source_rows, is_suppressed }
    }
}

/// Counts of contacts by a group and what is known of them.
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
    /// Counts a row of [`BRIEF`] without copying its texts.
    fn add_row(
        &mut self,
        row: &dyn Row,
        suppressed: &HashSet<ContactId>,
        registration: Option<Registration>,
    ) -> Result<(), LoadError> {
        let text = |n| row.cell(n, Type::Text);
        let texts = [text(1)?, text(2)?, text(3)?, text(4)?, text(5)?];
        let [e164, region, consent, whatsapp_consent, source_rows] = texts.each_ref().map(|it| it.text().flatten());
        let is_suppressed = suppressed.contains(&row.contact_id(0)?);
        let source_rows = source_rows.unwrap_or_default();
        self.add(&Brief { e164, region, consent, whatsapp_consent, source_rows, is_suppressed }, registration);
        Ok(())
    }

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
            opted_out: self.segments.get(&Segment::OptedOut).copied().unwrap_or(0),
            countries: self.countries.tally(),
            prefixes: self.prefixes.tally(),
            sources: self.sources.tally(),
            segments: self.segments,
            ready_with_consent: self.ready_with_consent,
        }
    }
}
