//! Text of verification.

use crossing::PlannedChecks;
use crossing::Uninformative;
use model::{counted, grouped};
use run::Cost;
use verify::Verdict;

/// `about 316 numbers in 4 calls, 0.32 USD, 2 days at 205 a day`
pub(crate) fn planned_checks(checks: &PlannedChecks) -> String {
    let numbers = checks.estimate.numbers;
    let (calls, price_micros) = (checks.estimate.calls, checks.estimate.price_micros);
    let time = match (checks.daily_quota, checks.per_second) {
        (Some(daily), _) if daily > 0 && numbers > daily => {
            format!(", {} days at {} a day", grouped(numbers.div_ceil(daily)), grouped(daily))
        }
        (_, Some(rate)) => format!(", {} s or more", grouped(calls.div_ceil(u64::from(rate.get())))),
        _ => String::new(),
    };
    let price = if price_micros == 0 { String::new() } else { format!(", {}", money(price_micros, &checks.currency)) };
    format!("about {} in {}{price}{time}", counted(numbers, "number"), counted(calls, "call"))
}

/// `321 checks in 5 calls, 0.32 USD; 196 already known, which saved 2 calls`
pub(crate) fn cost(cost: &Cost) -> String {
    let Cost { checks, calls, retries, known_already, calls_saved, price_micros, ref currency, at: _ } = *cost;
    let mut text = format!("{} in {}", counted(checks, "check"), counted(calls, "call"));
    if retries > 0 {
        text += &format!(" ({} retries)", grouped(retries));
    }
    if price_micros > 0 {
        text += &format!(", {}", money(price_micros, currency));
    }
    if known_already > 0 {
        text += &format!("; {} already known, which saved {}", grouped(known_already), counted(calls_saved, "call"));
    }
    text
}

/// The reason why a provider is not used; none if it is informative.
pub(crate) fn verdict(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Informative => None,
        Verdict::SaysYesToAll => Some(uninformative(Uninformative::SaysYesToAll)),
        Verdict::SaysNoToKnown => Some(uninformative(Uninformative::SaysNoToKnown)),
    }
}

/// The reason why the answers of a provider are not usable.
pub(crate) fn uninformative(why: Uninformative) -> &'static str {
    match why {
        Uninformative::SaysYesToAll => "the provider accepts numbers that cannot exist",
        Uninformative::SaysNoToKnown => "the provider does not know numbers that are on WhatsApp",
        Uninformative::OneAnswerForAll => "the provider gave all numbers the same answer",
    }
}

/// `0.32 USD`
fn money(micros: u64, currency: &str) -> String {
    format!("{:.2} {currency}", micros as f64 / 1e6)
}
