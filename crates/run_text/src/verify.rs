//! Text of verification.

use std::time::Duration;

use crossing::{Estimate, PlannedChecks, Uninformative};
use jiff::Timestamp;
use model::{counted, grouped};
use run::Cost;
use verify::Verdict;

/// `about 316 numbers and 5 test numbers in 5 calls, 0.32 USD, 2 days at 205 a day`
pub fn planned_checks(checks: &PlannedChecks) -> String {
    let Estimate { numbers, test_numbers, calls, price_micros } = checks.estimate;
    let time = match (checks.daily_quota, checks.per_second) {
        (Some(daily), _) if daily > test_numbers && numbers + test_numbers > daily => {
            // Each day begins with the test numbers.
            format!(", {} days at {} a day", grouped(numbers.div_ceil(daily - test_numbers)), grouped(daily))
        }
        (_, Some(rate)) => format!(", {} s or more", grouped(calls.div_ceil(u64::from(rate.get())))),
        _ => String::new(),
    };
    let tests = match test_numbers {
        0 => String::new(),
        n => format!(" and {}", counted(n, "test number")),
    };
    let price = if price_micros == 0 { String::new() } else { format!(", {}", money(price_micros, &checks.currency)) };
    format!("about {}{tests} in {}{price}{time}", counted(numbers, "number"), counted(calls, "call"))
}

/// `321 checks in 5 calls, 0.32 USD; 196 already known, which saved 2 calls`
pub fn cost(cost: &Cost) -> String {
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

/// `the provider asks to wait 15 min, until 14:30 UTC`
pub fn wait(length: Duration, is_asked_for: bool, until: Timestamp) -> String {
    let why = if is_asked_for { "the provider asks to wait" } else { "the provider keeps failing: waiting" };
    let length = match length.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    };
    format!("{why} {length}, until {}", until.strftime("%H:%M UTC"))
}

/// The reason why a provider is not used; none if it is informative.
pub fn verdict(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Informative => None,
        Verdict::SaysYesToAll => Some(uninformative(Uninformative::SaysYesToAll)),
        Verdict::SaysNoToKnown => Some(uninformative(Uninformative::SaysNoToKnown)),
    }
}

/// The reason why the answers of a provider are not usable.
pub fn uninformative(why: Uninformative) -> &'static str {
    match why {
        Uninformative::SaysYesToAll => "the provider accepts numbers that cannot exist",
        Uninformative::SaysNoToKnown => "the provider does not know numbers that are on WhatsApp",
        Uninformative::OneAnswerForAll => "the provider gave all numbers the same answer",
    }
}

/// `0.001`, with as many digits as the amount has.
pub fn exact_amount(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `0.32 USD`
fn money(micros: u64, currency: &str) -> String {
    format!("{:.2} {currency}", micros as f64 / 1e6)
}
