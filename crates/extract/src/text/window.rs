//! A window over a text: the bytes that are read and not yet consumed, in one buffer that is reused.
//!
//! The record scanners of CSV and JSON look for the end of a record in [`Window::bytes`], ask for more with
//! [`Window::refill`], and consume the record when it is whole.

use std::io::{self, Read};
use std::ops::Range;

use crate::row::SHOWN_BYTES;

pub(crate) struct Window<R> {
    text: R,
    buffer: Vec<u8>,
    /// `buffer[start..end]` is read and not yet consumed.
    start: usize,
    end: usize,
    is_at_end: bool,
    /// The start of a record that is too long to be held.
    shown: Vec<u8>,
}

impl<R: Read> Window<R> {
    /// `n_bytes` is the first size of the buffer. It grows if a record is longer.
    pub(crate) fn new(text: R, n_bytes: usize) -> Self {
        Self { text, buffer: vec![0; n_bytes], start: 0, end: 0, is_at_end: false, shown: Vec::new() }
    }

    /// The bytes that are read and not yet consumed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether the text has no more bytes than [`Window::bytes`].
    pub(crate) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// Consumes the next `n_bytes` bytes and tells where [`Window::consumed`] finds them.
    pub(crate) fn consume(&mut self, n_bytes: usize) -> Range<usize> {
        let start = self.start;
        self.start += n_bytes;
        start..self.start
    }

    /// Bytes that were consumed after the last refill.
    pub(crate) fn consumed(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// Forgets what [`Window::show`] has kept.
    pub(crate) fn clear_shown(&mut self) {
        self.shown.clear();
    }

    /// Keeps the next `n_bytes` bytes, up to [`SHOWN_BYTES`] in all, to show which record was too long.
    pub(crate) fn show(&mut self, n_bytes: usize) {
        let n_wanted = SHOWN_BYTES.saturating_sub(self.shown.len()).min(n_bytes).min(self.end - self.start);
        self.shown.extend_from_slice(&self.buffer[self.start..self.start + n_wanted]);
    }

    pub(crate) fn shown(&self) -> &[u8] {
        &self.shown
    }

    /// Reads on and keeps what is not consumed. Returns false at the end of the text.
    pub(crate) fn refill(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let n_read = self.text.read(&mut self.buffer[self.end..])?;
        self.end += n_read;
        self.is_at_end = n_read == 0;
        Ok(n_read > 0)
    }

    #[cfg(test)]
    pub(crate) fn buffer_bytes(&self) -> usize {
        self.buffer.len()
    }
}

/// Reads three bytes at a time, so that a test finds errors at the edges of blocks.
#[cfg(test)]
pub(crate) struct Slow<'a>(pub(crate) &'a [u8]);

#[cfg(test)]
impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.0.len().min(3).min(buffer.len());
        buffer[..n_read].copy_from_slice(&self.0[..n_read]);
        self.0 = &self.0[n_read..];
        Ok(n_read)
    }
}
