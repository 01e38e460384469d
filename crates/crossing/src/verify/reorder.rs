//! Batches in the order of their numbers, as far as nobody waits long for that.

use std::collections::BTreeMap;

/// Batches that are done in any order. The database takes rows faster in the order of their keys, so one that is done early
/// waits for those before it, unless too many do: what was paid for should not be lost for that.
pub(crate) struct ReorderBuffer<T> {
    /// The numbers of all batches, the next one last.
    expected: Vec<u32>,
    waiting: BTreeMap<u32, T>,
    most: usize,
}

impl<T> ReorderBuffer<T> {
    /// `most` may wait.
    pub(crate) fn new(numbers: impl Iterator<Item = u32>, most: usize) -> Self {
        let mut expected: Vec<u32> = numbers.collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        Self { expected, waiting: BTreeMap::new(), most }
    }

    pub(crate) fn add(&mut self, number: u32, batch: T) {
        self.waiting.insert(number, batch);
    }

    /// Those whose turn it is, or all if too many wait.
    pub(crate) fn take(&mut self) -> Vec<T> {
        self.taken(self.waiting.len() > self.most)
    }

    /// All that wait. Those before them wait for nobody when they come.
    pub(crate) fn take_all(&mut self) -> Vec<T> {
        self.taken(true)
    }

    fn taken(&mut self, are_all: bool) -> Vec<T> {
        let mut taken = Vec::new();
        while let Some(first) = self.waiting.first_entry() {
            let number = *first.key();
            if !are_all && self.expected.last().is_some_and(|it| *it < number) {
                break;
            }
            while self.expected.pop_if(|it| *it <= number).is_some() {}
            taken.push(first.remove());
        }
        taken
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
