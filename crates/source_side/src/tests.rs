use expect_test::{Expect, expect};
use scenario::{Input, Script, SourceSide};

use crate::{SourceFile, SourceFlow, open};

fn flow(format: &str, files: &[(&str, &str)]) -> SourceFlow {
    let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() };
    open(format, &files.iter().map(file).collect::<Vec<_>>()).unwrap().remove(0)
}

/// What the customer sees after these inputs, written as JSON, with these values.
fn shown(flow: &SourceFlow, slots: &[(&str, &str)], inputs: &str) -> String {
    let inputs: Vec<Input> = serde_json::from_str(inputs).unwrap();
    let slots = slots.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
    let script = Script { inputs, slots, ..Script::default() };
    flow.play(&script).iter().map(|it| it.lines.join(" ") + "\n").collect()
}

fn check(flow: &SourceFlow, inputs: &str, expected: Expect) {
    expected.assert_eq(&shown(flow, &[], inputs));
}

fn studio(condition: &str, value: &str) -> SourceFlow {
    let json = serde_json::json!({ "description": "a", "initial_state": "Trigger", "states": [
        { "name": "Trigger", "type": "trigger", "properties": {},
          "transitions": [{ "event": "incomingMessage", "next": "ask" }] },
        { "name": "ask", "type": "send-and-wait-for-reply", "properties": { "body": "Well, {{contact.channel.address}}?", "timeout": "60" },
          "transitions": [{ "event": "incomingMessage", "next": "split" }, { "event": "timeout", "next": "late" }] },
        { "name": "split", "type": "split-based-on", "properties": { "input": "{{widgets.ask.inbound.Body}}" },
          "transitions": [{ "event": "noMatch", "next": "no" }, { "event": "match", "next": "yes", "conditions": [
              { "friendly_name": "x", "arguments": ["{{widgets.ask.inbound.Body}}"], "type": condition, "value": value }] }] },
        { "name": "yes", "type": "send-message", "properties": { "body": "Yes: {{widgets.ask.inbound.Body | upcase}}" }, "transitions": [] },
        { "name": "no", "type": "send-message", "properties": { "body": "No" }, "transitions": [] },
        { "name": "late", "type": "send-message", "properties": { "body": "Late" }, "transitions": [] } ] });
    flow("twilio-studio", &[("a.json", &json.to_string())])
}

#[test]
fn conditions_of_studio_compare_without_case_and_blanks() {
    for (condition, value, said, is_match) in [
        ("matches_any_of", "yes, sure", " YES ", true),
        ("matches_any_of", "yes, sure", "yes please", false),
        ("contains", "no", "now", true),
        ("does_not_contain", "no", "now", false),
        ("starts_with", "or", "Order", true),
        ("regex", r"\d{3}", "1234", false),
        ("regex", r"\d{3}", "123", true),
        ("greater_than", "5", "10", true),
        ("equal_to", "a", "b", false),
    ] {
        let seen = shown(&studio(condition, value), &[], &format!(r#"[{{ "say": "hi" }}, {{ "say": "{said}" }}]"#));
        assert_eq!(seen.contains("Yes:"), is_match, "{condition} {value} {said}: {seen}");
    }
}

#[test]
fn a_timeout_comes_when_its_time_has_passed() {
    let flow = studio("equal_to", "a");
    check(
        &flow,
        r#"[{ "say": "hi" }, { "wait": 59 }, { "wait": 1 }]"#,
        expect![[r#"
            Well, ‹contact.channel.address›?
            Late
        "#]],
    );
    check(
        &flow,
        r#"[{ "say": "hi" }, { "wait": 59 }, { "say": "a" }]"#,
        expect![[r#"
            Well, ‹contact.channel.address›?
            Yes: A
        "#]],
    );
}

#[test]
fn made_scripts_type_a_word_a_sentence_with_it_and_a_word_that_it_is_a_part_of() {
    let scripts = studio("equal_to", "a").scripts();
    let names: Vec<&str> = scripts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "1 ask: says “a”",
            "2 ask: says “zz a zz”",
            "3 ask: says “zzazz”",
            "4 ask: says “zzz something else”",
            "5 ask: 60 s pass"
        ]
    );
    assert_eq!(scripts[0].slots.iter().next().unwrap().1, "address 1");
}

fn rapidpro(test: &str, arguments: &str) -> SourceFlow {
    let json = format!(
        r#"{{ "flows": [{{ "uuid": "f", "name": "a", "language": "eng", "nodes": [
        {{ "uuid": "n1", "actions": [{{ "type": "send_msg", "text": "Well, @contact?" }}], "exits": [{{ "uuid": "e1", "destination_uuid": "n2" }}] }},
        {{ "uuid": "n2", "actions": [], "router": {{ "type": "switch", "operand": "@input.text", "wait": {{ "type": "msg" }}, "result_name": "Reply",
           "cases": [{{ "uuid": "c", "type": "{test}", "arguments": {arguments}, "category_uuid": "k1" }}],
           "categories": [{{ "uuid": "k1", "name": "Good", "exit_uuid": "x1" }}, {{ "uuid": "k2", "name": "Other", "exit_uuid": "x2" }}],
           "default_category_uuid": "k2" }}, "exits": [{{ "uuid": "x1", "destination_uuid": "n3" }}, {{ "uuid": "x2", "destination_uuid": "n3" }}] }},
        {{ "uuid": "n3", "actions": [{{ "type": "send_msg", "text": "@results.reply.category: @(upper(results.reply)) a@@b c@d.example" }}],
           "exits": [{{ "uuid": "e3" }}] }}] }}] }}"#
    );
    flow("rapidpro", &[("a.json", &json)])
}

