//! What an answer means: the outcome of the intent, and what else it asks for. Pure.

use crm::{AnsweredState, Intent, SendOutcome as Outcome, Settled, WaitsFor};
use http::NotSent;
use jiff::{SignedDuration, Timestamp};
use model::{ContactKey, EventChannel};
use rollout::{HoldScope, LimitName, pair_hold_duration};
use whatsapp::{Acceptance, AccountUsage, ErrorHold, ErrorScope, Retry, SendAnswer, SendFailure, Sent};

use super::trouble::TroubleSign;

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
    pub(crate) settled: Settled,
    /// Nothing goes within a scope until a moment.
    pub(crate) hold: Option<(HoldScope, Timestamp, &'static str)>,
    /// The campaign has to pause, and why.
    pub(crate) pause: Option<String>,
    /// By how many seconds the clock of the platform was ahead of ours when its answer came.
    pub(crate) clock_ahead: Option<i64>,
    /// A sign that the platform or the way to it is in trouble.
    pub(crate) trouble: Option<TroubleSign>,
    /// A code that our table does not have.
    pub(crate) unknown_code: Option<i64>,
}

/// Reads what became of an intent at a moment of the campaign's clock.
pub(crate) fn outcome(key: &ContactKey, intent: &Intent, sent: Sent, now: Timestamp) -> SentOutcome {
    let id = intent.message.id;
    let mut outcome = SentOutcome {
        number: intent.number,
        recipient: intent.message.recipient,
        settled: Settled::new(id, Outcome::Unknown),
        hold: None,
        pause: None,
        clock_ahead: None,
        trouble: None,
        unknown_code: None,
    };
    match sent {
        Sent::Answered(reply) => {
            outcome.clock_ahead = reply.date.map(|it| it.duration_since(now).as_secs());
            let asked = reply.retry_after.and_then(|it| SignedDuration::try_from(it).ok());
            outcome.answered(key, intent, (reply.status, reply.answer), (now, asked));
            if let Some(usage) = reply.usage {
                outcome.slow_down(usage, now);
            }
        }
        Sent::NotSent { why } => outcome.not_sent(intent, why, now),
        Sent::Lost { .. } => outcome.trouble = Some(TroubleSign::Lost),
    }
    outcome
}

