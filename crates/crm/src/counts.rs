//! Counts of contacts by their state, for reports.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use model::{
    Answer, Basis, Channel, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, ContactId, Personal,
    Registration, RowName, RunMark, SaidAt, Segment, Statement, WordingName,
};
use phone::PREFIX_DIGITS;
use smallvec::SmallVec;
use tokio::task::spawn_blocking;

use crate::evidence::{EVIDENCE, read_evidence};
use crate::export::PAGE;
use crate::kept_out::PeopleKeptOut;
use crate::sql::sqlite::merge_join;
use crate::sql::{Cell, Row, Type};
use crate::statements::ConsentRules;
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
    /// How many of these may not be sent marketing for it: the consent has no wording that names it, or no date.
    pub ready_without_proof: u64,
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
const BRIEF: &str = "select contact_id, e164, region, source_rows, channels, last_at from contact";
/// The columns that [`read_brief_statement`] reads, in their order. Words matter only where they name what could not be
/// read, and where they say which answer a decision is about.
const SAID: &str = "select contact_id, statement_id, channel, purpose, state, said_from, said_until, basis, \
    case when basis = 'review' or state = 'unclear' then words else '' end, first_run_at, wording, wording_version \
    from consent_held";
const MICROS_A_DAY: i64 = 86_400_000_000;

impl Crm {
    /// Counts the contacts by their state at the moment `now`.
    pub async fn registrations(&self, now: Timestamp) -> Result<Registrations, LoadError> {
        let is_checked = self.has_evidence().await?;
        let kept_out = self.people_kept_out().await?;
        let rules = self.reader(COUNT).await?.consent_rules().await?;
        let counting = Counting { is_checked, kept_out, rules, ..Counting::default() };
        match &self.0 {
            Database::Sqlite(sqlite) => {
                let path = Arc::clone(&sqlite.path);
                let counted = spawn_blocking(move || counted_in_file(&path, counting, now));
                counted.await.unwrap_or(Err(SqlError::Thread)).map_err(|it| it.doing(COUNT))
            }
            Database::Postgres(_) => self.counted_by_pages(counting, now).await,
        }
    }

    async fn counted_by_pages(&self, mut counting: Counting, now: Timestamp) -> Result<Registrations, LoadError> {
        let select = format!("{BRIEF} where contact_id > $1 order by contact_id limit $2");
        let said = format!("{SAID} where contact_id >= $1 and contact_id <= $2");
        let mut after = Vec::new();
        loop {
            let page: [Cell; 2] = [after.as_slice().into(), PAGE.into()];
            let page = self.select(COUNT, &select, &page, BriefRow::read).await?;
            let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(counting.registrations()) };
            let (first, last) = (first.id, last.id);
            let evidence = match counting.is_checked {
                true => self.evidence_between(first, last).await?,
                false => HashMap::new(),
            };
            let mut statements: HashMap<ContactId, Vec<Statement>> = HashMap::new();
            let between: [Cell; 2] = [(&first).into(), (&last).into()];
            let read = |it: &dyn Row| Ok((it.contact_id(0)?, read_brief_statement(it)?));
            for (id, statement) in self.select(COUNT, &said, &between, read).await? {
                statements.entry(id).or_default().push(statement);
            }
            after = last.0.to_vec();
            for row in &page {
                let evidence = evidence.get(&row.id).map_or(&[][..], Vec::as_slice);
                let statements = statements.get(&row.id).map_or(&[][..], Vec::as_slice);
                counting.add(row.id, &row.brief(), statements, Registration::of(evidence, now).map(|it| it.answer));
            }
        }
    }
}

/// Counts the contacts of a SQLite database on a connection of its own: the indexes are made meanwhile. SQLite sorts all
/// rows to group them, which takes ten times as long as reading them, so they are counted here.
fn counted_in_file(path: &Path, mut counting: Counting, now: Timestamp) -> Result<Registrations, SqlError> {
    let brief = format!("{BRIEF} order by contact_id");
    let said = format!("{SAID} order by contact_id");
    let evidence = EVIDENCE.select() + " order by contact_id";
    merge_join(
        path,
        [&brief, &said, &evidence],
        (read_brief_statement, read_evidence),
        |row, statements, evidence| {
            let answer = Registration::of(evidence, now).map(|it| it.answer);
            counting.add_row(row, statements, answer)
        },
    )?;
    Ok(counting.registrations())
}

/// The row and run of statements that are only counted.
static NONE: LazyLock<RowName> = LazyLock::new(|| "".into());

/// Reads what counting needs of a statement: a row of [`SAID`].
fn read_brief_statement(row: &dyn Row) -> Result<Statement, LoadError> {
    let wording = row.opt_text(10)?.zip(row.opt_text(11)?).map(|(name, version)| WordingName { name, version });
    let basis = row.word(7, Basis::from_name)?;
    // Of blocks that were said at once, the greater id counts.
    let foreign_id = (basis == Basis::Platform).then(|| row.int(1)).transpose()?;
    let record = ConsentRecord { wording, foreign_id, ..ConsentRecord::default() };
    Ok(Statement {
        channel: row.word(2, ConsentChannel::from_name)?,
        purpose: row.word(3, ConsentPurpose::from_name)?,
        state: row.word(4, ConsentState::from_name)?,
        at: row.opt_time(5)?.zip(row.opt_time(6)?).map(|(from, until)| SaidAt { from, until }),
        basis,
        words: Personal(row.text(8)?),
        row: RowName::clone(&NONE),
        first_run: RunMark { id: RowName::clone(&NONE), started_at: row.time(9)? },
        record: (record != ConsentRecord::default()).then(|| Box::new(record)),
    })
}

