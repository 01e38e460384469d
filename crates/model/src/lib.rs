//! The nouns of Ferry: contact, row, consent, evidence, batch. One module per noun.
//!
//! Nothing here reads a clock, a file or the network, and no type follows the format of one provider.

mod alias_chain;
mod batch;
mod condition;
mod consent;
mod contact;
mod decision;
mod digest;
mod digest_input;
mod earlier_rows;
mod event;
mod evidence;
mod field_change;
mod fill;
mod identity;
mod identity_event;
mod item_counts;
mod label;
mod language;
mod lineage;
mod number;
mod passive_sign;
mod personal;
mod printable;
mod receipt;
mod registration;
mod row;
mod rule;
mod schema_name;
mod segment;
mod shell_word;
mod shown;
mod suppression_key;
mod surrogates;

pub use alias_chain::{AliasChain, HeldIdentity, alias_chains};
pub use batch::{Batch, BatchSize, MAX_BATCH};
pub use condition::{CONDITION_COLUMNS, Condition, ConditionColumn, ConditionError, ConditionKind, ConditionPart};
pub use consent::{
    Basis, CONFIRM_STOP, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, Proof, ProofKind, RunMark,
    SaidAt, Statement, WordingName,
};
pub use contact::{Contact, Field, NAME_PARTS};
pub use decision::IdentityDecision;
pub use digest::{Digest, Hasher};
pub use digest_input::DigestInput;
pub use earlier_rows::{EarlierRows, attribute_value, tag_value};
pub use event::{
    AccountEvent, BrokenEvent, CallEvent, Event, EventChannel, EventContent, EventsRead, IdentityTelling, IdentityTold,
    InboundMessage, MessageError, MessageState, NumberEvent, OtherEvent, PersonIds, PreferenceChoice, PreferenceEvent,
    Price, StatusEvent, TemplateEvent,
};
pub use evidence::{Answer, Evidence, IDENTITY_CHANGED, MAX_STATUS, MAX_WA_ID, PASSIVE, WaId, cleaned, is_plain};
pub use field_change::{FieldChange, field_changes};
pub use fill::fill;
pub use identity::{ContactId, ContactKey, Identity, IdentityKind, KeyError, identity_name};
pub use identity_event::{HoldReason, IdentityChange, IdentityEvent, ImportedIdentity};
pub use item_counts::ItemCounts;
pub use label::free_label;
pub use language::{ReadLanguage, read_language};
pub use lineage::{Lineage, RowName};
pub use number::{counted, grouped, share};
pub use passive_sign::PassiveSign;
pub use personal::Personal;
pub use printable::{is_unprintable, printable, printable_text};
pub use receipt::{Counts, Receipt, Stage};
pub use registration::Registration;
pub use row::{
    Channel, ConsentEvent, Direction, LedgerRow, Outcome, Prompt, RawContact, Reason, Reject, RowFinding, RowFindings,
    RowId, is_nothing, is_total,
};
pub use rule::{Finding, Rule, Severity};
pub use schema_name::is_schema_name;
pub use segment::{KeptOut, Segment};
pub use shell_word::shell_word;
pub use shown::{SHOWN_FIELDS, ShownField, ValueKind};
pub use suppression_key::{
    SuppressionDigest, SuppressionKey, SuppressionKeys, SuppressionKeysError, plain_phone_digests, read_sha256,
};
pub use surrogates::without_lone_surrogates;
