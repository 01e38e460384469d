use schemars::JsonSchema;
use serde::Serialize;

/// The result of `ferry unreadable`.
#[derive(Serialize, JsonSchema)]
pub struct UnreadableResult<'a> {
    pub fields: Vec<UnreadableField<'a>>,
}

/// The values of a field of a source that could not be read.
#[derive(Serialize, JsonSchema)]
pub struct UnreadableField<'a> {
    pub source: &'a str,
    pub field: &'static str,
    /// Each value, and how often it is there; the commonest first.
    pub values: &'a [(String, u64)],
}

/// The result of `ferry suppress`.
#[derive(Serialize, JsonSchema)]
pub struct SuppressResult {
    /// `add`, `remove` or `rotate`.
    pub action: &'static str,
    /// People who were not suppressed before, or no longer are. Of `rotate`: entries that were written again under the
    /// new key.
    pub changed: u64,
    /// People on the list now, but for those of `sha256_only`.
    pub suppressed: u64,
    /// How many of the named people are contacts of the database.
    pub in_database: usize,
    /// Entries that are known by the SHA-256 of others alone, because no import has brought their number yet.
    pub sha256_only: u64,
    /// Entries under older keys. They are written again under the current key when their number is seen.
    pub under_old_keys: u64,
}

/// The result of `ferry export suppression`.
#[derive(Serialize, JsonSchema)]
pub struct SuppressionExportResult {
    /// Rows that were written: contacts, or numbers with `--sha256`.
    pub rows: u64,
    /// Suppressed contacts that `--sha256` leaves out, because the database does not know their number.
    pub without_number: u64,
    /// Entries that are left out, because they are known by the SHA-256 of others alone.
    pub sha256_only: u64,
}

/// The result of `ferry merge`.
#[derive(Serialize, JsonSchema)]
pub struct MergeResult {
    /// The id of the contact that stays.
    pub survivor: String,
    /// The id of the contact that was merged into it.
    pub merged: String,
    /// Source rows of the contact that stays.
    pub rows: u64,
}

/// The result of `ferry unmerge`.
#[derive(Serialize, JsonSchema)]
pub struct UnmergeResult {
    /// The ids of the two contacts.
    pub contacts: [String; 2],
    /// Whether they will never be merged.
    pub never: bool,
}

/// The result of `ferry share`.
#[derive(Serialize, JsonSchema)]
pub struct ShareResult {
    /// The id of the contact.
    pub contact: String,
    /// Whether several people use its phone.
    pub shared: bool,
}

/// The result of `ferry export contacts`.
#[derive(Serialize, JsonSchema)]
pub struct ContactsExport {
    /// Contacts that were written.
    pub contacts: u64,
    /// How many of them are held, because their number may belong to another person now: see column `held`.
    pub held: u64,
    /// What to know about some of them, and what an importer of the other CRM will do with them.
    pub remarks: Vec<String>,
}

/// The result of `ferry export segment`.
#[derive(Serialize, JsonSchema)]
pub struct SegmentExport {
    /// The name of the segment.
    pub segment: String,
    /// Contacts that were written.
    pub contacts: u64,
    /// How many of them have consented to WhatsApp.
    pub with_consent_to_whatsapp: u64,
    pub without_consent_to_whatsapp: u64,
    /// Contacts that were left out because they are held: their number may belong to another person now. `ferry identity
    /// acknowledge` releases one.
    pub held_back: u64,
    /// What to know about some of them, and what an importer of the other CRM will do with them.
    pub remarks: Vec<String>,
}

/// The result of `ferry key show` and `ferry key import`.
#[derive(Serialize, JsonSchema)]
pub struct KeyResult {
    /// The id of the contact key; null if there is none yet. It tells nothing of the key.
    pub key_id: Option<String>,
    /// Where the key is.
    pub place: Option<String>,
}

/// The result of `ferry key export`.
#[derive(Serialize, JsonSchema)]
pub struct KeyExport<'a> {
    pub key_id: String,
    /// The key itself: keep it in a safe place.
    pub key: &'a str,
}

/// The result of `ferry key check`.
#[derive(Serialize, JsonSchema)]
pub struct KeyCheck<'a> {
    pub key_id: String,
    /// The id of the key that made the ids of the database; null if it has none yet.
    pub database: Option<&'a str>,
    /// Whether the two are the same.
    pub same: bool,
}

/// The result of `ferry crm ddl`.
#[derive(Serialize, JsonSchema)]
pub struct DdlResult<'a> {
    /// The name of the schema.
    pub schema: &'a str,
    /// The statements for an administrator.
    pub sql: &'a str,
}
