//! Edits of templates, each as a reviewer would type it.

use expect_test::{Expect, expect};
use review_sheet::Column;
use serde_json::json;
use template::Template;

use super::{template_cells, template_edit};

fn template() -> Template {
    serde_json::from_value(json!({
        "name": "order_ready", "language": "en", "category": "UTILITY",
        "components": [
            { "type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": { "header_text": ["A7"] } },
            { "type": "BODY", "text": "Hello {{1}}, your order {{2}} is ready in our shop.",
              "example": { "body_text": [["Ana", "A7"]] } },
            { "type": "FOOTER", "text": "Example Shop" },
            { "type": "BUTTONS", "buttons": [
                { "type": "QUICK_REPLY", "text": "Thanks" },
                { "type": "URL", "text": "Track", "url": "https://example.com/{{1}}", "example": ["https://example.com/A7"] }
            ] }
        ]
    }))
    .unwrap()
}

fn check_of(template: &Template, edits: &[(Column, &str)], expected: Expect) {
    let fields: Vec<(Column, String)> = edits.iter().map(|(column, text)| (*column, (*text).to_owned())).collect();
    let told = match template_edit::edit(template, template, &fields) {
        Err(why) => format!("refused: {why}\n"),
        Ok(edited) => {
            let before = template_cells::of_body(&serde_json::to_string(template).unwrap());
            let after = template_cells::of_body(&serde_json::to_string(&edited.template).unwrap());
            let changed = after.iter().zip(&before).filter(|it| it.0 != it.1);
            changed.map(|((column, text), _)| format!("{}: {text:?}\n", column.header())).collect()
        }
    };
    expected.assert_eq(&told);
}

fn check(edits: &[(Column, &str)], expected: Expect) {
    check_of(&template(), edits, expected);
}

