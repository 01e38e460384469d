//! The rules as examples: in each table an event, and what holds after it. `take` takes the proposed text.

use expect_test::{Expect, expect};
use jiff::Timestamp;

use super::message::take_step;
use super::template::{Made, VersionedTemplate};
use super::{
    Decision, EditedText, KeptMessage, NewDecision, Review, ReviewOutcome, ReviewSubject, SourceTemplate, StepRow,
    Verdict,
};

/// Something that happens to a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Source(String),
    Edit(String),
    /// The current text is changed in the database.
    ByHand(String),
    Decide(NewDecision),
    /// The section no longer has it.
    Gone,
}

impl Event {
    fn of(line: &str) -> Self {
        let (verb, text) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "source" => Self::Source(text.to_owned()),
            "edit" => Self::Edit(text.to_owned()),
            "hand" => Self::ByHand(text.to_owned()),
            "approve" => Self::Decide(NewDecision::Approve),
            "take" => Self::Decide(NewDecision::ApproveProposed),
            "reject" => Self::Decide(NewDecision::Reject),
            "undecide" => Self::Decide(NewDecision::Undecide),
            "gone" => Self::Gone,
            _ => panic!("{line}"),
        }
    }

    /// The review that this is, of somebody who has seen what is there.
    fn review(&self, seen: String) -> Review {
        let text = |it: &str| EditedText { text: it.to_owned(), category: "UTILITY".to_owned() };
        let (edit, decision) = match self {
            Self::Edit(edit) => (Some(text(edit)), None),
            Self::Decide(decision) => (None, Some(*decision)),
            Self::Source(_) | Self::ByHand(_) | Self::Gone => (None, None),
        };
        let subject = ReviewSubject::Template { name: String::new(), language: String::new() };
        Review { subject, seen, decision, edit, comment: None, changed: Vec::new() }
    }
}

pub(super) fn made() -> Made {
    Made { run_id: "run".to_owned(), by: "ferry".to_owned(), at: Timestamp::UNIX_EPOCH }
}

pub(super) fn source(text: &str) -> SourceTemplate {
    SourceTemplate {
        name: "greeting".to_owned(),
        language: "fr".to_owned(),
        scenario: "hello".to_owned(),
        scenario_language: "fr".to_owned(),
        body: text.to_owned(),
        category: "UTILITY".to_owned(),
    }
}

pub(super) fn step(text: &str) -> StepRow {
    StepRow {
        scenario: "hello".to_owned(),
        language: "fr".to_owned(),
        number: 0,
        part: 0,
        step_id: "ask".to_owned(),
        from_step: "ask".to_owned(),
        kind: "message".to_owned(),
        template: String::new(),
        source_text: text.to_owned(),
    }
}

/// What an event makes of a template. The outcome is that of a review.
pub(super) fn template_after(
    template: Option<VersionedTemplate>,
    event: &Event,
) -> (VersionedTemplate, Option<ReviewOutcome>) {
    let Some(mut template) = template else {
        let Event::Source(text) = event else { panic!("{event:?} comes before the source") };
        return (VersionedTemplate::new(&source(text), &made()), None);
    };
    template.adopt_hand_edits();
    match event {
        Event::Source(text) => {
            template.take_source(&source(text), &made());
        }
        Event::Gone => template.is_missing = true,
        Event::ByHand(text) => {
            let current = template.current;
            template.versions.get_mut(&current).unwrap().body.clone_from(text);
            template.adopt_hand_edits();
        }
        Event::Edit(_) | Event::Decide(_) => {
            let review = event.review(template.token());
            let outcome = template.review(&review, "ana", Timestamp::UNIX_EPOCH);
            return (template, Some(outcome));
        }
    }
    (template, None)
}

