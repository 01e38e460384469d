use std::sync::{Mutex, MutexGuard, PoisonError};

/// Retries that can be made at once, and what each answer adds: one retry per ten calls, as in the AWS SDKs.
const CAPACITY: f64 = 10.0;
const PER_ANSWER: f64 = 0.1;

/// A bound on retries, so that a provider in trouble does not get more calls than a healthy one.
pub struct RetryBudget(Mutex<f64>);

impl Default for RetryBudget {
    /// Makes a full budget.
    fn default() -> Self {
        Self(Mutex::new(CAPACITY))
    }
}

impl RetryBudget {
    /// Adds what one answer earns.
    pub fn deposit(&self) {
        let mut left = self.lock();
        *left = (*left + PER_ANSWER).min(CAPACITY);
    }

    /// Takes one retry; false if none is left.
    pub fn withdraw(&self) -> bool {
        let mut left = self.lock();
        let is_enough = *left >= 1.0;
        if is_enough {
            *left -= 1.0;
        }
        is_enough
    }

    fn lock(&self) -> MutexGuard<'_, f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_retries_are_free_and_ten_answers_earn_one_more() {
        let budget = RetryBudget::default();
        assert_eq!((0..40).filter(|_| budget.withdraw()).count(), 10);
        // Tenths do not add up exactly.
        (0..11).for_each(|_| budget.deposit());
        assert_eq!((budget.withdraw(), budget.withdraw()), (true, false));
    }
}
