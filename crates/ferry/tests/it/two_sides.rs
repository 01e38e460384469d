//! The two sides of the simulator share no mistake: each old fault of an importer, put back by hand into the neutral
//! form, makes a difference that nothing explains, and the right form makes none.

use scenario::{Input, Scenario, SourceSide, read_scenarios};
use source_side::{SourceFile, SourceFlow, open};
use translate::{Options, Script, compile, simulate_shown};

fn source(format: &str, files: &[(&str, &str)]) -> SourceFlow {
    let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() };
    let files: Vec<SourceFile> = files.iter().map(file).collect();
    open(format, &files).unwrap().remove(0)
}

fn scenario(trigger: &str, start: &str, steps: &str) -> Scenario {
    let json = format!(
        r#"{{ "id": "a", "intent": "a", "language": "en", "purpose": "conversation", "trigger": {trigger},
             "slots": [{{ "name": "answer" }}], "start": "{start}", "steps": {steps} }}"#
    );
    read_scenarios(&json).unwrap().remove(0)
}

/// The scripts, made from the source, in which the two sides differ without an explanation.
fn unexplained(source: &SourceFlow, scenario: &Scenario) -> Vec<String> {
    unexplained_of(source, scenario, &source.scripts())
}

fn unexplained_of(source: &SourceFlow, scenario: &Scenario, scripts: &[Script]) -> Vec<String> {
    let compiled = compile(scenario, &Options::default());
    let runs = scripts.iter().map(|it| simulate_shown(&[(scenario, &compiled)], source, it));
    runs.filter(|it| !it.is_explained()).map(|it| it.script).collect()
}

fn says(texts: &[&str]) -> Script {
    let inputs = texts.iter().map(|it| Input::Say((*it).to_owned())).collect();
    Script { name: texts.join(" / "), inputs, ..Script::default() }
}

const FROM_CUSTOMER: &str = r#"{ "type": "message" }"#;

/// A question in one node, and the wait with its cases in the next, as RapidPro's editor writes them.
const FLOW: &str = r#"{ "version": "13", "triggers": [{ "trigger_type": "K", "keyword": "visit", "flow": { "uuid": "f" } }],
    "flows": [{ "uuid": "f", "name": "a", "language": "eng", "localization": {}, "nodes": [
    { "uuid": "n1", "actions": [{ "type": "send_msg", "uuid": "m1", "text": "Come on Monday?", "quick_replies": ["Yes", "No"] }],
      "exits": [{ "uuid": "e1", "destination_uuid": "n2" }] },
    { "uuid": "n2", "actions": [], "router": { "type": "switch", "operand": "@input.text", "wait": { "type": "msg" },
      "cases": [{ "uuid": "c1", "type": "has_any_word", "arguments": ["yes"], "category_uuid": "k1" },
                { "uuid": "c2", "type": "has_any_word", "arguments": ["no"], "category_uuid": "k2" }],
      "categories": [{ "uuid": "k1", "name": "Yes", "exit_uuid": "x1" }, { "uuid": "k2", "name": "No", "exit_uuid": "x2" },
                     { "uuid": "k3", "name": "Other", "exit_uuid": "x3" }], "default_category_uuid": "k3" },
      "exits": [{ "uuid": "x1", "destination_uuid": "n3" }, { "uuid": "x2", "destination_uuid": "n4" },
                { "uuid": "x3", "destination_uuid": "n5" }] },
    { "uuid": "n3", "actions": [{ "type": "send_msg", "uuid": "m3", "text": "See you there." }], "exits": [{ "uuid": "e3" }] },
    { "uuid": "n4", "actions": [{ "type": "send_msg", "uuid": "m4", "text": "What a pity." }], "exits": [{ "uuid": "e4" }] },
    { "uuid": "n5", "actions": [{ "type": "send_msg", "uuid": "m5", "text": "Sorry, say that again." }], "exits": [{ "uuid": "e5" }] }
    ] }] }"#;

