use jiff::{SignedDuration, Timestamp};
use phone::Region;

use super::*;
use crate::hours::{Hours, Window};
use crate::limit_table::LimitName;

/// A Tuesday at noon in Paris.
const START: &str = "2027-03-09T11:00:00Z";

fn at(seconds: f64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + SignedDuration::from_secs_f64(seconds)
}

fn hours(hours: f64) -> Timestamp {
    at(hours * 3600.0)
}

/// Limits that hold nothing back but a rate of one message a second, at all hours.
fn open() -> Limits {
    Limits {
        number_rate: 1,
        jitter: SignedDuration::ZERO,
        pair_interval: SignedDuration::ZERO,
        people_per_day: None,
        person_per_day: None,
        person_spacing: SignedDuration::ZERO,
        messages_per_hour: None,
        hours: Hours { window: Window::parse("00:00-24:00").unwrap(), unknown_zone: Some("UTC".to_owned()) },
        ..Limits::default()
    }
}

fn person(n: u8) -> Candidate<'static> {
    Candidate {
        recipient: [n; 32],
        is_marketing: true,
        is_spaced: true,
        opens: true,
        template: "spring",
        country: None,
        zone: None,
    }
}

fn sent(number: u64, at: Timestamp, n: u8) -> Sent {
    Sent { number, at, recipient: [n; 32], is_spaced: true, opens: true, is_of_other_number: false }
}

/// The verdict in short: seconds after the start, and the limit of a wait.
fn shown(usage: &mut Usage, now: Timestamp, candidate: Candidate<'_>) -> String {
    let seconds = |it: Timestamp| it.duration_since(at(0.0)).as_secs_f64();
    match usage.verdict(now, &candidate) {
        Verdict::At(slot) => format!("at {}", seconds(slot)),
        Verdict::Later { not_before, limit } => format!("{limit} until {}", seconds(not_before)),
        Verdict::Never { limit } => format!("never: {limit}"),
    }
}

#[test]
fn the_slots_of_a_claim_follow_each_other_at_the_rate_with_room_for_jitter() {
    let mut usage = Usage::new(Limits { number_rate: 80, jitter: SignedDuration::from_millis(20), ..open() });
    let mut slots = Vec::new();
    for n in 0..4 {
        slots.push(shown(&mut usage, at(0.0), person(n)));
        let slot = usage.next_slot(at(0.0)).unwrap();
        usage.note(&sent(u64::from(n), slot, n));
    }
    assert_eq!(slots, ["at 0", "at 0.01275", "at 0.0255", "at 0.03825"]);
}

#[test]
fn after_a_pause_the_next_message_leaves_at_once_and_nothing_is_made_up_for() {
    let mut usage = Usage::new(open());
    usage.note(&sent(1, at(0.0), 1));
    assert_eq!(shown(&mut usage, at(10.5), person(2)), "at 10.5");
    usage.note(&sent(2, at(10.5), 2));
    assert_eq!(shown(&mut usage, at(10.5), person(3)), "at 11.5");
}

#[test]
fn a_lower_rate_counts_what_went_in_the_last_second() {
    let mut usage = Usage::new(Limits { number_rate: 100, ..open() });
    (0..50).for_each(|n| usage.note(&sent(n, at(n as f64 / 100.0), 1)));
    usage.set_limits(Limits { number_rate: 20, ..open() });
    // The 20th latest went at 0.30 s.
    assert_eq!(shown(&mut usage, at(0.5), person(2)), "at 1.3");
}

#[test]
fn a_second_of_the_platform_is_not_over_the_rate_when_messages_arrive_unevenly() {
    let jitter = SignedDuration::from_millis(20);
    for rate in [20, 80, 1_000] {
        let mut usage = Usage::new(Limits { number_rate: rate, jitter, ..open() });
        let mut slots = Vec::new();
        for n in 0..u64::from(rate) * 3 {
            let slot = usage.next_slot(at(0.0)).unwrap();
            usage.note(&sent(n, slot, 1));
            slots.push(slot);
        }
        // The worst case: the first of a second take longest, those after them no time.
        for (n, first) in slots.iter().enumerate() {
            let n_in_second =
                slots[n..].iter().take_while(|it| it.duration_since(*first) < SignedDuration::from_secs(1) + jitter);
            assert!(n_in_second.count() <= rate as usize, "{rate}");
        }
        let used = slots.len() as f64 / slots.last().unwrap().duration_since(slots[0]).as_secs_f64();
        assert!(used >= 0.98 * f64::from(rate), "{used} of {rate}");
    }
}

