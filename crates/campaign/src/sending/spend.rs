//! What a campaign costs, and where it stops because of that.

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::ConsentPurpose;
use phone::Region;
use plan::Plan;
use rates::{Category, Money, RateCard};

use super::open::SendingAccount;

/// What messages cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spend {
    pub amount: Money,
    /// People in whose country the card has no rate.
    pub n_without_rate: u64,
}

/// Reads the rate card of a plan; none if it has none.
pub(super) fn card_of(plan: &Plan) -> Result<Option<RateCard>> {
    let Some(section) = &plan.rates else { return Ok(None) };
    let context = || format!("the rate card {} cannot be used", section.path.display());
    let bytes = run::read_small(&plan.folder().join(&section.path), run::MOST_LIST_BYTES).with_context(context)?;
    RateCard::read(&bytes, section.currency.as_deref()).with_context(context).map(Some)
}

impl SendingAccount {
    /// What some messages cost if all of them are delivered; none without a rate card.
    pub fn spend(&self, messages: impl IntoIterator<Item = (Option<Region>, ConsentPurpose, u64)>) -> Option<Spend> {
        let card = self.card.as_ref()?;
        let mut spend = Spend::default();
        for (country, purpose, n) in messages {
            match price(card, country, purpose, self.clock.now()) {
                Some(price) => spend.amount = spend.amount + price * n,
                None => spend.n_without_rate += n,
            }
        }
        Some(spend)
    }

    /// The currency of the rate card.
    pub fn currency(&self) -> Option<&str> {
        self.card.as_ref().map(|it| it.currency.as_str())
    }

    /// How many of these messages may be released without going over `max_spend`: what was released before counts as delivered,
    /// unless it has failed. A message without a rate is not released, because nobody knows what it costs.
    pub(super) async fn within_spend(&self, messages: &[(Option<Region>, ConsentPurpose)]) -> Result<usize> {
        let (Some(most), Some(card)) = (&self.plan.max_spend, &self.card) else { return Ok(messages.len()) };
        let before = self.crm.campaign_spend(&self.plan.name).await?;
        let before = before.into_iter().map(|it| (it.0.as_deref().and_then(Region::from_code), it.1, it.2));
        let mut amount = self.spend(before).unwrap_or_default().amount;
        let mut n = 0;
        for (country, purpose) in messages {
            let Some(price) = price(card, *country, *purpose, self.clock.now()) else { break };
            amount = amount + price;
            if amount > most.amount {
                break;
            }
            n += 1;
        }
        Ok(n)
    }
}

fn price(card: &RateCard, country: Option<Region>, purpose: ConsentPurpose, now: Timestamp) -> Option<Money> {
    let category = match purpose {
        ConsentPurpose::Marketing => Category::Marketing,
        ConsentPurpose::Utility => Category::Utility,
        ConsentPurpose::Authentication => Category::Authentication,
        // Text in an open conversation has no rate on a card of templates.
        ConsentPurpose::Conversation | ConsentPurpose::Messages => return Some(Money::default()),
    };
    card.rate(country?, category, now.to_zoned(TimeZone::UTC).date()).ok().map(|it| it.amount)
}