#[test]
fn tests_of_rapidpro_are_on_whole_words_and_numbers_of_any_script() {
    for (test, arguments, said, seen) in [
        ("has_any_word", r#"["no"]"#, "I do not know now", "Other: I DO NOT KNOW NOW"),
        ("has_any_word", r#"["no nope"]"#, "Oh NO!", "Good: NO"),
        ("has_all_words", r#"["the fox"]"#, "the quick brown FOX", "Good: THE FOX"),
        ("has_phrase", r#"["brown fox"]"#, "the brown, fox", "Good: BROWN FOX"),
        ("has_phrase", r#"["quick fox"]"#, "quick brown fox", "Other: QUICK BROWN FOX"),
        ("has_only_phrase", r#"["quick"]"#, "quick brown", "Other: QUICK BROWN"),
        ("has_beginning", r#"["the qu"]"#, "The Quick", "Good: THE QU"),
        ("has_number_between", r#"["40", "44"]"#, "العدد ٤٢", "Good: 42"),
        ("has_number_between", r#"["100000", "999999"]"#, "482 913", "Other: 482 913"),
        ("has_number", "[]", "none at all", "Other: NONE AT ALL"),
        ("has_date", "[]", "on 12/09/2027 then", "Good: 12/09/2027"),
        ("has_date", "[]", "in 2027", "Other: IN 2027"),
        ("has_pattern", r#"["(\\w+)@"]"#, "write to a@b", "Good: A@"),
    ] {
        let flow = rapidpro(test, arguments);
        let all = shown(&flow, &[("contact.name", "Ana")], &format!(r#"[{{ "say": "{said}" }}]"#));
        assert_eq!(all, format!("Well, Ana?\n{seen} a@b c@d.example\n"), "{test} {said}");
    }
}

#[test]
fn a_broken_file_is_an_error_or_no_flow_and_never_a_panic() {
    let texts = [
        "",
        "{",
        "[]",
        "{}",
        "null",
        r#"{"flows":[{"nodes":[{}]}]}"#,
        r#"{"states":[{}],"initial_state":"x"}"#,
        "- a: [",
        "\u{feff}{}",
    ];
    for format in ["twilio-studio", "rapidpro", "dialogflow", "rasa", "viber-messages", "viber-archive"] {
        for text in texts {
            for path in ["a.json", "data/a.yml", "x/intents/a.json", "agent.json"] {
                let file = SourceFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
                for flow in open(format, &[file]).unwrap_or_default() {
                    flow.scripts().iter().for_each(|it| drop(flow.play(it)));
                }
            }
        }
    }
    assert!(open("sms-list", &[]).is_err());
}

fn router_flow(router: serde_json::Value, actions: serde_json::Value, says: &str) -> SourceFlow {
    let category = |it: &str| serde_json::json!({ "uuid": it, "name": it, "exit_uuid": it });
    let mut router = router;
    router["type"] = "switch".into();
    router["categories"] = serde_json::json!([category("Yes"), category("No")]);
    router["default_category_uuid"] = "No".into();
    let exit = |it: &str| serde_json::json!({ "uuid": it, "destination_uuid": it });
    let node = |id: &str, text: &str| {
        let action = serde_json::json!({ "uuid": text, "type": "send_msg", "text": text });
        serde_json::json!({ "uuid": id, "actions": [action], "exits": [{ "uuid": format!("{id}x") }] })
    };
    let json = serde_json::json!({ "flows": [{ "uuid": "f", "name": "F", "language": "eng", "nodes": [
        { "uuid": "a", "actions": actions, "router": router, "exits": [exit("Yes"), exit("No")] },
        node("Yes", says), node("No", "No") ] }] });
    flow("rapidpro", &[("a.json", &json.to_string())])
}

#[test]
fn what_code_of_glific_computes_and_what_its_calls_bring_is_given_by_the_script() {
    let code = "<%= rem(@results.webhook.status, 6) %>";
    let case =
        serde_json::json!([{ "uuid": "c", "type": "has_number_eq", "arguments": ["5"], "category_uuid": "Yes" }]);
    let call =
        serde_json::json!([{ "uuid": "w", "type": "call_webhook", "url": "https://a.b", "result_name": "webhook" }]);
    let flow =
        router_flow(serde_json::json!({ "operand": code, "cases": case }), call, "Read @results.webhook.content");
    let answer = r#"[{ "answer": { "call": "call_webhook", "ok": true, "values": { "content": "this" } } }]"#;
    assert_eq!(shown(&flow, &[(code, "5")], answer), "Read this\n");
    assert_eq!(shown(&flow, &[(code, "4")], answer), "No\n");
}

#[test]
fn a_flow_that_is_not_in_the_file_is_decided_by_the_script() {
    let case = serde_json::json!([{ "uuid": "c", "type": "has_only_text", "arguments": ["completed"], "category_uuid": "Yes" }]);
    let enter = serde_json::json!([{ "uuid": "e", "type": "enter_flow", "flow": { "uuid": "gone", "name": "Gone" } }]);
    let flow = router_flow(serde_json::json!({ "operand": "@child.status", "cases": case }), enter, "Done");
    for (ok, seen) in [(true, "Done\n"), (false, "No\n")] {
        let answer = format!(r#"[{{ "answer": {{ "call": "Gone", "ok": {ok} }} }}]"#);
        assert_eq!(shown(&flow, &[], &answer), seen);
    }
}

#[test]
fn a_message_of_studio_to_somebody_else_is_not_seen_in_the_chat() {
    let json = serde_json::json!({ "description": "a", "initial_state": "Trigger", "states": [
        { "name": "Trigger", "type": "trigger", "properties": {},
          "transitions": [{ "event": "incomingMessage", "next": "mine" }] },
        { "name": "mine", "type": "send-message", "properties": { "body": "Mine", "to": "{{trigger.message.From}}" },
          "transitions": [{ "event": "sent", "next": "other" }] },
        { "name": "other", "type": "send-message", "properties": { "body": "Other", "to": "+12025550118" },
          "transitions": [{ "event": "sent", "next": "last" }] },
        { "name": "last", "type": "send-message", "properties": { "body": "Last" }, "transitions": [] } ] });
    let flow = flow("twilio-studio", &[("a.json", &json.to_string())]);
    check(
        &flow,
        r#"[{ "say": "hi" }]"#,
        expect![[r#"
            Mine
            Last
        "#]],
    );
}
