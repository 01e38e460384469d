//! Flows as their editor writes them, and what becomes of them.

mod begin;
mod keys;
mod languages;

use std::fmt::Write;

use expect_test::{Expect, expect};
use scenario::{Choice, Trigger};
use serde_json::{Value, json};

use import_base::{File, Format, Imported, Options};
use scenario_import::import;

fn read(export: &Value) -> Imported {
    let files = vec![File { path: "flows.json".to_owned(), bytes: export.to_string().into_bytes() }];
    import(files, &Options { format: Some(Format::RapidPro), ..Options::default() }).unwrap()
}

/// A flow whose nodes are given in short: `[actions, router, exits]`. Exits name nodes by their numbers.
fn flow(name: &str, nodes: Value) -> Value {
    let mut written = Vec::new();
    for (n, node) in nodes.as_array().unwrap().iter().enumerate() {
        let exits = node[2].as_array().unwrap().iter().enumerate();
        let exit = |(k, to): (usize, &Value)| json!({ "uuid": format!("x{n}_{k}"), "destination_uuid": to.as_u64().map(|it| format!("n{it}")) });
        let exits: Vec<Value> = exits.map(exit).collect();
        let mut router = node[1].clone();
        let categories = router.get_mut("categories").and_then(Value::as_array_mut);
        for (k, category) in categories.into_iter().flatten().enumerate() {
            *category = json!({ "uuid": category, "name": category, "exit_uuid": format!("x{n}_{k}") });
        }
        written.push(json!({ "uuid": format!("n{n}"), "actions": node[0], "router": router, "exits": exits }));
    }
    json!({ "uuid": name, "name": name, "language": "eng", "spec_version": "13.2.0", "type": "messaging",
        "localization": {}, "nodes": written })
}

fn say(text: &str) -> Value {
    json!({ "uuid": text, "type": "send_msg", "text": text, "quick_replies": [] })
}

/// A router that waits: cases of a test, its arguments and its category; the last category takes everything else.
fn ask(result: &str, cases: &[(&str, &[&str], &str)], other: &str) -> Value {
    let mut router = split("@input.text", cases, other);
    router["wait"] = json!({ "type": "msg" });
    router["result_name"] = json!(result);
    router
}

fn split(operand: &str, cases: &[(&str, &[&str], &str)], other: &str) -> Value {
    let mut categories: Vec<&str> = Vec::new();
    for category in cases.iter().map(|it| it.2).chain([other]) {
        if !categories.contains(&category) {
            categories.push(category);
        }
    }
    let case = |it: &(&str, &[&str], &str)| json!({ "type": it.0, "arguments": it.1, "category_uuid": it.2 });
    json!({ "type": "switch", "operand": operand, "categories": categories,
        "cases": cases.iter().map(case).collect::<Vec<_>>(), "default_category_uuid": other })
}

fn shown(imported: &Imported) -> String {
    let mut text = String::new();
    for scenario in &imported.scenarios {
        let _ = writeln!(text, "{} ({}) begins at {}", scenario.id, scenario.language, scenario.start);
        for step in &scenario.steps {
            let act = serde_json::to_value(&step.act).unwrap();
            let what = step.act.text().map_or_else(|| in_short(&act), ToString::to_string);
            let _ = write!(text, "  {} {}: {what}", step.id, act["type"].as_str().unwrap());
            if let scenario::Act::Message(it) = &step.act {
                let _ = write!(
                    text,
                    "{}",
                    it.choices.iter().map(|it| format!(" [{}]", Choice::title(it))).collect::<String>()
                );
            }
            for (route, goal) in step.act.routes() {
                let _ = write!(text, " | {route} → {}", goal.as_deref().unwrap_or("end"));
            }
            text.push('\n');
        }
        for lost in &scenario.losses {
            let _ = writeln!(text, "  lost: {} at {}: {}", lost.loss.rule().name, lost.place, lost.what);
        }
    }
    for skipped in &imported.skipped {
        let _ = writeln!(text, "skipped: {}: {}", skipped.place, skipped.why);
    }
    text
}

