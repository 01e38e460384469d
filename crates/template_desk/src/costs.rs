//! `ferry template costs`: people by country, templates by category, and what one message to each person costs.

use anyhow::{Context, Result};
use campaign::{CategoryTemplates, CategoryTotal, Cost, CostPeople, CountryCosts, TemplateCosts, template_costs};
use jiff::civil::Date;
use plan::Plan;
use rates::{Money, RateCard};
use results::{
    CategoryTemplatesEntry, CategoryTotalEntry, CostEntry, CountryCostsEntry, RateCardEntry, TemplateCostsResult,
};
use template_text::{self as text, CostCard};

use crate::kept;

/// Counts people and templates, and prices one message to each person by the rates of a day.
pub async fn costs(plan: &Plan, people: CostPeople, on: Date) -> Result<(TemplateCostsResult, String)> {
    let card = card(plan)?;
    let crm = kept::look(plan).await?;
    let account = kept::account(plan);
    let costs = template_costs(&crm, account, card.as_ref().map(|it| &it.0), people, on).await?;
    crm.close().await;
    let assumptions = assumptions(people, on, card.is_some());
    let cost_card = card.as_ref().map(|(card, path)| CostCard {
        path,
        currency: &card.currency,
        unknown_markets: card.unknown_markets(),
    });
    let result = result(&costs, cost_card.as_ref(), people, on, &assumptions);
    Ok((result, text::costs(&costs, cost_card.as_ref(), &assumptions)))
}

/// The rate card of the plan, and its path as the plan names it.
fn card(plan: &Plan) -> Result<Option<(RateCard, String)>> {
    let Some(section) = &plan.rates else { return Ok(None) };
    let path = plan.folder().join(&section.path);
    let context = || format!("the rate card {} cannot be used", section.path.display());
    let bytes = run::read_small(&path, run::MOST_LIST_BYTES).with_context(context)?;
    let card = RateCard::read(&bytes, section.currency.as_deref()).with_context(context)?;
    Ok(Some((card, section.path.display().to_string())))
}

fn assumptions(people: CostPeople, on: Date, has_card: bool) -> Vec<String> {
    let counted = match people {
        CostPeople::Consented => {
            "people: those who have consented to WhatsApp, have refused nothing and are not known to be without WhatsApp"
        }
        CostPeople::Invited => {
            "people: those who have consented to WhatsApp, and those who can be invited, as if all of them consented"
        }
    };
    let mut all = vec![counted.to_owned()];
    if has_card {
        all.extend([
            format!("rates: the latest that hold on {on}, per delivered message, as if every message is delivered"),
            "volume tiers, free windows and fees of a provider are not considered".to_owned(),
            format!("regions: as Meta listed their countries on {}, unless the card lists them", rates::REGIONS_AS_OF),
        ]);
    }
    all
}

fn result(
    costs: &TemplateCosts,
    card: Option<&CostCard<'_>>,
    people: CostPeople,
    on: Date,
    assumptions: &[String],
) -> TemplateCostsResult {
    TemplateCostsResult {
        on: on.to_string(),
        people: match people {
            CostPeople::Consented => "consented",
            CostPeople::Invited => "invited",
        },
        rate_card: card.map(|it| RateCardEntry {
            path: it.path.to_owned(),
            currency: it.currency.to_owned(),
            unknown_markets: it.unknown_markets.iter().map(|it| (*it).to_owned()).collect(),
        }),
        countries: costs.countries.iter().map(country).collect(),
        totals: costs.totals.iter().map(total).collect(),
        templates: costs.templates.iter().map(templates).collect(),
        assumptions: assumptions.to_vec(),
    }
}

fn total(it: &CategoryTotal) -> CategoryTotalEntry {
    CategoryTotalEntry {
        category: it.category.name(),
        amount_micros: it.amount.map(Money::micros),
        people_with_rate: it.n_people_with_rate,
        people_without_rate: it.n_people_without_rate,
    }
}

fn templates(it: &CategoryTemplates) -> CategoryTemplatesEntry {
    CategoryTemplatesEntry {
        category: it.category.clone(),
        language: it.language.clone(),
        templates: it.n_templates,
        of_whatsapp: it.n_of_whatsapp,
    }
}

fn country(it: &CountryCosts) -> CountryCostsEntry {
    let cost = |(category, cost): (&rates::Category, &Cost)| {
        let none =
            CostEntry { category: category.name(), market: None, rate_micros: None, since: None, amount_micros: None };
        match cost {
            Cost::NoRateCard => none,
            Cost::NoRate { market } => CostEntry { market: market.clone(), ..none },
            Cost::Amount { market, rate, since, amount } => CostEntry {
                market: Some(market.clone()),
                rate_micros: Some(rate.micros()),
                since: since.map(|it| it.to_string()),
                amount_micros: Some(amount.micros()),
                ..none
            },
        }
    };
    CountryCostsEntry {
        country: Some(it.people.country.clone()).filter(|it| !it.is_empty()),
        consented: it.people.consented,
        invitable: it.people.invitable,
        people: it.n_people,
        costs: campaign::COST_CATEGORIES.iter().zip(&it.costs).map(cost).collect(),
    }
}
