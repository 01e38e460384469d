//! What a listing or a webhook says of a template.

use jiff::Timestamp;

use crate::content::Difference;
use crate::known::Announcement;

/// What is said of a template at a moment. What is not said is `None`, and stays as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The moment to which it applies: when a listing was asked for, or the `time` of a webhook.
    pub at: Timestamp,
    pub status: Option<StatusSeen>,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`, or what else WhatsApp says.
    pub quality: Option<String>,
    pub category: Option<CategorySeen>,
    /// How the approved template differs from the one that was sent; empty if it does not.
    pub content: Option<Vec<Difference>>,
}

/// A status, with what was said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatusSeen {
    /// WhatsApp's word.
    pub status: String,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// When WhatsApp has disabled the template, or is going to.
    pub disable_at: Option<Timestamp>,
    /// Which pause it is, such as `FIRST_PAUSE`.
    pub pause: Option<String>,
}

/// A category, and the one that was announced.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CategorySeen {
    pub category: String,
    /// None if no other category is announced.
    pub announced: Option<Announcement>,
}

impl Observation {
    /// An observation that says nothing yet.
    pub fn at(at: Timestamp) -> Self {
        Self { at, status: None, quality: None, category: None, content: None }
    }
}
