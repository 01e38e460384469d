//! One template: submitted, edited, or left as it is.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use crm::{OrderKind, OrderOutcome, TemplateRow};
use jiff::{SignedDuration, Timestamp};
use whatsapp::{CallError, PostOutcome};

use super::{Account, GONE, NOT_SENT, REFUSED, SENDING, Wanted};

/// Submissions in any hour, for one account (Meta, templates overview).
const AN_HOUR: usize = 100;
/// Edits of an approved template in any 24 hours and any 30 days (Meta, template management).
const EDITS_A_DAY: usize = 1;
const EDITS_A_MONTH: usize = 10;

/// What became of a template.
#[derive(Debug)]
pub(super) enum Done {
    /// It is there, and says the same.
    Known,
    Submitted {
        status: String,
        category: String,
        is_other_category: bool,
    },
    Edited,
    Refused(String),
    /// The answer was lost.
    Unknown,
    /// A limit is reached; when it can be done.
    Waits(String),
}

impl Done {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Submitted { .. } => "submitted",
            Self::Edited => "edited",
            Self::Refused(_) => "refused",
            Self::Unknown => "unknown",
            Self::Waits(_) => "waits",
        }
    }

    pub(super) fn told(&self) -> String {
        match self {
            Self::Known => "there before".to_owned(),
            Self::Submitted { status, category, is_other_category: true } => {
                format!("{status}, but WhatsApp takes it for {category}")
            }
            Self::Submitted { status, category, .. } => format!("{status}, {category}"),
            Self::Edited => "edited; it is reviewed again".to_owned(),
            Self::Refused(why) => format!("refused: {why}"),
            Self::Unknown => "the answer was lost: the next `ferry template submit` or `sync` settles it".to_owned(),
            Self::Waits(why) => why.clone(),
        }
    }

    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

pub(super) struct Orders<'a> {
    pub(super) account: &'a Account,
    pub(super) rows: BTreeMap<(String, String), TemplateRow>,
    /// Whether what was refused is submitted again as it is.
    pub(super) again: bool,
}

