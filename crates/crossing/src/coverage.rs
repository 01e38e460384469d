//! The coverage report of a source: the period it covers, what could not be read, and what exports of this kind never
//! show.

use clean::{DateForm, Moment, ReadDate, read_date};
use extract::{FileFormat, Layout, Probe, Profile, ReadSummary, Row, SourcePart, is_blank};
use model::{ContactKey, Reason};
use pages::PullCoverage;
use run::{ColumnReading, Coverage, CoverageFinding, FileRecord, SourceRecord};
use serde_json::Value;

use plan::SourceSection;

/// Counts the dates and the unreadable, masked and redacted rows of a source, row by row.
pub(crate) struct CoverageCounter<'a> {
    form: DateForm,
    phones: Vec<usize>,
    dates: &'a [usize],
    bodies: &'a [usize],
    coverage: Coverage,
}

impl<'a> CoverageCounter<'a> {
    /// `pulled` is what was read from the API of a provider, for a source that has one.
    pub(crate) fn new(layout: &'a Layout, form: DateForm, pulled: Option<PullCoverage>) -> Self {
        let phones = layout.phone_columns().collect();
        let (dates, bodies) = (layout.columns_of("last_at"), layout.columns_of("body"));
        Self { form, phones, dates, bodies, coverage: Coverage { pulled, ..Coverage::default() } }
    }

    /// Counts a row.
    pub(crate) fn add(&mut self, row: &Row) {
        let cells = match &row.cells {
            Ok(cells) => *cells,
            Err(unread) => {
                *self.coverage.unreadable.entry(unread.reason.code().to_owned()).or_default() += 1;
                return;
            }
        };
        let coverage = &mut self.coverage;
        let filled = |columns: &[usize]| columns.iter().map(|it| cells.get(*it)).find(|it| !is_blank(it));
        match filled(self.dates).map(|it| read_date(it, &self.form)) {
            Some(ReadDate::At(Moment { at, is_zoneless, .. })) => {
                coverage.first_at = Some(coverage.first_at.map_or(at, |it| it.min(at)));
                coverage.last_at = Some(coverage.last_at.map_or(at, |it| it.max(at)));
                coverage.zoneless += u64::from(is_zoneless && self.form.zone.is_none());
            }
            Some(ReadDate::Unreadable) => coverage.unreadable_dates += 1,
            Some(ReadDate::Nothing) | None => coverage.undated += 1,
        }
        let is_masked = |cell: &str| cell.contains(['*', '•', '█']);
        coverage.masked += u64::from(self.phones.iter().any(|it| is_masked(cells.get(*it))));
        coverage.redacted +=
            u64::from(filled(self.bodies).is_some_and(|it| it.starts_with("***") && it.contains("edacted")));
    }

    /// Returns the coverage, once all rows are counted.
    pub(crate) fn finish(mut self, profile: &Profile, probe: &Probe, seen: &[ReadSummary]) -> Coverage {
        self.coverage.records = seen.iter().map(|it| it.n_records).sum();
        // What was read from an API has been compared with the provider's totals window by window.
        self.coverage.claimed = if self.coverage.pulled.is_none() { claimed(profile, seen) } else { None };
        self.coverage.repeats = seen.iter().map(|it| it.n_repeats).sum();
        self.coverage.gaps = profile.gaps.clone();
        self.coverage.findings = findings(profile, probe, seen, &self.coverage);
        self.coverage
    }
}

/// Returns the record of a source, with its coverage signed.
pub(crate) fn source_record(
    source: &SourceSection,
    probe: &Probe,
    seen: &[ReadSummary],
    coverage: Coverage,
    reading: ColumnReading,
    key: &ContactKey,
) -> SourceRecord {
    let file = |(part, seen): (&SourcePart, &ReadSummary)| FileRecord {
        path: part.path.clone(),
        name: part.name(),
        sha256: part.digest,
        bytes: part.n_bytes,
        reading: part.reading(),
        rows: seen.n_rows,
    };
    let mut record = SourceRecord {
        name: source.name.get_ref().clone(),
        channel: source.channel(),
        profile: source.profile().name,
        files: probe.parts.iter().zip(seen).map(file).collect(),
        columns: probe.columns.clone(),
        rows: seen.iter().map(|it| it.n_rows).sum(),
        coverage,
        reading,
    };
    record.coverage.signature = key.sign(&record.signed_bytes());
    record
}

