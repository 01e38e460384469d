//! The CRM database, on SQLite or PostgreSQL. The only crate that knows SQL.
//!
//! Statements are plain text with `$1` placeholders, which both databases take; a test prepares
//! each on both. Every write of a batch is one transaction with its receipt, and may be repeated
//! without harm.

mod backup;
mod bulk;
mod contacts;
mod crm;
mod decisions;
mod edits;
mod error;
mod evidence;
mod held;
mod journal;
mod loading;
mod new;
mod queries;
mod reconcile;
mod rederive;
mod registrations;
mod sources;
mod statements;
mod suppression;
mod templates;
mod usage;
mod writing;

pub use contacts::{Contacts, LoadBatch, Loaded, MakeReceipt};
pub use crm::{Crm, SCHEMA_VERSION, SQLITE_MINIMUM};
pub use decisions::Undecided;
pub use error::LoadError;
pub use evidence::{EvidenceWriter, ReadyEvidence};
pub use journal::{LoadRun, RunRow};
pub use new::NewContacts;
pub use queries::Exported;
pub use registrations::{Registrations, Tally};
pub use sources::SourceReading;
pub use suppression::SuppressAction;
pub use templates::{OrderKind, OrderOutcome, TemplateRow};
pub use usage::Usage;