#[test]
fn a_pair_waits_six_seconds_and_others_do_not() {
    let mut usage = Usage::new(Limits { pair_interval: SignedDuration::from_secs(6), ..open() });
    usage.note(&sent(1, at(0.0), 1));
    assert_eq!(shown(&mut usage, at(2.0), person(1)), "pair-rate until 6");
    assert_eq!(shown(&mut usage, at(2.0), person(2)), "at 2");
    assert_eq!(shown(&mut usage, at(6.0), person(1)), "at 6");
}

#[test]
fn a_burst_to_a_pair_borrows_from_the_time_after_it() {
    let mut usage =
        Usage::new(Limits { number_rate: 100, pair_interval: SignedDuration::from_secs(6), pair_burst: 3, ..open() });
    (0..3).for_each(|n| usage.note(&sent(n, at(0.0), 1)));
    assert_eq!(shown(&mut usage, at(1.0), person(1)), "pair-rate until 6");
    usage.note(&sent(3, at(6.0), 1));
    assert_eq!(shown(&mut usage, at(6.5), person(1)), "pair-rate until 12");
    // After 24 seconds nothing is borrowed any more.
    (4..7).for_each(|n| usage.note(&sent(n, at(30.0), 1)));
    assert_eq!(shown(&mut usage, at(30.5), person(1)), "pair-rate until 36");
}

#[test]
fn people_of_a_day_are_different_people_in_any_24_hours() {
    let mut usage = Usage::new(Limits { people_per_day: Some(2), ..open() });
    usage.note(&sent(1, hours(0.0), 1));
    usage.note(&sent(2, hours(1.0), 2));
    assert_eq!(shown(&mut usage, hours(2.0), person(3)), "people-per-day until 86400");
    assert_eq!(shown(&mut usage, hours(2.0), person(1)), "at 7200", "who is counted may be written to again");
    usage.note(&sent(3, hours(2.0), 1));
    // Person 1 counts until 26 h now, person 2 until 25 h.
    assert_eq!(shown(&mut usage, hours(2.5), person(3)), "people-per-day until 90000");
    assert_eq!(usage.people_used(hours(25.0)), 1);
}

#[test]
fn a_message_in_an_open_conversation_counts_no_person() {
    let mut usage = Usage::new(Limits { people_per_day: Some(1), ..open() });
    usage.note(&Sent { opens: false, ..sent(1, at(0.0), 1) });
    assert_eq!(shown(&mut usage, at(1.0), person(2)), "at 1");
    usage.note(&sent(2, at(1.0), 2));
    assert_eq!(shown(&mut usage, at(2.0), person(3)), "people-per-day until 86401");
    assert_eq!(shown(&mut usage, at(2.0), Candidate { opens: false, ..person(3) }), "at 2");
}

#[test]
fn a_failed_message_gives_its_person_back_once() {
    let mut usage = Usage::new(Limits { people_per_day: Some(2), person_per_day: Some(1), ..open() });
    usage.note(&sent(1, at(0.0), 1));
    usage.note(&sent(2, at(1.0), 2));
    assert!(usage.credit(1));
    assert_eq!(shown(&mut usage, at(2.0), person(3)), "at 2");
    assert_eq!(
        shown(&mut usage, at(2.0), person(1)),
        "person-per-day until 86400",
        "the person was tried all the same"
    );
    assert!(usage.credit(1), "again it changes nothing");
    assert!(!usage.credit(3), "there is no such message");
    assert_eq!(usage.people_used(at(2.0)), 1);
}

#[test]
fn a_credit_leaves_an_earlier_message_of_the_person_counted() {
    let mut usage = Usage::new(Limits { people_per_day: Some(1), ..open() });
    usage.note(&sent(1, hours(0.0), 1));
    usage.note(&sent(2, hours(7.0), 1));
    usage.credit(2);
    assert_eq!(shown(&mut usage, hours(8.0), person(2)), "people-per-day until 86400");
}

#[test]
fn a_message_that_never_left_frees_the_person_and_not_the_rate() {
    let mut usage =
        Usage::new(Limits { people_per_day: Some(1), person_per_day: Some(1), messages_per_hour: Some(2), ..open() });
    usage.note(&sent(1, at(0.0), 1));
    assert!(usage.give_back_attempt(1));
    assert!(!usage.give_back_attempt(7), "that number was never noted");
    assert_eq!(shown(&mut usage, at(0.0), person(1)), "at 1", "the slot of the rate stays used");
    usage.note(&sent(2, at(1.0), 2));
    assert_eq!(shown(&mut usage, at(2.0), person(2)), "person-per-day until 86401");
    assert_eq!(shown(&mut usage, at(2.0), Candidate { opens: false, ..person(1) }), "messages-per-hour until 3600");
}

