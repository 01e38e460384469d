//! Languages of flows, and values that calls bring.

use super::*;

fn translated(language: &str, localization: Value, texts: &[&str]) -> Value {
    let says: Vec<Value> = texts.iter().map(|it| say(it)).collect();
    let mut flow = flow("Help", json!([[says, null, []]]));
    flow["language"] = json!(language);
    flow["localization"] = localization;
    flow
}

#[test]
fn texts_of_the_flow_and_a_translation_into_its_language_are_one_scenario() {
    let hello = "Welcome, how can we help you today?";
    let of = |language: &str| json!({ language: { hello: { "text": ["Hello, what can we do for you?"] } } });
    let thanks = "Thank you for writing to us";
    check(
        &[translated("eng", of("eng"), &[hello, thanks])],
        &expect![[r#"
        help (en) begins at node_1
          node_1 message: Welcome, how can we help you today? |  → node_1_2
          node_1_2 message: Thank you for writing to us |  → end
          lost: unused-text at Help: the translations into eng, the language of the flow: no customer sees them
    "#]],
    );
    // Glific names the language of the texts only beside the flow.
    check(
        &[translated("base", of("en"), &[hello, thanks])],
        &expect![[r#"
            help (en) begins at node_1
              node_1 message: Hello, what can we do for you? |  → node_1_2
              node_1_2 message: Thank you for writing to us |  → end
              lost: unused-text at node_1: “Welcome, how can we help you today?”: its translation into en is sent instead
        "#]],
    );
}

#[test]
fn a_language_without_the_first_message_is_not_made() {
    let thanks = json!({ "spa": { "Thank you": { "text": ["Gracias"] } } });
    check(
        &[translated("eng", thanks, &["How are you?", "Thank you"])],
        &expect![[r#"
        help (en) begins at node_1
          node_1 message: How are you? |  → node_1_2
          node_1_2 message: Thank you |  → end
        skipped: Help: its first message has no translation into spa, so it would begin with silence: “How are you?”
    "#]],
    );
}

/// A flow that saves results.
fn saves(names: &[&str]) -> Value {
    let save = |name: &&str| json!({ "uuid": name, "type": "set_run_result", "name": name, "value": "x" });
    flow("Saves", json!([[names.iter().map(save).collect::<Vec<_>>(), null, []]]))
}

#[test]
fn a_result_that_no_flow_saves_and_a_way_to_nothing_are_errors() {
    let mut flow = flow(
        "Gone",
        json!([
            [
                [say("Hello @results.nam, @results.name, @parent.results.x")],
                ask("Name", &[("has_text", &[], "Any")], "Other"),
                [1, 1]
            ],
            [[say("Thanks")], null, [null]],
        ]),
    );
    flow["nodes"][1]["exits"][0]["destination_uuid"] = json!("none");
    flow["nodes"][0]["router"]["categories"][0]["exit_uuid"] = json!("none");
    flow["nodes"][0]["router"]["default_category_uuid"] = json!("none");
    check(
        &[flow],
        &expect![[r#"
            gone (en) begins at node_1
              node_1 question: Hello {{nam}}, {{name}}, {{x}} |  → node_1_way
              node_1_way condition:  | name is known → end | otherwise → end
              lost: missing-reference at node_1: a category leads to an exit that the node does not have
              lost: missing-reference at node_1: a way leads to a category that the node does not have
              lost: missing-reference at node_1: @results.nam: no flow of the file saves the result “nam”
        "#]],
    );
}

#[test]
fn each_value_that_a_call_brings_is_a_slot_of_its_own() {
    let text = "@results.webhook.content @results.webhook.score @results.webhook.status @results.sheet.link @results.shop.link \
                @webhook.json.name @webhook.json.items[0].name @extra.name @results.hens.value @results.hens \
                @results.age.name @(results.webhook.score)";
    check(
        &[flow("Texts", json!([[[say(text)], null, []]])), saves(&["Webhook", "Sheet", "Shop", "Hens", "Age"])],
        &expect![[r#"
            texts (en) begins at node_1
              node_1 message: {{content}} {{score}} {{webhook_status}} {{link}} {{shop_link}} {{name}} {{items_name}} {{extra_name}} {{hens}} {{hens}} {{age_name}} {{score}} |  → end
            skipped: Saves: it says nothing to a customer: it only saves values and asks other systems (eng)
        "#]],
    );
}

#[test]
fn a_decision_by_what_only_the_source_computes_is_named() {
    let code = "<%= rem(@results.webhook.status * 2 + 1, 6) %>";
    let nodes = json!([
        [[say("Hello <%= 1 + 1 %>")], split(code, &[("has_number_eq", &["1"], "One")], "Other"), [1, 2]],
        [[say("One")], split("@results.a @results.b", &[("has_phrase", &["x y"], "Both")], "Other"), [null, null]],
        [[say("Two")], null, []],
    ]);
    check(
        &[flow("Code", nodes), saves(&["webhook", "a", "b"])],
        &expect![[r#"
            code (en) begins at node_1
              node_1 message: Hello {{value}} |  → node_1_2
              node_1_2 condition:  | webhook_status has the number 1 → node_2 | otherwise → node_3
              node_2 message: One |  → node_2_2
              node_2_2 condition:  | a_value has the phrase x y → end | otherwise → end
              node_3 message: Two |  → end
              lost: expression-dropped at node_1: <%= 1 + 1 %>
              lost: expression-dropped at node_1_2: <%= rem(@results.webhook.status * 2 + 1, 6) %>
              lost: expression-dropped at node_2_2: @results.a @results.b
            skipped: Saves: it says nothing to a customer: it only saves values and asks other systems (eng)
        "#]],
    );
}
