//! What is told, from look to look.

use expect_test::{Expect, expect};
use sync::{LastWord, Said, Subject};

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + second).unwrap()
}

fn well() -> Seen {
    Seen { now: at(10_000), ..Seen::default() }
}

/// What is told at each look, one line a notice.
fn told(looks: impl IntoIterator<Item = Seen>, expected: Expect) {
    let mut watcher = Watcher::default();
    let mut text = String::new();
    for (n, seen) in looks.into_iter().enumerate() {
        for it in watcher.look(seen) {
            let subject = if it.subject.is_empty() { String::new() } else { format!(" [{}]", it.subject) };
            text += &format!("{} {}{subject} {}\n", n + 1, it.kind.name(), it.text);
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn an_illness_is_told_once_it_lasts_and_once_it_is_over() {
    let ill = |illness| Seen { illness: Some(illness), ..well() };
    let looks = [
        well(),
        ill("queue full"),
        well(),
        ill("database gone"),
        ill("database gone"),
        ill("lag"),
        well(),
        ill("lag"),
        well(),
        well(),
        well(),
        ill("lag"),
        ill("lag"),
    ];
    told(
        looks,
        expect![[r#"
            5 ill the server is ill: database gone. Platforms send again what is not stored; look at the database
            10 ill over: the server is ill: lag. Stored events are read too slowly
            13 ill the server is ill: lag. Stored events are read too slowly
        "#]],
    );
}

#[test]
fn dead_letters_and_people_who_wait_are_told_once_until_there_are_none() {
    let seen = |n_dead, n_conversations| {
        let facts = crm::PlatformFacts { n_dead, ..Default::default() };
        let oldest_at = (n_conversations > 0).then(|| at(0));
        Seen { facts, unanswered: crm::Unanswered { n_conversations, oldest_at }, ..well() }
    };
    told(
        [seen(1, 0), seen(3, 2), seen(3, 5), seen(0, 5), seen(0, 0), seen(1, 0)],
        expect![[r#"
            1 dead_letters parts of bodies that cannot be read: 1; ferry events dead lists them
            2 unanswered conversations that wait for an answer for longer than the plan says: 2, the oldest since 2026-02-25T06:13:20Z
            4 dead_letters over: parts of bodies that cannot be read: 3; ferry events dead lists them
            5 unanswered over: conversations that wait for an answer for longer than the plan says: 5, the oldest since 2026-02-25T06:13:20Z
            6 dead_letters parts of bodies that cannot be read: 1; ferry events dead lists them
        "#]],
    );
}

#[test]
fn unknown_kinds_and_codes_are_told_when_they_come_first_and_not_when_they_were_there_before() {
    let seen = |kinds: &[&str], failed_codes: &[i64]| {
        let unknown_kinds = kinds.iter().map(|it| ((*it).to_owned(), String::new())).collect();
        let facts = crm::PlatformFacts { failed_codes: failed_codes.to_vec(), ..Default::default() };
        Seen { unknown_kinds, facts, ..well() }
    };
    told(
        [
            seen(&["old"], &[131_026, 999_001]),
            seen(&["old", "telepathy"], &[131_026, 999_001, 999_002]),
            seen(&["old", "telepathy"], &[]),
        ],
        expect![[r#"
            2 unknown_kind [telepathy] the platform tells of telepathy, which Ferry does not know: ferry events stats shows its form
            2 unknown_code [999002] a message failed with code 999002, which Ferry does not know: its campaign treats it with care
        "#]],
    );
}

#[test]
fn a_program_that_takes_nothing_is_told_of_after_a_quarter_of_an_hour() {
    let seen = |age: i64, n_given_up| {
        let counts = crm::ForwardCounts { n_waiting: 7, oldest_at: Some(at(10_000 - age)), n_given_up };
        Seen { forward: [("meta".to_owned(), counts)].into(), ..well() }
    };
    told(
        [seen(900, 0), seen(901, 0), seen(2_000, 2), seen(1, 2), seen(1, 0)],
        expect![[r#"
            2 not_handed_on [meta] bodies of meta that wait to be handed on: 7; look whether the program of forward runs
            3 given_up [meta] bodies of meta that were given up: 2; ferry webhook retry hands them on again
            4 not_handed_on [meta] over: bodies of meta that wait to be handed on: 7; look whether the program of forward runs
            5 given_up [meta] over: bodies of meta that were given up: 2; ferry webhook retry hands them on again
        "#]],
    );
}

#[test]
fn what_platforms_restrict_is_told_with_what_to_do() {
    let subject = |sender: &str, about: &str| Subject {
        account: "1001".to_owned(),
        sender: sender.to_owned(),
        about: about.to_owned(),
    };
    let said = |event: &str, limit: Option<i64>| {
        let word = LastWord { at: at(0), key: [0; 32], event: event.to_owned(), rest: Vec::new() };
        let limit = limit.map(|limit| sync::LastLimit { at: at(0), key: [0; 32], limit });
        Said { word, limit }
    };
    let seen = |said: Vec<(Subject, Said)>, stopped: &[&str]| {
        let template = |status: &&str| crm::StoppedTemplate {
            account: "1001".to_owned(),
            name: "hello".to_owned(),
            language: "fr".to_owned(),
            status: (*status).to_owned(),
        };
        let stopped_templates = stopped.iter().map(template).collect();
        Seen { facts: crm::PlatformFacts { said, stopped_templates, ..Default::default() }, ..well() }
    };
    let flagged = (subject("2002", "phone_number_quality_update"), said("FLAGGED", Some(1_000)));
    let fine = (subject("2002", "phone_number_quality_update"), said("UNFLAGGED", Some(2_000)));
    let restricted = (subject("", "account_update"), said("ACCOUNT_RESTRICTION", None));
    told(
        [
            seen(vec![flagged.clone()], &["PAUSED"]),
            seen(vec![flagged, restricted], &["PAUSED"]),
            seen(vec![fine], &["DISABLED"]),
        ],
        expect![[r#"
            1 platform [2002 FLAGGED] People block or report this number. Send less marketing, and only to people who have written or consented lately.
            1 template [1001 hello fr PAUSED] the template hello (fr) of account 1001 is PAUSED: pause its campaigns
            2 platform [1001 ACCOUNT_RESTRICTION] The account is restricted. Pause its campaigns, and read in Business Support Home what is restricted and until when.
            3 platform [1001 ACCOUNT_RESTRICTION] over: The account is restricted. Pause its campaigns, and read in Business Support Home what is restricted and until when.
            3 platform [2002 FLAGGED] over: People block or report this number. Send less marketing, and only to people who have written or consented lately.
            3 template [1001 hello fr PAUSED] over: the template hello (fr) of account 1001 is PAUSED: pause its campaigns
            3 template [1001 hello fr DISABLED] the template hello (fr) of account 1001 is DISABLED: pause its campaigns
        "#]],
    );
}
