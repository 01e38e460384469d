//! WhatsApp ids that a provider gives to several numbers.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use model::{Answer, WaId};
use phone::PhoneNumber;

use crate::NumberAnswer;

/// The WhatsApp ids that are not the number that was asked about, nor another spelling of it. Clones share them, so they
/// hold for all batches of a verification.
#[derive(Clone, Default)]
pub struct ForeignIds(Arc<Mutex<HashMap<u64, Owner>>>);

/// The owner of an id: one number, in its likelier spelling, or several.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    One(PhoneNumber),
    Several,
}

impl fmt::Debug for ForeignIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForeignIds")
    }
}

impl ForeignIds {
    /// Makes answers with one id for several numbers contradictory, and returns how many. `all` are the answers of a
    /// batch, each with the number that was asked about. Two spellings of one number may share an id.
    ///
    /// An answer of an earlier batch that was the first with its id is written already, and stays.
    pub(crate) fn doubt(&self, all: &mut [(PhoneNumber, &mut NumberAnswer)]) -> u64 {
        let foreign: Vec<(usize, u64)> =
            all.iter().enumerate().filter_map(|(n, it)| Some((n, foreign_id(it.0, it.1)?))).collect();
        if foreign.is_empty() {
            return 0;
        }
        let asked: HashSet<u64> = all.iter().map(|it| hash(&spelled(it.0).digits().to_string())).collect();
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (n, id) in &foreign {
            let number = spelled(all[*n].0);
            match owners.entry(*id) {
                Entry::Vacant(place) => {
                    place.insert(if asked.contains(id) { Owner::Several } else { Owner::One(number) });
                }
                Entry::Occupied(mut place) if *place.get() != Owner::One(number) => {
                    place.insert(Owner::Several);
                }
                Entry::Occupied(_) => {}
            }
        }
        let mut n_shared = 0;
        for (n, id) in foreign {
            if owners.get(&id) == Some(&Owner::Several) {
                let answer = &mut *all[n].1;
                (answer.answer, answer.wa_id) = (Answer::Contradictory, None);
                n_shared += 1;
            }
        }
        n_shared
    }
}

/// The hash of an id that is no spelling of the number.
fn foreign_id(number: PhoneNumber, answer: &NumberAnswer) -> Option<u64> {
    let id = answer.wa_id.as_ref().map(WaId::as_str)?;
    let as_number = id.parse().ok().map(PhoneNumber::from_digits).map(spelled);
    match as_number {
        Some(it) if it == spelled(number) => None,
        Some(it) => Some(hash(&it.digits().to_string())),
        None => Some(hash(id)),
    }
}

/// The likelier spelling, which all spellings of a number share.
fn spelled(number: PhoneNumber) -> PhoneNumber {
    number.variants()[0]
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `NUMBER ID` in each place; the answer and whether the id was kept.
    fn check(ids: &ForeignIds, batch: &str) -> String {
        let mut answers: Vec<(PhoneNumber, NumberAnswer)> = batch
            .split(", ")
            .map(|it| {
                let (number, id) = it.split_once(' ').unwrap();
                let number = PhoneNumber::from_e164(number).unwrap();
                let answer = NumberAnswer {
                    answer: Answer::Registered,
                    wa_id: WaId::read(id, number),
                    raw_status: Some("valid".into()),
                };
                (number, answer)
            })
            .collect();
        let mut all: Vec<_> = answers.iter_mut().map(|it| (it.0, &mut it.1)).collect();
        let n_shared = ids.doubt(&mut all);
        let shown: Vec<&str> = answers.iter().map(|it| it.1.answer.name()).collect();
        format!("{}; {n_shared} shared", shown.join(" "))
    }

    #[test]
    fn one_id_for_many_numbers_is_not_believed() {
        let ids = ForeignIds::default();
        assert_eq!(
            check(&ids, "+33199000001 33600000000, +33199000002 33600000000, +33199000003 33199000003"),
            "contradictory contradictory registered; 2 shared"
        );
        assert_eq!(check(&ids, "+33199000004 33600000000"), "contradictory; 1 shared", "the next batch knows it too");
    }

    #[test]
    fn the_number_of_somebody_else_in_the_batch_is_not_believed() {
        let swapped = "+33199000001 33199000002, +33199000002 33199000002";
        assert_eq!(check(&ForeignIds::default(), swapped), "contradictory registered; 1 shared");
    }

    #[test]
    fn an_id_of_its_own_and_that_of_another_spelling_are_believed() {
        for batch in [
            "+33199000001 US.1, +33199000002 US.2",
            // In Argentina a mobile number and a fixed line can be one account.
            "+5491100000001 5491100000001, +541100000001 5491100000001",
        ] {
            assert_eq!(check(&ForeignIds::default(), batch), "registered registered; 0 shared", "{batch}");
        }
    }
}