#[test]
fn marketing_and_notices_to_one_person_are_spaced_and_other_messages_are_not() {
    let spacing = SignedDuration::from_hours(6);
    let mut usage = Usage::new(Limits { person_per_day: Some(2), person_spacing: spacing, ..open() });
    usage.note(&sent(1, hours(0.0), 1));
    assert_eq!(shown(&mut usage, hours(5.0), person(1)), "person-spacing until 21600");
    usage.note(&sent(2, hours(6.0), 1));
    assert_eq!(shown(&mut usage, hours(13.0), person(1)), "person-per-day until 86400");
    assert_eq!(shown(&mut usage, hours(13.0), Candidate { is_spaced: false, ..person(1) }), "at 46800");
    assert_eq!(shown(&mut usage, hours(24.0), person(1)), "at 86400");
}

#[test]
fn an_hour_is_any_hour() {
    let mut usage = Usage::new(Limits { messages_per_hour: Some(2), ..open() });
    usage.note(&sent(1, at(3_000.0), 1));
    usage.note(&sent(2, at(3_599.0), 2));
    assert_eq!(shown(&mut usage, at(3_601.0), person(3)), "messages-per-hour until 6600");
    assert_eq!(shown(&mut usage, at(6_600.0), person(3)), "at 6600");
}

#[test]
fn the_tightest_limit_is_named() {
    let limits = Limits {
        people_per_day: Some(1),
        messages_per_hour: Some(1),
        pair_interval: SignedDuration::from_secs(6),
        ..open()
    };
    let mut usage = Usage::new(limits);
    usage.note(&sent(1, at(0.0), 1));
    assert_eq!(shown(&mut usage, at(1.0), person(1)), "messages-per-hour until 3600");
    assert_eq!(shown(&mut usage, at(1.0), person(2)), "people-per-day until 86400");
    assert_eq!(usage.binding(at(1.0)), Some(Binding { limit: LimitName::PeoplePerDay, free_at: Some(hours(24.0)) }));
    assert_eq!(usage.binding(hours(24.0)), None);
}

#[test]
fn a_limit_of_zero_lets_nothing_go_and_is_named() {
    let zero = Some(0);
    for (limits, name) in [
        (Limits { number_rate: 0, ..open() }, "number-rate"),
        (Limits { pair_burst: 0, ..open() }, "pair-rate"),
        (Limits { people_per_day: zero, ..open() }, "people-per-day"),
        (Limits { person_per_day: zero, ..open() }, "person-per-day"),
        (Limits { messages_per_hour: zero, ..open() }, "messages-per-hour"),
    ] {
        assert_eq!(shown(&mut Usage::new(limits), at(0.0), person(1)), format!("never: {name}"));
    }
}

#[test]
fn a_hold_keeps_back_what_it_is_about_and_nothing_else() {
    let utility = Candidate { is_marketing: false, ..person(1) };
    let other = Candidate { template: "autumn", ..person(2) };
    for (scope, held) in [
        (HoldScope::Number, [true; 3]),
        (HoldScope::Account, [true; 3]),
        (HoldScope::Portfolio, [true; 3]),
        (HoldScope::Template("spring".to_owned()), [true, true, false]),
        (HoldScope::Pair([1; 32]), [true, true, false]),
        (HoldScope::Marketing([1; 32]), [true, false, false]),
    ] {
        let mut usage = Usage::new(open());
        usage.hold(scope.clone(), Some(hours(1.0)), "the platform asked for it");
        let verdicts = [person(1), utility, other].map(|it| shown(&mut usage, at(0.0), it) == "hold until 3600");
        assert_eq!(verdicts, held, "{scope:?}");
        assert!(usage.lift(&scope) && !usage.lift(&scope));
        assert_eq!(shown(&mut usage, at(0.0), person(1)), "at 0");
    }
}

#[test]
fn a_hold_ends_by_itself_or_when_it_is_lifted_and_of_two_the_longer_counts() {
    let mut usage = Usage::new(open());
    usage.hold(HoldScope::Number, Some(hours(2.0)), "spam");
    usage.hold(HoldScope::Number, Some(hours(1.0)), "spam");
    assert_eq!(shown(&mut usage, at(0.0), person(1)), "hold until 7200");
    assert_eq!(shown(&mut usage, hours(2.0), person(1)), "at 7200");
    assert_eq!(usage.holds(hours(2.0)).count(), 0);
    usage.hold(HoldScope::Number, None, "restricted");
    usage.hold(HoldScope::Number, Some(hours(9.0)), "spam");
    assert_eq!(shown(&mut usage, hours(3.0), person(1)), "never: hold");
    assert_eq!(usage.binding(hours(3.0)), Some(Binding { limit: LimitName::Hold, free_at: None }));
    assert_eq!(usage.holds(hours(3.0)).map(|it| it.why.as_str()).collect::<Vec<_>>(), ["restricted"]);
}

