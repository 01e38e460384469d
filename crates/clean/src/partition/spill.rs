//! Buckets of bytes: in memory up to a budget, beyond it wherever the caller puts them.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps bytes that do not fit into memory, such as in files.
pub trait Spill: Send + Sync {
    /// Appends bytes to what is kept of a bucket.
    fn put(&self, bucket: usize, bytes: &[u8]) -> io::Result<()>;
    /// Appends all that is kept of a bucket to `bytes`, and forgets it.
    fn take(&self, bucket: usize, bytes: &mut Vec<u8>) -> io::Result<()>;
}

/// The size of the blocks of memory in a bucket. A larger block would be copied when it grows, and leave gaps of memory
/// that nothing else fits into.
const BLOCK_BYTES: usize = 32 * 1024;

/// Buckets of bytes, filled from many threads at once.
pub(crate) struct SpillStore {
    /// Of each bucket its blocks in memory.
    buckets: Vec<Mutex<Vec<Vec<u8>>>>,
    /// Bytes in memory, over all buckets.
    n_held: AtomicUsize,
    /// The budget in bytes, and where the bytes beyond it go.
    spill: Option<(usize, Box<dyn Spill>)>,
    spilling: Mutex<()>,
}

impl SpillStore {
    /// Without a spill, everything stays in memory. With one, about so many bytes do.
    pub(crate) fn new(n_buckets: usize, spill: Option<(usize, Box<dyn Spill>)>) -> Self {
        let buckets = (0..n_buckets).map(|_| Mutex::default()).collect();
        Self { buckets, n_held: AtomicUsize::new(0), spill, spilling: Mutex::new(()) }
    }

    /// Appends bytes to a bucket.
    pub(crate) fn put(&self, bucket: usize, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let n_held = {
            let mut bucket = locked(&self.buckets[bucket]);
            match bucket.last_mut().filter(|it| it.len() + bytes.len() <= it.capacity()) {
                Some(block) => block.extend_from_slice(bytes),
                None => {
                    let mut block = Vec::with_capacity(BLOCK_BYTES.max(bytes.len()));
                    block.extend_from_slice(bytes);
                    bucket.push(block);
                }
            }
            // Counted under the lock, so that no other thread takes the bytes and subtracts them first.
            self.n_held.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len()
        };
        match &self.spill {
            Some((budget, spill)) if n_held > *budget => self.spill_all(*budget, spill.as_ref()),
            _ => Ok(()),
        }
    }

    /// Takes all that a bucket holds. The order in which it was put there is not kept.
    pub(crate) fn take(&self, bucket: usize) -> io::Result<Vec<u8>> {
        let mut blocks = locked(&self.buckets[bucket]);
        let mut bytes = std::mem::take(&mut *blocks).concat();
        self.n_held.fetch_sub(bytes.len(), Ordering::Relaxed);
        if let Some((_, spill)) = &self.spill {
            spill.take(bucket, &mut bytes)?;
        }
        Ok(bytes)
    }

    /// Empties all buckets into the spill. One thread does it; the others that are over the budget wait for it, so that
    /// memory does not grow meanwhile.
    fn spill_all(&self, budget: usize, spill: &dyn Spill) -> io::Result<()> {
        let _alone = locked(&self.spilling);
        if self.n_held.load(Ordering::Relaxed) <= budget {
            return Ok(());
        }
        for (number, bucket) in self.buckets.iter().enumerate() {
            // Locked until the bytes are in the spill: another thread that takes the bucket meanwhile would miss them.
            let mut blocks = locked(bucket);
            let bytes = std::mem::take(&mut *blocks).concat();
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::time::Duration;

    use super::*;

    /// A spill whose `put` says that it has begun, and waits a while for another thread before it keeps the bytes.
    struct Slow {
        begun: SyncSender<()>,
        taken: Mutex<Receiver<()>>,
        kept: Mutex<Vec<u8>>,
    }

    impl Spill for Slow {
        fn put(&self, _: usize, bytes: &[u8]) -> io::Result<()> {
            self.begun.send(()).unwrap();
            let _ = self.taken.lock().unwrap().recv_timeout(Duration::from_millis(100));
            self.kept.lock().unwrap().extend_from_slice(bytes);
            Ok(())
        }

        fn take(&self, _: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
            bytes.append(&mut self.kept.lock().unwrap());
            Ok(())
        }
    }

    #[test]
    fn a_bucket_that_is_taken_while_it_is_spilled_is_whole() {
        let (begun, has_begun) = sync_channel(1);
        let (is_taken, taken) = sync_channel(1);
        let slow = Slow { begun, taken: Mutex::new(taken), kept: Mutex::default() };
        let store = SpillStore::new(1, Some((0, Box::new(slow))));
        std::thread::scope(|scope| {
            scope.spawn(|| store.put(0, b"row").unwrap());
            has_begun.recv().unwrap();
            assert_eq!(store.take(0).unwrap(), b"row");
            is_taken.send(()).unwrap();
        });
    }
}