fn in_short(act: &Value) -> String {
    let known = ["slot", "within", "test", "value", "system"].iter().filter_map(|it| act.get(it)?.as_str());
    known.collect::<Vec<_>>().join(" ")
}

fn check(flows: &[Value], expect: &Expect) {
    expect.assert_eq(&shown(&read(&json!({ "version": "13", "flows": flows }))));
}

#[test]
fn an_interactive_message_without_its_title_is_translated_from_its_store() {
    let content = |header: &str, text: &str| {
        json!({ "type": "quick_reply", "content": { "type": "text", "header": header, "text": text },
        "options": [{ "type": "text", "title": text }] })
    };
    let action =
        json!({ "uuid": "a", "id": 4, "type": "send_interactive_msg", "text": content("Kopf", "Hallo").to_string() });
    let mut flow = flow("Begin", json!([[[action, say("Danke")], null, [null]]]));
    flow["language"] = json!("de");
    flow["localization"] = json!({ "en": { "Danke": { "text": ["Thank you"] } } });
    let stored = json!({ "source_id": 4, "send_with_title": false, "language_id": 3,
        "translations": { "1": content("Head", "Hello"), "3": content("Kopf", "Hallo") } });
    let imported = read(&json!({ "flows": [flow], "interactive_templates": [stored] }));
    let texts = imported.scenarios.iter().map(|it| it.steps[0].act.text().unwrap().to_string());
    assert_eq!(texts.collect::<Vec<_>>(), ["Hallo", "Hello"]);
}

#[test]
fn an_interactive_message_has_a_header_and_a_footer() {
    let content = json!({ "type": "quick_reply", "options": [{ "title": "Yes" }],
        "content": { "type": "text", "header": "Consent", "text": "Shall we write to you?\n\n", "caption": "Type STOP" } });
    let action = json!({ "uuid": "a", "type": "send_interactive_msg", "text": content.to_string() });
    let imported = read(&flow("Begin", json!([[[action], null, [null]]])));
    let scenario::Act::Message(it) = &imported.scenarios[0].steps[0].act else { panic!("no message") };
    let [header, text, footer] = [&it.header, &it.text, &it.footer].map(ToString::to_string);
    assert_eq!([header.as_str(), &text, &footer], ["Consent", "Shall we write to you?", "Type STOP"]);
}

