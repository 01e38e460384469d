//! Chances of a message: they follow from the seed, the opaque id or the digest of its body, and how often it came.

use jiff::SignedDuration;

use crate::providers::draw::Draw;

/// What the chances of one message depend on.
#[derive(Clone, Debug)]
pub(super) struct Chances {
    pub(super) seed: u64,
    /// The opaque id, or the digest of the body.
    pub(super) key: String,
    /// How often that key came before.
    pub(super) attempt: u64,
}

impl Chances {
    /// A number from 0 up to 1.
    pub(super) fn of(&self, purpose: &str) -> f64 {
        Draw::new(self.seed, &["sending", purpose, &self.key], self.attempt).share()
    }

    /// Whether something happens that does so in this share of cases.
    pub(super) fn occurs(&self, purpose: &str, share: f64) -> bool {
        // Most shares are 0 or 1, and a draw costs a digest.
        share > 0.0 && (share >= 1.0 || self.of(purpose) < share)
    }

    /// A time between the least and the most seconds.
    pub(super) fn between(&self, purpose: &str, [least, most]: [f64; 2]) -> SignedDuration {
        let seconds = if most > least { least + (most - least) * self.of(purpose) } else { least };
        // Whole microseconds, as the log writes them.
        SignedDuration::from_micros((seconds.clamp(0.0, 1e9) * 1e6) as i64)
    }
}
