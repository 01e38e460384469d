//! Decides what becomes of the messages of a claim. Pure: the database asks it in the transaction of the claim.

use std::collections::{HashMap, HashSet};

use crm::{ClaimDecision, ClaimDecisions, Claimable, FrozenTemplate, TemplateNow, WaitingMessage, WaitsFor};
use jiff::{SignedDuration, Timestamp};
use model::{ConsentChannel, ConsentPurpose, ContactKey};
use phone::Region;
use rollout::{Candidate, LimitName, Sent, Verdict};
use sync::WINDOW;

use super::clock::CampaignClock;
use super::offer::APPROVED;
use super::open::SendingAccount;
use super::usage::{UsageState, is_spaced, number};

/// An open conversation must stay open for this long, so that a message does not arrive too late.
const WINDOW_SLACK: SignedDuration = SignedDuration::from_mins(5);
/// When a message is looked at again that nothing but a person can free.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// What a claim is decided by.
pub(crate) struct Decider<'a> {
    pub(crate) state: &'a mut UsageState,
    pub(crate) key: &'a ContactKey,
    pub(crate) now: Timestamp,
    /// How far ahead slots may lie.
    pub(crate) ahead: SignedDuration,
    pub(crate) frozen: &'a HashMap<FrozenKey, FrozenTemplate>,
    /// The digests of those who may be written to; none if everybody may.
    pub(crate) allowed: Option<&'a HashSet<[u8; 32]>>,
    pub(crate) not_after: Timestamp,
    pub(crate) most: usize,
    /// Set if nothing more may go now, by a limit for all.
    pub(crate) bound: Option<(LimitName, Option<Timestamp>)>,
    /// Set if a message is of a wave that `frozen` does not have.
    pub(crate) is_stale: bool,
    /// Set to the category that each template has now, by name and language.
    pub(crate) categories: HashMap<(String, String), String>,
}

/// Slots begin this long after a claim, so that its commit and the log do not make the first of them late, and end this long
/// after that.
const LEAD: SignedDuration = SignedDuration::from_millis(30);
const AHEAD: SignedDuration = SignedDuration::from_millis(40);

/// How long after a claim its slots begin. The clock of a rehearsal stands still meanwhile.
pub(crate) fn lead(clock: &CampaignClock) -> SignedDuration {
    if clock.is_rehearsal() { SignedDuration::ZERO } else { LEAD }
}

/// Step, wave and language.
pub(crate) type FrozenKey = (String, i64, String);

impl<'a> Decider<'a> {
    /// Decides about at most `most` messages, in a claim that begins now.
    pub(crate) fn new(
        account: &'a SendingAccount,
        state: &'a mut UsageState,
        frozen: &'a HashMap<FrozenKey, FrozenTemplate>,
        most: usize,
        now: Timestamp,
    ) -> Self {
        Self {
            state,
            key: &account.key,
            now: now.saturating_add(lead(&account.clock)).unwrap_or(now),
            ahead: if account.clock.is_rehearsal() { SignedDuration::ZERO } else { AHEAD },
            frozen,
            allowed: account.allowed.as_ref(),
            not_after: account.plan.not_after,
            most,
            bound: None,
            is_stale: false,
            categories: HashMap::new(),
        }
    }

    pub(crate) fn decide(&mut self, claimable: &Claimable<'_>) -> ClaimDecisions {
        self.state.note_others(claimable.others);
        self.state.last_intent = claimable.last_intent;
        if self.now >= self.not_after {
            return ClaimDecisions {
                of: Vec::new(),
                pause: Some("not-after: the last moment of the campaign has passed".into()),
            };
        }
        let of_template = |it: &TemplateNow| ((it.name.clone(), it.language.clone()), it.category.clone());
        self.categories = claimable.templates.iter().map(of_template).collect();
        self.is_stale =
            claimable.waiting.iter().any(|it| !it.template.is_empty() && !self.frozen.contains_key(&key_of(it)));
        if self.is_stale {
            return ClaimDecisions::default();
        }
        let changed = claimable.waiting.iter().find_map(|it| self.change_of(it, claimable.templates));
        if changed.is_some() {
            return ClaimDecisions { of: Vec::new(), pause: changed };
        }
        let mut of = Vec::with_capacity(claimable.waiting.len());
        let mut n_sent = 0;
        for message in claimable.waiting {
            if n_sent == self.most {
                break;
            }
            let Some(decision) = self.one(message) else { break };
            n_sent += usize::from(matches!(decision, ClaimDecision::Send { .. }));
            of.push(decision);
        }
        ClaimDecisions { of, pause: None }
    }

