//! One template: submitted, edited, or left as it is.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use crm::{OrderKind, OrderOutcome, TemplateRow};
use jiff::{SignedDuration, Timestamp};
use whatsapp::PostOutcome;

use super::account::{TemplateAccount, TemplateKey};
use super::limits::{EDIT_LIMITS, MAX_SUBMISSIONS_PER_HOUR};
use super::status::{GONE, NOT_SENT, REFUSED, SENDING};
use super::wanted::WantedTemplate;

/// What came of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateOutcome {
    /// The account has the template, and it has not changed.
    Unchanged,
    Submitted {
        status: String,
        category: String,
        /// Whether WhatsApp gave another category than the one asked for.
        is_other_category: bool,
    },
    /// WhatsApp reviews the template again.
    Edited,
    Refused {
        reason: String,
        /// Whether an earlier submission was refused, and the template was not sent again.
        is_earlier: bool,
    },
    /// The answer was lost: the next submission or listing settles it.
    Unknown,
    Waiting(Wait),
}

/// What a template waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// [`MAX_SUBMISSIONS_PER_HOUR`] is reached.
    SubmissionLimit { free_at: Timestamp },
    /// The template has changed, and WhatsApp takes no edits while it has this status.
    Review { status: String },
    /// The template was edited this many times in this many hours.
    EditLimit { n_edits: usize, hours: i64, free_at: Timestamp },
}

/// The orders of one submission.
pub(crate) struct Orders<'a> {
    pub(crate) account: &'a TemplateAccount,
    pub(crate) rows: BTreeMap<TemplateKey, TemplateRow>,
    /// Whether a refused template is submitted again though it has not changed.
    pub(crate) again: bool,
}

impl Orders<'_> {
    /// Does what a template needs. `Err` concerns all templates: the token was refused, or everybody has to wait.
    pub(crate) async fn give(&self, wanted: &WantedTemplate) -> Result<TemplateOutcome> {
        match self.rows.get(&wanted.key()) {
            Some(row) if row.status == SENDING => Ok(TemplateOutcome::Unknown),
            Some(row) if [NOT_SENT, GONE].contains(&row.status.as_str()) => self.submit(wanted).await,
            Some(row) if row.digest == wanted.digest && row.status == REFUSED && !self.again => {
                Ok(TemplateOutcome::Refused { reason: row.reason.clone().unwrap_or_default(), is_earlier: true })
            }
            Some(row) if row.status == REFUSED && row.template_id.is_none() => self.submit(wanted).await,
            Some(row) if row.digest == wanted.digest => Ok(TemplateOutcome::Unchanged),
            Some(row) => self.edit(wanted, row).await,
            None => self.submit(wanted).await,
        }
    }

    async fn submit(&self, wanted: &WantedTemplate) -> Result<TemplateOutcome> {
        let TemplateAccount { crm, name, client } = self.account;
        let at = Timestamp::now();
        let hour = SignedDuration::from_hours(1);
        let recent = crm.orders_since(name, OrderKind::Submit, None, at - hour).await?;
        if recent.len() >= MAX_SUBMISSIONS_PER_HOUR {
            // The oldest submission of the last hundred makes room.
            let free_at = recent[recent.len() - MAX_SUBMISSIONS_PER_HOUR] + hour;
            return Ok(TemplateOutcome::Waiting(Wait::SubmissionLimit { free_at }));
        }
        let sending = self.sending(wanted, at);
        crm.note_order(&sending, at, OrderKind::Submit, OrderOutcome::Sent).await?;
        let posted = match client.submit_template(name, &wanted.value).await {
            Ok(posted) => posted,
            // The request certainly did not arrive.
            Err(error) => {
                let row = TemplateRow { status: NOT_SENT.to_owned(), ..sending };
                crm.note_order(&row, at, OrderKind::Submit, OrderOutcome::Refused).await?;
                return Err(error).with_context(|| format!("could not submit {}", wanted.template.name));
            }
        };
        let (row, order, outcome) = submitted(sending, posted);
        crm.note_order(&row, at, OrderKind::Submit, order).await?;
        Ok(outcome)
    }

    /// The row of a template whose submission begins.
    fn sending(&self, wanted: &WantedTemplate, at: Timestamp) -> TemplateRow {
        TemplateRow {
            account: self.account.name.clone(),
            name: wanted.template.name.clone(),
            language: wanted.template.language.clone(),
            template_id: None,
            digest: wanted.digest.clone(),
            category: wanted.template.category.to_uppercase(),
            status: SENDING.to_owned(),
            reason: None,
            scenario: wanted.scenario.clone(),
            changed_at: at.as_microsecond(),
        }
    }

    async fn edit(&self, wanted: &WantedTemplate, row: &TemplateRow) -> Result<TemplateOutcome> {
        let Some(id) = &row.template_id else { return self.submit(wanted).await };
        let TemplateAccount { crm, client, .. } = self.account;
        let at = Timestamp::now();
        if let Some(wait) = self.edit_wait(row, at).await? {
            return Ok(TemplateOutcome::Waiting(wait));
        }
        let sending = TemplateRow { status: SENDING.to_owned(), changed_at: at.as_microsecond(), ..row.clone() };
        crm.note_order(&sending, at, OrderKind::Edit, OrderOutcome::Sent).await?;
        // The category of an approved template cannot change.
        let mut value = wanted.value.clone();
        if row.status == "APPROVED" {
            value["category"] = serde_json::json!(row.category);
        }
        let posted = match client.edit_template(id, &value).await {
            Ok(posted) => posted,
            Err(error) => {
                crm.note_order(row, at, OrderKind::Edit, OrderOutcome::Refused).await?;
                return Err(error).with_context(|| format!("could not edit {}", row.name));
            }
        };
        let (row, order, outcome) = edited(row, sending, wanted, posted);
        crm.note_order(&row, at, OrderKind::Edit, order).await?;
        Ok(outcome)
    }

    /// What an edit has to wait for.
    async fn edit_wait(&self, row: &TemplateRow, at: Timestamp) -> Result<Option<Wait>> {
        if !["APPROVED", "REJECTED", "PAUSED"].contains(&row.status.as_str()) {
            return Ok(Some(Wait::Review { status: row.status.clone() }));
        }
        if row.status != "APPROVED" {
            return Ok(None);
        }
        let TemplateAccount { crm, name, .. } = self.account;
        for limit in EDIT_LIMITS {
            let span = SignedDuration::from_hours(limit.hours);
            let template = Some((row.name.as_str(), row.language.as_str()));
            let edits = crm.orders_since(name, OrderKind::Edit, template, at - span).await?;
            if edits.len() >= limit.max_edits {
                let free_at = edits[edits.len() - limit.max_edits] + span;
                return Ok(Some(Wait::EditLimit { n_edits: edits.len(), hours: limit.hours, free_at }));
            }
        }
        Ok(None)
    }
}

