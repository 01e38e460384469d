//! The limits of the server.

use std::time::Duration;

/// The limits of the server. Tests make them small.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Limits one body. Meta sends up to 3 MB.
    pub body_bytes: usize,
    /// Limits the time until the headers of a request are there, also from the end of the request before, and that of a
    /// TLS handshake.
    pub header_timeout: Duration,
    /// Limits the time in which a whole body arrives.
    pub body_timeout: Duration,
    /// Limits the time in which a client takes an answer.
    pub answer_timeout: Duration,
    /// Limits the time that a body waits for its commit before it is answered with 503.
    pub commit_timeout: Duration,
    /// Limits the time for open requests at the end.
    pub shutdown_timeout: Duration,
    /// The time between two looks at a store that has failed.
    pub probe_every: Duration,
    /// Limits open connections. Further clients wait to be accepted.
    pub n_connections: usize,
    /// Limits the bodies that wait for their commit.
    pub queued_bodies: usize,
    /// Limits the bytes of bodies that wait for their commit.
    pub queued_bytes: usize,
    /// Limits the bytes of bodies that are being read, except the first 16 KiB of each: a few senders of large bodies
    /// must not keep out statuses, which are small.
    pub reading_bytes: usize,
    /// Limits the bodies of one commit.
    pub group_bodies: usize,
    /// Limits the bytes of one commit. A larger body is committed alone.
    pub group_bytes: usize,
    /// The number of stored events that may wait to be read before the server calls itself ill.
    pub most_lag: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 << 20,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(10),
            commit_timeout: Duration::from_secs(15),
            shutdown_timeout: Duration::from_secs(30),
            probe_every: Duration::from_secs(1),
            n_connections: 10_000,
            queued_bodies: 10_000,
            queued_bytes: 128 << 20,
            reading_bytes: 64 << 20,
            group_bodies: 256,
            group_bytes: 16 << 20,
            most_lag: 1_000_000,
        }
    }
}
