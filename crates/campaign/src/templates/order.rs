//! One template: submitted, edited, or left as it is.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use crm::{AccountTemplate, ClaimResult, ObservedTemplate, OrderKind, OrderLimit, OrderOutcome};
use jiff::Timestamp;
use serde_json::Value;
use whatsapp::PostOutcome;

use super::account::{TemplateAccount, TemplateKey};
use super::limits::{EDIT_LIMITS, SUBMIT_LIMITS};
use super::status::{GONE, NOT_SENT, REFUSED, SENDING};
use super::upload::{UploadPart, Uploaded};
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
    /// The answer was lost, or an earlier submission was killed before it came. Nothing is sent again until it is clear
    /// what became of the order.
    Unknown,
    /// Another submission was faster, and has no answer yet. Nothing was sent.
    OrderedElsewhere,
    Waiting(Wait),
}

/// What a template waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// [`MAX_SUBMISSIONS_PER_HOUR`](crate::MAX_SUBMISSIONS_PER_HOUR) is reached.
    SubmissionLimit { free_at: Timestamp },
    /// The template has changed, and WhatsApp takes no edits while it has this status.
    Review { status: String },
    /// The template was edited this many times in this many hours.
    EditLimit { n_edits: usize, hours: i64, free_at: Timestamp },
    /// Another submission is uploading its sample.
    Upload { until: Timestamp },
}

/// The orders of one submission.
pub(crate) struct Orders<'a> {
    pub(crate) account: &'a TemplateAccount,
    pub(crate) rows: BTreeMap<TemplateKey, AccountTemplate>,
    /// Whether a refused template is submitted again though it has not changed.
    pub(crate) again: bool,
}

/// What a template needs.
enum Step<'a> {
    Done(TemplateOutcome),
    Submit,
    Edit { row: &'a AccountTemplate, id: &'a str },
}

/// What came of an attempt to give an order.
enum Given {
    Outcome(TemplateOutcome),
    /// Another process has changed the template meanwhile; its row as it is now.
    Lost(Option<Box<AccountTemplate>>),
}

