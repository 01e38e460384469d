use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::evidence::{IDENTITY_CHANGED, PASSIVE};
use crate::{Answer, Evidence, WaId};
use phone::PhoneNumber;

/// How much later than now evidence can be dated: clocks and time zones differ by less than a day.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// Whether a contact is registered on WhatsApp, derived from all evidence, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub answer: Answer,
    /// The method of the evidence that decided.
    pub method: String,
    pub checked_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// The number that was checked, if it was a national variant and not the contact's own.
    pub variant: Option<PhoneNumber>,
    /// The WhatsApp id of a registered contact, if an answer gave one.
    pub wa_id: Option<WaId>,
    /// The last known answer, if it has expired. `answer` is [`Answer::NoAnswer`] then.
    pub expired: Option<Answer>,
}

/// The verdict of one method: its newest check that says anything.
#[derive(Clone, Copy)]
struct MethodVerdict<'a> {
    answer: Answer,
    by: &'a Evidence,
}

impl Registration {
    /// The registration at the moment `now`; none without evidence. The order of the evidence does not matter.
    ///
    /// The first line that fits decides (`docs/verification.md` has the same table, with examples):
    ///
    /// 1. Evidence from before a change of identity does not count: the number may have another owner now.
    /// 2. The newest check of each method counts that said more than `no_answer`. In one check, a number is registered
    ///    if any of its national variants is, and not registered if none is.
    /// 3. A message that was delivered or received is proof. It overrides every earlier lookup; a later lookup that
    ///    disagrees makes the registration `contradictory`.
    /// 4. Lookups that agree decide, the newest first; lookups that disagree make it `contradictory`.
    /// 5. Expired evidence counts only if nothing else is left, as `no_answer` with the expired answer. So does evidence
    ///    dated more than a day after `now`: the clock of the machine that recorded it was wrong.
    pub fn of(evidence: &[Evidence], now: Timestamp) -> Option<Self> {
        let since = evidence.iter().filter(|it| is_change(it)).map(|it| it.checked_at).max();
        let counts = |it: &&Evidence| since.is_none_or(|since| it.checked_at >= since);
        let evidence: Vec<&Evidence> = evidence.iter().filter(counts).collect();
        let newest = evidence.iter().copied().max_by_key(|it| (it.checked_at, &it.method))?;

        let newest_possible = now.saturating_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX);
        let is_valid = |it: &Evidence| it.checked_at <= newest_possible && it.expires_at.is_none_or(|end| now < end);
        let valid: Vec<&Evidence> = evidence.iter().copied().filter(|it| is_valid(it)).collect();
        if let Some(verdict) = resolve(&verdicts(&valid)) {
            return Some(Self::by(verdict));
        }
        let expired = resolve(&verdicts(&evidence)).filter(|it| it.answer.is_conclusive());
        Some(match expired {
            Some(it) => Self { answer: Answer::NoAnswer, wa_id: None, expired: Some(it.answer), ..Self::by(it) },
            None => Self::by(MethodVerdict { answer: Answer::NoAnswer, by: newest }),
        })
    }

    fn by(MethodVerdict { answer, by }: MethodVerdict) -> Self {
        Self {
            answer,
            method: by.method.clone().into_owned(),
            checked_at: by.checked_at,
            expires_at: by.expires_at,
            variant: by.variant,
            wa_id: by.wa_id.clone().filter(|_| answer == Answer::Registered),
            expired: None,
        }
    }
}

fn is_change(evidence: &Evidence) -> bool {
    evidence.raw_status.as_deref() == Some(IDENTITY_CHANGED)
}

/// The verdict of each method, the newest first, without methods that say nothing.
fn verdicts<'a>(evidence: &[&'a Evidence]) -> Vec<MethodVerdict<'a>> {
    let mut checks: BTreeMap<(&str, Timestamp), Vec<&'a Evidence>> = BTreeMap::new();
    for it in evidence {
        checks.entry((&it.method, it.checked_at)).or_default().push(it);
    }
    let mut by_method: BTreeMap<&str, MethodVerdict> = BTreeMap::new();
    // Checks of a method come in the order of their time, so the newest replaces the others.
    for ((method, _), variants) in checks {
        by_method.extend(verdict_of(&variants).map(|verdict| (method, verdict)));
    }
    let mut verdicts: Vec<MethodVerdict> = by_method.into_values().collect();
    verdicts.sort_by_key(|it| (std::cmp::Reverse(it.by.checked_at), it.by.method.clone()));
    verdicts
}

/// The verdict of one check about all the variants of a number.
fn verdict_of<'a>(variants: &[&'a Evidence]) -> Option<MethodVerdict<'a>> {
    let says = |answer| variants.iter().copied().find(|it| it.answer == answer).map(|by| MethodVerdict { answer, by });
    let not_registered = || says(Answer::NotRegistered).filter(|_| says(Answer::NoAnswer).is_none());
    says(Answer::Registered).or_else(|| says(Answer::Contradictory)).or_else(not_registered)
}