fn flow_steps(question: &str) -> String {
    format!(
        r#"[{question},
        {{ "id": "yes", "type": "message", "text": "See you there." }},
        {{ "id": "no", "type": "message", "text": "What a pity." }},
        {{ "id": "other", "type": "message", "text": "Sorry, say that again." }}]"#
    )
}

const ASKED: &str = r#"{ "id": "ask", "type": "message", "text": "Come on Monday?", "slot": "answer", "next": "NEXT",
    "choices": [{ "action": "reply", "title": "Yes", "next": "yes" }, { "action": "reply", "title": "No", "next": "no" }] }"#;

#[test]
fn a_wait_that_became_a_second_question_is_found() {
    let source = source("rapidpro", &[("flow.json", FLOW)]);
    let presses =
        |label: &str| Script { inputs: vec![Input::Say("visit".into()), Input::Press(label.into())], ..says(&[label]) };
    let scripts = [presses("Yes"), presses("No"), says(&["visit", "hello"])];
    let right = scenario(FROM_CUSTOMER, "ask", &flow_steps(&ASKED.replace("NEXT", "other")));
    assert_eq!(unexplained_of(&source, &right, &scripts), Vec::<String>::new());
    let wrong = r#"{ "id": "ask", "type": "message", "text": "Come on Monday?", "slot": "answer", "next": "wait",
          "choices": [{ "action": "reply", "title": "Yes" }, { "action": "reply", "title": "No" }] },
        { "id": "wait", "type": "message", "text": "…", "next": "other",
          "choices": [{ "action": "reply", "title": "Yes", "next": "yes" }, { "action": "reply", "title": "No", "next": "no" }] }"#;
    let wrong = scenario(FROM_CUSTOMER, "ask", &flow_steps(wrong));
    assert_eq!(unexplained_of(&source, &wrong, &scripts), ["Yes", "No", "visit / hello"]);
    assert!(!unexplained(&source, &wrong).is_empty());
}

#[test]
fn a_test_on_a_piece_of_text_in_place_of_a_word_is_found() {
    let source = source("rapidpro", &[("flow.json", FLOW)]);
    let contains = ASKED.replace("NEXT", "test").to_owned()
        + r#", { "id": "test", "type": "condition", "branches": [
            { "slot": "answer", "test": "contains", "value": "yes", "next": "yes" },
            { "slot": "answer", "test": "contains", "value": "no", "next": "no" }], "otherwise": "other" }"#;
    let wrong = scenario(FROM_CUSTOMER, "ask", &flow_steps(&contains));
    let scripts = [says(&["visit", "no"]), says(&["visit", "oh no please"]), says(&["visit", "I do know now"])];
    assert_eq!(unexplained_of(&source, &wrong, &scripts), ["visit / I do know now"]);
    let made = unexplained(&source, &wrong);
    assert!(made.iter().any(|it| it.ends_with("says “zznozz”")), "{made:?}");
}

#[test]
fn answers_of_all_platforms_in_a_row_are_found() {
    let files = [
        ("agent.json", r#"{ "displayName": "a", "language": "en" }"#),
        (
            "intents/hours.json",
            r#"{ "name": "hours", "contexts": [], "responses": [{ "affectedContexts": [], "parameters": [], "messages": [
                { "type": "0", "lang": "en", "speech": ["From 9 to 18."] },
                { "type": "0", "platform": "facebook", "lang": "en", "speech": ["9 to 18, see our page."] },
                { "type": "0", "platform": "viber", "lang": "en", "speech": ["We are open from 9 to 18."] }] }] }"#,
        ),
        ("intents/hours_usersays_en.json", r#"[{ "data": [{ "text": "when are you open" }] }]"#),
    ];
    let source = source("dialogflow", &files);
    let trigger = r#"{ "type": "message", "phrases": ["when are you open"] }"#;
    let right = r#"[{ "id": "a", "type": "message", "text": "We are open from 9 to 18." }]"#;
    assert_eq!(unexplained(&source, &scenario(trigger, "a", right)), Vec::<String>::new());
    let wrong = r#"[{ "id": "a", "type": "message", "text": "From 9 to 18.", "next": "b" },
        { "id": "b", "type": "message", "text": "9 to 18, see our page.", "next": "c" },
        { "id": "c", "type": "message", "text": "We are open from 9 to 18." }]"#;
    assert!(!unexplained(&source, &scenario(trigger, "a", wrong)).is_empty());
}

