//! What becomes of a body after an attempt to hand it on. Pure: the moment is an argument.

use std::borrow::Cow;
use std::time::Duration;

use crm::{Handed, WaitingBody};
use jiff::Timestamp;

use super::ForwardPace;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// The program has answered with 2xx.
    Taken,
    /// It has answered with another status.
    Answered { status: u16, wait: Option<Duration> },
    /// It has not answered. The word says why.
    Unanswered(&'static str),
    /// The raw body is kept no longer.
    NoBody,
}

impl Attempt {
    /// Why the program has not taken the body; none if it has, or if there was none.
    pub(crate) fn failure(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Taken | Self::NoBody => None,
            Self::Answered { status, .. } => Some(format!("status {status}").into()),
            Self::Unanswered(why) => Some((*why).into()),
        }
    }

    /// The wait that the program has asked for.
    pub(crate) fn wait(&self) -> Option<Duration> {
        match self {
            Self::Answered { wait, .. } => *wait,
            _ => None,
        }
    }

    /// Whether the program does not want the body. A time-out and too many requests pass.
    fn is_refused(&self) -> bool {
        matches!(self, Self::Answered { status: 400..500, .. })
            && !matches!(self, Self::Answered { status: 408 | 429, .. })
    }
}

/// What becomes of a body. It waits for twice as long after each attempt, and is given up when it was refused too often or
/// has waited for too long.
pub(crate) fn what_becomes(body: &WaitingBody, attempt: &Attempt, now: Timestamp, pace: &ForwardPace) -> Handed {
    let Some(failure) = attempt.failure() else {
        return match attempt {
            Attempt::Taken => Handed::Done,
            _ => Handed::GivenUp { is_refused: false, failure: "its body is kept no longer".to_owned() },
        };
    };
    let (is_refused, failure) = (attempt.is_refused(), failure.into_owned());
    let n_attempts = body.n_attempts.saturating_add(1);
    let n_refused = body.n_refused + u64::from(is_refused);
    let ends_at = after(body.queued_at, pace.try_for);
    if (is_refused && n_refused >= pace.most_refusals) || now >= ends_at {
        return Handed::GivenUp { is_refused, failure };
    }
    let wait = doubled(pace.first_wait, n_attempts, pace.longest_wait);
    Handed::Later { next_at: after(now, wait).min(ends_at), is_refused, failure }
}

/// How long a program is left alone that has taken nothing in so many rounds.
pub(crate) fn pause_after(n_failed: u32, pace: &ForwardPace) -> Duration {
    doubled(pace.first_wait, u64::from(n_failed), pace.longest_pause)
}

/// The wait after the `n`-th failure, from 1.
fn doubled(first: Duration, n: u64, longest: Duration) -> Duration {
    let doublings = u32::try_from(n.saturating_sub(1)).unwrap_or(u32::MAX).min(31);
    first.saturating_mul(1 << doublings).min(longest)
}

fn after(moment: Timestamp, time: Duration) -> Timestamp {
    moment.saturating_add(time).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use crm::HandOn;

    use super::*;

    const DAY: i64 = 24 * 60 * 60;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_772_000_000 + second).unwrap()
    }

    fn body(n_attempts: u64, n_refused: u64) -> WaitingBody {
        let with = HandOn { headers: Vec::new(), query: None };
        WaitingBody { body_id: 1, with, queued_at: at(0), n_attempts, n_refused, raw: None }
    }

    fn status(status: u16) -> Attempt {
        Attempt::Answered { status, wait: None }
    }

    /// What becomes of a body, in words; the wait in seconds.
    fn shown(body: &WaitingBody, attempt: &Attempt, second: i64) -> String {
        match what_becomes(body, attempt, at(second), &ForwardPace::default()) {
            Handed::Done => "done".to_owned(),
            Handed::Later { next_at, is_refused, failure } => {
                let wait = next_at.as_second() - at(second).as_second();
                format!("in {wait} s, {failure}{}", if is_refused { ", refused" } else { "" })
            }
            Handed::GivenUp { failure, .. } => format!("given up, {failure}"),
        }
    }

    #[test]
    fn a_body_waits_twice_as_long_after_each_attempt_and_an_hour_at_most() {
        assert_eq!(shown(&body(0, 0), &Attempt::Taken, 5), "done");
        for (n_attempts, expected) in [(0, 1), (1, 2), (2, 4), (11, 2_048), (12, 3_600), (u64::MAX, 3_600)] {
            let expected = format!("in {expected} s, time-out");
            assert_eq!(shown(&body(n_attempts, 0), &Attempt::Unanswered("time-out"), 5), expected, "{n_attempts}");
        }
    }

    #[test]
    fn a_body_that_is_refused_is_given_up_after_twenty_times_and_any_other_after_a_week() {
        assert_eq!(shown(&body(3, 0), &status(404), 5), "in 8 s, status 404, refused");
        assert_eq!(shown(&body(300, 18), &status(404), 5), "in 3600 s, status 404, refused");
        assert_eq!(shown(&body(300, 19), &status(404), 5), "given up, status 404");
        for passing in [301, 408, 429, 500, 503] {
            let expected = format!("in 3600 s, status {passing}");
            assert_eq!(shown(&body(300, 19), &status(passing), 5), expected);
        }
        assert_eq!(shown(&body(300, 0), &status(500), 7 * DAY - 60), "in 60 s, status 500");
        assert_eq!(shown(&body(300, 0), &status(500), 7 * DAY), "given up, status 500");
        assert_eq!(shown(&body(0, 0), &Attempt::NoBody, 5), "given up, its body is kept no longer");
    }

    #[test]
    fn a_program_that_takes_nothing_is_left_alone_for_up_to_five_minutes() {
        let pauses = [1, 2, 9, 10, u32::MAX].map(|it| pause_after(it, &ForwardPace::default()).as_secs());
        assert_eq!(pauses, [1, 2, 256, 300, 300]);
    }
}
