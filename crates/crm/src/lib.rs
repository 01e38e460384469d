//! The CRM database, on SQLite or PostgreSQL. The only crate that knows SQL.
//!
//! `schema/` has the tables and the views. `sql` holds rows and transactions, and in two files what
//! differs between the databases. Statements are plain text with `$1` placeholders, which both databases take. Every
//! write of a batch is one transaction with its receipt, and may be repeated without harm.

mod account_templates;
mod backup;
mod campaigns;
#[cfg(test)]
mod check;
mod contact;
mod contact_key;
mod countries;
mod counts;
mod crm;
mod ddl;
mod derived;
mod error;
mod evidence;
mod examine;
mod export;
mod forward;
mod identity_decisions;
mod identity_history;
mod inbox;
mod journal;
mod kept_out;
mod lease;
mod load_run;
mod outbox;
mod quota_usage;
mod scenarios;
mod schema;
mod segments;
mod sources;
mod sql;
mod statements;
mod suppression;
#[cfg(test)]
mod tests;

pub use account_templates::{
    AccountTemplate, ClaimResult, ObservedTemplate, OrderClaim, OrderKind, OrderLimit, OrderOutcome, SampleClaim,
    SampleRow, TemplateOrder,
};
pub use backup::Losses;
pub use campaigns::{
    Audience, AudienceMember, CampaignCounts, CampaignOrder, CampaignRow, CampaignState, Excluded, FrozenTemplate,
    KeptOutReason, OpenMessage, OrderWord, ProofCounts, ReleasedWave, SentId, StepCounts, WatchCounts, WaveProgress,
    WaveRow,
};
pub use contact::{Conflict, Contacts, LoadBatch, Loaded, MakeReceipt, NewContacts};
pub use countries::CountryPeople;
pub use counts::{ChannelOverlap, Registrations, Tally, UnclearCause};
pub use crm::Crm;
pub(crate) use crm::Database;
pub use ddl::ddl;
pub use derived::{AnsweredState, Derived, NotedAnswer, PlatformFacts, StoppedTemplate, Unanswered, UnknownKinds};
pub use error::{LoadError, Refusal};
pub(crate) use error::{SqlError, postgres_source};
pub use evidence::{EvidenceWriter, ReadyEvidence};
pub use examine::{Examined, sqlite_version};
pub use export::Exported;
pub use forward::{ForwardCounts, HandOn, Handed, WaitingBody};
pub use identity_decisions::Undecided;
pub use identity_history::{Acknowledged, Hold, IdentityHistory, MovedNumbers, RecordedEvent, RecordedEvents};
pub use inbox::{
    DeadLetter, DeadLetterState, Inbox, InboxCounts, PurgeBefore, PurgedBodies, RawBody, Reading, ReceivedBody,
    Retried, StoredBody, StoredEvent, UnknownEvents, WEBHOOK_RUN, WebhookCounts,
};
pub use journal::RunRow;
pub use lease::Lease;
pub use load_run::LoadRun;
pub use outbox::{
    Addressed, Claim, ClaimDecision, ClaimDecisions, ClaimRequest, Claimable, ClaimedMessages, ConfirmationCounts,
    FailedMessage, HORIZON, Intent, LoggedIntent, MessageContent, MessageId, NewMessage, NotPermitted, NotPlanned,
    Reconciled, SendOutcome, SentMessage, Settled, StopToConfirm, StoppedSince, TemplateNow, WaitingMessage, WaitsFor,
};
pub use quota_usage::{Usage, UsageClaim, UsageLimit};
pub use scenarios::{
    Change, Decision, EditedText, FindingRow, KeptFinding, KeptMessage, KeptScenario, KeptTemplate, LoggedReview,
    MessageChange, MessageName, MovedFrom, NewDecision, Review, ReviewOutcome, ReviewSubject, ScenarioChanges,
    ScenarioRow, ScenarioSet, ScenarioSetError, ScenarioSets, SectionSet, SourceTemplate, StepRow, TemplateChange,
    TemplateVersion, Verdict, VersionOrigin,
};
pub use schema::SCHEMA_VERSION;
pub use sources::SourceReading;
pub use sql::sqlite::SQLITE_MINIMUM;
pub use statements::{
    ConsentBlock, ConsentNow, KnownStatements, LedgerEntry, Recorded, Reread, UnclearStatement, Wording, WordingError,
};
pub use suppression::{HELD, SuppressAction, SuppressedContact, Suppressee, SuppressionCounts};
