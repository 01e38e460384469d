//! The quality of each list, in shares, and its suspicious findings.

use std::collections::BTreeMap;

use clean::ListQualityCounts;
use model::share;
use run::{ListFinding, ListQuality};

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
    if share(counts.invalid, counts.phones) > SUSPICIOUS_INVALID {
        findings.push(ListFinding::InvalidNumbers { n_invalid: counts.invalid, n_numbers: counts.phones });
    }
    let countries = counts.countries.iter().map(|(code, it)| (String::from_utf8_lossy(code).into_owned(), *it));
    let prefixes = counts.prefixes.iter().map(|(digits, it)| (format!("+{digits}…"), *it));
    findings.extend(worst(countries.clone()));
    findings.extend(worst(prefixes));
    let n_valid = counts.phones - counts.invalid;
    if share(counts.in_sequence, n_valid) > SUSPICIOUS_SEQUENCE {
        findings.push(ListFinding::NumbersInSequence { n_in_sequence: counts.in_sequence, n_numbers: n_valid });
    }
    if counts.phones >= FEWEST && counts.named + counts.dated + counts.consented == 0 {
        findings.push(ListFinding::NumbersAlone);
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
fn worst(groups: impl Iterator<Item = (String, [u64; 2])>) -> Vec<ListFinding> {
    let mut bad: Vec<(String, u64, u64)> = groups
        .map(|(name, [valid, invalid])| (name, invalid, valid + invalid))
        .filter(|it| it.2 >= FEWEST && share(it.1, it.2) > SUSPICIOUS_GROUP)
        .collect();
    bad.sort_by(|a, b| share(b.1, b.2).total_cmp(&share(a.1, a.2)).then_with(|| a.0.cmp(&b.0)));
    bad.truncate(MOST_GROUPS);
    bad.into_iter()
        .map(|(group, n_invalid, n_numbers)| ListFinding::InvalidGroup { group, n_invalid, n_numbers })
        .collect()
}
