use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that goes wrong with a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSettings {
    pub kind: SendFault,
    /// The code of an error. Without it the body of the answer is empty.
    #[serde(default)]
    pub code: Option<u32>,
    /// The status of the answer in place of the documented one, such as 429.
    #[serde(default)]
    pub http: Option<u16>,
    /// Seconds of real time that a slow answer takes.
    #[serde(default)]
    pub seconds: f64,
    #[serde(default)]
    pub when: Chosen,
}

/// The kinds of faults. What is `before` happens before the message is accepted: it never goes out. What is `after` happens
/// once it is accepted: it does.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SendFault {
    /// An error in place of an acceptance.
    Error,
    /// An error, such as 500, and the message was accepted.
    ErrorAfter,
    /// No answer, and the connection stays open.
    SilentBefore,
    SilentAfter,
    /// The connection is closed without an answer.
    CloseBefore,
    CloseAfter,
    /// The connection is reset before the body is read. Chosen by request, by time and by share only.
    ResetUnread,
    ResetBefore,
    ResetAfter,
    /// The message is accepted, and the answer ends in the middle.
    Cut,
    /// The answer takes so many seconds.
    Slow,
}

impl SendFault {
    /// Whether the message is not even looked at.
    pub(crate) fn is_before(self) -> bool {
        use SendFault::{CloseBefore, Error, ResetBefore, ResetUnread, SilentBefore};
        matches!(self, Error | SilentBefore | CloseBefore | ResetBefore | ResetUnread)
    }
}

/// The messages that something happens to: those that all given conditions hold for.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chosen {
    /// This share of messages. It follows from the seed, the opaque id (or the body) and how often that came already, so
    /// the same run has the same faults, and a message that is sent again has its own chance.
    pub share: Option<f64>,
    /// These recipients, with or without a plus sign.
    pub to: Vec<String>,
    /// These requests, counted from 1.
    pub requests: Vec<u64>,
    /// From this moment on the clock of the sandbox.
    pub from: Option<Timestamp>,
    /// Up to this moment, which is not included.
    pub until: Option<Timestamp>,
    /// Only in the first so many seconds of every so many: `[5, 60]` is the first five seconds of each minute.
    pub seconds_of: Option<[i64; 2]>,
    /// Only so many times for one opaque id or body.
    pub times: Option<u32>,
    /// These numbers of the business.
    pub numbers: Vec<String>,
    /// These templates.
    pub templates: Vec<String>,
}
