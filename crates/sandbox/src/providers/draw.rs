use sha2::{Digest, Sha256};

/// Chances that depend only on the seed, the purpose and a number.
pub(crate) struct Draw {
    digest: [u8; 32],
    taken: usize,
}

impl Draw {
    pub(crate) fn new(seed: u64, purpose: &[&str], n: u64) -> Self {
        let mut hash = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(n.to_le_bytes());
        for part in purpose {
            hash.update(part);
            hash.update([0]);
        }
        Self { digest: hash.finalize().into(), taken: 0 }
    }

    /// A number from 0 up to 1. The first eight of a draw are independent of each other.
    pub(crate) fn share(&mut self) -> f64 {
        let bytes = self.digest.iter().cycle().skip(self.taken * 4).take(4);
        self.taken = (self.taken + 1) % 8;
        bytes.fold(0_u32, |sum, it| (sum << 8) | u32::from(*it)) as f64 / 4_294_967_296.0
    }

    /// A number from 0 up to `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.share() * end as f64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    pub(crate) fn bytes(&self) -> [u8; 32] {
        self.digest
    }
}
