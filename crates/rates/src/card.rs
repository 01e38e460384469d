//! Reads a rate card, and finds the rate of a country.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::civil::Date;
use phone::Region;

use crate::error::CardError;
use crate::markets::{self, Listed, OTHER};
use crate::money::Money;
use crate::table::{Row, Table};

/// The category of a message, which decides its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    Marketing,
    Utility,
    Authentication,
    AuthenticationInternational,
    Service,
}

impl Category {
    pub const ALL: [Self; 5] =
        [Self::Marketing, Self::Utility, Self::Authentication, Self::AuthenticationInternational, Self::Service];

    /// The name in small letters, such as `marketing`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Utility => "utility",
            Self::Authentication => "authentication",
            Self::AuthenticationInternational => "authentication_international",
            Self::Service => "service",
        }
    }

    /// Reads a name in any case, with hyphens, spaces or line breaks in it.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = markets::folded(name);
        Self::ALL.into_iter().find(|it| it.name().replace('_', "") == name)
    }
}

/// A rate card in one currency.
#[derive(Debug)]
pub struct RateCard {
    /// The currency, by three letters such as `EUR`.
    pub currency: String,
    /// The markets, by their folded names.
    markets: BTreeMap<String, Market>,
}

#[derive(Debug)]
struct Market {
    name: String,
    /// The line of the file that names it first.
    line: u64,
    /// The countries that the card counts to it; none if it has no column for them.
    countries: Vec<Region>,
    /// By category and the first day of the rate; no day if the card has no dates. No amount where it says `n/a`.
    rates: BTreeMap<(Category, Option<Date>), (Option<Money>, u64)>,
}

/// The rate of a country and a category on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate<'a> {
    pub amount: Money,
    pub market: &'a str,
    /// The first day of the rate; none if the card has no dates.
    pub since: Option<Date>,
}

/// Why a country has no rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRate<'a> {
    /// No market of the card is known to be that of the country.
    NoMarket,
    /// The market has no rate for the category on the day.
    NotInMarket(&'a str),
}

impl RateCard {
    /// Reads a card: a row for each market and category, or a row for each market with a column for each category, as
    /// Meta publishes it. `currency` is needed if the card has several.
    pub fn read(bytes: &[u8], currency: Option<&str>) -> Result<Self, CardError> {
        let table = Table::read(bytes)?;
        let columns = Columns::of(&table)?;
        let rows: Vec<&Row> = table.rows.iter().filter(|it| !it.is_empty()).collect();
        let currency = chosen_currency(&columns, &rows, currency)?;
        let mut card = Self { currency, markets: BTreeMap::new() };
        for row in rows {
            if columns.currency_of(row)? == card.currency {
                card.add(row, &columns)?;
            }
        }
        card.check_countries()?;
        match card.markets.is_empty() {
            true => Err(CardError::NoRates),
            false => Ok(card),
        }
    }

    fn add(&mut self, row: &Row, columns: &Columns) -> Result<(), CardError> {
        let name = row.cell(Some(columns.market));
        if name.is_empty() {
            return Err(wrong(row, "market", name, "each row names its market"));
        }
        let countries = columns.countries_of(row)?;
        let since = columns.day_of(row)?;
        let market = self.markets.entry(markets::folded(name)).or_insert_with(|| Market {
            name: name.to_owned(),
            line: row.line,
            countries: Vec::new(),
            rates: BTreeMap::new(),
        });
        market.countries.extend(countries);
        market.countries.sort();
        market.countries.dedup();
        for (category, cell) in columns.rates_of(row)? {
            let amount = amount(row, cell)?;
            match market.rates.entry((category, since)) {
                Entry::Vacant(free) => {
                    free.insert((amount, row.line));
                }
                Entry::Occupied(taken) if taken.get().0 == amount => {}
                Entry::Occupied(taken) => {
                    let (first, second) = (taken.get().1, row.line);
                    let (market, category) = (market.name.clone(), category.name());
                    return Err(CardError::TwoRates { first, second, market, category });
                }
            }
        }
        Ok(())
    }

