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
    /// Fills `bytes` with what is kept of a bucket from byte `start` on, and gives their number: fewer than there is room
    /// for only at the end.
    fn read(&self, bucket: usize, start: u64, bytes: &mut [u8]) -> io::Result<usize>;
    /// Forgets what is kept of a bucket.
    fn forget(&self, bucket: usize) -> io::Result<()>;
}

/// The size of the blocks of memory in a bucket. A larger block would be copied when it grows, and leave gaps of memory
/// that nothing else fits into.
const BLOCK_BYTES: usize = 32 * 1024;

/// Limits what is read at once of a bucket that is larger than the budget. An entry that is longer is read whole.
const READ_BYTES: usize = 64 * 1024;

/// Buckets of bytes, filled from many threads at once.
pub(crate) struct SpillStore {
    buckets: Vec<Mutex<Bucket>>,
    /// Bytes in memory, over all buckets.
    n_held: AtomicUsize,
    /// The budget in bytes, and where the bytes beyond it go.
    spill: Option<(usize, Box<dyn Spill>)>,
    spilling: Mutex<()>,
    /// The number of the next bucket that is only in the spill.
    next_bucket: AtomicUsize,
}

#[derive(Default)]
struct Bucket {
    /// The bytes in memory.
    blocks: Vec<Vec<u8>>,
    n_held: usize,
    n_spilled: usize,
}

impl SpillStore {
    /// Without a spill, everything stays in memory. With one, about so many bytes do.
    pub(crate) fn new(n_buckets: usize, spill: Option<(usize, Box<dyn Spill>)>) -> Self {
        let buckets = (0..n_buckets).map(|_| Mutex::default()).collect();
        let next_bucket = AtomicUsize::new(n_buckets);
        Self { buckets, n_held: AtomicUsize::new(0), spill, spilling: Mutex::new(()), next_bucket }
    }

    /// Appends bytes to a bucket.
    pub(crate) fn put(&self, bucket: usize, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let n_held = {
            let mut bucket = locked(&self.buckets[bucket]);
            match bucket.blocks.last_mut().filter(|it| it.len() + bytes.len() <= it.capacity()) {
                Some(block) => block.extend_from_slice(bytes),
                None => {
                    let mut block = Vec::with_capacity(BLOCK_BYTES.max(bytes.len()));
                    block.extend_from_slice(bytes);
                    bucket.blocks.push(block);
                }
            }
            bucket.n_held += bytes.len();
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
        let mut held = locked(&self.buckets[bucket]);
        let Bucket { blocks, n_held, .. } = std::mem::take(&mut *held);
        let mut bytes = blocks.concat();
        self.n_held.fetch_sub(n_held, Ordering::Relaxed);
        if let Some((_, spill)) = &self.spill {
            spill.take(bucket, &mut bytes)?;
        }
        Ok(bytes)
    }

    /// Takes a bucket that is larger than the budget, without reading it. None if it is smaller.
    pub(crate) fn take_large(&self, bucket: usize) -> io::Result<Option<LargeBucket<'_>>> {
        let Some((budget, spill)) = &self.spill else { return Ok(None) };
        let mut held = locked(&self.buckets[bucket]);
        if held.n_held + held.n_spilled <= *budget {
            return Ok(None);
        }
        self.spill_bucket(bucket, &mut held, spill.as_ref())?;
        let n_bytes = std::mem::take(&mut *held).n_spilled;
        Ok(Some(LargeBucket { store: self, spill: spill.as_ref(), budget: *budget, number: bucket, n_bytes }))
    }

    /// An empty bucket that is only in the spill. None without a spill.
    pub(crate) fn new_large(&self) -> Option<LargeBucket<'_>> {
        let (budget, spill) = self.spill.as_ref()?;
        let number = self.next_bucket.fetch_add(1, Ordering::Relaxed);
        Some(LargeBucket { store: self, spill: spill.as_ref(), budget: *budget, number, n_bytes: 0 })
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
            self.spill_bucket(number, &mut locked(bucket), spill)?;
        }
        Ok(())
    }

    fn spill_bucket(&self, number: usize, bucket: &mut Bucket, spill: &dyn Spill) -> io::Result<()> {
        // Blocks are written one by one: all together would be twice in memory.
        for block in std::mem::take(&mut bucket.blocks) {
            spill.put(number, &block)?;
            self.n_held.fetch_sub(block.len(), Ordering::Relaxed);
        }
        bucket.n_spilled += std::mem::take(&mut bucket.n_held);
        Ok(())
    }
}

/// A bucket that is only in the spill.
pub(crate) struct LargeBucket<'a> {
    store: &'a SpillStore,
    spill: &'a dyn Spill,
    /// The bytes that fit into memory.
    pub(crate) budget: usize,
    number: usize,
    pub(crate) n_bytes: usize,
}

impl<'a> LargeBucket<'a> {
    /// An empty bucket in the same spill.
    pub(crate) fn another(&self) -> Self {
        Self { number: self.store.next_bucket.fetch_add(1, Ordering::Relaxed), n_bytes: 0, ..*self }
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !bytes.is_empty() {
            self.spill.put(self.number, bytes)?;
            self.n_bytes += bytes.len();
        }
        Ok(())
    }

    /// Reads the whole bucket, piece by piece. `each` is given the bytes that were read, and returns how many it has
    /// used; the others come again, with those that follow them.
    pub(crate) fn each_piece(&self, mut each: impl FnMut(&[u8]) -> io::Result<usize>) -> io::Result<()> {
        let mut bytes = vec![0; READ_BYTES.min(self.n_bytes)];
        let (mut n_kept, mut start) = (0, 0);
        while start < self.n_bytes {
            let n_read = self.spill.read(self.number, start as u64, &mut bytes[n_kept..])?;
            if n_read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            start += n_read;
            let end = n_kept + n_read;
            let n_used = each(&bytes[..end])?;
            bytes.copy_within(n_used..end, 0);
            n_kept = end - n_used;
            if n_used == 0 {
                bytes.resize(2 * bytes.len(), 0);
            }
        }
        Ok(())
    }

    /// Reads up to so many bytes.
    pub(crate) fn read(&self, start: usize, n_bytes: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; n_bytes.min(self.n_bytes - start)];
        let n_read = self.spill.read(self.number, start as u64, &mut bytes)?;
        if n_read < bytes.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }

    pub(crate) fn take(self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.n_bytes);
        self.spill.take(self.number, &mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn forget(self) -> io::Result<()> {
        self.spill.forget(self.number)
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

        fn read(&self, _: usize, _: u64, _: &mut [u8]) -> io::Result<usize> {
            unreachable!("the bucket is taken at once")
        }

        fn forget(&self, _: usize) -> io::Result<()> {
            unreachable!("the bucket is taken at once")
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
