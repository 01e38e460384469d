//! What the files cover, and what they lack.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::printable;
use pages::{PullCoverage, PullFinding};
use run::{Coverage, CoverageFinding, SourceRecord};

use crate::facts::Facts;
use crate::section::{Cell, Section, Table, numbers, texts};
use crate::words::{Counted, fill};

pub(crate) fn section(facts: &Facts) -> Section {
    let w = &facts.words.coverage;
    let mut section = Section::new("coverage", w.heading);
    section.text(w.lead);
    section.table(sources(facts));
    let mut lines = Vec::new();
    for source in &facts.manifest.sources {
        lines.extend(lines_of(facts, source).into_iter().map(|it| facts.words.labelled(&facts.files(source), &it)));
    }
    lines.extend(facts.manifest.unread_sources.iter().map(|it| {
        let text = if it.has_earlier { w.not_read_earlier } else { w.not_read };
        facts.words.labelled(&it.name, &fill(text, &[&it.provider]))
    }));
    section.list(lines);
    section.fold(w.details, vec![files(facts), signatures(facts)]);
    section
}

fn sources(facts: &Facts) -> Table {
    let (words, w) = (facts.words, &facts.words.coverage);
    let columns =
        vec![texts(w.file), texts(w.channel), numbers(w.rows), numbers(w.rejected), texts(w.first), texts(w.last)];
    let rejected = |source: &SourceRecord| facts.cleaned.rejects.get(&source.name).map_or(0, |it| it.values().sum());
    let day = |it: Option<Timestamp>| match it {
        Some(at) => words.day(at.to_zoned(TimeZone::UTC).date()),
        None => "–".to_owned(),
    };
    let mut table = Table::new(w.table, columns);
    let row = |it: &SourceRecord| {
        let channel = if it.channel == model::Channel::Sms { "SMS" } else { "Viber" };
        vec![
            Cell::Text(facts.files(it)),
            Cell::Text(channel.to_owned()),
            Cell::Number(words.number(it.rows)),
            Cell::Number(words.number(rejected(it))),
            Cell::Text(day(it.coverage.first_at)),
            Cell::Text(day(it.coverage.last_at)),
        ]
    };
    table.rows = facts.manifest.sources.iter().map(row).collect();
    table
}

/// The files, how each was read, and its digest.
fn files(facts: &Facts) -> Table {
    let (words, w) = (facts.words, &facts.words.coverage);
    let columns = vec![texts(w.file), texts(w.profile), texts(w.read_as), numbers(w.rows), texts("SHA-256")];
    let mut table = Table::new(w.proof, columns);
    for source in &facts.manifest.sources {
        table.rows.extend(source.files.iter().map(|it| {
            vec![
                Cell::Text(printable(&it.name).into_owned()),
                Cell::Code(source.profile.clone()),
                Cell::Text(words.reading(&it.reading)),
                Cell::Number(words.number(it.rows)),
                Cell::Code(it.sha256.to_string()),
            ]
        }));
    }
    table
}

/// The signature of each source: it covers the files, their digests and all that is counted of them.
fn signatures(facts: &Facts) -> Table {
    let w = &facts.words.coverage;
    let mut table = Table::new(w.signatures, vec![texts(w.file), texts(w.signature)]);
    let row = |it: &SourceRecord| vec![Cell::Text(facts.files(it)), Cell::Code(it.coverage.signature.clone())];
    table.rows = facts.manifest.sources.iter().map(row).collect();
    table
}

/// Undated, masked and unreadable rows, findings, and what exports of this kind never show.
fn lines_of(facts: &Facts, source: &SourceRecord) -> Vec<String> {
    let (words, w, coverage) = (facts.words, &facts.words.coverage, &source.coverage);
    let Coverage { records, undated, unreadable_dates, masked, redacted, .. } = *coverage;
    let mut lines = Vec::new();
    if records != source.rows + coverage.repeats {
        lines.push(words.counted_with(&w.records, records, &[&words.counted(&words.funnel.row_finding, source.rows)]));
    }
    for (n, counted) in
        [(undated, &w.undated), (unreadable_dates, &w.unreadable_dates), (masked, &w.masked), (redacted, &w.redacted)]
    {
        lines.extend((n > 0).then(|| words.counted(counted, n)));
    }
    let unreadable = coverage.unreadable.iter();
    lines.extend(unreadable.map(|(code, n)| fill(w.unreadable, &[&words.number(*n), code, words.meaning(code)])));
    lines.extend((coverage.repeats > 0).then(|| words.counted(&w.repeats, coverage.repeats)));
    lines.extend(coverage.pulled.iter().flat_map(|it| pulled(facts, it)));
    lines.extend(coverage.findings.iter().map(|it| finding(facts, it)));
    lines.extend(coverage.gaps.iter().map(|it| words.gap(it).to_owned()));
    lines
}

/// What was read of a provider, and what was found in reading.
fn pulled(facts: &Facts, coverage: &PullCoverage) -> Vec<String> {
    let (words, w) = (facts.words, &facts.words.coverage);
    let day = |at: Timestamp| words.day(at.to_zoned(TimeZone::UTC).date());
    let pages = match (coverage.since, coverage.until) {
        (Some(since), Some(until)) => words.counted_with(&w.pulled, coverage.pages, &[&day(since), &day(until)]),
        _ => words.counted(&w.pulled_list, coverage.pages),
    };
    let finding = |finding: &PullFinding| match finding {
        PullFinding::KeptSince { wanted, since } => fill(w.kept_since, &[&day(*wanted), &day(*since)]),
        PullFinding::TotalDiffers { claimed, records } => {
            words.counted_with(&w.total_differs, *claimed, &[&words.number(*records)])
        }
        PullFinding::NothingCame => w.nothing_came.to_owned(),
        PullFinding::Moved { times } => words.counted(&w.moved, *times),
        PullFinding::Deleted { records } => words.counted(&w.deleted, *records),
    };
    std::iter::once(pages).chain(coverage.findings.iter().map(finding)).collect()
}

fn finding(facts: &Facts, finding: &CoverageFinding) -> String {
    let (words, w) = (facts.words, &facts.words.coverage);
    let counted = |counted: &Counted, n: &u64| words.counted(counted, *n);
    match finding {
        CoverageFinding::RecordsMissing { claimed, records } => {
            words.counted_with(&w.claimed, *claimed, &[&words.number(*records)])
        }
        CoverageFinding::NextPageMissing => w.next_page.to_owned(),
        CoverageFinding::KeptForDays { days, earliest } => {
            let day = words.day(earliest.to_zoned(TimeZone::UTC).date());
            words.counted_with(&w.kept_for, u64::from(*days), &[&day])
        }
        CoverageFinding::HeadersRepeated { n_lines } => counted(&w.headers, n_lines),
        CoverageFinding::StrayQuotes { n_rows } => counted(&w.quotes, n_rows),
        CoverageFinding::DatesWithoutZone { n_dates } => counted(&w.zones, n_dates),
        CoverageFinding::EncodingGuessed { file, encoding, other } => {
            fill(w.encoding, &[&printable(file), encoding, other])
        }
        CoverageFinding::LastLineOpen { file } => fill(w.last_line, &[&printable(file)]),
        CoverageFinding::SheetsNotRead { file, sheets } => {
            let names: Vec<_> = sheets.iter().map(|it| printable(it)).collect();
            fill(w.sheets, &[&printable(file), &names.join(", ")])
        }
        CoverageFinding::RecordCutOff => w.cut_off.to_owned(),
    }
}
