//! Short ASCII cells, which nearly all cells are: looked up without a copy on the heap.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The letters and digits of a cell of at most 16 bytes, or all of it where it has no letter; as one number.
pub(crate) fn short_key(cell: &str) -> Option<u128> {
    let bytes = cell.trim_ascii().as_bytes();
    if bytes.len() > 16 || !bytes.is_ascii() {
        return None;
    }
    let has_letter = bytes.iter().any(u8::is_ascii_alphabetic);
    let kept = bytes.iter().filter(|it| !has_letter || it.is_ascii_alphanumeric());
    Some(kept.fold(0, |key, it| key << 8 | u128::from(it.to_ascii_lowercase())))
}

/// A map from short keys.
pub(crate) type Short<V> = HashMap<u128, V, BuildHasherDefault<KeyHasher>>;

/// Mixes a key in one multiplication. Cells choose only among words of the plan and of the data file, so nobody can make the
/// map slow.
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