    /// Fails if the card counts a country to two markets.
    fn check_countries(&self) -> Result<(), CardError> {
        let mut seen: BTreeMap<Region, u64> = BTreeMap::new();
        for market in self.markets.values() {
            for country in &market.countries {
                if let Some(first) = seen.insert(*country, market.line) {
                    let (first, second) = (first.min(market.line), first.max(market.line));
                    return Err(CardError::TwoMarkets { first, second, country: *country });
                }
            }
        }
        Ok(())
    }

    /// The rate of a country on a day: the latest that holds then.
    pub fn rate(&self, country: Region, category: Category, on: Date) -> Result<Rate<'_>, NoRate<'_>> {
        let market = self.market(country, on).ok_or(NoRate::NoMarket)?;
        let mut held =
            market.rates.iter().filter(|((of, since), _)| *of == category && since.is_none_or(|it| it <= on));
        match held.next_back() {
            Some(((_, since), (Some(amount), _))) => Ok(Rate { amount: *amount, market: &market.name, since: *since }),
            _ => Err(NoRate::NotInMarket(&market.name)),
        }
    }

    /// The market of a country on a day: one that the card gives it, else the country itself, else its region. Markets
    /// that begin later do not count.
    fn market(&self, country: Region, on: Date) -> Option<&Market> {
        let holds = |it: &&Market| it.rates.keys().any(|(_, since)| since.is_none_or(|it| it <= on));
        let named = || self.markets.values().filter(holds);
        let of_card = named().find(|it| it.countries.contains(&country));
        let itself = || named().find(|it| it.countries.is_empty() && Region::from_name(&it.name) == Some(country));
        let region = || {
            let name = match markets::listed(country) {
                Listed::Region(name) => markets::folded(name),
                Listed::Other => OTHER.to_owned(),
                Listed::Itself | Listed::Shared => return None,
            };
            self.markets.get(&name).filter(|it| it.countries.is_empty()).filter(holds)
        };
        of_card.or_else(itself).or_else(region)
    }

    /// The markets that no country is counted to, because their names say nothing to Ferry.
    pub fn unknown_markets(&self) -> Vec<&str> {
        let is_known = |folded: &str, it: &Market| {
            !it.countries.is_empty() || markets::is_region(folded) || Region::from_name(&it.name).is_some()
        };
        self.markets.iter().filter(|(folded, it)| !is_known(folded, it)).map(|it| it.1.name.as_str()).collect()
    }
}

/// Where the columns of a card are.
struct Columns {
    market: usize,
    currency: usize,
    countries: Option<usize>,
    since: Option<usize>,
    /// The day in the notes before the header, such as `effective October 1, 2025`.
    since_notes: Option<Date>,
    rates: RateColumns,
}

enum RateColumns {
    /// A row for each category.
    Rows { category: usize, rate: usize },
    /// A column for each category.
    Columns(Vec<(Category, usize)>),
}

impl Columns {
    fn of(table: &Table) -> Result<Self, CardError> {
        let market = table.column(&["market"]).ok_or(CardError::NoHeader)?;
        let currency = table.column(&["currency"]).ok_or(CardError::NoColumn("currency"))?;
        let rates = match table.column(&["category"]) {
            Some(category) => {
                let rate = table.column(&["rate", "price"]).ok_or(CardError::NoColumn("rate"))?;
                RateColumns::Rows { category, rate }
            }
            None => {
                let columns = table.header.iter().enumerate();
                let columns = columns.filter_map(|(n, name)| Some((Category::from_name(name)?, n)));
                RateColumns::Columns(columns.collect())
            }
        };
        if matches!(&rates, RateColumns::Columns(it) if it.is_empty()) {
            return Err(CardError::NoColumn("category"));
        }
        let since = table.column(&["effectivefrom", "effectivedate", "effective", "validfrom"]);
        let countries = table.column(&["countries", "countrycodes"]);
        Ok(Self { market, currency, countries, since, since_notes: day_of_notes(&table.notes), rates })
    }

