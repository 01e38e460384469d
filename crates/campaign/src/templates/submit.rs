//! A submission: every template in its order, one after the other.

use anyhow::{Error, Result};

use super::account::TemplateAccount;
use super::order::{Orders, TemplateOutcome};
use super::status::is_in_doubt;
use super::upload::UploadPart;
use super::wanted::WantedTemplate;

/// How far a submission is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitEvent {
    Began {
        n_templates: usize,
    },
    /// One more template was submitted, edited, refused or left as it is.
    Advanced,
    /// A sample, or the rest of one, is uploaded now.
    Uploads(UploadPart),
}

/// What came of a submission.
#[derive(Debug)]
pub struct SubmitReport {
    /// The templates that were reached, in their order.
    pub templates: Vec<SubmittedTemplate>,
    /// The parts of samples that were sent, in their order.
    pub uploads: Vec<UploadPart>,
    /// Templates that were not reached because the submission stopped.
    pub n_not_reached: usize,
    /// Why the submission stopped: the token was refused, or a limit concerns all templates.
    pub stopped: Option<Error>,
}

/// A template and what came of it.
#[derive(Clone, Debug)]
pub struct SubmittedTemplate {
    pub name: String,
    pub language: String,
    pub outcome: TemplateOutcome,
}

impl SubmitReport {
    pub fn has_refused(&self) -> bool {
        self.templates.iter().any(|it| matches!(it.outcome, TemplateOutcome::Refused { .. }))
    }

    /// Whether a template must wait for a limit or a review.
    pub fn has_waiting(&self) -> bool {
        self.templates.iter().any(|it| matches!(it.outcome, TemplateOutcome::Waiting(_)))
    }

    /// Whether it is not known yet what became of the order of a template.
    pub fn has_unknown(&self) -> bool {
        let is_unknown =
            |it: &TemplateOutcome| matches!(it, TemplateOutcome::Unknown | TemplateOutcome::OrderedElsewhere);
        self.templates.iter().any(|it| is_unknown(&it.outcome))
    }
}

impl TemplateAccount {
    /// Submits the templates that the account does not have, and edits those that have changed; not critical ones
    /// first.
    ///
    /// A template is never submitted twice, also not by two processes at once: an order is claimed in the database before
    /// it is sent, and orders whose outcome is in doubt are settled by a listing first. What was refused is submitted
    /// again once it has changed, or if `again` says so.
    ///
    /// The sample of a template is uploaded before its order is claimed, and only if there is an order to give.
    pub async fn submit(
        &self,
        wanted: &[WantedTemplate],
        again: bool,
        mut on: impl FnMut(SubmitEvent),
    ) -> Result<SubmitReport> {
        if wanted.iter().any(|it| it.sample.is_some()) {
            self.app()?;
        }
        let mut rows = self.templates().await?;
        if wanted.iter().filter_map(|it| rows.get(&it.key())).any(is_in_doubt) {
            self.sync().await?;
            rows = self.templates().await?;
        }
        let orders = Orders { account: self, rows, again };
        on(SubmitEvent::Began { n_templates: wanted.len() });
        let mut report =
            SubmitReport { templates: Vec::new(), uploads: Vec::new(), n_not_reached: wanted.len(), stopped: None };
        for it in in_order(wanted) {
            let (name, language) = it.key();
            let mut on_part = |part: UploadPart| {
                report.uploads.push(part.clone());
                on(SubmitEvent::Uploads(part));
            };
            match orders.give(it, &mut on_part).await {
                Ok(outcome) => report.templates.push(SubmittedTemplate { name, language, outcome }),
                Err(error) => {
                    report.stopped = Some(error);
                    break;
                }
            }
            report.n_not_reached -= 1;
            on(SubmitEvent::Advanced);
        }
        Ok(report)
    }
}

/// The order of submission: by criticality, name and language.
pub(crate) fn in_order(wanted: &[WantedTemplate]) -> Vec<&WantedTemplate> {
    let mut ordered: Vec<&WantedTemplate> = wanted.iter().collect();
    ordered.sort_by_key(|it| (it.criticality, &it.template.name, &it.template.language));
    ordered
}
