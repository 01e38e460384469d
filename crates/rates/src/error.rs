use phone::Region;
use thiserror::Error;

/// Why a rate card cannot be used.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum CardError {
    #[error("it is not UTF-8: save it as CSV UTF-8")]
    NotUtf8,
    #[error(
        "it has no column market: a rate card has market, currency, category, rate and effective_from, or a column for each category"
    )]
    NoHeader,
    #[error("it has no column {0}")]
    NoColumn(&'static str),
    #[error("it has no rates")]
    NoRates,
    #[error("it has rates in {}: name one with currency = \"{}\" in [rates]", .0.join(", "), .0.first().map_or("", |it| it))]
    ManyCurrencies(Vec<String>),
    #[error("it has no rates in {wanted}: it has {}", .known.join(", "))]
    NoCurrency { wanted: String, known: Vec<String> },
    #[error("line {line}: {column} is \"{value}\": {why}")]
    Cell { line: u64, column: &'static str, value: String, why: &'static str },
    #[error("lines {first} and {second} have different rates for {market}, {category}, from the same day")]
    TwoRates { first: u64, second: u64, market: String, category: &'static str },
    #[error("lines {first} and {second} count {country} to two markets")]
    TwoMarkets { first: u64, second: u64, country: Region },
}
