//! What WhatsApp says about the templates that were submitted.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use crm::AccountTemplate;
use jiff::Timestamp;
use whatsapp::TemplateState;

use super::account::{TemplateAccount, TemplateKey};
use super::status::{GONE, NOT_SENT, REFUSED, SENDING};

/// A template whose row in the database has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateChange {
    pub before: AccountTemplate,
    pub now: AccountTemplate,
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
        let rows = self.templates().await?;
        let listed = self.client.templates(&self.name).await.context("could not list the templates")?;
        let states: BTreeMap<TemplateKey, TemplateState> =
            listed.into_iter().map(|it| ((it.name.clone(), it.language.clone()), it)).collect();
        let ours = self.submitted_digests().await?;
        let now = Timestamp::now();
        let mut changes = Vec::new();
        for (key, before) in rows {
            let settled = settled(&before, states.get(&key), ours.get(&key), now);
            if settled == before {
                continue;
            }
            let now = AccountTemplate { changed_at: now.as_microsecond(), ..settled };
            // A row that another process has changed since it was read is newer than the listing.
            if self.crm.change_account_template(&before, &now).await? {
                changes.push(TemplateChange { before, now });
            }
        }
        Ok(changes)
    }

    /// The digests of all templates that we have submitted without being refused. Where several were sent under one
    /// name, it is not known which one arrived, and the digest is empty.
    async fn submitted_digests(&self) -> Result<BTreeMap<TemplateKey, String>> {
        let mut digests = BTreeMap::new();
        for order in self.crm.submitted_templates(&self.name).await? {
            let digest = digests.entry((order.name, order.language)).or_insert_with(|| order.digest.clone());
            if *digest != order.digest {
                digest.clear();
            }
        }
        Ok(digests)
    }
}

/// The row of a template once the account has said what it has. `ours` is the digest that we have submitted under this
/// name without being refused.
fn settled(
    row: &AccountTemplate,
    state: Option<&TemplateState>,
    ours: Option<&String>,
    now: Timestamp,
) -> AccountTemplate {
    let is_open = row.claim.as_ref().is_some_and(|it| now < it.unknown_until);
    let is_edit = row.status == SENDING && row.template_id.is_some();
    let Some(state) = state else {
        return match row.status.as_str() {
            SENDING if is_open => row.clone(),
            SENDING => AccountTemplate { status: NOT_SENT.to_owned(), claim: None, ..row.clone() },
            REFUSED | NOT_SENT | GONE => row.clone(),
            _ => AccountTemplate { status: GONE.to_owned(), reason: None, ..row.clone() },
        };
    };
    let digest = match (row.status.as_str(), &row.template_id, ours) {
        // A listing does not say whether an edit has arrived.
        (SENDING, Some(_), _) if is_open => return row.clone(),
        // The name belongs to a template that we did not submit.
        (REFUSED, None, None) => return row.clone(),
        // The template is that of an earlier order of ours, and only a second one was refused.
        (REFUSED, None, Some(ours)) => ours.clone(),
        // Without a digest the edit is sent again.
        _ if is_edit => String::new(),
        _ => row.digest.clone(),
    };
    AccountTemplate {
        template_id: Some(state.id.clone()),
        status: state.status.clone(),
        category: state.category.clone(),
        reason: state.rejected_reason.clone().filter(|it| it != "NONE" && !it.is_empty()),
        digest,
        claim: None,
        ..row.clone()
    }
}
