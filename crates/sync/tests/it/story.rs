//! What becomes of a template, one observation after the other.

use jiff::{SignedDuration, Timestamp};
use model::Severity;
use sync::{Alert, Announcement, CategorySeen, Difference, Known, Observation, StatusSeen, follow, standing};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn day(n: i32) -> Timestamp {
    Timestamp::UNIX_EPOCH + DAY * (20_787 + n)
}

fn status(n: i32, status: &str) -> Observation {
    let status = StatusSeen { status: status.to_owned(), ..StatusSeen::default() };
    Observation { status: Some(status), ..Observation::at(day(n)) }
}

fn paused(n: i32, pause: &str) -> Observation {
    let status = StatusSeen { status: "PAUSED".into(), pause: Some(pause.into()), ..StatusSeen::default() };
    Observation { status: Some(status), ..Observation::at(day(n)) }
}

fn quality(n: i32, score: &str) -> Observation {
    Observation { quality: Some(score.to_owned()), ..Observation::at(day(n)) }
}

fn category(n: i32, category: &str, announced: Option<&str>) -> Observation {
    let announced = announced.map(|it| Announcement { category: it.to_owned(), at: None });
    let category = CategorySeen { category: category.to_owned(), announced };
    Observation { category: Some(category), ..Observation::at(day(n)) }
}

fn content(n: i32, fields: &[&str]) -> Observation {
    let of = |it: &&str| Difference { field: (*it).to_owned(), sent: Some("a".into()), approved: Some("b".into()) };
    Observation { content: Some(fields.iter().map(of).collect()), ..Observation::at(day(n)) }
}

/// What is known after all of them, and the alerts of each.
fn story(seen: &[Observation]) -> (Known, Vec<Vec<Alert>>) {
    let mut known = Known::default();
    let mut alerts = Vec::new();
    for it in seen {
        let followed = follow(&known, it);
        known = followed.now;
        alerts.push(followed.alerts);
    }
    (known, alerts)
}

#[test]
fn a_flag_is_told_once_with_the_day_on_which_it_disables() {
    let (known, alerts) = story(&[status(0, "APPROVED"), status(1, "FLAGGED"), status(3, "FLAGGED")]);
    let flagged = Alert::Flagged { since: day(1), disabled_on: day(8) };
    assert_eq!(alerts, [vec![], vec![flagged.clone()], vec![]]);
    assert_eq!(standing(&known), [flagged]);
    let (known, alerts) = story(&[status(1, "FLAGGED"), status(8, "DISABLED"), status(9, "DISABLED")]);
    let disabled = Alert::Disabled { since: day(8) };
    assert_eq!(alerts[1..], [vec![disabled.clone()], vec![]]);
    assert_eq!(standing(&known), [disabled]);
}

#[test]
fn a_template_that_is_reinstated_is_well_and_can_be_flagged_again() {
    let (known, alerts) = story(&[status(1, "FLAGGED"), status(2, "REINSTATED")]);
    assert_eq!((alerts[1].as_slice(), standing(&known).as_slice()), ([].as_slice(), [].as_slice()));
    assert_eq!(known.status, "REINSTATED");
    let again = follow(&known, &status(4, "FLAGGED"));
    assert_eq!(again.alerts, [Alert::Flagged { since: day(4), disabled_on: day(11) }]);
}

#[test]
fn a_status_that_nobody_knows_is_kept_as_it_is_written() {
    let (known, alerts) = story(&[status(0, "APPROVED"), status(1, "Limit_Melted")]);
    assert_eq!((known.status.as_str(), alerts[1].len(), standing(&known).len()), ("Limit_Melted", 0, 0));
}