    /// Why the template of a message is not the one that was released; none if it is.
    fn change_of(&self, message: &WaitingMessage, templates: &[TemplateNow]) -> Option<String> {
        if message.template.is_empty() {
            return None;
        }
        let name = format!("{} ({})", message.template, message.language);
        let is_it = |it: &&TemplateNow| it.name == message.template && it.language == message.language;
        let Some(now) = templates.iter().find(is_it) else {
            return Some(format!("template-gone: the account has no template {name} any more"));
        };
        if now.status != APPROVED {
            return Some(format!("template-status: the template {name} is {}", now.status));
        }
        let frozen = self.frozen.get(&key_of(message))?;
        if frozen.category != now.category {
            return Some(format!(
                "template-category: the template {name} was {} and is {} now, which needs other consents and has another price",
                frozen.category, now.category
            ));
        }
        let is_changed = frozen.digest != now.digest || frozen.differs != now.differs;
        is_changed.then(|| format!("template-changed: the template {name} is not the one that was released"))
    }

    /// What becomes of a message. None if nothing more may go now.
    fn one(&mut self, message: &WaitingMessage) -> Option<ClaimDecision> {
        let later = |at: SignedDuration, why| {
            Some(ClaimDecision::Later { not_before: self.now.saturating_add(at).unwrap_or(Timestamp::MAX), why })
        };
        if message.attempts > 0 {
            self.state.give_back_message(message.id);
        }
        let Some(address) = &message.to.address else { return later(LOOK_AGAIN, WaitsFor::NoAddress) };
        let recipient = self.key.recipient(ConsentChannel::Whatsapp, address);
        if recipient != message.recipient {
            return later(LOOK_AGAIN, WaitsFor::AddressChanged);
        }
        if self.allowed.is_some_and(|it| !it.contains(&recipient)) {
            return later(LOOK_AGAIN, WaitsFor::NotInTestRecipients);
        }
        let purpose = message.target.1;
        let open_until = message.to.last_inbound_at.and_then(|it| it.checked_add(WINDOW - WINDOW_SLACK).ok());
        let opens = open_until.is_none_or(|it| it <= self.now);
        if opens && purpose == ConsentPurpose::Conversation {
            return later(LOOK_AGAIN, WaitsFor::NoConversation);
        }
        let candidate = Candidate {
            recipient,
            is_marketing: purpose == ConsentPurpose::Marketing,
            is_spaced: is_spaced(purpose),
            opens,
            template: &message.template,
            country: message.to.region.as_deref().and_then(Region::from_code),
            zone: None,
        };
        match self.state.usage.verdict(self.now, &candidate) {
            Verdict::At(slot) if slot > self.now.saturating_add(self.ahead).unwrap_or(slot) => {
                self.bound = Some((LimitName::NumberRate, Some(slot)));
                None
            }
            Verdict::At(slot) => Some(self.take(slot, &candidate)),
            Verdict::Later { not_before, limit } if is_for_all(limit) => {
                self.bound = Some((limit, Some(not_before)));
                None
            }
            Verdict::Later { not_before, limit } => {
                // A limit of all binds, and the person's own hours come after it: all wait for that limit, which may be lifted
                // before.
                if opens && let Some(bound) = self.bound_for_all() {
                    self.bound = Some(bound);
                    return None;
                }
                Some(ClaimDecision::Later { not_before, why: WaitsFor::Limit(limit.as_str()) })
            }
            Verdict::Never { limit } if is_for_all(limit) => {
                self.bound = Some((limit, None));
                None
            }
            Verdict::Never { .. } => later(LOOK_AGAIN, WaitsFor::NoMoment),
        }
    }

    /// The limit that keeps everybody new back now, and until when; none if somebody may go.
    fn bound_for_all(&mut self) -> Option<(LimitName, Option<Timestamp>)> {
        let bound = self.state.usage.binding(self.now)?;
        let soon = self.now.saturating_add(self.ahead).unwrap_or(self.now);
        let is_now = bound.limit == LimitName::NumberRate || bound.free_at.is_some_and(|it| it <= soon);
        (!is_now).then_some((bound.limit, bound.free_at))
    }

    fn take(&mut self, slot: Timestamp, candidate: &Candidate<'_>) -> ClaimDecision {
        self.state.last_intent += 1;
        let Candidate { recipient, is_spaced, opens, .. } = *candidate;
        let sent = Sent {
            number: number(self.state.last_intent),
            at: slot,
            recipient,
            is_spaced,
            opens,
            is_of_other_number: false,
        };
        self.state.usage.note(&sent);
        ClaimDecision::Send { at: slot, opens }
    }
}

fn key_of(message: &WaitingMessage) -> FrozenKey {
    (message.step.clone(), message.wave, message.language.clone())
}

/// Whether a limit keeps everybody, so that it is no use to look at the next message.
fn is_for_all(limit: LimitName) -> bool {
    matches!(
        limit,
        LimitName::NumberRate | LimitName::AccountCalls | LimitName::MessagesPerHour | LimitName::PeoplePerDay
    )
}
