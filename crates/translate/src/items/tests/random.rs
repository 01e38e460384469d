//! The books close for any scenario.

use proptest::prelude::*;
use scenario::Scenario;
use serde_json::{Value, json};

use super::{n_items, unaccounted};
use crate::items::items;
use crate::{Options, Parameters, compile};

/// The most steps of a random scenario.
const MOST: usize = 7;

fn title() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[A-Za-zé]{1,12}( [A-Za-z]{1,14}){0,3}", 1 => Just("Yes".to_owned()), 1 => Just("Book {{c}}".to_owned())]
}

fn goal() -> impl Strategy<Value = Option<String>> {
    prop::option::of((0..MOST).prop_map(|it| format!("s{it}")))
}

fn text() -> impl Strategy<Value = String> {
    let words = r"([A-Za-zé,.!? ]{0,25}|\{\{[abc]\}\}|https://example.com/\{\{a\}\}|1 - oui\n|2 - non\n){0,8}";
    prop_oneof![8 => words, 1 => Just(String::new()), 1 => Just("Your code is {{code}}.".to_owned()), 1 => "[a-z ]{900,2500}"]
}

fn choice() -> impl Strategy<Value = Value> {
    (0u8..14, title(), goal(), prop::option::of("[a-z]{1,4}"), prop::option::of("[a-z ]{1,90}")).prop_map(
        |(kind, title, next, value, description)| match kind {
            0 => json!({ "action": "link", "title": title, "url": "https://example.com/a/{{a}}" }),
            1 => json!({ "action": "link", "title": title, "url": "https://example.com/{{b}}/x" }),
            2 => json!({ "action": "phone", "title": title, "number": "+12025550123" }),
            3 => json!({ "action": "share_location", "title": title, "next": next }),
            4 => json!({ "action": "share_phone", "title": title, "next": next }),
            5 => json!({ "action": "copy_code", "title": title, "code": "{{c}}" }),
            6 => json!({ "action": "form", "title": title, "flow": "4711" }),
            _ => json!({ "action": "reply", "title": title, "value": value, "description": description, "next": next }),
        },
    )
}

fn media() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "kind": "image", "url": "https://example.com/{{m}}.jpg" })),
        Just(json!({ "kind": "gif", "url": "https://example.com/{{m}}.gif" })),
        Just(json!({ "kind": "audio", "url": "https://example.com/a.mp3" })),
    ]
}

fn card() -> impl Strategy<Value = Value> {
    (title(), text(), prop::option::of(media()), prop::collection::vec(choice(), 0..3)).prop_map(
        |(title, text, media, choices)| json!({ "title": title, "text": text, "media": media, "choices": choices }),
    )
}

fn message() -> impl Strategy<Value = Value> {
    let frame = (prop::option::of(title()), prop::option::of(title()), prop::option::of(media()), any::<bool>());
    let shown = (
        prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(card(), 2..4)],
        prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec("[a-z]{3}", 1..4)],
    );
    let timeout = prop::option::of((1u64..200_000, goal()));
    let slot = prop::option::of(Just("d"));
    let choices = prop_oneof![2 => Just(Vec::new()), 2 => prop::collection::vec(choice(), 1..4), 1 => prop::collection::vec(choice(), 4..24)];
    (text(), frame, shown, choices, goal(), slot, timeout).prop_map(
        |(text, (header, footer, media, has_place), (cards, products), choices, next, slot, timeout)| {
            let products: Vec<Value> = products.iter().map(|it| json!({ "id": it })).collect();
            let place = has_place.then(|| json!({ "latitude": "1.0", "longitude": "2.0", "name": "{{place}}" }));
            json!({ "type": "message", "text": text, "header": header.unwrap_or_default(), "footer": footer.unwrap_or_default(),
                "media": media, "location": place, "choices": choices, "cards": cards, "products": products, "slot": slot,
                "next": next, "timeout": timeout.map(|(seconds, next)| json!({ "seconds": seconds, "next": next })) })
        },
    )
}

fn silent_step() -> impl Strategy<Value = Value> {
    (0u8..9, text(), goal(), goal(), 0u64..200_000).prop_map(|(kind, text, next, other, seconds)| match kind {
        0 => json!({ "type": "question", "text": text, "slot": "b", "next": next,
            "timeout": { "seconds": seconds, "next": other } }),
        1 => json!({ "type": "question", "text": text, "slot": "place", "accepts": "location", "next": next }),
        2 => json!({ "type": "listen", "slot": "b", "next": next, "timeout": { "seconds": seconds, "next": other } }),
        3 => json!({ "type": "condition", "otherwise": other, "branches": [
            { "slot": "b", "test": "equals", "value": "1", "next": next },
            { "slot": "d", "test": "one_of", "value": "2, {{a}}", "next": other }] }),
        4 => json!({ "type": "find", "within": "b", "test": "has_number", "slot": "n", "next": next }),
        5 => json!({ "type": "set", "slot": "b", "value": text, "next": next }),
        6 => json!({ "type": "wait", "seconds": seconds, "next": next }),
        7 => json!({ "type": "call", "system": "GET https://example.com/{{b}}", "next": next, "on_failure": other }),
        _ => json!({ "type": "handover", "via": "agent", "text": text, "target": "{{a}}", "next": next }),
    })
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let steps = prop::collection::vec(prop_oneof![3 => message(), 2 => silent_step()], 1..MOST);
    let language = prop::sample::select(vec!["fr", "en", "pt_BR", "sw"]);
    let purpose = prop::sample::select(vec!["notification", "promotion", "authentication", "conversation"]);
    let trigger = prop::sample::select(vec!["event", "message", "phrases"]);
    (steps, language, purpose, trigger, 0..MOST).prop_map(|(mut steps, language, purpose, trigger, start)| {
        let n_steps = steps.len();
        for (n, step) in steps.iter_mut().enumerate() {
            step["id"] = json!(format!("s{n}"));
            end_unknown(step, n_steps);
        }
        let trigger = match trigger {
            "phrases" => json!({ "type": "message", "phrases": ["a table for {{people}}"] }),
            other => json!({ "type": other }),
        };
        let json = json!({ "id": "any", "intent": "any", "language": language, "purpose": purpose, "trigger": trigger,
            "start": format!("s{}", start % n_steps), "steps": steps, "slots": [{ "name": "a", "examples": ["x1"] }, { "name": "code" }],
            "losses": [{ "loss": "html", "place": "here", "what": "a mark" }] });
        serde_json::from_value(json).unwrap()
    })
}

/// Ends the scenario where a route leads to a step that is not there.
fn end_unknown(value: &mut Value, n_steps: usize) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|it| end_unknown(it, n_steps)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let is_goal = ["next", "on_failure", "otherwise"].contains(&key.as_str());
                let is_unknown = |it: &str| it[1..].parse::<usize>().is_ok_and(|it| it >= n_steps);
                match value.as_str() {
                    Some(goal) if is_goal && is_unknown(goal) => *value = Value::Null,
                    _ => end_unknown(value, n_steps),
                }
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_books_close_for_any_scenario(scenario in scenario(), named in any::<bool>()) {
        let parameters = if named { Parameters::Named } else { Parameters::Positional };
        let compiled = compile(&scenario, &Options { parameters, ..Options::default() });
        let items = items(&scenario, &compiled);
        let missing = unaccounted(&items);
        prop_assert!(missing.is_empty(), "{missing:?}\n{}\n{:#?}", serde_json::to_string(&scenario).unwrap(), compiled.findings);
        prop_assert_eq!(items.len(), n_items(&scenario));
    }
}
