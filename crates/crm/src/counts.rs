//! Counts of contacts by their state, for reports.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use model::{Answer, Channel, ConsentState, ContactId, Registration, Segment};
use phone::PREFIX_DIGITS;
use smallvec::SmallVec;
use tokio::task::spawn_blocking;

use crate::evidence::{EVIDENCE, read_evidence};
use crate::export::PAGE;
use crate::sql::sqlite::{each, merge_join};
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
    pub segments: BTreeMap<Segment, u64>,
    /// How many of the ready contacts have consent to WhatsApp on record.
    pub ready_with_consent: u64,
    /// How many contacts have consent to WhatsApp on record and can be messaged: no refusal holds, nothing is unclear.
    pub with_consent: u64,
    /// How many of the undecided contacts have a phone: only they can be checked.
    pub undecided_with_phone: u64,
    pub channels: ChannelOverlap,
    /// Contacts by the first day of the month of their last contact; none for contacts without a date.
    pub last_contact: BTreeMap<Option<Date>, u64>,
    /// The causes of the segment `unclear`, the most common first. A contact can have several.
    pub unclear: Vec<UnclearCause>,
}

impl Registrations {
    /// Returns how many contacts are in a segment.
    pub fn people_in(&self, segment: Segment) -> u64 {
        self.segments.get(&segment).copied().unwrap_or(0)
    }

    /// Returns how many contacts are on WhatsApp, without a refusal and without consent to WhatsApp.
    pub fn can_be_invited(&self) -> u64 {
        self.people_in(Segment::Ready) - self.ready_with_consent
    }
}

/// Contacts by the channels that they are known on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelOverlap {
    pub sms_only: u64,
    pub viber_only: u64,
    pub both: u64,
}

/// Why contacts are unclear, and how many are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnclearCause {
    /// The kind of value that could not be read, such as `unreadable date`; empty for words about consent.
    pub unreadable: String,
    pub contacts: u64,
}

const COUNT: &str = "count the contacts";
/// The columns of [`Brief`], in their order.
const BRIEF: &str =
    "select contact_id, e164, region, consent, whatsapp_consent, source_rows, channels, last_at from contact";
/// The same without what is counted only of checked contacts.
const UNCHECKED: &str =
    "select contact_id, null, region, consent, whatsapp_consent, null, channels, last_at from contact";
/// The same columns in groups, for contacts of which none was ever checked, and the days of their last contact. Both in one
/// statement would make PostgreSQL sort all contacts, which takes three times as long.
const GROUPS: &str = "select region, consent, whatsapp_consent, channels, \
    case when contact_id in (select contact_id from suppressed) then cast(1 as bigint) else cast(0 as bigint) end, \
    count(*) from contact group by 1, 2, 3, 4, 5";
const DAYS: &str = "select last_at / 86400000000, count(*) from contact group by 1";
const UNCLEAR: &str = "select case consent.basis when 'unreadable' then consent.words else '' end, \
    count(distinct consent.contact_id) as n from consent join contact on contact.contact_id = consent.contact_id \
    where consent.state = 'unclear' and contact.consent = 'unclear' \
    and contact.contact_id not in (select contact_id from suppressed) group by 1 order by n desc, 1";
const MICROS_A_DAY: i64 = 86_400_000_000;

impl Crm {
    /// Counts the contacts by their state at the moment `now`.
    pub async fn registrations(&self, now: Timestamp) -> Result<Registrations, LoadError> {
        let is_checked = self.has_evidence().await?;
        let suppressed = self.suppressed().await?;
        let mut counted = match &self.0 {
            Database::Sqlite(sqlite) => {
                let path = Arc::clone(&sqlite.path);
                let counted = spawn_blocking(move || counted_in_file(&path, is_checked, &suppressed, now));
                counted.await.unwrap_or(Err(SqlError::Thread)).map_err(|it| it.doing(COUNT))?
            }
            Database::Postgres(_) if is_checked => self.counted_by_pages(suppressed, now).await?,
            Database::Postgres(_) => self.counted_by_groups().await?,
        };
        if counted.segments.contains_key(&Segment::Unclear) {
            let cause = |it: &dyn Row| Ok(UnclearCause { unreadable: it.text(0)?, contacts: it.count(1)? });
            counted.unclear = self.select("count unclear contacts", UNCLEAR, &[], cause).await?;
        }
        Ok(counted)
    }

