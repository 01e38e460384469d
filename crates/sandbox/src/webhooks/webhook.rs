use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;

/// A request to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The path, with its query.
    pub path: String,
    pub headers: Vec<(Cow<'static, str>, String)>,
    pub body: Bytes,
    pub trick: Trick,
    pub manner: Manner,
    /// Whether its events happened days ago.
    pub is_late: bool,
    /// The events in the body.
    pub n_events: u32,
    /// The answer that ends it. A webhook that must be accepted is sent until it is.
    pub expected: u16,
}

impl Webhook {
    /// Whether an answer settles it. One that must be refused is settled by any word of the server about it.
    pub(super) fn is_settled_by(&self, status: Option<u16>) -> bool {
        match status {
            Some(status) => status == self.expected || (self.expected != OK && status < 500),
            None => false,
        }
    }
}

/// The answer that says a body is stored.
pub(super) const OK: u16 = 200;

/// The answer to a body with a wrong signature.
pub(super) const UNAUTHORIZED: u16 = 401;

/// What is special about a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trick {
    Good,
    /// The same body once more.
    Doubled,
    /// Events that were in other bodies.
    Regrouped,
    /// A body that the platform could have sent, with a signature that is not of it.
    Forged,
    /// The first part of a body, and signed so.
    Truncated,
    /// A body of nearly 3 MB.
    Large,
}

impl Trick {
    const ALL: [(Self, &str); 6] = [
        (Self::Good, "good"),
        (Self::Doubled, "doubled"),
        (Self::Regrouped, "regrouped"),
        (Self::Forged, "forged"),
        (Self::Truncated, "truncated"),
        (Self::Large, "large"),
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|it| it.0 == self).map_or("", |it| it.1)
    }

    /// Reads back what [`Trick::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|it| it.1 == name).map(|it| it.0)
    }
}

/// How the bytes of the first attempt go out. Later attempts are whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    Whole,
    /// They trickle.
    Slow,
    /// The connection ends before the body does.
    CutOff,
}
