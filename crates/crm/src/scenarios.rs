//! Scenarios, their messages and their templates, as the source has them and as people edited and decided on them.
//!
//! The texts of a section of the plan are loaded in one transaction with their receipt. A changed source text becomes a new
//! version of its template; beside an edit it is only proposed. So a text that a person wrote is replaced by nobody but a
//! person. The rules are pure: [`template`] has those of templates, [`message`] those of messages, and [`reconcile`]
//! those of a whole section.

mod changes;
#[cfg(test)]
mod examples;
mod kept;
mod load;
mod message;
#[cfg(test)]
mod property;
mod read;
mod reconcile;
mod review;
mod set;
mod tables;
mod take_reviews;
mod template;

use model::{Digest, Hasher};

pub use changes::{Change, MessageChange, MessageName, MovedFrom, ScenarioChanges, TemplateChange};
pub use kept::{
    Decision, KeptFinding, KeptMessage, KeptScenario, KeptTemplate, LoggedReview, TemplateVersion, Verdict,
    VersionOrigin,
};
pub use review::{EditedText, NewDecision, Review, ReviewOutcome, ReviewSubject};
pub use set::{
    FindingRow, ScenarioRow, ScenarioSet, ScenarioSetError, ScenarioSets, SectionSet, SourceTemplate, StepRow,
};

/// The author of a text that somebody changed in the database by hand.
const BY_HAND: &str = "database";

/// The SHA-256 of a text alone, as other programs compute it.
fn digest_of(text: &str) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(text.as_bytes());
    hasher.finish()
}