    /// PostgreSQL groups contacts in less time than it takes to send them.
    async fn counted_by_groups(&self) -> Result<Registrations, LoadError> {
        let mut counting = Counting::default();
        for group in self.select(COUNT, GROUPS, &[], Group::read).await? {
            counting.add(&group.brief(), None, group.n);
        }
        let days = self.select(COUNT, DAYS, &[], |it| Ok((it.opt_int(0)?, it.count(1)?))).await?;
        counting.last_days = days.into_iter().collect();
        Ok(counting.registrations())
    }

    async fn counted_by_pages(
        &self,
        suppressed: HashSet<ContactId>,
        now: Timestamp,
    ) -> Result<Registrations, LoadError> {
        let select = format!("{BRIEF} where contact_id > $1 order by contact_id limit $2");
        let mut counting = Counting { is_checked: true, ..Counting::default() };
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
                let answer = Registration::of(evidence, now).map(|it| it.answer);
                counting.add(&row.brief(suppressed.contains(&row.id)), answer, 1);
            }
        }
    }
}

/// Counts the contacts of a SQLite database on a connection of its own: the indexes are made meanwhile. SQLite sorts all
/// rows to group them, which takes ten times as long as reading them, so they are counted here.
fn counted_in_file(
    path: &Path,
    is_checked: bool,
    suppressed: &HashSet<ContactId>,
    now: Timestamp,
) -> Result<Registrations, SqlError> {
    let mut counting = Counting { is_checked, ..Counting::default() };
    if is_checked {
        let brief = format!("{BRIEF} order by contact_id");
        let evidence = EVIDENCE.select() + " order by contact_id";
        merge_join(path, [&brief, &evidence], read_evidence, |row, evidence| {
            counting.add_row(row, suppressed, Registration::of(evidence, now).map(|it| it.answer))
        })?;
    } else {
        each(path, UNCHECKED, |row| counting.add_row(row, suppressed, None))?;
    }
    Ok(counting.registrations())
}

/// The columns of a contact that are counted.
struct Brief<'a> {
    e164: Option<&'a str>,
    region: Option<&'a str>,
    consent: Option<&'a str>,
    whatsapp_consent: Option<&'a str>,
    source_rows: &'a str,
    channels: &'a str,
    /// The day of the last contact, counted from 1970.
    last_day: Option<i64>,
    is_suppressed: bool,
}

struct BriefRow {
    id: ContactId,
    texts: [Option<String>; 6],
    last_at: Option<i64>,
}

impl BriefRow {
    fn read(row: &dyn Row) -> Result<Self, LoadError> {
        let text = |n| row.opt_text(n);
        let texts = [text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?];
        Ok(Self { id: row.contact_id(0)?, texts, last_at: row.opt_int(7)? })
    }

    fn brief(&self, is_suppressed: bool) -> Brief<'_> {
        Brief::of(self.texts.each_ref().map(Option::as_deref), self.last_at, is_suppressed)
    }
}

/// A row of [`GROUPS`].
struct Group {
    texts: [Option<String>; 4],
    is_suppressed: bool,
    n: u64,
}

impl Group {
    fn read(row: &dyn Row) -> Result<Self, LoadError> {
        let texts = [row.opt_text(0)?, row.opt_text(1)?, row.opt_text(2)?, row.opt_text(3)?];
        Ok(Self { texts, is_suppressed: row.int(4)? == 1, n: row.count(5)? })
    }

    fn brief(&self) -> Brief<'_> {
        let [region, consent, whatsapp_consent, channels] = self.texts.each_ref().map(Option::as_deref);
        Brief::of([None, region, consent, whatsapp_consent, None, channels], None, self.is_suppressed)
    }
}

