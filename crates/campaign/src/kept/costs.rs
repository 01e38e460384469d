//! What one message to every person who may be written to costs.

use std::collections::BTreeMap;

use anyhow::Result;
use crm::{AccountTemplate, CountryPeople, Crm};
use jiff::civil::Date;
use phone::Region;
use rates::{Category, Money, NoRate, RateCard};

use super::compared::{ComparedTemplates, compare_templates};
use crate::templates::status::{GONE, NOT_SENT, REFUSED, SENDING};

/// The people that are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CostPeople {
    /// Those who have consented to WhatsApp.
    #[default]
    Consented,
    /// Also those who can be invited, as if all of them consented.
    Invited,
}

impl CostPeople {
    fn count(self, people: &CountryPeople) -> u64 {
        match self {
            Self::Consented => people.consented,
            Self::Invited => people.consented + people.invitable,
        }
    }
}

/// People by country with the cost of one message to each of them, and the templates by category and language.
#[derive(Debug)]
pub struct TemplateCosts {
    pub countries: Vec<CountryCosts>,
    /// By the categories of [`COST_CATEGORIES`].
    pub totals: Vec<CategoryTotal>,
    pub templates: Vec<CategoryTemplates>,
}

/// The categories of messages that a business begins.
pub const COST_CATEGORIES: [Category; 3] = [Category::Marketing, Category::Utility, Category::Authentication];

/// A country and the cost of one message of each category to its people.
#[derive(Debug)]
pub struct CountryCosts {
    pub people: CountryPeople,
    /// How many of them are counted.
    pub n_people: u64,
    /// By the categories of [`COST_CATEGORIES`].
    pub costs: Vec<Cost>,
}

/// The cost of one message of a category to each person of a country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cost {
    NoRateCard,
    NoRate {
        /// The market of the country, if the card has it without a rate for the category.
        market: Option<String>,
    },
    Amount {
        market: String,
        rate: Money,
        /// The first day of the rate; none if the card has no dates.
        since: Option<Date>,
        amount: Money,
    },
}

/// The cost of one message of a category to every person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryTotal {
    pub category: Category,
    /// None without a rate card.
    pub amount: Option<Money>,
    pub n_people_with_rate: u64,
    pub n_people_without_rate: u64,
}

/// How many templates there are of a category and a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryTemplates {
    /// In capital letters.
    pub category: String,
    pub language: String,
    pub n_templates: u64,
    /// Those among them that WhatsApp has put into the category.
    pub n_of_whatsapp: u64,
}

/// Counts people and templates, and prices them by the card on a day.
pub async fn template_costs(
    crm: &Crm,
    account: Option<&str>,
    card: Option<&RateCard>,
    people: CostPeople,
    on: Date,
) -> Result<TemplateCosts> {
    let countries = crm.people_by_country().await?;
    let templates = compare_templates(crm, account).await?;
    let countries = countries.into_iter().map(|it| priced(it, card, people, on)).collect::<Vec<_>>();
    Ok(TemplateCosts { totals: totals(&countries, card), countries, templates: by_category(&templates) })
}

fn priced(people: CountryPeople, card: Option<&RateCard>, counted: CostPeople, on: Date) -> CountryCosts {
    let n_people = counted.count(&people);
    let region = Region::from_code(&people.country);
    let cost = |category| {
        let Some(card) = card else { return Cost::NoRateCard };
        let Some(region) = region else { return Cost::NoRate { market: None } };
        match card.rate(region, category, on) {
            Ok(rate) => Cost::Amount {
                market: rate.market.to_owned(),
                rate: rate.amount,
                since: rate.since,
                amount: rate.amount * n_people,
            },
            Err(NoRate::NoMarket) => Cost::NoRate { market: None },
            Err(NoRate::NotInMarket(market)) => Cost::NoRate { market: Some(market.to_owned()) },
        }
    };
    let costs = COST_CATEGORIES.map(cost).into();
    CountryCosts { people, n_people, costs }
}

