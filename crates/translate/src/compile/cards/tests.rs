use expect_test::{Expect, expect};
use proptest::prelude::*;
use scenario::{Scenario, read_scenarios};
use serde_json::{Value, json};
use template::{ValueLengths, lint};

use crate::compile::{Compiled, Options, Parameters, compile};
use crate::flow::Outgoing;
use crate::{FlowAct, Input, Script, simulate};

fn rooms(trigger: &str, message: &Value) -> Scenario {
    let mut step = json!({ "id": "rooms", "type": "message", "text": "Our rooms for the summer:" });
    step.as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
    let json = json!({ "id": "rooms", "intent": "rooms", "language": "en", "purpose": "conversation",
        "trigger": { "type": trigger }, "slots": [{ "name": "price", "examples": ["90"] }], "start": "rooms",
        "steps": [step, { "id": "booked", "type": "message", "text": "Your room is booked." }] });
    read_scenarios(&json.to_string()).unwrap().remove(0)
}

fn card(title: &str, choices: &Value) -> Value {
    json!({ "title": title, "text": "For {{price}} euros a night", "choices": choices,
        "media": { "kind": "image", "url": "https://example.com/a.jpg" } })
}

fn two_cards() -> Value {
    let choices = |page: &str| {
        json!([
            { "action": "reply", "title": "Book", "next": "booked" },
            { "action": "link", "title": "See", "url": format!("https://example.com/{page}/{{{{price}}}}") },
        ])
    };
    json!({ "cards": [card("Sea", &choices("sea")), card("Garden", &choices("garden"))] })
}

/// The components of the templates, what fills them, and what is told about cards.
fn told(compiled: &Compiled) -> String {
    let components = compiled.templates.iter().flat_map(|it| &it.components).map(|it| json!(it).to_string());
    let sent = compiled.flow.steps.iter().filter_map(|it| match &it.act {
        FlowAct::Send(sends) => Some(sends),
        FlowAct::Other(_) => None,
    });
    let sent = sent.flat_map(|it| {
        let cards = it.sends.iter().flat_map(|it| match it {
            Outgoing::Template { cards, .. } => cards.iter().map(|it| json!(it).to_string()).collect(),
            Outgoing::Message(it) => vec![it.body().replace('\n', " / ")],
        });
        let ways = it.awaits.iter().flat_map(|it| &it.ways).map(|it| json!(it).to_string());
        cards.chain(ways).collect::<Vec<_>>()
    });
    let findings =
        compiled.findings.iter().filter(|it| ["L112", "L122", "C101", "C102", "T604"].contains(&it.rule.code));
    let findings = findings.map(|it| format!("{}: {}", it.rule.code, it.message));
    components.chain(sent).chain(findings).collect::<Vec<_>>().join("\n")
}

fn check(trigger: &str, message: &Value, expected: Expect) {
    expected.assert_eq(&told(&compile(&rooms(trigger, message), &Options::default())));
}