impl SentOutcome {
    fn answered(
        &mut self,
        key: &ContactKey,
        intent: &Intent,
        (status, answer): (u16, SendAnswer),
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
                self.trouble = Some(TroubleSign::Answer { status, code: self.settled.code });
                self.note_code(failure.as_ref());
                let Some(failure) = failure else { return };
                let rule = failure.meaning.rule;
                if let ErrorHold::Minutes(minutes) = rule.hold {
                    let until = now.saturating_add(SignedDuration::from_mins(minutes.into())).unwrap_or(now);
                    self.hold_scope(intent, rule.scope, until, rule.text);
                }
                if rule.stops {
                    self.pause = Some(pause_of(&failure));
                }
            }
        }
    }

    fn note_code(&mut self, failure: Option<&SendFailure>) {
        self.unknown_code = failure.filter(|it| !it.meaning.is_known).and_then(|it| it.code);
    }

    fn refused(&mut self, intent: &Intent, failure: &SendFailure, (now, asked): (Timestamp, Option<SignedDuration>)) {
        let rule = failure.meaning.rule;
        self.settled.code = failure.code;
        self.note_code(Some(failure));
        let is_of_many = !matches!(rule.scope, ErrorScope::Request | ErrorScope::Pair | ErrorScope::Person);
        // What concerns many and is not tried again would be refused for all the others too.
        let is_for_all = is_of_many && (rule.hold == ErrorHold::Open || failure.meaning.retry() == Retry::Never);
        if rule.stops || is_for_all {
            self.pause = Some(pause_of(failure));
            return self.again(now, WaitsFor::Paused);
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
                self.again(now.saturating_add(wait).unwrap_or(now), WaitsFor::AskedToWait);
            }
            Retry::Backoff if rule.scope == ErrorScope::Pair => {
                let wait = pair_hold_duration(attempts).max(asked.unwrap_or_default());
                let until = now.saturating_add(wait).unwrap_or(now);
                self.hold_scope(intent, rule.scope, until, rule.text);
                self.again(until, WaitsFor::Limit(LimitName::PairRate.as_str()));
            }
            Retry::Backoff => {
                self.trouble = Some(TroubleSign::SlowDown);
                let wait = asked.unwrap_or(SignedDuration::from_secs(1)).min(LONGEST_WAIT);
                self.hold_scope(intent, rule.scope, now.saturating_add(wait).unwrap_or(now), rule.text);
                self.again(now, WaitsFor::AskedToSlowDown);
            }
        }
    }

    fn not_sent(&mut self, intent: &Intent, why: NotSent, now: Timestamp) {
        match why {
            NotSent::TooLate | NotSent::ClosedBeforeWrite => self.again(now, WaitsFor::TooLate),
            NotSent::ConnectRefused | NotSent::Unreachable => {
                self.trouble = Some(TroubleSign::Unreachable);
                let wait = pair_hold_duration(intent.message.attempts.min(3));
                self.again(now.saturating_add(wait).unwrap_or(now), WaitsFor::Unreachable);
            }
            NotSent::ClockMoved | NotSent::TlsFailed | NotSent::Private | NotSent::Credentials | NotSent::Path => {
                self.pause = Some(format!("cannot-send: {why}"));
                self.again(now, WaitsFor::Paused);
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
    fn again(&mut self, at: Timestamp, why: WaitsFor) {
        self.settled.outcome = Outcome::NotSent;
        self.settled.again = Some((at, why));
    }
}

/// The reason of a pause because of a code.
fn pause_of(failure: &SendFailure) -> String {
    format!("code-{}: {}", failure.code.unwrap_or(0), failure.meaning.rule.text)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crm::{Addressed, MessageId, WaitingMessage};
    use expect_test::expect_file;
    use http::AnswerHeaders;
    use model::{ConsentChannel, ConsentPurpose, ContactId};
    use whatsapp::{ErrorPhase, error_rules, read_send_answer};

    use super::*;

    fn key() -> ContactKey {
        ContactKey::from_hex(&"07".repeat(32)).unwrap()
    }

    fn intent() -> Intent {
        let message = WaitingMessage {
            id: MessageId::from_bytes([1; 16]),
            contact: ContactId([2; 16]),
            step: "invite".into(),
            wave: 1,
            target: (ConsentChannel::Whatsapp, ConsentPurpose::Marketing),
            recipient: [3; 32],
            attempts: 0,
            template: "offer".into(),
            language: "fr".into(),
            content: "{}".into(),
            to: Addressed::default(),
        };
        Intent { number: 1, message, at: Timestamp::UNIX_EPOCH }
    }

    fn of(sent: Sent) -> SentOutcome {
        outcome(&key(), &intent(), sent, Timestamp::UNIX_EPOCH)
    }

    fn answered(status: u16, body: &str) -> SentOutcome {
        of(Sent::Answered(read_send_answer(status, &AnswerHeaders::default(), body.as_bytes())))
    }

    fn told(it: &SentOutcome) -> String {
        let mut text = format!("{:?}", it.settled.outcome).to_lowercase();
        if let Some((at, why)) = it.settled.again {
            write!(text, ", again after {} s ({})", at.as_second(), why.name()).unwrap();
        }
        if let Some((scope, until, _)) = &it.hold {
            let scope = format!("{scope:?}");
            write!(text, ", holds {} for {} s", scope.split('(').next().unwrap(), until.as_second()).unwrap();
        }
        if it.pause.is_some() {
            text += ", pauses";
        }
        if it.trouble.is_some() {
            text += ", trouble";
        }
        text
    }

    #[test]
    fn every_code_of_an_answer_has_one_outcome() {
        let mut table = String::new();
        for rule in error_rules().iter().filter(|it| it.phase != ErrorPhase::Webhook) {
            let code = rule.codes.start();
            let body = format!(r#"{{"error":{{"code":{code},"message":"(#{code}) no"}}}}"#);
            let [refused, failed] = [400, 500].map(|status| told(&answered(status, &body)));
            writeln!(table, "{code:7}  {refused}").unwrap();
            // A server that fails may have sent it all the same.
            assert!(failed.starts_with("unknown"), "{code}: {failed}");
            assert_eq!(failed.contains("pauses"), rule.stops, "{code}: {failed}");
        }
        expect_file!["outcomes.txt"].assert_eq(&table);
    }

    #[test]
    fn what_left_and_was_not_answered_is_unknown_and_what_did_not_leave_is_tried_again() {
        let mut table = String::new();
        for why in [NotSent::TooLate, NotSent::ConnectRefused, NotSent::ClosedBeforeWrite, NotSent::TlsFailed] {
            writeln!(table, "{why:?}: {}", told(&of(Sent::NotSent { why }))).unwrap();
        }
        for why in [http::LostAnswer::TimedOut, http::LostAnswer::Reset] {
            writeln!(table, "{why:?}: {}", told(&of(Sent::Lost { why }))).unwrap();
        }
        writeln!(table, "no id: {}", told(&answered(200, "{}"))).unwrap();
        let held = r#"{"messages":[{"id":"wamid.a","message_status":"held_for_quality_assessment"}]}"#;
        let held = answered(200, held);
        assert_eq!(held.settled.answer.map(|it| it.1), Some(AnsweredState::Held));
        writeln!(table, "held: {}", told(&held)).unwrap();
        expect_test::expect![[r#"
            TooLate: notsent, again after 0 s (too-late)
            ConnectRefused: notsent, again after 1 s (unreachable), trouble
            ClosedBeforeWrite: notsent, again after 0 s (too-late)
            TlsFailed: notsent, again after 0 s (paused), pauses
            TimedOut: unknown, trouble
            Reset: unknown, trouble
            no id: unknown, trouble
            held: accepted
        "#]]
        .assert_eq(&table);
    }
}
