//! The results of `ferry consent`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use consent_ledger::receipt::Receipt;
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `ferry consent import`.
#[derive(Serialize, JsonSchema)]
pub struct ConsentImportResult {
    /// The id of the import, which statements name as the run that recorded them first.
    pub import: String,
    /// The name of the source in the ledger.
    pub source: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// All rows: the sum of added, known, review and refused.
    pub rows: u64,
    pub added: u64,
    /// Rows whose statements were in the ledger already.
    pub known: u64,
    /// Rows whose answer is not understood; they are recorded as unclear.
    pub review: u64,
    pub refused: u64,
    /// Statements that were added: a row with several purposes makes several.
    pub statements: u64,
    /// The reasons of refused rows.
    pub refused_because: BTreeMap<String, u64>,
    /// The first refused rows: line and reason.
    pub first_refused: Vec<RefusedRow>,
    /// The file with all refused rows.
    pub rejects: Option<String>,
    /// People of the file who are not in the database.
    pub not_in_database: u64,
    /// Consents that cover no purpose, so that they count for nothing.
    pub without_purpose: u64,
    /// Those of them that have a wording, which does not name their purpose.
    pub other_purpose: u64,
    /// Refusals that are undated because their date could not be used.
    pub undated: u64,
    /// Refusals and unclear answers that were added without a field, because its cell could not be used: by the name of the
    /// field. Without `channel` they are about all channels, without `purpose` about all messages.
    pub without_field: BTreeMap<&'static str, u64>,
    /// Rows whose time names no zone.
    pub without_zone: u64,
    /// The line that was taken as the header; null if all lines are rows.
    pub header_line: Option<u64>,
    /// The lines above the header, which were not read.
    pub lines_above_header: u64,
    /// Columns of the file that nothing is read from.
    pub columns_not_read: Vec<String>,
}

/// A row that was refused.
#[derive(Serialize, JsonSchema)]
pub struct RefusedRow {
    pub line: u64,
    pub reason: Cow<'static, str>,
}

/// The result of `ferry consent show`.
#[derive(Serialize, JsonSchema)]
pub struct ConsentShown {
    pub contact_id: String,
    /// Whether the contact is in the database.
    pub in_database: bool,
    pub suppressed: bool,
    /// Whether the statements were read by the words and the rule of the plan.
    pub read_by_plan: bool,
    /// Whether nothing is sent to the contact, because the number may belong to another person now.
    pub held: bool,
    /// All statements, undated ones first, then by date.
    pub statements: Vec<ShownStatement>,
    /// What counts now, for each channel and purpose about which something was said.
    pub now: Vec<CountsNow>,
    /// Blocks by platforms that are in force.
    pub blocks: Vec<ShownBlock>,
}

/// A statement of the ledger.
#[derive(Serialize, JsonSchema)]
pub struct ShownStatement {
    pub statement_id: String,
    pub channel: &'static str,
    /// The purpose; `messages` if the source names none.
    pub purpose: &'static str,
    /// As the words are understood now.
    pub state: &'static str,
    /// An instant, or a day; null if no date is known.
    pub said_at: Option<String>,
    pub basis: &'static str,
    /// The words as received.
    pub words: String,
    pub identity: Option<String>,
    pub place: Option<String>,
    pub wording: Option<String>,
    pub proof: Option<String>,
    pub proof_digest: Option<String>,
    /// Where it was recorded first: run or import, source and row.
    pub source_row: String,
    pub recorded_at: String,
    pub retracted: bool,
}

/// What counts for a channel and purpose.
#[derive(Serialize, JsonSchema)]
pub struct CountsNow {
    pub channel: &'static str,
    pub purpose: &'static str,
    pub state: &'static str,
    /// The statement that decides.
    pub statement_id: String,
}

/// A block by a platform.
#[derive(Serialize, JsonSchema)]
pub struct ShownBlock {
    pub channel: &'static str,
    pub purpose: &'static str,
    pub statement_id: String,
}

/// The result of `ferry consent export`.
#[derive(Serialize, JsonSchema)]
pub struct ConsentExportResult {
    /// Statements that were written.
    pub statements: u64,
    /// Whether phone numbers were written too.
    pub with_numbers: bool,
    /// Contacts whose phone number is left empty, because the database does not know it; null without numbers.
    pub without_phone: Option<u64>,
}

/// The result of `ferry consent prove`: a receipt, or with `--check` what is true of one.
#[derive(Serialize, JsonSchema)]
pub struct ConsentProof {
    /// The receipt, in the terms of ISO/IEC TS 27560:2023. Its `schema_version` is that of the receipt.
    pub receipt: Receipt,
    /// With `--check`: whether the signature is that of this receipt and key. A receipt that was made is genuine.
    pub genuine: bool,
    /// Whether the person's consent counts now; null if there is no database.
    pub counts: Option<bool>,
    /// Whether the person is on the suppression list; null if there is no database, or if the database does not have the number
    /// and the list has entries by the SHA-256 of others.
    pub suppressed: Option<bool>,
    /// Whether the person is held, because the number may belong to another person now; null if there is no database.
    pub held: Option<bool>,
}

/// The result of `ferry consent review`.
#[derive(Serialize, JsonSchema)]
pub struct ConsentReviewResult {
    /// Answers that are not understood and that nobody has decided about, after any decision of this command.
    pub unclear: Vec<ShownUnclear>,
    /// Decisions that were recorded.
    pub decided: u64,
    /// Decisions that were recorded before.
    pub known: u64,
    /// Rows of a list without a decision.
    pub left_open: u64,
    /// Decisions that were not taken.
    pub refused: Vec<RefusedRow>,
    /// The file that the list was written to.
    pub file: Option<String>,
}

/// An answer that is not understood.
#[derive(Serialize, JsonSchema)]
pub struct ShownUnclear {
    pub contact_id: String,
    pub statement_id: String,
    pub channel: &'static str,
    pub purpose: &'static str,
    pub said_at: Option<String>,
    pub words: String,
    /// Run or import, source and row.
    pub source_row: String,
    /// When it was recorded.
    pub since: String,
    pub reason: &'static str,
    /// The channels and purposes that it holds back.
    pub holds: String,
    /// The decisions for other channels than its own, such as `no by whatsapp`.
    pub decided: Vec<String>,
}
