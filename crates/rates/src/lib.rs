//! Rate cards: what a delivered message costs, by the user's own CSV file.
//!
//! Ferry comes without prices. A card names markets, which are countries or regions. A country is matched with a market
//! only if its name, the card or the list of Meta's regions (`markets.tsv`) says so: otherwise it has no rate.

mod card;
mod error;
mod markets;
mod money;
mod table;

pub use card::{Category, NoRate, Rate, RateCard};
pub use error::CardError;
pub use markets::REGIONS_AS_OF;
pub use money::Money;
