//! The rules of messages within the 24-hour window. Pure.

use jiff::Timestamp;

use super::{
    BY_HAND, Change, KeptMessage, MessageName, NewDecision, Review, ReviewOutcome, StepRow, Verdict, digest_of,
};

/// What the step of a source made of a message.
pub(super) struct TakenStep {
    pub(super) message: KeptMessage,
    pub(super) change: Change,
    /// Whether there was an edit, and the step sends no text any more.
    pub(super) loses_edit: bool,
}

impl KeptMessage {
    pub(super) fn name(&self) -> MessageName {
        MessageName {
            scenario: self.scenario.clone(),
            language: self.language.clone(),
            step_id: self.step_id.clone(),
            part: self.part,
        }
    }

    /// Whether the row holds an edit, a decision or a comment.
    pub(super) fn has_words_of_a_person(&self) -> bool {
        self.is_edited() || self.verdict != Verdict::default()
    }

    /// Makes an edit of a text that somebody put into the database by hand. True if there was one.
    pub(super) fn adopt_hand_edit(&mut self) -> bool {
        let digest = digest_of(&self.text);
        if digest == self.digest {
            return false;
        }
        let from = self.edited_from.take().unwrap_or_else(|| self.source_text.clone());
        (self.digest, self.edited_from) = (digest, Some(from));
        (self.edited_by, self.edited_at) = (BY_HAND.to_owned(), None);
        self.verdict.clear();
        true
    }

    /// Decides and edits as a reviewer says, if they had these texts before them.
    pub(super) fn review(&mut self, review: &Review, by: &str, at: Timestamp) -> ReviewOutcome {
        if review.seen != self.token() {
            return match self.is_already(review) {
                true => ReviewOutcome::Unchanged,
                false => ReviewOutcome::Stale { now: self.token() },
            };
        }
        let before = self.clone();
        if let Some(edit) = review.edit.as_ref().filter(|it| it.text != self.text) {
            self.set_text(&edit.text);
            self.edited_from = Some(self.source_text.clone());
            (self.edited_by, self.edited_at) = (by.to_owned(), Some(at));
            self.verdict.clear();
        }
        let takes_proposal = review.takes_proposal();
        if takes_proposal && self.proposed().is_none() {
            return ReviewOutcome::NoProposal;
        }
        if let Some(decision) = review.decision {
            self.decide(decision, takes_proposal, by, at);
        }
        if let Some(comment) = &review.comment {
            self.verdict.comment.clone_from(comment);
        }
        match *self == before {
            true => ReviewOutcome::Unchanged,
            false => ReviewOutcome::Taken { version: self.token() },
        }
    }

    fn decide(&mut self, decision: NewDecision, takes_proposal: bool, by: &str, at: Timestamp) {
        if decision.is_approval() && self.proposed().is_some() {
            // An approval from before was about another text, or compared this text with another.
            self.verdict.clear();
            self.edited_from = Some(self.source_text.clone());
        }
        if takes_proposal {
            self.set_text(&self.source_text.clone());
            (self.edited_from, self.edited_by, self.edited_at) = (None, String::new(), None);
        }
        self.verdict.decide(decision.meaning(), by, at);
    }

    fn set_text(&mut self, text: &str) {
        (self.text, self.digest) = (text.to_owned(), digest_of(text));
    }

    /// Whether a review of older texts asks for what is there. So a sheet can be read twice.
    fn is_already(&self, review: &Review) -> bool {
        let is_text = match &review.edit {
            Some(edit) => edit.text == self.text,
            None => review.takes_proposal() && !self.is_edited(),
        };
        is_text && review.decides(&self.verdict)
    }
}

/// Takes a step as the source has it today. `kept` is what the database has of it.
pub(super) fn take_step(kept: Option<&KeptMessage>, step: &StepRow) -> TakenStep {
    let fresh = KeptMessage {
        scenario: step.scenario.clone(),
        language: step.language.clone(),
        step_id: step.step_id.clone(),
        part: step.part,
        number: step.number,
        from_step: step.from_step.clone(),
        kind: step.kind.clone(),
        template: step.template.clone(),
        source_text: step.source_text.clone(),
        text: step.source_text.clone(),
        digest: digest_of(&step.source_text),
        edited_from: None,
        edited_by: String::new(),
        edited_at: None,
        verdict: Verdict::default(),
        is_missing: false,
    };
    let Some(kept) = kept else { return TakenStep { message: fresh, change: Change::New, loses_edit: false } };
    let (mut verdict, is_same) = (kept.verdict.clone(), kept.source_text == step.source_text);
    if kept.is_edited() && !step.source_text.is_empty() {
        let (message, change) = beside_edit(kept, fresh);
        return TakenStep { message, change, loses_edit: false };
    }
    if !is_same {
        verdict.clear();
    }
    let change = if is_same { Change::Unchanged } else { Change::Changed };
    TakenStep { message: KeptMessage { verdict, ..fresh }, change, loses_edit: kept.is_edited() }
}

/// The step with the edit, which stays current.
fn beside_edit(kept: &KeptMessage, fresh: KeptMessage) -> (KeptMessage, Change) {
    let (from, source) = (kept.edited_from.as_ref(), &fresh.source_text);
    let is_agreed = kept.text == *source || from == Some(source);
    let change = match (kept.source_text == *source, is_agreed) {
        (true, _) => Change::Unchanged,
        (false, true) => Change::Agreed,
        (false, false) => Change::Proposed,
    };
    let message = KeptMessage {
        text: kept.text.clone(),
        digest: kept.digest,
        edited_from: if is_agreed { Some(source.clone()) } else { kept.edited_from.clone() },
        edited_by: kept.edited_by.clone(),
        edited_at: kept.edited_at,
        verdict: kept.verdict.clone(),
        ..fresh
    };
    (message, change)
}
