//! What an answer means: the outcome of the intent, and what else it asks for. Pure.

use crm::{AnsweredState, Intent, SendOutcome as Outcome, Settled};
use http::NotSent;
use jiff::{SignedDuration, Timestamp};
use model::{ContactKey, EventChannel};
use rollout::{HoldScope, pair_hold_duration};
use whatsapp::{Acceptance, AccountUsage, ErrorHold, ErrorScope, Retry, SendAnswer, SendFailure, Sent};

/// The longest wait after the platform asked to slow down. It doubles from one second.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// The share of an account's calls, in percent, from which on they are spread, and the wait after each.
const MUCH_USED: u16 = 90;
const NEARLY_USED_UP: SignedDuration = SignedDuration::from_secs(10);

/// What became of an intent.
#[derive(Debug)]
pub(crate) struct SentOutcome {
    pub(crate) number: i64,
    pub(crate) recipient: [u8; 32],
    pub(crate) at: Timestamp,
    pub(crate) settled: Settled,
    /// Nothing goes within a scope until a moment.
    pub(crate) hold: Option<(HoldScope, Timestamp, &'static str)>,
    /// The campaign has to pause, and why.
    pub(crate) pause: Option<String>,
    /// The clock of the platform.
    pub(crate) date: Option<Timestamp>,
    /// Whether the platform or the way to it is in trouble.
    pub(crate) is_trouble: bool,
    /// A code that our table does not have.
    pub(crate) unknown_code: Option<i64>,
}

/// Reads what became of an intent at a moment of the campaign's clock.
pub(crate) fn outcome(key: &ContactKey, intent: &Intent, sent: Sent, now: Timestamp) -> SentOutcome {
    let id = intent.message.id;
    let mut outcome = SentOutcome {
        number: intent.number,
        recipient: intent.message.recipient,
        at: intent.at,
        settled: Settled::new(id, Outcome::Unknown),
        hold: None,
        pause: None,
        date: None,
        is_trouble: false,
        unknown_code: None,
    };
    match sent {
        Sent::Answered(reply) => {
            outcome.date = reply.date;
            let asked = reply.retry_after.and_then(|it| SignedDuration::try_from(it).ok());
            outcome.answered(key, intent, reply.answer, (now, asked));
            if let Some(usage) = reply.usage {
                outcome.slow_down(usage, now);
            }
        }
        Sent::NotSent { why } => outcome.not_sent(intent, why, now),
        Sent::Lost { .. } => outcome.is_trouble = true,
    }
    outcome
}

impl SentOutcome {
    fn answered(
        &mut self,
        key: &ContactKey,
        intent: &Intent,
        answer: SendAnswer,
        (now, asked): (Timestamp, Option<SignedDuration>),
    ) {
        match answer {
            SendAnswer::Accepted(accepted) => {
                let state = match accepted.status {
                    Acceptance::Held => AnsweredState::Held,
                    Acceptance::Paused => AnsweredState::Paused,
                    Acceptance::Accepted | Acceptance::Other(_) => AnsweredState::Accepted,
                };
                let message_key = key.message_key(EventChannel::Whatsapp, &accepted.message.0, None);
                self.settled.outcome = Outcome::Accepted;
                self.settled.answer = Some((message_key, state));
            }
            SendAnswer::Refused(failure) => self.refused(intent, &failure, (now, asked)),
            SendAnswer::Unknown(failure) => {
                self.settled.code = failure.as_ref().and_then(|it| it.code);
                self.is_trouble = true;
                self.note_code(failure.as_ref());
                if let Some(failure) = failure.filter(|it| it.meaning.rule.stops) {
                    self.pause = Some(pause_of(&failure));
                }
            }
        }
    }

    fn note_code(&mut self, failure: Option<&SendFailure>) {
        self.unknown_code = failure.filter(|it| !it.meaning.is_known).and_then(|it| it.code);
    }

