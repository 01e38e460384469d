use std::fmt::Write as _;

use expect_test::{Expect, expect};
use jiff::SignedDuration;
use phone::Region;

use super::*;
use crate::hours::{Hours, Window};

fn paris() -> TimeZone {
    jiff::tz::TimeZoneDatabase::bundled().get("Europe/Paris").unwrap()
}

fn group(audience: u32, step: u32, country: &str, n_people: u32) -> Group {
    let country = Region::from_code(country);
    Group { audience, step, n_people, country, is_marketing: true, is_spaced: true, opens: true, due: Due::Now }
}

/// A plan for the tier of 2,000 without a limit of the hour, from Friday 5 March 2027, 10:00 in Paris.
fn plan(groups: &[Group]) -> CalendarPlan {
    CalendarPlan {
        groups: groups.to_vec(),
        start: "2027-03-05T09:00:00Z".parse().unwrap(),
        zone: paris(),
        limits: Limits { people_per_day: Some(2_000), messages_per_hour: None, ..Limits::default() },
        delivered_share: 1.0,
        test_waves: Vec::new(),
        sent: Vec::new(),
        people_at_most: None,
        tier_grows: false,
        end: "2028-03-05T09:00:00Z".parse().unwrap(),
    }
}

/// The calendar as lines: day, messages, first and last in local time, what decides; then the end and what would save time.
fn check(plan: &CalendarPlan, expected: Expect) {
    let calendar = calendar(plan);
    let time =
        |it: Option<Timestamp>| it.map_or("-".to_owned(), |it| it.to_zoned(paris()).strftime("%H:%M:%S").to_string());
    let mut text = String::new();
    for day in &calendar.days {
        let steps: Vec<String> = day.by_step.iter().map(|it| format!("step {}: {}", it.0, it.1)).collect();
        let (first, last, binding) = (time(day.first), time(day.last), day.binding.map_or("-", LimitName::as_str));
        let weekday = day.date.strftime("%a %F");
        writeln!(text, "{weekday} {:>6} {first}-{last} {binding} | {}", day.n_sent, steps.join(", ")).unwrap();
    }
    let finish = calendar.finish.map_or("not done".to_owned(), |it| it.to_zoned(paris()).strftime("%F %T").to_string());
    writeln!(text, "{} sent, {finish}", calendar.n_sent).unwrap();
    for (index, limit) in &calendar.never {
        writeln!(text, "group {index} never: {limit}").unwrap();
    }
    for saving in savings(plan, &calendar) {
        let saved = saving.saved.map_or("-".to_owned(), |it| format!("{} min", it.as_mins()));
        writeln!(text, "without {}: {saved}", saving.limit).unwrap();
    }
    expected.assert_eq(&text);
}

