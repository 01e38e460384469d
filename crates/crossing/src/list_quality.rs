//! The quality of each list, in shares, and what is suspicious about it.

use std::collections::BTreeMap;

use clean::ListQualityCounts;
use model::{grouped, share};
use run::ListQuality;

/// A country or a prefix with fewer numbers says nothing.
const FEWEST: u64 = 100;
/// From these shares on something is said.
const SUSPICIOUS_INVALID: f64 = 0.05;
const SUSPICIOUS_GROUP: f64 = 0.2;
const SUSPICIOUS_SEQUENCE: f64 = 0.05;
/// So many countries and prefixes are named, the worst first.
const MOST_GROUPS: usize = 5;

/// What a list is worth.
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

/// Groups of which a great share is invalid.
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
