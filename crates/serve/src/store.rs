//! Where bodies are committed.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use thiserror::Error;

/// A body whose guard let it pass. It has no `Debug`: it holds what people wrote.
#[derive(Clone)]
pub struct CheckedBody {
    /// The name of its webhook.
    pub webhook: Arc<str>,
    pub received_at: Timestamp,
    /// Whether the platform signed it. If not, anyone who knows the password can have sent it.
    pub is_signed: bool,
    /// `Content-Type` and the header of the signature, with names in lower case. Whoever gets the body handed on can
    /// check it again.
    pub headers: Vec<(&'static str, String)>,
    /// What stands behind the `?` of the address. Some platforms sign it.
    pub query: Option<String>,
    /// The raw bytes.
    pub body: Bytes,
}

/// What became of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommittedBody {
    /// The events that the store did not have.
    pub n_new: u64,
    /// The events that the store had already.
    pub n_duplicates: u64,
    /// The parts that could not be read as events.
    pub n_broken: u64,
    /// How long the answer waits: somebody has withdrawn, and a message to them may be about to leave.
    pub answer_after: Duration,
}

/// A store of bodies.
pub trait Store: Send + 'static {
    /// Commits a group of bodies in one transaction, and says what became of each, in their order.
    ///
    /// All of them are durable when it returns, or none. A body can come again after an error: one that was
    /// committed must change nothing the second time.
    fn commit(&mut self, group: &[CheckedBody]) -> impl Future<Output = Result<Vec<CommittedBody>, StoreError>> + Send;

    /// Fails if a commit would fail now. It is called while the store is failing, to find out when that ends.
    fn probe(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Why a group was not committed.
#[derive(Debug, Error)]
#[error("could not store webhooks")]
pub struct StoreError {
    /// Whether the same group can work later. If not, the bodies of the group are committed one by one, so that one bad
    /// body does not cost the others.
    pub is_passing: bool,
    pub source: Box<dyn Error + Send + Sync>,
}
