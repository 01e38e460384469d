//! Puts batches back in the order of their numbers, without long waits.

use std::collections::BTreeMap;

/// A buffer for batches that are done in any order.
///
/// The database writes rows faster in the order of their keys, so a batch waits for those before it. If too many wait,
/// all are released: answers that were paid for should not be lost in a crash.
pub(crate) struct ReorderBuffer<T> {
    /// The numbers of all batches that are still expected, the next one last.
    expected: Vec<u32>,
    waiting: BTreeMap<u32, T>,
    most: usize,
}

impl<T> ReorderBuffer<T> {
    /// Creates a buffer in which `most` batches may wait.
    pub(crate) fn new(numbers: impl Iterator<Item = u32>, most: usize) -> Self {
        let mut expected: Vec<u32> = numbers.collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        Self { expected, waiting: BTreeMap::new(), most }
    }

    pub(crate) fn add(&mut self, number: u32, batch: T) {
        self.waiting.insert(number, batch);
    }

    /// Returns the batches whose turn it is, or all if too many wait.
    pub(crate) fn take(&mut self) -> Vec<T> {
        self.release(self.waiting.len() > self.most)
    }

    /// Returns all batches that wait. Earlier batches are then released as soon as they arrive.
    pub(crate) fn take_all(&mut self) -> Vec<T> {
        self.release(true)
    }

    fn release(&mut self, are_all: bool) -> Vec<T> {
        let mut released = Vec::new();
        while let Some(first) = self.waiting.first_entry() {
            let number = *first.key();
            if !are_all && self.expected.last().is_some_and(|it| *it < number) {
                break;
            }
            while self.expected.pop_if(|it| *it <= number).is_some() {}
            released.push(first.remove());
        }
        released
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_early_waits_until_too_many_do() {
        let mut batches = ReorderBuffer::new([1, 2, 3, 5, 6, 7, 8].into_iter(), 2);
        let mut taken_after = |number: u32| {
            batches.add(number, number);
            batches.take()
        };
        assert!(taken_after(2).is_empty());
        assert_eq!(taken_after(1), [1, 2]);
        assert!(taken_after(5).is_empty());
        assert!(taken_after(7).is_empty());
        assert_eq!(taken_after(6), [5, 6, 7], "3 is waited for no longer");
        assert_eq!(taken_after(3), [3], "it comes late and waits for nobody");
        assert_eq!(taken_after(8), [8]);
        assert!(batches.take_all().is_empty());
    }

    #[test]
    fn what_did_not_wait_to_the_end_keeps_nobody_waiting() {
        let mut batches = ReorderBuffer::new(1..=4, 2);
        batches.add(2, 2);
        assert!(batches.take().is_empty());
        assert_eq!(batches.take_all(), [2]);
        batches.add(3, 3);
        assert_eq!(batches.take(), [3], "1 is waited for no longer");
        batches.add(1, 1);
        assert_eq!(batches.take(), [1]);
    }
}