impl<'a> Brief<'a> {
    /// Takes the texts of [`BRIEF`] in their order.
    fn of(texts: [Option<&'a str>; 6], last_at: Option<i64>, is_suppressed: bool) -> Self {
        let [e164, region, consent, whatsapp_consent, source_rows, channels] = texts;
        let (source_rows, channels) = (source_rows.unwrap_or_default(), channels.unwrap_or_default());
        let last_day = last_at.map(|it| it / MICROS_A_DAY);
        Self { e164, region, consent, whatsapp_consent, source_rows, channels, last_day, is_suppressed }
    }
}

/// Counts of contacts by a group and what is known of them.
#[derive(Default)]
struct Counts(BTreeMap<Option<Answer>, HashMap<String, u64>>);

impl Counts {
    fn add(&mut self, group: &str, answer: Option<Answer>, n: u64) {
        let counts = self.0.entry(answer).or_default();
        match counts.get_mut(group) {
            Some(count) => *count += n,
            None => drop(counts.insert(group.to_owned(), n)),
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
    /// Whether any contact was ever checked.
    is_checked: bool,
    countries: Counts,
    prefixes: Counts,
    sources: Counts,
    segments: BTreeMap<Segment, u64>,
    ready_with_consent: u64,
    with_consent: u64,
    undecided_with_phone: u64,
    channels: ChannelOverlap,
    last_days: HashMap<Option<i64>, u64>,
}

impl Counting {
    /// Counts a row of [`BRIEF`] without copying its texts.
    fn add_row(
        &mut self,
        row: &dyn Row,
        suppressed: &HashSet<ContactId>,
        answer: Option<Answer>,
    ) -> Result<(), LoadError> {
        let text = |n| row.cell(n, Type::Text);
        let texts = [text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?];
        let texts = texts.each_ref().map(|it| it.text().flatten());
        let last_at = row.cell(7, Type::Time)?.int().flatten();
        self.add(&Brief::of(texts, last_at, suppressed.contains(&row.contact_id(0)?)), answer, 1);
        Ok(())
    }

    /// Counts `n` contacts that are the same in all that is counted.
    fn add(&mut self, brief: &Brief, answer: Option<Answer>, n: u64) {
        let consent = brief.consent.and_then(ConsentState::from_name);
        let segment = Segment::of(consent, brief.is_suppressed, answer);
        *self.segments.entry(segment).or_default() += n;
        if segment.can_be_chosen() && brief.whatsapp_consent == Some(ConsentState::Yes.name()) {
            self.with_consent += n;
            self.ready_with_consent += if segment == Segment::Ready { n } else { 0 };
        }
        self.undecided_with_phone += if segment == Segment::Undecided && brief.region.is_some() { n } else { 0 };
        self.countries.add(brief.region.unwrap_or_default(), answer, n);
        *self.last_days.entry(brief.last_day).or_default() += n;
        match (brief.channels.contains(Channel::Sms.name()), brief.channels.contains(Channel::Viber.name())) {
            (true, true) => self.channels.both += n,
            (true, false) => self.channels.sms_only += n,
            (false, true) => self.channels.viber_only += n,
            (false, false) => {}
        }
        if self.is_checked {
            self.add_groups(brief, answer, n);
        }
    }

    fn add_groups(&mut self, brief: &Brief, answer: Option<Answer>, n: u64) {
        if let Some(prefix) = brief.e164.and_then(|it| it.get(..=PREFIX_DIGITS)) {
            self.prefixes.add(prefix, answer, n);
        }
        let mut counted: SmallVec<[&str; 4]> = SmallVec::new();
        for row in brief.source_rows.split(' ') {
            let row = row.rsplit_once('/').map_or(row, |it| it.1);
            let source = row.split_once(':').map_or(row, |it| it.0);
            if !counted.contains(&source) {
                counted.push(source);
                self.sources.add(source, answer, n);
            }
        }
    }

    fn registrations(self) -> Registrations {
        let mut last_contact = BTreeMap::new();
        for (day, n) in self.last_days {
            *last_contact.entry(day.and_then(month_of)).or_default() += n;
        }
        Registrations {
            countries: self.countries.tally(),
            prefixes: self.prefixes.tally(),
            sources: self.sources.tally(),
            segments: self.segments,
            ready_with_consent: self.ready_with_consent,
            with_consent: self.with_consent,
            undecided_with_phone: self.undecided_with_phone,
            channels: self.channels,
            last_contact,
            unclear: Vec::new(),
        }
    }
}

/// Returns the first day of the month of a day that is counted from 1970.
fn month_of(day: i64) -> Option<Date> {
    let at = Timestamp::from_microsecond(day.checked_mul(MICROS_A_DAY)?).ok()?;
    Some(Offset::UTC.to_datetime(at).date().first_of_month())
}
