//! What a platform tells, and what that changes.
//!
//! Of templates: from what is known of one and what is said of it now to changes and alerts.
//!
//! A listing says everything about a template, and a webhook one thing. Both become an [`Observation`] with its time, and
//! [`follow()`] makes of it what is known now, in any order of arrival. What [`follow()`] guarantees is written there.
//! [`differences`] compares a template that was sent for approval with the one that was approved.
//!
//! [`Changes`] says what events of webhooks change: deliveries, the window in which a person may be answered, identities,
//! evidence of registration, numbers, accounts and templates. All of it comes to the same in any order of events, however
//! often each comes; where a part does not, it is written there.
//!
//! Nothing here reads a clock, a file or the network. Statuses, categories and scores are kept as WhatsApp writes them,
//! also those that this crate does not know.

mod alert;
mod changes;
mod content;
mod conversation;
mod delivery;
mod evidence;
mod follow;
mod identity;
mod known;
mod last_word;
mod observation;
mod platform_alert;
mod stored;
mod webhook;

pub use alert::{Alert, AlertKind, standing};
pub use changes::{Changes, SeenTemplate};
pub use content::{Difference, ListedContent, differences};
pub use conversation::{Conversation, WINDOW, is_written};
pub use delivery::{Delivery, DeliveryPrice, DeliveryState, Failure, PricedState};
pub use evidence::evidence_of;
pub use follow::{Followed, follow};
pub use identity::{KnownScopedIds, identity_events};
pub use known::{Announcement, DELETED, FLAG_DAYS, GONE, Known, PENDING_DELETION};
pub use last_word::{LastLimit, LastWord, Said, Subject};
pub use observation::{CategorySeen, Observation, StatusSeen};
pub use platform_alert::{PlatformAlert, PlatformAlertKind, platform_alerts};
pub use stored::StoredEvent;
pub use webhook::observed;
