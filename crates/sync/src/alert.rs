//! What somebody should look at.

use jiff::Timestamp;
use model::Severity;
use serde::{Deserialize, Serialize};

use crate::content::Difference;
use crate::known::Known;

/// Something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "alert", rename_all = "snake_case")]
pub enum Alert {
    /// It has bad feedback, and is disabled at the latest on a day unless that gets better.
    Flagged {
        since: Timestamp,
        disabled_on: Timestamp,
    },
    /// It can be neither sent nor edited any more.
    Disabled {
        since: Timestamp,
    },
    /// It cannot be sent for some time.
    Paused {
        since: Timestamp,
        /// None if WhatsApp did not say which pause it is.
        pause: Option<String>,
        until: Option<Timestamp>,
    },
    Rejected {
        reason: Option<String>,
    },
    QualityDropped {
        /// None if no score was known before.
        from: Option<String>,
        to: String,
    },
    CategoryChanged {
        from: String,
        to: String,
    },
    CategoryWillChange {
        to: String,
        /// None if WhatsApp did not say when. It gives notice of a day.
        at: Option<Timestamp>,
    },
    /// What was approved is not what was sent.
    ContentDiffers {
        differences: Vec<Difference>,
    },
    /// It is no longer in the account.
    Gone,
}

/// The kinds of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertKind {
    Flagged,
    Disabled,
    Paused,
    Rejected,
    QualityDropped,
    CategoryChanged,
    CategoryWillChange,
    ContentDiffers,
    Gone,
}

impl AlertKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flagged => "flagged",
            Self::Disabled => "disabled",
            Self::Paused => "paused",
            Self::Rejected => "rejected",
            Self::QualityDropped => "quality_dropped",
            Self::CategoryChanged => "category_changed",
            Self::CategoryWillChange => "category_will_change",
            Self::ContentDiffers => "content_differs",
            Self::Gone => "gone",
        }
    }
}

impl Alert {
    pub fn kind(&self) -> AlertKind {
        match self {
            Self::Flagged { .. } => AlertKind::Flagged,
            Self::Disabled { .. } => AlertKind::Disabled,
            Self::Paused { .. } => AlertKind::Paused,
            Self::Rejected { .. } => AlertKind::Rejected,
            Self::QualityDropped { .. } => AlertKind::QualityDropped,
            Self::CategoryChanged { .. } => AlertKind::CategoryChanged,
            Self::CategoryWillChange { .. } => AlertKind::CategoryWillChange,
            Self::ContentDiffers { .. } => AlertKind::ContentDiffers,
            Self::Gone => AlertKind::Gone,
        }
    }

    /// Whether nothing can be done about it any more: it is told once, and nobody has to look again.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Disabled { .. } | Self::Gone)
    }

    /// An error if the template cannot be sent now; a warning if it can, but something has become worse or is going to.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Disabled { .. } | Self::Paused { .. } | Self::Rejected { .. } | Self::Gone => Severity::Error,
            Self::Flagged { .. }
            | Self::QualityDropped { .. }
            | Self::CategoryChanged { .. }
            | Self::CategoryWillChange { .. }
            | Self::ContentDiffers { .. } => Severity::Warning,
        }
    }
}

/// What is wrong with a template as long as it lasts, the gravest first. A change of category is over when it was told;
/// a score is wrong while it is `RED`.
pub fn standing(known: &Known) -> Vec<Alert> {
    let is_red = known.quality.eq_ignore_ascii_case("RED");
    let differences = known.content.clone().filter(|it| !it.is_empty());
    of_status(known)
        .into_iter()
        .chain(is_red.then(|| Alert::QualityDropped { from: None, to: known.quality.clone() }))
        .chain(known.announced.clone().map(|it| Alert::CategoryWillChange { to: it.category, at: it.at }))
        .chain(differences.map(|differences| Alert::ContentDiffers { differences }))
        .collect()
}

/// What the status of a template asks for.
pub(crate) fn of_status(known: &Known) -> Option<Alert> {
    let since = known.status_since;
    if let Some(disabled_on) = known.disabled_on() {
        return Some(Alert::Flagged { since, disabled_on });
    }
    match () {
        () if known.is("DISABLED") => Some(Alert::Disabled { since: known.disable_at.unwrap_or(since) }),
        () if known.is("PAUSED") => {
            Some(Alert::Paused { since, pause: known.pause.clone(), until: known.paused_until() })
        }
        () if known.is("REJECTED") => Some(Alert::Rejected { reason: known.reason.clone() }),
        () if known.is_gone() => Some(Alert::Gone),
        () => None,
    }
}
