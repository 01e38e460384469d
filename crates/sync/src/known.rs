//! What is known of a template.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::content::Difference;

/// The status of a template that is no longer in its account. It is our word: a listing only lacks the template.
pub const GONE: &str = "GONE";
/// WhatsApp's words for a template that was deleted.
pub const DELETED: &str = "DELETED";
/// WhatsApp's word for a template that was deleted in its manager, and is there until that is carried out.
pub const PENDING_DELETION: &str = "PENDING_DELETION";

/// Days after which a flagged template is disabled unless its quality recovers (S3-24 of the requirements).
pub const FLAG_DAYS: i64 = 7;

/// Pauses with a known end, in hours (Meta, template pausing). A third one disables the template.
const PAUSE_HOURS: [(&str, i64); 2] = [("FIRST_PAUSE", 3), ("SECOND_PAUSE", 6)];

/// What is known of a template. The times say to which moment each part applies; the earliest time of all means that the
/// part was never observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// WhatsApp's word, or [`GONE`]. Empty if nothing was said yet.
    pub status: String,
    pub status_at: Timestamp,
    /// When the template was first seen in this status.
    pub status_since: Timestamp,
    pub reason: Option<String>,
    pub disable_at: Option<Timestamp>,
    pub pause: Option<String>,
    /// Empty if WhatsApp has not said anything.
    pub quality: String,
    pub quality_at: Timestamp,
    pub category: String,
    pub category_at: Timestamp,
    /// The category before the present one; empty if it never changed.
    pub previous_category: String,
    pub announced: Option<Announcement>,
    /// None if what was approved was never compared with what was sent.
    pub content: Option<Vec<Difference>>,
    pub content_at: Timestamp,
}

/// A category that a template is going to have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Announcement {
    pub category: String,
    /// When it takes effect; none if that was not said. Meta gives notice of a day.
    pub at: Option<Timestamp>,
}

impl Default for Known {
    fn default() -> Self {
        let never = Timestamp::MIN;
        Self {
            status: String::new(),
            status_at: never,
            status_since: never,
            reason: None,
            disable_at: None,
            pause: None,
            quality: String::new(),
            quality_at: never,
            category: String::new(),
            category_at: never,
            previous_category: String::new(),
            announced: None,
            content: None,
            content_at: never,
        }
    }
}

impl Known {
    pub(crate) fn is(&self, status: &str) -> bool {
        self.status.eq_ignore_ascii_case(status)
    }

    /// Whether the template is no longer in its account.
    pub fn is_gone(&self) -> bool {
        [GONE, DELETED, PENDING_DELETION].iter().any(|it| self.is(it))
    }

    /// When a flagged template is disabled at the latest: the day that WhatsApp named, or [`FLAG_DAYS`] after the flag was
    /// first seen. None if it is not flagged.
    pub fn disabled_on(&self) -> Option<Timestamp> {
        if !self.is("FLAGGED") {
            return None;
        }
        let in_days = || self.status_since.saturating_add(SignedDuration::from_hours(FLAG_DAYS * 24));
        self.disable_at.or_else(|| in_days().ok())
    }

    /// When the pause of a template ends. None if it is not paused, or the end is not known.
    pub fn paused_until(&self) -> Option<Timestamp> {
        let pause = self.pause.as_deref().filter(|_| self.is("PAUSED"))?;
        let (_, hours) = PAUSE_HOURS.iter().find(|it| it.0.eq_ignore_ascii_case(pause))?;
        self.status_since.saturating_add(SignedDuration::from_hours(*hours)).ok()
    }
}
