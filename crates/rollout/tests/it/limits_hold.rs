//! Whatever happens, no window of any length is over a limit.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rollout::{Candidate, Hours, Limits, Sent, Usage, Verdict, Window};

use crate::checker::{Arrival, Held, N_SENDERS, violations};

const JITTER: i64 = 20_000;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody is asked about, and written to if they may be. How long the message takes to arrive.
    Ask {
        sender: usize,
        person: u8,
        is_spaced: bool,
        opens: bool,
        delay: i64,
    },
    /// The same, after waiting for as long as the answer says.
    Wait {
        sender: usize,
        person: u8,
        is_spaced: bool,
        opens: bool,
        delay: i64,
    },
    /// The clock jumps by microseconds, also back.
    Jump(i64),
    /// The process starts again: it folds what the database has, in an order that the number gives.
    Restart(u64),
    Fail(usize),
    NeverLeft(usize),
    Change(Held),
}

fn held() -> impl Strategy<Value = Held> {
    let option = |range| prop_oneof![1 => Just(None), 3 => proptest::strategy::Strategy::prop_map(range, Some)];
    (1..8_u32, option(2..12_u32), option(1..8_u32), option(1..4_u32), prop_oneof![Just(0), 0..8 * 3_600_000_000_i64])
        .prop_map(|(rate, hour, people, person_per_day, spacing)| Held {
            rate,
            hour,
            people,
            person_per_day,
            spacing,
            pair_interval: 6_000_000,
            pair_burst: 1,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let message = || (0..N_SENDERS, 0..12_u8, prop::bool::weighted(0.8), prop::bool::weighted(0.8), 0..=JITTER);
    prop_oneof![
        12 => message().prop_map(|(sender, person, is_spaced, opens, delay)| Step::Ask { sender, person, is_spaced, opens, delay }),
        12 => message().prop_map(|(sender, person, is_spaced, opens, delay)| Step::Wait { sender, person, is_spaced, opens, delay }),
        2 => (-3_600_000_000..3_600_000_000_i64).prop_map(Step::Jump),
        2 => (0..20_000_000_i64).prop_map(Step::Jump),
        1 => (0..40 * 3_600_000_000_i64).prop_map(Step::Jump),
        1 => any::<u64>().prop_map(Step::Restart),
        1 => any::<usize>().prop_map(Step::Fail),
        1 => any::<usize>().prop_map(Step::NeverLeft),
        1 => held().prop_map(Step::Change),
    ]
}

/// Campaigns of two numbers with one database: the usages under test, and what the platform and the database know.
struct Campaign {
    usages: [Usage; N_SENDERS],
    held: Held,
    pair_burst: u32,
    now: Timestamp,
    /// No decision is made before this moment.
    changed_at: Timestamp,
    messages: Vec<(Sent, Arrival)>,
}

fn limits(held: Held) -> Limits {
    Limits {
        number_rate: held.rate,
        jitter: SignedDuration::from_micros(JITTER),
        pair_interval: SignedDuration::from_micros(held.pair_interval),
        pair_burst: held.pair_burst,
        people_per_day: held.people,
        person_per_day: held.person_per_day,
        person_spacing: SignedDuration::from_micros(held.spacing),
        messages_per_hour: held.hour,
        hours: Hours { window: Window::parse("00:00-24:00").unwrap(), unknown_zone: Some("UTC".to_owned()) },
        ..Limits::default()
    }
}

impl Campaign {
    fn new(held: Held) -> Self {
        let now = "2027-03-09T11:00:00.0000004Z".parse().unwrap();
        let usages = std::array::from_fn(|_| Usage::new(limits(held)));
        Self { usages, held, pair_burst: held.pair_burst, now, changed_at: Timestamp::MIN, messages: Vec::new() }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Ask { sender, person, is_spaced, opens, delay } => {
                self.ask(sender, person, (is_spaced, opens), delay);
            }
            Step::Wait { sender, person, is_spaced, opens, delay } => {
                if let Some(not_before) = self.ask(sender, person, (is_spaced, opens), delay) {
                    self.now = not_before;
                    assert_eq!(self.ask(sender, person, (is_spaced, opens), delay), None, "a wait ends when it says");
                }
            }
            Step::Jump(by) => self.now += SignedDuration::from_micros(by),
            Step::Restart(seed) => self.restart(seed),
            Step::Fail(n) => self.fail(n),
            Step::NeverLeft(n) => self.never_left(n),
            Step::Change(held) => {
                self.held = Held { pair_burst: self.pair_burst, ..held };
                // Messages that were decided by the old limits arrive before any is decided by the new ones.
                if let Some(last) = self.messages.iter().map(|it| it.1.at).max() {
                    self.changed_at = Timestamp::from_microsecond(last + 1).unwrap();
                }
                self.usages.iter_mut().for_each(|it| it.set_limits(limits(self.held)));
            }
        }
    }

    /// Asks about a person and notes the message, as the other number does too, or gives the end of the wait.
    fn ask(&mut self, sender: usize, person: u8, (is_spaced, opens): (bool, bool), delay: i64) -> Option<Timestamp> {
        let recipient = [person; 32];
        let candidate =
            Candidate { recipient, is_marketing: true, is_spaced, opens, template: "", country: None, zone: None };
        match self.usages[sender].verdict(self.now.max(self.changed_at), &candidate) {
            Verdict::At(at) => {
                let number = self.messages.len() as u64;
                let sent = Sent { number, at, recipient, is_spaced, opens, is_of_other_number: false };
                self.usages.iter_mut().enumerate().for_each(|(of, it)| it.note(&seen_by(of, sender, &sent)));
                let at = at.as_microsecond() + delay;
                let (has_failed, never_left, held) = (false, false, self.held);
                self.messages
                    .push((sent, Arrival { at, sender, person, is_spaced, opens, has_failed, never_left, held }));
                None
            }
            Verdict::Later { not_before, .. } => Some(not_before),
            Verdict::Never { limit } => panic!("{limit} is not 0"),
        }
    }

    fn fail(&mut self, n: usize) {
        let Some(n) = n.checked_rem(self.messages.len()) else { return };
        let (sent, arrival) = &mut self.messages[n];
        arrival.has_failed = true;
        self.usages.iter_mut().for_each(|it| {
            it.credit(sent.number);
        });
    }

    fn never_left(&mut self, n: usize) {
        let Some(n) = n.checked_rem(self.messages.len()) else { return };
        let (sent, arrival) = &mut self.messages[n];
        arrival.never_left = true;
        self.usages.iter_mut().for_each(|it| {
            it.give_back_attempt(sent.number);
        });
    }

    /// Folds the messages of the last day, some of them twice, in any order.
    fn restart(&mut self, seed: u64) {
        let clock = self.usages.iter().map(|it| it.clock(self.now)).min().unwrap_or(self.now);
        let is_recent = |it: &&(Sent, Arrival)| clock.duration_since(it.0.at) <= SignedDuration::from_hours(25);
        let mut rows: Vec<&(Sent, Arrival)> = self.messages.iter().filter(is_recent).collect();
        let order =
            |number: u64| (number ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_mul(seed | 1);
        rows.sort_by_key(|it| order(it.0.number));
        self.usages = std::array::from_fn(|_| Usage::new(limits(self.held)));
        for (sent, arrival) in rows.iter().chain(rows.iter().take(3)) {
            let opens = sent.opens && !arrival.has_failed && !arrival.never_left;
            let sent = Sent { opens, is_spaced: sent.is_spaced && !arrival.never_left, ..*sent };
            self.usages.iter_mut().enumerate().for_each(|(of, it)| it.note(&seen_by(of, arrival.sender, &sent)));
        }
    }
}

/// A message of the number `sender` as the number `of` sees it.
fn seen_by(of: usize, sender: usize, sent: &Sent) -> Sent {
    Sent { is_of_other_number: of != sender, ..*sent }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_window_of_any_length_is_over_a_limit(
        held in held(),
        pair_burst in 1..4_u32,
        steps in prop::collection::vec(step(), 1..300),
    ) {
        let mut campaign = Campaign::new(Held { pair_burst, ..held });
        steps.into_iter().for_each(|it| campaign.take(it));
        let arrivals: Vec<Arrival> = campaign.messages.into_iter().map(|it| it.1).collect();
        prop_assert_eq!(violations(&arrivals), Vec::<String>::new());
    }
}
