//! Keeps idle connections.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::connect::Connection;
use super::deadline::Moment;

/// Idle connections; the last that came is the first that is used.
pub(crate) struct Pool {
    idle: Mutex<Vec<Connection>>,
    longest: Duration,
}

impl Pool {
    pub(crate) fn new(longest: Duration) -> Self {
        Self { idle: Mutex::default(), longest }
    }

    /// Takes a connection that is open, as far as anybody knows.
    pub(crate) fn take(&self) -> Option<Connection> {
        self.lock().pop()
    }

    /// Keeps a connection that is fresh, or whose last answer is whole.
    pub(crate) fn put(&self, mut connection: Connection) {
        connection.idle_since = Moment::now();
        self.lock().push(connection);
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Locks the list, without what is closed or was idle for too long.
    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Moment::now();
        idle.retain(|it| !it.requests.is_closed() && it.idle_since.age(now) <= self.longest);
        idle
    }
}
