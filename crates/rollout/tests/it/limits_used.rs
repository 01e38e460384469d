//! With plenty of people to write to, the allowance is used.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rollout::{Candidate, Hours, Limits, Sent, Usage, Verdict, Window};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// How many messages to new people go until `end`, with a process that waits as long as it is told.
fn n_sent(limits: Limits, start: Timestamp, end: Timestamp) -> usize {
    let mut usage = Usage::new(limits);
    let (mut n, mut now) = (0_u64, start);
    while now < end {
        let mut recipient = [0; 32];
        recipient[..8].copy_from_slice(&n.to_be_bytes());
        let (is_marketing, is_spaced, opens) = (true, true, true);
        let candidate =
            Candidate { recipient, is_marketing, is_spaced, opens, template: "", country: None, zone: None };
        match usage.verdict(now, &candidate) {
            Verdict::At(at) => {
                usage.note(&Sent { number: n, at, recipient, is_spaced, opens, is_of_other_number: false });
                (n, now) = (n + 1, at);
            }
            Verdict::Later { not_before, .. } => now = not_before,
            Verdict::Never { limit } => panic!("{limit} is not 0"),
        }
    }
    n as usize
}

/// How many messages the limits allow at most: each goes as soon as the messages so far have room for it.
fn n_allowed(rate: usize, hour: Option<usize>, people: Option<usize>, length: i64) -> usize {
    let mut times: Vec<i64> = Vec::new();
    loop {
        let after = |n: usize, window: i64| times.len().checked_sub(n).map_or(0, |it| times[it] + window);
        let latest = times.last().copied().unwrap_or(0);
        let hour = hour.map_or(0, |it| after(it, HOUR));
        let people = people.map_or(0, |it| after(it, DAY));
        let at = latest.max(after(rate, SECOND)).max(hour).max(people);
        if at >= length {
            return times.len();
        }
        times.push(at);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn ninety_five_percent_of_the_allowance_is_used(
        rate in 10..1_000_u32,
        hour in prop::option::of(20..1_500_u32),
        people in prop::option::of(100..4_000_u32),
        days in 1..4_i64,
    ) {
        // Without a limit of the day or hour the rate alone is tried for a minute.
        let length = if hour.is_none() && people.is_none() { 60 * SECOND } else { days * DAY + 9 * HOUR };
        let limits = Limits {
            number_rate: rate,
            people_per_day: people,
            messages_per_hour: hour,
            hours: Hours { window: Window::parse("00:00-24:00").unwrap(), unknown_zone: Some("UTC".to_owned()) },
            ..Limits::default()
        };
        let start: Timestamp = "2027-03-09T11:00:00Z".parse().unwrap();
        let sent = n_sent(limits, start, start + SignedDuration::from_micros(length));
        let allowed = n_allowed(rate as usize, hour.map(|it| it as usize), people.map(|it| it as usize), length);
        prop_assert!(sent * 100 >= allowed * 95, "{sent} of {allowed}");
    }
}