impl Orders<'_> {
    /// Does what a template needs. `Err` concerns all templates: the token was refused, or everybody has to wait.
    ///
    /// `on` is told of each part of a sample that is uploaded.
    pub(crate) async fn give(
        &self,
        wanted: &WantedTemplate,
        on: &mut dyn FnMut(UploadPart),
    ) -> Result<TemplateOutcome> {
        let mut row = self.rows.get(&wanted.key()).cloned();
        let mut is_lost = false;
        loop {
            let given = match self.step(wanted, row.as_ref(), is_lost) {
                Step::Done(outcome) => return Ok(outcome),
                Step::Submit => self.submit(wanted, row.as_ref(), on).await?,
                Step::Edit { row, id } => self.edit(wanted, row, id, on).await?,
            };
            match given {
                Given::Outcome(outcome) => return Ok(outcome),
                Given::Lost(now) => (row, is_lost) = (now.map(|it| *it), true),
            }
        }
    }

    /// Says what a template needs whose row is `row`. `is_lost` means that another process has just been faster.
    fn step<'a>(&self, wanted: &WantedTemplate, row: Option<&'a AccountTemplate>, is_lost: bool) -> Step<'a> {
        let Some(row) = row else { return Step::Submit };
        let is_same = row.digest == wanted.digest;
        match (row.status.as_str(), &row.template_id) {
            (SENDING, _) if is_lost => Step::Done(TemplateOutcome::OrderedElsewhere),
            (SENDING, _) => Step::Done(TemplateOutcome::Unknown),
            (NOT_SENT | GONE, _) => Step::Submit,
            (REFUSED, _) if is_same && !self.again => {
                let reason = row.reason.clone().unwrap_or_default();
                Step::Done(TemplateOutcome::Refused { reason, is_earlier: true })
            }
            (REFUSED, None) => Step::Submit,
            _ if is_same => Step::Done(TemplateOutcome::Unchanged),
            (_, None) => Step::Submit,
            (_, Some(id)) => Step::Edit { row, id },
        }
    }

    /// The template as it is sent, once its sample is uploaded, or why that cannot be.
    async fn value(
        &self,
        wanted: &WantedTemplate,
        on: &mut dyn FnMut(UploadPart),
    ) -> Result<Result<Value, TemplateOutcome>> {
        let Some(sample) = &wanted.sample else { return wanted.value(None).map(Ok) };
        Ok(match self.account.upload(sample, on).await? {
            Uploaded::Handle(handle) => Ok(wanted.value(Some(&handle))?),
            Uploaded::Refused { reason } => Err(TemplateOutcome::Refused { reason, is_earlier: false }),
            Uploaded::Held { until } => Err(TemplateOutcome::Waiting(Wait::Upload { until })),
        })
    }

    async fn submit(
        &self,
        wanted: &WantedTemplate,
        row: Option<&AccountTemplate>,
        on: &mut dyn FnMut(UploadPart),
    ) -> Result<Given> {
        let TemplateAccount { crm, name, client, .. } = self.account;
        let value = match self.value(wanted, on).await? {
            Ok(value) => value,
            Err(outcome) => return Ok(Given::Outcome(outcome)),
        };
        let sending = self.sending(wanted, &value, row);
        let claimed = crm.claim_order(row, &sending, OrderKind::Submit, &SUBMIT_LIMITS).await?;
        if let Some(given) = not_claimed(claimed, |_, _, free_at| Wait::SubmissionLimit { free_at }) {
            return Ok(given);
        }
        let posted = match client.submit_template(name, &value).await {
            Ok(posted) => posted,
            // The request certainly did not arrive.
            Err(error) => {
                let row = AccountTemplate { status: NOT_SENT.to_owned(), claim: None, ..sending.clone() };
                crm.end_order(&sending, &row, OrderKind::Submit, OrderOutcome::Refused).await?;
                return Err(error).with_context(|| format!("could not submit {}", wanted.template.name));
            }
        };
        let (row, order, outcome) = submitted(sending.clone(), posted, Timestamp::now());
        crm.end_order(&sending, &row, OrderKind::Submit, order).await?;
        Ok(Given::Outcome(outcome))
    }

    /// The row of a template whose submission begins. `row` is what the database had before.
    fn sending(&self, wanted: &WantedTemplate, value: &Value, row: Option<&AccountTemplate>) -> AccountTemplate {
        let claim = self.account.claim();
        let at = Some(claim.claimed_at);
        AccountTemplate {
            account: self.account.name.clone(),
            name: wanted.template.name.clone(),
            language: wanted.template.language.clone(),
            template_id: None,
            digest: wanted.digest.clone(),
            category: wanted.template.category.to_uppercase(),
            status: SENDING.to_owned(),
            reason: None,
            scenario: wanted.scenario.clone(),
            changed_at: claim.claimed_at.as_microsecond(),
            claim: Some(claim),
            sent_body: Some(value.to_string()),
            observed: ObservedTemplate { status_at: at, status_since: at, ..ObservedTemplate::default() },
            // Alerts that nobody was told of stay in the row.
            untold: row.map_or(String::new(), |it| it.untold.clone()),
        }
    }

    async fn edit(
        &self,
        wanted: &WantedTemplate,
        row: &AccountTemplate,
        id: &str,
        on: &mut dyn FnMut(UploadPart),
    ) -> Result<Given> {
        let TemplateAccount { crm, client, .. } = self.account;
        // WhatsApp counts edits of approved templates only.
        let limits: &[OrderLimit] = match row.status.as_str() {
            "APPROVED" => &EDIT_LIMITS,
            "REJECTED" | "PAUSED" => &[],
            status => {
                let wait = Wait::Review { status: status.to_owned() };
                return Ok(Given::Outcome(TemplateOutcome::Waiting(wait)));
            }
        };
        let mut value = match self.value(wanted, on).await? {
            Ok(value) => value,
            Err(outcome) => return Ok(Given::Outcome(outcome)),
        };
        // The category of an approved template cannot change.
        if row.status == "APPROVED" {
            value["category"] = serde_json::json!(row.category);
        }
        let sending = self.editing(wanted, &value, row);
        let claimed = crm.claim_order(Some(row), &sending, OrderKind::Edit, limits).await?;
        let wait = |limit: OrderLimit, n_edits, free_at| Wait::EditLimit { n_edits, hours: limit.hours, free_at };
        if let Some(given) = not_claimed(claimed, wait) {
            return Ok(given);
        }
        let posted = match client.edit_template(id, &value).await {
            Ok(posted) => posted,
            Err(error) => {
                crm.end_order(&sending, row, OrderKind::Edit, OrderOutcome::Refused).await?;
                return Err(error).with_context(|| format!("could not edit {}", row.name));
            }
        };
        let (now, order, outcome) = edited(row, sending.clone(), posted, Timestamp::now());
        crm.end_order(&sending, &now, OrderKind::Edit, order).await?;
        Ok(Given::Outcome(outcome))
    }

    /// The row of a template whose edit begins: what is known of it stays.
    fn editing(&self, wanted: &WantedTemplate, value: &Value, row: &AccountTemplate) -> AccountTemplate {
        let AccountTemplate { digest, changed_at, claim, sent_body, observed, .. } =
            self.sending(wanted, value, Some(row));
        let ObservedTemplate { status_at, status_since, .. } = observed;
        let observed = ObservedTemplate { status_at, status_since, differs: None, ..row.observed.clone() };
        let status = SENDING.to_owned();
        AccountTemplate { digest, status, changed_at, claim, sent_body, observed, ..row.clone() }
    }
}

