use std::str::FromStr;

use thiserror::Error;

use crate::World;

/// Something that goes wrong, and how often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    pub when: When,
}

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// On the first requests, so many of them.
    First(u64),
    /// On this share of all requests.
    Share(f64),
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 429 without a word on when to come back.
    RateLimit,
    /// 429 with `Retry-After: 1`.
    RetryAfter,
    /// 500 without having looked.
    ServerError,
    /// No answer, and nothing was looked up.
    TimeoutBefore,
    /// The numbers are looked up and written down, and the answer never comes.
    TimeoutAfter,
    /// The answer breaks off in the middle.
    Truncate,
    /// Every number is valid, as On-Premises API v2.43 and later say.
    AlwaysValid,
    /// Half of the numbers are still being looked up.
    Processing,
    /// Every tenth number is missing in the answer.
    Missing,
    /// Every tenth number is answered twice, once each way.
    Contradict,
    /// A page of HTML with status 200.
    Html,
    /// No number is valid, as a gateway says whose phone is no longer linked.
    AlwaysInvalid,
    /// Every tenth number is answered twice, both times the same.
    Doubled,
    /// The answers come in reverse.
    Reordered,
    /// One answer is about a number that nobody asked about.
    Unasked,
    /// The token is no longer taken: 401.
    ExpiredToken,
}

impl FaultKind {
    const NAMES: [(&'static str, Self); 16] = [
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
    ];
}

/// Why a text does not name a fault.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("a fault is KIND, KIND=FIRST_REQUESTS or KIND:SHARE, with one of {}", FaultKind::NAMES.map(|it| it.0).join(", "))]
pub struct FaultSyntax;

impl FromStr for Fault {
    type Err = FaultSyntax;

    fn from_str(text: &str) -> Result<Self, FaultSyntax> {
        let (name, when) = match (text.split_once('='), text.split_once(':')) {
            (Some((name, n)), _) => (name, When::First(n.parse().map_err(|_| FaultSyntax)?)),
            (_, Some((name, share))) => (name, When::Share(share.parse().map_err(|_| FaultSyntax)?)),
            _ => (text, When::Share(1.0)),
        };
        let kind = FaultKind::NAMES.iter().find(|it| it.0 == name).ok_or(FaultSyntax)?.1;
        Ok(Self { kind, when })
    }
}

impl Fault {
    /// Whether it strikes on the n-th request; the first is 0.
    pub(crate) fn strikes(&self, world: &World, n_request: u64) -> bool {
        match self.when {
            When::First(n) => n_request < n,
            When::Share(share) => world.chance(&format!("{:?}", self.kind), n_request) < share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_kind_and_how_often() {
        let fault = |kind, when| Ok(Fault { kind, when });
        assert_eq!("truncate".parse(), fault(FaultKind::Truncate, When::Share(1.0)));
        assert_eq!("rate-limit=2".parse(), fault(FaultKind::RateLimit, When::First(2)));
        assert_eq!("timeout-after:0.25".parse(), fault(FaultKind::TimeoutAfter, When::Share(0.25)));
        for text in ["", "trunc", "truncate=x", "truncate:"] {
            assert_eq!(text.parse::<Fault>(), Err(FaultSyntax), "{text}");
        }
    }
}
