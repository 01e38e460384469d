//! What holds for all rows of an import.

use clean::DateForm;
use consent::{Wordings, Words};
use model::{ConsentChannel, ConsentPurpose, ConsentState, ContactKey, ProofKind, RunMark, WordingName};
use phone::Region;

/// What rows have that do not say it themselves.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    pub channel: Option<ConsentChannel>,
    pub state: Option<ConsentState>,
    pub purposes: Vec<ConsentPurpose>,
    pub wording: Option<WordingName>,
    pub place: Option<String>,
    pub proof_kind: Option<ProofKind>,
    /// The scope of Viber ids.
    pub scope: Option<String>,
}

/// The rules by which rows become statements.
#[derive(Clone, Debug)]
pub struct Rules {
    pub key: ContactKey,
    /// The country of phone numbers without a country code.
    pub region: Option<Region>,
    pub words: Words,
    /// The wordings that the plan and the database have.
    pub wordings: Wordings,
    /// The name of the source, as statements name it.
    pub source: String,
    /// The import, as a run, and its start.
    pub run: RunMark,
    pub dates: DateForm,
    pub defaults: Defaults,
    /// Everybody in the file refuses.
    pub is_list: bool,
}
