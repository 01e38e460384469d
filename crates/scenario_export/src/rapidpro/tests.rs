//! Scenarios, and the nodes that they become.

use std::collections::BTreeMap;
use std::fmt::Write;

use expect_test::{Expect, expect};
use scenario::read_scenarios;
use serde_json::Value;
use translate::{Options, compile_all};

use crate::{Platform, export};

/// The nodes in short: what each says and asks, and the number of the node that each way leads to.
fn check(json: &str, expect: &Expect) {
    let scenarios = read_scenarios(json).unwrap();
    let (compiled, broken) = compile_all(&scenarios, &Options::default());
    assert!(broken.is_empty());
    let sides: Vec<_> = compiled.iter().map(|it| (it.0, &it.1)).collect();
    let exported = export(Platform::RapidPro, &sides);
    let mut shown = String::new();
    for (flow, report) in exported.file["flows"].as_array().unwrap().iter().zip(&exported.flows) {
        let _ = writeln!(shown, "{} ({})", flow["name"].as_str().unwrap(), flow["language"].as_str().unwrap());
        let nodes = flow["nodes"].as_array().unwrap();
        let numbers: BTreeMap<&str, usize> =
            nodes.iter().enumerate().map(|(n, it)| (it["uuid"].as_str().unwrap(), n)).collect();
        for (n, node) in nodes.iter().enumerate() {
            let _ = writeln!(shown, "{n}{}{}", actions(node), router(node, &numbers));
        }
        for it in &report.findings {
            let _ = writeln!(shown, "lost: {} {}: {}", it.rule.name, it.place, it.message);
        }
    }
    for trigger in exported.file["triggers"].as_array().unwrap() {
        let _ = writeln!(shown, "{} {}", trigger["trigger_type"].as_str().unwrap(), trigger["keywords"]);
    }
    let fields: Vec<&str> = exported.fields.iter().map(|it| it.0.as_str()).collect();
    let _ = writeln!(shown, "fields: {}", fields.join(" "));
    expect.assert_eq(&shown);
}

fn actions(node: &Value) -> String {
    let text = |it: &Value| match it["type"].as_str().unwrap() {
        "send_msg" => {
            let template = it["templating"]["template"]["name"].as_str().map(|it| format!(" by {it}"));
            format!(" “{}” {}{}", it["text"].as_str().unwrap(), it["quick_replies"], template.unwrap_or_default())
        }
        "set_run_result" => format!(" {} = {}", it["name"], it["value"]),
        "set_contact_field" => format!(" field {} = {}", it["field"]["key"], it["value"]),
        "enter_flow" => format!(" enters {}", it["flow"]["name"]),
        kind => format!(" {kind}"),
    };
    node["actions"].as_array().unwrap().iter().map(text).collect()
}

fn router(node: &Value, numbers: &BTreeMap<&str, usize>) -> String {
    let exits = node["exits"].as_array().unwrap();
    let to = |id: &Value| {
        let exit = exits.iter().find(|it| it["uuid"] == *id).unwrap();
        exit["destination_uuid"].as_str().map_or("end".to_owned(), |it| numbers[it].to_string())
    };
    let router = &node["router"];
    if router.is_null() {
        return format!(" → {}", to(&exits[0]["uuid"]));
    }
    let cases = router["cases"].as_array().unwrap();
    let ways = router["categories"].as_array().unwrap().iter().map(|category| {
        let tests = cases.iter().filter(|it| it["category_uuid"] == category["uuid"]);
        let tests: String = tests.map(|it| format!(" {}{}", it["type"].as_str().unwrap(), it["arguments"])).collect();
        format!("\n    {}{tests} → {}", category["name"].as_str().unwrap(), to(&category["exit_uuid"]))
    });
    let wait = if router["wait"].is_null() { "" } else { " waits" };
    format!(" {}{wait}{}", router["operand"].as_str().unwrap(), ways.collect::<String>())
}

#[test]
fn choices_are_categories_and_an_answer_is_saved_with_its_value() {
    check(
        r#"{ "id": "visit", "intent": "visit", "language": "en", "purpose": "conversation",
            "trigger": { "type": "message", "phrases": ["visit", "may I come"] }, "start": "ask", "steps": [
            { "id": "ask", "type": "message", "text": "Come to shop@home?", "slot": "comes", "next": "again",
              "choices": [{ "action": "reply", "title": "Yes, please", "value": "y", "next": "bye" },
                          { "action": "reply", "title": "No" }] },
            { "id": "again", "type": "message", "text": "You said {{comes}}.", "next": "ask" },
            { "id": "bye", "type": "message", "text": "See you." }] }"#,
        &expect![[r#"
            visit (en) (eng)
            0 “Come to shop@@home?” ["Yes, please","No"] → 1
            1 @input.text waits
                Yes, please has_pattern["\\A\\s*(?:Yes, please)\\s*\\z"] has_only_phrase["y"] → 2
                No has_only_phrase["No"] → 3
                Other → 4
            2 "comes" = "y" → 5
            3 "comes" = "No" → 6
            4 "comes" = "@input.text" → 6
            5 “See you.” [] → end
            6 “You said @(results.comes).” [] → 0
            lost: export-trigger : “may I come”
            K ["visit"]
            fields: 
        "#]],
    );
}

#[test]
fn what_the_business_knows_is_a_field_and_a_negative_test_takes_the_other_way() {
    check(
        r#"{ "id": "order", "intent": "order", "language": "en", "purpose": "conversation",
            "trigger": { "type": "message" }, "slots": [{ "name": "status" }], "start": "if", "steps": [
            { "id": "if", "type": "condition", "otherwise": "on_its_way", "branches": [
              { "slot": "status", "test": "equals", "value": "open", "next": "open" },
              { "slot": "status", "test": "not_equals", "value": "sent", "next": "other" },
              { "slot": "status", "test": "other", "value": "a secret", "next": "open" }] },
            { "id": "open", "type": "message", "text": "It is {{status}}." },
            { "id": "on_its_way", "type": "message", "text": "It is on its way.", "next": "person" },
            { "id": "other", "type": "call", "system": "GET https://shop.example/orders", "next": "open", "on_failure": "person" },
            { "id": "person", "type": "handover", "via": "agent" }] }"#,
        &expect![[r#"
            order (en) (eng)
            0 "first_message" = "@input.text" → 1
            1 @fields.status
                open has_pattern["\\A\\s*(?:open)\\s*\\z"] → 3
                Other → 2
            2 @fields.status
                sent has_pattern["\\A\\s*(?:sent)\\s*\\z"] → 5
                Other → 4
            3 “It is @(fields.status).” [] → end
            4 call_webhook @results.call_ad078230.category
                Success has_only_text["Success"] → 3
                Failure → 6
            5 “It is on its way.” [] → 6
            6 open_ticket → end
            lost: export-condition if: status passes a secret
            lost: export-call-values other: “GET https://shop.example/orders”: status
            C []
            fields: status
        "#]],
    );
}
