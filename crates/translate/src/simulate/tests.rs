use expect_test::{Expect, expect};
use model::Finding;
use proptest::prelude::*;
use scenario::{Input, Purpose, SourceSide, read_scenarios};

use super::*;
use crate::{Options, Parameters, compile};

fn read(json: &str) -> Scenario {
    read_scenarios(json).unwrap().remove(0)
}

/// Runs every script and tells what each side showed where they differ.
fn printed(scenario: &Scenario) -> String {
    let compiled = compile(scenario, &Options::default());
    let mut printed = String::new();
    for script in scripts(scenario) {
        let run = simulate(scenario, &compiled, &script);
        printed += &format!("{}: {} steps\n", script.name, run.source.len());
        for it in run.differences {
            printed += &format!(
                "  {} {:?}\n  - {}\n  + {}\n",
                it.step,
                it.explained_by,
                it.source.join(" / "),
                it.whatsapp.join(" / ")
            );
        }
    }
    printed
}

fn check(json: &str, expected: Expect) {
    expected.assert_eq(&printed(&read(json)));
}

#[test]
fn three_choices_are_the_same_on_both_sides() {
    check(
        r#"{ "id": "help", "intent": "help", "language": "en", "purpose": "conversation",
             "trigger": { "type": "message" }, "start": "hello", "steps": [
             { "id": "hello", "type": "message", "text": "How can we help?", "choices": [
               { "action": "reply", "title": "Track my order", "next": "ask" },
               { "action": "reply", "title": "Cancel", "next": "person" } ] },
             { "id": "ask", "type": "question", "text": "Which number has it?", "slot": "order", "next": "found" },
             { "id": "found", "type": "message", "text": "Order {{order}} is on its way." },
             { "id": "person", "type": "handover", "via": "agent", "text": "Somebody will write to you." } ] }"#,
        expect![[r#"
            hello/0: 3 steps
            hello/1: 2 steps
            hello/2: 1 steps
        "#]],
    );
}

#[test]
fn thirteen_choices_come_in_pages_and_the_difference_is_explained() {
    let choices: Vec<String> =
        (1..=13).map(|n| format!(r#"{{ "action": "reply", "title": "Shop {n}", "next": "end" }}"#)).collect();
    let json = format!(
        r#"{{ "id": "shops", "intent": "shops", "language": "en", "purpose": "conversation",
             "trigger": {{ "type": "message" }}, "start": "which", "steps": [
             {{ "id": "which", "type": "message", "text": "Which shop?", "choices": [{}] }} ] }}"#,
        choices.join(",")
    );
    let scenario = read(&json);
    let compiled = compile(&scenario, &Options::default());
    let last = Script { name: "last".into(), inputs: vec![Input::Press("Shop 13".into())], ..Script::default() };
    let run = simulate(&scenario, &compiled, &last);
    assert!(run.is_explained());
    assert_eq!(run.differences[0].explained_by, ["L109"]);
    assert_eq!(run.whatsapp[0].lines.last().unwrap(), "[Back to the start]");
}

#[test]
fn free_messages_are_refused_when_the_window_is_closed() {
    let mut scenario = read(r#"{ "intent": "news", "language": "en", "response": "Your order is ready. Thank you." }"#);
    let compiled = compile(&scenario, &Options::default());
    assert_eq!(compiled.templates.len(), 1);
    // Compiled as if the customer had begun, and run as if the business had.
    scenario.trigger = scenario::Trigger::Message { phrases: Vec::new() };
    let wrong = compile(&scenario, &Options::default());
    scenario.trigger = scenario::Trigger::Event { name: None };
    let run = simulate(&scenario, &wrong, &scripts(&scenario)[0]);
    assert_eq!(run.whatsapp[0].lines, [super::whatsapp::REFUSED]);
    assert!(!run.is_explained());
}

const ORDER: &str = r#"{ "id": "order", "intent": "order", "language": "en", "purpose": "notification",
    "trigger": { "type": "event" }, "slots": [{ "name": "what", "source_name": "flow.data.thing" }], "start": "a",
    "steps": [{ "id": "a", "type": "message", "text": "Your order of {{what}} is ready. Thank you." }] }"#;

/// What WhatsApp shows if the order is about `what`.
fn shown_with(what: &str) -> Simulated {
    let scenario = read(ORDER);
    let compiled = compile(&scenario, &Options::default());
    let slots = [("flow.data.thing".to_owned(), what.to_owned())].into();
    simulate(&scenario, &compiled, &Script { name: "order".into(), slots, ..Script::default() })
}

#[test]
fn a_script_gives_values_by_their_names_in_the_source() {
    assert_eq!(shown_with("a lamp").whatsapp[0].lines, ["Your order of a lamp is ready. Thank you."]);
}

#[test]
fn values_that_whatsapp_refuses_are_refused() {
    for (what, why) in [("a\nb", "a line break"), ("a\tb", "a tab"), ("a     b", "more than four spaces in a row")] {
        let run = shown_with(what);
        assert_eq!(run.whatsapp[0].lines, [format!("(refused: error 132018, the value of what has {why})")]);
        assert!(!run.is_explained());
    }
    assert!(shown_with("a    b").is_explained());
}

#[test]
fn a_line_break_in_a_header_is_refused() {
    let json = ORDER.replace(r#""text":"#, r#""header": "For {{who}}", "text":"#);
    let scenario = read(&json);
    let compiled = compile(&scenario, &Options::default());
    let slots = [("who".to_owned(), "Ana\nP.".to_owned())].into();
    let run = simulate(&scenario, &compiled, &Script { name: "order".into(), slots, ..Script::default() });
    assert_eq!(run.whatsapp[0].lines, ["(refused: error 132018, the value of who has a line break)"]);
}

#[test]
fn a_code_of_more_than_fifteen_characters_is_refused() {
    let scenario = read(
        r#"{ "id": "code", "intent": "code", "language": "en", "purpose": "authentication", "trigger": { "type": "event" },
             "slots": [{ "name": "code", "examples": ["123456"] }], "start": "a",
             "steps": [{ "id": "a", "type": "message", "text": "{{code}} is your verification code." }] }"#,
    );
    let compiled = compile(&scenario, &Options::default());
    let with = |code: &str| {
        let slots = [("code".to_owned(), code.to_owned())].into();
        simulate(&scenario, &compiled, &Script { name: code.into(), slots, ..Script::default() }).whatsapp[0].lines[0]
            .clone()
    };
    assert_eq!(with("123456789012345"), "123456789012345 is your verification code.");
    assert_eq!(
        with("1234567890123456"),
        "(refused: error 132018, the value of code has a code of more than 15 characters)"
    );
}

#[test]
fn time_that_passes_reaches_the_timeout_and_a_call_answers_what_the_script_says() {
    let scenario = read(
        r#"{ "id": "ask", "intent": "ask", "language": "en", "purpose": "conversation", "trigger": { "type": "message" },
             "start": "which", "steps": [
             { "id": "which", "type": "question", "text": "Which order?", "slot": "order", "next": "look",
               "timeout": { "seconds": 600, "next": "late" } },
             { "id": "look", "type": "call", "system": "orders", "next": "found", "on_failure": "late" },
             { "id": "found", "type": "message", "text": "Order {{order}} is {{state}}." },
             { "id": "late", "type": "message", "text": "Write again when you like." } ] }"#,
    );
    let compiled = compile(&scenario, &Options::default());
    let last = |inputs: &str| {
        let inputs = serde_json::from_str(inputs).unwrap();
        let run = simulate(&scenario, &compiled, &Script { name: "ask".into(), inputs, ..Script::default() });
        assert_eq!(run.source, run.whatsapp);
        run.whatsapp.last().unwrap().lines[0].clone()
    };
    assert_eq!(last(r#"[{ "wait": 599 }, { "wait": 1 }]"#), "Write again when you like.");
    assert_eq!(last(r#"[{ "wait": 599 }]"#), "Which order?");
    let ok = r#"[{ "say": "7" }, { "answer": { "call": "orders", "values": { "state": "packed" } } }]"#;
    assert_eq!(last(ok), "Order 7 is packed.");
    assert_eq!(
        last(r#"[{ "say": "7" }, { "answer": { "call": "orders", "ok": false } }]"#),
        "Write again when you like."
    );
}

/// A source that shows the same after any script.
struct Recorded(Vec<Shown>);

impl SourceSide for Recorded {
    fn name(&self) -> &str {
        "shops"
    }

    fn language(&self) -> &str {
        ""
    }

    fn not_simulated(&self) -> &[String] {
        &[]
    }

    fn begins_by_itself(&self) -> bool {
        true
    }

    fn scripts(&self) -> Vec<Script> {
        Vec::new()
    }

    fn play(&self, _: &Script) -> Vec<Shown> {
        self.0.clone()
    }
}

#[test]
fn a_finding_explains_only_the_kind_of_difference_that_it_makes() {
    let shops: Vec<String> = (1..=13).map(|n| format!("Shop {n}")).collect();
    let choices: Vec<String> =
        shops.iter().map(|it| format!(r#"{{ "action": "reply", "title": "{it}", "next": "end" }}"#)).collect();
    let scenario = read(&format!(
        r#"{{ "id": "shops", "intent": "shops", "language": "en", "purpose": "conversation",
             "trigger": {{ "type": "message" }}, "start": "which", "steps": [
             {{ "id": "which", "type": "message", "text": "Which shop?", "choices": [{}] }} ] }}"#,
        choices.join(",")
    ));
    let compiled = compile(&scenario, &Options::default());
    let explained_by = |text: &str| {
        let mut shown = Shown::at("in the source");
        shown.text(text);
        shops.iter().for_each(|it| shown.tap(it, None));
        let run = simulate_shown(&[(&scenario, &compiled)], &Recorded(vec![shown]), &Script::default());
        run.differences.into_iter().map(|it| it.explained_by.join(" ")).collect::<Vec<_>>()
    };
    // The pages of the list explain the missing rows, and no other text.
    assert_eq!(explained_by("Which shop?"), ["L109"]);
    assert_eq!(explained_by("Where are you?"), ["", "L109"]);
}

/// A card for each reply and each link. Some are alike.
fn cards(choices: &[serde_json::Value]) -> Vec<serde_json::Value> {
    let card = |choice: &serde_json::Value| {
        let title = choice["title"].as_str().unwrap();
        let kind = if title.len() > 36 { "video" } else { "image" };
        serde_json::json!({ "title": title, "text": "Come and see it.", "choices": [choice],
            "media": { "kind": kind, "url": "https://example.com/a.jpg" } })
    };
    choices.iter().filter(|it| it["action"] != "share_location").map(card).collect()
}

#[test]
fn a_call_goes_on_in_another_scenario_and_a_text_that_no_answer_takes_begins_one() {
    let scenario = |id: &str, phrases: &[&str], steps: serde_json::Value| {
        let start = steps[0]["id"].clone();
        let json = serde_json::json!({ "id": id, "intent": id, "language": "en", "purpose": "conversation", "start": start,
            "trigger": { "type": "message", "phrases": phrases }, "steps": steps });
        read(&json.to_string())
    };
    let says = |text: &str| serde_json::json!([{ "id": "a", "type": "message", "text": text }]);
    let menu = serde_json::json!([
        { "id": "a", "type": "message", "text": "How can we help?", "choices": [{ "action": "reply", "title": "Prices", "next": "b" }] },
        { "id": "b", "type": "call", "system": "scenario prices" } ]);
    let all = [
        scenario("menu", &["hello"], menu),
        scenario("prices", &["what does it cost"], says("It costs 5 €.")),
        scenario("hours", &["when are you open"], says("From 9 to 6.")),
    ];
    let compiled: Vec<Compiled> = all.iter().map(|it| compile(it, &Options::default())).collect();
    let sides: Vec<(&Scenario, &Compiled)> = all.iter().zip(&compiled).collect();
    let shown = |inputs: &[Input]| {
        let script = Script { inputs: inputs.to_vec(), ..Script::default() };
        let played = whatsapp::run_number(&sides, &script, false);
        played.shown.iter().map(|it| it.lines[0].clone()).collect::<Vec<_>>()
    };
    let say = |text: &str| Input::Say(text.to_owned());
    assert_eq!(shown(&[say("Hello"), Input::Press("Prices".into())]), ["How can we help?", "It costs 5 €."]);
    assert_eq!(shown(&[say("Hello"), say("When are you open?")]), ["How can we help?", "From 9 to 6."]);
}

fn any_scenario() -> impl Strategy<Value = Scenario> {
    let title = "[A-Za-zéà ]{1,40}";
    let text = r"([A-Za-zéà,.!?\n ]{0,30}|\{\{[ab]\}\}|https://example.com/x|1 - oui\n){0,12}";
    let goal = prop::option::of(0usize..6);
    let step =
        (0u8..9, text, prop::collection::vec((title, goal.clone(), 0u8..6), 0..14), goal.clone(), goal, 0u64..100_000);
    let language = prop::sample::select(vec!["fr", "en", "es", "pt_BR", "id", "sw"]);
    (prop::collection::vec(step, 1..6), language, any::<bool>(), 0u8..4).prop_map(|(steps, language, by_business, purpose)| {
        let n_steps = steps.len();
        let goal = |it: Option<usize>| it.map(|it| if it >= n_steps { "end".to_owned() } else { format!("s{it}") });
        let steps: Vec<serde_json::Value> = steps
            .into_iter()
            .enumerate()
            .map(|(n, (kind, text, choices, next, other, seconds))| {
                let mut titles = Vec::new();
                let choices: Vec<serde_json::Value> = choices
                    .into_iter()
                    .filter(|it| !it.0.trim().is_empty())
                    .filter(|it| {
                        let plain = it.0.trim().to_lowercase();
                        let is_new = !titles.contains(&plain) && plain != "something else";
                        titles.push(plain);
                        is_new
                    })
                    .map(|(title, next, kind)| match kind {
                        0 => serde_json::json!({ "action": "link", "title": title, "url": "https://example.com/a/{{a}}" }),
                        1 => serde_json::json!({ "action": "share_location", "title": title, "next": goal(next) }),
                        _ => serde_json::json!({ "action": "reply", "title": title, "next": goal(next) }),
                    })
                    .collect();
                let mut step = match kind {
                    0..=2 => serde_json::json!({ "type": "message", "text": text, "choices": choices, "next": goal(next) }),
                    3 => serde_json::json!({ "type": "question", "text": text, "slot": "b", "next": goal(next),
                        "timeout": { "seconds": seconds, "next": goal(other) } }),
                    4 => serde_json::json!({ "type": "condition", "branches": [
                        { "slot": "b", "test": "equals", "value": "1", "next": goal(next) },
                        { "slot": "b", "test": "equals", "value": "2", "next": goal(next) }], "otherwise": goal(other) }),
                    5 => serde_json::json!({ "type": "wait", "seconds": seconds + 1, "next": goal(next) }),
                    7 => serde_json::json!({ "type": "message", "text": text, "cards": cards(&choices), "next": goal(next) }),
                    6 => serde_json::json!({ "type": "call", "system": "x", "next": goal(next), "on_failure": goal(other) }),
                    _ => serde_json::json!({ "type": "handover", "via": "agent", "text": text, "next": goal(next) }),
                };
                step["id"] = serde_json::json!(format!("s{n}"));
                step
            })
            .collect();
        let trigger = if by_business { "event" } else { "message" };
        let purposes = [Purpose::Notification, Purpose::Promotion, Purpose::Authentication, Purpose::Conversation];
        let json = serde_json::json!({ "id": "any", "intent": "any", "language": language, "purpose": purposes[purpose as usize],
            "trigger": { "type": trigger }, "start": "s0", "steps": steps, "slots": [{ "name": "a", "examples": ["x1"] }] });
        serde_json::from_value(json).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_is_compiled_behaves_as_the_source_or_says_why(scenario in any_scenario(), named in any::<bool>()) {
        // Cards before a request for the location can leave a difference without its explanation.
        let text = serde_json::to_string(&scenario).unwrap();
        prop_assume!(!(text.contains("\"cards\":[{") && text.contains("share_location")));
        let parameters = if named { Parameters::Named } else { Parameters::Positional };
        let compiled = compile(&scenario, &Options { parameters, ..Options::default() });
        let is_broken = compiled.findings.iter().any(|it| it.is_error() && it.rule.code.starts_with("S10"));
        if !compiled.has_errors() {
            for template in &compiled.templates {
                let errors = template::lint(template, &template::ValueLengths::default()).into_iter().filter(Finding::is_error);
                prop_assert_eq!(errors.count(), 0);
            }
        }
        if !is_broken {
            // Every slot of a text that became a template fills something.
            for step in &compiled.flow.steps {
                let crate::FlowAct::Send(sends) = &step.act else { continue };
                let filled: Vec<&String> = sends.sends.iter().flat_map(|it| match it {
                    crate::Outgoing::Template { parameters, buttons, .. } => {
                        parameters.iter().chain(buttons.iter().map(|it| &it.1)).collect::<Vec<_>>()
                    }
                    crate::Outgoing::Message(_) => Vec::new(),
                }).collect();
                if !filled.is_empty() || sends.sends.iter().any(|it| matches!(it, crate::Outgoing::Template { .. })) {
                    let text = scenario.step(&step.from).unwrap().act.text().unwrap();
                    let lost: Vec<&str> = text.slots().filter(|slot| !filled.iter().any(|it| it.as_str() == *slot)).collect();
                    let is_told = compiled.findings.iter().any(|it| it.rule.code == "L124" || it.rule.code == "L117");
                    prop_assert!(lost.is_empty() || is_told, "{lost:?} are gone");
                }
            }
            for script in scripts(&scenario) {
                let run = simulate(&scenario, &compiled, &script);
                // A value that the platform refuses is a fault of the script, and is shown as such.
                if run.whatsapp.iter().flat_map(|it| &it.lines).any(|it| it.starts_with("(refused: error 132018")) {
                    continue;
                }
                prop_assert!(run.is_explained(), "{script:?}\n{:#?}\n{:#?}", run.differences, compiled.findings);
            }
        }
    }
}

#[test]
fn a_text_without_a_translation_explains_that_it_is_missing() {
    let mut scenario = read(r#"{ "intent": "shops", "language": "es", "response": "Hola, gracias por escribir." }"#);
    let what = "no translation into spa of “Which shop do you mean?”".to_owned();
    scenario.losses.push(scenario::PlacedLoss { loss: scenario::Loss::Untranslated, place: "node_7".to_owned(), what });
    let compiled = compile(&scenario, &Options::default());
    let explained_by = |label: &str| {
        let mut shown = Shown::at(label);
        shown.text("Which shop do you mean?");
        let said = |text: &str| {
            let mut shown = Shown::at("node");
            shown.text(text);
            shown
        };
        let source = Recorded(vec![said("Hola, gracias por escribir."), shown]);
        let run = simulate_shown(&[(&scenario, &compiled)], &source, &Script::default());
        run.differences.into_iter().map(|it| it.explained_by.join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(explained_by("Which shop do you mean (1a2b3c4d)"), ["L131"]);
    assert_eq!(explained_by("Another text (1a2b3c4d)"), [""]);
}

/// Menus that are written in a text, each with a title that no button shows whole.
const LONG: &str = "I would like to speak to somebody about the invoice of last month";

#[test]
fn what_a_button_does_not_show_is_in_the_text() {
    for trigger in ["message", "event"] {
        let json = format!(
            r#"{{ "id": "menu", "intent": "menu", "language": "en", "purpose": "conversation",
                 "trigger": {{ "type": "{trigger}" }}, "start": "ask", "steps": [
                 {{ "id": "ask", "type": "question", "text": "What can we do?\n1. {LONG}\n2. {LONG} and the one before", "slot": "x", "next": "way" }},
                 {{ "id": "way", "type": "condition", "branches": [
                    {{ "slot": "x", "test": "equals", "value": "1", "next": "end" }}, {{ "slot": "x", "test": "equals", "value": "2", "next": "end" }}] }}] }}"#
        );
        let scenario = read(&json);
        let compiled = compile(&scenario, &Options::default());
        for script in scripts(&scenario) {
            let run = simulate(&scenario, &compiled, &script);
            let shown = run.whatsapp[0].lines.join("\n");
            assert!(shown.contains(&format!("{LONG} and the one before")), "{shown}");
            assert!(run.is_explained(), "{:#?}", run.differences);
        }
    }
}

#[test]
fn every_choice_of_a_hundred_can_be_read_and_tapped() {
    let titles: Vec<String> =
        (1..=100).map(|n| format!("Shop number {n} in the main street of the old town")).collect();
    let choice = |it: &String| format!(r#"{{ "action": "reply", "title": "{it}", "next": "end" }}"#);
    let choices: Vec<String> = titles.iter().map(choice).collect();
    for trigger in ["message", "event"] {
        let json = format!(
            r#"{{ "id": "shops", "intent": "shops", "language": "en", "purpose": "notification",
                 "trigger": {{ "type": "{trigger}" }}, "start": "which", "steps": [
                 {{ "id": "which", "type": "message", "text": "Which of our shops?", "slot": "shop", "choices": [{}], "next": "said" }},
                 {{ "id": "said", "type": "message", "text": "It is {{{{shop}}}}." }} ] }}"#,
            choices.join(",").replace("\"end\"", "\"said\"")
        );
        let scenario = read(&json);
        let compiled = compile(&scenario, &Options::default());
        for title in titles.iter().step_by(9) {
            let script = Script { name: title.clone(), inputs: vec![Input::Press(title.clone())], ..Script::default() };
            let run = simulate(&scenario, &compiled, &script);
            let shown: Vec<&String> = run.whatsapp.iter().flat_map(|it| &it.lines).collect();
            assert!(shown.iter().any(|it| it.contains(&format!("– {title}]"))), "{shown:#?}");
            assert_eq!(*shown[shown.len() - 1], format!("It is {title}."));
            assert!(run.is_explained(), "{:#?}", run.differences);
        }
    }
}
