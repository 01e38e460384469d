use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use phone::PhoneNumber;
use sha2::{Digest, Sha256};

/// The people on WhatsApp: a share of all valid numbers, chosen by the seed.
#[derive(Debug)]
pub struct Population {
    pub seed: u64,
    /// The share of valid numbers that are registered, 0 to 1.
    pub registered: f64,
    /// When each number was first checked without blocking.
    lookups: Mutex<HashMap<String, Timestamp>>,
}

impl Population {
    pub fn new(seed: u64, registered: f64) -> Self {
        Self { seed, registered, lookups: Mutex::default() }
    }

    /// Returns the WhatsApp id of a number; `None` if it is not registered, as an invalid number never is.
    ///
    /// If a country has two spellings of its mobile numbers, an account is known under one of them, and half of the
    /// accounts are also found under the other.
    pub(crate) fn account(&self, number: PhoneNumber) -> Option<u64> {
        let variants = number.variants();
        let is_valid = |it: &PhoneNumber| PhoneNumber::parse(&it.to_string(), None).is_ok();
        let first = variants.iter().map(|it| it.digits()).min()?;
        if !variants.iter().any(is_valid) || self.chance("registered", first) >= self.registered {
            return None;
        }
        let place = (self.chance("spelling", first) * variants.len() as f64) as usize;
        let known_as = variants.get(place).copied().unwrap_or(number);
        let is_found = known_as == number || self.chance("both spellings", first) < 0.5;
        is_found.then_some(known_as.digits())
    }

    /// Returns whether a number that was checked without blocking has been looked up by now.
    pub(crate) fn is_looked_up(&self, input: &str, now: Timestamp, seconds: i64) -> bool {
        if seconds == 0 {
            return true;
        }
        let mut lookups = self.lookups.lock().unwrap_or_else(PoisonError::into_inner);
        let first_at = *lookups.entry(input.to_owned()).or_insert(now);
        now.duration_since(first_at) >= SignedDuration::from_secs(seconds)
    }

    /// Returns a number from 0 up to 1 that depends only on the seed, the purpose and `n`.
    pub(crate) fn chance(&self, purpose: &str, n: u64) -> f64 {
        let digest = Sha256::new()
            .chain_update(self.seed.to_le_bytes())
            .chain_update(n.to_le_bytes())
            .chain_update(purpose)
            .finalize();
        let start = digest.iter().take(6).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        start as f64 / (1_u64 << 48) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(population: &Population, number: &str) -> Option<u64> {
        population.account(PhoneNumber::from_e164(number).unwrap())
    }

    #[test]
    fn about_the_wanted_share_is_registered_and_always_the_same() {
        let population = Population::new(7, 0.7);
        let numbers: Vec<String> = (0..1000).map(|it| format!("+331990{it:05}")).collect();
        let registered: Vec<bool> = numbers.iter().map(|it| account(&population, it).is_some()).collect();
        let n_registered = registered.iter().filter(|it| **it).count();
        assert!((650..750).contains(&n_registered), "{n_registered}");
        assert_eq!(registered, numbers.iter().map(|it| account(&population, it).is_some()).collect::<Vec<_>>());
    }

    #[test]
    fn an_invalid_number_is_never_registered() {
        assert_eq!(account(&Population::new(7, 1.0), "+447700900123"), None);
    }

    #[test]
    fn an_account_has_the_same_id_under_both_spellings() {
        let population = Population::new(7, 1.0);
        let (mut n_both, mut n_one) = (0, 0);
        for n in 0..200 {
            let found = [format!("+5511960000{n:03}"), format!("+551160000{n:03}")];
            let ids: Vec<u64> = found.iter().filter_map(|it| account(&population, it)).collect();
            match ids.as_slice() {
                [_] => n_one += 1,
                [a, b] if a == b => n_both += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(n_both > 70 && n_one > 70, "{n_both} {n_one}");
    }
}
