//! The estimate of a verification, before any request is sent.

use std::num::NonZeroU32;

use plan::{Plan, PlanError, VerifySection};
use schemars::JsonSchema;
use serde::Serialize;
use verify::CANARIES;

/// The expected requests and cost of a verification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Estimate {
    /// The contacts to check: each has a phone, and no valid answer yet. A contact whose number has two spellings can need
    /// two checks.
    pub numbers: u64,
    /// The numbers that are checked first, to find out whether the provider's answers count.
    pub test_numbers: u64,
    pub calls: u64,
    /// The price of all checks, those of test numbers among them.
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
    /// Adds the test numbers of a verification that checks anybody, and the price.
    pub(crate) fn with_tests(self, section: &VerifySection, plan: &Plan) -> Result<Self, PlanError> {
        if self.numbers == 0 || section.asks_nobody() {
            return Ok(self);
        }
        let largest = section.properties().largest_batch;
        let tests = [CANARIES.len(), section.known_registered(plan)?.len()];
        let test_numbers = tests.iter().sum::<usize>() as u64;
        Ok(Self {
            test_numbers,
            calls: self.calls + tests.iter().map(|it| it.div_ceil(largest) as u64).sum::<u64>(),
            price_micros: (self.numbers + test_numbers) * section.price_micros(),
            ..self
        })
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
