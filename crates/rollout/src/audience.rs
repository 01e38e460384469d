//! Who is left out of a step, and why.

mod facts;
mod reason;

pub use facts::{PersonFacts, Rules};
pub use reason::Reason;

use std::sync::LazyLock;

use jiff::Timestamp;
use phone::{LineType, Region};

/// The countries of `restricted.tsv`.
static RESTRICTED: LazyLock<Vec<Region>> = LazyLock::new(|| {
    let codes = lines().filter_map(|line| line.split('\t').next());
    codes.filter_map(Region::from_code).collect()
});

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("audience/restricted.tsv").lines().filter(|it| !it.starts_with('#'))
}

/// The first reason for which a person is left out; `None` if they are written to.
///
/// The order is fixed: what the person said comes before what is known of the number, and that before what the step lacks. So
/// somebody who refused is never counted as "no template".
pub fn exclude(person: &PersonFacts, rules: &Rules) -> Option<Reason> {
    by_consent(person)
        .or_else(|| by_place(person, rules))
        .or_else(|| by_risk(person, rules))
        .or_else(|| by_step(person, rules))
}

fn by_consent(person: &PersonFacts) -> Option<Reason> {
    first(&[
        (person.is_taken, Reason::Taken),
        (person.has_refused, Reason::Refused),
        (person.is_suppressed, Reason::Suppressed),
        (person.is_held, Reason::HeldIdentity),
        (!person.has_consent, Reason::NoConsent),
    ])
}

fn by_place(person: &PersonFacts, rules: &Rules) -> Option<Reason> {
    let is_in_states = person.country.is_some_and(|it| it.code() == "US");
    let is_wrong_line = person.line_type.is_some_and(|it| !LineType::is_sendable(it));
    first(&[
        (person.country.is_some_and(|it| RESTRICTED.contains(&it)), Reason::RestrictedCountry),
        (is_in_states && rules.is_marketing, Reason::UsMarketing),
        (is_wrong_line && !rules.allows_any_line, Reason::LineType),
        (person.is_registered == Some(false), Reason::NotRegistered),
        (person.is_excluded_by_code, Reason::ExcludedByCode),
    ])
}

/// The three categories of numbers that are most likely to block the sender.
fn by_risk(person: &PersonFacts, rules: &Rules) -> Option<Reason> {
    let is_silent = |last: Timestamp, longest| rules.now.duration_since(last) > longest;
    let is_long_silent = person.last_contact.zip(rules.longest_silence).is_some_and(|(last, it)| is_silent(last, it));
    let tries = rules.tries_without_delivery;
    let is_dead = !person.was_ever_delivered && tries.is_some_and(|it| person.n_tries >= it);
    first(&[
        (is_dead, Reason::NeverDelivered),
        (person.is_shared_or_reassigned, Reason::SharedOrReassigned),
        (is_long_silent, Reason::LongSilent),
    ])
}

fn by_step(person: &PersonFacts, rules: &Rules) -> Option<Reason> {
    first(&[
        (rules.has_allow_list && !person.is_in_allow_list, Reason::NotInAllowList),
        (!person.has_template, Reason::NoTemplateInLanguage),
        (!person.has_parameters, Reason::MissingParameter),
        (rules.people_left == Some(0), Reason::OverMaxPeople),
    ])
}

fn first(reasons: &[(bool, Reason)]) -> Option<Reason> {
    reasons.iter().find(|it| it.0).map(|it| it.1)
}

#[cfg(test)]
mod tests;
