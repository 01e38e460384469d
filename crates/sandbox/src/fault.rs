use std::str::FromStr;

use thiserror::Error;

use crate::Population;

/// A fault, and how often it occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    pub when: When,
}

/// How often a fault occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// On so many of the first requests.
    First(u64),
    /// On this request only, counted from 1.
    At(u64),
    /// On this share of all requests.
    Share(f64),
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 429 without `Retry-After`.
    RateLimit,
    /// 429 with `Retry-After: 1`.
    RetryAfter,
    /// 500, and nothing is looked up.
    ServerError,
    /// No answer, and nothing is looked up.
    TimeoutBefore,
    /// The numbers are looked up and written to the ledger, but no answer comes.
    TimeoutAfter,
    /// The answer ends in the middle.
    Truncate,
    /// Every number is valid, as with On-Premises API v2.43 and later.
    AlwaysValid,
    /// Half of the numbers are still being looked up.
    Processing,
    /// Every tenth number has no answer.
    Missing,
    /// Every tenth number has two different answers.
    Contradict,
    /// An HTML page with status 200.
    Html,
    /// No number is valid, as with a gateway whose phone is no longer linked.
    AlwaysInvalid,
    /// Every tenth number has two equal answers.
    Doubled,
    /// The answers come in reverse order.
    Reordered,
    /// One answer is about a number that was not checked.
    Unasked,
    /// The token is no longer valid: 401.
    ExpiredToken,
    /// Every tenth number has a status with a NUL in it.
    Odd,
    /// All registered numbers have one WhatsApp id.
    OneId,
    /// No answer to new templates, and they are not taken.
    TimeoutTemplates,
    /// The link to the next page leads to the same page once more, and is another link.
    RepeatPage,
    /// The link to the next page leads back to the first.
    LoopPage,
    /// A page without rows, and the link to the next goes on.
    EmptyPage,
    /// The link to the next page leads to another host.
    ForeignLink,
    /// Half of the rows that were asked for, and the link to the next page goes on.
    SmallPage,
    /// The total of rows is wrong.
    WrongTotal,
    /// Status 200 with the body of an error.
    ErrorBody,
    /// A page ends at some byte.
    CutPage,
    /// All rows of six hours are of one moment. It stays so.
    TiedTimes,
}

impl FaultKind {
    const NAMES: [(&'static str, Self); 28] = [
        ("rate-limit", Self::RateLimit),
        ("retry-after", Self::RetryAfter),
        ("server-error", Self::ServerError),
        ("timeout-before", Self::TimeoutBefore),
        ("timeout-after", Self::TimeoutAfter),
        ("truncate", Self::Truncate),
        ("always-valid", Self::AlwaysValid),
        ("processing", Self::Processing),
        ("missing", Self::Missing),
        ("contradict", Self::Contradict),
        ("html", Self::Html),
        ("always-invalid", Self::AlwaysInvalid),
        ("doubled", Self::Doubled),
        ("reordered", Self::Reordered),
        ("unasked", Self::Unasked),
        ("expired-token", Self::ExpiredToken),
        ("odd", Self::Odd),
        ("one-id", Self::OneId),
        ("timeout-templates", Self::TimeoutTemplates),
        ("repeat-page", Self::RepeatPage),
        ("loop-page", Self::LoopPage),
        ("empty-page", Self::EmptyPage),
        ("foreign-link", Self::ForeignLink),
        ("small-page", Self::SmallPage),
        ("wrong-total", Self::WrongTotal),
        ("error-body", Self::ErrorBody),
        ("cut-page", Self::CutPage),
        ("tied-times", Self::TiedTimes),
    ];

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|it| it.1 == self).map_or("", |it| it.0)
    }
}

/// The text is not that of a fault.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("a fault is KIND, KIND=FIRST_REQUESTS, KIND@REQUEST or KIND:SHARE, with one of {}", FaultKind::NAMES.map(|it| it.0).join(", "))]
pub struct FaultSyntax;

impl FromStr for Fault {
    type Err = FaultSyntax;

    fn from_str(text: &str) -> Result<Self, FaultSyntax> {
        let (name, when) = match text.split_once(['=', '@', ':']) {
            Some((name, n)) if text.contains('=') => (name, When::First(n.parse().map_err(|_| FaultSyntax)?)),
            Some((name, n)) if text.contains('@') => (name, When::At(n.parse().map_err(|_| FaultSyntax)?)),
            Some((name, share)) => (name, When::Share(share.parse().map_err(|_| FaultSyntax)?)),
            None => (text, When::Share(1.0)),
        };
        let kind = FaultKind::NAMES.iter().find(|it| it.0 == name).ok_or(FaultSyntax)?.1;
        Ok(Self { kind, when })
    }
}

impl Fault {
    /// Returns whether the fault occurs on the n-th request, counted from 0.
    pub(crate) fn occurs(&self, population: &Population, n_request: u64) -> bool {
        match self.when {
            When::First(n) => n_request < n,
            When::At(n) => n_request + 1 == n,
            When::Share(share) => population.chance(self.kind.name(), n_request) < share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_with_how_often_it_occurs() {
        let fault = |kind, when| Ok(Fault { kind, when });
        assert_eq!("truncate".parse(), fault(FaultKind::Truncate, When::Share(1.0)));
        assert_eq!("rate-limit=2".parse(), fault(FaultKind::RateLimit, When::First(2)));
        assert_eq!("timeout-after:0.25".parse(), fault(FaultKind::TimeoutAfter, When::Share(0.25)));
        assert_eq!("cut-page@3".parse(), fault(FaultKind::CutPage, When::At(3)));
        for text in ["", "trunc", "truncate=x", "truncate:", "truncate@", "truncate@1=2"] {
            assert_eq!(text.parse::<Fault>(), Err(FaultSyntax), "{text}");
        }
    }

    #[test]
    fn a_fault_occurs_on_the_first_requests_on_one_or_on_a_share() {
        let occurs = |text: &str| -> Vec<u64> {
            let (fault, population) = (text.parse::<Fault>().unwrap(), Population::new(3, 1.0));
            (0..8).filter(|it| fault.occurs(&population, *it)).map(|it| it + 1).collect()
        };
        assert_eq!(occurs("cut-page=2"), [1, 2]);
        assert_eq!(occurs("cut-page@2"), [2]);
        assert_eq!(occurs("cut-page"), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert!((1..8).contains(&occurs("cut-page:0.5").len()));
    }
}
