//! What becomes of a message once it is on its way, and what people do when they have got it.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::sending::accepted::{Accepted, Category};
use crate::sending::chosen::Candidate;
use crate::sending::log::Over;
use crate::sending::pacing::Paced;
use crate::sending::portfolio::Reached;
use crate::sending::schedule::{Event, Inbound, Price, State as Told, StatusEvent};
use crate::sending::settings::{Answer, Verdict};
use crate::sending::state::{State, World};

/// When free-form messages and utility templates in an open window began to be billed.
const ALL_BILLED_SINCE: Timestamp = Timestamp::constant(1_790_812_800, 0);

/// The share of messages whose price comes again with `delivered`, and not with `read`.
const PRICED_WITH_DELIVERED: f64 = 0.7;

impl State {
    /// Sends an accepted message on its way at this moment: all its statuses are in the schedule from now on.
    pub(super) fn dispatch(&mut self, world: World<'_>, message: &Arc<Accepted>, at: Timestamp) {
        let chances = &message.chances;
        let statuses = self.settings.statuses.clone();
        let is_undelivered = chances.occurs("never delivered", statuses.never_delivered);
        match self.failure(world, message, at, is_undelivered) {
            Some(code) => {
                let failed_at = later(at, chances.between("failed after", statuses.failed_after));
                self.tell(message, Told::Failed(code), failed_at, failed_at, None);
            }
            None => {
                let sent_at = later(at, chances.between("sent after", statuses.sent_after));
                let delivered_at = later(sent_at, chances.between("delivered after", statuses.delivered_after));
                let price = (!is_undelivered).then(|| self.price(message, delivered_at));
                let is_reordered = !is_undelivered && chances.occurs("reordered", statuses.reordered);
                let sent_due = if is_reordered { later(delivered_at, SignedDuration::from_secs(1)) } else { sent_at };
                self.tell(message, Told::Sent, sent_at, sent_due, Some(price.unwrap_or(Price::Regular)));
                if let Some(price) = price {
                    self.deliver(message, delivered_at, price);
                }
            }
        }
    }

    /// A message arrives, is read or not, and is answered or not.
    fn deliver(&mut self, message: &Arc<Accepted>, at: Timestamp, price: Price) {
        let (chances, statuses) = (&message.chances, self.settings.statuses.clone());
        let is_read = chances.occurs("read", statuses.read);
        let is_priced_here = !is_read || chances.occurs("priced with delivered", PRICED_WITH_DELIVERED);
        self.tell(message, Told::Delivered, at, at, is_priced_here.then_some(price));
        if is_read {
            let read_at = later(at, chances.between("read after", statuses.read_after));
            self.tell(message, Told::Read, read_at, read_at, (!is_priced_here).then_some(price));
        }
        let candidate = candidate(message, message.at);
        let answers = self.settings.answers.iter().enumerate();
        let chosen = answers.filter(|(n, it)| it.when.holds(&format!("answer {n}"), &candidate)).map(|it| it.1).next();
        if let Some(answer) = chosen {
            let due = later(at, chances.between("answer after", answer.after));
            let does = Inbound {
                from: message.person,
                number: message.number.clone(),
                does: answer.does.clone(),
                answers: Some(message.wamid.clone()),
            };
            self.schedule.add(due, Event::Inbound(does));
        }
    }

    /// The code with which a message fails after it was accepted.
    fn failure(
        &mut self,
        world: World<'_>,
        message: &Arc<Accepted>,
        at: Timestamp,
        is_undelivered: bool,
    ) -> Option<u32> {
        let is_marketing = message.category == Category::Marketing;
        let person = self.person(message.person, world).clone();
        if !person.is_registered {
            self.counts.unknown_recipients += 1;
            return Some(131_026);
        }
        if message.category == Category::Service && !message.is_open {
            return Some(131_047);
        }
        if is_marketing && person.has_stopped {
            return Some(131_050);
        }
        if is_marketing && person.is_american() {
            return Some(131_049);
        }
        let candidate = candidate(message, at);
        let mut failures = self.settings.statuses.failures.iter().enumerate();
        if let Some((_, failure)) = failures.find(|(n, it)| it.when.holds(&format!("failure {n}"), &candidate)) {
            return Some(failure.code);
        }
        // What follows counts deliveries outside of an open window.
        if is_undelivered || message.is_open {
            return None;
        }
        let cap = self.settings.limits.marketing_cap.clone().filter(|_| is_marketing);
        if let Some(cap) = cap
            && !self.person(message.person, world).takes_marketing(at, &cap)
        {
            return Some(131_049);
        }
        self.count_person(message, at).then_some(self.settings.limits.portfolio_over_code)
    }

