//! Text of the coverage of a source.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Reason, grouped};
use run::Coverage;

/// The coverage, one line per fact.
pub(crate) fn lines(coverage: &Coverage, rows: u64) -> Vec<String> {
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
    if coverage.records != rows {
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
    lines.extend(coverage.findings.iter().cloned());
    lines.extend(coverage.gaps.iter().cloned());
    lines
}
