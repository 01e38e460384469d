//! `ferry webhook retry`.

use anyhow::Result;
use crm::Crm;
use jiff::Timestamp;
use plan::Plan;
use results::WebhookRetried;

use crate::chosen;

/// Lets bodies wait again that were given up. `ferry serve` then hands them on.
pub async fn retry(plan: &Plan, name: Option<&str>) -> Result<(WebhookRetried, String)> {
    let mut bodies = 0;
    // Without a database nothing was given up.
    if Crm::look(&plan.crm_url()?).await?.is_some() {
        let crm = Crm::open(&plan.crm_url()?).await?;
        for webhook in chosen(plan, name)? {
            bodies += crm.hand_on_again(webhook.name(), Timestamp::now()).await?;
        }
        crm.close().await;
    }
    Ok((WebhookRetried { bodies }, format!("bodies that are handed on again: {bodies}\n")))
}
