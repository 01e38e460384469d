use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Claims units of a quota that other programs use too, before a call is made. It gets all units or none.
pub type ClaimUnits = Arc<dyn Fn(u64) -> Claiming + Send + Sync>;

/// A claim in progress.
pub type Claiming = Pin<Box<dyn Future<Output = Result<UnitClaim, Box<dyn Error + Send + Sync>>> + Send>>;

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitClaim {
    pub is_granted: bool,
    /// The units that can still be claimed.
    pub left: u64,
}

/// A number of units that can be used, such as numbers to check. It only shrinks; the caller makes a new one per period.
pub struct Quota(Mutex<Option<u64>>);

impl Quota {
    /// Makes a quota of so many units; `None` sets no bound.
    pub fn new(units: Option<u64>) -> Self {
        Self(Mutex::new(units))
    }

    /// Returns the units that are left; `None` if there is no bound.
    pub fn left(&self) -> Option<u64> {
        *self.lock()
    }

    /// Takes units; false, and nothing is taken, if fewer are left.
    pub fn take(&self, units: u64) -> bool {
        let mut left = self.lock();
        match *left {
            None => true,
            Some(n) if n < units => false,
            Some(n) => {
                *left = Some(n - units);
                true
            }
        }
    }

    /// Gives units back that were taken and not used.
    pub fn give_back(&self, units: u64) {
        let mut left = self.lock();
        *left = left.map(|it| it.saturating_add(units));
    }

    fn lock(&self) -> MutexGuard<'_, Option<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_never_exceeded_and_what_was_not_used_comes_back() {
        let quota = Quota::new(Some(1500));
        assert_eq!([1000, 1000, 500].map(|it| quota.take(it)), [true, false, true]);
        quota.give_back(500);
        assert_eq!((quota.left(), quota.take(501), quota.take(500)), (Some(500), false, true));
        assert!(Quota::new(None).take(u64::MAX));
    }
}