/// The columns of a contact that are counted.
struct Brief<'a> {
    e164: Option<&'a str>,
    region: Option<&'a str>,
    source_rows: &'a str,
    channels: &'a str,
    /// The day of the last contact, counted from 1970.
    last_day: Option<i64>,
}

struct BriefRow {
    id: ContactId,
    texts: [Option<String>; 4],
    last_at: Option<i64>,
}

impl BriefRow {
    fn read(row: &dyn Row) -> Result<Self, LoadError> {
        let text = |n| row.opt_text(n);
        let texts = [text(1)?, text(2)?, text(3)?, text(4)?];
        Ok(Self { id: row.contact_id(0)?, texts, last_at: row.opt_int(5)? })
    }

    fn brief(&self) -> Brief<'_> {
        Brief::of(self.texts.each_ref().map(Option::as_deref), self.last_at)
    }
}

impl<'a> Brief<'a> {
    /// Takes the texts of [`BRIEF`] in their order.
    fn of([e164, region, source_rows, channels]: [Option<&'a str>; 4], last_at: Option<i64>) -> Self {
        let (source_rows, channels) = (source_rows.unwrap_or_default(), channels.unwrap_or_default());
        Self { e164, region, source_rows, channels, last_day: last_at.map(|it| it / MICROS_A_DAY) }
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
    ready_without_proof: u64,
    with_consent: u64,
    undecided_with_phone: u64,
    channels: ChannelOverlap,
    last_days: HashMap<Option<i64>, u64>,
    unclear: BTreeMap<String, u64>,
    kept_out: PeopleKeptOut,
    rules: ConsentRules,
}

impl Counting {
    /// Counts a row of [`BRIEF`] without copying its texts.
    fn add_row(&mut self, row: &dyn Row, statements: &[Statement], answer: Option<Answer>) -> Result<(), LoadError> {
        let text = |n| row.cell(n, Type::Text);
        let texts = [text(1)?, text(2)?, text(3)?, text(4)?];
        let texts = texts.each_ref().map(|it| it.text().flatten());
        let last_at = row.cell(5, Type::Time)?.int().flatten();
        self.add(row.contact_id(0)?, &Brief::of(texts, last_at), statements, answer);
        Ok(())
    }

    fn add(&mut self, id: ContactId, brief: &Brief, statements: &[Statement], answer: Option<Answer>) {
        let consent = consent::for_messages(self.rules.rule, statements).map(|it| statements[it].state);
        let segment = Segment::of(consent, self.kept_out.of(id), answer);
        *self.segments.entry(segment).or_default() += 1;
        if segment.can_be_chosen() && self.has_consented(statements) {
            self.with_consent += 1;
            self.ready_with_consent += u64::from(segment == Segment::Ready);
            self.ready_without_proof += u64::from(segment == Segment::Ready && !self.may_be_sent(statements));
        }
        if segment == Segment::Unclear {
            self.add_causes(statements);
        }
        self.undecided_with_phone += u64::from(segment == Segment::Undecided && brief.region.is_some());
        self.countries.add(brief.region.unwrap_or_default(), answer, 1);
        *self.last_days.entry(brief.last_day).or_default() += 1;
        match (brief.channels.contains(Channel::Sms.name()), brief.channels.contains(Channel::Viber.name())) {
            (true, true) => self.channels.both += 1,
            (true, false) => self.channels.sms_only += 1,
            (false, true) => self.channels.viber_only += 1,
            (false, false) => {}
        }
        if self.is_checked {
            self.add_groups(brief, answer, 1);
        }
    }

    fn has_consented(&self, statements: &[Statement]) -> bool {
        let counts = consent::for_whatsapp(self.rules.rule, &self.rules.wordings, statements);
        counts.is_some_and(|it| statements[it].state == ConsentState::Yes)
    }

    /// Whether the contact may be sent marketing by WhatsApp.
    fn may_be_sent(&self, statements: &[Statement]) -> bool {
        let ConsentRules { rule, wordings } = &self.rules;
        let (channel, purpose) = (ConsentChannel::Whatsapp, ConsentPurpose::Marketing);
        let counts = consent::for_purpose(*rule, wordings, statements, channel, purpose);
        counts.is_some_and(|it| statements[it].state == ConsentState::Yes)
    }

    /// Counts why a contact is unclear, each cause once.
    fn add_causes(&mut self, statements: &[Statement]) {
        let unclear = statements.iter().filter(|it| it.state == ConsentState::Unclear);
        let cause = |it: &'_ Statement| if it.basis == Basis::Unreadable { it.words.0.clone() } else { String::new() };
        for cause in unclear.map(cause).collect::<BTreeSet<_>>() {
            *self.unclear.entry(cause).or_default() += 1;
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
        let cause = |(unreadable, contacts)| UnclearCause { unreadable, contacts };
        let mut unclear: Vec<UnclearCause> = self.unclear.into_iter().map(cause).collect();
        unclear.sort_by_key(|it| Reverse(it.contacts));
        Registrations {
            countries: self.countries.tally(),
            prefixes: self.prefixes.tally(),
            sources: self.sources.tally(),
            segments: self.segments,
            ready_with_consent: self.ready_with_consent,
            ready_without_proof: self.ready_without_proof,
            with_consent: self.with_consent,
            undecided_with_phone: self.undecided_with_phone,
            channels: self.channels,
            last_contact,
            unclear,
        }
    }
}

/// Returns the first day of the month of a day that is counted from 1970.
fn month_of(day: i64) -> Option<Date> {
    let at = Timestamp::from_microsecond(day.checked_mul(MICROS_A_DAY)?).ok()?;
    Some(Offset::UTC.to_datetime(at).date().first_of_month())
}