#[test]
fn a_wait_that_ends_at_night_ends_in_the_morning() {
    let france = Candidate { country: Region::from_code("FR"), ..person(1) };
    let hours_of_day = Hours { window: Window::parse("09:00-20:00").unwrap(), unknown_zone: None };
    let mut usage = Usage::new(Limits { hours: hours_of_day, ..open() });
    assert_eq!(shown(&mut usage, at(0.0), france), "at 0");
    // From noon on Tuesday to 09:00 on Wednesday.
    usage.hold(HoldScope::Number, Some(hours(12.0)), "spam");
    assert_eq!(shown(&mut usage, at(0.0), france), format!("hours until {}", 21 * 3600));
    assert_eq!(shown(&mut usage, at(0.0), Candidate { is_spaced: false, ..france }), "hold until 43200");
    assert_eq!(shown(&mut usage, at(0.0), person(1)), "never: hours", "nobody knows where the person lives");
}

#[test]
fn a_clock_that_is_set_back_makes_sending_slower_and_never_faster() {
    let mut usage = Usage::new(Limits { messages_per_hour: Some(2), ..open() });
    usage.note(&sent(1, hours(1.0), 1));
    usage.note(&sent(2, at(3_601.0), 2));
    assert_eq!(shown(&mut usage, hours(0.0), person(3)), "messages-per-hour until 7200");
    assert_eq!(usage.clock(hours(0.0)), at(3_601.0));
    assert_eq!(shown(&mut usage, hours(2.0), person(3)), "at 7200");
}

#[test]
fn messages_in_any_order_and_twice_give_the_same_usage() {
    let limits = || Limits { people_per_day: Some(3), messages_per_hour: Some(4), person_per_day: Some(2), ..open() };
    let messages: Vec<Sent> = (0..40).map(|n| sent(n, hours(n as f64), (n % 5) as u8)).collect();
    let mut shuffled: Vec<Sent> = messages.iter().rev().chain(&messages).copied().collect();
    shuffled.rotate_left(13);
    let mut one_by_one = Usage::new(limits());
    shuffled.iter().for_each(|it| one_by_one.note(it));
    let mut at_once = Usage::of(limits(), messages);
    for n in 0..6 {
        let now = hours(39.5);
        assert_eq!(shown(&mut one_by_one, now, person(n)), shown(&mut at_once, now, person(n)));
    }
}

#[test]
fn memory_holds_only_what_is_inside_the_windows() {
    let mut usage = Usage::new(open());
    for n in 0..100 {
        usage.note(&sent(n, hours(n as f64), n as u8));
    }
    usage.note(&sent(1_000, hours(3.0), 99));
    assert_eq!((usage.numbers.len(), usage.people.len(), usage.people_used(hours(99.0))), (24, 24, 24));
    usage.verdict(hours(500.0), &person(1));
    assert_eq!((usage.numbers.len(), usage.people.len(), usage.opened.len()), (0, 0, 0));
}

#[test]
fn another_number_has_a_rate_a_pair_and_an_hour_of_its_own() {
    let limits =
        Limits { messages_per_hour: Some(2), pair_interval: SignedDuration::from_secs(6), pair_burst: 1, ..open() };
    let mut usage = Usage::new(limits);
    for (number, seconds) in [(1, 0.0), (2, 0.1), (3, 0.2)] {
        usage.note(&Sent { is_of_other_number: true, ..sent(number, at(seconds), 1) });
    }
    assert_eq!(shown(&mut usage, at(0.2), person(1)), "at 0.2");
    usage.note(&sent(4, at(0.2), 1));
    assert_eq!(shown(&mut usage, at(1.0), person(1)), "pair-rate until 6.2");
    assert_eq!(shown(&mut usage, at(1.0), person(2)), "at 1.2");
    usage.note(&sent(5, at(1.2), 2));
    assert_eq!(shown(&mut usage, at(2.0), person(3)), "messages-per-hour until 3600.2");
}

#[test]
fn numbers_share_the_people_of_a_day_and_what_one_person_gets() {
    let limits = Limits {
        people_per_day: Some(2),
        person_per_day: Some(2),
        person_spacing: SignedDuration::from_hours(6),
        ..open()
    };
    let mut usage = Usage::new(limits);
    usage.note(&Sent { is_of_other_number: true, ..sent(1, hours(0.0), 1) });
    usage.note(&sent(2, hours(1.0), 2));
    assert_eq!(shown(&mut usage, hours(2.0), person(1)), "person-spacing until 21600");
    assert_eq!(shown(&mut usage, hours(2.0), person(3)), "people-per-day until 86400");
    // Nothing of the other number's message left.
    assert!(usage.give_back_attempt(1));
    assert_eq!(shown(&mut usage, hours(2.0), person(3)), "at 7200");
    assert_eq!(shown(&mut usage, hours(2.0), person(1)), "at 7200");
}