#[test]
fn cards_become_a_carousel_whose_answers_name_their_card() {
    check(
        "event",
        &two_cards(),
        expect![[r#"
        {"text":"Our rooms for the summer:","type":"BODY"}
        {"cards":[{"components":[{"format":"IMAGE","type":"HEADER"},{"example":{"body_text":[["90"]]},"text":"Sea\nFor {{1}} euros a night","type":"BODY"},{"buttons":[{"text":"Book","type":"QUICK_REPLY"},{"example":["https://example.com/sea/90"],"text":"See","type":"URL","url":"https://example.com/sea/{{1}}"}],"type":"BUTTONS"}]},{"components":[{"format":"IMAGE","type":"HEADER"},{"example":{"body_text":[["90"]]},"text":"Garden\nFor {{1}} euros a night","type":"BODY"},{"buttons":[{"text":"Book","type":"QUICK_REPLY"},{"example":["https://example.com/garden/90"],"text":"See","type":"URL","url":"https://example.com/garden/{{1}}"}],"type":"BUTTONS"}]}],"type":"CAROUSEL"}
        {"buttons":[[1,"price"]],"header":"https://example.com/a.jpg","parameters":["price"],"payloads":[[0,"rooms:1:1"]]}
        {"buttons":[[1,"price"]],"header":"https://example.com/a.jpg","parameters":["price"],"payloads":[[0,"rooms:2:1"]]}
        {"card":"Sea","id":"rooms:1:1","next":"booked","title":"Book","value":"Sea: Book"}
        {"card":"Garden","id":"rooms:2:1","next":"booked","title":"Book","value":"Garden: Book"}
        Your room is booked.
        T604: nothing says how to stop these messages
        C101: MARKETING: WhatsApp has cards in marketing templates alone"#]],
    );
}

#[test]
fn the_customer_sees_the_same_cards_and_an_answer_leads_on() {
    let scenario = rooms("event", &two_cards());
    let compiled = compile(&scenario, &Options::default());
    let script = Script { inputs: vec![Input::Press("Garden: Book".to_owned())], ..Script::default() };
    let run = simulate(&scenario, &compiled, &script);
    assert_eq!(run.differences, []);
    let shown: Vec<String> = run.whatsapp.into_iter().flat_map(|it| it.lines).collect();
    expect![[r#"
        Our rooms for the summer:
        (image https://example.com/a.jpg)
        Sea
        For 90 euros a night
        [Book]
        [See → https://example.com/sea/90]
        (image https://example.com/a.jpg)
        Garden
        For 90 euros a night
        [Book]
        [See → https://example.com/garden/90]
        Your room is booked."#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn a_header_and_a_footer_are_paragraphs_of_the_text() {
    let mut message = two_cards();
    message["header"] = json!("Summer");
    message["footer"] = json!("Hotel Sol");
    let compiled = compile(&rooms("event", &message), &Options::default());
    assert_eq!(compiled.templates[0].body_text(), "Summer\n\nOur rooms for the summer:\n\nHotel Sol");
    assert!(told(&compiled).contains("a template with cards has no header and no footer"));
}

#[test]
fn cards_that_break_a_rule_are_lines_and_choices_and_the_rule_is_named() {
    let book = json!([{ "action": "reply", "title": "Book", "value": "b", "next": "booked" }]);
    let message = |cards: &[Value]| json!({ "cards": cards });
    let reason = |trigger: &str, message: &Value| {
        let compiled = compile(&rooms(trigger, message), &Options::default());
        let is_carousel = compiled.templates.iter().any(|it| !it.cards().1.is_empty());
        let lost = compiled.findings.iter().find(|it| it.rule.code == "L122").map(|it| it.message.clone());
        assert_eq!(is_carousel, lost.is_none());
        lost.unwrap_or_default()
    };
    let (sea, garden) = (card("Sea", &book), card("Garden", &book));
    let changed = |key: &str, value: Value| {
        let mut card = garden.clone();
        card[key] = value;
        reason("event", &message(&[sea.clone(), card]))
    };
    let mut with_more = message(&[sea.clone(), garden.clone()]);
    with_more["choices"] = json!([{ "action": "reply", "title": "Later" }]);
    let told = [
        reason("message", &message(&[sea.clone(), garden.clone()])),
        reason("event", &message(std::slice::from_ref(&sea))),
        reason("event", &message(&vec![sea.clone(); 11])),
        reason("event", &with_more),
        reason("event", &json!({ "text": "", "cards": [sea, garden] })),
        changed("media", json!({ "kind": "video", "url": "https://example.com/a.mp4" })),
        changed("media", json!({ "kind": "gif", "url": "https://example.com/a.gif" })),
        changed("media", Value::Null),
        changed("choices", json!([])),
        changed("choices", json!([{ "action": "share_phone", "title": "My number" }])),
        changed("choices", json!([{ "action": "link", "title": "See", "url": "https://{{price}}.example.com" }])),
        changed("text", json!("x".repeat(155))),
        changed("text", json!("For {{price}}")),
        changed("text", json!("For {{ price | euros }} a night")),
    ];
    expect![[r#"
        2 cards: within the 24-hour window they are not sent as cards
        1 card: 1 card; 2 to 10 are allowed (T701)
        11 cards: 11 cards; 2 to 10 are allowed (T701)
        2 cards: the message has choices beside them, and a template with cards has a text alone
        2 cards: the message has no text beside them
        2 cards: card 2 has another kind of header than card 1 (T702)
        2 cards: card 2 shows neither a picture nor a video: gif
        2 cards: card 2 has no picture and no video
        2 cards: card 2 has other buttons than card 1 (T702)
        2 cards: “My number” on card 2 is no reply, no address and no phone number
        2 cards: the address of “See” on card 2 cannot be that of a button
        2 cards: card 2 has 162 characters with its values; at most 160 fit
        2 cards: card 2: 2 words and 1 variables: at least 3 words are needed (T304)
        2 cards: card 2: “{{ price | euros }}” would have been filled in by another system (T210)"#]]
    .assert_eq(&told.join("\n"));
    check(
        "event",
        &message(&[card("Sea", &book)]),
        expect![[r#"
            {"example":{"body_text":[["90"]]},"text":"Our rooms for the summer:\n• Sea – For {{1}} euros a night","type":"BODY"}
            {"buttons":[{"text":"Book","type":"QUICK_REPLY"}],"type":"BUTTONS"}
            {"id":"Book","next":"booked","title":"Book","value":"b"}
            Your room is booked.
            L122: 1 card: 1 card; 2 to 10 are allowed (T701)
            L112: the image of a card: https://example.com/a.jpg
            C101: UTILITY: {{price}} differs for each customer and nothing is promotional, but nothing in it shows an order, an appointment, a payment, a delivery, an account or a request of the customer: check it"#]],
    );
}

/// Cards as Meta allows them, with texts of any length and buttons of any kind.
fn any_cards() -> impl Strategy<Value = Value> {
    let text = r"[A-Za-zé]{1,9}( [A-Za-zé]{1,9}|, \{\{price\}\}|\n[a-z]{1,4}){0,20} [a-z]{1,9}";
    let kinds = prop::collection::vec(0u8..3, 0..3);
    let card = (prop::option::of("[A-Z][a-zé ]{0,30}"), text, prop::collection::vec("[A-Z][a-z ✅*]{0,30}", 2));
    (prop::collection::vec(card, 1..12), kinds, any::<bool>()).prop_map(|(cards, kinds, is_video)| {
        let cards = cards.into_iter().map(|(title, text, titles)| {
            let choices = kinds.iter().zip(titles).map(|(kind, title)| match kind {
                0 => json!({ "action": "reply", "title": title, "next": "booked" }),
                1 => json!({ "action": "link", "title": title, "url": "https://example.com/{{price}}" }),
                _ => json!({ "action": "phone", "title": title, "number": "+33199000001" }),
            });
            let choices: Vec<Value> = choices.collect();
            let media = json!({ "kind": if is_video { "video" } else { "image" }, "url": "https://example.com/a" });
            json!({ "title": title.unwrap_or_default(), "text": text, "media": media, "choices": choices })
        });
        json!({ "cards": cards.collect::<Vec<_>>() })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_carousel_that_is_made_breaks_no_rule_and_any_other_is_told(message in any_cards(), named in any::<bool>()) {
        let parameters = if named { Parameters::Named } else { Parameters::Positional };
        let scenario = rooms("event", &message);
        let compiled = compile(&scenario, &Options { parameters, ..Options::default() });
        let carousel = compiled.templates.iter().find(|it| !it.cards().1.is_empty());
        let is_told = compiled.findings.iter().any(|it| it.rule.code == "L122");
        prop_assert_eq!(carousel.is_none(), is_told);
        if let Some(template) = carousel {
            let errors = lint(template, &ValueLengths::default()).into_iter().filter(|it| it.is_error() && it.rule.code != "T502");
            prop_assert_eq!(errors.map(|it| it.message).collect::<Vec<_>>(), Vec::<String>::new());
            prop_assert_eq!(template.cards().1.len(), message["cards"].as_array().unwrap().len());
        }
    }
}
