//! Counts the values of a column in bounded memory.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use twox_hash::XxHash64;

/// Limits the hashes of an estimate. The standard error is 1 / √4,096, which is 1.6 %.
const MOST_HASHES: usize = 4096;

/// How many values of a column are kept before their number is only estimated.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) values: usize,
    pub(super) bytes: usize,
}

/// The hash of a value. Most values are short, and reading them as a number is faster than hashing their bytes.
pub(super) fn hash_of(value: &str) -> u64 {
    const SHORT: usize = 8;
    if value.len() > SHORT {
        return XxHash64::oneshot(0, value.as_bytes());
    }
    let mut bytes = [0; SHORT];
    bytes[..value.len()].copy_from_slice(value.as_bytes());
    mixed(u64::from_le_bytes(bytes) ^ (value.len() as u64) << 60)
}

/// Spreads the bits of a number over all bits: the finalizer of MurmurHash3.
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let number = (number ^ (number >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    number ^ (number >> 33)
}

/// All values of a column with their counts, by their hashes, as long as there are few.
#[derive(Default)]
pub(super) struct Values {
    counts: HashMap<u64, (Box<str>, u64), BuildHasherDefault<Hashed>>,
    n_bytes: usize,
}

/// The hasher of keys that are hashes themselves.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = XxHash64::oneshot(self.0, bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Estimates the number of distinct values by the smallest of their hashes.
pub(super) struct Estimate {
    smallest: BTreeSet<u64>,
    /// The greatest of these hashes, once they are as many as are kept.
    greatest: u64,
}

impl Default for Estimate {
    fn default() -> Self {
        Self { smallest: BTreeSet::new(), greatest: u64::MAX }
    }
}

impl Limit {
    /// The limit of each of `n_columns` columns.
    pub(super) fn of_each(n_columns: usize) -> Self {
        const ALL_VALUES: usize = 400_000;
        const ALL_BYTES: usize = 32 << 20;
        let n = n_columns.max(1);
        Self { values: (ALL_VALUES / n).clamp(256, 10_000), bytes: (ALL_BYTES / n).min(1 << 20) }
    }
}

impl Values {
    /// Counts a value. `hash` is that of [`hash_of`].
    pub(super) fn add(&mut self, hash: u64, value: &str) {
        match self.counts.get_mut(&hash) {
            Some((_, n)) => *n += 1,
            None => {
                self.n_bytes += value.len();
                self.counts.insert(hash, (value.into(), 1));
            }
        }
    }

    pub(super) fn is_over(&self, limit: Limit) -> bool {
        self.counts.len() > limit.values || self.n_bytes > limit.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The values with their hashes and counts, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &str, u64)> {
        self.counts.iter().map(|(hash, (value, n))| (*hash, &**value, *n))
    }
}

impl Estimate {
    /// Counts a value by its hash.
    pub(super) fn add(&mut self, hash: u64) {
        if hash >= self.greatest || !self.smallest.insert(hash) {
            return;
        }
        if self.smallest.len() > MOST_HASHES {
            self.smallest.pop_last();
        }
        if self.smallest.len() == MOST_HASHES {
            self.greatest = self.smallest.last().copied().unwrap_or(u64::MAX);
        }
    }

    /// The estimated number, exact below [`MOST_HASHES`].
    pub(super) fn n_distinct(&self) -> u64 {
        match self.smallest.len() {
            MOST_HASHES => ((MOST_HASHES - 1) as f64 / (self.greatest as f64 / u64::MAX as f64)).round() as u64,
            n => n as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_close_for_few_values_and_for_many() {
        for n in [0, 1, 4096, 5000, 100_000] {
            let mut estimate = Estimate::default();
            (0..n).chain(0..n).for_each(|it| estimate.add(hash_of(&format!("value {it}"))));
            let error = (estimate.n_distinct() as f64 - f64::from(n)).abs();
            assert!(error <= 0.05 * f64::from(n), "{} for {n}", estimate.n_distinct());
        }
    }

    #[test]
    fn short_values_have_hashes_of_their_own() {
        let mut values = Values::default();
        for value in ["", "0", "\0", "\0\0", "a", "aa", "aaaaaaaa", "é", "\u{10ffff}"] {
            values.add(hash_of(value), value);
        }
        assert_eq!(values.len(), 9);
    }

    #[test]
    fn long_values_are_kept_in_bounded_memory() {
        let limit = Limit::of_each(40);
        let mut values = Values::default();
        let texts = (0..20).map(|it| format!("{it}{}", "x".repeat(60_000)));
        texts.for_each(|it| values.add(hash_of(&it), &it));
        assert!(values.len() == 20 && values.is_over(limit));
    }
}
