//! Observations arrive late, twice, and in any order.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use sync::{Alert, Announcement, CategorySeen, Difference, Known, Observation, StatusSeen, follow, standing};

fn moment(n: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(n)
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(words).prop_map(str::to_owned)
}

fn any_status() -> impl Strategy<Value = StatusSeen> {
    let words = word(&["APPROVED", "FLAGGED", "PAUSED", "DISABLED", "REJECTED", "REINSTATED", "NEW_WORD", "GONE"]);
    let pause = proptest::option::of(word(&["FIRST_PAUSE", "SECOND_PAUSE"]));
    let reason = proptest::option::of(word(&["SCAM", "INVALID_FORMAT"]));
    (words, pause, reason).prop_map(|(status, pause, reason)| StatusSeen { status, reason, disable_at: None, pause })
}

fn any_category() -> impl Strategy<Value = CategorySeen> {
    const CATEGORIES: &[&str] = &["UTILITY", "MARKETING", "OTHER"];
    let announced = proptest::option::of((word(CATEGORIES), proptest::option::of(0..9_i64)));
    (word(CATEGORIES), announced).prop_map(|(category, announced)| CategorySeen {
        category,
        announced: announced.map(|(category, at)| Announcement { category, at: at.map(moment) }),
    })
}

fn any_content() -> impl Strategy<Value = Vec<Difference>> {
    let difference = word(&["body text", "footer"]).prop_map(|field| Difference { field, sent: None, approved: None });
    proptest::collection::vec(difference, 0..2)
}

/// Observations of few moments, so that many are of one.
fn any_observation() -> impl Strategy<Value = Observation> {
    let quality = word(&["GREEN", "YELLOW", "RED", "UNKNOWN", "VIOLET"]);
    (
        0..6_i64,
        proptest::option::of(any_status()),
        proptest::option::of(quality),
        proptest::option::of(any_category()),
        proptest::option::of(any_content()),
    )
        .prop_map(|(at, status, quality, category, content)| Observation {
            at: moment(at),
            status,
            quality,
            category,
            content,
        })
}

fn all(seen: &[Observation]) -> Known {
    seen.iter().fold(Known::default(), |known, it| follow(&known, it).now)
}

/// What does not depend on the order: the words and their times.
fn words(known: &Known) -> impl PartialEq + std::fmt::Debug + use<> {
    let Known { status, status_at, quality, quality_at, category, category_at, announced, content, content_at, .. } =
        known.clone();
    let announced = announced.map(|it| it.category);
    (status, status_at, quality, quality_at, category, category_at, announced, content, content_at)
}

proptest! {
    #[test]
    fn the_words_are_those_of_the_newest_observation_in_any_order(
        (seen, shuffled) in proptest::collection::vec(any_observation(), 0..8)
            .prop_flat_map(|seen| (Just(seen.clone()), Just(seen).prop_shuffle()))
    ) {
        prop_assert_eq!(words(&all(&seen)), words(&all(&shuffled)));
    }

    #[test]
    fn the_same_observation_again_changes_nothing_and_raises_nothing(
        before in proptest::collection::vec(any_observation(), 0..6), seen in any_observation()
    ) {
        let once = follow(&all(&before), &seen).now;
        let twice = follow(&once, &seen);
        prop_assert_eq!(&twice.now, &once);
        prop_assert_eq!(twice.alerts, Vec::<Alert>::new());
    }

    #[test]
    fn an_older_observation_changes_nothing(
        before in proptest::collection::vec(any_observation(), 1..6), mut late in any_observation()
    ) {
        let known = all(&before);
        let times = [known.status_at, known.quality_at, known.category_at, known.content_at];
        let Some(oldest) = times.into_iter().filter(|it| *it > Timestamp::MIN).min() else { return Ok(()) };
        prop_assume!(times.iter().all(|it| *it > Timestamp::MIN));
        late.at = oldest - SignedDuration::from_secs(1);
        let followed = follow(&known, &late);
        prop_assert_eq!(&followed.now, &known);
        prop_assert_eq!(followed.alerts, Vec::<Alert>::new());
    }

    #[test]
    fn what_is_said_again_later_raises_no_second_alert(
        before in proptest::collection::vec(any_observation(), 0..6), mut seen in any_observation(), later in 1..5_i64
    ) {
        let once = follow(&all(&before), &seen).now;
        let is_taken = once.status_at <= seen.at && once.quality_at <= seen.at
            && once.category_at <= seen.at && once.content_at <= seen.at;
        // At one moment the graver word wins, and said again later the other one is news.
        prop_assume!(is_taken && says(&once, &seen));
        seen.at += SignedDuration::from_hours(later);
        prop_assert_eq!(follow(&once, &seen).alerts, Vec::<Alert>::new());
    }

    #[test]
    fn what_is_told_is_also_wrong_afterwards_unless_it_is_over(
        before in proptest::collection::vec(any_observation(), 0..6), seen in any_observation()
    ) {
        let followed = follow(&all(&before), &seen);
        let kinds: Vec<_> = standing(&followed.now).iter().map(Alert::kind).collect();
        for alert in followed.alerts {
            let is_over = matches!(&alert, Alert::CategoryChanged { .. })
                || matches!(&alert, Alert::QualityDropped { to, .. } if to != "RED");
            prop_assert!(is_over || kinds.contains(&alert.kind()), "{:?}", alert);
        }
    }
}

/// Whether an observation says nothing else than what is known.
fn says(known: &Known, seen: &Observation) -> bool {
    let category = seen.category.as_ref().is_none_or(|it| {
        let announced = it.announced.as_ref().map(|it| &it.category).filter(|word| **word != it.category);
        it.category == known.category && announced == known.announced.as_ref().map(|it| &it.category)
    });
    category
        && seen.status.as_ref().is_none_or(|it| it.status == known.status)
        && seen.quality.as_ref().is_none_or(|it| *it == known.quality)
        && seen.content.as_ref().is_none_or(|it| Some(it) == known.content.as_ref())
}
