//! What is to happen at some moment of the sandbox's clock.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::sending::accepted::Accepted;
use crate::sending::pacing::Paced;
use crate::sending::portfolio::Reached;
use crate::sending::settings::Answer;

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The platform tells what became of a message.
    Status(StatusEvent),
    /// A person writes or does something.
    Inbound(Inbound),
    /// Messages that are held are judged.
    Judgement(Paced),
    /// The limit of a portfolio grows.
    Growth(Reached),
}

/// A status of a message.
#[derive(Clone, Debug)]
pub(super) struct StatusEvent {
    pub(super) message: Arc<Accepted>,
    pub(super) state: State,
    /// When it happened: before the webhook, if that is late.
    pub(super) at: Timestamp,
    /// What it costs, where the status says so.
    pub(super) price: Option<Price>,
}

/// How a message is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Price {
    Regular,
    FreeCustomerService,
    FreeEntryPoint,
}

/// The states of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Sent,
    Delivered,
    Read,
    Failed(u32),
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed(_) => "failed",
        }
    }
}

/// Something that a person does towards a number of the business.
#[derive(Clone, Debug)]
pub(super) struct Inbound {
    /// The digits of the person.
    pub(super) from: u64,
    /// The id of the number.
    pub(super) number: String,
    pub(super) does: Answer,
    /// The id of the message that is answered.
    pub(super) answers: Option<String>,
}

/// Events by the moment when they are due, and by their order where that is the same.
#[derive(Default)]
pub(super) struct Schedule {
    order: BinaryHeap<Reverse<(Timestamp, u64)>>,
    events: BTreeMap<u64, Event>,
    n_added: u64,
}

impl Schedule {
    pub(super) fn add(&mut self, due: Timestamp, event: Event) {
        self.n_added += 1;
        self.order.push(Reverse((due, self.n_added)));
        self.events.insert(self.n_added, event);
    }

    /// When the next event is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.order.peek().map(|it| it.0.0)
    }

    /// Takes the next event that is due by then.
    pub(super) fn take(&mut self, until: Timestamp) -> Option<(Timestamp, Event)> {
        self.next_due().filter(|it| *it <= until)?;
        let Reverse((due, n)) = self.order.pop()?;
        Some((due, self.events.remove(&n)?))
    }
}
