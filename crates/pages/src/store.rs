//! A folder of segments.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use model::{Digest, Hasher};
use rustix::fs::{FlockOperation, flock};

use crate::frame::digest_of;
use crate::segment::{FIRST_LINE, Next, SegmentReader, encoded};
use crate::{Frame, PageError};

/// A segment is closed when it has so many bytes.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// The name of the file whose lock shows that a process writes here.
const LOCK: &str = ".lock";

/// Everything that a store holds, without the pages themselves.
#[derive(Debug, Default)]
pub struct Contents {
    /// The segments, in their order.
    pub segments: Vec<PathBuf>,
    pub frames: Vec<PlacedFrame>,
    /// The digest of all frames; that of nothing if there are none.
    pub chain: Option<Digest>,
}

/// A frame, and where it is.
#[derive(Clone, Debug)]
pub struct PlacedFrame {
    pub frame: Frame,
    /// The number of its segment among [`Contents::segments`].
    pub segment: usize,
    /// Where its line begins.
    at: u64,
}

/// A store that this process alone writes to.
#[derive(Debug)]
pub struct PageStore {
    dir: PathBuf,
    /// The open segment and its size.
    open: Option<(File, PathBuf, u64)>,
    n_segments: usize,
    chain: Digest,
    /// Holds the lock until the store is dropped.
    _lock: File,
}

impl PageStore {
    /// Opens the store in a folder, which is made if it is missing, and removes a frame that a crash has cut off.
    ///
    /// # Errors
    ///
    /// [`PageError::Locked`] if another process writes to it, and [`PageError::Damaged`] if a frame that was whole is
    /// not any more.
    pub fn open(dir: &Path) -> Result<(Self, Contents), PageError> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(PageError::io(dir))?;
        let path = dir.join(LOCK);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let lock = lock.map_err(PageError::io(&path))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(PageError::Locked { path: dir.to_owned() }),
            Err(error) => return Err(PageError::io(&path)(error.into())),
        }
        let contents = read(dir, true)?;
        let n_segments = contents.segments.len();
        let chain = contents.chain.unwrap_or_else(|| Hasher::default().finish());
        Ok((Self { dir: dir.to_owned(), open: None, n_segments, chain, _lock: lock }, contents))
    }

    /// Appends a frame with its page. Both are durable when this returns.
    pub fn append(&mut self, mut frame: Frame, body: &[u8]) -> Result<Frame, PageError> {
        frame.bytes = body.len() as u64;
        frame.body = digest_of(body);
        let failed = |path: &Path, error: std::io::Error| PageError::io(path)(error);
        let chain = frame.chained(self.chain).map_err(|it| failed(&self.dir, it.into()))?;
        frame.chain = chain;
        let bytes = encoded(&frame, body).map_err(|it| failed(&self.dir, it))?;
        if self.open.as_ref().is_some_and(|it| it.2 >= SEGMENT_BYTES) {
            self.open = None;
        }
        let (file, path, size) = match &mut self.open {
            Some(open) => open,
            None => {
                let made = self.new_segment()?;
                self.open.insert(made)
            }
        };
        file.write_all(&bytes).and_then(|()| file.sync_data()).map_err(PageError::io(path))?;
        *size += bytes.len() as u64;
        self.chain = chain;
        Ok(frame)
    }

    /// Returns the folder of the store.
    pub fn folder(&self) -> &Path {
        &self.dir
    }

    /// Returns the digest of everything that was written.
    pub fn chain(&self) -> Digest {
        self.chain
    }

    /// Begins a segment. Each process begins one of its own, so that segments which were read never change.
    fn new_segment(&mut self) -> Result<(File, PathBuf, u64), PageError> {
        self.n_segments += 1;
        let path = self.dir.join(format!("{:06}.pages", self.n_segments));
        let failed = PageError::io(&path);
        let mut file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(&path).map_err(&failed)?;
        file.write_all(FIRST_LINE).map_err(&failed)?;
        File::open(&self.dir).and_then(|it| it.sync_all()).map_err(&failed)?;
        Ok((file, path.clone(), FIRST_LINE.len() as u64))
    }
}

/// Reads what a store holds, without changing it. A folder that is missing holds nothing, and a frame that is cut off does
/// not count.
pub fn read_store(dir: &Path) -> Result<Contents, PageError> {
    read(dir, false)
}

fn read(dir: &Path, mends: bool) -> Result<Contents, PageError> {
    let segments = segments(dir)?;
    let mut contents = Contents::default();
    let mut chain = Hasher::default().finish();
    for (n, path) in segments.iter().enumerate() {
        let mut reader = SegmentReader::open(path)?;
        loop {
            let at = reader.at;
            let cut_off = match reader.next()? {
                Next::End => break,
                Next::CutOff => true,
                Next::Frame(frame) => {
                    let is_next = frame.chained(chain).is_ok_and(|it| it == frame.chain);
                    if !is_next {
                        return Err(PageError::Damaged { path: path.clone(), at });
                    }
                    let is_whole = reader.skip(&frame)?;
                    if is_whole {
                        chain = frame.chain;
                        contents.chain = Some(chain);
                        contents.frames.push(PlacedFrame { frame: *frame, segment: n, at });
                    }
                    !is_whole
                }
            };
            if cut_off {
                // Only the last segment can have been written to when the process ended.
                if n + 1 < segments.len() {
                    return Err(PageError::Damaged { path: path.clone(), at });
                }
                if mends {
                    cut(path, at)?;
                }
                break;
            }
        }
    }
    contents.segments = segments;
    Ok(contents)
}

/// Removes what is behind `at`.
fn cut(path: &Path, at: u64) -> Result<(), PageError> {
    let failed = PageError::io(path);
    let file = OpenOptions::new().write(true).open(path).map_err(&failed)?;
    file.set_len(at).and_then(|()| file.sync_all()).map_err(&failed)
}

fn segments(dir: &Path) -> Result<Vec<PathBuf>, PageError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(PageError::io(dir))?,
    };
    let mut segments = Vec::new();
    for entry in entries {
        let path = entry.map_err(PageError::io(dir))?.path();
        if path.extension().is_some_and(|it| it == "pages") {
            segments.push(path);
        }
    }
    segments.sort();
    Ok(segments)
}

impl Contents {
    /// Returns the segments of one reading, or of all.
    pub fn segments_of(&self, pull: Option<u32>) -> Vec<PathBuf> {
        let frames = self.frames.iter().filter(|it| pull.is_none_or(|pull| it.frame.pull == pull));
        let mut numbers: Vec<usize> = frames.map(|it| it.segment).collect();
        numbers.dedup();
        numbers.into_iter().map(|it| self.segments[it].clone()).collect()
    }

    /// Reads the page of a frame again.
    pub fn body(&self, frame: &PlacedFrame) -> Result<Vec<u8>, PageError> {
        let mut reader = SegmentReader::open(&self.segments[frame.segment])?;
        reader.go_to(frame.at)?;
        let Next::Frame(read) = reader.next()? else { return Err(reader.damaged()) };
        reader.body(&read)?.ok_or_else(|| reader.damaged())
    }
}