    /// Counts a person against the limit of the portfolio. Returns whether there would be too many.
    fn count_person(&mut self, message: &Accepted, at: Timestamp) -> bool {
        let settings = self.portfolio_settings(&message.portfolio);
        let portfolio = self.portfolios.entry(message.portfolio.clone()).or_default();
        if let Err(exceeded) = portfolio.take(message.person, at, &settings) {
            self.note_over(Over { over: "portfolio", at, count: exceeded.count, limit: exceeded.limit });
            return true;
        }
        let limits = &self.settings.limits;
        let is_good = |(_, it): (&String, &crate::sending::settings::NumberSettings)| {
            let account = self.settings.accounts.get(&it.account);
            account.is_none_or(|it| it.portfolio != message.portfolio)
                || ["GREEN", "UNKNOWN"].contains(&it.quality_rating.as_str())
        };
        if limits.auto_scale
            && self.settings.numbers.iter().all(is_good)
            && let Some(tier) = portfolio.earned(at, &settings)
        {
            let due = later(at, SignedDuration::from_hours(limits.auto_scale_hours));
            let reached = Reached { portfolio: message.portfolio.clone(), tier };
            self.schedule.add(due, Event::Growth(reached));
        }
        false
    }

    /// How a delivered message is billed.
    fn price(&mut self, message: &Accepted, at: Timestamp) -> Price {
        if message.chances.occurs("free entry point", self.settings.statuses.free_entry_point) {
            return Price::FreeEntryPoint;
        }
        let is_free_in_window = message.is_open && matches!(message.category, Category::Service | Category::Utility);
        if is_free_in_window && at < ALL_BILLED_SINCE {
            return Price::FreeCustomerService;
        }
        if message.category != Category::Service {
            return Price::Regular;
        }
        let date = at.to_zoned(TimeZone::UTC).date();
        let n = self.service.entry((message.number.clone(), date.year(), date.month())).or_default();
        *n += 1;
        match *n <= self.settings.statuses.free_service_messages {
            true => Price::FreeCustomerService,
            false => Price::Regular,
        }
    }

    /// Puts a status into the schedule, with what can become of its webhook.
    fn tell(&mut self, message: &Arc<Accepted>, state: Told, at: Timestamp, due: Timestamp, price: Option<Price>) {
        let (chances, statuses) = (&message.chances, &self.settings.statuses);
        let purpose = |what: &str| format!("{what} {}", state.name());
        if chances.occurs(&purpose("missing"), statuses.missing) {
            return;
        }
        let mut due = due;
        if chances.occurs(&purpose("late"), statuses.late) {
            due = later(due, chances.between(&purpose("late by"), statuses.late_by));
        }
        let event = Event::Status(StatusEvent { message: Arc::clone(message), state, at, price });
        if chances.occurs(&purpose("doubled"), statuses.doubled) {
            let again = later(due, chances.between(&purpose("again after"), [0.0, 60.0]));
            self.schedule.add(again, event.clone());
        }
        self.schedule.add(due, event);
    }

    /// Messages that were held are let go, or fail.
    pub(super) fn judge(&mut self, world: World<'_>, paced: &Paced, at: Timestamp) {
        let pace = match paced {
            Paced::Template(_) => &self.settings.pacing.template,
            Paced::Portfolio(_) => &self.settings.pacing.portfolio,
        };
        // Settings that were replaced in between hold nothing any more.
        let verdict = pace.as_ref().map_or(Verdict::Released, |it| it.verdict);
        let held = self.pacing.judge(paced, verdict);
        if verdict == Verdict::Released {
            return held.iter().for_each(|it| self.dispatch(world, it, at));
        }
        if let Paced::Portfolio(id) = paced {
            self.portfolios.entry(id.clone()).or_default().is_blocked = true;
        }
        let failed_after = self.settings.statuses.failed_after;
        for message in &held {
            let failed_at = later(at, message.chances.between("failed after", failed_after));
            self.tell(message, Told::Failed(132_015), failed_at, failed_at, None);
        }
    }

    /// A person writes or does something.
    pub(super) fn hear(&mut self, world: World<'_>, inbound: &Inbound, at: Timestamp) {
        self.counts.inbound += 1;
        let counts_inbound = self.settings.limits.number_counts_inbound;
        let person = self.person(inbound.from, world);
        match inbound.does {
            Answer::Writes(_) | Answer::Presses(_) => {
                person.open(&inbound.number, at);
                if counts_inbound {
                    self.throughput.entry(inbound.number.clone()).or_default().add(at);
                }
            }
            Answer::Stops => person.has_stopped = true,
            Answer::Resumes => person.has_stopped = false,
        }
    }
}

/// A message when something may happen to it after it was accepted.
fn candidate(message: &Accepted, at: Timestamp) -> Candidate<'_> {
    Candidate {
        n: 0,
        at,
        to: Some(message.person),
        number: &message.number,
        template: message.template.as_deref(),
        chances: &message.chances,
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
