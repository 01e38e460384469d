use expect_test::{Expect, expect};
use scenario::{LanguageBasis, read_scenarios};
use serde_json::{Value, json};

use super::*;
use crate::{Input, Outgoing, Script, simulate};

fn scenario(trigger: &str, steps: Value) -> Scenario {
    let json = json!({ "id": "it", "intent": "it", "language": "en", "purpose": "conversation", "trigger": { "type": trigger },
        "start": steps[0]["id"], "steps": steps });
    read_scenarios(&json.to_string()).unwrap().remove(0)
}

/// What is sent at each step: the names of templates, the kinds of messages.
fn check(scenario: &Scenario, expected: Expect) {
    let compiled = compile(scenario, &Options::default());
    let mut printed = String::new();
    for step in &compiled.flow.steps {
        let FlowAct::Send(sends) = &step.act else { continue };
        for outgoing in &sends.sends {
            printed += &match outgoing {
                Outgoing::Template { name, parameters, buttons, .. } => {
                    format!("{}: template {name} {parameters:?} {buttons:?}\n", step.id)
                }
                Outgoing::Message(message) => {
                    let json = message.json("");
                    let kind = json["interactive"]["type"].as_str().or(json["type"].as_str()).unwrap_or_default();
                    format!("{}: {kind} {}\n", step.id, message.body())
                }
            };
        }
        for way in sends.awaits.iter().flat_map(|it| &it.ways) {
            printed += &format!("  {} = {} → {}\n", way.title, way.value, way.next.as_deref().unwrap_or("end"));
        }
    }
    expected.assert_eq(&printed);
}

