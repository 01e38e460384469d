use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;

fn check(template: Value, has_variables: bool, expected: Expect) {
    let template: Template = serde_json::from_value(template).unwrap();
    expected.assert_eq(&bubble(&template, BubbleLook { has_variables, is_coloured: false }).rendered(false));
}

fn order() -> Value {
    json!({ "name": "order", "language": "en", "category": "UTILITY", "components": [
        { "type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": { "header_text": ["A1"] } },
        { "type": "BODY", "text": "Hello *{{1}}*,\nyour order {{2}} is on its way and will be there at {{3}}.\n\nThank you!",
          "example": { "body_text": [["Ana", "A1", "14:00"]] } },
        { "type": "FOOTER", "text": "Reply STOP to opt out" },
        { "type": "BUTTONS", "buttons": [
            { "type": "QUICK_REPLY", "text": "Later" },
            { "type": "URL", "text": "Track", "url": "https://example.com/{{1}}", "example": ["https://example.com/A1"] },
            { "type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+12025550123" },
        ] },
    ] })
}

#[test]
fn a_template_looks_as_on_a_phone() {
    check(
        order(),
        false,
        expect![[r#"
            ╭──────────────────────────────────────────╮
            │ Order A1                                 │
            │                                          │
            │ Hello *Ana*,                             │
            │ your order A1 is on its way and will be  │
            │ there at 14:00.                          │
            │                                          │
            │ Thank you!                               │
            │                                          │
            │ Reply STOP to opt out                    │
            ├──────────────────────────────────────────┤
            │                 ↩ Later                  │
            ├──────────────────────────────────────────┤
            │                 ↗ Track                  │
            │          https://example.com/A1          │
            ├──────────────────────────────────────────┤
            │                ☎ Call us                 │
            │               +12025550123               │
            ╰──────────────────────────────────────────╯
        "#]],
    );
}

#[test]
fn variables_can_be_shown_instead_of_the_examples() {
    let mut template = order();
    template["components"].as_array_mut().unwrap().truncate(2);
    check(
        template,
        true,
        expect![[r#"
            ╭──────────────────────────────────────────╮
            │ Order {{1}}                              │
            │                                          │
            │ Hello *{{1}}*,                           │
            │ your order {{2}} is on its way and will  │
            │ be there at {{3}}.                       │
            │                                          │
            │ Thank you!                               │
            ╰──────────────────────────────────────────╯
        "#]],
    );
}

#[test]
fn bold_stays_bold_over_a_line_break_and_a_value_brings_no_colour() {
    let text = "*one two three four five six seven eight nine ten* {{1}}";
    let body = json!({ "type": "BODY", "text": text, "example": { "body_text": [["\u{1b}[31m漢字"]] } });
    let template: Template = serde_json::from_value(json!({ "components": [body] })).unwrap();
    let drawn = bubble(&template, BubbleLook { has_variables: false, is_coloured: true }).rendered(true);
    let lines: Vec<String> = drawn.lines().map(|it| it.replace("\u{1b}[2m", "").replace("\u{1b}[0m", "§")).collect();
    assert_eq!(lines[1], "§│ §\u{1b}[1mone two three four five six seven eight§  │");
    assert_eq!(lines[2], format!("§│ §\u{1b}[1mnine ten§ \\u{{1b}}[31m漢字{} │", " ".repeat(17)));
}

#[test]
fn media_cards_and_texts_that_whatsapp_writes_are_named() {
    let card = |text: &str| {
        json!({ "components": [{ "type": "HEADER", "format": "IMAGE" }, { "type": "BODY", "text": text },
            { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Take it" }] }] })
    };
    check(
        json!({ "category": "MARKETING", "components": [{ "type": "BODY", "text": "New!" },
            { "type": "CAROUSEL", "cards": [card("A"), card("B")] }] }),
        false,
        expect![[r#"
            ╭──────────────────────────────────────────╮
            │ New!                                     │
            ╰──────────────────────────────────────────╯
              card 1 of 2
            ╭──────────────────────────────────────────╮
            │ [picture]                                │
            │                                          │
            │ A                                        │
            ├──────────────────────────────────────────┤
            │                ↩ Take it                 │
            ╰──────────────────────────────────────────╯
              card 2 of 2
            ╭──────────────────────────────────────────╮
            │ [picture]                                │
            │                                          │
            │ B                                        │
            ├──────────────────────────────────────────┤
            │                ↩ Take it                 │
            ╰──────────────────────────────────────────╯
        "#]],
    );
    check(
        json!({ "category": "AUTHENTICATION", "components": [
            { "type": "BODY", "add_security_recommendation": true }, { "type": "FOOTER", "code_expiration_minutes": 5 },
            { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "COPY_CODE" }] } ] }),
        false,
        expect![[r#"
            ╭──────────────────────────────────────────╮
            │ (WhatsApp writes the text, with a        │
            │ warning not to share the code)           │
            │                                          │
            │ (the code expires in 5 minutes)          │
            ├──────────────────────────────────────────┤
            │               ⧉ copy code                │
            ╰──────────────────────────────────────────╯
        "#]],
    );
}

#[test]
fn a_word_that_is_wider_than_the_bubble_is_broken() {
    check(
        json!({ "components": [{ "type": "BODY", "text": format!("See https://example.com/{}", "a".repeat(30)) }] }),
        false,
        expect![[r#"
            ╭──────────────────────────────────────────╮
            │ See                                      │
            │ https://example.com/aaaaaaaaaaaaaaaaaaaa │
            │ aaaaaaaaaa                               │
            ╰──────────────────────────────────────────╯
        "#]],
    );
}
