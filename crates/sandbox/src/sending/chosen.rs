//! Whom a fault, a failure or an answer is for.

use jiff::Timestamp;

use crate::sending::chance::Chances;
use crate::sending::person::digits_of;
use crate::sending::settings::Chosen;

/// What is known of a message when something may happen to it.
pub(super) struct Candidate<'a> {
    /// The number of the request.
    pub(super) n: u64,
    pub(super) at: Timestamp,
    /// The digits of the person, if the body could be read.
    pub(super) to: Option<u64>,
    pub(super) number: &'a str,
    pub(super) template: Option<&'a str>,
    pub(super) chances: &'a Chances,
}

impl Chosen {
    /// Whether all conditions hold. `purpose` keeps the chances of different things apart.
    pub(super) fn holds(&self, purpose: &str, candidate: &Candidate<'_>) -> bool {
        let second = candidate.at.as_second();
        let is_time = self.from.is_none_or(|it| it <= candidate.at)
            && self.until.is_none_or(|it| candidate.at < it)
            && self.seconds_of.is_none_or(|[first, of]| second.rem_euclid(of.max(1)) < first);
        let is_listed =
            |list: &[String], item: Option<&str>| list.is_empty() || list.iter().any(|it| Some(it.as_str()) == item);
        is_time
            && (self.requests.is_empty() || self.requests.contains(&candidate.n))
            && self.times.is_none_or(|it| candidate.chances.attempt < u64::from(it))
            && is_listed(&self.numbers, Some(candidate.number))
            && is_listed(&self.templates, candidate.template)
            && (self.to.is_empty() || self.to.iter().any(|it| candidate.to.is_some() && digits_of(it) == candidate.to))
            && self.share.is_none_or(|it| candidate.chances.occurs(purpose, it))
    }
}