/// What stands in the way of an order; none if it was claimed.
fn not_claimed(claimed: ClaimResult, wait: impl FnOnce(OrderLimit, usize, Timestamp) -> Wait) -> Option<Given> {
    match claimed {
        ClaimResult::Claimed => None,
        ClaimResult::Lost(now) => Some(Given::Lost(now)),
        ClaimResult::Limited { limit, n_orders, free_at } => {
            Some(Given::Outcome(TemplateOutcome::Waiting(wait(limit, n_orders, free_at))))
        }
    }
}

/// The row after the answer to a submission, the outcome of the order, and that of the template.
fn submitted(
    sending: AccountTemplate,
    posted: PostOutcome<whatsapp::Submitted>,
    at: Timestamp,
) -> (AccountTemplate, OrderOutcome, TemplateOutcome) {
    match posted {
        PostOutcome::Accepted(taken) => {
            let category = if taken.category.is_empty() { sending.category.clone() } else { taken.category };
            let is_other_category = category != sending.category;
            let status = taken.status;
            let asked_for = if is_other_category { sending.category.clone() } else { String::new() };
            let observed = ObservedTemplate {
                category_at: Some(at),
                previous_category: asked_for,
                ..in_status(&sending.observed, at)
            };
            let row = AccountTemplate {
                template_id: Some(taken.id),
                status: status.clone(),
                category: category.clone(),
                claim: None,
                observed,
                ..sending
            };
            (row, OrderOutcome::Taken, TemplateOutcome::Submitted { status, category, is_other_category })
        }
        PostOutcome::Refused { code, subcode, message } => {
            let reason = format!("{message} ({code}/{subcode})");
            let row =
                AccountTemplate { status: REFUSED.to_owned(), reason: Some(reason.clone()), claim: None, ..sending };
            (row, OrderOutcome::Refused, TemplateOutcome::Refused { reason, is_earlier: false })
        }
        PostOutcome::Unknown => (sending, OrderOutcome::Unknown, TemplateOutcome::Unknown),
    }
}

/// The same after the answer to an edit; `row` is what the database had before.
fn edited(
    row: &AccountTemplate,
    sending: AccountTemplate,
    posted: PostOutcome<()>,
    at: Timestamp,
) -> (AccountTemplate, OrderOutcome, TemplateOutcome) {
    match posted {
        PostOutcome::Accepted(()) => {
            let observed = in_status(&sending.observed, at);
            let row = AccountTemplate { status: "PENDING".to_owned(), reason: None, claim: None, observed, ..sending };
            (row, OrderOutcome::Taken, TemplateOutcome::Edited)
        }
        PostOutcome::Refused { code, subcode, message } => {
            let reason = format!("{message} ({code}/{subcode})");
            (row.clone(), OrderOutcome::Refused, TemplateOutcome::Refused { reason, is_earlier: false })
        }
        PostOutcome::Unknown => (sending, OrderOutcome::Unknown, TemplateOutcome::Unknown),
    }
}

/// The observation of a template that has just got a new status.
fn in_status(observed: &ObservedTemplate, at: Timestamp) -> ObservedTemplate {
    let since = Some(at);
    let pause = String::new();
    ObservedTemplate { status_at: since, status_since: since, disable_at: None, pause, ..observed.clone() }
}
