//! Totals of a verification: its answers, doubts and cost.

use std::collections::BTreeMap;

use crm::ReadyEvidence;
use jiff::Timestamp;
use model::Answer;
use run::Cost;
use verify::{Mismatches, Verdict, VerifyError};

use crate::progress::VerifyTotals;
use crate::verify::verifier::{PreparedBatch, Verifier};
use crate::verify::{KNOWS_NOBODY, NOT_COUNTED, NOT_INFORMATIVE};
use plan::VerifySection;

/// The totals of the batches so far.
#[derive(Default)]
pub(crate) struct RunTotals {
    answers: BTreeMap<Answer, u64>,
    mismatches: Mismatches,
    pub(crate) doubts: BTreeMap<Answer, u64>,
    known_already: u64,
    calls_saved: u64,
    n_answered: u64,
    pub(crate) failure: Option<VerifyError>,
    pub(crate) error: Option<anyhow::Error>,
}

impl RunTotals {
    /// Returns the totals of a verification that failed before the first batch.
    pub(crate) fn failed(failure: VerifyError) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }

    pub(crate) fn take(&mut self, batch: PreparedBatch) -> ReadyEvidence {
        for (answer, n) in batch.answers {
            *self.answers.entry(answer).or_default() += n;
        }
        self.mismatches += batch.totals.mismatches;
        if let Some(doubt) = batch.totals.doubt {
            *self.doubts.entry(doubt).or_default() += 1;
        }
        self.known_already += batch.totals.known_already;
        self.calls_saved += batch.totals.calls_saved;
        self.n_answered += batch.totals.n_answered;
        if let Some(failure) = batch.totals.failure {
            self.failure.get_or_insert(failure);
        }
        batch.evidence
    }

    pub(crate) fn cost(&self, verifier: &Verifier, section: &VerifySection) -> Cost {
        let usage = verifier.usage();
        Cost {
            at: Timestamp::now(),
            checks: usage.units,
            calls: usage.calls,
            retries: usage.retries,
            known_already: self.known_already,
            calls_saved: self.calls_saved,
            price_micros: usage.units * section.price_micros(),
            currency: section.currency.clone(),
        }
    }

    /// Returns the totals for progress. `n_numbers` is the number of contacts that had to be checked.
    pub(crate) fn totals(&self, cost: Option<Cost>, n_numbers: u64) -> VerifyTotals {
        VerifyTotals {
            answers: self.answers.clone(),
            cost,
            n_left: self.failure.as_ref().map(|_| n_numbers.saturating_sub(self.n_answered)),
            doubts: self.doubts.clone(),
            mismatches: self.mismatches,
        }
    }

    pub(crate) fn findings(&self, verdict: Verdict) -> BTreeMap<String, u64> {
        let n_doubts: u64 = self.doubts.values().sum();
        let findings = [
            (NOT_INFORMATIVE, u64::from(verdict == Verdict::SaysYesToAll)),
            (KNOWS_NOBODY, u64::from(verdict == Verdict::SaysNoToKnown)),
            (NOT_COUNTED, n_doubts),
            ("missing_answers", self.mismatches.missing),
            ("doubled_answers", self.mismatches.doubled),
            ("unasked_answers", self.mismatches.unasked),
            ("odd_answers", self.mismatches.odd),
            ("shared_whatsapp_ids", self.mismatches.shared_ids),
        ];
        findings.into_iter().filter(|it| it.1 > 0).map(|(name, n)| (name.to_owned(), n)).collect()
    }
}
