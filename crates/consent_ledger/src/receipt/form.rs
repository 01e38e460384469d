//! The form of a receipt.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A signed receipt for one consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The specification, and the version of this form.
    pub schema_version: String,
    pub receipt_id: String,
    /// The contact and the statement in the consent ledger.
    pub record_id: String,
    /// The contact id. It tells nothing of the phone number without the contact key.
    pub pii_principal_id: String,
    pub pii_processing: Processing,
    pub party_identification: Vec<Party>,
    /// The statements about this channel and purpose, in the order in which they were said.
    pub events: Vec<Event>,
    /// The fields that the specification demands and that are not known.
    pub not_stated: Vec<String>,
    pub issued_at: Timestamp,
    pub issued_by: String,
    pub signature: Signature,
}

/// What the consent is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Processing {
    /// What the person was told; null if the consent names no wording.
    pub privacy_notice: Option<Notice>,
    /// The language of the notice.
    pub language: Option<String>,
    pub purposes: Vec<Purpose>,
}

/// A wording with its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    pub name: String,
    pub version: String,
    /// The SHA-256 of the text, in hexadecimal digits.
    pub digest: String,
    pub text: String,
    /// The purposes that the text names.
    pub purposes: Vec<String>,
}

/// A purpose with the conditions of its processing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    pub purpose: String,
    pub lawful_basis: String,
    pub pii_information: Vec<PiiInformation>,
    /// Names of parties of this receipt.
    pub pii_controllers: Vec<String>,
    /// How and where the consent was given.
    pub collection_method: String,
    /// The channel.
    pub service: String,
    pub storage_locations: Option<Vec<String>>,
    pub retention_period: Option<String>,
    pub jurisdiction: Option<String>,
    pub recipient_third_parties: Option<Vec<String>>,
    pub withdrawal_method: String,
}

/// A kind of personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PiiInformation {
    pub pii_type: String,
}

/// Somebody who has a part in the processing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    pub party_id: String,
    pub party_name: Option<String>,
    pub party_address: Option<String>,
    pub party_contact: Option<String>,
    pub party_type: String,
}

/// One statement of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When it was said; null if that is not known.
    pub event_time: Option<Timestamp>,
    /// How long it is valid.
    pub validity_duration: String,
    /// The party that made the statement: `pii_principal`, `platform`, or `controller` for a decision about an unclear answer.
    pub entity_id: String,
    /// `expressed consent` or `implied consent`; else `consent refused`, `consent withdrawn` or `consent unknown`.
    pub event_type: String,
    /// `given`, `refused`, `withdrawn` or `unknown`.
    pub event_state: String,
    /// Whether this is the event that decides.
    pub counts: bool,
    pub evidence: Evidence,
}

/// Where an event is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub statement_id: String,
    pub channel: String,
    pub purpose: String,
    /// Where the ledger has it from: `cell`, `record`, `message`, …
    pub basis: String,
    /// The words as received.
    pub words: String,
    pub place: Option<String>,
    pub wording: Option<String>,
    /// `KIND:REFERENCE`.
    pub proof: String,
    /// The SHA-256 of the proof.
    pub proof_digest: Option<String>,
    /// The run or import that recorded it first, and when that began.
    pub recorded_in: String,
    pub recorded_at: Timestamp,
}

/// The keyed digest of everything else in the receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub algorithm: String,
    /// The id of the contact key with which it was made.
    pub key_id: String,
    pub value: String,
}
