//! What a sheet asks for, written into the database.

use crm::{Crm, LoadError, NewDecision, Review, ReviewOutcome};
use jiff::Timestamp;

use super::{Draft, RowNote};

/// What became of the rows of a sheet. A row can be counted as edited, decided and commented on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetReport {
    /// Rows of which something was taken.
    pub n_taken: u64,
    pub n_approved: u64,
    pub n_rejected: u64,
    /// Rows whose decision was taken back.
    pub n_undecided: u64,
    pub n_edited: u64,
    /// Edited rows without a decision: what was decided before was about another text.
    pub n_edited_undecided: u64,
    pub n_commented: u64,
    pub n_unchanged: u64,
    /// Unchanged rows that show a text of the past.
    pub n_old: u64,
    /// Rows of today that the sheet does not have.
    pub n_absent: u64,
    pub refused: Vec<RowNote>,
    pub warnings: Vec<RowNote>,
}

/// Writes what a sheet asks for into the database, in one transaction. `by` names the reviewer.
pub async fn take(draft: Draft, crm: &Crm, by: &str, at: Timestamp) -> Result<SheetReport, LoadError> {
    let reviews: Vec<Review> = draft.reviews.iter().map(|it| it.review.clone()).collect();
    let outcomes = crm.review(&reviews, by, at).await?;
    Ok(reported(draft, outcomes))
}

impl Draft {
    /// What [`take`] would do, if nobody changes the database until then.
    pub fn preview(self) -> SheetReport {
        let outcomes = vec![ReviewOutcome::Taken { version: String::new() }; self.reviews.len()];
        reported(self, outcomes)
    }
}

fn reported(draft: Draft, outcomes: Vec<ReviewOutcome>) -> SheetReport {
    let mut report = SheetReport {
        n_unchanged: draft.n_unchanged,
        n_old: draft.n_old,
        n_absent: draft.n_absent,
        refused: draft.refused,
        warnings: draft.warnings,
        ..SheetReport::default()
    };
    for (drafted, outcome) in draft.reviews.iter().zip(outcomes) {
        let why = match outcome {
            ReviewOutcome::Taken { .. } => {
                report.count(&drafted.review);
                continue;
            }
            ReviewOutcome::Unchanged => {
                report.n_unchanged += 1;
                continue;
            }
            ReviewOutcome::Stale { now } => {
                format!("somebody changed it just now: now version {now}; write a new sheet")
            }
            ReviewOutcome::NoProposal => "no text is proposed: choose “approve” or “reject”".to_owned(),
            ReviewOutcome::Gone => "it is no longer in the database: write a new sheet".to_owned(),
        };
        report.refused.push(RowNote { row: drafted.row, id: drafted.id.clone(), text: why });
    }
    report.refused.sort_by_key(|it| it.row);
    report
}

impl SheetReport {
    fn count(&mut self, review: &Review) {
        self.n_taken += 1;
        self.n_commented += u64::from(review.comment.is_some());
        if review.edit.is_some() {
            self.n_edited += 1;
            self.n_edited_undecided += u64::from(review.decision.is_none());
        }
        match review.decision {
            Some(NewDecision::Approve | NewDecision::ApproveProposed) => self.n_approved += 1,
            Some(NewDecision::Reject) => self.n_rejected += 1,
            Some(NewDecision::Undecide) => self.n_undecided += 1,
            None => {}
        }
    }
}
