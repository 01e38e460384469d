//! Bodies of webhooks, read into the events that they bring.
//!
//! `envelope` walks through a body, and a module for each kind of event reads the items. Two rules hold for all of them:
//!
//! - One item that cannot be read costs that item. It becomes a [`model::BrokenEvent`], and the others stay.
//! - A field or type that is not known becomes an [`model::OtherEvent`], which is kept and changes nothing.
//!
//! Items are read with lenience: what is optional and has another shape than expected counts as missing. Times and ids
//! come as texts and as numbers. Sources: facts of Meta's pages of 2026-09 and 2026-11, and of pywa 4.5.0.

mod account;
mod calls;
mod change;
mod envelope;
mod field;
mod identity;
mod key;
mod messages;
mod other;
mod people;
mod preferences;
mod shape;
mod statuses;
mod templates;
#[cfg(test)]
mod tests;

pub use envelope::{NotAWebhook, read_events};
