//! Decisions and edits of people, each taken if its row still has the version that the reviewer saw.

use jiff::Timestamp;

use super::load::{messages_of, templates_of};
use super::tables::{log_rows, message_rows, template_rows};
use super::{BY_HAND, Decision, KeptMessage, LoggedReview, Verdict};
use crate::sql::Tx;
use crate::{Crm, LoadError};

/// What a review is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReviewSubject {
    Template { name: String, language: String },
    Message { scenario: String, language: String, step_id: String, part: u32 },
}

/// What a person decides about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewDecision {
    /// The current text is approved. A text that was proposed beside it is turned down.
    Approve,
    /// The proposed text becomes the current one and is approved. With an edit, the edit is approved.
    ApproveProposed,
    Reject,
    /// Takes the decision back.
    Undecide,
}

/// A text as a person wrote it. The caller has checked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedText {
    /// The text of a message, or the whole template in the JSON of WhatsApp.
    pub text: String,
    /// The category of a template; of no meaning for a message.
    pub category: String,
}

/// What a person decides and writes about a template or a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub subject: ReviewSubject,
    /// The token of the row that the person had before them.
    pub seen: String,
    pub decision: Option<NewDecision>,
    /// A new text, which becomes the current one. The decision is about it.
    pub edit: Option<EditedText>,
    /// A new comment; empty to remove the one that is there.
    pub comment: Option<String>,
    /// What the edit changed, in words for the log, such as `text` or `category`.
    pub changed: Vec<&'static str>,
}

/// What became of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewOutcome {
    /// The database has it so already.
    Unchanged,
    /// It counts. The token of the row is this now.
    Taken { version: String },
    /// The row is of another version now, whose token is this. Nothing was changed.
    Stale { now: String },
    /// The proposed text was to be approved, and nothing is proposed. Nothing was changed.
    NoProposal,
    /// There is no such template or message.
    Gone,
}

impl NewDecision {
    pub(super) fn is_approval(self) -> bool {
        matches!(self, Self::Approve | Self::ApproveProposed)
    }

    /// The decision that holds afterwards.
    pub(super) fn meaning(self) -> Decision {
        match self {
            Self::Approve | Self::ApproveProposed => Decision::Approved,
            Self::Reject => Decision::Rejected,
            Self::Undecide => Decision::Undecided,
        }
    }
}

impl Review {
    /// Whether the proposed text is to become the current one.
    pub(super) fn takes_proposal(&self) -> bool {
        self.edit.is_none() && self.decision == Some(NewDecision::ApproveProposed)
    }

    /// Whether decision and comment are already what this asks for.
    pub(super) fn decides(&self, verdict: &Verdict) -> bool {
        let is_decided = self.decision.is_none_or(|it| it.meaning() == verdict.decision);
        is_decided && self.comment.as_ref().is_none_or(|it| *it == verdict.comment)
    }

    fn asks_for_nothing(&self) -> bool {
        self.decision.is_none() && self.edit.is_none() && self.comment.is_none()
    }
}

impl ReviewSubject {
    /// The name in the table `review`.
    pub(super) fn logged(&self) -> String {
        match self {
            Self::Template { name, language } => format!("template {name} {language}"),
            Self::Message { scenario, language, step_id, part } => {
                format!("message {scenario} {language} {step_id} {part}")
            }
        }
    }
}

const LAST: &str = "select max(at) from review where subject = $1";

impl Crm {
    /// Takes decisions and edits, each if its row is still of the version that the reviewer saw, in one transaction. Gives
    /// an outcome for each, in their order. Reviews that are there already are left alone, so a sheet can be read twice.
    ///
    /// `by` names the person. The caller has checked the texts.
    pub async fn review(&self, reviews: &[Review], by: &str, at: Timestamp) -> Result<Vec<ReviewOutcome>, LoadError> {
        let mut tx = self.begin("take the reviews of templates and messages").await?;
        let mut outcomes = Vec::with_capacity(reviews.len());
        for review in reviews {
            let outcome = match (&review.subject, review.asks_for_nothing()) {
                (_, true) => ReviewOutcome::Unchanged,
                (ReviewSubject::Template { name, language }, _) => {
                    tx.review_template([name, language], review, by, at).await?
                }
                (ReviewSubject::Message { scenario, language, step_id, part }, _) => {
                    tx.review_message([scenario, language, step_id], *part, review, by, at).await?
                }
            };
            outcomes.push(outcome);
        }
        tx.commit().await?;
        Ok(outcomes)
    }
}

