//! What one message to every person costs.

use std::collections::{BTreeMap, BTreeSet};

use campaign::{COST_CATEGORIES, CategoryTemplates, Cost, TemplateCosts};
use model::{grouped, printable};

/// A rate card, as people know it.
pub struct CostCard<'a> {
    pub path: &'a str,
    pub currency: &'a str,
    /// Markets that no country is counted to.
    pub unknown_markets: Vec<&'a str>,
}

/// The templates by category and language, the people by country with the amounts, and what is assumed.
pub fn costs(costs: &TemplateCosts, card: Option<&CostCard<'_>>, assumptions: &[String]) -> String {
    let mut text = templates(&costs.templates) + "\n" + &countries(costs, card);
    match card {
        None => text += "no rate card: name one with [rates] path\n",
        Some(card) => {
            text +=
                &format!("amounts in {} for one message to each person, by {}\n", card.currency, printable(card.path));
            for market in &card.unknown_markets {
                text += &format!(
                    "the market {} is no country that Ferry knows: name its countries in a column countries\n",
                    printable(market)
                );
            }
        }
    }
    for it in assumptions {
        text += &format!("  {it}\n");
    }
    text
}

/// A row for each category, a column for each language.
fn templates(all: &[CategoryTemplates]) -> String {
    if all.is_empty() {
        return "no templates\n".to_owned();
    }
    let languages: BTreeSet<&str> = all.iter().map(|it| it.language.as_str()).collect();
    let mut rows: BTreeMap<&str, (u64, BTreeMap<&str, u64>)> = BTreeMap::new();
    for it in all {
        let row = rows.entry(&it.category).or_default();
        row.0 += it.n_of_whatsapp;
        *row.1.entry(&it.language).or_default() += it.n_templates;
    }
    let cells = |cells: Vec<String>| cells.iter().map(|it| format!(" {it:>9}")).collect::<String>();
    let head = ["all".to_owned(), "WhatsApp".to_owned()].into_iter().chain(languages.iter().map(|it| (*it).to_owned()));
    let mut text = format!("{:16}{}\n", "templates", cells(head.collect()));
    for (category, (n_of_whatsapp, by_language)) in rows {
        let numbers = [by_language.values().sum(), n_of_whatsapp];
        let numbers = numbers.into_iter().chain(languages.iter().map(|it| by_language.get(it).copied().unwrap_or(0)));
        text += &format!("{:16}{}\n", printable(category), cells(numbers.map(grouped).collect()));
    }
    text
}

/// A row for each country, and one for all.
fn countries(costs: &TemplateCosts, card: Option<&CostCard<'_>>) -> String {
    let columns = ["people", "consented", "invitable"].map(str::to_owned).into_iter();
    let categories = COST_CATEGORIES.iter().map(|it| it.name().to_owned()).filter(|_| card.is_some());
    let cells = |cells: Vec<String>| cells.iter().map(|it| format!(" {it:>14}")).collect::<String>();
    let mut text = format!("{:10}{}\n", "country", cells(columns.chain(categories).collect()));
    let mut n = [0; 3];
    for it in &costs.countries {
        let numbers = [it.n_people, it.people.consented, it.people.invitable];
        numbers.iter().zip(&mut n).for_each(|(one, all)| *all += one);
        let amounts = it.costs.iter().filter(|_| card.is_some()).map(|it| match it {
            Cost::Amount { amount, .. } => amount.to_string(),
            Cost::NoRate { .. } | Cost::NoRateCard => "no rate".to_owned(),
        });
        let country = if it.people.country.is_empty() { "unknown" } else { &it.people.country };
        text += &format!("{country:10}{}\n", cells(numbers.map(grouped).into_iter().chain(amounts).collect()));
    }
    let amounts = costs.totals.iter().filter_map(|it| Some(it.amount?.to_string()));
    text += &format!("{:10}{}\n", "all", cells(n.map(grouped).into_iter().chain(amounts).collect()));
    for it in costs.totals.iter().filter(|it| card.is_some() && it.n_people_without_rate > 0) {
        let (without, all) = (it.n_people_without_rate, it.n_people_without_rate + it.n_people_with_rate);
        text += &format!(
            "the amount for {} leaves out {} of {} people: their countries have no rate\n",
            it.category.name(),
            grouped(without),
            grouped(all)
        );
    }
    text
}
