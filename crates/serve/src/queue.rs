//! The bodies that wait for their commit. Both their number and their bytes are limited.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::Limits;
use crate::store::CheckedBody;

/// A body that waits for its commit.
pub(crate) struct Waiting {
    pub(crate) body: CheckedBody,
    /// Is sent whether the body was committed.
    pub(crate) answer: oneshot::Sender<bool>,
    /// Gives the bytes back to the queue.
    pub(crate) room: OwnedSemaphorePermit,
}

/// The end of the queue at which requests are put in.
#[derive(Clone)]
pub(crate) struct Queue {
    bodies: mpsc::Sender<Waiting>,
    bytes: Arc<Semaphore>,
    queued_bytes: usize,
}

/// Returns both ends of the queue.
pub(crate) fn queue(limits: &Limits) -> (Queue, mpsc::Receiver<Waiting>) {
    let (bodies, waiting) = mpsc::channel(limits.queued_bodies);
    let bytes = Arc::new(Semaphore::new(limits.queued_bytes));
    (Queue { bodies, bytes, queued_bytes: limits.queued_bytes }, waiting)
}

impl Queue {
    /// Puts a body in, and returns where its answer will come. None if the queue is full or closed.
    pub(crate) fn put(&self, body: CheckedBody) -> Option<oneshot::Receiver<bool>> {
        let place = self.bodies.try_reserve().ok()?;
        // An empty body takes room too.
        let n_bytes = u32::try_from(body.body.len().max(1)).ok()?;
        let room = Arc::clone(&self.bytes).try_acquire_many_owned(n_bytes).ok()?;
        let (answer, answered) = oneshot::channel();
        place.send(Waiting { body, answer, room });
        Some(answered)
    }

    pub(crate) fn n_bodies(&self) -> usize {
        self.bodies.max_capacity() - self.bodies.capacity()
    }

    /// The bytes of all bodies that are not committed yet.
    pub(crate) fn n_bytes(&self) -> usize {
        self.queued_bytes - self.bytes.available_permits()
    }

    /// Whether there is no room for another body of usual size.
    pub(crate) fn is_full(&self) -> bool {
        self.bodies.capacity() == 0 || self.bytes.available_permits() < USUAL_BODY_BYTES.min(self.queued_bytes)
    }
}

/// Most bodies bring one status and are smaller.
const USUAL_BODY_BYTES: usize = 4 << 10;
