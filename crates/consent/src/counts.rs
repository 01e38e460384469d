use std::cmp::Reverse;

use crate::Meaning;

/// The time of a statement: an instant (both are equal) or a whole day, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct When {
    pub start: i64,
    pub end: i64,
}

/// One statement about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Said {
    /// `Nothing` never counts.
    pub meaning: Meaning,
    /// None where the source gives no date.
    pub when: Option<When>,
    /// The start of the run that first brought it, in microseconds since 1970.
    pub brought: i64,
}

/// How to choose between statements that do not agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The latest; an undated refusal stays until a later run brings a yes that was said after it.
    #[default]
    LatestStatement,
    /// The strictest, whenever it was said.
    Strictest,
}

impl Rule {
    const NAMES: [(Self, &'static str); 2] =
        [(Self::LatestStatement, "latest-statement"), (Self::Strictest, "strictest")];

    /// The name as a plan writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// Reads back what [`Rule::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|it| it.1 == name).map(|it| it.0)
    }
}

/// The place of the statement that counts; none if there is no statement.
///
/// The order of `said` does not matter; of equal statements the one at the lowest place is found.
///
/// By [`Rule::LatestStatement`], a day is as late as every instant in it, and of statements that are equally late the
/// strictest counts. An undated refusal may be later than everything else, so it counts if it is at least as strict. Only a
/// yes whose own date is after the run that first brought the refusal, and that came in a later run, lifts it.
pub fn counts(rule: Rule, said: &[Said]) -> Option<usize> {
    let stated = || (0..).zip(said).filter(|it: &(usize, &Said)| it.1.meaning != Meaning::Nothing);
    match rule {
        Rule::Strictest => strictest(stated()),
        Rule::LatestStatement => latest(said).or_else(|| strictest(stated())),
    }
}

/// None if nothing is dated and nothing is a refusal.
fn latest(said: &[Said]) -> Option<usize> {
    let stated = || (0..).zip(said).filter(|it: &(usize, &Said)| it.1.meaning != Meaning::Nothing);
    let dated = || stated().filter_map(|(place, it)| Some((place, it, it.when?)));
    let last_start = dated().map(|it| it.2.start).max();
    let last_yes = dated().filter(|it| it.1.meaning == Meaning::Yes).map(|it| it.2.start.min(it.1.brought)).max();

    let winner = dated().filter(|it| Some(it.2.end.max(it.2.start)) >= last_start).map(|(place, it, _)| (place, it));
    let winner = strictest(winner).and_then(|place| Some((place, said.get(place)?)));
    let standing = stated().filter(|(_, it)| it.when.is_none() && it.meaning != Meaning::Yes);
    let not_lifted = standing.filter(|(_, it)| last_yes.is_none_or(|yes| yes <= it.brought));
    strictest(winner.into_iter().chain(not_lifted))
}

/// Of equally strict ones the latest, then the one that was brought first.
fn strictest<'a>(said: impl Iterator<Item = (usize, &'a Said)>) -> Option<usize> {
    said.max_by_key(|(place, it)| (it.meaning, it.when, Reverse(it.brought), Reverse(*place))).map(|it| it.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Meaning::{No, Nothing, Stop, Unclear, Yes};

    const DAY: i64 = 86_400_000_000;

    /// Statements as `meaning when brought`, the time in days since 1970: `2` is a whole day, `2.5` an instant, `-` undated.
    fn check(rule: Rule, said: &str, expected: &str) {
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        let statements: Vec<Said> = lines.iter().map(|it| statement(it)).collect();
        let found = counts(rule, &statements).map_or("none", |it| lines[it]);
        assert_eq!(found, expected, "{rule:?}\n{said}");
    }

    fn statement(line: &str) -> Said {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let time = |text: &str| (text.parse::<f64>().unwrap() * DAY as f64) as i64;
        let when = match columns[1] {
            "-" => None,
            instant if instant.contains('.') => Some(When { start: time(instant), end: time(instant) }),
            day => Some(When { start: time(day), end: time(day) + DAY - 1 }),
        };
        Said { meaning: Meaning::from_name(columns[0]).unwrap(), when, brought: time(columns[2]) }
    }

    #[test]
    fn the_latest_of_dated_statements_counts() {
        check(Rule::LatestStatement, "yes 3.5 9\nstop 2.5 9", "yes 3.5 9");
        check(Rule::LatestStatement, "yes 2.5 9\nstop 3.5 9", "stop 3.5 9");
        check(Rule::LatestStatement, "no 2.5 9\nunclear 3.5 9", "unclear 3.5 9");
        check(Rule::LatestStatement, "yes 3.5 9\nno 3.5 9", "no 3.5 9");
    }

    #[test]
    fn a_day_is_as_late_as_every_instant_in_it() {
        check(Rule::LatestStatement, "stop 3 9\nyes 3.9 9", "stop 3 9");
        check(Rule::LatestStatement, "stop 3.1 9\nyes 3 9", "stop 3.1 9");
        check(Rule::LatestStatement, "stop 3 9\nyes 3 9", "stop 3 9");
        check(Rule::LatestStatement, "stop 3 9\nyes 4 9", "yes 4 9");
    }

    #[test]
    fn a_refusal_without_date_stays_until_a_later_run_brings_a_later_yes() {
        check(Rule::LatestStatement, "stop - 5\nyes 3.5 5", "stop - 5");
        check(Rule::LatestStatement, "stop - 5\nyes 6.5 5", "stop - 5");
        check(Rule::LatestStatement, "stop - 5\nyes 4.5 8", "stop - 5");
        check(Rule::LatestStatement, "stop - 5\nyes - 8", "stop - 5");
        check(Rule::LatestStatement, "stop - 5\nyes 7.5 8", "yes 7.5 8");
        check(Rule::LatestStatement, "stop - 5\nyes 7.5 8\nno 7.9 8", "no 7.9 8");
        check(Rule::LatestStatement, "unclear - 5\nno 3.5 5", "no 3.5 5");
    }

    #[test]
    fn a_yes_without_date_counts_where_nothing_else_is_said() {
        check(Rule::LatestStatement, "yes - 5", "yes - 5");
        check(Rule::LatestStatement, "yes - 5\nno 3.5 4", "no 3.5 4");
        assert_eq!(counts(Rule::LatestStatement, &[]), None);
        let nothing = Said { meaning: Nothing, when: None, brought: 0 };
        assert_eq!((counts(Rule::LatestStatement, &[nothing]), counts(Rule::Strictest, &[nothing])), (None, None));
    }

    #[test]
    fn by_the_strictest_rule_no_yes_lifts_a_refusal() {
        check(Rule::Strictest, "stop 2.5 9\nyes 3.5 9", "stop 2.5 9");
        check(Rule::Strictest, "no - 5\nno 2.5 9\nyes 7.5 8", "no 2.5 9");
    }

    fn said() -> impl Strategy<Value = Said> {
        let when = prop::option::of((0..6_i64, prop::bool::ANY).prop_map(|(day, is_day)| match is_day {
            true => When { start: day * 4, end: day * 4 + 3 },
            false => When { start: day * 4 + 1, end: day * 4 + 1 },
        }));
        (prop::sample::select(vec![Yes, Unclear, No, Stop, Nothing]), when, 0..24_i64)
            .prop_map(|(meaning, when, brought)| Said { meaning, when, brought })
    }

    fn meaning(rule: Rule, said: &[Said]) -> Meaning {
        counts(rule, said).map_or(Nothing, |it| said[it].meaning)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_order_of_statements_does_not_matter(
            all in prop::collection::vec(said(), 0..7).prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
        ) {
            for rule in [Rule::LatestStatement, Rule::Strictest] {
                let [one, other] = [&all.0, &all.1].map(|it| counts(rule, it).map(|place| it[place]));
                prop_assert_eq!(one, other);
            }
        }

        #[test]
        fn a_yes_without_date_never_changes_a_refusal(mut all in prop::collection::vec(said(), 0..7), brought in 0..24_i64) {
            for rule in [Rule::LatestStatement, Rule::Strictest] {
                let before = meaning(rule, &all);
                all.push(Said { meaning: Yes, when: None, brought });
                let after = meaning(rule, &all);
                prop_assert_eq!(after, if before == Nothing { Yes } else { before });
                all.pop();
            }
        }

        #[test]
        fn a_yes_of_the_same_run_never_lifts_a_refusal_without_date(
            mut all in prop::collection::vec(said(), 0..7), refusal in prop::sample::select(vec![Unclear, No, Stop]), run in 0..24_i64, start in 0..100_i64,
        ) {
            all.iter_mut().for_each(|it| it.brought = it.brought.min(run));
            all.push(Said { meaning: refusal, when: None, brought: run });
            all.push(Said { meaning: Yes, when: Some(When { start, end: start }), brought: run });
            prop_assert!(meaning(Rule::LatestStatement, &all) >= refusal);
        }

        #[test]
        fn one_more_statement_never_makes_the_strictest_milder(mut all in prop::collection::vec(said(), 0..7), one in said()) {
            let before = meaning(Rule::Strictest, &all);
            all.push(one);
            prop_assert_eq!(meaning(Rule::Strictest, &all), before.max(one.meaning));
        }

        #[test]
        fn what_counts_follows_the_rule_as_it_is_written(all in prop::collection::vec(said(), 0..7)) {
            prop_assert_eq!(meaning(Rule::LatestStatement, &all), as_written(&all));
        }
    }

    /// The rule once more, word for word and in loops.
    fn as_written(said: &[Said]) -> Meaning {
        let mut latest = i64::MIN;
        for when in said.iter().filter(|it| it.meaning != Nothing).filter_map(|it| it.when) {
            latest = latest.max(when.start);
        }
        let mut found = Nothing;
        for it in said {
            if it.when.is_some_and(|when| when.end >= latest) {
                found = found.max(it.meaning);
            }
        }
        for it in said.iter().filter(|it| it.when.is_none() && it.meaning > Yes) {
            let lifts = |yes: &Said| {
                yes.meaning == Yes && yes.when.is_some_and(|when| when.start > it.brought) && yes.brought > it.brought
            };
            if !said.iter().any(lifts) {
                found = found.max(it.meaning);
            }
        }
        match found {
            Nothing if said.iter().any(|it| it.meaning == Yes) => Yes,
            found => found,
        }
    }
}
