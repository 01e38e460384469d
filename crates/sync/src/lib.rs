//! What becomes of templates at WhatsApp: from what is known of one and what is said of it now to changes and alerts.
//!
//! A listing says everything about a template, and a webhook one thing. Both become an [`Observation`] with its time, and
//! [`follow`] makes of it what is known now, in any order of arrival. What [`follow`] guarantees is written there.
//! [`differences`] compares a template that was sent for approval with the one that was approved.
//!
//! Nothing here reads a clock, a file or the network. Statuses, categories and scores are kept as WhatsApp writes them,
//! also those that this crate does not know.

mod alert;
mod content;
mod follow;
mod known;
mod observation;
mod webhook;

pub use alert::{Alert, AlertKind, standing};
pub use content::{Difference, ListedContent, differences};
pub use follow::{Followed, follow};
pub use known::{Announcement, DELETED, FLAG_DAYS, GONE, Known, PENDING_DELETION};
pub use observation::{CategorySeen, Observation, StatusSeen};
pub use webhook::observed;