/// The one verdict that follows from those of all methods; none if there is none. `verdicts` come newest first.
fn resolve<'a>(verdicts: &[MethodVerdict<'a>]) -> Option<MethodVerdict<'a>> {
    let newest = *verdicts.first()?;
    let contradictory = Some(MethodVerdict { answer: Answer::Contradictory, ..newest });
    if let Some(proof) = verdicts.iter().find(|it| it.by.method == PASSIVE && it.answer.is_conclusive()) {
        let disagrees = |it: &MethodVerdict| it.by.checked_at > proof.by.checked_at && it.answer != proof.answer;
        return if verdicts.iter().any(disagrees) { contradictory } else { Some(*proof) };
    }
    if verdicts.iter().all(|it| it.answer == newest.answer) { Some(newest) } else { contradictory }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ContactId;

    const NOW: i64 = 100;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    /// `contacts 10 registered`: method, day and answer; `until 20` when it expires, `as NUMBER` the variant, and a
    /// change of identity is `passive 10 identity_changed`.
    fn evidence(text: &str) -> Evidence {
        let words: Vec<&str> = text.split(' ').collect();
        let after = |word: &str| words.iter().position(|it| *it == word).map(|it| words[it + 1]);
        Evidence {
            contact_id: ContactId([7; 16]),
            method: words[0].to_owned().into(),
            variant: after("as").map(|it| PhoneNumber::from_digits(it.parse().unwrap())),
            checked_at: at(words[1].parse().unwrap()),
            expires_at: after("until").map(|it| at(it.parse().unwrap())),
            answer: Answer::from_name(words[2]).unwrap_or(Answer::NoAnswer),
            price_micros: 0,
            wa_id: None,
            raw_status: Some(words[2].to_owned().into()),
        }
    }

    /// The registration on day 100, whatever the order of the evidence.
    fn check(said: &str, expected: &str) {
        let mut all: Vec<Evidence> = said.split(", ").filter(|it| !it.is_empty()).map(evidence).collect();
        for _ in 0..2 {
            let shown = match Registration::of(&all, at(NOW)) {
                None => "nothing".to_owned(),
                Some(it) => {
                    let day = it.checked_at.as_second() / 86_400;
                    let expired = it.expired.map_or(String::new(), |it| format!(", was {}", it.name()));
                    format!("{} by {} on {day}{expired}", it.answer.name(), it.method)
                }
            };
            assert_eq!(shown, expected, "{said}");
            all.reverse();
        }
    }

    #[test]
    fn the_newest_verdict_of_a_method_counts() {
        check("", "nothing");
        check("contacts 10 registered, contacts 20 not_registered", "not_registered by contacts on 20");
        check("contacts 10 registered, contacts 20 no_answer", "registered by contacts on 10");
        check("contacts 10 no_answer, contacts 20 no_answer", "no_answer by contacts on 20");
        check("contacts 10 contradictory, contacts 20 no_answer", "contradictory by contacts on 10");
        check("contacts 10 contradictory, contacts 20 registered", "registered by contacts on 20");
    }

    #[test]
    fn methods_that_disagree_make_a_contradiction() {
        check("contacts 10 registered, waha 20 registered", "registered by waha on 20");
        check("contacts 10 registered, waha 20 not_registered", "contradictory by waha on 20");
        check("contacts 10 registered, waha 20 no_answer", "registered by contacts on 10");
    }

    #[test]
    fn a_delivered_message_is_proof_against_what_was_said_before() {
        check("contacts 10 not_registered, passive 20 registered", "registered by passive on 20");
        check("passive 10 registered, contacts 20 not_registered", "contradictory by contacts on 20");
        check("passive 10 registered, contacts 20 registered", "registered by passive on 10");
        check("passive 20 registered, contacts 10 contradictory", "registered by passive on 20");
    }

    #[test]
    fn what_has_expired_is_no_answer_that_says_what_it_was() {
        check("contacts 10 registered until 90", "no_answer by contacts on 10, was registered");
        check("contacts 10 registered until 100", "no_answer by contacts on 10, was registered");
        check("contacts 10 registered until 101", "registered by contacts on 10");
        check("contacts 10 registered until 90, waha 5 not_registered until 200", "not_registered by waha on 5");
        check("contacts 10 no_answer until 90", "no_answer by contacts on 10");
    }

    #[test]
    fn an_answer_dated_in_the_future_counts_like_an_expired_one() {
        check("contacts 102 registered", "no_answer by contacts on 102, was registered");
        check("contacts 102 registered until 5000, waha 5 not_registered", "not_registered by waha on 5");
        check("contacts 101 registered", "registered by contacts on 101");
    }

    #[test]
    fn a_number_is_registered_under_any_of_its_variants_and_not_registered_under_all() {
        check(
            "waha 10 not_registered as 5511960000001, waha 10 registered as 551160000001",
            "registered by waha on 10",
        );
        check("waha 10 not_registered as 1, waha 10 not_registered as 2", "not_registered by waha on 10");
        check("waha 10 not_registered as 1, waha 10 no_answer as 2", "no_answer by waha on 10");
    }

    #[test]
    fn a_number_that_may_have_another_owner_is_checked_again() {
        check("contacts 10 registered, passive 20 identity_changed", "no_answer by passive on 20");
        check(
            "contacts 10 registered, passive 20 identity_changed, contacts 30 not_registered",
            "not_registered by contacts on 30",
        );
    }
}
