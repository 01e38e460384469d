use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One part of a throttle per key: a [`Rate`](crate::Rate) per phone number or pair, a [`Breaker`](crate::Breaker) per
/// account.
pub struct PerKey<K, P> {
    make: Box<dyn Fn(&K) -> P + Send + Sync>,
    parts: Mutex<HashMap<K, Arc<P>>>,
}

impl<K: Eq + Hash + Clone, P> PerKey<K, P> {
    /// Makes parts by `make` when a key is first used.
    pub fn new(make: impl Fn(&K) -> P + Send + Sync + 'static) -> Self {
        Self { make: Box::new(make), parts: Mutex::default() }
    }

    /// Returns the part of a key.
    pub fn get(&self, key: &K) -> Arc<P> {
        let mut parts = self.lock();
        if let Some(part) = parts.get(key) {
            return Arc::clone(part);
        }
        let part = Arc::new((self.make)(key));
        parts.insert(key.clone(), Arc::clone(&part));
        part
    }

    /// Forgets parts that `is_needed` refuses and nobody uses. Pairs are as many as recipients, so call it at times.
    pub fn retain(&self, is_needed: impl Fn(&K, &P) -> bool) {
        self.lock().retain(|key, part| Arc::strong_count(part) > 1 || is_needed(key, part));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<P>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use crate::{PerKey, Quota};

    #[test]
    fn each_key_has_a_part_of_its_own_until_it_is_forgotten() {
        let quotas = PerKey::new(|account: &&str| Quota::new(Some(account.len() as u64)));
        assert!(quotas.get(&"ab").take(2));
        assert_eq!((quotas.get(&"ab").left(), quotas.get(&"abc").left()), (Some(0), Some(3)));
        let used = quotas.get(&"ab");
        quotas.retain(|_, _| false);
        assert_eq!((quotas.get(&"ab").left(), quotas.get(&"abc").left()), (Some(0), Some(3)));
        drop(used);
        quotas.retain(|_, _| false);
        assert_eq!(quotas.get(&"ab").left(), Some(2), "it is a new one");
    }
}