    fn refused(
        &mut self,
        intent: &Intent,
        failure: &SendFailure,
        (now, asked): (Timestamp, Option<SignedDuration>),
    ) {
        let rule = failure.meaning.rule;
        self.settled.code = failure.code;
        self.note_code(Some(failure));
        let is_of_many = !matches!(rule.scope, ErrorScope::Request | ErrorScope::Pair | ErrorScope::Person);
        // What concerns many and is not tried again would be refused for all the others too.
        let is_for_all = is_of_many && (rule.hold == ErrorHold::Open || failure.meaning.retry() == Retry::Never);
        if rule.stops || is_for_all {
            self.pause = Some(pause_of(failure));
            return self.again(now, "paused");
        }
        let attempts = intent.message.attempts;
        match failure.meaning.retry() {
            Retry::Never => self.settled.outcome = Outcome::Refused,
            Retry::Wait => {
                let wait = match rule.hold {
                    ErrorHold::Minutes(minutes) => SignedDuration::from_mins(minutes.into()),
                    ErrorHold::No | ErrorHold::Open => LONGEST_WAIT,
                };
                self.hold_scope(intent, rule.scope, now.saturating_add(wait).unwrap_or(now), rule.text);
                self.again(now.saturating_add(wait).unwrap_or(now), "asked-to-wait");
            }
            Retry::Backoff if rule.scope == ErrorScope::Pair => {
                let wait = pair_hold_duration(attempts).max(asked.unwrap_or_default());
                let until = now.saturating_add(wait).unwrap_or(now);
                self.hold_scope(intent, rule.scope, until, rule.text);
                self.again(until, "pair-rate");
            }
            Retry::Backoff => {
                self.is_trouble = true;
                let wait = asked.unwrap_or(SignedDuration::from_secs(1)).min(LONGEST_WAIT);
                self.hold_scope(intent, rule.scope, now.saturating_add(wait).unwrap_or(now), rule.text);
                self.again(now, "asked-to-slow-down");
            }
        }
    }

    fn not_sent(&mut self, intent: &Intent, why: NotSent, now: Timestamp) {
        match why {
            NotSent::TooLate | NotSent::ClosedBeforeWrite => self.again(now, "too-late"),
            NotSent::ConnectRefused | NotSent::Unreachable => {
                self.is_trouble = true;
                let wait = pair_hold_duration(intent.message.attempts.min(3));
                self.again(now.saturating_add(wait).unwrap_or(now), "unreachable");
            }
            NotSent::ClockMoved | NotSent::TlsFailed | NotSent::Private | NotSent::Credentials | NotSent::Path => {
                self.pause = Some(format!("cannot-send: {why}"));
                self.again(now, "paused");
            }
        }
    }

    /// Waits before the calls of the account are used up.
    fn slow_down(&mut self, usage: AccountUsage, now: Timestamp) {
        let wait = match usage.minutes_to_regain {
            0 if usage.percent < MUCH_USED => return,
            0 => NEARLY_USED_UP,
            minutes => SignedDuration::from_mins(minutes.into()),
        };
        let until = now.saturating_add(wait).unwrap_or(now);
        self.hold.get_or_insert((HoldScope::Account, until, "The account has used nearly all of its calls."));
    }

    fn hold_scope(&mut self, intent: &Intent, scope: ErrorScope, until: Timestamp, why: &'static str) {
        let scope = match scope {
            ErrorScope::Request => return,
            ErrorScope::Pair | ErrorScope::Person => HoldScope::Pair(self.recipient),
            ErrorScope::Template => HoldScope::Template(intent.message.template.clone()),
            ErrorScope::Number => HoldScope::Number,
            ErrorScope::Account => HoldScope::Account,
            ErrorScope::Portfolio => HoldScope::Portfolio,
        };
        self.hold = Some((scope, until, why));
    }

    /// Nothing left, and it is tried again.
    fn again(&mut self, at: Timestamp, why: &'static str) {
        self.settled.outcome = Outcome::NotSent;
        self.settled.again = Some((at, why));
    }
}

/// The reason of a pause because of a code.
fn pause_of(failure: &SendFailure) -> String {
    format!("code-{}: {}", failure.code.unwrap_or(0), failure.meaning.rule.text)
}