#[test]
fn a_flow_that_says_nothing_to_a_customer_is_no_scenario() {
    let save = json!({ "uuid": "s", "type": "set_run_result", "name": "Started", "value": "yes" });
    let tell =
        json!({ "uuid": "b", "type": "send_broadcast", "text": "Somebody wrote", "groups": [{ "name": "Team" }] });
    check(
        &[flow("Quiet", json!([[[save, tell], null, []]]))],
        &expect![[r#"
        skipped: Quiet: it says nothing to a customer: it only saves values and asks other systems (eng); lost: groups of send_broadcast; the text of send_broadcast: “Somebody wrote”
    "#]],
    );
}

#[test]
fn a_text_of_dots_is_a_message_that_nobody_wrote() {
    let imported = read(&flow("Begin", json!([[[say("Hello"), say("…")], null, [null]]])));
    let texts = imported.scenarios[0].steps.iter().map(|it| it.act.text().unwrap().to_string());
    assert_eq!(texts.collect::<Vec<_>>(), ["Hello", ""]);
    assert!(imported.scenarios[0].losses.iter().any(|it| it.what.contains("empty text")));
}

#[test]
fn a_picture_after_quick_replies_is_sent_before_the_answer() {
    let question = json!({ "uuid": "q", "type": "send_msg", "text": "Come?", "quick_replies": ["Yes", "No"] });
    let picture = json!({ "uuid": "p", "type": "send_msg", "text": "@(\"\")", "attachments": ["image:https://shop.example/a.png"] });
    let wait = ask("Comes", &[("has_any_word", &["yes"], "Yes")], "Other");
    let nodes = json!([[[question, picture], null, [1]], [[], wait, [null, null]]]);
    let imported = read(&flow("Visit", nodes));
    let scenario::Act::Message(it) = &imported.scenarios[0].steps[0].act else { panic!("no message") };
    assert_eq!((it.choices.len(), it.then.len(), it.slot.as_deref()), (2, 1, Some("comes")));
    assert!(imported.scenarios[0].losses.is_empty(), "{:?}", imported.scenarios[0].losses);
}

#[test]
fn a_wait_in_a_node_of_its_own_joins_the_messages_before_it() {
    let question =
        json!({ "uuid": "q", "type": "send_msg", "text": "Come on Monday?", "quick_replies": ["Yes", "No"] });
    let group = json!({ "uuid": "g", "type": "add_contact_groups", "groups": [{ "name": "Asked" }] });
    let wait = ask("Comes", &[("has_any_word", &["yes ok"], "Yes"), ("has_any_word", &["no"], "No")], "Other");
    let nodes = json!([
        [[question], null, [1]],
        [[group], null, [2]],
        [[], wait, [3, 3, 4]],
        [[say("See you.")], null, [null]],
        [[say("Yes or no, please.")], null, [2]],
    ]);
    check(
        &[flow("Visit", nodes)],
        &expect![[r#"
        visit (en) begins at node_1
          node_1 message: Come on Monday? [Yes] [No] | Yes → node_2_answered | No → node_2_answered | anything else → node_2_answered
          node_2_answered call: add to Asked | done → node_3_way | failed → node_3_way
          node_3_way condition:  | comes has a word of yes ok → node_4 | comes has a word of no → node_4 | otherwise → node_5
          node_4 message: See you. |  → end
          node_5 question: Yes or no, please. |  → node_3_way
    "#]],
    );
}

#[test]
fn a_wait_that_nothing_asks_for_listens_and_says_nothing() {
    let wait = ask("", &[("has_number_between", &["1", "4"], "Few")], "Other");
    check(
        &[flow("Silent", json!([[[], wait, [1, 0]], [[say("Thank you.")], null, []]]))],
        &expect![[r#"
        silent (en) begins at node_1
          node_1 listen: answer |  → node_1_way
          node_1_way condition:  | answer has a number from 1 to 4 → node_2 | otherwise → node_1
          node_2 message: Thank you. |  → end
    "#]],
    );
}

#[test]
fn values_are_what_a_test_found_and_categories_are_set_where_they_are_used() {
    let wait = ask("Hens", &[("has_number_gt", &["4"], "Many"), ("has_number", &[], "Few")], "Other");
    let nodes = json!([
        [[say("How many hens?")], wait, [1, 1, 0]],
        [[say("@results.hens hens are @(lower(results.hens.category)); you said “@results.hens.input”.")], null, []],
    ]);
    check(
        &[flow("Hens", nodes)],
        &expect![[r#"
        hens (en) begins at node_1
          node_1 question: How many hens? |  → node_1_set_1
          node_1_set_1 set: hens_answer {{hens}} |  → node_1_way
          node_1_way condition:  | hens has a number above 4 → node_1_way_set_4 | hens has a number → node_1_way_set_5 | otherwise → node_1_way_set_3
          node_1_way_set_1 set: hens_category many |  → node_2
          node_1_way_set_2 set: hens_category few |  → node_2
          node_1_way_set_3 set: hens_category other |  → node_1
          node_1_way_set_4 find: hens hens number_above 4 |  → node_1_way_set_1
          node_1_way_set_5 find: hens hens has_number  |  → node_1_way_set_2
          node_2 message: {{hens}} hens are {{hens_category}}; you said “{{hens_answer}}”. |  → end
          lost: expression-dropped at node_2: @(lower(results.hens.category))
    "#]],
    );
}

#[test]
fn a_flow_that_is_entered_is_joined_and_comes_back() {
    let enter = json!({ "uuid": "e", "type": "enter_flow", "flow": { "uuid": "Register", "name": "Register" } });
    let status = split("@child.status", &[("has_only_text", &["completed"], "Complete")], "Expired");
    let main = json!([[[enter], status, [1, null]], [[say("Hello @child.results.name, @fields.village?")], null, []],]);
    let child = json!([
        [[say("Your name?")], ask("Name", &[], "All"), [1]],
        [[json!({ "type": "set_contact_field", "field": { "key": "village" }, "value": "@results.name" })], null, []],
    ]);
    check(
        &[flow("Main", main), flow("Register", child)],
        &expect![[r#"
        main (en) begins at register_1_node_1
          node_2 message: Hello {{name}}, {{village}}? |  → end
          register_1_node_1 question: Your name? |  → register_1_node_2
          register_1_node_2 set: village {{name}} |  → node_2
    "#]],
    );
}

#[test]
fn flows_that_enter_each_other_end() {
    let enter =
        |name: &str| json!([[[say(name), json!({ "type": "enter_flow", "flow": { "uuid": name } })], null, []]]);
    check(
        &[flow("A", enter("B")), flow("B", enter("A"))],
        &expect![[r#"
        a (en) begins at node_1
          node_1 message: B |  → b_1_node_1
          b_1_node_1 message: A |  → node_1
    "#]],
    );
}

#[test]
fn a_call_whose_router_asks_whether_it_worked_has_two_ways() {
    let call = json!({ "type": "call_webhook", "method": "GET", "url": "https://api.example.com/@results.card",
        "headers": { "Authorization": "Token x" }, "body": "", "result_name": "Card" });
    let status = split("@results.card.category", &[("has_only_text", &["Success"], "Success")], "Failure");
    let ticket =
        json!({ "type": "open_ticket", "topic": { "name": "General" }, "note": "@results.card", "assignee": null });
    let opened = split("@results.ticket", &[("has_category", &["Success"], "Success")], "Failure");
    let nodes = json!([
        [[call], status, [1, 2]],
        [[say("It is worth @results.card.extra.amount.")], null, []],
        [[ticket], opened, [null, null]],
    ]);
    check(
        &[flow("Card", nodes)],
        &expect![[r#"
        card (en) begins at node_1
          node_1 call: GET https://api.example.com/{{card}} | done → node_2 | failed → node_3
          node_2 message: It is worth {{amount}}. |  → end
          node_3 handover:  |  → end
          lost: field-dropped at node_1: headers of call_webhook
          lost: field-dropped at node_3: note of open_ticket: @results.card
    "#]],
    );
}

#[test]
fn expressions_are_one_slot_each_with_a_name_for_people() {
    let text = "@(upper(title(contact.first_name))) @contact.first_name @locals.bonus @globals.shop @webhook.json.price \
                @flow.age @(format_date(fields.visit)) @(if(contact.gender = \"F\", \"Mrs\", \"Mr\")) @(today()) \
                @urns.tel ana@example.com @@shop @(round(fields.visit * 2))";
    check(
        &[flow("Texts", json!([[[say(text)], null, []]]))],
        &expect![[r#"
        texts (en) begins at node_1
          node_1 message: {{first_name}} {{first_name}} {{bonus}} {{shop}} {{price}} {{age}} {{visit}} {{gender}} {{today}} {{phone}} ana@example.com @shop {{visit_value}} |  → end
          lost: expression-dropped at node_1: @(upper(title(contact.first_name)))
          lost: expression-dropped at node_1: @(format_date(fields.visit))
          lost: expression-dropped at node_1: @(if(contact.gender = "F", "Mrs", "Mr"))
          lost: expression-dropped at node_1: @(today())
          lost: expression-dropped at node_1: @(round(fields.visit * 2))
    "#]],
    );
}

#[test]
fn a_text_that_is_not_translated_is_not_sent_in_the_other_language() {
    let mut texts = flow(
        "Help",
        json!([
            [[json!({ "uuid": "a", "type": "send_msg", "text": "Bonjour", "quick_replies": ["Oui"] })], null, [1]],
            [
                [
                    json!({ "uuid": "b", "type": "send_msg", "text": "Merci" }),
                    json!({ "uuid": "c", "type": "send_msg", "text": "👍 @contact.name" })
                ],
                null,
                []
            ],
        ]),
    );
    texts["language"] = json!("fra");
    texts["localization"] = json!({ "ara": { "a": { "text": ["مرحبا"] } }, "eng": { "a": { "text": [""] } } });
    check(
        &[texts],
        &expect![[r#"
        help (fr) begins at node_1
          node_1 message: Bonjour [Oui] | Oui → node_2 | anything else → node_2
          node_2 message: Merci |  → node_2_2
          node_2_2 message: 👍 {{name}} |  → end
        help (ar) begins at node_1
          node_1 message: مرحبا |  → node_2
          node_2 message: 👍 {{name}} |  → end
          lost: untranslated at node_1: no translation into ara of the quick replies “Oui”
          lost: untranslated at node_2: no translation into ara of “Merci”
        skipped: Help: no text of it is translated into eng
    "#]],
    );
}

#[test]
fn who_begins_is_what_triggers_and_campaigns_say() {
    let flows: Vec<Value> = ["Keyword", "Schedule", "Campaign", "Nobody", "Both"]
        .iter()
        .map(|it| flow(it, json!([[[say("Hello")], null, []]])))
        .collect();
    let of = |name: &str| json!({ "uuid": name, "name": name });
    let event = |name: &str| json!({ "offset": -1, "unit": "D", "delivery_hour": 9, "relative_to": { "label": "Visit" }, "flow": of(name) });
    let export = json!({ "version": "13", "flows": flows,
        "triggers": [
            { "trigger_type": "K", "flow": of("Keyword"), "keywords": ["help"], "match_type": "F", "groups": [{ "name": "Members" }] },
            { "trigger_type": "K", "flow": of("Both"), "keyword": "news" },
            { "trigger_type": "S", "flow": of("Schedule"), "schedule": { "repeat_period": "W" } },
        ],
        "campaigns": [{ "name": "Visits", "group": { "name": "Patients" }, "events": [event("Campaign"), event("Both"),
            { "offset": 2, "unit": "W", "relative_to": { "label": "Visit" }, "message": { "eng": "How are you, @contact.name?" } }] }] });
    let imported = read(&export);
    let mut text = String::new();
    for scenario in &imported.scenarios {
        let begins = match &scenario.trigger {
            Trigger::Message { phrases } => format!("the customer {phrases:?}"),
            other => format!("the business {other:?}"),
        };
        let _ = writeln!(text, "{}: {begins}", scenario.id);
        for lost in &scenario.losses {
            let _ = writeln!(text, "  {}: {}", lost.loss.rule().name, lost.what);
        }
    }
    expect![[r#"
        keyword: the customer ["help"]
          condition-dropped: it begins for contacts in Members
          field-dropped: “help” begins it as the first word of a message
        schedule: the business Campaign
          field-dropped: the schedule that starts it: every week
        campaign: the business Campaign
          field-dropped: the campaign “Visits” starts it 1 day before “Visit” at 9:00 for “Patients”
        nobody: the business Event { name: None }
        both: the business Campaign
          field-dropped: the campaign “Visits” starts it 1 day before “Visit” at 9:00 for “Patients”
          field-dropped: it also begins when the customer writes “news”
        visits: the business Campaign
          field-dropped: the campaign “Visits” starts it 2 weeks after “Visit” for “Patients”
    "#]]
    .assert_eq(&text);
}

#[test]
fn flows_of_other_products_and_of_old_versions_are_refused() {
    let refused = |json: &Value| read(json).skipped.iter().map(|it| it.why.clone()).collect::<String>();
    let old =
        json!({ "version": "11.12", "flows": [{ "action_sets": [], "rule_sets": [], "metadata": { "name": "Old" } }] });
    let other = json!({ "nodes": [{ "id": "1", "type": "n8n-nodes-base.if", "parameters": {} }], "connections": {} });
    let voice = json!({ "flows": [{ "name": "Call", "type": "voice", "nodes": [] }] });
    expect![[r#"
        it is in the old format of version 11.12 with action sets: export it again in version 13
        its nodes have no exits: it is a flow of another product
        it is a flow of telephone calls"#]]
    .assert_eq(&[refused(&old), refused(&other), refused(&voice)].join("\n"));
    for (json, is_known) in
        [(&old, true), (&other, false), (&json!({ "nodes": [{ "id": "entry", "next": [] }] }), false)]
    {
        assert_eq!(super::is_export(json), is_known, "{json}");
    }
}
