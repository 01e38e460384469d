use jiff::SignedDuration;

use super::*;

const NOW: &str = "2027-03-09T11:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Somebody in France who may be written to.
fn anyone() -> PersonFacts {
    PersonFacts {
        country: Region::from_code("FR"),
        line_type: Some(LineType::Mobile),
        has_consent: true,
        has_refused: false,
        is_suppressed: false,
        is_held: false,
        is_registered: None,
        is_excluded_by_code: false,
        n_tries: 0,
        was_ever_delivered: false,
        last_contact: None,
        is_shared_or_reassigned: false,
        is_taken: false,
        is_in_allow_list: false,
        has_template: true,
        has_parameters: true,
    }
}

fn marketing() -> Rules {
    Rules::new(now(), true)
}

#[test]
fn each_reason_leaves_a_person_out_alone() {
    let days = |n: i64| Some(now() - SignedDuration::from_hours(24 * n));
    let in_country = |code| PersonFacts { country: Region::from_code(code), ..anyone() };
    let line = |line_type| PersonFacts { line_type: Some(line_type), ..anyone() };
    let tried = |n_tries, was_ever_delivered| PersonFacts { n_tries, was_ever_delivered, ..anyone() };
    let table = [
        (anyone(), ""),
        (PersonFacts { is_taken: true, ..anyone() }, "taken"),
        (PersonFacts { has_refused: true, ..anyone() }, "refused"),
        (PersonFacts { is_suppressed: true, ..anyone() }, "suppressed"),
        (PersonFacts { is_held: true, ..anyone() }, "held-identity"),
        (PersonFacts { has_consent: false, ..anyone() }, "no-consent"),
        (in_country("CU"), "restricted-country"),
        (in_country("IR"), "restricted-country"),
        (in_country("KP"), "restricted-country"),
        (in_country("SY"), "restricted-country"),
        (in_country("UA"), ""),
        (in_country("TR"), ""),
        (in_country("US"), "us-marketing"),
        (in_country("CA"), ""),
        (PersonFacts { country: None, ..anyone() }, ""),
        (line(LineType::FixedLine), "line-type"),
        (line(LineType::TollFree), "line-type"),
        (line(LineType::FixedLineOrMobile), ""),
        (PersonFacts { line_type: None, ..anyone() }, ""),
        (PersonFacts { is_registered: Some(false), ..anyone() }, "not-registered"),
        (PersonFacts { is_registered: Some(true), ..anyone() }, ""),
        (PersonFacts { is_excluded_by_code: true, ..anyone() }, "excluded-by-code"),
        (tried(2, false), ""),
        (tried(3, false), "never-delivered"),
        (tried(30, true), ""),
        (PersonFacts { is_shared_or_reassigned: true, ..anyone() }, "reassigned-or-shared-number"),
        (PersonFacts { last_contact: days(730), ..anyone() }, ""),
        (PersonFacts { last_contact: days(731), ..anyone() }, "long-silent"),
        (PersonFacts { has_template: false, ..anyone() }, "no-template-in-language"),
        (PersonFacts { has_parameters: false, ..anyone() }, "missing-parameter"),
    ];
    for (person, reason) in table {
        assert_eq!(exclude(&person, &marketing()).map_or("", Reason::as_str), reason, "{person:?}");
    }
}

#[test]
fn rules_of_the_step_leave_people_out() {
    let listed = PersonFacts { is_in_allow_list: true, ..anyone() };
    let american = PersonFacts { country: Region::from_code("US"), ..anyone() };
    let fixed = PersonFacts { line_type: Some(LineType::FixedLine), ..anyone() };
    let silent = PersonFacts { last_contact: Some(now() - SignedDuration::from_hours(24 * 31)), ..anyone() };
    let month = Some(SignedDuration::from_hours(24 * 30));
    let table = [
        (anyone(), Rules { has_allow_list: true, ..marketing() }, "not-in-test-recipients"),
        (listed, Rules { has_allow_list: true, ..marketing() }, ""),
        (anyone(), Rules { people_left: Some(0), ..marketing() }, "over-max-people"),
        (anyone(), Rules { people_left: Some(1), ..marketing() }, ""),
        (american, Rules { is_marketing: false, ..marketing() }, ""),
        (fixed, Rules { allows_any_line: true, ..marketing() }, ""),
        (silent, Rules { longest_silence: month, ..marketing() }, "long-silent"),
        (PersonFacts { n_tries: 9, ..anyone() }, Rules { tries_without_delivery: None, ..marketing() }, ""),
    ];
    for (person, rules, reason) in table {
        assert_eq!(exclude(&person, &rules).map_or("", Reason::as_str), reason, "{person:?} {rules:?}");
    }
}

#[test]
fn of_several_reasons_the_one_that_says_most_about_the_person_counts() {
    let mut person = PersonFacts {
        country: Region::from_code("US"),
        line_type: Some(LineType::FixedLine),
        has_consent: false,
        has_refused: true,
        is_suppressed: true,
        is_held: true,
        is_registered: Some(false),
        is_excluded_by_code: true,
        n_tries: 9,
        last_contact: Some(Timestamp::UNIX_EPOCH),
        is_shared_or_reassigned: true,
        is_taken: true,
        has_template: false,
        has_parameters: false,
        ..anyone()
    };
    let rules = Rules { has_allow_list: true, people_left: Some(0), ..marketing() };
    let mut order = Vec::new();
    while let Some(reason) = exclude(&person, &rules).filter(|it| !order.contains(it)) {
        order.push(reason);
        match reason {
            Reason::Taken => person.is_taken = false,
            Reason::Refused => person.has_refused = false,
            Reason::Suppressed => person.is_suppressed = false,
            Reason::HeldIdentity => person.is_held = false,
            Reason::NoConsent => person.has_consent = true,
            Reason::RestrictedCountry | Reason::UsMarketing => person.country = None,
            Reason::LineType => person.line_type = None,
            Reason::NotRegistered => person.is_registered = None,
            Reason::ExcludedByCode => person.is_excluded_by_code = false,
            Reason::NeverDelivered => person.was_ever_delivered = true,
            Reason::SharedOrReassigned => person.is_shared_or_reassigned = false,
            Reason::LongSilent => person.last_contact = None,
            Reason::NotInAllowList => person.is_in_allow_list = true,
            Reason::NoTemplateInLanguage => person.has_template = true,
            Reason::MissingParameter => person.has_parameters = true,
            Reason::OverMaxPeople => {}
        }
    }
    let expected: Vec<Reason> = Reason::all().filter(|it| *it != Reason::RestrictedCountry).collect();
    assert_eq!(order, expected);
}

#[test]
fn every_line_of_restricted_countries_is_read() {
    assert_eq!(RESTRICTED.len(), lines().count());
    assert!(lines().all(|it| it.split('\t').count() == 4));
}