    /// The currency of a row, by its three letters.
    fn currency_of(&self, row: &Row) -> Result<String, CardError> {
        let cell = row.cell(Some(self.currency));
        match cell.to_ascii_uppercase().as_str() {
            // Meta's cards of earlier years.
            "$US" => Ok("USD".to_owned()),
            code if code.len() == 3 && code.bytes().all(|it| it.is_ascii_uppercase()) => Ok(code.to_owned()),
            _ => Err(wrong(row, "currency", cell, "write its three letters, such as EUR")),
        }
    }

    /// The countries of a row, by codes or names with `|`, `;` or line breaks between them.
    fn countries_of(&self, row: &Row) -> Result<Vec<Region>, CardError> {
        let names = row.cell(self.countries).split(['|', ';', '\n']).map(str::trim).filter(|it| !it.is_empty());
        let country = |it: &str| {
            let why = "it is not a country: write its two-letter code, such as FR, and | between countries";
            Region::from_name(it).ok_or_else(|| wrong(row, "countries", it, why))
        };
        names.map(country).collect()
    }

    /// The first day of the rates of a row.
    fn day_of(&self, row: &Row) -> Result<Option<Date>, CardError> {
        match row.cell(self.since) {
            "" if self.since.is_some() => Err(wrong(row, "effective_from", "", "each row has a day")),
            "" => Ok(self.since_notes),
            text => match text.parse() {
                Ok(day) => Ok(Some(day)),
                Err(_) => Err(wrong(row, "effective_from", text, "write the day as 2026-10-01")),
            },
        }
    }

    /// The categories of a row, each with the cell that has its rate.
    fn rates_of<'a>(&self, row: &'a Row) -> Result<Vec<(Category, &'a str)>, CardError> {
        match &self.rates {
            RateColumns::Columns(columns) => {
                Ok(columns.iter().map(|(category, column)| (*category, row.cell(Some(*column)))).collect())
            }
            RateColumns::Rows { category, rate } => {
                let cell = row.cell(Some(*category));
                let why = "a category is marketing, utility, authentication, authentication_international or service";
                let category = Category::from_name(cell).ok_or_else(|| wrong(row, "category", cell, why))?;
                Ok(vec![(category, row.cell(Some(*rate)))])
            }
        }
    }
}

/// The amount of a cell; none where the card says that there is no rate.
fn amount(row: &Row, cell: &str) -> Result<Option<Money>, CardError> {
    if ["", "-", "n/a", "na"].iter().any(|it| it.eq_ignore_ascii_case(cell)) {
        return Ok(None);
    }
    Money::parse(cell).map(Some).map_err(|why| wrong(row, "rate", cell, why))
}

/// The currency of the card: the wanted one, or its only one.
fn chosen_currency(columns: &Columns, rows: &[&Row], wanted: Option<&str>) -> Result<String, CardError> {
    let mut known = rows.iter().map(|it| columns.currency_of(it)).collect::<Result<Vec<_>, _>>()?;
    known.sort();
    known.dedup();
    match (wanted.map(str::to_ascii_uppercase), known.as_slice()) {
        (_, []) => Err(CardError::NoRates),
        (Some(wanted), known) if known.contains(&wanted) => Ok(wanted),
        (Some(wanted), _) => Err(CardError::NoCurrency { wanted, known }),
        (None, [one]) => Ok(one.clone()),
        (None, _) => Err(CardError::ManyCurrencies(known)),
    }
}

/// The day after the word `effective` in the notes of a card.
fn day_of_notes(notes: &str) -> Option<Date> {
    let start = notes.to_lowercase().find("effective")?;
    let words: Vec<&str> = notes.get(start..)?.split([' ', ',', '"', '\n']).filter(|it| !it.is_empty()).collect();
    let day = words.get(1..4)?.join(" ");
    Date::strptime("%B %d %Y", day).ok()
}

fn wrong(row: &Row, column: &'static str, value: &str, why: &'static str) -> CardError {
    CardError::Cell { line: row.line, column, value: value.to_owned(), why }
}

#[cfg(test)]
mod tests;
