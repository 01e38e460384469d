//! What the sender has used of its limits, as the database tells it.

use std::collections::HashMap;

use crm::{Crm, FailedMessage, LoadError, MessageId, SendOutcome, SentMessage};
use jiff::{SignedDuration, Timestamp};
use model::ConsentPurpose;
use rollout::{HoldScope, Limits, Sent, Usage, marketing_hold_duration};
use whatsapp::{ErrorHold, ErrorScope, error_of_status};

use super::journal::CampaignJournal;
use super::outcome::SentOutcome;

/// How far back intents count: a day, and a little, because slots lie ahead of the clock.
const BACK: SignedDuration = SignedDuration::from_hours(25);

/// The limits, and how far the database was read into them.
pub(crate) struct UsageState {
    pub(crate) usage: Usage,
    /// The number that sends.
    sender: String,
    /// The number of the last intent that is counted.
    pub(crate) last_intent: i64,
    /// The number of the last event about a failure that is counted.
    last_failure: i64,
    /// How often the platform has held marketing to a person back.
    held_back: HashMap<[u8; 32], u32>,
    /// The numbers of the intents that other senders have made of each message.
    of_message: HashMap<MessageId, Vec<i64>>,
}

/// What failures ask for beside the limits.
#[derive(Debug, Default)]
pub(crate) struct FailuresSeen {
    /// A code that stops sending within its scope, with its text.
    pub(crate) stop: Option<(i64, &'static str)>,
    /// Codes that our table does not have.
    pub(crate) unknown_codes: Vec<i64>,
}

impl UsageState {
    /// Reads what all numbers have sent in the last day. Other numbers have rates of their own.
    pub(crate) async fn load(crm: &Crm, limits: Limits, sender: &str, now: Timestamp) -> Result<Self, LoadError> {
        let since = now.checked_sub(BACK).unwrap_or(Timestamp::MIN);
        let sent = crm.sent_since(since).await?;
        let last_intent = sent.last().map_or(0, |it| it.number);
        let usage = Usage::of(limits, sent.iter().map(|it| counted(it, sender)));
        let mut state = Self {
            usage,
            sender: sender.to_owned(),
            last_intent,
            last_failure: 0,
            held_back: HashMap::new(),
            of_message: HashMap::new(),
        };
        for it in &sent {
            state.of_message.entry(it.id).or_default().push(it.number);
            state.give_back(it);
        }
        Ok(state)
    }

    /// Counts what other senders have claimed. The claim says which intent is the last.
    pub(crate) fn note_others(&mut self, others: &[SentMessage]) {
        for it in others {
            self.usage.note(&counted(it, &self.sender));
            self.of_message.entry(it.id).or_default().push(it.number);
            self.give_back(it);
        }
    }

    /// Takes what became of an intent: its place is given back if nothing left, and its person if it was refused.
    pub(crate) fn take(&mut self, outcome: &SentOutcome) {
        match outcome.settled.outcome {
            SendOutcome::NotSent => {
                self.usage.give_back_attempt(number(outcome.number));
            }
            SendOutcome::Refused => {
                self.usage.credit(number(outcome.number));
            }
            SendOutcome::Accepted | SendOutcome::Unknown => {}
        }
        if let Some((scope, until, why)) = outcome.hold.clone() {
            self.usage.hold(scope, Some(until), why);
        }
    }

    /// A message waits again: nothing of its intents has left, whoever made them.
    pub(crate) fn give_back_message(&mut self, id: MessageId) {
        for intent in self.of_message.remove(&id).into_iter().flatten() {
            self.usage.give_back_attempt(number(intent));
        }
    }

    /// Gives back what did not reach its person.
    fn give_back(&mut self, it: &SentMessage) {
        if !it.may_have_left {
            self.usage.give_back_attempt(number(it.number));
        }
    }

    /// Reads which messages have failed since it was asked last: they give their people back, and may hold something.
    pub(crate) async fn read_failures(&mut self, crm: &Crm) -> Result<FailuresSeen, LoadError> {
        let failed = crm.failed_after(self.last_failure).await?;
        let mut seen = FailuresSeen::default();
        for it in &failed {
            self.last_failure = self.last_failure.max(it.last_event);
            if it.is_delivered {
                continue;
            }
            if let Some(intent) = it.number {
                self.usage.credit(number(intent));
            }
            self.hold_for(it, &mut seen);
        }
        Ok(seen)
    }

    fn hold_for(&mut self, it: &FailedMessage, seen: &mut FailuresSeen) {
        let meaning = error_of_status(it.code);
        let code = it.code.unwrap_or(0);
        if !meaning.is_known {
            seen.unknown_codes.push(code);
        }
        if meaning.rule.stops {
            seen.stop = Some((code, meaning.rule.text));
        }
        if let (ErrorHold::Minutes(minutes), ErrorScope::Person) = (meaning.rule.hold, meaning.rule.scope) {
            let n = self.held_back.entry(it.recipient).or_default();
            *n += 1;
            let length = marketing_hold_duration(*n).max(SignedDuration::from_mins(minutes.into()));
            let until = it.failed_at.checked_add(length).ok();
            self.usage.hold(HoldScope::Marketing(it.recipient), until, meaning.rule.text);
        }
    }
}

impl CampaignJournal {
    /// The messages of the last day that may have left, as the limits of the number count them.
    pub async fn sent_lately(&self) -> Result<Vec<Sent>, LoadError> {
        let now = self.clock.now();
        let sent = self.crm.sent_since(now.checked_sub(BACK).unwrap_or(Timestamp::MIN)).await?;
        Ok(sent.iter().filter(|it| it.may_have_left).map(|it| counted(it, &self.number)).collect())
    }
}

/// An intent as the limits of the number `sender` count it.
fn counted(it: &SentMessage, sender: &str) -> Sent {
    Sent {
        number: number(it.number),
        at: it.at,
        recipient: it.recipient,
        is_spaced: is_spaced(it.purpose),
        opens: it.opens,
        is_of_other_number: it.sender != sender,
    }
}

/// Whether messages for a purpose are spaced for each person.
pub(crate) fn is_spaced(purpose: ConsentPurpose) -> bool {
    purpose == ConsentPurpose::Marketing
}

/// Numbers of intents begin with 1.
pub(crate) fn number(intent: i64) -> u64 {
    u64::try_from(intent).unwrap_or(0)
}
