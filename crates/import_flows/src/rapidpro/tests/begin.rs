//! Triggers, and nodes that nothing leads to.

use expect_test::expect;

use super::*;

fn with_template(text: &str) -> Value {
    let mut action = say(text);
    action["templating"] = json!({ "template": { "name": "check_in", "uuid": "t" }, "variables": [] });
    action
}

fn enter(name: &str) -> Value {
    json!({ "uuid": name, "type": "enter_flow", "flow": { "uuid": name, "name": name } })
}

#[test]
fn a_flow_that_begins_with_a_template_is_begun_by_the_business_and_a_menu_is_not() {
    let menu = flow(
        "Menu",
        json!([
            [[say("Which one?")], ask("which", &[("has_any_word", &["1"], "One")], "Other"), [1, null]],
            [[enter("Check-in")], null, [null]]
        ]),
    );
    let check_in = flow("Check-in", json!([[[with_template("How did it go?")], null, [null]]]));
    let imported = read(&json!({ "version": "13", "flows": [menu, check_in] }));
    let begun: Vec<(&str, bool)> =
        imported.scenarios.iter().map(|it| (it.id.as_str(), it.trigger.is_by_business())).collect();
    assert_eq!(begun, [("menu", false), ("check_in", true)]);
    assert!(imported.scenarios[0].losses.iter().any(|it| it.loss == scenario::Loss::BeginAssumed));
}

#[test]
fn nodes_that_nothing_leads_to_are_named_once_with_their_texts() {
    let mut parent = flow("Parent", json!([[[enter("Child")], null, [null]]]));
    parent["localization"] = json!({ "fra": { "Hello": { "text": ["Bonjour"] } } });
    let mut child = flow(
        "Child",
        json!([[[say("Hello")], null, [null]], [[say("Is it correct?")], null, [2]], [[say("Thanks")], null, [null]]]),
    );
    child["localization"] = json!({ "fra": { "Hello": { "text": ["Bonjour"] } } });
    check(
        &[parent, child],
        &expect![[r#"
        parent (en) begins at child_1_node_1
          child_1_node_1 message: Hello |  → end
        parent (fr) begins at child_1_node_1
          child_1_node_1 message: Bonjour |  → end
        skipped: Child: nothing leads to 2 nodes of it, which say “Is it correct?”, “Thanks”
    "#]],
    );
}

#[test]
fn a_counter_counts() {
    let count = json!({ "uuid": "c", "type": "set_run_local", "local": "n", "operation": "increment", "value": "1" });
    check(
        &[flow(
            "Count",
            json!([
                [[say("Hello")], null, [1]],
                [[count], split("@locals.n", &[("has_number_lt", &["3"], "Less")], "Other"), [0, null]]
            ]),
        )],
        &expect![[r#"
            count (en) begins at node_1
              node_1 message: Hello |  → node_2
              node_2 set: locals_n {{n}} |  → node_2_2
              node_2_2 condition:  | locals_n has a number below 3 → node_1 | otherwise → end
              lost: expression-dropped at node_2: @(locals.n + 1)
        "#]],
    );
}
