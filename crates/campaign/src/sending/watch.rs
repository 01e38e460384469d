//! Watches how messages fare, and says when a campaign has to pause. Pure but for the counts.

use crm::WatchCounts;
use jiff::SignedDuration;
use plan::SendingGates;

/// How old a message is that should have arrived. Whoever is judged sooner pauses every campaign.
pub(crate) const OLD: SignedDuration = rollout::JUDGED_AFTER;
/// The fewest messages that say anything.
const FEWEST: u64 = 50;
/// The fewest while a campaign is watched closely: most faults show in the first half hour.
const FEWEST_CLOSELY: u64 = 20;

/// Fewer failures than this are chance.
const FEWEST_FAILED: u64 = 5;
/// The share of messages without an answer that is too much: each of them may be one that a person never gets.
const MOST_UNKNOWN: f64 = 0.1;

/// Why a wave has to stop, as `gate: what is the case`; none if it is well.
///
/// Failures count at once. Deliveries count only of messages that are old enough, and none that the platform keeps back.
pub(crate) fn alarm(counts: &WatchCounts, gates: &SendingGates, is_close: bool) -> Option<String> {
    let fewest = if is_close { FEWEST_CLOSELY } else { FEWEST };
    let WatchCounts { step, wave, .. } = counts;
    let of = format!("wave {wave} of {step}");
    let n_done = counts.n_sent + counts.n_refused;
    let n_failed = counts.n_failed + counts.n_refused;
    if n_done >= fewest && n_failed >= FEWEST_FAILED && is_over(n_failed, n_done, gates.max_failed) {
        return Some(format!("failed: {n_failed} of {n_done} messages of {of} have failed"));
    }
    let n_unknown = counts.n_unknown;
    if n_done >= fewest && is_over(n_unknown, n_done, MOST_UNKNOWN) {
        return Some(format!("unknown: of {n_unknown} of {n_done} messages of {of} nobody knows whether they left"));
    }
    if counts.n_old >= fewest && is_over(counts.n_old - counts.n_old_delivered, counts.n_old, 1.0 - gates.min_delivered)
    {
        let (n_delivered, n_old) = (counts.n_old_delivered, counts.n_old);
        return Some(format!(
            "delivered: only {n_delivered} of {n_old} messages of {of} have arrived after 30 minutes"
        ));
    }
    let n_stops = counts.n_stopped_in_app;
    let n_reached = counts.n_delivered + n_stops;
    if n_reached >= fewest && is_over(n_stops, n_reached, gates.max_stops) {
        return Some(format!("stops: {n_stops} people of {of} have stopped marketing in the app"));
    }
    None
}

/// As [`alarm`], for people who said stop since the campaign began. No API tells who reported a message, so this is a sign of it
/// and no count of reports.
pub(crate) fn stops_alarm(n_stops: u64, counts: &[WatchCounts], gates: &SendingGates) -> Option<String> {
    let n_delivered: u64 = counts.iter().map(|it| it.n_delivered).sum();
    let is_alarm = n_delivered >= FEWEST && is_over(n_stops, n_delivered, gates.max_stops);
    is_alarm.then(|| format!("stops: {n_stops} people have said stop, of {n_delivered} who were reached"))
}

fn is_over(n: u64, of: u64, most: f64) -> bool {
    n as f64 > of as f64 * most + 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn gates() -> SendingGates {
        SendingGates {
            min_delivered: 0.9,
            max_failed: 0.1,
            max_refusers: 0.03,
            max_not_registered: 0.1,
            max_stops: 0.03,
            test_wave: 150,
            watch: Duration::from_secs(1800),
        }
    }

    fn wave(n_sent: u64, n_failed: u64, n_old: u64, n_old_delivered: u64) -> WatchCounts {
        let step = "invite".to_owned();
        WatchCounts { step, wave: 2, n_sent, n_failed, n_old, n_old_delivered, ..WatchCounts::default() }
    }

    #[test]
    fn failures_count_at_once_and_deliveries_after_half_an_hour() {
        let is_well = |counts: WatchCounts| alarm(&counts, &gates(), false).is_none();
        assert!(is_well(wave(100, 10, 0, 0)));
        assert!(!is_well(wave(100, 11, 0, 0)));
        assert!(is_well(wave(1000, 0, 100, 90)));
        assert!(!is_well(wave(1000, 0, 100, 89)));
        // Too few to say anything, but not while the campaign is watched closely.
        assert!(is_well(wave(40, 20, 0, 0)));
        assert!(alarm(&wave(40, 20, 0, 0), &gates(), true).is_some());
    }

    #[test]
    fn refusals_are_failures_and_stops_have_a_gate_of_their_own() {
        let refused = WatchCounts { n_refused: 20, ..wave(80, 0, 0, 0) };
        let expected = "failed: 20 of 100 messages of wave 2 of invite have failed";
        assert_eq!(alarm(&refused, &gates(), false).as_deref(), Some(expected));
        let stopped = WatchCounts { n_delivered: 96, n_stopped_in_app: 4, ..wave(100, 4, 0, 0) };
        assert!(alarm(&stopped, &gates(), false).unwrap().starts_with("stops: 4 people"));
        let delivered = [WatchCounts { n_delivered: 100, ..wave(100, 0, 0, 0) }];
        assert_eq!(stops_alarm(3, &delivered, &gates()), None);
        assert!(stops_alarm(4, &delivered, &gates()).is_some());
    }
}
