//! Refuses archives that unpack to far more bytes than they have.

use std::io::{self, Read};

/// Unpacked bytes below which the ratio is not checked. A short text of one letter may well have a ratio of a thousand.
const HARMLESS_BYTES: u64 = 16 << 20;

/// How much a file may unpack to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub unpacked_bytes: u64,
    /// Unpacked bytes per packed byte.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { unpacked_bytes: 20 << 30, ratio: 200 }
    }
}

/// Fails with [`LimitExceeded`] when more bytes are read than the limits allow.
pub(crate) struct BombGuard<R> {
    inner: R,
    limits: Limits,
    n_packed: u64,
    n_bytes: u64,
}

impl<R> BombGuard<R> {
    pub(crate) fn new(inner: R, limits: Limits, n_packed: u64) -> Self {
        Self { inner, limits, n_packed, n_bytes: 0 }
    }
}

impl<R: Read> Read for BombGuard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.inner.read(buffer)?;
        self.n_bytes += n_read as u64;
        let Limits { unpacked_bytes, ratio } = self.limits;
        if self.n_bytes > unpacked_bytes {
            return Err(io::Error::other(LimitExceeded::Bytes(unpacked_bytes)));
        }
        if self.n_bytes > HARMLESS_BYTES && self.n_bytes / ratio.max(1) > self.n_packed {
            return Err(io::Error::other(LimitExceeded::Ratio(ratio)));
        }
        Ok(n_read)
    }
}

/// The limit that an archive exceeds.
#[derive(Debug, thiserror::Error)]
pub enum LimitExceeded {
    #[error("it unpacks to more than {0} bytes; the plan can allow more with limits.unpacked_gib")]
    Bytes(u64),
    #[error("it unpacks to more than {0} times its size; the plan can allow more with limits.ratio")]
    Ratio(u64),
}