#[test]
fn a_tier_of_two_thousand_takes_three_days_and_not_the_sunday() {
    check(
        &plan(&[group(1, 1, "FR", 5_000)]),
        expect![[r#"
            Fri 2027-03-05   2000 10:00:00-10:00:25 people-per-day | step 1: 2000
            Sat 2027-03-06   2000 10:00:00-10:00:25 people-per-day | step 1: 2000
            Sun 2027-03-07      0 --- hours | 
            Mon 2027-03-08   1000 09:00:00-09:00:12 hours | step 1: 1000
            5000 sent, 2027-03-08 09:00:12
            without people-per-day: 4259 min
            without hours: 60 min
        "#]],
    );
}

#[test]
fn a_thousand_an_hour_decides_before_the_tier() {
    let limits = Limits { people_per_day: Some(10_000), ..Limits::default() };
    check(
        &CalendarPlan { limits, ..plan(&[group(1, 1, "FR", 12_000)]) },
        expect![[r#"
        Fri 2027-03-05  10000 10:00:00-19:00:12 messages-per-hour | step 1: 10000
        Sat 2027-03-06   2000 10:00:00-11:00:12 people-per-day | step 1: 2000
        12000 sent, 2027-03-06 11:00:12
        without people-per-day: 60 min
        without messages-per-hour: 59 min
    "#]],
    );
}

#[test]
fn a_tier_grows_when_half_of_it_is_used() {
    let limits = Limits { messages_per_hour: None, ..Limits::default() };
    check(
        &CalendarPlan { limits, tier_grows: true, ..plan(&[group(1, 1, "FR", 50_000)]) },
        expect![[r#"
            Fri 2027-03-05   2000 10:00:00-16:00:23 people-per-day | step 1: 2000
            Sat 2027-03-06  48000 09:00:00-15:09:05 hours | step 1: 48000
            50000 sent, 2027-03-06 15:09:05
            without people-per-day: 360 min
            without hours: 60 min
        "#]],
    );
}

#[test]
fn messages_that_fail_leave_their_place_to_others() {
    check(
        &CalendarPlan { delivered_share: 0.8, ..plan(&[group(1, 1, "FR", 4_000)]) },
        expect![[r#"
        Fri 2027-03-05   2499 10:00:00-10:00:31 people-per-day | step 1: 2499
        Sat 2027-03-06   1501 10:00:00-10:00:19 people-per-day | step 1: 1501
        4000 sent, 2027-03-06 10:00:19
        without people-per-day: 1439 min
    "#]],
    );
}

#[test]
fn a_second_step_waits_for_each_person_and_countries_take_turns_by_their_hours() {
    let groups = [group(1, 1, "FR", 300), group(2, 1, "US", 200), group(1, 2, "FR", 300)];
    check(
        &plan(&groups),
        expect![[r#"
        Fri 2027-03-05    800 10:00:00-20:00:02 person-spacing | step 1: 500, step 2: 300
        800 sent, 2027-03-05 20:00:02
        without person-spacing: 0 min
    "#]],
    );
}

#[test]
fn a_step_that_waits_goes_to_each_person_so_long_after_their_first_message() {
    let wait = SignedDuration::from_hours(72);
    let reminder = Group { due: Due::After { group: 0, wait }, ..group(1, 2, "FR", 2_500) };
    check(
        &plan(&[group(1, 1, "FR", 2_500), reminder]),
        expect![[r#"
            Fri 2027-03-05   2000 10:00:00-10:00:25 people-per-day | step 1: 2000
            Sat 2027-03-06    500 10:00:00-10:00:06 people-per-day | step 1: 500
            Sun 2027-03-07      0 --- - | 
            Mon 2027-03-08   2000 10:00:00-10:00:25 - | step 2: 2000
            Tue 2027-03-09    500 10:00:00-10:00:06 - | step 2: 500
            5000 sent, 2027-03-09 10:00:06
            without people-per-day: 1439 min
        "#]],
    );
}

#[test]
fn people_whose_wait_began_before_the_plan_are_due_at_their_moment() {
    let at = |text: &str| text.parse().unwrap();
    let due = Due::At(vec![at("2027-03-05T09:30:00Z"), at("2027-03-06T09:30:00Z")]);
    check(
        &plan(&[Group { due, ..group(1, 2, "FR", 2) }]),
        expect![[r#"
            Fri 2027-03-05      1 10:30:00-10:30:00 - | step 2: 1
            Sat 2027-03-06      1 10:30:00-10:30:00 - | step 2: 1
            2 sent, 2027-03-06 10:30:00
        "#]],
    );
}

#[test]
fn people_who_live_nobody_knows_where_are_never_written_to() {
    let nowhere = Group { country: None, ..group(2, 1, "FR", 7) };
    check(
        &plan(&[nowhere, group(1, 1, "FR", 10)]),
        expect![[r#"
        Fri 2027-03-05     10 10:00:00-10:00:00 number-rate | step 1: 10
        10 sent, not done
        group 0 never: hours
        without number-rate: -
    "#]],
    );
}

#[test]
fn a_plan_that_does_not_end_says_how_far_it_comes() {
    let end = "2027-03-09T09:00:00Z".parse().unwrap();
    check(
        &CalendarPlan { end, ..plan(&[group(1, 1, "FR", 50_000)]) },
        expect![[r#"
            Fri 2027-03-05   2000 10:00:00-10:00:25 people-per-day | step 1: 2000
            Sat 2027-03-06   2000 10:00:00-10:00:25 people-per-day | step 1: 2000
            Sun 2027-03-07      0 --- hours | 
            Mon 2027-03-08   2000 09:00:00-09:00:25 people-per-day | step 1: 2000
            Tue 2027-03-09   2000 09:00:00-09:00:25 people-per-day | step 1: 2000
            8000 sent, not done
            without people-per-day: -
            without hours: -
        "#]],
    );
}

#[test]
fn a_hundred_thousand_people_in_twenty_countries_are_planned_message_by_message() {
    let codes = [
        "FR", "DE", "ES", "IT", "BE", "NL", "PT", "AT", "CH", "GB", "IE", "PL", "CZ", "SE", "DK", "FI", "BR", "AU",
        "RU", "MA",
    ];
    let groups: Vec<Group> = codes.iter().zip(1..).map(|(code, audience)| group(audience, 1, code, 5_000)).collect();
    let limits = Limits { people_per_day: Some(10_000), messages_per_hour: None, ..Limits::default() };
    let planned = calendar(&CalendarPlan { limits, delivered_share: 0.97, ..plan(&groups) });
    assert_eq!(planned.n_sent, 100_000);
    assert!(planned.finish.is_some());
}

#[test]
fn the_hours_of_the_plan_do_not_hold_for_answers() {
    let window = Window::parse("03:00-04:00").unwrap();
    let limits = Limits { hours: Hours { window, unknown_zone: None }, ..plan(&[]).limits };
    let answer = Group { is_spaced: false, is_marketing: false, opens: false, ..group(1, 1, "FR", 3) };
    check(
        &CalendarPlan { limits, ..plan(&[answer]) },
        expect![[r#"
        Fri 2027-03-05      3 10:00:00-10:00:00 number-rate | step 1: 3
        3 sent, 2027-03-05 10:00:00
        without number-rate: 0 min
    "#]],
    );
}

#[test]
fn the_others_follow_half_an_hour_after_the_test_wave() {
    let groups = [group(1, 1, "FR", 100), group(2, 1, "DE", 100)];
    let alone = calendar(&plan(&groups)).finish.unwrap();
    let tested = calendar(&CalendarPlan { test_waves: vec![(1, 150)], ..plan(&groups) }).finish.unwrap();
    let later = tested.duration_since(alone);
    assert!(later.as_mins() == 29 || later.as_mins() == 30, "{later:?}");
}

#[test]
fn what_was_sent_counts_and_the_plan_keeps_the_people_below_the_tier() {
    let limits = Limits { people_per_day: Some(300), messages_per_hour: None, ..Limits::default() };
    let sent = (0..100).map(|n| Sent {
        number: n,
        at: plan(&[]).start.checked_sub(SignedDuration::from_mins(10)).unwrap(),
        recipient: [255 - n as u8; 32],
        is_spaced: true,
        opens: true,
        is_of_other_number: false,
    });
    let wanted = CalendarPlan {
        limits,
        sent: sent.collect(),
        tier_grows: true,
        people_at_most: Some(300),
        ..plan(&[group(1, 1, "FR", 700)])
    };
    let days: Vec<_> = calendar(&wanted).days.iter().map(|it| it.n_sent).filter(|it| *it > 0).collect();
    assert_eq!(days, [200, 300, 200]);
}
