//! Looks up short ASCII cells, which nearly all cells are, without allocation.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The letters and digits of a cell of up to 16 bytes as one number; the whole cell if it has no letter.
pub(crate) fn short_key(cell: &str) -> Option<u128> {
    let bytes = cell.trim_ascii().as_bytes();
    if bytes.len() > 16 {
        return None;
    }
    let (mut whole, mut letters, mut has_letter) = (0_u128, 0_u128, false);
    for byte in bytes {
        if !byte.is_ascii() {
            return None;
        }
        let lower = u128::from(byte.to_ascii_lowercase());
        whole = whole << 8 | lower;
        if byte.is_ascii_alphanumeric() {
            letters = letters << 8 | lower;
            has_letter |= byte.is_ascii_alphabetic();
        }
    }
    Some(if has_letter { letters } else { whole })
}

/// A map by short keys.
pub(crate) type Short<V> = HashMap<u128, V, BuildHasherDefault<KeyHasher>>;

/// Mixes a key in one multiplication. Only words of the plan and of the data file are inserted, so cells cannot cause
/// collisions.
#[derive(Clone, Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u128(u128::from(*byte));
        }
    }

    fn write_u128(&mut self, key: u128) {
        let halves = (key as u64) ^ ((key >> 64) as u64).rotate_left(29) ^ self.0;
        let mixed = halves.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
