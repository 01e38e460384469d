//! Scenarios, messages and templates as the database keeps them.

use jiff::Timestamp;
use model::Digest;

use super::digest_of;

/// What people have decided about the current text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    #[default]
    Undecided,
    Approved,
    Rejected,
}

impl Decision {
    /// The name in the database, which is empty for none.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undecided => "",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// Reads back what [`Decision::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Undecided, Self::Approved, Self::Rejected].into_iter().find(|it| it.name() == name)
    }
}

/// The decision about a text, with who made it and when. A changed text loses its decision and keeps its comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub decision: Decision,
    /// Empty if nobody has decided.
    pub decided_by: String,
    pub decided_at: Option<Timestamp>,
    pub comment: String,
}

impl Verdict {
    pub(super) fn clear(&mut self) {
        *self = Self { comment: std::mem::take(&mut self.comment), ..Self::default() };
    }

    /// Whoever decided the same before stays the one who did.
    pub(super) fn decide(&mut self, decision: Decision, by: &str, at: Timestamp) {
        if decision == self.decision {
            return;
        }
        self.clear();
        if decision != Decision::Undecided {
            (self.decision, self.decided_by, self.decided_at) = (decision, by.to_owned(), Some(at));
        }
    }
}

/// Who made a version of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionOrigin {
    /// The translation of a source.
    Source,
    /// A person.
    Edit,
}

impl VersionOrigin {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Edit => "edit",
        }
    }

    /// Reads back what [`VersionOrigin::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Source, Self::Edit].into_iter().find(|it| it.name() == name)
    }
}

/// A version of a template. Versions are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateVersion {
    pub version: u32,
    pub origin: VersionOrigin,
    /// The template in the JSON of WhatsApp.
    pub body: String,
    /// The SHA-256 of the body as it was written. It does not fit a body that was changed by hand.
    pub digest: Digest,
    pub category: String,
    /// The run that made it; empty for an edit.
    pub run_id: String,
    /// The person, the version of Ferry, or `database` for a text that was put there by hand.
    pub made_by: String,
    pub made_at: Timestamp,
}

impl TemplateVersion {
    /// Whether the body is what was written, and was not changed by hand since.
    pub fn is_as_written(&self) -> bool {
        digest_of(&self.body) == self.digest
    }
}

/// A template as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTemplate {
    pub name: String,
    pub language: String,
    pub scenario: String,
    pub scenario_language: String,
    /// The version that would be submitted.
    pub current: TemplateVersion,
    /// A source text beside an edit that stays current.
    pub proposed: Option<TemplateVersion>,
    /// The last version from the source.
    pub source: TemplateVersion,
    /// The decision about the current version.
    pub verdict: Verdict,
    /// Whether its section no longer has it.
    pub is_missing: bool,
}

impl KeptTemplate {
    /// What a reviewer has before them: `3`, or `3+5` if version 5 is proposed.
    pub fn token(&self) -> String {
        version_token(self.current.version, self.proposed.as_ref().map(|it| it.version))
    }
}

pub(super) fn version_token(current: u32, proposed: Option<u32>) -> String {
    match proposed {
        None => current.to_string(),
        Some(proposed) => format!("{current}+{proposed}"),
    }
}

/// A message of a scenario, or a step that sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    pub scenario: String,
    pub language: String,
    pub step_id: String,
    pub part: u32,
    pub number: u32,
    pub from_step: String,
    pub kind: String,
    /// The template that the step sends; empty if it sends none.
    pub template: String,
    /// What the translation says.
    pub source_text: String,
    /// What is sent.
    pub text: String,
    /// The SHA-256 of the text as it was written. It does not fit a text that was changed by hand.
    pub digest: Digest,
    /// The source text that an edit was made from or compared with; none if nobody has edited the text.
    pub edited_from: Option<String>,
    pub edited_by: String,
    pub edited_at: Option<Timestamp>,
    /// The decision about the text that is sent.
    pub verdict: Verdict,
    /// Whether its scenario no longer has the step.
    pub is_missing: bool,
}

impl KeptMessage {
    pub fn is_edited(&self) -> bool {
        self.edited_from.is_some()
    }

    /// A source text that is later than the edit beside which it stands.
    pub fn proposed(&self) -> Option<&str> {
        let is_later = |from: &String| *from != self.source_text && self.text != self.source_text;
        self.edited_from.as_ref().filter(|it| is_later(it)).map(|_| self.source_text.as_str())
    }

    /// What a reviewer has before them: the first 12 digits of the SHA-256 of the source text, a NUL and the text.
    pub fn token(&self) -> String {
        let mut token = digest_of(&format!("{}\0{}", self.source_text, self.text)).to_string();
        token.truncate(12);
        token
    }
}

/// A scenario as it was last imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptScenario {
    pub id: String,
    pub language: String,
    pub section: String,
    pub format: String,
    pub file: String,
    pub place: String,
    pub intent: String,
    pub purpose: String,
    pub criticality: String,
    pub owner: String,
    /// The neutral form as JSON.
    pub body: String,
    /// The SHA-256 of the body.
    pub digest: Digest,
    /// The last run that imported it.
    pub run_id: String,
    /// When anything but the run changed.
    pub changed_at: Timestamp,
    /// Whether its section no longer has it.
    pub is_missing: bool,
}

/// What the translation or the linter said of a section when it was last loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFinding {
    pub section: String,
    /// The place among the findings of the section, from 1.
    pub number: u32,
    pub finding: super::FindingRow,
}

/// What a person decided or wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedReview {
    /// `template NAME LANGUAGE` or `message SCENARIO LANGUAGE STEP PART`.
    pub subject: String,
    pub at: Timestamp,
    pub made_by: String,
    /// The version that they had before them.
    pub version: String,
    /// `approved`, `proposal approved`, `rejected`, `undecided`, or empty.
    pub decision: String,
    /// What they changed, in words with commas between them.
    pub changed: String,
    /// The new text; empty if there is none.
    pub text: String,
    pub comment: String,
}
