//! Flows as Studio writes them, and what becomes of them.

mod texts;

use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use import_base::Options;

fn import_flow(states: Value, description: &str) -> Imported {
    let bytes = json!({ "description": description, "initial_state": "Trigger", "states": states }).to_string();
    let file = File { path: "flow.json".into(), bytes: bytes.into_bytes() };
    scenario_import::import(vec![file], &Options { language: Some("en".into()), ..Options::default() }).unwrap()
}

/// Imports a flow, and says its steps and losses.
fn check(states: Value, expected: Expect) {
    let imported = import_flow(states, "Shop");
    let mut told = String::new();
    for scenario in &imported.scenarios {
        let begins = if scenario.trigger.is_by_business() { "business" } else { "customer" };
        told += &format!("{} begun by {begins} at {}\n", scenario.id, scenario.start);
        for step in &scenario.steps {
            told += &format!("{}\n", json!(step));
        }
        for lost in &scenario.losses {
            told += &format!("{} at {}: {}\n", lost.loss.rule().name, lost.place, lost.what);
        }
    }
    for skipped in &imported.skipped {
        told += &format!("not taken: {}\n", skipped.why);
    }
    expected.assert_eq(&told);
}

fn trigger(event: &str, next: &str) -> Value {
    json!({ "name": "Trigger", "type": "trigger", "transitions": [{ "event": event, "next": next }], "properties": {} })
}

fn send(name: &str, body: &str, next: Option<&str>) -> Value {
    json!({ "name": name, "type": "send-message", "properties": { "body": body, "to": "{{contact.channel.address}}" },
        "transitions": [{ "event": "sent", "next": next }, { "event": "failed" }] })
}

fn set(name: &str, key: &str, value: &str, next: &str) -> Value {
    json!({ "name": name, "type": "set-variables", "transitions": [{ "event": "next", "next": next }],
        "properties": { "variables": [{ "key": key, "value": value, "type": "string" }] } })
}

fn split(name: &str, conditions: &[(&str, &[(&str, &str)])], otherwise: &str) -> Value {
    let condition =
        |it: &(&str, &str)| json!({ "type": it.0, "value": it.1, "arguments": ["{{trigger.message.Body}}"] });
    let mut transitions = vec![json!({ "event": "noMatch", "next": otherwise })];
    for (next, tests) in conditions {
        let tests: Vec<Value> = tests.iter().map(condition).collect();
        transitions.push(json!({ "event": "match", "next": next, "conditions": tests }));
    }
    json!({ "name": name, "type": "split-based-on", "transitions": transitions,
        "properties": { "input": "{{trigger.message.Body}}" } })
}