const BOT: &str = r#"
version: "3.1"
slots:
  stock: { type: categorical, values: [empty, full], mappings: [{ type: custom }] }
responses:
  utter_stock:
  - text: Batik is sold out.
    condition: [{ type: slot, name: stock, value: empty }]
  - text: Batik is in the shop.
    condition: [{ type: slot, name: stock, value: full }]
  - text: Ask again tomorrow.
nlu:
- intent: ask_stock
  examples: |
    - is there batik
rules:
- rule: stock
  steps:
  - intent: ask_stock
  - action: utter_stock
"#;

#[test]
fn the_first_variation_for_everybody_is_found() {
    let source = source("rasa", &[("bot/domain.yml", BOT)]);
    let trigger = r#"{ "type": "message", "phrases": ["is there batik"] }"#;
    let right = r#"[{ "id": "a", "type": "condition", "branches": [
        { "slot": "stock", "test": "equals", "value": "empty", "next": "b" },
        { "slot": "stock", "test": "equals", "value": "full", "next": "c" }], "otherwise": "d" },
        { "id": "b", "type": "message", "text": "Batik is sold out." },
        { "id": "c", "type": "message", "text": "Batik is in the shop." },
        { "id": "d", "type": "message", "text": "Ask again tomorrow." }]"#;
    assert_eq!(unexplained(&source, &scenario(trigger, "a", right)), Vec::<String>::new());
    let wrong = r#"[{ "id": "a", "type": "message", "text": "Batik is sold out." }]"#;
    let wrong = scenario(trigger, "a", wrong);
    let with =
        |stock: &str| Script { slots: [("stock".to_owned(), stock.to_owned())].into(), ..says(&["is there batik"]) };
    assert_eq!(unexplained_of(&source, &wrong, &[with("empty")]).len(), 0);
    assert_eq!(unexplained_of(&source, &wrong, &[with("full"), with("other")]).len(), 2);
    let made = source.scripts();
    assert!(made.iter().any(|it| it.slots.get("stock").is_some_and(|it| it == "full")));
    assert!(!unexplained(&source, &wrong).is_empty());
}

const ARCHIVE: &str = r#"
{"event":"message","timestamp":1,"sender":{"id":"u1","name":"Zora"},"message":{"type":"text","text":"hello"}}
{"receiver":"u1","type":"text","text":"Which day?"}
{"event":"message","timestamp":2,"sender":{"id":"u1","name":"Zora"},"message":{"type":"text","text":"Friday"}}
{"receiver":"u1","type":"text","text":"Friday it is. See you!"}
"#;

#[test]
fn messages_of_the_bot_before_the_answers_are_found() {
    let source = source("viber-archive", &[("a.ndjson", ARCHIVE)]);
    let right = r#"[{ "id": "a", "type": "question", "text": "Which day?", "slot": "answer", "next": "b" },
        { "id": "b", "type": "message", "text": "{{answer}} it is. See you!" }]"#;
    let scripts = [says(&["hello", "Friday"])];
    assert_eq!(unexplained_of(&source, &scenario(FROM_CUSTOMER, "a", right), &scripts), Vec::<String>::new());
    let wrong = r#"[{ "id": "a", "type": "message", "text": "Which day?", "next": "b" },
        { "id": "b", "type": "question", "text": "Friday it is. See you!", "slot": "answer" }]"#;
    assert!(!unexplained(&source, &scenario(FROM_CUSTOMER, "a", wrong)).is_empty());
}