#[test]
fn after_a_day_without_an_answer_only_a_template_can_be_sent() {
    let steps = |seconds: u64| {
        json!([
            { "id": "ask", "type": "question", "text": "Shall we come?", "slot": "answer", "next": "soon",
              "timeout": { "seconds": seconds, "next": "late" } },
            { "id": "soon", "type": "message", "text": "We come." },
            { "id": "late", "type": "message", "text": "We still wait for your answer." }
        ])
    };
    check(
        &scenario("message", steps(86_399)),
        expect![[r#"
        ask: text Shall we come?
        soon: text We come.
        late: text We still wait for your answer.
    "#]],
    );
    check(
        &scenario("message", steps(86_400)),
        expect![[r#"
        ask: text Shall we come?
        soon: text We come.
        late: template it [] []
    "#]],
    );
}

#[test]
fn short_waits_add_up_to_a_day() {
    let wait = |id: &str, next: &str| json!({ "id": id, "type": "wait", "seconds": 43_200, "next": next });
    let say = |id: &str, next: &str| json!({ "id": id, "type": "message", "text": "Hello there.", "next": next });
    let steps = json!([say("now", "a"), wait("a", "noon"), say("noon", "b"), wait("b", "night"), say("night", "end")]);
    check(
        &scenario("message", steps),
        expect![[r#"
        now: text Hello there.
        noon: text Hello there.
        night: template it [] []
    "#]],
    );
}

#[test]
fn a_tap_is_remembered_as_the_value_that_the_source_sends_back() {
    let steps = json!([
        { "id": "menu", "type": "message", "text": "Which one?", "slot": "one", "next": "which", "choices": [
            { "action": "reply", "title": "Opening hours", "value": "1" }, { "action": "reply", "title": "A person", "value": "2" } ] },
        { "id": "which", "type": "condition", "branches": [
            { "slot": "one", "test": "equals", "value": "1", "next": "hours" },
            { "slot": "one", "test": "equals", "value": "2", "next": "person" } ] },
        { "id": "hours", "type": "message", "text": "From 9 to 18." },
        { "id": "person", "type": "handover", "via": "agent", "text": "One moment." }
    ]);
    let scenario = scenario("message", steps);
    let compiled = compile(&scenario, &Options::default());
    for (title, step) in [("Opening hours", "hours"), ("A person", "person")] {
        let script = Script { name: title.into(), inputs: vec![Input::Press(title.into())], ..Script::default() };
        let run = simulate(&scenario, &compiled, &script);
        assert_eq!((run.source[1].step.as_str(), run.whatsapp[1].step.as_str()), (step, step));
    }
    check(
        &scenario,
        expect![[r#"
        menu: button Which one?
          Opening hours = 1 → which
          A person = 2 → which
        hours: text From 9 to 18.
        person: text One moment.
    "#]],
    );
}

#[test]
fn a_menu_in_a_text_becomes_choices_that_send_its_words_back() {
    let steps = json!([
        { "id": "menu", "type": "question", "text": "Welcome!\n1. Opening hours\n2) Talk to a person", "slot": "one", "next": "which" },
        { "id": "which", "type": "condition", "branches": [
            { "slot": "one", "test": "equals", "value": "1", "next": "hours" },
            { "slot": "one", "test": "equals", "value": "2", "next": "end" } ], "otherwise": "menu" },
        { "id": "hours", "type": "message", "text": "From 9 to 18." }
    ]);
    check(
        &scenario("message", steps),
        expect![[r#"
        menu: button Welcome!
          Opening hours = 1 → which
          Talk to a person = 2 → which
        hours: text From 9 to 18.
    "#]],
    );
}

#[test]
fn a_menu_by_numbers_is_choices_where_the_text_asks_and_a_list_otherwise() {
    let menu = |text: &str| json!([{ "id": "menu", "type": "message", "text": text }]);
    check(
        &scenario("message", menu("What can we do for you?\n1 Track my order\n2 Talk to a person")),
        expect![[r#"
            menu: button What can we do for you?
              Track my order = 1 → end
              Talk to a person = 2 → end
        "#]],
    );
    check(
        &scenario("message", menu("Please bring:\n1 Your card\n2 Your passport")),
        expect![[r#"
        menu: text Please bring:
        1 Your card
        2 Your passport
    "#]],
    );
}

#[test]
fn what_fills_the_end_of_a_link_goes_with_its_button() {
    let steps = json!([{ "id": "sent", "type": "message", "text": "Your order {{order}} has left our shop today.", "choices": [
        { "action": "link", "title": "Track it", "url": "https://example.com/t/{{order}}" },
        { "action": "phone", "title": "Call us", "number": "+33199000001" } ] }]);
    check(
        &scenario("event", steps.clone()),
        expect![[r#"
        sent: template it ["order"] [(0, "order")]
    "#]],
    );
    // The button that stops marketing comes before it.
    let mut promotion = scenario("campaign", steps);
    promotion.purpose = scenario::Purpose::Promotion;
    check(
        &promotion,
        expect![[r#"
        sent: template it ["order"] [(1, "order")]
    "#]],
    );
}

#[test]
fn a_link_that_is_no_button_leaves_no_value_behind() {
    let steps = json!([{ "id": "sent", "type": "message", "text": "Your order has left our shop today.", "choices": [
        { "action": "link", "title": "Mail us", "url": "mailto:shop@example.com?{{order}}" },
        { "action": "phone", "title": "Call us", "number": "+33199000001" } ] }]);
    check(
        &scenario("event", steps),
        expect![[r#"
        sent: template it ["order"] []
    "#]],
    );
}

#[test]
fn a_long_text_is_never_cut_but_split() {
    let text: String = (0..150).map(|n| format!("Sentence {n} is said. ")).collect();
    for trigger in ["message", "event"] {
        let scenario = scenario(trigger, json!([{ "id": "long", "type": "message", "text": text }]));
        let compiled = compile(&scenario, &Options::default());
        let run =
            simulate(&scenario, &compiled, &Script { name: "long".into(), inputs: Vec::new(), ..Script::default() });
        assert_eq!(run.whatsapp[0].lines.join(" "), run.source[0].lines.join(" "));
        let bodies = compiled.templates.iter().map(|it| it.body_text().chars().count());
        assert!(bodies.clone().all(|it| it <= 1024) && (trigger == "message" || bodies.count() > 3));
    }
}

#[test]
fn quick_replies_of_a_template_lose_their_emoji_and_say_so() {
    let reply = |title: &str| json!({ "action": "reply", "title": title });
    let steps = json!([{ "id": "ask", "type": "message", "text": "Will you come to our shop on Monday?",
        "choices": [reply("✅ Yes, sure"), reply("*No*")] }]);
    let compiled = compile(&scenario("event", steps), &Options::default());
    let buttons: Vec<_> = compiled.templates[0].buttons().iter().filter_map(|it| it.text.as_deref()).collect();
    assert_eq!(buttons, ["Yes, sure", "No"]);
    let changed = compiled.findings.iter().filter(|it| it.rule.name == "text-changed").map(|it| it.message.as_str());
    assert_eq!(
        changed.collect::<Vec<_>>(),
        [
            "“✅ Yes, sure” is “Yes, sure”: templates take no emoji and no marks in buttons",
            "“*No*” is “No”: templates take no emoji and no marks in buttons",
        ]
    );
}

/// The components of the templates and the bodies of the messages, one a line.
fn sent(trigger: &str, message: Value) -> String {
    let mut step = json!({ "id": "say", "type": "message", "text": "See you on Monday." });
    step.as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
    let compiled = compile(&scenario(trigger, json!([step])), &Options::default());
    let templates = compiled.templates.iter().flat_map(|it| &it.components).map(|it| json!(it).to_string());
    let messages = compiled.flow.json("")["steps"].clone();
    let messages = messages.as_array().unwrap().iter().flat_map(|it| it["sends"].as_array().unwrap().clone());
    let messages = messages.filter_map(|it| Some(it.get("message")?.to_string()));
    templates.chain(messages).collect::<Vec<_>>().join("\n")
}

#[test]
fn header_and_footer_are_lines_where_they_fit_and_paragraphs_elsewhere() {
    let message = json!({ "header": "Reminder", "footer": "Your clinic",
        "choices": [{ "action": "reply", "title": "Fine" }] });
    expect![[r#"
        {"format":"TEXT","text":"Reminder","type":"HEADER"}
        {"text":"See you on Monday.","type":"BODY"}
        {"text":"Your clinic","type":"FOOTER"}
        {"buttons":[{"text":"Fine","type":"QUICK_REPLY"}],"type":"BUTTONS"}"#]]
    .assert_eq(&sent("event", message.clone()));
    expect![[r#"{"interactive":{"action":{"buttons":[{"reply":{"id":"say:1","title":"Fine"},"type":"reply"}]},"body":{"text":"See you on Monday."},"footer":{"text":"Your clinic"},"header":{"text":"Reminder","type":"text"},"type":"button"},"messaging_product":"whatsapp","recipient_type":"individual","type":"interactive"}"#]]
    .assert_eq(&sent("message", message));
    let varying = json!({ "footer": "Order {{order}}" });
    expect![[
        r#"{"example":{"body_text":[["A1041"]]},"text":"See you on Monday.\n\nOrder {{1}}. Thank you.","type":"BODY"}"#
    ]]
    .assert_eq(&sent("event", varying));
}

#[test]
fn a_code_keeps_its_button_and_its_minutes_and_a_form_opens() {
    let code = json!({ "text": "{{code}}", "code": { "warns": true, "expires_minutes": 10 },
        "choices": [{ "action": "copy_code", "title": "Copy it", "code": "{{code}}" }] });
    expect![[r#"
        {"add_security_recommendation":true,"type":"BODY"}
        {"code_expiration_minutes":10,"type":"FOOTER"}
        {"buttons":[{"otp_type":"COPY_CODE","text":"Copy it","type":"OTP"}],"type":"BUTTONS"}"#]]
    .assert_eq(&sent("event", code));
    let form = json!({ "choices": [{ "action": "form", "title": "Fill in", "flow": "77", "screen": "START" }] });
    expect![[r#"
        {"text":"See you on Monday.","type":"BODY"}
        {"buttons":[{"flow_action":"navigate","flow_id":"77","navigate_screen":"START","text":"Fill in","type":"FLOW"}],"type":"BUTTONS"}"#]]
    .assert_eq(&sent("event", form.clone()));
    expect![[r#"{"interactive":{"action":{"name":"flow","parameters":{"flow_action":"navigate","flow_action_payload":{"screen":"START"},"flow_cta":"Fill in","flow_id":"77","flow_message_version":"3"}},"body":{"text":"See you on Monday."},"type":"flow"},"messaging_product":"whatsapp","recipient_type":"individual","type":"interactive"}"#]]
    .assert_eq(&sent("message", form));
}

#[test]
fn a_scenario_in_no_language_of_whatsapp_becomes_no_template() {
    let mut scenario = scenario("event", json!([{ "id": "a", "type": "message", "text": "Hello there, all of you." }]));
    for language in ["aar", ""] {
        scenario.language = language.to_owned();
        let compiled = compile(&scenario, &Options::default());
        assert!(compiled.templates.is_empty() && compiled.has_errors(), "{language}: {:?}", compiled.findings);
    }
}

fn template(scenario: &Scenario) -> (Template, String) {
    let compiled = compile(scenario, &Options::default());
    let findings: Vec<String> =
        compiled.findings.iter().map(|it| format!("{}: {}", it.rule.code, it.message)).collect();
    (compiled.templates[0].clone(), findings.join("\n"))
}

#[test]
fn texts_whose_language_is_doubted_get_no_words_added() {
    let mut it = scenario("event", json!([{ "id": "a", "type": "message", "text": "{{name}}, pesanan Anda siap." }]));
    assert_eq!(template(&it).0.body_text(), "Hello {{1}}, pesanan Anda siap.");
    it.language_basis = LanguageBasis::Doubted { looks_like: "id".to_owned(), is_impossible: false };
    let (doubted, findings) = template(&it);
    assert_eq!(doubted.body_text(), "{{1}}, pesanan Anda siap.");
    assert!(findings.contains("S116: “en” is declared, and the texts look like “id”"), "{findings}");
}

#[test]
fn equal_buttons_and_an_emoji_in_a_header_are_told() {
    let book = |value: &str| json!({ "action": "reply", "title": "Book", "value": value });
    let (it, findings) = template(&scenario(
        "event",
        json!([{ "id": "a", "type": "message", "header": "🎁 Your order", "text": "Two hours are free, at 9 and at 14.",
            "choices": [book("9"), book("14")] }]),
    ));
    assert_eq!(it.buttons().iter().filter_map(|it| it.text.as_deref()).collect::<Vec<_>>(), ["Book", "Book 2"]);
    assert!(findings.contains("“Book” is there twice, so one is “Book 2”"), "{findings}");
    assert!(findings.contains("the header “🎁 Your order” is “Your order”: headers take no emoji"), "{findings}");
}

#[test]
fn a_message_that_says_nothing_is_left_out_and_the_rest_is_sent() {
    let steps = json!([
        { "id": "hello", "type": "message", "text": "Hello", "next": "nothing" },
        { "id": "nothing", "type": "message", "text": " ", "next": "ask" },
        { "id": "ask", "type": "question", "text": "Your name?", "slot": "name", "next": "buttons",
          "timeout": { "seconds": 60, "next": "still" } },
        { "id": "buttons", "type": "message", "text": "", "choices": [{ "action": "reply", "title": "Yes", "next": "yes" }] },
        { "id": "yes", "type": "message", "text": "Great" },
        { "id": "still", "type": "question", "text": "", "slot": "more", "next": "thanks" },
        { "id": "thanks", "type": "message", "text": "Thank you" }
    ]);
    let scenario = scenario("message", steps);
    check(
        &scenario,
        expect![[r#"
        hello: text Hello
        ask: text Your name?
        thanks: text Thank you
    "#]],
    );
    let findings = compile(&scenario, &Options::default()).findings;
    let told: Vec<String> = findings.iter().map(|it| format!("{} {}", it.rule.code, it.place)).collect();
    assert_eq!(
        told,
        ["S106 /steps/1/text", "S106 /steps/3/text", "S106 /steps/5/text", "L114 /steps/2", "L119 /steps/4"]
    );
}

#[test]
fn a_variable_alone_is_no_template() {
    let steps = json!([
        { "id": "ask", "type": "question", "text": "{{text}}.", "slot": "answer", "next": "thanks" },
        { "id": "thanks", "type": "message", "text": "{{thanks}}" }
    ]);
    let scenario = scenario("event", steps);
    check(
        &scenario,
        expect![[r#"
        thanks: text {{thanks}}
    "#]],
    );
    let compiled = compile(&scenario, &Options::default());
    assert!(compiled.templates.is_empty());
    assert!(
        compiled.findings.iter().any(|it| it.rule.code == "S106" && it.message.contains("a variable without a text"))
    );
    assert!(compiled.flow.steps.iter().any(|it| matches!(&it.act, FlowAct::Send(it) if it.awaits.is_some())));
}