#[test]
fn a_template_is_shown_in_cells() {
    let cells = template_cells::of_body(&template_json());
    let lines: Vec<String> = cells.iter().map(|(column, text)| format!("{}: {text:?}\n", column.header())).collect();
    expect![[r#"
        name: "order_ready"
        language: "en"
        category: "UTILITY"
        header: "Order {{1}}"
        text: "Hello {{1}}, your order {{2}} is ready in our shop."
        footer: "Example Shop"
        buttons: "Thanks\nTrack"
        button does: "replies\nopens https://example.com/{{1}}"
        cards: ""
        examples: "header 1 = A7\n1 = Ana\n2 = A7\nbutton 2 = https://example.com/A7"
    "#]]
    .assert_eq(&lines.concat());
}

fn template_json() -> String {
    serde_json::to_string(&template()).unwrap()
}

#[test]
fn an_edit_changes_its_cell_and_nothing_else() {
    for (column, text) in [
        (Column::Name, "order_is_ready"),
        (Column::Language, "en_GB"),
        (Column::Category, "MARKETING"),
        (Column::Header, "Your order {{1}}"),
        (Column::Text, "Dear {{1}}, your order {{2}} is ready in our shop."),
        (Column::Footer, "Example"),
        (Column::Buttons, "Thank you\nTrack"),
        (Column::Examples, "header 1 = A8\n1 = Ben\n2 = A8\nbutton 2 = https://example.com/A8"),
    ] {
        let edited = template_edit::edit(&template(), &template(), &[(column, text.to_owned())]).unwrap().template;
        let before = template_cells::of_body(&template_json());
        let after = template_cells::of_body(&serde_json::to_string(&edited).unwrap());
        let changed: Vec<_> = after.into_iter().zip(before).filter(|it| it.0 != it.1).map(|it| it.0).collect();
        assert_eq!(changed, [(column, text.to_owned())]);
    }
}

#[test]
fn a_category_is_a_word_in_any_case_and_a_name_has_no_spaces_around_it() {
    check(
        &[(Column::Category, "marketing"), (Column::Name, " ready_now ")],
        expect![[r#"
            name: "ready_now"
            category: "MARKETING"
        "#]],
    );
}

#[test]
fn lines_above_and_below_the_text_can_be_removed_and_added() {
    let bare: Template = serde_json::from_value(json!({
        "name": "order_ready", "language": "en", "category": "UTILITY",
        "components": [
            { "type": "BODY", "text": "Your order is ready in our shop." },
            { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Thanks" }] }
        ]
    }))
    .unwrap();
    let added = [(Column::Header, "Order".to_owned()), (Column::Footer, "Shop".to_owned())];
    let added = template_edit::edit(&bare, &bare, &added).unwrap().template;
    let kinds: Vec<String> = added
        .components
        .iter()
        .map(|it| serde_json::to_value(it).unwrap()["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["HEADER", "BODY", "FOOTER", "BUTTONS"]);
    let removed = [(Column::Header, String::new()), (Column::Footer, String::new())];
    assert_eq!(template_edit::edit(&added, &bare, &removed).unwrap().template, bare);
}

#[test]
fn a_variable_that_the_flow_does_not_fill_is_refused() {
    check(
        &[
            (Column::Text, "Hello {{1}}, your order {{2}} is ready at {{3}} in our shop."),
            (Column::Examples, "header 1 = A7\n1 = Ana\n2 = A7\n3 = noon\nbutton 2 = https://example.com/A7"),
        ],
        expect![[r#"
            refused: text has {{3}}, and the flow fills only {{1}}, {{2}}: a new value is added in the source of the scenario
        "#]],
    );
    check(
        &[(Column::Text, "Hello {{1}}, your order {{2}} is ready at {{3}} in our shop.")],
        expect![[r#"
            refused: text has {{3}}, and the flow fills only {{1}}, {{2}}: a new value is added in the source of the scenario
        "#]],
    );
    check(
        &[(Column::Text, "Hello {{1}}, your order is ready in our shop.")],
        expect![[r#"
            refused: text has no {{2}}, which the flow fills: put it back, or remove it in the source
        "#]],
    );
    check(
        &[(Column::Header, "Your order")],
        expect![[r#"
            refused: header has no {{1}}, which the flow fills: put it back, or remove it in the source
        "#]],
    );
}

#[test]
fn examples_are_one_value_for_each_variable_in_any_order() {
    check(
        &[(Column::Examples, "2 = B = 2\n1=Ben\nbutton 2 = https://example.com/B\nheader 1 = B ⏎ 2\n")],
        expect![[r#"
            refused: error: the example “B \n 2” could not be sent — one space instead (T310)
        "#]],
    );
    for (lines, why) in [
        ("1 = Ana", "examples has no line for header 1: each variable needs a value"),
        ("header 1 = A7\n1 =\n2 = A7", "examples has no value for 1: write one, which WhatsApp reads"),
        ("Ana", "examples has the line “Ana”: write NAME = VALUE, such as 1 = Ana"),
        ("1 = Ana\n1 = Ben", "examples has two lines for 1, the second with “Ben”: delete one"),
    ] {
        let edit = template_edit::edit(&template(), &template(), &[(Column::Examples, lines.to_owned())]);
        assert_eq!(edit.err().as_deref(), Some(why), "{lines}");
    }
}

#[test]
fn buttons_keep_their_number() {
    check(
        &[(Column::Buttons, "Thanks\nTrack\nStop")],
        expect![[r#"
            refused: buttons has 3 lines for 2 buttons: write one title per line; buttons are added and removed in the source
        "#]],
    );
    check(
        &[(Column::Buttons, "")],
        expect![[r#"
            refused: buttons has 1 line for 2 buttons: write one title per line; buttons are added and removed in the source
        "#]],
    );
}

#[test]
fn what_whatsapp_would_refuse_is_refused_with_the_finding() {
    check(
        &[(Column::Header, "A header {{1}} that is longer than the sixty characters that WhatsApp allows")],
        expect![[r#"
            refused: error: 76 characters; at most 60 are allowed (T202)
        "#]],
    );
    check(
        &[(Column::Language, "xx")],
        expect![[r#"
            refused: error: “xx” is not one of WhatsApp's 111 languages (T102)
        "#]],
    );
    check(
        &[(Column::Text, "{{1}}{{2}}")],
        expect![[r#"
            refused: error: 0 words and 2 variables: at least 5 words are needed — add words, or remove variables (T304); error: it begins with a variable — put a word before it (T301); error: {{1}} and {{2}} are next to each other — put a word between them, or make them one (T303)
        "#]],
    );
}

#[test]
fn an_error_that_was_there_before_does_not_refuse_an_edit_of_something_else() {
    let mut faulty = template();
    faulty.language = "xx".to_owned();
    check_of(
        &faulty,
        &[(Column::Footer, "Example")],
        expect![[r#"
        footer: "Example"
    "#]],
    );
}

#[test]
fn a_template_whose_text_whatsapp_writes_keeps_it() {
    let code: Template = serde_json::from_value(json!({
        "name": "code", "language": "en", "category": "AUTHENTICATION",
        "components": [
            { "type": "BODY", "add_security_recommendation": true },
            { "type": "FOOTER", "code_expiration_minutes": 10 },
            { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "COPY_CODE" }] }
        ]
    }))
    .unwrap();
    for (column, text) in [(Column::Text, "Your code"), (Column::Footer, "Soon"), (Column::Buttons, "Copy")] {
        let why = template_edit::edit(&code, &code, &[(column, text.to_owned())]).err().unwrap();
        assert!(why.starts_with("WhatsApp writes the") || why.contains("is not for editing"), "{why}");
    }
    let image: Template = serde_json::from_value(json!({
        "name": "news", "language": "en", "category": "UTILITY",
        "components": [{ "type": "HEADER", "format": "IMAGE" }, { "type": "BODY", "text": "Your order is ready." }]
    }))
    .unwrap();
    check_of(
        &image,
        &[(Column::Header, "News")],
        expect![[r#"
        refused: its header is not a text but of the kind image: change it in the source
    "#]],
    );
}

#[test]
fn a_proposal_shows_its_text_and_what_else_differs() {
    let mut proposed = template();
    proposed.category = "MARKETING".to_owned();
    proposed.components.remove(2);
    let proposed = serde_json::to_string(&proposed).unwrap();
    expect![[r#"
        Hello {{1}}, your order {{2}} is ready in our shop.
        [category] MARKETING
        [footer] (none)"#]]
    .assert_eq(&template_cells::proposed(&template_json(), &proposed));
}
