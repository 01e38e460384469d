//! Judges how the columns of a source are read, from all its rows and from earlier runs.

use std::collections::BTreeMap;

use clean::{DateEvidence, DateForm, DateOrder, JudgedOrder, SourceDates};
use extract::{FIELDS, FileFormat, Layout, Probe, Row, is_blank};
use phone::{PhoneForm, Region};
use run::ColumnReading;

use plan::{Plan, PlanError, SourceSection};

/// The date fields, in the order of [`SourceDates`].
const DATES: [&str; 4] = ["last_at", "first_at", "consent_at", "opt_out"];
/// Limits the rows whose phones are all judged; after them, one row in sixteen is. Parsing a number twice takes longer
/// than reading its row, and a sample is enough.
const ALL_PHONES: u64 = 10_000;
const ONE_PHONE_IN: u64 = 16;
/// Limits for judging bare digits: one form must fit at least `MOST` of a source's numbers, and the other at most
/// `FEW`.
const MOST: f64 = 0.95;
const FEW: f64 = 0.5;

/// Evidence from the rows of a source about its columns, collected row by row.
pub(crate) struct Evidence<'a> {
    layout: &'a Layout,
    region: Option<Region>,
    dates: [DateEvidence; 4],
    phones: Vec<usize>,
    bare: BareDigits,
    regions: RegionCodes,
}

/// Counts of phones without a plus sign, made only of digits and separators.
#[derive(Clone, Copy, Default)]
pub(crate) struct BareDigits {
    all: u64,
    international: u64,
    national: u64,
}

#[derive(Clone, Copy, Default)]
struct RegionCodes {
    filled: u64,
    codes: u64,
    other_than_na: u64,
}

impl<'a> Evidence<'a> {
    pub(crate) fn new(layout: &'a Layout, region: Option<Region>) -> Self {
        let phones = layout.phone_columns().collect();
        let (dates, bare, regions) = Default::default();
        Self { layout, region, dates, phones, bare, regions }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: &Row) {
        let Ok(cells) = row.cells else { return };
        for (n, field) in DATES.iter().enumerate() {
            for column in self.layout.columns_of(field) {
                let cell = cells.get(*column);
                if !is_blank(cell) {
                    self.dates[n].add(cell);
                }
            }
        }
        for column in self.layout.columns_of("region") {
            self.regions.add(cells.get(*column).trim());
        }
        if row.record <= ALL_PHONES || row.record.is_multiple_of(ONE_PHONE_IN) {
            for column in &self.phones {
                self.bare.add(cells.get(*column).trim(), self.region);
            }
        }
    }

    /// Returns how the columns are read. `before` is the reading of an earlier run, with the id of that run.
    pub(crate) fn judge(
        &self,
        plan: &Plan,
        source: &SourceSection,
        probe: &Probe,
        before: Option<&(String, ColumnReading)>,
    ) -> Result<ColumnReading, PlanError> {
        let mut reading = ColumnReading {
            numbers: self.numbers(source, probe).map(|it| it.name().to_owned()),
            has_region_codes: self.regions.are_codes(),
            encodings: encodings(probe),
            columns: self.columns(probe),
            ..ColumnReading::default()
        };
        for (n, field) in DATES.iter().enumerate() {
            let known = before.and_then(|it| it.1.date_order.get(*field)).and_then(|it| DateOrder::from_name(it));
            let order = match (source.date_order, source.has_date_format()) {
                (Some(order), _) => Some(order),
                (None, true) => None,
                (None, false) => self.order(plan, source, field, &self.dates[n], known)?,
            };
            reading.date_order.extend(order.map(|it| ((*field).to_owned(), it.name().to_owned())));
        }
        if let Some((run, before)) = before {
            contradictions(plan, source, run, before, &mut reading)?;
        }
        Ok(reading)
    }

    fn order(
        &self,
        plan: &Plan,
        source: &SourceSection,
        field: &str,
        evidence: &DateEvidence,
        known: Option<DateOrder>,
    ) -> Result<Option<DateOrder>, PlanError> {
        let name = source.name.get_ref();
        let at = source.name.span().start;
        match (evidence.judge(None), known) {
            (JudgedOrder::Mixed, _) => Err(plan.wrong(
                at,
                format!(
                    "source \"{name}\": the dates in {field} are written in two ways: {} can only have the day first, {} \
                     only the month first. Correct the file, or say how it is read with date_order = \"day-first\" or \
                     \"month-first\"; dates that do not fit count as unreadable",
                    evidence.day_first, evidence.month_first
                ),
            )),
            (JudgedOrder::Order(Some(order)), _) => Ok(Some(order)),
            (JudgedOrder::Order(None), _) => Ok(known),
            (JudgedOrder::Ask, Some(known)) => Ok(Some(known)),
            (JudgedOrder::Ask, None) => match evidence.judge(source.region(plan)) {
                JudgedOrder::Order(order) => Ok(order),
                _ => Err(plan.wrong(
                    at,
                    format!(
                        "source \"{name}\": nothing says whether the dates in {field} have the day or the month first: \
                         give date_order = \"day-first\" or \"month-first\", or the region of the source"
                    ),
                )),
            },
        }
    }

    /// Returns the column names of each field.
    fn columns(&self, probe: &Probe) -> BTreeMap<String, Vec<String>> {
        let names = |field: &&str| -> Vec<String> {
            self.layout.columns_of(field).iter().map(|it| probe.columns[*it].clone()).collect()
        };
        let fields = FIELDS.iter().map(|it| ((*it).to_owned(), names(it)));
        fields.filter(|it| !it.1.is_empty()).collect()
    }