#[test]
fn states_may_be_called_end_or_like_each_other() {
    check(
        json!([
            trigger("incomingMessage", "end"),
            send("end", "One", Some("End")),
            send("End", "Two", Some("end_2")),
            send("end_2", "Three", None)
        ]),
        expect![[r#"
            shop begun by customer at end_2
            {"id":"end_2","next":"end_3","text":"One","type":"message"}
            {"id":"end_3","next":"end_2_2","text":"Two","type":"message"}
            {"id":"end_2_2","text":"Three","type":"message"}
        "#]],
    );
}

#[test]
fn a_variable_that_is_the_same_on_all_ways_is_text() {
    check(
        json!([
            trigger("incomingRequest", "shop"),
            set("shop", "name", "Ipê", "greeting"),
            set("greeting", "hello", "Hello from {{flow.variables.name}}", "say"),
            send("say", "{{flow.variables.hello}}: open until {{flow.data.hour}} today.", None)
        ]),
        expect![[r#"
            shop begun by business at say
            {"id":"say","text":"Hello from Ipê: open until {{hour}} today.","type":"message"}
        "#]],
    );
}

#[test]
fn a_variable_that_differs_stays_a_slot() {
    check(
        json!([
            trigger("incomingMessage", "town"),
            split("town", &[("a", &[("contains", "Lyon")])], "b"),
            set("a", "street", "Rue A", "say"),
            set("b", "street", "Rue B", "say"),
            send("say", "We are in {{flow.variables.street}}.", None)
        ]),
        expect![[r#"
            shop begun by customer at town
            {"branches":[{"next":"a","slot":"first_message","test":"holds","value":"Lyon"}],"id":"town","otherwise":"b","type":"condition"}
            {"id":"a","next":"say","slot":"street","type":"set","value":"Rue A"}
            {"id":"b","next":"say","slot":"street","type":"set","value":"Rue B"}
            {"id":"say","text":"We are in {{street}}.","type":"message"}
        "#]],
    );
}

#[test]
fn a_variable_that_only_the_target_of_a_call_reads_is_set() {
    check(
        json!([
            trigger("incomingMessage", "town"),
            split("town", &[("a", &[("contains", "Lyon")])], "b"),
            set("a", "shop", "+33199000001", "say"),
            send("say", "We call you.", Some("call")),
            set("b", "shop", "+33199000002", "say"),
            { "name": "call", "type": "connect-call-to", "properties": { "to": "{{flow.variables.shop}}" },
              "transitions": [] }
        ]),
        expect![[r#"
            shop begun by customer at town
            {"branches":[{"next":"a","slot":"first_message","test":"holds","value":"Lyon"}],"id":"town","otherwise":"b","type":"condition"}
            {"id":"a","next":"say","slot":"shop","type":"set","value":"+33199000001"}
            {"id":"say","next":"call","text":"We call you.","type":"message"}
            {"id":"b","next":"say","slot":"shop","type":"set","value":"+33199000002"}
            {"id":"call","target":"{{shop}}","type":"handover","via":"phone"}
        "#]],
    );
}

#[test]
fn all_conditions_of_a_transition_must_hold() {
    check(
        json!([
            trigger("incomingMessage", "look"),
            split(
                "look",
                &[("a", &[("contains", "red"), ("does_not_contain", "wine")]), ("b", &[("equal_to", "x")])],
                "c"
            ),
            send("a", "A", None),
            send("b", "B", None),
            send("c", "C", None)
        ]),
        expect![[r#"
            shop begun by customer at look
            {"branches":[{"next":"look_3","slot":"first_message","test":"holds","value":"red"}],"id":"look","otherwise":"look_2","type":"condition"}
            {"branches":[{"next":"a","slot":"first_message","test":"holds_not","value":"wine"}],"id":"look_3","otherwise":"look_2","type":"condition"}
            {"branches":[{"next":"b","slot":"first_message","test":"equals","value":"x"}],"id":"look_2","otherwise":"c","type":"condition"}
            {"id":"a","text":"A","type":"message"}
            {"id":"b","text":"B","type":"message"}
            {"id":"c","text":"C","type":"message"}
        "#]],
    );
}

#[test]
fn a_question_without_a_way_after_its_time_out_ends() {
    check(
        json!([
            trigger("incomingMessage", "ask"),
            { "name": "ask", "type": "send-and-wait-for-reply", "properties": { "body": "Your name?", "timeout": "60" },
              "transitions": [{ "event": "incomingMessage", "next": "say" }, { "event": "timeout" },
                { "event": "deliveryFailure", "next": "say" }] },
            send("say", "Thanks {{ widgets.ask.inbound.Body | capitalize }}, see you.", None)
        ]),
        expect![[r#"
            shop begun by customer at ask
            {"accepts":"text","id":"ask","next":"say","slot":"ask","text":"Your name?","timeout":{"seconds":60},"type":"question"}
            {"id":"say","text":"Thanks {{ask}}, see you.","type":"message"}
            route-dropped at ask: when the message fails, to say
            expression-dropped at say: { widgets.ask.inbound.Body | capitalize }
        "#]],
    );
}

#[test]
fn a_flow_that_people_and_systems_begin_is_two_scenarios() {
    check(
        json!([
            { "name": "Trigger", "type": "trigger", "properties": {}, "transitions": [
                { "event": "incomingMessage", "next": "hi" }, { "event": "incomingRequest", "next": "news" },
                { "event": "incomingCall", "next": "speak" }] },
            send("hi", "Hello", None),
            send("news", "Your order is ready.", None),
            { "name": "speak", "type": "say-play", "properties": { "say": "Good day" }, "transitions": [] }
        ]),
        expect![[r#"
            shop begun by customer at hi
            {"id":"hi","text":"Hello","type":"message"}
            other-platform at speak: a widget of type say-play: only phone calls lead to it
            shop_by_request begun by business at news
            {"id":"news","text":"Your order is ready.","type":"message"}
        "#]],
    );
}

#[test]
fn a_branch_that_calls_and_writes_nothing_is_left_out() {
    let state = |name: &str, kind: &str, next: &str| json!({ "name": name, "type": kind, "properties": {}, "transitions": [{ "event": "answered", "next": next }] });
    check(
        json!([
            trigger("incomingRequest", "how"),
            split("how", &[("call", &[("equal_to", "voice")])], "say"),
            state("call", "make-outgoing-call-v2", "gather"),
            state("gather", "gather-input-on-call", "digits"),
            split("digits", &[("call", &[("equal_to", "1")])], "gather"),
            send("say", "Your visit is tomorrow.", Some("ring")),
            state("ring", "make-outgoing-call-v2", "after"),
            send("after", "We tried to call you.", None)
        ]),
        expect![[r#"
            shop begun by business at how
            {"branches":[{"slot":"first_message","test":"equals","value":"voice"}],"id":"how","otherwise":"say","type":"condition"}
            {"id":"say","next":"after","text":"Your visit is tomorrow.","type":"message"}
            {"id":"after","text":"We tried to call you.","type":"message"}
            other-platform at call: a widget of type make-outgoing-call-v2: nothing is written after the call
            step-dropped at ring: a widget of type make-outgoing-call-v2
            other-platform at gather: a widget of type gather-input-on-call: only phone calls lead to it
            other-platform at digits: a widget of type split-based-on: only phone calls lead to it
        "#]],
    );
}

#[test]
fn a_way_to_a_widget_that_does_not_exist_is_an_error() {
    check(
        json!([trigger("incomingMessage", "hi"), send("hi", "Hello", Some("gone"))]),
        expect![[r#"
        shop begun by customer at hi
        {"id":"hi","text":"Hello","type":"message"}
        missing-reference at hi: a way leads to “gone”: the flow has no such widget
    "#]],
    );
}

#[test]
fn a_flow_for_calls_is_not_taken() {
    check(
        json!([
            trigger("incomingCall", "speak"),
            { "name": "speak", "type": "say-play", "properties": { "say": "Press 1" }, "transitions": [] }
        ]),
        expect![[r#"
            not taken: it is for phone calls: only a call begins it, and nothing in it is written
        "#]],
    );
}

#[test]
fn the_default_name_of_a_flow_is_no_name() {
    let states = json!([trigger("incomingMessage", "hi"), send("hi", "Welcome to the shop", None)]);
    assert_eq!(import_flow(states, "A New Flow").scenarios[0].id, "welcome_to_the_shop");
}

#[test]
fn widgets_in_a_circle_that_say_nothing_end_the_flow() {
    let play = |name: &str, next: &str| json!({ "name": name, "type": "say-play", "transitions": [{ "next": next }] });
    let imported = import_flow(
        json!([trigger("incomingMessage", "a"), send("a", "Hello", Some("b")), play("b", "c"), play("c", "b")]),
        "x",
    );
    assert_eq!(imported.scenarios[0].steps.len(), 1);
    assert_eq!(imported.scenarios[0].steps[0].act.routes()[0].1, &None);
}

/// Every property of the widgets that write to customers, decide, or call systems (Twilio's widget library).
#[test]
fn every_property_is_carried_lost_by_name_or_without_meaning() {
    let carried = [
        ("send-message", "body"),
        ("send-message", "media_url"),
        ("send-and-wait-for-reply", "body"),
        ("make-http-request", "url"),
        ("make-http-request", "method"),
        ("run-function", "url"),
        ("run-subflow", "flow_sid"),
        ("connect-call-to", "to"),
    ];
    let lost = [
        ("send-message", "attributes"),
        ("send-message", "content_template_sid"),
        ("send-message", "content_template_variables"),
        ("send-and-wait-for-reply", "media_url"),
        ("send-and-wait-for-reply", "attributes"),
        ("send-and-wait-for-reply", "timeout"),
        ("make-http-request", "body"),
        ("make-http-request", "parameters"),
        ("make-http-request", "add_twilio_auth"),
        ("run-function", "parameters"),
        ("run-subflow", "flow_revision"),
        ("run-subflow", "parameters"),
        ("send-to-flex", "attributes"),
        ("send-to-flex", "priority"),
        ("send-to-flex", "timeout"),
        ("enqueue-call", "queue_name"),
    ];
    let without_meaning = [
        ("send-message", "offset"),
        ("send-message", "service"),
        ("send-message", "channel"),
        ("send-message", "from"),
        ("send-message", "message_type"),
        ("make-http-request", "content_type"),
        ("run-function", "function_sid"),
        ("send-to-flex", "workflow"),
    ];
    for ((kind, key), fate) in carried
        .map(|it| (it, "carried"))
        .into_iter()
        .chain(lost.map(|it| (it, "lost")))
        .chain(without_meaning.map(|it| (it, "no meaning")))
    {
        let mut widget = json!({ "name": "w", "type": kind, "properties": { "body": "Hello" }, "transitions": [] });
        widget["properties"][key] = match key {
            "media_url" => json!("https://a.b/MARK.png"),
            "parameters" => json!([{ "key": "k", "value": "MARK" }]),
            _ => json!("MARK"),
        };
        let mut imported =
            import_flow(json!([trigger("incomingMessage", "hi"), send("hi", "Hello", Some("w")), widget]), "x");
        let scenario = &mut imported.scenarios[0];
        let is_lost = scenario.losses.iter().any(|it| it.what.contains("MARK"));
        scenario.losses.clear();
        let became = match () {
            () if json!(scenario).to_string().contains("MARK") => "carried",
            () if is_lost => "lost",
            () => "no meaning",
        };
        assert_eq!(became, fate, "{kind} {key}");
    }
}

#[test]
fn a_message_to_somebody_else_is_not_sent_to_the_customer() {
    let to = |name: &str, body: &str, to: &str, next: Option<&str>| {
        let mut state = send(name, body, next);
        state["properties"]["to"] = json!(to);
        state
    };
    check(
        json!([
            trigger("incomingMessage", "mine"),
            to("mine", "You have a stamp.", "{{trigger.message.From}}", Some("other")),
            to("other", "{{trigger.message.Body}} was collected.", "{{widgets.ask.parsed.phone}}", Some("desk")),
            to("desk", "Someone is at the door.", "+12025550118", Some("keep")),
            set("keep", "who", "{{contact.channel.address}}", "bye"),
            to("bye", "Goodbye.", "{{flow.variables.who}}", None),
        ]),
        expect![[r#"
            shop begun by customer at mine
            {"id":"mine","next":"bye","text":"You have a stamp.","type":"message"}
            {"id":"bye","text":"Goodbye.","type":"message"}
            step-dropped at other: the message to {widgets.ask.parsed.phone}, who is not the customer of this chat: “{trigger.message.Body} was collected.”
            step-dropped at desk: the message to +12025550118, who is not the customer of this chat: “Someone is at the door.”
        "#]],
    );
}

#[test]
fn a_flow_that_writes_to_others_only_is_not_taken() {
    let mut state = send("desk", "Someone is at the door.", None);
    state["properties"]["to"] = json!("+12025550118");
    check(
        json!([trigger("incomingMessage", "desk"), state]),
        expect![[r#"
        not taken: no step of it writes to a customer: it is for phone calls or other systems; lost: the message to +12025550118, who is not the customer of this chat: “Someone is at the door.”
    "#]],
    );
}
