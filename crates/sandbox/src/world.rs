use model::PhoneNumber;
use sha2::{Digest, Sha256};

/// Who is on WhatsApp: a share of all valid numbers, chosen by the seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct World {
    pub seed: u64,
    /// Share of valid numbers that are registered, 0 to 1.
    pub registered: f64,
}

impl World {
    /// Whether the number is registered. One that no numbering plan has never is.
    pub fn is_registered(&self, input: &str) -> bool {
        let Ok(parsed) = PhoneNumber::parse(input, None) else { return false };
        self.chance("registered", parsed.number.digits()) < self.registered
    }

    /// A number from 0 up to 1 that depends on the seed, on what it is for, and on `n` alone.
    pub(crate) fn chance(&self, what: &str, n: u64) -> f64 {
        let digest = Sha256::new()
            .chain_update(self.seed.to_le_bytes())
            .chain_update(n.to_le_bytes())
            .chain_update(what)
            .finalize();
        let start = digest.iter().take(6).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        start as f64 / (1_u64 << 48) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_the_asked_share_is_registered_and_always_the_same() {
        let world = World { seed: 7, registered: 0.7 };
        let numbers: Vec<String> = (0..1000).map(|it| format!("+331990{it:05}")).collect();
        let registered: Vec<bool> = numbers.iter().map(|it| world.is_registered(it)).collect();
        let n_registered = registered.iter().filter(|it| **it).count();
        assert!((650..750).contains(&n_registered), "{n_registered}");
        assert_eq!(registered, numbers.iter().map(|it| world.is_registered(it)).collect::<Vec<_>>());
    }

    #[test]
    fn a_number_that_no_plan_has_is_never_registered() {
        assert!(!World { seed: 7, registered: 1.0 }.is_registered("+447700900123"));
    }
}
