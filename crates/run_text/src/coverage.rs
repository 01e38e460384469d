//! Text of the coverage of a source.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Reason, grouped, printable};
use run::{Coverage, CoverageFinding};

/// The coverage, one line per fact.
pub fn lines(coverage: &Coverage, rows: u64) -> Vec<String> {
    let day = |it: Timestamp| it.strftime("%F").to_string();
    let of = |n: u64, what: &str| if n == 1 { format!("1 {what}") } else { format!("{} {what}s", grouped(n)) };
    let mut lines = Vec::new();
    lines.push(match (coverage.first_at, coverage.last_at) {
        (Some(first), Some(last)) if coverage.undated > 0 => {
            format!("{} to {}, {} without a date", day(first), day(last), of(coverage.undated, "row"))
        }
        (Some(first), Some(last)) => format!("{} to {}", day(first), day(last)),
        _ => "no dates".to_owned(),
    });
    if coverage.unreadable_dates > 0 {
        lines.push(of(coverage.unreadable_dates, "unreadable date"));
    }
    if coverage.records != rows + coverage.repeats {
        lines.push(format!("{} make {}", of(coverage.records, "record"), of(rows, "row")));
    }
    for (n, what) in [(coverage.masked, "a masked phone number"), (coverage.redacted, "its text removed")] {
        if n > 0 {
            lines.push(format!("{} with {what}", of(n, "row")));
        }
    }
    let unreadable: &BTreeMap<String, u64> = &coverage.unreadable;
    lines.extend(unreadable.iter().map(|(reason, n)| {
        format!("{n} unreadable {reason}: {}", Reason::from_code(reason).map_or("", Reason::describe))
    }));
    if coverage.repeats > 0 {
        lines.push(format!("{} came again in overlapping pages and were left out", of(coverage.repeats, "row")));
    }
    lines.extend(coverage.findings.iter().map(finding));
    lines.extend(coverage.pulled.iter().flat_map(crate::sources::coverage_lines));
    lines.extend(coverage.gaps.iter().cloned());
    lines
}

/// `the last page names a next one, which is not among these files`
fn finding(finding: &CoverageFinding) -> String {
    let several = |n: u64, one: &str, more: &str| match n {
        1 => format!("1 {one}"),
        n => format!("{} {more}", grouped(n)),
    };
    match finding {
        CoverageFinding::RecordsMissing { claimed, records } => {
            format!("the provider counts {} records; these files hold {}", grouped(*claimed), grouped(*records))
        }
        CoverageFinding::NextPageMissing => "the last page names a next one, which is not among these files".to_owned(),
        CoverageFinding::KeptForDays { days, earliest } => format!(
            "the provider keeps {days} days of data: anything older than {} cannot be in this export",
            earliest.strftime("%F")
        ),
        CoverageFinding::HeadersRepeated { n_lines } => {
            several(*n_lines, "line that repeats the header was skipped", "lines that repeat the header were skipped")
        }
        CoverageFinding::StrayQuotes { n_rows } => several(
            *n_rows,
            "row has a quote inside a cell that does not begin with one; it was taken as it is",
            "rows have a quote inside a cell that does not begin with one; it was taken as it is",
        ),
        CoverageFinding::DatesWithoutZone { n_dates } => several(
            *n_dates,
            "date has no time zone; it was read as UTC",
            "dates have no time zone; they were read as UTC",
        ),
        CoverageFinding::EncodingGuessed { file, encoding, other } => {
            format!("{}: the encoding {encoding} was guessed; the next would be {other}", printable(file))
        }
        CoverageFinding::LastLineOpen { file } => {
            format!("{} ends without a line break: check that it is complete", printable(file))
        }
        CoverageFinding::SheetsNotRead { file, sheets } => {
            format!("{} has sheets that were not read: {}", printable(file), crate::names(sheets))
        }
        CoverageFinding::RecordCutOff => "a file ends in the middle of a record".to_owned(),
    }
}
