//! Exact amounts of money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul};

/// Limits the digits after the point. Rate cards have four.
const DECIMALS: usize = 6;
/// Limits the digits before the point, so that a rate times all people of the world fits.
const MOST_DIGITS: usize = 12;

/// An amount in millionths of a unit of its currency: exact, never rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(u128);

impl Money {
    /// Reads `0.0353`, or `0,0353` where the comma can only be a decimal comma. The error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (whole, decimals) = match (text.split_once('.'), text.split_once(',')) {
            (Some(_), Some(_)) => return Err("write it without signs for thousands"),
            (None, Some((whole, decimals))) if decimals.len() == 3 && !whole.trim_matches('0').is_empty() => {
                return Err("the comma may be one for thousands: write a decimal point");
            }
            (Some(parts), None) | (None, Some(parts)) => parts,
            (None, None) => (text, "0"),
        };
        let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        match () {
            () if !is_number(whole) || !is_number(decimals) => Err("write a number such as 0.0353, or n/a"),
            () if decimals.len() > DECIMALS => Err("a rate has at most 6 decimals"),
            () if whole.len() > MOST_DIGITS => Err("it is too large for a rate"),
            () => format!("{whole}{decimals:0<DECIMALS$}").parse().map(Self).map_err(|_| "it is too large for a rate"),
        }
    }
}

impl Money {
    /// An amount in millionths.
    pub fn of_micros(micros: u128) -> Self {
        Self(micros)
    }

    /// The amount in millionths.
    pub fn micros(self) -> u128 {
        self.0
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

impl Mul<u64> for Money {
    type Output = Self;

    fn mul(self, n: u64) -> Self {
        Self(self.0 * u128::from(n))
    }
}

/// All decimals that are not 0, at least two: `0.0353`, `12.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let decimals = format!("{decimals:06}");
        let shown = decimals.trim_end_matches('0').len().max(2);
        f.pad(&format!("{whole}.{}", &decimals[..shown]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        Money::parse(text).map_or_else(|why| format!("no: {why}"), |it| it.to_string())
    }

    #[test]
    fn a_rate_is_exact_to_a_millionth() {
        for (text, expected) in [
            ("0.0353", "0.0353"),
            ("0.1", "0.10"),
            ("12", "12.00"),
            ("586.33", "586.33"),
            ("0.000001", "0.000001"),
            ("0.0000001", "no: a rate has at most 6 decimals"),
            ("1000000000000", "no: it is too large for a rate"),
            ("-0.1", "no: write a number such as 0.0353, or n/a"),
            ("0.1 USD", "no: write a number such as 0.0353, or n/a"),
            (".5", "no: write a number such as 0.0353, or n/a"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_comma_is_read_only_where_it_can_be_nothing_but_a_decimal_comma() {
        for (text, expected) in [
            ("0,0353", "0.0353"),
            ("0,035", "0.035"),
            ("586,33", "586.33"),
            ("1,234", "no: the comma may be one for thousands: write a decimal point"),
            ("1.234,56", "no: write it without signs for thousands"),
            ("1,234.56", "no: write it without signs for thousands"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_sum_for_everyone_in_the_world_is_exact() {
        let rate = Money::parse("0.0353").unwrap();
        assert_eq!((rate * 8_000_000_001).to_string(), "282400000.0353");
        assert_eq!([rate, rate, Money::parse("0.0001").unwrap()].into_iter().sum::<Money>().to_string(), "0.0707");
    }
}
