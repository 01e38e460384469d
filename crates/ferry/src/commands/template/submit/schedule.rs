//! When templates are submitted and can be counted on.

use jiff::{SignedDuration, Timestamp};
use scenario::Criticality;
use serde::Serialize;

use super::Wanted;

/// Submissions in an hour (Meta, templates overview).
const AN_HOUR: usize = 100;
/// What approval may take: default from the design text (S4-38), unconfirmed.
const APPROVAL_HOURS: i64 = 48;

/// Templates that go together: what is not critical goes first, so that what is critical profits from what was learnt.
#[derive(Debug, Serialize)]
pub(super) struct Wave {
    criticality: Criticality,
    n_templates: usize,
    /// The first and the last submission.
    from: Timestamp,
    to: Timestamp,
    /// When the last of them should be approved, and the scenarios can go live.
    ready: Timestamp,
}

/// The templates, in the order in which they are submitted, in waves of one criticality.
pub(super) fn schedule(wanted: &[&Wanted], now: Timestamp) -> Vec<Wave> {
    let at = |n: usize| now + SignedDuration::from_hours((n / AN_HOUR) as i64);
    let mut waves: Vec<Wave> = Vec::new();
    for (n, it) in wanted.iter().enumerate() {
        let ready = at(n) + SignedDuration::from_hours(APPROVAL_HOURS);
        match waves.last_mut().filter(|wave| wave.criticality == it.criticality) {
            Some(wave) => {
                wave.n_templates += 1;
                wave.to = at(n);
                wave.ready = ready;
            }
            None => waves.push(Wave { criticality: it.criticality, n_templates: 1, from: at(n), to: at(n), ready }),
        }
    }
    waves
}

pub(super) fn text(waves: &[Wave], n_known: usize) -> String {
    let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let mut text = String::new();
    for it in waves {
        let criticality = match it.criticality {
            Criticality::Low => "low",
            Criticality::Normal => "normal",
            Criticality::High => "high",
        };
        text += &format!(
            "criticality {criticality}: {} templates from {} to {}, live from {}\n",
            it.n_templates,
            minute(it.from),
            minute(it.to),
            minute(it.ready)
        );
    }
    text += &format!(
        "{} templates would be submitted, {n_known} were before; at most {AN_HOUR} an hour, {APPROVAL_HOURS} hours for approval\n",
        waves.iter().map(|it| it.n_templates).sum::<usize>()
    );
    text
}
