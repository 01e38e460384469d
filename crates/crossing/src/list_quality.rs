//! The quality of each list, in shares, and its suspicious findings.

use std::collections::BTreeMap;

use clean::ListQualityCounts;
use model::{grouped, share};
use run::ListQuality;

/// Limits findings to countries and prefixes with at least 100 numbers: a share of fewer is chance.
const FEWEST: u64 = 100;
/// Limits above which a share is reported.
const SUSPICIOUS_INVALID: f64 = 0.05;
const SUSPICIOUS_GROUP: f64 = 0.2;
const SUSPICIOUS_SEQUENCE: f64 = 0.05;
/// Limits the countries and prefixes that are named, worst first.
const MOST_GROUPS: usize = 5;

/// Returns the quality of a list.
pub(crate) fn quality(counts: &ListQualityCounts) -> ListQuality {
    let mut findings = Vec::new();
    let invalid = share(counts.invalid, counts.phones);
    if invalid > SUSPICIOUS_INVALID {
        findings.push(format!("{} of the phone numbers are invalid", percent(invalid)));
    }
    let countries = counts.countries.iter().map(|(code, it)| (String::from_utf8_lossy(code).into_owned(), *it));
    let prefixes = counts.prefixes.iter().map(|(digits, it)| (format!("+{digits}…"), *it));
    findings.extend(worst(countries.clone()));
    findings.extend(worst(prefixes));
    let in_sequence = share(counts.in_sequence, counts.phones - counts.invalid);
    if in_sequence > SUSPICIOUS_SEQUENCE {
        findings.push(format!(
            "{} of the numbers stand in sequences of eight and more: counted up, not collected?",
            percent(in_sequence)
        ));
    }
    if counts.phones >= FEWEST && counts.named + counts.dated + counts.consented == 0 {
        findings.push("no names, no dates, no consents: a list that was bought?".to_owned());
    }
    ListQuality {
        phones: counts.phones,
        invalid: counts.invalid,
        in_sequence: counts.in_sequence,
        countries: countries.collect::<BTreeMap<_, _>>(),
        findings,
    }
}

/// Returns the groups with a large share of invalid numbers, worst first.
fn worst(groups: impl Iterator<Item = (String, [u64; 2])>) -> Vec<String> {
    let mut bad: Vec<(String, u64, f64)> = groups
        .map(|(name, [valid, invalid])| (name, valid + invalid, share(invalid, valid + invalid)))
        .filter(|it| it.1 >= FEWEST && it.2 > SUSPICIOUS_GROUP)
        .collect();
    bad.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    bad.truncate(MOST_GROUPS);
    bad.into_iter()
        .map(|(name, n, rate)| format!("{name}: {} of {} numbers are invalid", percent(rate), grouped(n)))
        .collect()
}

pub(crate) fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}
