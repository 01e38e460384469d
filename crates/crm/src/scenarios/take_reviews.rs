//! Takes decisions and edits, each if its row still has the version that the reviewer saw.

use jiff::Timestamp;

use super::read::{messages_of, templates_of};
use super::tables::{log_rows, message_rows, template_rows};
use super::{BY_HAND, LoggedReview, NewDecision, Review, ReviewOutcome, ReviewSubject};
use crate::sql::Tx;
use crate::{Crm, LoadError};

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