/// What an event makes of a message.
pub(super) fn message_after(message: Option<KeptMessage>, event: &Event) -> (KeptMessage, Option<ReviewOutcome>) {
    let mut message = match (message, event) {
        (message, Event::Source(text)) => return (take_step(message.as_ref(), &step(text)).message, None),
        (Some(message), _) => message,
        (None, _) => panic!("{event:?} comes before the source"),
    };
    match event {
        Event::Source(_) => {}
        Event::Gone => message.is_missing = true,
        Event::ByHand(text) => {
            message.text.clone_from(text);
            message.adopt_hand_edit();
        }
        Event::Edit(_) | Event::Decide(_) => {
            let review = event.review(message.token());
            let outcome = message.review(&review, "ana", Timestamp::UNIX_EPOCH);
            return (message, Some(outcome));
        }
    }
    (message, None)
}

fn words(text: &str, proposed: Option<&str>, verdict: &Verdict, is_missing: bool) -> String {
    let decision = if verdict.decision == Decision::Undecided { "undecided" } else { verdict.decision.name() };
    let proposed = proposed.map_or_else(String::new, |it| format!(", proposed {it}"));
    format!("{text} {decision}{proposed}{}", if is_missing { ", missing" } else { "" })
}

/// Shows events of a template. Before the text stands the token: the version, and that of the proposed text.
fn template_table(events: &str, expected: Expect) {
    let mut template = None;
    let mut lines = Vec::new();
    for line in events.split(',').map(str::trim) {
        let (now, outcome) = template_after(template, &Event::of(line));
        let kept = now.kept();
        let proposed = kept.proposed.as_ref().map(|it| it.body.as_str());
        let words = words(&kept.current.body, proposed, &kept.verdict, kept.is_missing);
        let refused = outcome.filter(|it| *it == ReviewOutcome::NoProposal).map_or("", |_| " (nothing is proposed)");
        lines.push(format!("{line:<9} | {:<3} {words}{refused}\n", now.token()));
        template = Some(now);
    }
    expected.assert_eq(&lines.concat());
}

fn message_table(events: &str, expected: Expect) {
    let mut message = None;
    let mut lines = Vec::new();
    for line in events.split(',').map(str::trim) {
        let (now, outcome) = message_after(message, &Event::of(line));
        let words = words(&now.text, now.proposed(), &now.verdict, now.is_missing);
        let refused = outcome.filter(|it| *it == ReviewOutcome::NoProposal).map_or("", |_| " (nothing is proposed)");
        lines.push(format!("{line:<9} | {words}{refused}\n"));
        message = Some(now);
    }
    expected.assert_eq(&lines.concat());
}

