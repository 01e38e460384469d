//! One file of frames.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::frame::{MOST_LINE_BYTES, digest_of};
use crate::{Frame, PageError};

/// The first line of a segment.
pub(crate) const FIRST_LINE: &[u8] = b"ferry pages 1\n";

/// Reads the frames of a segment in their order.
pub(crate) struct SegmentReader<R> {
    file: R,
    path: PathBuf,
    /// Where the next frame begins.
    pub(crate) at: u64,
}

/// What comes next in a segment.
pub(crate) enum Next {
    /// A frame whose page has not been read.
    Frame(Box<Frame>),
    End,
    /// A frame that a crash has cut off.
    CutOff,
}

impl SegmentReader<BufReader<File>> {
    pub(crate) fn open(path: &Path) -> Result<Self, PageError> {
        let file = File::open(path).map_err(PageError::io(path))?;
        Self::new(BufReader::with_capacity(1 << 18, file), path)
    }

    /// Goes over the page of a frame without reading it.
    pub(crate) fn skip(&mut self, frame: &Frame) -> Result<bool, PageError> {
        let n_bytes = frame.bytes + 1;
        let length = self.file.get_ref().metadata().map_err(PageError::io(&self.path))?.len();
        if self.at + n_bytes > length {
            return Ok(false);
        }
        let offset = i64::try_from(n_bytes).map_err(|_| self.damaged())?;
        self.file.seek_relative(offset).map_err(PageError::io(&self.path))?;
        self.at += n_bytes;
        Ok(true)
    }

    /// Goes to a frame that was seen before.
    pub(crate) fn go_to(&mut self, at: u64) -> Result<(), PageError> {
        self.file.seek(SeekFrom::Start(at)).map_err(PageError::io(&self.path))?;
        self.at = at;
        Ok(())
    }
}

impl<R: BufRead> SegmentReader<R> {
    /// Reads the first line. An empty file is a segment that a crash has cut off.
    pub(crate) fn new(mut file: R, path: &Path) -> Result<Self, PageError> {
        let mut first = Vec::new();
        file.by_ref().take(FIRST_LINE.len() as u64).read_to_end(&mut first).map_err(PageError::io(path))?;
        match FIRST_LINE.starts_with(&first) {
            true => Ok(Self { file, path: path.to_owned(), at: first.len() as u64 }),
            false => Err(PageError::Damaged { path: path.to_owned(), at: 0 }),
        }
    }

    pub(crate) fn damaged(&self) -> PageError {
        PageError::Damaged { path: self.path.clone(), at: self.at }
    }

    /// Reads the line of the next frame.
    pub(crate) fn next(&mut self) -> Result<Next, PageError> {
        let mut line = Vec::new();
        let read = self.file.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut line);
        let n_read = read.map_err(PageError::io(&self.path))? as u64;
        match line.pop() {
            None => return Ok(Next::End),
            Some(b'\n') => {}
            Some(_) if n_read < MOST_LINE_BYTES => return Ok(Next::CutOff),
            Some(_) => return Err(self.damaged()),
        }
        let frame = serde_json::from_slice(&line).map_err(|_| self.damaged())?;
        self.at += n_read;
        Ok(Next::Frame(Box::new(frame)))
    }

    /// Reads the page of a frame; none if it was cut off.
    pub(crate) fn body(&mut self, frame: &Frame) -> Result<Option<Vec<u8>>, PageError> {
        let mut body = Vec::new();
        let read = self.file.by_ref().take(frame.bytes + 1).read_to_end(&mut body);
        let n_read = read.map_err(PageError::io(&self.path))? as u64;
        if n_read < frame.bytes + 1 {
            return Ok(None);
        }
        if body.pop() != Some(b'\n') || digest_of(&body) != frame.body {
            return Err(self.damaged());
        }
        self.at += n_read;
        Ok(Some(body))
    }
}

/// The bytes of a frame in its file.
pub(crate) fn encoded(frame: &Frame, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(frame).map_err(io::Error::other)?;
    bytes.reserve(body.len() + 2);
    bytes.push(b'\n');
    bytes.extend_from_slice(body);
    bytes.push(b'\n');
    Ok(bytes)
}
