//! How far a message of the business has come.

use jiff::Timestamp;
use model::{ContactId, EventChannel, MessageState, StatusEvent};

use crate::stored::StoredEvent;

/// All that statuses have said of one message.
///
/// Deliveries are a semilattice: [`Delivery::join`] is commutative, associative and idempotent, and `Delivery::default` says
/// nothing. So it does not matter in which order statuses come, how often each comes, or in which batches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The earliest moment of each state.
    pub accepted_at: Option<Timestamp>,
    pub held_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
    /// The first failure. It stands beside the states: a message can be delivered all the same.
    pub failure: Option<Failure>,
    /// One price, however many statuses name it.
    pub price: Option<DeliveryPrice>,
    /// The id that the business gave the message.
    pub opaque_id: Option<String>,
    pub contact: Option<ContactId>,
    pub channel: Option<EventChannel>,
    /// The number of the first event that spoke of the message.
    pub first_event: Option<i64>,
    /// The number of the last one.
    pub last_event: Option<i64>,
}

/// Why and when a message failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    pub at: Timestamp,
    /// The platform's code; none if it gave none.
    pub code: Option<i64>,
}

/// What a message costs by the word of the platform. The word of the furthest state counts, and of two the greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryPrice {
    pub said_with: PricedState,
    pub is_billable: Option<bool>,
    pub category: Option<String>,
    pub kind: Option<String>,
}

/// The states whose statuses carry a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PricedState {
    Sent,
    Delivered,
    Read,
}

/// How far a message has come, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryState {
    /// Only states that are not known were told.
    Unknown,
    Accepted,
    Held,
    Sent,
    Failed,
    Delivered,
    Read,
}

impl PricedState {
    const ALL: [Self; 3] = [Self::Sent, Self::Delivered, Self::Read];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        ["sent", "delivered", "read"][self as usize]
    }

    /// Reads back what [`PricedState::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl Delivery {
    /// What one status says.
    pub fn of(stored: &StoredEvent, status: &StatusEvent) -> Self {
        let at = Some(stored.at());
        let mut said = Self {
            opaque_id: status.opaque_id.clone(),
            contact: stored.contact,
            channel: stored.event.channel,
            first_event: Some(stored.number),
            last_event: Some(stored.number),
            ..Self::default()
        };
        let priced = match &status.state {
            MessageState::Accepted => return Self { accepted_at: at, ..said },
            MessageState::Held => return Self { held_at: at, ..said },
            MessageState::Failed => {
                let code = status.error.as_ref().and_then(|it| it.code);
                return Self { failure: Some(Failure { at: stored.at(), code }), ..said };
            }
            MessageState::Other(_) => return said,
            MessageState::Sent => (&mut said.sent_at, PricedState::Sent),
            MessageState::Delivered => (&mut said.delivered_at, PricedState::Delivered),
            MessageState::Read => (&mut said.read_at, PricedState::Read),
        };
        *priced.0 = at;
        said.price = status.price.clone().map(|it| DeliveryPrice {
            said_with: priced.1,
            is_billable: it.is_billable,
            category: it.category,
            kind: it.kind,
        });
        said
    }

    /// What both say together.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            accepted_at: least(self.accepted_at, other.accepted_at),
            held_at: least(self.held_at, other.held_at),
            sent_at: least(self.sent_at, other.sent_at),
            delivered_at: least(self.delivered_at, other.delivered_at),
            read_at: least(self.read_at, other.read_at),
            failure: [self.failure, other.failure].into_iter().flatten().min_by_key(Failure::place),
            price: self.price.max(other.price),
            opaque_id: least(self.opaque_id, other.opaque_id),
            contact: least(self.contact, other.contact),
            channel: least(self.channel, other.channel),
            first_event: least(self.first_event, other.first_event),
            last_event: self.last_event.max(other.last_event),
        }
    }

    /// How far the message has come. Read implies delivered, and a message that arrived has not failed, whatever was said
    /// before or after.
    pub fn state(&self) -> DeliveryState {
        [
            (self.read_at.is_some(), DeliveryState::Read),
            (self.delivered_at.is_some(), DeliveryState::Delivered),
            (self.failure.is_some(), DeliveryState::Failed),
            (self.sent_at.is_some(), DeliveryState::Sent),
            (self.held_at.is_some(), DeliveryState::Held),
            (self.accepted_at.is_some(), DeliveryState::Accepted),
        ]
        .into_iter()
        .find_map(|(is_there, state)| is_there.then_some(state))
        .unwrap_or(DeliveryState::Unknown)
    }

    /// Whether the message has arrived.
    pub fn is_delivered(&self) -> bool {
        self.state() >= DeliveryState::Delivered
    }

    /// Whether the platform says of one message that it failed and that it arrived.
    pub fn is_anomaly(&self) -> bool {
        self.failure.is_some() && self.is_delivered()
    }

    /// Whether the message costs something: only what was delivered does, and once.
    pub fn is_billed(&self) -> bool {
        self.is_delivered() && self.price.as_ref().and_then(|it| it.is_billable) == Some(true)
    }
}

impl Failure {
    /// The earlier failure comes first, and of two at once the one with a code.
    fn place(&self) -> (Timestamp, bool, Option<i64>) {
        (self.at, self.code.is_none(), self.code)
    }
}

/// The lesser of two values, of which either can be missing.
fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    [one, other].into_iter().flatten().min()
}