/// The row after the answer to a submission, the outcome of the order, and that of the template.
fn submitted(
    sending: TemplateRow,
    posted: PostOutcome<whatsapp::Submitted>,
) -> (TemplateRow, OrderOutcome, TemplateOutcome) {
    match posted {
        PostOutcome::Accepted(taken) => {
            let category = if taken.category.is_empty() { sending.category.clone() } else { taken.category };
            let is_other_category = category != sending.category;
            let status = taken.status;
            let row = TemplateRow {
                template_id: Some(taken.id),
                status: status.clone(),
                category: category.clone(),
                ..sending
            };
            (row, OrderOutcome::Taken, TemplateOutcome::Submitted { status, category, is_other_category })
        }
        PostOutcome::Refused { code, subcode, message } => {
            let reason = format!("{message} ({code}/{subcode})");
            let row = TemplateRow { status: REFUSED.to_owned(), reason: Some(reason.clone()), ..sending };
            (row, OrderOutcome::Refused, TemplateOutcome::Refused { reason, is_earlier: false })
        }
        PostOutcome::Unknown => (sending, OrderOutcome::Unknown, TemplateOutcome::Unknown),
    }
}

/// The same after the answer to an edit; `row` is what the database had before.
fn edited(
    row: &TemplateRow,
    sending: TemplateRow,
    wanted: &WantedTemplate,
    posted: PostOutcome<()>,
) -> (TemplateRow, OrderOutcome, TemplateOutcome) {
    match posted {
        PostOutcome::Accepted(()) => {
            let (status, digest) = ("PENDING".to_owned(), wanted.digest.clone());
            let row = TemplateRow { status, digest, reason: None, ..sending };
            (row, OrderOutcome::Taken, TemplateOutcome::Edited)
        }
        PostOutcome::Refused { code, subcode, message } => {
            let reason = format!("{message} ({code}/{subcode})");
            (row.clone(), OrderOutcome::Refused, TemplateOutcome::Refused { reason, is_earlier: false })
        }
        PostOutcome::Unknown => (sending, OrderOutcome::Unknown, TemplateOutcome::Unknown),
    }
}
