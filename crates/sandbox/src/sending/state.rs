//! Everything that the sending side remembers.

use std::collections::{BTreeMap, HashMap};
use std::io;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::sending::limits::{Pair, Throughput};
use crate::sending::log::{Answered, Outcome, Over, SendsLog};
use crate::sending::pacing::Pacing;
use crate::sending::person::Person;
use crate::sending::portfolio::Portfolio;
use crate::sending::schedule::Schedule;
use crate::sending::settings::{PortfolioSettings, SendingSettings};
use crate::{Population, Templates};

/// The rest of the sandbox, as the sending side needs it.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) population: &'a Population,
    pub(super) templates: &'a Templates,
}

/// The settings, and what happened so far.
#[derive(Default)]
pub(super) struct State {
    pub(super) settings: SendingSettings,
    pub(super) schedule: Schedule,
    pub(super) counts: Counts,
    pub(super) people: HashMap<u64, Person>,
    /// The digits of people by the ids that they were shown under.
    pub(super) by_user_id: HashMap<String, u64>,
    pub(super) throughput: HashMap<String, Throughput>,
    /// By the id of the number and the digits of the person.
    pub(super) pairs: HashMap<(String, u64), Pair>,
    pub(super) portfolios: BTreeMap<String, Portfolio>,
    pub(super) pacing: Pacing,
    /// When `/marketing_messages` knows a template, and when it was last sent by it, by the id of the template.
    pub(super) synced: HashMap<String, Synced>,
    /// How often an opaque id or a body came.
    pub(super) attempts: HashMap<String, u64>,
    /// Delivered free-form messages by number, year and month.
    pub(super) service: HashMap<(String, i16, i8), u32>,
    pub(super) log: Option<SendsLog>,
    /// The first failure of the log.
    pub(super) log_failure: Option<io::Error>,
}

/// A template as `/marketing_messages` knows it.
#[derive(Clone, Copy)]
pub(super) struct Synced {
    pub(super) from: Timestamp,
    pub(super) last_used: Timestamp,
}

/// What `GET /sandbox/sending` counts.
#[derive(Default, Serialize)]
pub(super) struct Counts {
    pub(super) requests: u64,
    pub(super) accepted: u64,
    /// Accepted messages that were held.
    pub(super) held: u64,
    /// Refusals by code. Those without a code are under 0.
    pub(super) refused: BTreeMap<u32, u64>,
    pub(super) over: BTreeMap<&'static str, u64>,
    /// What callers saw.
    pub(super) answers: BTreeMap<Answered, u64>,
    /// Statuses that were told, each as often as it was.
    pub(super) statuses: BTreeMap<&'static str, u64>,
    /// Failed statuses by code.
    pub(super) failed: BTreeMap<u32, u64>,
    /// Messages to people who are not on WhatsApp.
    pub(super) unknown_recipients: u64,
    /// What people wrote or did.
    pub(super) inbound: u64,
    /// Webhooks that were not answered with 200 in the end.
    pub(super) given_up: u64,
}

impl State {
    pub(super) fn portfolio_settings(&self, portfolio: &str) -> PortfolioSettings {
        self.settings.portfolios.get(portfolio).cloned().unwrap_or_default()
    }

    /// The person with these digits, who is made up when first met.
    pub(super) fn person(&mut self, digits: u64, world: World<'_>) -> &mut Person {
        let settings = &self.settings.people;
        self.people.entry(digits).or_insert_with(|| Person::new(digits, world.population, settings))
    }

    /// Writes a line into the log. A failure is kept: answers say so from then on.
    pub(super) fn write(&mut self, line: &impl Serialize) {
        let Some(log) = &mut self.log else { return };
        if let Err(failure) = log.add(line) {
            self.log_failure.get_or_insert(failure);
        }
    }

    pub(super) fn note_over(&mut self, over: Over) {
        *self.counts.over.entry(over.over).or_default() += 1;
        self.write(&over);
    }

    pub(super) fn note_outcome(&mut self, outcome: Outcome, code: Option<u32>, answer: Answered) {
        match outcome {
            Outcome::Accepted => self.counts.accepted += 1,
            Outcome::Held => {
                self.counts.accepted += 1;
                self.counts.held += 1;
            }
            Outcome::Refused => *self.counts.refused.entry(code.unwrap_or(0)).or_default() += 1,
        }
        *self.counts.answers.entry(answer).or_default() += 1;
    }

    /// Replaces the settings. A portfolio whose settings changed forgets the level that it had grown to.
    pub(super) fn replace(&mut self, settings: SendingSettings, world: World<'_>) {
        let ids: Vec<String> = self.portfolios.keys().cloned().collect();
        for id in ids {
            let (before, after) =
                (self.portfolio_settings(&id), settings.portfolios.get(&id).cloned().unwrap_or_default());
            if let Some(portfolio) = self.portfolios.get_mut(&id).filter(|_| before != after) {
                portfolio.grown_to = None;
            }
        }
        self.settings = settings;
        for (digits, person) in &mut self.people {
            person.follow(&Person::new(*digits, world.population, &self.settings.people));
        }
    }

    /// The counts, the use of the portfolios, and the settings.
    pub(super) fn shown(&self, now: Timestamp) -> Value {
        let portfolio = |(id, it): (&String, &Portfolio)| {
            let tier = it.tier(&self.portfolio_settings(id));
            (
                id.clone(),
                json!({ "tier": tier.name(), "people_in_24_hours": it.people_today(now), "is_blocked": it.is_blocked }),
            )
        };
        let portfolios: serde_json::Map<String, Value> = self.portfolios.iter().map(portfolio).collect();
        let mut shown = serde_json::to_value(&self.counts).unwrap_or_default();
        shown["now"] = json!(now.to_string());
        shown["next_due"] = json!(self.schedule.next_due().map(|it| it.to_string()));
        shown["portfolios"] = portfolios.into();
        shown["settings"] = serde_json::to_value(&self.settings).unwrap_or_default();
        shown
    }
}