    /// Returns the form of bare digits; none if it is unclear, or if the profile sets it.
    fn numbers(&self, source: &SourceSection, probe: &Probe) -> Option<PhoneForm> {
        match source.numbers {
            Some(form) => Some(form),
            None if source.profile().is_international => None,
            None => form_of(self.layout, probe, self.bare),
        }
    }
}

/// Returns the form of bare digits in a source, judged by the column names and by the digits.
pub(crate) fn form_of(layout: &Layout, probe: &Probe, bare: BareDigits) -> Option<PhoneForm> {
    let mut phones = layout.phone_columns().map(|it| &probe.columns[it]).peekable();
    let has_phones = phones.peek().is_some();
    match has_phones && phones.all(|it| extract::is_international_column(it)) {
        true => Some(PhoneForm::International),
        false => bare.form(),
    }
}

impl BareDigits {
    /// Adds a cell.
    pub(crate) fn add(&mut self, cell: &str, region: Option<Region>) {
        let digits = cell.trim_start_matches(['\'', '"']);
        let is_separator = |it: u8| matches!(it, b' ' | b'.' | b'-' | b'/' | b'(' | b')');
        let n_digits = digits.bytes().filter(u8::is_ascii_digit).count();
        let is_plain = digits.bytes().all(|it| it.is_ascii_digit() || is_separator(it));
        // A number with two leading zeros is international, as with a plus sign.
        if n_digits < 7 || !is_plain || digits.starts_with("00") {
            return;
        }
        self.all += 1;
        let number = |region, form| clean::phone_in(digits, region, form).ok().map(|it| it.0.number);
        let international = number(None, PhoneForm::International);
        self.international += u64::from(international.is_some());
        // A number with its own country code reads the same in both forms, so it is no evidence for the national form.
        let national = region.and_then(|it| number(Some(it), PhoneForm::National));
        self.national += u64::from(national.is_some() && national != international);
    }

    /// Returns the form of the digits; none if it is unclear.
    pub(crate) fn form(self) -> Option<PhoneForm> {
        let share = |n: u64| if self.all == 0 { 0.0 } else { n as f64 / self.all as f64 };
        match (share(self.international), share(self.national)) {
            (international, national) if international >= MOST && national <= FEW => Some(PhoneForm::International),
            (international, national) if national >= MOST && international <= FEW => Some(PhoneForm::National),
            _ => None,
        }
    }
}

impl RegionCodes {
    fn add(&mut self, cell: &str) {
        if cell.is_empty() {
            return;
        }
        self.filled += 1;
        let is_code = Region::from_code(cell).is_some();
        self.codes += u64::from(is_code || cell.eq_ignore_ascii_case("na"));
        self.other_than_na += u64::from(is_code && !cell.eq_ignore_ascii_case("na"));
    }

    fn are_codes(self) -> bool {
        self.filled == self.codes && self.other_than_na > 0
    }
}

/// Fails if a later file of a source contradicts how the source was read before: a person must decide. If this file
/// leaves something open, the earlier reading applies.
fn contradictions(
    plan: &Plan,
    source: &SourceSection,
    run: &str,
    before: &ColumnReading,
    reading: &mut ColumnReading,
) -> Result<(), PlanError> {
    let (name, at) = (source.name.get_ref(), source.name.span().start);
    let contradicts = |what: &str, was: &str, is: &str, key: &str| {
        plan.wrong(
            at,
            format!(
                "source \"{name}\": {what} was {was} in the run {run}, and is {is} in this file: see which is right, and \
                 say it with {key}"
            ),
        )
    };
    for (field, was) in &before.date_order {
        let is = reading.date_order.get(field).filter(|is| *is != was);
        if let (Some(is), None, false) = (is, source.date_order, source.has_date_format()) {
            return Err(contradicts(&format!("the order of dates in {field}"), was, is, "date_order"));
        }
    }
    match (&before.numbers, &reading.numbers, source.numbers) {
        (Some(was), Some(is), None) if was != is => {
            return Err(contradicts("the reading of digits without a plus sign", was, is, "numbers"));
        }
        (Some(was), None, None) => reading.numbers = Some(was.clone()),
        _ => {}
    }
    let is_legacy = |it: &&String| !it.starts_with("utf-");
    let [was, is] = [before, &*reading].map(|it| it.encodings.iter().find(is_legacy).cloned());
    if let (Some(was), Some(is), false) = (&was, &is, source.has_encoding())
        && was != is
    {
        return Err(contradicts("the encoding", was, is, "encoding"));
    }
    Ok(())
}

fn encodings(probe: &Probe) -> Vec<String> {
    let encoding = |format: &FileFormat| match format {
        FileFormat::Csv { encoding, .. } | FileFormat::Json { encoding, .. } => Some(encoding.name().to_owned()),
        _ => None,
    };
    let mut encodings: Vec<String> = probe.parts.iter().filter_map(|it| encoding(&it.format)).collect();
    encodings.sort();
    encodings.dedup();
    encodings
}

/// Returns how the dates of a source are read.
pub(crate) fn dates(source: &SourceSection, reading: &ColumnReading) -> SourceDates {
    let [last_at, first_at, consent_at, opt_out] = DATES.map(|field| date_form(source, reading, field));
    SourceDates { last_at, first_at, consent_at, opt_out }
}

/// Returns how the dates of one field are read.
pub(crate) fn date_form(source: &SourceSection, reading: &ColumnReading, field: &str) -> DateForm {
    source.date_form(reading.date_order.get(field).and_then(|it| DateOrder::from_name(it)))
}

/// Returns how bare digits of a source are read; none if its profile sets it.
pub(crate) fn numbers(source: &SourceSection, reading: &ColumnReading) -> Option<PhoneForm> {
    source.numbers.or_else(|| reading.numbers.as_deref().and_then(PhoneForm::from_name))
}
