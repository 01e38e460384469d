use scenario::{LOSSES, PlacedLoss, Scenario, read_scenarios};
use template::{Component, SessionMessage};

use crate::flow::{FlowAct, Outgoing};
use crate::{Compiled, Options, compile, scripts, simulate};

/// A conversation and a reminder with buttons, a list, a question, a link, a picture and a decision.
const SCENARIOS: [&str; 2] = [
    r#"{ "id": "help", "intent": "help", "language": "en", "purpose": "conversation", "trigger": { "type": "message" },
        "start": "hello", "slots": [{ "name": "order", "examples": ["A17"] }], "steps": [
        { "id": "hello", "type": "message", "text": "How can we help you today?", "slot": "wish", "next": "again", "choices": [
            { "action": "reply", "title": "Track my order", "next": "ask" },
            { "action": "reply", "title": "Opening hours", "next": "hours" },
            { "action": "reply", "title": "Talk to a person", "next": "person" } ],
          "timeout": { "seconds": 3600, "next": "bye" } },
        { "id": "again", "type": "message", "text": "Please tap one of the buttons.", "next": "hello" },
        { "id": "ask", "type": "question", "text": "Which number has your order?", "slot": "order", "next": "look" },
        { "id": "look", "type": "call", "system": "orders", "next": "found", "on_failure": "person" },
        { "id": "found", "type": "message", "text": "Order {{order}} is on its way.",
          "choices": [{ "action": "link", "title": "Follow it", "url": "https://example.com/o" }] },
        { "id": "hours", "type": "message", "text": "We open at nine.",
          "media": { "kind": "image", "url": "https://example.com/door.jpg" } },
        { "id": "bye", "type": "message", "text": "Write again whenever you like." },
        { "id": "person", "type": "handover", "via": "agent", "text": "Somebody will write to you soon." } ] }"#,
    r#"{ "id": "visit", "intent": "visit", "language": "en", "purpose": "notification", "trigger": { "type": "event" },
        "start": "remind", "slots": [{ "name": "day", "examples": ["Monday"] }], "steps": [
        { "id": "remind", "type": "message", "text": "We expect you on {{day}} at our clinic, please tell us if you come.",
          "choices": [{ "action": "reply", "title": "I will come", "next": "yes" },
                      { "action": "reply", "title": "Not this time", "next": "no" }] },
        { "id": "yes", "type": "message", "text": "See you there." },
        { "id": "no", "type": "message", "text": "What a pity. Call us for another day." } ] }"#,
];

fn change(text: &mut String) {
    text.push_str(" zzz");
}

/// All texts of a message that a customer sees.
fn texts(message: &mut SessionMessage) -> Vec<&mut String> {
    match message {
        SessionMessage::Text { body } | SessionMessage::LocationRequest { body } => vec![body],
        SessionMessage::Media { link, caption, .. } => caption.iter_mut().chain([link]).collect(),
        SessionMessage::Location { .. } => Vec::new(),
        SessionMessage::Buttons { body, replies: rows, .. } | SessionMessage::List { body, rows, .. } => {
            rows.iter_mut().map(|it| &mut it.title).chain([body]).collect()
        }
        SessionMessage::Form { body, label, .. } => vec![body, label],
        SessionMessage::Link { body, label, url, .. } => vec![body, label, url],
        SessionMessage::Products { body, .. } => vec![body],
    }
}

/// Changes one text or one target of what a scenario became: the one with this number. None if there are fewer.
fn mutated(compiled: &Compiled, n: usize) -> Option<Compiled> {
    let (mut compiled, mut left) = (compiled.clone(), n);
    let mut is_chosen = || {
        left = left.wrapping_sub(1);
        left == usize::MAX
    };
    for template in &mut compiled.templates {
        for component in &mut template.components {
            let texts: Vec<&mut String> = match component {
                Component::Body(it) => it.text.iter_mut().collect(),
                Component::Buttons(it) => it.buttons.iter_mut().filter_map(|it| it.text.as_mut()).collect(),
                _ => Vec::new(),
            };
            for text in texts {
                if is_chosen() {
                    change(text);
                    return Some(compiled);
                }
            }
        }
    }
    for step in &mut compiled.flow.steps {
        let FlowAct::Send(sends) = &mut step.act else { continue };
        for outgoing in &mut sends.sends {
            let Outgoing::Message(message) = outgoing else { continue };
            for text in texts(message) {
                if is_chosen() {
                    change(text);
                    return Some(compiled);
                }
            }
        }
        for way in sends.awaits.iter_mut().flat_map(|it| &mut it.ways) {
            if way.next.is_some() && is_chosen() {
                way.next = None;
                return Some(compiled);
            }
        }
    }
    None
}

/// Whether everything that the customer sees is the same or explained.
fn is_explained(scenario: &Scenario, compiled: &Compiled) -> bool {
    scripts(scenario).iter().all(|it| simulate(scenario, compiled, it).is_explained())
}

#[test]
fn a_loss_does_not_explain_a_difference_that_it_did_not_cause() {
    let mut n_mutants = 0;
    for rule in &LOSSES {
        for json in SCENARIOS {
            let mut scenario = read_scenarios(json).unwrap().remove(0);
            let loss = serde_json::from_value(rule.name.into()).unwrap();
            let of_step = |it: &scenario::Step| PlacedLoss { loss, place: it.id.clone(), what: "“Gone”".into() };
            scenario.losses = scenario.steps.iter().map(of_step).collect();
            let compiled = compile(&scenario, &Options::default());
            assert!(is_explained(&scenario, &compiled), "{}", rule.code);
            for (n, mutant) in (0..).map_while(|it| mutated(&compiled, it)).enumerate() {
                n_mutants += 1;
                assert!(!is_explained(&scenario, &mutant), "{} explains change {n} of {}", rule.code, scenario.id);
            }
        }
    }
    assert!(n_mutants > 31 * 20, "{n_mutants}");
}
