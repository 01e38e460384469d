//! What people decide and write about templates and messages.

use super::{Decision, KeptMessage, Verdict};

/// What a review is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReviewSubject {
    Template { name: String, language: String },
    Message { scenario: String, language: String, step_id: String, part: u32 },
}

/// What a person decides about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewDecision {
    /// The current text is approved. A text that was proposed beside it is turned down.
    Approve,
    /// The proposed text becomes the current one and is approved. With an edit, the edit is approved.
    ApproveProposed,
    Reject,
    /// Takes the decision back.
    Undecide,
}

/// A text as a person wrote it. The caller has checked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedText {
    /// The text of a message, or the whole template in the JSON of WhatsApp.
    pub text: String,
    /// The category of a template; of no meaning for a message.
    pub category: String,
}

/// What a person decides and writes about a template or a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub subject: ReviewSubject,
    /// The token of the row that the person had before them.
    pub seen: String,
    pub decision: Option<NewDecision>,
    /// A new text, which becomes the current one. The decision is about it.
    pub edit: Option<EditedText>,
    /// A new comment; empty to remove the one that is there.
    pub comment: Option<String>,
    /// What the edit changed, in words for the log, such as `text` or `category`.
    pub changed: Vec<&'static str>,
}

/// What became of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewOutcome {
    /// The database has it so already.
    Unchanged,
    /// It counts. The token of the row is this now.
    Taken { version: String },
    /// The row is of another version now, whose token is this. Nothing was changed.
    Stale { now: String },
    /// The proposed text was to be approved, and nothing is proposed. Nothing was changed.
    NoProposal,
    /// There is no such template or message.
    Gone,
}

impl NewDecision {
    pub(super) fn is_approval(self) -> bool {
        matches!(self, Self::Approve | Self::ApproveProposed)
    }

    /// The decision that holds afterwards.
    pub(super) fn meaning(self) -> Decision {
        match self {
            Self::Approve | Self::ApproveProposed => Decision::Approved,
            Self::Reject => Decision::Rejected,
            Self::Undecide => Decision::Undecided,
        }
    }
}

impl Review {
    /// Whether the proposed text is to become the current one.
    pub(super) fn takes_proposal(&self) -> bool {
        self.edit.is_none() && self.decision == Some(NewDecision::ApproveProposed)
    }

    /// Whether decision and comment are already what this asks for.
    pub(super) fn decides(&self, verdict: &Verdict) -> bool {
        let is_decided = self.decision.is_none_or(|it| it.meaning() == verdict.decision);
        is_decided && self.comment.as_ref().is_none_or(|it| *it == verdict.comment)
    }

    pub(super) fn asks_for_nothing(&self) -> bool {
        self.decision.is_none() && self.edit.is_none() && self.comment.is_none()
    }
}

impl ReviewSubject {
    /// The name in the table `review`.
    pub(super) fn logged(&self) -> String {
        match self {
            Self::Template { name, language } => format!("template {name} {language}"),
            Self::Message { scenario, language, step_id, part } => {
                format!("message {scenario} {language} {step_id} {part}")
            }
        }
    }
}

/// The subject of a message in the table `review`.
pub(super) fn subject_of(message: &KeptMessage) -> String {
    let KeptMessage { scenario, language, step_id, part, .. } = message.clone();
    ReviewSubject::Message { scenario, language, step_id, part }.logged()
}
