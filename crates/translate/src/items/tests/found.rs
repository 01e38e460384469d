//! What was lost without a word before there was a ledger.

use expect_test::{Expect, expect};
use scenario::Scenario;
use serde_json::{Value, json};

use super::{scenario, told};
use crate::{FlowAct, Options, compile};

fn of(trigger: &str, purpose: &str, steps: &Value) -> Scenario {
    scenario(&json!({ "id": "it", "intent": "it", "language": "en", "purpose": purpose, "trigger": { "type": trigger },
        "start": steps[0]["id"], "steps": steps }))
}

/// What became of the items of a conversation that the customer begins.
fn check(steps: Value, expected: Expect) {
    expected.assert_eq(&told(&of("message", "conversation", &steps)));
}

/// What became of the items of a message that the business begins with.
fn check_template(purpose: &str, message: Value, expected: Expect) {
    expected.assert_eq(&told(&of("event", purpose, &json!([message]))));
}

#[test]
fn every_request_for_the_phone_number_is_named_and_so_is_what_only_it_leads_to() {
    check(
        json!([
            { "id": "ask", "type": "message", "text": "How can we help you?", "choices": [
                { "action": "share_phone", "title": "Call me", "next": "call" },
                { "action": "share_phone", "title": "Call me at work", "next": "call" },
                { "action": "reply", "title": "Write to me", "next": "write" }] },
            { "id": "call", "type": "message", "text": "We call you." },
            { "id": "write", "type": "message", "text": "We write to you." }
        ]),
        expect![[r#"
            step | ask | carried | step ask
            choice | Call me | lost | L111 | “Call me”
            choice | Call me at work | lost | L111 | “Call me at work”
            choice | Write to me | carried | “Write to me” of step ask
            step | call | lost | L119 | “call”: what leads to it is not sent
            step | write | carried | step write
        "#]],
    );
}

#[test]
fn what_only_the_buttons_of_a_message_without_a_text_lead_to_is_named() {
    let steps = json!([
        { "id": "picture", "type": "message", "text": "", "media": { "kind": "image", "url": "https://example.com/a.jpg" },
          "choices": [{ "action": "reply", "title": "More", "next": "more" }] },
        { "id": "more", "type": "message", "text": "We have more of them." }
    ]);
    expect![[r#"
        step | picture | lost | S106 | “picture” is a image without a text, and a template must have one
        choice | More | lost | S106 | “picture” is a image without a text, and a template must have one
        step | more | lost | L119 | “more”: what leads to it is not sent
    "#]]
    .assert_eq(&told(&of("event", "notification", &steps)));
}

#[test]
fn a_code_has_one_button_and_no_other_value() {
    check_template(
        "authentication",
        json!({ "id": "a", "type": "message", "text": "Your code is {{code}}.", "products": [{ "id": "watch" }], "choices": [
            { "action": "copy_code", "title": "Copy", "code": "{{code}}" },
            { "action": "copy_code", "title": "Copy this too", "code": "{{coupon}}" }] }),
        expect![[r#"
            step | a | carried | template it
            choice | Copy | carried | button of template it
            choice | Copy this too | lost | L123 | “Copy this too” is a second button for a code
            choice | watch | lost | L125 | the products “watch”: a code comes alone
            slot | code | carried | template it
            slot | coupon | lost | L124 | the value {{coupon}}
        "#]],
    );
}

#[test]
fn the_slot_of_a_coupon_fills_its_button() {
    let coupon = |code: &str| {
        json!({ "id": "a", "type": "message", "text": "Your summer coupon is here, and it is valid in each of our shops.",
            "choices": [{ "action": "copy_code", "title": "Copy offer code", "code": code }] })
    };
    check_template(
        "promotion",
        coupon("{{coupon}}"),
        expect![[r#"
        step | a | carried | template it
        choice | Copy offer code | carried | button of template it
        slot | coupon | carried | template it
    "#]],
    );
    check_template(
        "promotion",
        coupon("SUMMER-{{coupon}}"),
        expect![[r#"
        step | a | carried | template it
        choice | Copy offer code | carried | button of template it
        slot | coupon | lost | L125 | the code “SUMMER-{{coupon}}”: the sender gives the whole of it
    "#]],
    );
}

#[test]
fn products_of_a_template_are_named_and_those_beside_answers_are_sent() {
    let message = json!({ "id": "a", "type": "message", "text": "Your order is ready. These go well with it.",
        "products": [{ "id": "watch" }, { "id": "strap" }], "choices": [{ "action": "reply", "title": "Thanks" }] });
    check_template(
        "notification",
        message.clone(),
        expect![[r#"
        step | a | carried | template it
        choice | Thanks | carried | “Thanks” of step a
        choice | watch | lost | L125 | the products “watch”, “strap”: the template has a button for them, and the sender names them in each message
        choice | strap | lost | L125 | the products “watch”, “strap”: the template has a button for them, and the sender names them in each message
    "#]],
    );
    let compiled = compile(&of("message", "conversation", &json!([message])), &Options::default());
    assert!(!compiled.has_errors(), "{:?}", compiled.findings);
    check(
        json!([message]),
        expect![[r#"
        step | a | carried | step a
        choice | Thanks | carried | “Thanks” of step a
        choice | watch | carried | button of step a
        choice | strap | carried | button of step a
    "#]],
    );
}

#[test]
fn a_form_is_not_said_to_be_in_the_text() {
    check_template(
        "notification",
        json!({ "id": "a", "type": "message", "text": "Your order is ready. Tell us what you think of it.", "choices": [
            { "action": "form", "title": "Rate it", "flow": "4711" }, { "action": "form", "title": "Complain", "flow": "4712" }] }),
        expect![[r#"
            step | a | carried | template it
            choice | Rate it | carried | button of template it
            choice | Complain | lost | L123 | “Complain” opens a form
        "#]],
    );
}

#[test]
fn a_loop_is_cut_where_the_scenario_comes_back_and_not_where_it_begins() {
    let steps = json!([
        { "id": "second", "type": "message", "text": "Tock", "next": "first" },
        { "id": "first", "type": "message", "text": "Tick", "next": "second" }
    ]);
    let mut of = of("message", "conversation", &steps);
    of.start = "first".to_owned();
    expect![[r#"
        step | second | carried | step second
        step | first | carried | step first
    "#]]
    .assert_eq(&told(&of));
    let compiled = compile(&of, &Options::default());
    let FlowAct::Send(sends) = &compiled.flow.step("first").unwrap().act else { panic!("it is a message") };
    assert_eq!(sends.next.as_deref(), Some("second"));
}

#[test]
fn the_name_of_a_place_in_a_template_is_left_to_the_sender() {
    check_template(
        "notification",
        json!({ "id": "a", "type": "message", "text": "Your order is ready. It waits for you here.",
            "location": { "latitude": "48.85", "longitude": "2.36", "name": "Shop of {{town}}" } }),
        expect![[r#"
            step | a | carried | template it
            slot | town | lost | L125 | the name of the place, “Shop of {{town}}”: the sender gives it with each message
        "#]],
    );
}
