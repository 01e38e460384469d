use model::{ContactId, Counts, Stage};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// Something that does not add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Difference {
    /// A file of the run is missing, or its content has changed.
    DamagedArtifact {
        name: String,
    },
    /// A file of the backup from before the run is missing, or its content has changed.
    DamagedBackup {
        number: u64,
    },
    /// The coverage report of a source was changed after it was signed.
    CoverageReportChanged {
        source: String,
    },
    StageIncomplete {
        stage: Stage,
    },
    NoDatabase,
    NoReceipt {
        stage: Stage,
        batch: u32,
    },
    /// A receipt whose batch held other contacts.
    ReceiptOfOtherContacts {
        stage: Stage,
        batch: u32,
    },
    /// Two numbers that must be equal.
    Unequal {
        compared: Compared,
        expected: u64,
        found: u64,
    },
    /// Rows without an outcome, or with several.
    Unbalanced {
        stage: Stage,
        counts: Counts,
    },
    /// A receipt of scenarios that are not those of the run.
    ReceiptOfOtherScenarios {
        section: String,
    },
    /// Scenarios or templates of the database are not what the receipt of their section says.
    OtherScenarios {
        section: String,
    },
    /// A version of a template in the database was changed after it was written.
    TemplateChangedByHand {
        name: String,
        language: String,
        version: u32,
    },
    /// A step, choice or slot without an outcome, or a loss without a name.
    ItemWithoutOutcome {
        scenario: String,
        place: String,
    },
    ContactWithoutRow {
        #[serde(serialize_with = "as_text")]
        #[schemars(with = "String")]
        contact: ContactId,
    },
    /// A contact with other rows than the ledger has for it.
    ContactWithOtherRows {
        #[serde(serialize_with = "as_text")]
        #[schemars(with = "String")]
        contact: ContactId,
        n_rows: u64,
        n_kept: u32,
        n_merged: u32,
    },
}

/// What two numbers count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Compared {
    ExtractedRows {
        source: String,
    },
    RowsWithoutOutcome {
        source: String,
    },
    RowsWithTwoOutcomes {
        source: String,
    },
    /// Outcomes of rows that were never received.
    OutcomesWithoutRow {
        source: String,
    },
    /// Steps, choices or slots in the ledger of a section, against the manifest.
    Items {
        section: String,
        kind: String,
        outcome: &'static str,
    },
    /// Steps of the neutral form with a row in the ledger.
    StepsInLedger,
    ContactsInLedger,
    ContactsAndKeptRows,
    KeptRowsInManifest,
    MergedRowsInManifest,
    RejectedRowsInManifest,
    RowsInRejectsFile,
    /// Receipts of batches that were not planned.
    UnplannedReceipts {
        stage: Stage,
    },
    /// Contacts of a batch that are missing in the database.
    MissingContacts {
        batch: u32,
    },
}

/// Compares two numbers that must be equal.
pub fn equal(compared: Compared, expected: u64, found: u64) -> Option<Difference> {
    (expected != found).then_some(Difference::Unequal { compared, expected, found })
}

/// Checks the conservation law: rows in = kept + merged + rejected + suppressed.
pub fn balance(stage: Stage, counts: &Counts) -> Option<Difference> {
    (counts.unaccounted() != 0).then_some(Difference::Unbalanced { stage, counts: *counts })
}

fn as_text<S: Serializer>(id: &ContactId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