fn totals(countries: &[CountryCosts], card: Option<&RateCard>) -> Vec<CategoryTotal> {
    let total = |(n, category): (usize, &Category)| {
        let all = || countries.iter().map(move |it| (&it.costs[n], it.n_people));
        let amounts = all().filter_map(|(cost, n_people)| match cost {
            Cost::Amount { amount, .. } => Some((*amount, n_people)),
            Cost::NoRateCard | Cost::NoRate { .. } => None,
        });
        let with_rate: Vec<(Money, u64)> = amounts.collect();
        let n_people_with_rate = with_rate.iter().map(|it| it.1).sum();
        CategoryTotal {
            category: *category,
            amount: card.map(|_| with_rate.iter().map(|it| it.0).sum()),
            n_people_with_rate,
            n_people_without_rate: all().map(|it| it.1).sum::<u64>() - n_people_with_rate,
        }
    };
    COST_CATEGORIES.iter().enumerate().map(total).collect()
}

/// Templates count by the category that WhatsApp has given them, else by the one that is asked for. Those whose source no
/// longer has them are left out, unless they are in the account.
fn by_category(templates: &ComparedTemplates) -> Vec<CategoryTemplates> {
    let mut counts: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    let mut count = |category: &str, language: &str, is_of_whatsapp: bool| {
        let counts = counts.entry((category.to_uppercase(), language.to_owned())).or_default();
        counts.0 += 1;
        counts.1 += u64::from(is_of_whatsapp);
    };
    for it in &templates.kept {
        let submitted = it.submitted.as_ref().filter(|it| is_categorised(it));
        let language = it.current.as_ref().map_or(&it.kept.language, |it| &it.language);
        match submitted {
            Some(row) => count(&row.category, language, true),
            None if it.kept.is_missing => {}
            None => count(&it.kept.current.category, language, false),
        }
    }
    templates.not_kept.iter().filter(|it| is_categorised(it)).for_each(|it| count(&it.category, &it.language, true));
    let counts = counts.into_iter().map(|((category, language), (n_templates, n_of_whatsapp))| CategoryTemplates {
        category,
        language,
        n_templates,
        n_of_whatsapp,
    });
    counts.collect()
}

/// Whether the category of a row is WhatsApp's word: the template is in the account.
fn is_categorised(row: &AccountTemplate) -> bool {
    ![GONE, NOT_SENT, REFUSED, SENDING].contains(&row.status.as_str())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const CARD: &[u8] = b"market,currency,category,rate
France,EUR,marketing,0.1
France,EUR,utility,n/a
Rest of Western Europe,EUR,marketing,0.0001
";

    fn people(country: &str, consented: u64, invitable: u64) -> CountryPeople {
        CountryPeople { country: country.to_owned(), consented, invitable }
    }

    #[test]
    fn a_country_without_a_rate_is_counted_and_not_priced() {
        let card = RateCard::read(CARD, None).unwrap();
        let all = [people("", 1, 0), people("AT", 3, 4), people("DE", 5, 0), people("FR", 2, 0)];
        let countries: Vec<CountryCosts> =
            all.into_iter().map(|it| priced(it, Some(&card), CostPeople::Invited, date(2026, 1, 1))).collect();
        let shown: Vec<String> = countries
            .iter()
            .map(|it| {
                let costs = it.costs[..2].iter().map(|it| match it {
                    Cost::Amount { amount, .. } => amount.to_string(),
                    Cost::NoRate { market: Some(market) } => format!("none in {market}"),
                    Cost::NoRate { market: None } => "no market".to_owned(),
                    Cost::NoRateCard => "no card".to_owned(),
                });
                format!("{} {}: {}", it.people.country, it.n_people, costs.collect::<Vec<_>>().join(", "))
            })
            .collect();
        let expected = [
            " 1: no market, no market",
            "AT 7: 0.0007, none in Rest of Western Europe",
            "DE 5: no market, no market",
            "FR 2: 0.20, none in France",
        ];
        assert_eq!(shown, expected);
        let totals = totals(&countries, Some(&card));
        let [marketing, utility, _] = totals.as_slice() else { panic!("{totals:?}") };
        assert_eq!(marketing.amount.unwrap().to_string(), "0.2007");
        assert_eq!((marketing.n_people_with_rate, marketing.n_people_without_rate), (9, 6));
        assert_eq!((utility.n_people_with_rate, utility.n_people_without_rate), (0, 15));
    }

    #[test]
    fn without_a_card_there_are_no_amounts() {
        let countries = [priced(people("FR", 2, 9), None, CostPeople::Consented, date(2026, 1, 1))];
        assert_eq!((countries[0].n_people, &countries[0].costs[0]), (2, &Cost::NoRateCard));
        assert_eq!(totals(&countries, None)[0].amount, None);
    }
}
