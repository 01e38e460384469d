//! `ferry campaign pause`, `resume` and `stop`.

use anyhow::{Result, bail};
use campaign::sending::CampaignJournal;
use crm::{CampaignState, OrderWord};
use plan::Plan;
use results::CampaignOrdered;

/// An order about a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderedWord {
    Pause,
    /// With `accepts_templates`, templates that have changed are taken as they are now.
    Resume {
        accepts_templates: bool,
    },
    Stop,
}

impl OrderedWord {
    fn word(self) -> OrderWord {
        match self {
            Self::Pause => OrderWord::Pause,
            Self::Resume { .. } => OrderWord::Resume,
            Self::Stop => OrderWord::Stop,
        }
    }
}

/// Gives an order about a campaign. A running sender follows it with its next claim.
pub async fn order(
    plan: &Plan,
    campaign: &str,
    word: OrderedWord,
    (reason, by_whom): (&str, &str),
) -> Result<(CampaignOrdered, String)> {
    let journal = CampaignJournal::open(plan, campaign, false, by_whom).await?;
    let state = journal.crm.campaign_state(campaign).await?;
    if state == CampaignState::New {
        bail!("the campaign {campaign} was never started: `ferry campaign start {campaign}` does");
    }
    if let (OrderedWord::Resume { .. }, CampaignState::Stopped | CampaignState::Finished) = (word, state) {
        bail!("the campaign {campaign} is {}: nothing is left to resume", state.name());
    }
    if let OrderedWord::Resume { accepts_templates: true } = word {
        journal.accept_templates().await?;
    }
    let before = journal.crm.order_campaign(&journal.row(), word.word(), (reason, by_whom)).await?;
    let state = journal.crm.campaign_state(campaign).await?;
    let last = journal.crm.campaign_orders(campaign).await?.pop();
    let after = last.and_then(|it| Some(it.last_intent_at?.duration_since(it.at)));
    let last_intent_after_ms = after.map_or(0.0, |it| it.as_secs_f64().max(0.0) * 1000.0);
    journal.close().await;
    let value = CampaignOrdered {
        campaign: campaign.to_owned(),
        before: before.name(),
        state: state.name(),
        last_intent_after_ms,
    };
    let text = text(&value, word);
    Ok((value, text))
}

fn text(value: &CampaignOrdered, word: OrderedWord) -> String {
    let CampaignOrdered { campaign, before, state, last_intent_after_ms } = value;
    if before == state {
        return format!("{campaign} was {before} already\n");
    }
    match word {
        OrderedWord::Resume { .. } if *state == "running" => {
            format!("{campaign} is {state} again: `ferry campaign start {campaign}` sends what waits\n")
        }
        _ => {
            format!("{campaign} is {state}; the last message was let go {last_intent_after_ms:.0} ms after the order\n")
        }
    }
}
