//! The estimate of a verification, before any request is sent.

use std::num::NonZeroU32;

use plan::VerifySection;
use serde::Serialize;

/// The expected requests and cost of a verification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Estimate {
    pub numbers: u64,
    pub calls: u64,
    pub price_micros: u64,
}

/// The expected requests of a verification, and their limits.
#[derive(Clone, Debug)]
pub struct PlannedChecks {
    pub estimate: Estimate,
    pub currency: String,
    pub daily_quota: Option<u64>,
    pub per_second: Option<NonZeroU32>,
}

impl Estimate {
    /// Estimates a verification of contacts about whom nothing is known yet.
    pub(crate) fn of(section: &VerifySection, numbers: u64, n_batches: u64) -> Self {
        let largest = section.properties().largest_batch.min(section.batch()) as u64;
        let calls = numbers.div_ceil(largest).max(n_batches);
        Self { numbers, calls, price_micros: numbers * section.price_micros() }
    }

    /// Adds the limits of the plan.
    pub fn with_limits(self, section: &VerifySection) -> PlannedChecks {
        PlannedChecks {
            estimate: self,
            currency: section.currency.clone(),
            daily_quota: section.daily_quota(),
            per_second: section.per_second(),
        }
    }
}
