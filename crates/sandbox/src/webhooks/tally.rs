use std::collections::BTreeMap;
use std::time::Duration;

use crate::webhooks::webhook::{OK, Trick, Webhook};

/// What became of webhooks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sent {
    /// Different requests. Each is sent until it is settled.
    pub webhooks: u64,
    /// Requests that were sent, with those that were repeated.
    pub requests: u64,
    /// Webhooks that were answered with 200.
    pub acknowledged: u64,
    /// The events in them, each as often as it was sent.
    pub acknowledged_events: u64,
    /// Requests without an answer.
    pub unanswered: u64,
    /// Requests by the status of their answer.
    pub answers: BTreeMap<u16, u64>,
    /// Webhooks by what was special about them.
    pub kinds: BTreeMap<Trick, u64>,
    /// Forged webhooks that were accepted.
    pub forged_accepted: u64,
    /// Webhooks that had to be accepted and were not, as long as they were sent.
    pub given_up: u64,
    /// From the first request to the last answer.
    pub took: Duration,
    /// The longest time that a webhook waited for a free connection.
    pub most_behind: Duration,
    pub times: AnswerTimes,
}

/// How long answers took. Requests that were slow on purpose do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnswerTimes {
    pub median: Duration,
    pub p99: Duration,
    pub longest: Duration,
}

impl Sent {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        let n_answers = self.answers.values().sum::<u64>() as f64;
        if self.took.is_zero() { 0.0 } else { n_answers / self.took.as_secs_f64() }
    }
}

/// The counts while webhooks are sent.
#[derive(Default)]
pub(super) struct Tally {
    sent: Sent,
    times: Vec<Duration>,
}

impl Tally {
    pub(super) fn add_webhook(&mut self, trick: Trick) {
        self.sent.webhooks += 1;
        *self.sent.kinds.entry(trick).or_default() += 1;
    }

    /// Counts a request that waited so long for a connection. `took` is none if it was slow on purpose.
    pub(super) fn add_request(&mut self, status: Option<u16>, took: Option<Duration>, waited: Duration) {
        self.sent.requests += 1;
        self.sent.most_behind = self.sent.most_behind.max(waited);
        match status {
            Some(status) => {
                *self.sent.answers.entry(status).or_default() += 1;
                self.times.extend(took);
            }
            None => self.sent.unanswered += 1,
        }
    }

    /// Counts the end of a webhook. Without a status it is given up.
    pub(super) fn settle(&mut self, webhook: &Webhook, status: Option<u16>) {
        let is_accepted = status == Some(OK);
        if is_accepted {
            self.sent.acknowledged += 1;
            self.sent.acknowledged_events += u64::from(webhook.n_events);
        }
        self.sent.forged_accepted += u64::from(is_accepted && webhook.trick == Trick::Forged);
        self.sent.given_up += u64::from(status.is_none());
    }

    pub(super) fn finish(mut self, took: Duration) -> Sent {
        self.times.sort_unstable();
        let at = |share: f64| {
            let place = (self.times.len() as f64 * share).ceil() as usize;
            self.times.get(place.saturating_sub(1)).copied().unwrap_or_default()
        };
        let times = AnswerTimes { median: at(0.5), p99: at(0.99), longest: at(1.0) };
        Sent { took, times, ..self.sent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_middle_of_the_slowest_in_a_hundred_and_of_the_slowest() {
        let mut tally = Tally::default();
        for ms in (1..=200).rev() {
            tally.add_request(Some(200), Some(Duration::from_millis(ms)), Duration::ZERO);
        }
        tally.add_request(Some(503), None, Duration::from_millis(7));
        tally.add_request(None, None, Duration::from_millis(3));
        let sent = tally.finish(Duration::from_secs(2));
        let ms = |it: Duration| it.as_millis();
        assert_eq!((ms(sent.times.median), ms(sent.times.p99), ms(sent.times.longest)), (100, 198, 200));
        assert_eq!((sent.requests, sent.unanswered, ms(sent.most_behind)), (202, 1, 7));
        assert_eq!(sent.answers, BTreeMap::from([(200, 200), (503, 1)]));
        assert_eq!(sent.rate(), 100.5);
        assert_eq!(Tally::default().finish(Duration::ZERO).times, AnswerTimes::default());
    }
}