#[test]
fn a_pause_ends_when_its_number_says_so() {
    for (pause, hours) in
        [("FIRST_PAUSE", Some(3)), ("SECOND_PAUSE", Some(6)), ("RATE_LIMITING_PAUSE", None), ("OTHER", None)]
    {
        let (known, alerts) = story(&[paused(1, pause), status(2, "PAUSED")]);
        let until = hours.map(|it| day(1) + SignedDuration::from_hours(it));
        let told = Alert::Paused { since: day(1), pause: Some(pause.into()), until };
        assert_eq!(alerts, [vec![told.clone()], vec![]], "{pause}");
        // A listing does not say which pause it is, and does not take it back.
        assert_eq!(standing(&known), [told]);
    }
}

#[test]
fn a_lower_score_is_told_and_the_lowest_is_wrong_while_it_lasts() {
    let dropped =
        |from: Option<&str>, to: &str| vec![Alert::QualityDropped { from: from.map(str::to_owned), to: to.to_owned() }];
    for (scores, alert) in [
        (["GREEN", "YELLOW"], dropped(Some("GREEN"), "YELLOW")),
        (["YELLOW", "RED"], dropped(Some("YELLOW"), "RED")),
        (["UNKNOWN", "RED"], dropped(None, "RED")),
        (["UNKNOWN", "YELLOW"], vec![]),
        (["YELLOW", "GREEN"], vec![]),
        (["GREEN", "UNKNOWN"], vec![]),
        (["GREEN", "VIOLET"], vec![]),
    ] {
        let (known, alerts) = story(&[quality(0, scores[0]), quality(1, scores[1])]);
        assert_eq!(alerts[1], alert, "{scores:?}");
        assert_eq!(standing(&known).len(), usize::from(scores[1] == "RED"), "{scores:?}");
    }
}

#[test]
fn a_category_is_announced_once_and_told_when_it_changes() {
    let (known, alerts) = story(&[
        category(0, "UTILITY", None),
        category(1, "UTILITY", Some("MARKETING")),
        category(2, "UTILITY", Some("MARKETING")),
    ]);
    let announced = Alert::CategoryWillChange { to: "MARKETING".into(), at: None };
    assert_eq!(alerts, [vec![], vec![announced.clone()], vec![]]);
    assert_eq!(standing(&known), [announced]);
    let changed = follow(&known, &category(3, "MARKETING", Some("MARKETING")));
    assert_eq!(changed.alerts, [Alert::CategoryChanged { from: "UTILITY".into(), to: "MARKETING".into() }]);
    assert_eq!((changed.now.previous_category.as_str(), standing(&changed.now).len()), ("UTILITY", 0));
}

#[test]
fn the_day_of_an_announced_category_is_kept_when_a_listing_does_not_repeat_it() {
    let mut first = category(0, "UTILITY", Some("MARKETING"));
    first.category.as_mut().unwrap().announced.as_mut().unwrap().at = Some(day(1));
    let (known, _) = story(&[first, category(0, "UTILITY", Some("MARKETING"))]);
    assert_eq!(standing(&known), [Alert::CategoryWillChange { to: "MARKETING".into(), at: Some(day(1)) }]);
}

#[test]
fn content_that_differs_is_told_again_only_when_it_differs_otherwise() {
    let (known, alerts) =
        story(&[content(0, &[]), content(1, &["body text"]), content(2, &["body text"]), content(3, &["footer"])]);
    assert_eq!(alerts.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1, 0, 1]);
    assert_eq!(standing(&known).len(), 1);
    let well = follow(&known, &content(4, &[]));
    assert_eq!((well.alerts.len(), standing(&well.now).len()), (0, 0));
}

#[test]
fn what_cannot_be_sent_is_an_error_and_what_can_is_a_warning() {
    let severity = |word: &str| standing(&story(&[status(0, word)]).0)[0].severity();
    for word in ["DISABLED", "PAUSED", "REJECTED", "GONE", "DELETED", "PENDING_DELETION"] {
        assert_eq!(severity(word), Severity::Error, "{word}");
    }
    assert_eq!(severity("FLAGGED"), Severity::Warning);
}
