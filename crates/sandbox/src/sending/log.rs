//! The log of sends: one JSON object a line, written before the answer, so that a test can hold what a sender believes
//! against what happened.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// A file that lines are added to, each with one write.
pub struct SendsLog(File);

impl SendsLog {
    /// Opens a log; an existing file is continued.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(Self)
    }

    pub(super) fn add(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.0.write_all(&bytes)
    }
}

/// A request to send a message.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    /// The number of the request, from 1.
    pub(super) n: u64,
    /// When its last byte was read, by the clock of the sandbox.
    #[serde(serialize_with = "micros")]
    pub(super) at: Timestamp,
    /// The same by the real clock, in microseconds since 1970.
    pub(super) real_at_us: i64,
    pub(super) path: &'static str,
    pub(super) number: &'a str,
    pub(super) to: Option<String>,
    pub(super) r#type: Option<&'a str>,
    pub(super) opaque: Option<&'a str>,
    pub(super) template: Option<&'a str>,
    pub(super) language: Option<&'a str>,
    pub(super) category: Option<String>,
    pub(super) is_open: bool,
    pub(super) outcome: Outcome,
    pub(super) code: Option<u32>,
    pub(super) wamid: Option<String>,
    pub(super) answer: Answered,
    pub(super) sha256: Option<String>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Accepted,
    Held,
    Refused,
}

/// What the caller saw.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answered {
    Whole,
    /// An error after the message was accepted.
    None,
    /// Nothing, on a connection that stays open or is closed.
    Lost,
    /// An answer that ends in the middle.
    Cut,
    Reset,
    /// A refusal.
    Error,
}

/// A status that the platform tells.
#[derive(Serialize)]
pub(super) struct Status<'a> {
    pub(super) status: &'static str,
    pub(super) wamid: &'a str,
    pub(super) opaque: Option<&'a str>,
    pub(super) to: &'a str,
    #[serde(serialize_with = "micros")]
    pub(super) at: Timestamp,
    pub(super) code: Option<u32>,
}

/// Something that a person wrote or did, once the webhook about it was answered.
#[derive(Serialize)]
pub(super) struct Inbound<'a> {
    pub(super) inbound: &'a str,
    pub(super) from: &'a str,
    #[serde(serialize_with = "micros")]
    pub(super) at: Timestamp,
    /// None if it was not answered with 200, or there is nobody to tell.
    pub(super) acknowledged_real_at_us: Option<i64>,
}

/// A limit of the platform that a request went over.
#[derive(Serialize)]
pub(super) struct Over {
    pub(super) over: &'static str,
    #[serde(serialize_with = "micros")]
    pub(super) at: Timestamp,
    /// What there would have been with this request.
    pub(super) count: u64,
    pub(super) limit: u64,
}

fn micros<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.6}"))
}
