//! What holds after any events: nobody but a person replaces what a person wrote.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::examples::{Event, made, message_after, source, step, template_after};
use super::message::take_step;
use super::template::VersionedTemplate;
use super::{Change, Decision, KeptMessage, NewDecision, VersionOrigin};

fn event() -> impl Strategy<Value = Event> {
    let text = || select(vec!["A", "B", "C", "X", "Y"]).prop_map(str::to_owned);
    let decision =
        select(vec![NewDecision::Approve, NewDecision::ApproveProposed, NewDecision::Reject, NewDecision::Undecide]);
    prop_oneof![
        5 => text().prop_map(Event::Source),
        3 => text().prop_map(Event::Edit),
        3 => decision.prop_map(Event::Decide),
        1 => text().prop_map(Event::ByHand),
        1 => Just(Event::Gone),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(event(), 1..24)
}

/// The text and the decision, if a person wrote the current text.
fn edit_of(template: &VersionedTemplate) -> Option<(String, u32, Decision)> {
    let kept = template.kept();
    let is_edit = kept.current.origin == VersionOrigin::Edit;
    is_edit.then_some((kept.current.body, kept.current.version, kept.verdict.decision))
}

fn check_invariants(template: &VersionedTemplate, approved: &str) {
    let kept = template.kept();
    if kept.current.origin == VersionOrigin::Source {
        assert_eq!((template.current, template.seen), (template.source, template.source));
    }
    if kept.verdict.decision == Decision::Approved {
        assert_eq!(kept.current.body, approved, "what is approved is what somebody approved");
    }
    if let Some(proposed) = &kept.proposed {
        assert_eq!(kept.current.origin, VersionOrigin::Edit);
        assert_ne!(proposed.body, kept.current.body);
    }
    assert!(kept.current.is_as_written());
}

/// Checks what one event may do to a template, and gives the text that was last approved.
fn check_template(before: &VersionedTemplate, event: &Event, approved: String) -> (VersionedTemplate, String) {
    let (now, _) = template_after(Some(before.clone()), event);
    if matches!(event, Event::Source(_) | Event::Gone) {
        let edit = edit_of(before);
        assert!(edit.is_none() || edit == edit_of(&now), "{event:?} replaced what a person wrote");
    }
    for (number, version) in &before.versions {
        let same = now.versions.get(number).unwrap();
        let is_hand = matches!(event, Event::ByHand(_)) && *number == before.current;
        assert!(is_hand || !version.is_as_written() || same == version, "a version was changed");
    }
    if let Event::Edit(text) | Event::ByHand(text) = event {
        assert_eq!(now.kept().current.body, *text);
    }
    if let Event::Source(text) = event {
        let mut again = now.clone();
        assert_eq!(again.take_source(&source(text), &made()), Change::Unchanged);
        assert_eq!(again, now, "the same source twice changes nothing");
        assert_eq!(now.kept().source.body, *text);
    }
    let is_approval = matches!(event, Event::Decide(NewDecision::Approve | NewDecision::ApproveProposed));
    let approved = if is_approval { now.kept().current.body } else { approved };
    check_invariants(&now, &approved);
    (now, approved)
}

fn check_message(before: &KeptMessage, event: &Event, approved: String) -> (KeptMessage, String) {
    let (now, _) = message_after(Some(before.clone()), event);
    if matches!(event, Event::Source(_) | Event::Gone) && before.is_edited() {
        let edit = |it: &KeptMessage| (it.text.clone(), it.edited_by.clone(), it.verdict.clone());
        assert_eq!(edit(&now), edit(before), "{event:?} replaced what a person wrote");
    }
    if let Event::Source(text) = event {
        let again = take_step(Some(&now), &step(text));
        assert_eq!((&again.message, again.change), (&now, Change::Unchanged));
    }
    let is_approval = matches!(event, Event::Decide(NewDecision::Approve | NewDecision::ApproveProposed));
    let approved = if is_approval { now.text.clone() } else { approved };
    assert!(now.verdict.decision != Decision::Approved || now.text == approved);
    assert!(now.proposed().is_none_or(|it| it != now.text && now.is_edited()));
    (now, approved)
}

proptest! {
    #[test]
    fn nobody_but_a_person_replaces_what_a_person_wrote(events in events()) {
        let (mut template, _) = template_after(None, &Event::Source("A".to_owned()));
        let (mut written, mut approved) = (BTreeMap::new(), String::new());
        for event in &events {
            let before = template.clone();
            (template, approved) = check_template(&template, event, approved);
            if let Event::ByHand(_) = event {
                // A person with access to the database can overwrite a version. The table `review` still has its text.
                written.remove(&before.current);
            }
            if let Event::Edit(text) | Event::ByHand(text) = event && template.current != before.current {
                written.insert(template.current, text.clone());
            }
            for (number, text) in &written {
                assert_eq!(template.versions[number].body, *text, "what a person wrote is gone");
                assert_eq!(template.versions[number].origin, VersionOrigin::Edit);
            }
        }
    }

    #[test]
    fn nobody_but_a_person_replaces_a_message_that_a_person_wrote(events in events()) {
        let (mut message, _) = message_after(None, &Event::Source("A".to_owned()));
        let mut approved = String::new();
        for event in &events {
            (message, approved) = check_message(&message, event, approved);
        }
    }
}
