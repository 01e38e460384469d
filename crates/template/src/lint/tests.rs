//! Each rule with a template that breaks it.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{RULES, fix};

/// A template that breaks no rule.
fn good() -> Value {
    json!({
        "name": "appointment", "language": "fr", "category": "UTILITY",
        "components": [
            { "type": "BODY", "text": "Bonjour {{1}}, votre rendez-vous est à {{2}}. Merci.",
              "example": { "body_text": [["Ana", "14:00"]] } }
        ]
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut template = good();
    *template.pointer_mut(pointer).unwrap() = value;
    template
}

fn plus(component: Value) -> Value {
    let mut template = good();
    template["components"].as_array_mut().unwrap().push(component);
    template
}

fn printed(template: Value) -> String {
    let template: Template = serde_json::from_value(template).unwrap();
    let findings = lint(&template, &ValueLengths::default());
    findings.iter().map(|it| format!("{} {} {:?}: {}\n", it.rule.name, it.place, it.span, it.message)).collect()
}

fn check(template: Value, expected: Expect) {
    expected.assert_eq(&printed(template));
}

fn body(text: &str, examples: &[&str]) -> Value {
    with("/components/0", json!({ "type": "BODY", "text": text, "example": { "body_text": [examples] } }))
}

fn button(button: Value) -> Value {
    plus(json!({ "type": "BUTTONS", "buttons": [button] }))
}

#[test]
fn a_good_template_has_no_findings() {
    check(good(), expect![[""]]);
}

#[test]
fn the_sample_of_the_design_text_ends_on_a_variable_and_is_mended() {
    let sample = body("Bonjour {{1}}, votre rendez-vous est à {{2}}.", &["Ana", "14:00"]);
    check(
        sample.clone(),
        expect![[r#"
            variable-at-end /components/0/text Some((39, 44)): it ends with a variable
        "#]],
    );
    let mut template: Template = serde_json::from_value(sample).unwrap();
    let fixed: Vec<&str> = fix(&mut template).iter().map(|it| it.name).collect();
    assert_eq!(fixed, ["variable-at-end"]);
    assert_eq!(template.body_text(), "Bonjour {{1}}, votre rendez-vous est à {{2}}. Merci.");
    assert!(lint(&template, &ValueLengths::default()).is_empty());
}

#[test]
fn a_text_of_variables_alone_gets_no_words_that_nobody_wrote() {
    let mut template: Template = serde_json::from_value(body("{{1}}", &["Bonjour"])).unwrap();
    assert!(fix(&mut template).is_empty());
    assert_eq!(template.body_text(), "{{1}}");
    let broken: Vec<&str> = lint(&template, &ValueLengths::default()).iter().map(|it| it.rule.name).collect();
    assert!(broken.contains(&"variable-at-start"), "{broken:?}");
}

#[test]
fn gaps_between_numbers_are_closed_and_the_examples_follow() {
    let mut template: Template =
        serde_json::from_value(body("Pour {{3}}, votre rendez-vous est à {{1}} demain.", &["9 h", "x", "Ana"]))
            .unwrap();
    let fixed: Vec<&str> = fix(&mut template).iter().map(|it| it.name).collect();
    assert_eq!(fixed, ["variable-order"]);
    assert_eq!(template.body_text(), "Pour {{1}}, votre rendez-vous est à {{2}} demain.");
    assert_eq!(template.body().unwrap().example.as_ref().unwrap().body_text.values(), ["Ana", "9 h"]);
}

#[test]
fn each_rule_is_broken_by_its_own_template() {
    let long = "mot ".repeat(300);
    let url = |url: &str| button(json!({ "type": "URL", "text": "Voir", "url": url }));
    let replies = |n: usize| {
        let reply = |it: usize| json!({ "type": "QUICK_REPLY", "text": format!("Choix {it}") });
        plus(json!({ "type": "BUTTONS", "buttons": (0..n).map(reply).collect::<Vec<_>>() }))
    };
    let header = |header: Value| plus(json!({ "type": "HEADER", "format": "TEXT", "text": header }));
    let of = |category: &str, mut template: Value| {
        template["category"] = json!(category);
        template
    };
    let broken: Vec<(&str, Value)> = vec![
        ("shape", plus(json!({ "type": "BODIES" }))),
        ("name", with("/name", json!("Rendez-vous"))),
        ("language", with("/language", json!("fr-FR"))),
        ("category", with("/category", json!("TRANSACTIONAL"))),
        ("body-once", with("/components", json!([]))),
        (
            "component-once",
            plus(json!({ "type": "FOOTER", "text": "a" })).tap(json!({ "type": "FOOTER", "text": "b" })),
        ),
        ("time-to-live", json!({ "message_send_ttl_seconds": 5 }).onto(good())),
        ("parameter-format", json!({ "parameter_format": "NAMED" }).onto(good())),
        ("body-length", body(&long, &[])),
        ("header-length", header(json!("x".repeat(61)))),
        ("footer-length", plus(json!({ "type": "FOOTER", "text": "x".repeat(61) }))),
        ("line-break", plus(json!({ "type": "FOOTER", "text": "a\nb" }))),
        ("header-marks", header(json!("Votre *commande*"))),
        ("header-variables", header(json!("Commande {{1}} de {{2}} ici"))),
        ("footer-variable", plus(json!({ "type": "FOOTER", "text": "a {{1}} b" }))),
        ("filled-length", body("Ceci est pour {{1}} et rien que cela.", &[&"x".repeat(1020)])),
        ("empty-text", header(json!(" "))),
        ("emoji", header(json!("Votre commande 🎉"))),
        ("line-break-run", body("Bonjour.\n\n\nMerci à vous.", &[])),
        ("button-marks", button(json!({ "type": "QUICK_REPLY", "text": "*Oui*" }))),
        ("source-mark", body("Bonjour %name%, merci à vous.", &[])),
        ("lone-sign", body("Suivez @boutique dès demain.", &[])),
        ("internal-word", body("loc_v2_draft", &[])),
        ("internal-name", body("Répondez par order_status pour la suite.", &[])),
        ("dead-link", body("Voir http://localhost/x pour la suite.", &[])),
        ("variable-at-start", body("{{1}}, votre rendez-vous est à midi.", &["Ana"])),
        ("variable-at-end", body("Votre rendez-vous est donc à {{1}} !", &["midi"])),
        ("variables-adjacent", body("Bonjour cher client {{1}} {{2}} nous vous attendons.", &["Ana", "P."])),
        ("variable-ratio", body("Bonjour {{1}} merci.", &["Ana"])),
        ("variable-order", body("Bonjour {{2}}, votre rendez-vous est ici.", &["Ana"])),
        ("variable-order", body("Bonjour {{18446744073709551615}}, votre rendez-vous {{1}} est ici.", &["Ana"])),
        ("variables-mixed", body("Bonjour {{1}}, votre rendez-vous est à {{hour}} demain matin.", &["Ana"])),
        ("variable-name", body("Bonjour {{Nom#1}}, votre rendez-vous est ici.", &[])),
        ("variable-broken", body("Bonjour {{1}, votre rendez-vous est ici.", &[])),
        ("example", body("Bonjour {{1}}, votre rendez-vous est ici.", &[])),
        ("value-characters", body("Bonjour {{1}}, votre rendez-vous est ici.", &["Ana\tP."])),
        (
            "variable-twice",
            json!({ "parameter_format": "NAMED" })
                .onto(body("Bonjour {{nom}}, votre rendez-vous {{nom}} est ici et bien là.", &[])),
        ),
        ("button-count", replies(11)),
        (
            "button-order",
            plus(json!({ "type": "BUTTONS", "buttons": [
                { "type": "QUICK_REPLY", "text": "a" }, { "type": "PHONE_NUMBER", "text": "b", "phone_number": "+33199000001" },
                { "type": "QUICK_REPLY", "text": "c" }] })),
        ),
        ("button-text", button(json!({ "type": "QUICK_REPLY", "text": "x".repeat(26) }))),
        (
            "button-twice",
            plus(
                json!({ "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "a" }, { "type": "QUICK_REPLY", "text": "a" }] }),
            ),
        ),
        ("button-url", url("ftp://example.com")),
        ("button-phone", button(json!({ "type": "PHONE_NUMBER", "text": "b", "phone_number": "call us" }))),
        ("copy-code", button(json!({ "type": "COPY_CODE", "example": "X".repeat(16) }))),
        ("button-type", button(json!({ "type": "SHARE" }))),
        ("buttons-hidden", replies(4)),
        ("button-category", button(json!({ "type": "OTP", "otp_type": "COPY_CODE" }))),
        ("header-format", plus(json!({ "type": "HEADER", "format": "GIF" }))),
        ("header-handle", plus(json!({ "type": "HEADER", "format": "IMAGE" }))),
        ("authentication", of("AUTHENTICATION", good())),
        ("promotional", body("Profitez de votre rendez-vous.", &[])),
        ("restricted-sector", body("Votre casino vous attend ici.", &[])),
        ("shortened-link", body("Voir https://bit.ly/x pour la suite.", &[])),
        ("opt-out", of("MARKETING", good())),
        (
            "many-variables",
            body(
                &format!("{} fin", (1..=6).map(|it| format!("un deux trois {{{{{it}}}}}")).collect::<String>()),
                &["x"; 6],
            ),
        ),
        ("card-count", card_with("/components/1/cards", json!([]))),
        ("cards-alike", card_with("/components/1/cards/1/components/0/format", json!("VIDEO"))),
        ("card-header", card_with("/components/1/cards/0/components/0/format", json!("DOCUMENT"))),
        ("card-body", card_with("/components/1/cards/0/components/1/text", json!("x".repeat(161)))),
        ("card-buttons", card_with("/components/1/cards/0/components/2/buttons/1/type", json!("COPY_CODE"))),
        ("carousel-category", card_with("/category", json!("UTILITY"))),
        (
            "carousel-alone",
            carousel().tap(json!({ "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Non" }] })),
        ),
    ];
    for (rule, template) in &broken {
        let printed = printed(template.clone());
        assert!(printed.lines().any(|it| it.split(' ').next() == Some(rule)), "{rule} was not found but\n{printed}");
    }
    // Those between templates and those of session messages have tests of their own.
    let elsewhere = |it: &str| it.starts_with('M') || ["T106", "T107", "T110"].contains(&it);
    let untested: Vec<&str> = RULES
        .iter()
        .filter(|it| !elsewhere(it.code) && broken.iter().all(|(name, _)| *name != it.name))
        .map(|it| it.name)
        .collect();
    assert!(untested.is_empty(), "rules without a template that breaks them: {untested:?}");
}

/// Ways to put a broken template together.
trait Build {
    fn tap(self, component: Value) -> Value;
    fn onto(self, template: Value) -> Value;
}

impl Build for Value {
    fn tap(mut self, component: Value) -> Value {
        self["components"].as_array_mut().unwrap().push(component);
        self
    }

    fn onto(self, mut template: Value) -> Value {
        template.as_object_mut().unwrap().extend(self.as_object().unwrap().clone());
        template
    }
}

/// A template with cards that breaks no rule.
fn carousel() -> Value {
    let card = |name: &str| {
        json!({ "components": [
            { "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4::handle"] } },
            { "type": "BODY", "text": format!("{name}, dès {{{{1}}}} euros la nuit"), "example": { "body_text": [["90"]] } },
            { "type": "BUTTONS", "buttons": [
                { "type": "QUICK_REPLY", "text": "Réserver" },
                { "type": "URL", "text": "Voir", "url": "https://example.com/{{1}}", "example": ["https://example.com/a"] }
            ] }
        ] })
    };
    json!({ "name": "rooms", "language": "fr", "category": "MARKETING", "components": [
        { "type": "BODY", "text": "Nos chambres vous attendent. Répondez STOP pour ne plus rien recevoir." },
        { "type": "CAROUSEL", "cards": [card("La mer"), card("Le jardin")] }
    ] })
}

/// The template with cards after a change at one of its places.
fn card_with(pointer: &str, value: Value) -> Value {
    let mut template = carousel();
    *template.pointer_mut(pointer).unwrap() = value;
    template
}

#[test]
fn cards_are_checked_like_templates_and_against_each_other() {
    check(carousel(), expect![""]);
    let first = "/components/1/cards/0/components";
    check(
        card_with(
            &format!("{first}/1"),
            json!({ "type": "BODY", "text": "{{1}} {{2}} bit.ly/x", "example": { "body_text": [["a"]] } }),
        ),
        expect![[r#"
            variable-ratio /components/1/cards/0/components/1/text None: 1 words and 2 variables: at least 5 words are needed
            variable-at-start /components/1/cards/0/components/1/text Some((0, 5)): it begins with a variable
            variables-adjacent /components/1/cards/0/components/1/text Some((0, 11)): {{1}} and {{2}} are next to each other
            example /components/1/cards/0/components/1/text Some((6, 11)): {{2}} has no example
            shortened-link /components/1/cards/0/components/1/text Some((12, 20)): this link hides where it leads
        "#]],
    );
    check(
        card_with(&format!("{first}/0"), json!({ "type": "HEADER", "format": "VIDEO" })),
        expect![[r#"
            header-handle /components/1/cards/0/components/0/format None: there is no handle of a sample file yet
            cards-alike /components/1/cards/1 None: card 2 has another kind of header than card 1
        "#]],
    );
    check(
        card_with(&format!("{first}/2/buttons/1/type"), json!("QUICK_REPLY")),
        expect![[r#"
        cards-alike /components/1/cards/1 None: card 2 has other buttons than card 1
    "#]],
    );
    let mut without = carousel();
    without["components"][1]["cards"][1]["components"].as_array_mut().unwrap().remove(1);
    check(
        without,
        expect![[r#"
        cards-alike /components/1/cards/1 None: card 2 has more or less text than card 1
    "#]],
    );
}

#[test]
fn a_list_of_the_graph_api_may_hold_cards_of_products() {
    let card = json!({ "components": [
        { "type": "HEADER", "format": "PRODUCT" },
        { "type": "BUTTONS", "buttons": [{ "type": "SPM", "text": "Voir" }] }
    ] });
    let mut listed = card_with("/components/1/cards", json!([card, card]));
    listed["id"] = json!("1");
    listed["status"] = json!("APPROVED");
    check(listed, expect![[""]]);
}

#[test]
fn cards_are_mended_without_greetings_and_in_the_order_of_their_buttons() {
    let mut value = carousel();
    for n in 0..2 {
        let card = &mut value["components"][1]["cards"][n]["components"];
        card[1]["text"] = json!("{{1}} {{2}}, la nuit\n\n\ndès");
        card[1]["example"] = json!({ "body_text": [["90", "deux\tlits"]] });
        card[2]["buttons"][0]["text"] = json!("*Réserver* 🌊");
        card[2]["buttons"].as_array_mut().unwrap().reverse();
    }
    let mut template: Template = serde_json::from_value(value).unwrap();
    let fixed: Vec<&str> = fix(&mut template).iter().map(|it| it.name).collect();
    assert_eq!(fixed.join(" "), "line-break-run variables-adjacent value-characters emoji button-marks");
    let card = &template.cards().1[0];
    assert_eq!(card.body_text(), Some("{{1}} – {{2}}, la nuit\n\ndès"));
    assert_eq!(card.buttons().iter().filter_map(|it| it.text.as_deref()).collect::<Vec<_>>(), ["Voir", "Réserver"]);
}

#[test]
fn a_name_or_a_text_that_stands_twice_is_found() {
    let one: Template = serde_json::from_value(good()).unwrap();
    let other = Template { name: "other".into(), ..one.clone() };
    let printed: Vec<String> = lint_set(&[&one, &other, &one])
        .iter()
        .map(|(n, it)| format!("{n} {} {}\n", it.rule.name, it.message))
        .collect();
    expect![[r#"
        1 duplicate “appointment” has the same body and footer
        2 name-taken template 1 has the name “appointment” in fr too
        2 duplicate “other” has the same body and footer
    "#]]
    .assert_eq(&printed.concat());
    let many: Vec<Template> =
        (0..251).map(|n| Template { name: format!("t{n}"), language: "fr".into(), ..Template::default() }).collect();
    let found = lint_set(&many.iter().collect::<Vec<_>>());
    assert_eq!(found.iter().map(|it| (it.0, it.1.rule.name)).collect::<Vec<_>>(), [(250, "template-count")]);
}

#[test]
fn what_is_written_back_is_what_was_read() {
    let mut template = good();
    template["id"] = json!("123");
    template["components"].as_array_mut().unwrap().push(json!({ "type": "CAROUSEL", "cards": [] }));
    let read: Template = serde_json::from_value(template.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), template);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_linted_and_mended_and_then_nothing_is_left_to_mend(
        text in r"([a-zé ]{0,6}|\{\{[0-9a-z]{0,2}\}\}|[{}*_\n.]){0,8}",
        header in r"([a-z ]{0,6}|\{\{[0-9]\}\}|[*_~\n]){0,5}",
        examples in prop::collection::vec("[a-z\t ]{0,9}", 0..4),
        language in "fr|pt-br|EN|xx",
    ) {
        let examples: Vec<&str> = examples.iter().map(String::as_str).collect();
        let mut value = body(&text, &examples);
        value["language"] = json!(language);
        value["components"].as_array_mut().unwrap().push(json!({ "type": "HEADER", "format": "TEXT", "text": header }));
        let mut template: Template = serde_json::from_value(value).unwrap();
        lint(&template, &ValueLengths::default());
        fix(&mut template);
        let mended = template.clone();
        let again: Vec<&str> = fix(&mut template).iter().map(|it| it.name).collect();
        prop_assert_eq!(again, Vec::<&str>::new());
        prop_assert_eq!(&template, &mended);
        // Where there are phrases and words of the business, the ends and the neighbours are mended for good.
        let (found, _) = crate::variable::variables(&text);
        let plain = found.iter().rev().fold(text.clone(), |mut it, variable| {
            it.replace_range(variable.bytes.0..variable.bytes.1, "");
            it
        });
        if language != "xx" && plain.chars().any(char::is_alphanumeric) {
            let left = lint(&template, &ValueLengths::default());
            let rules = ["variable-at-end", "variable-at-start", "variables-adjacent"];
            let in_body = |it: &&model::Finding| it.place == "/components/0/text" && rules.contains(&it.rule.name);
            prop_assert_eq!(left.iter().find(in_body), None);
        }
    }
}
