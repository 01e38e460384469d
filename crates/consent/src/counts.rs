use std::cmp::Reverse;

use crate::Meaning;

/// The time of a statement: an instant (`start` equals `end`) or a whole day, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TimeRange {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

/// One statement of a person, as far as the rule needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DatedMeaning {
    /// `Nothing` never counts.
    pub(crate) meaning: Meaning,
    /// None if the source gives no date.
    pub(crate) when: Option<TimeRange>,
    /// The start of the first run with the statement, in microseconds since 1970.
    pub(crate) first_run_at: i64,
    /// Whether it is a block by a platform on the channel in question, which nothing that a person says lifts.
    pub(crate) is_block: bool,
    /// Decides between statements that are equal in all else.
    pub(crate) id: i64,
}

/// Decides which of several statements counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The latest. An undated refusal counts until a later run brings a yes that was said after it.
    #[default]
    LatestStatement,
    /// The strictest, regardless of its date.
    Strictest,
}

impl Rule {
    const NAMES: [(Self, &'static str); 2] =
        [(Self::LatestStatement, "latest-statement"), (Self::Strictest, "strictest")];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// Reads back what [`Rule::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|it| it.1 == name).map(|it| it.0)
    }
}

/// The place in `said` of the statement that counts; none if there is no statement.
///
/// The order of `said` does not matter. If there are blocks, they decide alone.
///
/// By [`Rule::LatestStatement`], a day is as late as every instant in it, and the strictest of equally late statements
/// counts. An unclear statement holds back a yes and lifts no refusal. An undated refusal may be later than everything
/// else, so it counts if it is at least as strict. It is lifted only by a yes that came in a later run and is dated after
/// the first run with the refusal.
pub(crate) fn counts(rule: Rule, said: &[DatedMeaning]) -> Option<usize> {
    let has_blocks = said.iter().any(|it| it.is_block);
    let dated = || said.iter().filter(|it| it.is_block == has_blocks).filter_map(|it| Some((it, it.when?)));
    // An unclear statement lifts no refusal, so it is not what others must be as late as.
    let last_start =
        dated().filter(|it| !matches!(it.0.meaning, Meaning::Unclear | Meaning::Nothing)).map(|it| it.1.start).max();
    let last_yes = dated().filter(|it| it.0.meaning == Meaning::Yes).map(|it| it.1.start.min(it.0.first_run_at)).max();
    let is_candidate = |it: &DatedMeaning| match (rule, it.when) {
        (Rule::Strictest, _) => true,
        (Rule::LatestStatement, Some(when)) => Some(when.end.max(when.start)) >= last_start,
        (Rule::LatestStatement, None) => {
            it.meaning != Meaning::Yes && last_yes.is_none_or(|yes| yes <= it.first_run_at)
        }
    };
    let stated = (0..).zip(said).filter(|it| it.1.meaning != Meaning::Nothing && it.1.is_block == has_blocks);
    let rank = |it: &DatedMeaning| (is_candidate(it), it.meaning, it.when, Reverse(it.first_run_at), Reverse(it.id));
    stated.max_by_key(|it| rank(it.1)).map(|it| it.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Meaning::{No, Nothing, Stop, Unclear, Yes};

    const DAY: i64 = 86_400_000_000;

    /// Statements as `meaning when first_run_at`, in days since 1970: `2` is a whole day, `2.5` an instant, `-`
    /// undated.
    fn check(rule: Rule, said: &str, expected: &str) {
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        let statements: Vec<DatedMeaning> = lines.iter().map(|it| statement(it)).collect();
        let found = counts(rule, &statements).map_or("none", |it| lines[it]);
        assert_eq!(found, expected, "{rule:?}\n{said}");
    }

    fn statement(line: &str) -> DatedMeaning {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let time = |text: &str| (text.parse::<f64>().unwrap() * DAY as f64) as i64;
        let when = match columns[1] {
            "-" => None,
            instant if instant.contains('.') => Some(TimeRange { start: time(instant), end: time(instant) }),
            day => Some(TimeRange { start: time(day), end: time(day) + DAY - 1 }),
        };
        DatedMeaning {
            meaning: Meaning::from_name(columns[0]).unwrap(),
            when,
            first_run_at: time(columns[2]),
            is_block: false,
            id: 0,
        }
    }

    #[test]
    fn the_latest_of_dated_statements_counts() {
        check(Rule::LatestStatement, "yes 3.5 9\nstop 2.5 9", "yes 3.5 9");
        check(Rule::LatestStatement, "yes 2.5 9\nstop 3.5 9", "stop 3.5 9");
        check(Rule::LatestStatement, "yes 3.5 9\nno 3.5 9", "no 3.5 9");
    }

    #[test]
    fn an_unclear_statement_holds_back_a_yes_and_lifts_no_refusal() {
        check(Rule::LatestStatement, "no 2.5 9\nunclear 3.5 9", "no 2.5 9");
        check(Rule::LatestStatement, "yes 2.5 9\nunclear 3.5 9", "unclear 3.5 9");
        check(Rule::LatestStatement, "stop 1.5 9\nyes 2.5 9\nunclear 3.5 9", "unclear 3.5 9");
        check(Rule::LatestStatement, "stop 1.5 9\nunclear 2.5 9\nyes 3.5 9", "yes 3.5 9");
        check(Rule::LatestStatement, "unclear 2.5 9\nunclear 3.5 9", "unclear 3.5 9");
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
        let nothing = DatedMeaning { meaning: Nothing, when: None, first_run_at: 0, is_block: false, id: 0 };
        assert_eq!((counts(Rule::LatestStatement, &[nothing]), counts(Rule::Strictest, &[nothing])), (None, None));
    }

    #[test]
    fn by_the_strictest_rule_no_yes_lifts_a_refusal() {
        check(Rule::Strictest, "stop 2.5 9\nyes 3.5 9", "stop 2.5 9");
        check(Rule::Strictest, "no - 5\nno 2.5 9\nyes 7.5 8", "no 2.5 9");
    }

    fn said() -> impl Strategy<Value = DatedMeaning> {
        let when = prop::option::of((0..6_i64, prop::bool::ANY).prop_map(|(day, is_day)| match is_day {
            true => TimeRange { start: day * 4, end: day * 4 + 3 },
            false => TimeRange { start: day * 4 + 1, end: day * 4 + 1 },
        }));
        (prop::sample::select(vec![Yes, Unclear, No, Stop, Nothing]), when, 0..24_i64).prop_map(
            |(meaning, when, first_run_at)| DatedMeaning { meaning, when, first_run_at, is_block: false, id: 0 },
        )
    }

    fn meaning(rule: Rule, said: &[DatedMeaning]) -> Meaning {
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
        fn a_yes_without_date_never_changes_a_refusal(mut all in prop::collection::vec(said(), 0..7), first_run_at in 0..24_i64) {
            for rule in [Rule::LatestStatement, Rule::Strictest] {
                let before = meaning(rule, &all);
                all.push(DatedMeaning { meaning: Yes, when: None, first_run_at, is_block: false, id: 0 });
                let after = meaning(rule, &all);
                prop_assert_eq!(after, if before == Nothing { Yes } else { before });
                all.pop();
            }
        }

        #[test]
        fn a_yes_of_the_same_run_never_lifts_a_refusal_without_date(
            mut all in prop::collection::vec(said(), 0..7), refusal in prop::sample::select(vec![Unclear, No, Stop]), run in 0..24_i64, start in 0..100_i64,
        ) {
            all.iter_mut().for_each(|it| it.first_run_at = it.first_run_at.min(run));
            all.push(DatedMeaning { meaning: refusal, when: None, first_run_at: run, is_block: false, id: 0 });
            all.push(DatedMeaning {
                meaning: Yes,
                when: Some(TimeRange { start, end: start }),
                first_run_at: run,
                is_block: false,
                id: 0,
            });
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

    /// The rule again, written as in the documentation and with loops.
    fn as_written(said: &[DatedMeaning]) -> Meaning {
        let mut latest = i64::MIN;
        let decides = |it: &&DatedMeaning| it.meaning != Nothing && it.meaning != Unclear;
        for when in said.iter().filter(decides).filter_map(|it| it.when) {
            latest = latest.max(when.start);
        }
        let mut found = Nothing;
        for it in said {
            if it.when.is_some_and(|when| when.end >= latest) {
                found = found.max(it.meaning);
            }
        }
        for it in said.iter().filter(|it| it.when.is_none() && it.meaning > Yes) {
            let lifts = |yes: &DatedMeaning| {
                yes.meaning == Yes
                    && yes.when.is_some_and(|when| when.start > it.first_run_at)
                    && yes.first_run_at > it.first_run_at
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
