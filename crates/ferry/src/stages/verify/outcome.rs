//! What came of a verification: answers, doubts, and what was asked for them.

use std::collections::BTreeMap;

use crm::ReadyEvidence;
use jiff::Timestamp;
use model::Answer;
use run::Bill;
use verify::{Mismatches, Verdict, VerifyError};

use crate::plan::VerifySection;
use crate::progress::grouped;
use crate::stages::verify::inquiry::{Inquiry, ReadyBatch};
use crate::stages::verify::{KNOWS_NOBODY, NOT_COUNTED, NOT_INFORMATIVE, bill_text};

/// What came of the batches so far.
#[derive(Default)]
pub(super) struct Outcome {
    answers: BTreeMap<Answer, u64>,
    mismatches: Mismatches,
    pub(super) doubts: BTreeMap<Answer, u64>,
    known_already: u64,
    calls_saved: u64,
    n_answered: u64,
    pub(super) failure: Option<VerifyError>,
    pub(super) error: Option<anyhow::Error>,
}

impl Outcome {
    /// Nobody was answered for.
    pub(super) fn failed(failure: VerifyError) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }

    pub(super) fn take(&mut self, batch: ReadyBatch) -> ReadyEvidence {
        for (answer, n) in batch.answers {
            *self.answers.entry(answer).or_default() += n;
        }
        self.mismatches += batch.told.mismatches;
        if let Some(doubt) = batch.told.doubt {
            *self.doubts.entry(doubt).or_default() += 1;
        }
        self.known_already += batch.told.known_already;
        self.calls_saved += batch.told.calls_saved;
        self.n_answered += batch.told.n_answered;
        if let Some(failure) = batch.told.failure {
            self.failure.get_or_insert(failure);
        }
        batch.evidence
    }

    pub(super) fn bill(&self, inquiry: &Inquiry, section: &VerifySection) -> Bill {
        let usage = inquiry.usage();
        Bill {
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

    /// What came of it; `n_numbers` is how many there were to ask about.
    pub(super) fn text(&self, bill: &Bill, is_asking: bool, n_numbers: u64) -> String {
        let answers = self.answers.iter().map(|(answer, n)| format!("{} {}", grouped(*n), answer.name()));
        let mut parts: Vec<String> = answers.collect();
        if parts.is_empty() {
            parts.push("nothing new".to_owned());
        }
        if is_asking {
            parts.push(bill_text(bill));
        }
        if self.failure.is_some() {
            parts.push(format!("about {} to go", grouped(n_numbers.saturating_sub(self.n_answered))));
        }
        for (answer, n) in &self.doubts {
            let batches = if *n == 1 { "batch" } else { "batches" };
            parts.push(format!("{} {batches} not counted: every answer was {}", grouped(*n), answer.name()));
        }
        parts.join("; ")
    }

    pub(super) fn findings(&self, verdict: Verdict) -> BTreeMap<String, u64> {
        let n_doubts: u64 = self.doubts.values().sum();
        let findings = [
            (NOT_INFORMATIVE, u64::from(verdict == Verdict::SaysYesToAll)),
            (KNOWS_NOBODY, u64::from(verdict == Verdict::SaysNoToKnown)),
            (NOT_COUNTED, n_doubts),
            ("missing_answers", self.mismatches.missing),
            ("doubled_answers", self.mismatches.doubled),
            ("unasked_answers", self.mismatches.unasked),
        ];
        findings.into_iter().filter(|it| it.1 > 0).map(|(name, n)| (name.to_owned(), n)).collect()
    }
}