impl Orders<'_> {
    /// Does what is to be done. `Err` stops all: nobody is let in, or everybody has to wait.
    pub(super) async fn give(&self, wanted: &Wanted) -> Result<Done> {
        let known = self.rows.get(&(wanted.template.name.clone(), wanted.template.language.clone()));
        match known {
            Some(row) if row.status == SENDING => Ok(Done::Unknown),
            Some(row) if [NOT_SENT, GONE].contains(&row.status.as_str()) => self.submit(wanted).await,
            Some(row) if row.digest == wanted.digest && row.status == REFUSED && !self.again => {
                Ok(Done::Refused(format!(
                    "{} (before; it is submitted when it has changed, or with --again)",
                    row.reason.clone().unwrap_or_default()
                )))
            }
            Some(row) if row.status == REFUSED && row.template_id.is_none() => self.submit(wanted).await,
            Some(row) if row.digest == wanted.digest => Ok(Done::Known),
            Some(row) => self.edit(wanted, row).await,
            None => self.submit(wanted).await,
        }
    }

    fn row(&self, wanted: &Wanted, status: &str, at: Timestamp) -> TemplateRow {
        TemplateRow {
            account: self.account.name.clone(),
            name: wanted.template.name.clone(),
            language: wanted.template.language.clone(),
            template_id: None,
            digest: wanted.digest.clone(),
            category: wanted.template.category.to_uppercase(),
            status: status.to_owned(),
            reason: None,
            scenario: wanted.scenario.clone(),
            changed_at: at.as_microsecond(),
        }
    }

    async fn submit(&self, wanted: &Wanted) -> Result<Done> {
        let (crm, name) = (&self.account.crm, &self.account.name);
        let at = Timestamp::now();
        let recent = crm.orders_since(name, OrderKind::Submit, None, at - SignedDuration::from_hours(1)).await?;
        if recent.len() >= AN_HOUR {
            // The oldest of the last hundred makes room.
            let free = recent[recent.len() - AN_HOUR] + SignedDuration::from_hours(1);
            return Ok(Done::Waits(format!(
                "waits: {AN_HOUR} were submitted in the last hour; the next can be at {}",
                minute(free)
            )));
        }
        let sending = self.row(wanted, SENDING, at);
        crm.note_order(&sending, at, OrderKind::Submit, OrderOutcome::Sent).await?;
        let ordered = self.account.client.submit_template(name, &wanted.value).await;
        let (row, outcome, done) = match ordered {
            Ok(PostOutcome::Accepted(taken)) => {
                let category = if taken.category.is_empty() { sending.category.clone() } else { taken.category };
                let row = TemplateRow {
                    template_id: Some(taken.id),
                    status: taken.status.clone(),
                    category: category.clone(),
                    ..sending.clone()
                };
                let is_other_category = category != sending.category;
                (row, OrderOutcome::Taken, Done::Submitted { status: taken.status, category, is_other_category })
            }
            Ok(PostOutcome::Refused { code, subcode, message }) => {
                let told = format!("{message} ({code}/{subcode})");
                let row = TemplateRow { status: REFUSED.to_owned(), reason: Some(told.clone()), ..sending };
                (row, OrderOutcome::Refused, Done::Refused(told))
            }
            Ok(PostOutcome::Unknown) => (sending, OrderOutcome::Unknown, Done::Unknown),
            // It certainly did not get there.
            Err(error) => {
                let row = TemplateRow { status: NOT_SENT.to_owned(), ..sending };
                crm.note_order(&row, at, OrderKind::Submit, OrderOutcome::Refused).await?;
                return Err(error).with_context(|| format!("could not submit {}", wanted.template.name));
            }
        };
        crm.note_order(&row, at, OrderKind::Submit, outcome).await?;
        Ok(done)
    }

    async fn edit(&self, wanted: &Wanted, row: &TemplateRow) -> Result<Done> {
        let Some(id) = &row.template_id else { return self.submit(wanted).await };
        let (crm, name) = (&self.account.crm, &self.account.name);
        let at = Timestamp::now();
        if !["APPROVED", "REJECTED", "PAUSED"].contains(&row.status.as_str()) {
            let told = format!(
                "waits: it has changed, and cannot be edited while it is {}; `ferry template sync` asks",
                row.status
            );
            return Ok(Done::Waits(told));
        }
        if row.status == "APPROVED" {
            for (hours, most) in [(24, EDITS_A_DAY), (30 * 24, EDITS_A_MONTH)] {
                let span = SignedDuration::from_hours(hours);
                let of = Some((row.name.as_str(), row.language.as_str()));
                let edits = crm.orders_since(name, OrderKind::Edit, of, at - span).await?;
                if edits.len() >= most {
                    let free = minute(edits[edits.len() - most] + span);
                    return Ok(Done::Waits(format!(
                        "waits: it was edited {} times in {hours} hours; again at {free}",
                        edits.len()
                    )));
                }
            }
        }
        let sending = TemplateRow { status: SENDING.to_owned(), changed_at: at.as_microsecond(), ..row.clone() };
        crm.note_order(&sending, at, OrderKind::Edit, OrderOutcome::Sent).await?;
        // The category of an approved template cannot change.
        let mut value = wanted.value.clone();
        if row.status == "APPROVED" {
            value["category"] = serde_json::json!(row.category);
        }
        let edited = match self.account.client.edit_template(id, &value).await {
            Ok(edited) => edited,
            Err(error) => {
                crm.note_order(row, at, OrderKind::Edit, OrderOutcome::Refused).await?;
                return Err::<Done, CallError>(error).with_context(|| format!("could not edit {}", row.name));
            }
        };
        let (row, outcome, done) = match edited {
            PostOutcome::Accepted(()) => {
                let row = TemplateRow {
                    status: "PENDING".to_owned(),
                    digest: wanted.digest.clone(),
                    reason: None,
                    ..sending
                };
                (row, OrderOutcome::Taken, Done::Edited)
            }
            PostOutcome::Refused { code, subcode, message } => {
                (row.clone(), OrderOutcome::Refused, Done::Refused(format!("{message} ({code}/{subcode})")))
            }
            PostOutcome::Unknown => (sending, OrderOutcome::Unknown, Done::Unknown),
        };
        crm.note_order(&row, at, OrderKind::Edit, outcome).await?;
        Ok(done)
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