impl Tx {
    async fn review_template(
        &mut self,
        key: [&str; 2],
        review: &Review,
        by: &str,
        at: Timestamp,
    ) -> Result<ReviewOutcome, LoadError> {
        let Some(before) = templates_of(self, Some(key)).await?.pop() else { return Ok(ReviewOutcome::Gone) };
        let mut template = before.clone();
        let by_hand = template.adopt_hand_edits();
        let outcome = template.review(review, by, at);
        let ReviewOutcome::Taken { .. } = outcome else { return Ok(outcome) };
        self.write_rows(template_rows([(Some(&before), &template)])).await?;
        for number in by_hand {
            let text = &before.versions[&number].body;
            self.log_by_hand(&review.subject.logged(), &number.to_string(), text, at).await?;
        }
        self.log_review(review, by, at).await?;
        Ok(outcome)
    }

    async fn review_message(
        &mut self,
        key: [&str; 3],
        part: u32,
        review: &Review,
        by: &str,
        at: Timestamp,
    ) -> Result<ReviewOutcome, LoadError> {
        let Some(mut message) = messages_of(self, Some((key, part))).await?.pop() else {
            return Ok(ReviewOutcome::Gone);
        };
        let by_hand = message.adopt_hand_edit().then(|| message.text.clone());
        let outcome = message.review(review, by, at);
        let ReviewOutcome::Taken { .. } = outcome else { return Ok(outcome) };
        self.write_rows([message_rows([&message])]).await?;
        if let Some(text) = by_hand {
            self.log_by_hand(&review.subject.logged(), &review.seen, &text, at).await?;
        }
        self.log_review(review, by, at).await?;
        Ok(outcome)
    }

    async fn log_review(&mut self, review: &Review, by: &str, at: Timestamp) -> Result<(), LoadError> {
        let decision = match review.decision {
            None => "",
            Some(_) if review.takes_proposal() => "proposal approved",
            Some(NewDecision::Undecide) => "undecided",
            Some(decision) => decision.meaning().name(),
        };
        let entry = LoggedReview {
            subject: review.subject.logged(),
            at,
            made_by: by.to_owned(),
            version: review.seen.clone(),
            decision: decision.to_owned(),
            changed: review.changed.join(", "),
            text: review.edit.as_ref().map_or_else(String::new, |it| it.text.clone()),
            comment: review.comment.clone().unwrap_or_default(),
        };
        self.log(entry).await
    }

    /// Notes that a text was changed in the database by hand.
    pub(super) async fn log_by_hand(
        &mut self,
        subject: &str,
        version: &str,
        text: &str,
        at: Timestamp,
    ) -> Result<(), LoadError> {
        let entry = LoggedReview {
            subject: subject.to_owned(),
            at,
            made_by: BY_HAND.to_owned(),
            version: version.to_owned(),
            decision: String::new(),
            changed: "text".to_owned(),
            text: text.to_owned(),
            comment: "changed in the database by hand".to_owned(),
        };
        self.log(entry).await
    }

    /// Adds an entry after all that are about its subject, even if the clock was set back.
    async fn log(&mut self, entry: LoggedReview) -> Result<(), LoadError> {
        let last = self.select(LAST, &[(&entry.subject).into()], |it| it.opt_int(0)).await?.pop().flatten();
        let after = last.and_then(|it| Timestamp::from_microsecond(it.saturating_add(1)).ok());
        let at = after.map_or(entry.at, |it| it.max(entry.at));
        self.write_rows([log_rows(&LoggedReview { at, ..entry })]).await
    }
}

/// The subject of a message in the table `review`.
pub(super) fn subject_of(message: &KeptMessage) -> String {
    let KeptMessage { scenario, language, step_id, part, .. } = message.clone();
    ReviewSubject::Message { scenario, language, step_id, part }.logged()
}
