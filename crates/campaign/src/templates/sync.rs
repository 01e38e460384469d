//! What WhatsApp says about the templates that were submitted.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use crm::TemplateRow;
use jiff::Timestamp;
use whatsapp::TemplateState;

use super::account::{TemplateAccount, TemplateKey};
use super::status::{GONE, NOT_SENT, REFUSED, SENDING};

/// A template whose row in the database has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateChange {
    pub before: TemplateRow,
    pub now: TemplateRow,
}

impl TemplateChange {
    /// Whether the template is no longer in the account.
    pub fn is_gone(&self) -> bool {
        self.now.status == GONE
    }
}

impl TemplateAccount {
    /// Asks WhatsApp for the status of every template in the database, writes what has changed and returns it.
    pub async fn sync(&self) -> Result<Vec<TemplateChange>> {
        let listed = self.client.templates(&self.name).await.context("could not list the templates")?;
        let states: BTreeMap<TemplateKey, TemplateState> =
            listed.into_iter().map(|it| ((it.name.clone(), it.language.clone()), it)).collect();
        let mut changes = Vec::new();
        for (key, before) in self.templates().await? {
            let now = settled(&before, states.get(&key));
            if now == before {
                continue;
            }
            let changed_at = Timestamp::now().as_microsecond();
            self.crm.note_template(&TemplateRow { changed_at, ..now.clone() }).await?;
            changes.push(TemplateChange { before, now });
        }
        Ok(changes)
    }
}

/// The row of a template once the account has said what it has.
fn settled(row: &TemplateRow, state: Option<&TemplateState>) -> TemplateRow {
    match state {
        // The name belongs to a template that we did not submit.
        Some(_) if row.status == REFUSED && row.template_id.is_none() => row.clone(),
        Some(state) => TemplateRow {
            template_id: Some(state.id.clone()),
            status: state.status.clone(),
            category: state.category.clone(),
            reason: state.rejected_reason.clone().filter(|it| it != "NONE" && !it.is_empty()),
            // A listing does not say whether an edit arrived: without a digest it is sent again.
            digest: if row.status == SENDING && row.template_id.is_some() { String::new() } else { row.digest.clone() },
            ..row.clone()
        },
        None => match row.status.as_str() {
            SENDING => TemplateRow { status: NOT_SENT.to_owned(), ..row.clone() },
            REFUSED | NOT_SENT | GONE => row.clone(),
            _ => TemplateRow { status: GONE.to_owned(), reason: None, ..row.clone() },
        },
    }
}
