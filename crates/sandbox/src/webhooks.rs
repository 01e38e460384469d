//! What a platform calls back, as real requests: bodies in Meta's documented shapes or Twilio's forms, signed, with what can
//! go wrong on the way.
//!
//! [`Traffic`] makes requests from a seed; [`WebhookFile`] reads those that another program made. A [`Sender`] sends them,
//! one by one, at some [`Pace`], and again until they are settled. Bodies are written from the documents of the platforms,
//! apart from the code that reads them.

mod body;
mod business;
mod cast;
mod dice;
mod exchange;
mod file;
mod log;
mod messages;
mod pace;
mod people;
mod profile;
mod queue;
mod scene;
mod sender;
mod settled;
mod signature;
mod statuses;
mod stories;
mod tally;
mod target;
mod traffic;
mod twilio;
mod webhook;

#[cfg(test)]
mod tests;

pub(crate) use body::in_ascii;
pub use file::{WebhookFile, WebhookFileError, WebhookWriter};
pub use log::RequestLog;
pub use pace::Pace;
pub use profile::Profile;
pub use sender::{SendSettings, Sender};
pub(crate) use settled::Settled;
pub use signature::{Signer, WebhookKind};
pub use tally::{AnswerTimes, Sent};
pub use target::{Target, TargetError};
pub use traffic::{Traffic, TrafficSettings};
pub use webhook::{Manner, Trick, Webhook};
