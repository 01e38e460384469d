//! Messages that are held until the first of their template or portfolio are judged (Meta, "Template pacing" and
//! "Portfolio pacing", Dec 2025).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::sending::accepted::Accepted;
use crate::sending::settings::{Pace, Verdict};

/// What is paced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Paced {
    /// A template, by its id.
    Template(String),
    Portfolio(String),
}

/// What has gone and what is held.
#[derive(Default)]
pub(super) struct Pacing(BTreeMap<Paced, Holding>);

#[derive(Default)]
struct Holding {
    n_sent: u32,
    held: Vec<Arc<Accepted>>,
    verdict: Option<Verdict>,
}

impl Pacing {
    /// Whether the next message of this template or portfolio is held.
    pub(super) fn holds(&self, paced: &Paced, pace: Option<&Pace>) -> bool {
        let Some(pace) = pace else { return false };
        match self.0.get(paced) {
            Some(holding) => holding.verdict.is_none() && holding.n_sent >= pace.first,
            None => pace.first == 0,
        }
    }

    /// Counts a message that goes.
    pub(super) fn add_sent(&mut self, paced: &Paced) {
        self.0.entry(paced.clone()).or_default().n_sent += 1;
    }

    /// Holds a message. Returns when it will be judged, if it is the first that is held.
    pub(super) fn hold(&mut self, paced: &Paced, pace: &Pace, message: Arc<Accepted>) -> Option<Timestamp> {
        let now = message.at;
        let holding = self.0.entry(paced.clone()).or_default();
        holding.held.push(message);
        let after = SignedDuration::from_micros((pace.seconds * 1e6) as i64);
        (holding.held.len() == 1).then(|| now.saturating_add(after).unwrap_or(Timestamp::MAX))
    }

    /// Takes what was held. Nothing more of this template or portfolio is held.
    pub(super) fn judge(&mut self, paced: &Paced, verdict: Verdict) -> Vec<Arc<Accepted>> {
        let holding = self.0.entry(paced.clone()).or_default();
        holding.verdict = Some(verdict);
        std::mem::take(&mut holding.held)
    }

    /// Whether messages of this template or portfolio failed the judgement.
    pub(super) fn has_failed(&self, paced: &Paced) -> bool {
        self.0.get(paced).is_some_and(|it| it.verdict == Some(Verdict::Failed))
    }
}
