use std::time::Duration;

use http::CallError;
use jiff::Timestamp;
use pages::Window;

use crate::Call;

/// A list of records of a provider, as a machine without input and output.
pub trait Stream: Send + Sync {
    /// Returns the first call of a window, or of the whole list where a stream has no windows; none if there is nothing
    /// to read.
    fn first(&self, window: Option<Window>) -> Option<Call>;

    /// Reads the text that is kept of an answer.
    ///
    /// # Errors
    ///
    /// [`CallError::Malformed`] for what is not a page, [`CallError::Refused`] for an error that comes with status 200,
    /// [`CallError::RateLimited`] and [`CallError::Provider`] for one that passes, and [`CallError::OtherHost`] for a link
    /// that leaves the host.
    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError>;

    /// Returns how long after a reading the next one may begin, where a provider limits how often it is asked about the same
    /// records.
    fn rest(&self) -> Option<Duration> {
        None
    }

    /// Returns whether the latest records of a window come first.
    fn is_newest_first(&self) -> bool {
        false
    }

    /// Returns what a call has read whose answer is 404: none if that is an error. A list can be missing because it is
    /// empty, or because its owner was deleted since the page that names it.
    fn missing(&self, _call: &Call) -> Option<PageRead> {
        None
    }

    /// Returns the call for the records from `offset` on, in a window; none where a stream does not count records.
    fn at_offset(&self, _window: Option<Window>, _offset: u64) -> Option<Call> {
        None
    }

    /// Returns the text that is kept of an answer: the answer itself, or what it unpacks to.
    ///
    /// # Errors
    ///
    /// [`CallError::Malformed`] if it cannot be unpacked.
    fn kept(&self, _call: &Call, body: Vec<u8>) -> Result<Vec<u8>, CallError> {
        Ok(body)
    }
}

/// What a page says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageRead {
    pub rows: Vec<Row>,
    /// None after the last page.
    pub next: Option<Call>,
    /// The number of records in the list or window, if the page says it.
    pub total: Option<u64>,
    /// Whether the page says nothing about anybody, so that only the next call is kept.
    pub is_dropped: bool,
    /// How long to wait before the next call, such as for a report that is being made.
    pub wait: Option<Duration>,
}

/// What is remembered of a record while its window is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The id that the provider gives, or what else tells two records apart.
    pub id: String,
    pub at: Option<Timestamp>,
}