/// Returns how many records the provider claims to hold: the largest number that any page states.
fn claimed(profile: &Profile, seen: &[ReadSummary]) -> Option<u64> {
    let totals = seen.iter().flat_map(|seen| profile.total.iter().filter_map(|path| fact(seen, path)));
    totals.filter_map(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok())).max()
}

/// Returns a value that a page holds next to its records, by its path.
fn fact(seen: &ReadSummary, path: &str) -> Option<Value> {
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    let text = &seen.facts.iter().find(|it| it.0 == key)?.1;
    let value: Value = serde_json::from_str(text).ok()?;
    let found = rest.split('.').filter(|it| !it.is_empty()).try_fold(&value, |it, key| it.get(key))?;
    Some(found.clone())
}

fn findings(profile: &Profile, probe: &Probe, seen: &[ReadSummary], coverage: &Coverage) -> Vec<CoverageFinding> {
    let mut findings = Vec::new();
    let records = coverage.records;
    findings.extend(
        coverage
            .claimed
            .filter(|it| *it != records)
            .map(|claimed| CoverageFinding::RecordsMissing { claimed, records }),
    );
    if coverage.pulled.is_none() && seen.last().is_some_and(|it| names_next_page(profile, it)) {
        findings.push(CoverageFinding::NextPageMissing);
    }
    if let (Some(days), Some(last)) = (profile.window_days.filter(|it| *it > 0), coverage.last_at) {
        let earliest = last - jiff::SignedDuration::from_hours(24 * i64::from(days));
        findings.push(CoverageFinding::KeptForDays { days, earliest });
    }
    let sum = |count: fn(&ReadSummary) -> u64| Some(seen.iter().map(count).sum::<u64>()).filter(|it| *it > 0);
    findings.extend(sum(|it| it.n_repeated_headers).map(|n_lines| CoverageFinding::HeadersRepeated { n_lines }));
    findings.extend(sum(|it| it.n_stray_quotes).map(|n_rows| CoverageFinding::StrayQuotes { n_rows }));
    let zoneless = Some(coverage.zoneless).filter(|it| *it > 0);
    findings.extend(zoneless.map(|n_dates| CoverageFinding::DatesWithoutZone { n_dates }));
    for (part, seen) in probe.parts.iter().zip(seen) {
        findings.extend(findings_of_file(part, seen));
    }
    if coverage.unreadable.contains_key(Reason::Truncated.code()) {
        findings.push(CoverageFinding::RecordCutOff);
    }
    findings
}

fn names_next_page(profile: &Profile, seen: &ReadSummary) -> bool {
    let mut links = profile.next.iter().filter_map(|it| fact(seen, it));
    links.any(|link| link.as_str().is_some_and(|it| !it.is_empty()))
}

fn findings_of_file(part: &SourcePart, seen: &ReadSummary) -> Vec<CoverageFinding> {
    let file = || part.name();
    let mut findings = Vec::new();
    if let Some(doubt) = &part.doubt {
        findings.push(CoverageFinding::EncodingGuessed {
            file: file(),
            encoding: part.encoding_name().to_owned(),
            other: doubt.other.name().to_owned(),
        });
    }
    if seen.is_last_line_open {
        findings.push(CoverageFinding::LastLineOpen { file: file() });
    }
    if let FileFormat::Sheet { others, .. } = &part.format
        && !others.is_empty()
    {
        findings.push(CoverageFinding::SheetsNotRead { file: file(), sheets: others.clone() });
    }
    findings
}
