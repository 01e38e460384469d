//! Where rows wait until all are in: in memory up to a budget, beyond it wherever the caller puts them.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes what does not fit into memory, and gives it back.
pub trait Spill: Send + Sync {
    /// Appends bytes to what a shelf holds.
    fn put(&self, shelf: usize, bytes: &[u8]) -> io::Result<()>;
    /// Appends all that a shelf holds to `bytes`, and forgets it.
    fn take(&self, shelf: usize, bytes: &mut Vec<u8>) -> io::Result<()>;
}

/// How many bytes a shelf holds in one piece of memory. A piece that grows is copied, and leaves behind memory that nothing
/// else fits into.
const PIECE_BYTES: usize = 32 * 1024;

/// Shelves of bytes, filled from many threads at once.
pub(crate) struct Waiting {
    shelves: Vec<Mutex<Vec<Vec<u8>>>>,
    /// Bytes in memory, over all shelves.
    n_held: AtomicUsize,
    spill: Option<(usize, Box<dyn Spill>)>,
    spilling: Mutex<()>,
}

impl Waiting {
    /// With a spill, at most about so many bytes stay in memory.
    pub(crate) fn new(n_shelves: usize, spill: Option<(usize, Box<dyn Spill>)>) -> Self {
        let shelves = (0..n_shelves).map(|_| Mutex::default()).collect();
        Self { shelves, n_held: AtomicUsize::new(0), spill, spilling: Mutex::new(()) }
    }

    /// Appends bytes to a shelf.
    pub(crate) fn put(&self, shelf: usize, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let n_held = {
            let mut shelf = locked(&self.shelves[shelf]);
            match shelf.last_mut().filter(|it| it.len() + bytes.len() <= it.capacity()) {
                Some(piece) => piece.extend_from_slice(bytes),
                None => {
                    let mut piece = Vec::with_capacity(PIECE_BYTES.max(bytes.len()));
                    piece.extend_from_slice(bytes);
                    shelf.push(piece);
                }
            }
            // Counted before anybody can take them away and count them off.
            self.n_held.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len()
        };
        match &self.spill {
            Some((budget, spill)) if n_held > *budget => self.spill_all(*budget, spill.as_ref()),
            _ => Ok(()),
        }
    }

    /// All that a shelf holds. The order in which it was put there is not kept.
    pub(crate) fn take(&self, shelf: usize) -> io::Result<Vec<u8>> {
        let mut bytes = std::mem::take(&mut *locked(&self.shelves[shelf])).concat();
        self.n_held.fetch_sub(bytes.len(), Ordering::Relaxed);
        if let Some((_, spill)) = &self.spill {
            spill.take(shelf, &mut bytes)?;
        }
        Ok(bytes)
    }

    /// One thread empties the shelves, and who puts more meanwhile waits for it.
    fn spill_all(&self, budget: usize, spill: &dyn Spill) -> io::Result<()> {
        let _alone = locked(&self.spilling);
        if self.n_held.load(Ordering::Relaxed) <= budget {
            return Ok(());
        }
        for (number, shelf) in self.shelves.iter().enumerate() {
            let bytes = std::mem::take(&mut *locked(shelf)).concat();
            if !bytes.is_empty() {
                spill.put(number, &bytes)?;
                self.n_held.fetch_sub(bytes.len(), Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
