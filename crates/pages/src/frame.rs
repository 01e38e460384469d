use jiff::Timestamp;
use model::{Digest, Hasher};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest line of a frame, in bytes. A longer one is damage.
pub(crate) const MOST_LINE_BYTES: u64 = 1 << 20;

/// What a frame says about the page that follows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub kind: FrameKind,
    /// The number of the reading to which the frame belongs, from 1.
    pub pull: u32,
    pub at: Timestamp,
    /// The window that is read; none for a list that is read as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The call that gave the page.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub call: Value,
    /// The call that comes next; none after the last page of a window.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub next: Value,
    /// Records of the page.
    #[serde(default)]
    pub rows: u64,
    /// Facts that the reader of the pages keeps for itself.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub facts: Value,
    /// The size of the page that follows, in bytes.
    pub bytes: u64,
    /// The digest of the page.
    pub body: Digest,
    /// The digest of all frames before this one and of this line without this member.
    pub chain: Digest,
}

/// The kinds of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameKind {
    /// A reading begins.
    Begin,
    /// A page of records.
    Page,
    /// Something is about to be ordered from the provider that costs money or can be had once.
    Order,
    /// A window is begun again. What was read of it stays.
    Restart,
    /// A window was read to its end.
    WindowEnd,
    /// The reading has come to its end.
    End,
}

/// A closed span of time: from `since` up to and without `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    pub since: Timestamp,
    pub until: Timestamp,
}

impl Frame {
    /// A frame without a page.
    pub fn new(kind: FrameKind, pull: u32, at: Timestamp) -> Self {
        let nothing = Hasher::default().finish();
        Self {
            kind,
            pull,
            at,
            window: None,
            call: Value::Null,
            next: Value::Null,
            rows: 0,
            facts: Value::Null,
            bytes: 0,
            body: nothing,
            chain: nothing,
        }
    }

    /// Returns the digest of this frame behind `before`.
    pub(crate) fn chained(&self, before: Digest) -> serde_json::Result<Digest> {
        let unchained = Self { chain: before, ..self.clone() };
        Ok(Digest::of_parts([serde_json::to_vec(&unchained)?.as_slice()]))
    }
}

/// Returns the digest of a page.
pub(crate) fn digest_of(body: &[u8]) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(body);
    hasher.finish()
}