#[test]
fn a_text_that_nobody_has_edited_follows_its_source_and_loses_its_decision() {
    template_table(
        "source A, source A, approve, source A, source B, reject, undecide",
        expect![[r#"
            source A  | 1   A undecided
            source A  | 1   A undecided
            approve   | 1   A approved
            source A  | 1   A approved
            source B  | 2   B undecided
            reject    | 2   B rejected
            undecide  | 2   B undecided
        "#]],
    );
    message_table(
        "source A, approve, source A, source B, reject",
        expect![[r#"
            source A  | A undecided
            approve   | A approved
            source A  | A approved
            source B  | B undecided
            reject    | B rejected
        "#]],
    );
}

#[test]
fn beside_an_edit_a_changed_source_is_proposed_until_a_person_decides() {
    template_table(
        "source A, edit X, approve, source B, source C, approve, source C, source D, take, source E",
        expect![[r#"
            source A  | 1   A undecided
            edit X    | 2   X undecided
            approve   | 2   X approved
            source B  | 2+3 X approved, proposed B
            source C  | 2+4 X approved, proposed C
            approve   | 2   X approved
            source C  | 2   X approved
            source D  | 2+5 X approved, proposed D
            take      | 5   D approved
            source E  | 6   E undecided
        "#]],
    );
    message_table(
        "source A, edit X, approve, source B, source C, approve, source C, source D, take, source E",
        expect![[r#"
            source A  | A undecided
            edit X    | X undecided
            approve   | X approved
            source B  | X approved, proposed B
            source C  | X approved, proposed C
            approve   | X approved
            source C  | X approved
            source D  | X approved, proposed D
            take      | D approved
            source E  | E undecided
        "#]],
    );
}

#[test]
fn a_rejected_text_stays_beside_its_proposal() {
    let events = "source A, edit X, source B, reject, take";
    template_table(
        events,
        expect![[r#"
            source A  | 1   A undecided
            edit X    | 2   X undecided
            source B  | 2+3 X undecided, proposed B
            reject    | 2+3 X rejected, proposed B
            take      | 3   B approved
        "#]],
    );
    message_table(
        events,
        expect![[r#"
            source A  | A undecided
            edit X    | X undecided
            source B  | X undecided, proposed B
            reject    | X rejected, proposed B
            take      | B approved
        "#]],
    );
}

#[test]
fn a_source_that_goes_back_withdraws_its_proposal() {
    template_table(
        "source A, edit X, source B, source A, source B",
        expect![[r#"
            source A  | 1   A undecided
            edit X    | 2   X undecided
            source B  | 2+3 X undecided, proposed B
            source A  | 2   X undecided
            source B  | 2+5 X undecided, proposed B
        "#]],
    );
    message_table(
        "source A, edit X, source B, source A",
        expect![[r#"
            source A  | A undecided
            edit X    | X undecided
            source B  | X undecided, proposed B
            source A  | X undecided
        "#]],
    );
}

#[test]
fn a_source_that_says_what_the_edit_says_proposes_nothing_and_keeps_the_decision() {
    let events = "source A, edit X, approve, source X, source B";
    template_table(
        events,
        expect![[r#"
            source A  | 1   A undecided
            edit X    | 2   X undecided
            approve   | 2   X approved
            source X  | 2   X approved
            source B  | 2+4 X approved, proposed B
        "#]],
    );
    message_table(
        events,
        expect![[r#"
            source A  | A undecided
            edit X    | X undecided
            approve   | X approved
            source X  | X approved
            source B  | X approved, proposed B
        "#]],
    );
}

#[test]
fn a_new_edit_settles_what_was_proposed() {
    template_table(
        "source A, edit X, source B, edit Y, source B, edit Y, take",
        expect![[r#"
            source A  | 1   A undecided
            edit X    | 2   X undecided
            source B  | 2+3 X undecided, proposed B
            edit Y    | 4   Y undecided
            source B  | 4   Y undecided
            edit Y    | 4   Y undecided
            take      | 4   Y undecided (nothing is proposed)
        "#]],
    );
    message_table(
        "source A, edit X, source B, edit Y, source B, take",
        expect![[r#"
            source A  | A undecided
            edit X    | X undecided
            source B  | X undecided, proposed B
            edit Y    | Y undecided
            source B  | Y undecided
            take      | Y undecided (nothing is proposed)
        "#]],
    );
}

#[test]
fn what_somebody_writes_into_the_database_is_an_edit_that_nobody_has_decided_on() {
    template_table(
        "source A, approve, hand H, source A, source B, approve",
        expect![[r#"
            source A  | 1   A undecided
            approve   | 1   A approved
            hand H    | 2   H undecided
            source A  | 2   H undecided
            source B  | 2+3 H undecided, proposed B
            approve   | 2   H approved
        "#]],
    );
    message_table(
        "source A, approve, hand H, source A, source B",
        expect![[r#"
            source A  | A undecided
            approve   | A approved
            hand H    | H undecided
            source A  | H undecided
            source B  | H undecided, proposed B
        "#]],
    );
}

#[test]
fn what_is_missing_keeps_its_words_and_comes_back_with_them() {
    let events = "source A, edit X, approve, gone, source A, gone, source B";
    template_table(
        events,
        expect![[r#"
            source A  | 1   A undecided
            edit X    | 2   X undecided
            approve   | 2   X approved
            gone      | 2   X approved, missing
            source A  | 2   X approved
            gone      | 2   X approved, missing
            source B  | 2+3 X approved, proposed B
        "#]],
    );
    message_table(
        events,
        expect![[r#"
            source A  | A undecided
            edit X    | X undecided
            approve   | X approved
            gone      | X approved, missing
            source A  | X approved
            gone      | X approved, missing
            source B  | X approved, proposed B
        "#]],
    );
}
