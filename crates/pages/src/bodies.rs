//! The pages of a segment as one text, as if a person had saved them one after another.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::FrameKind;
use crate::segment::{FIRST_LINE, Next, SegmentReader};

/// Returns whether a file that begins like this is a segment.
pub fn is_segment(start: &[u8]) -> bool {
    start.starts_with(FIRST_LINE)
}

/// Reads the pages of a segment, each followed by a line feed.
///
/// Reading fails with [`io::ErrorKind::InvalidData`] if a page is damaged, and with [`io::ErrorKind::UnexpectedEof`] if
/// the last frame is cut off: reading the source again mends that.
pub struct Bodies<R> {
    frames: SegmentReader<R>,
    page: Vec<u8>,
    n_given: usize,
}

impl<R: Read> Bodies<BufReader<R>> {
    /// Reads a segment from its first byte. `path` is for errors.
    pub fn new(segment: R, path: &Path) -> io::Result<Self> {
        let frames = SegmentReader::new(BufReader::with_capacity(1 << 18, segment), path).map_err(invalid)?;
        Ok(Self { frames, page: Vec::new(), n_given: 0 })
    }
}

impl<R: BufRead> Bodies<R> {
    /// Reads the next page; false at the end.
    fn next_page(&mut self) -> io::Result<bool> {
        loop {
            let frame = match self.frames.next().map_err(invalid)? {
                Next::Frame(frame) => frame,
                Next::End => return Ok(false),
                Next::CutOff => return Err(cut_off()),
            };
            let body = self.frames.body(&frame).map_err(invalid)?.ok_or_else(cut_off)?;
            if frame.kind == FrameKind::Page && !body.is_empty() {
                (self.page, self.n_given) = (body, 0);
                self.page.push(b'\n');
                return Ok(true);
            }
        }
    }
}

impl<R: BufRead> Read for Bodies<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.n_given == self.page.len() && !self.next_page()? {
            return Ok(0);
        }
        let n = buffer.len().min(self.page.len() - self.n_given);
        buffer[..n].copy_from_slice(&self.page[self.n_given..self.n_given + n]);
        self.n_given += n;
        Ok(n)
    }
}

fn invalid(error: crate::PageError) -> io::Error {
    match error {
        crate::PageError::Io { source, .. } => source,
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the last page is cut off: read the source again")
}
