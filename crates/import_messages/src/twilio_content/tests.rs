use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use import_base::Options;

/// Imports one content, and says who begins, the message and the losses.
fn check(content: Value, expected: Expect) {
    let bytes = json!({ "contents": [content] }).to_string().into_bytes();
    let options = Options { language: Some("en".into()), ..Options::default() };
    let imported = scenario_import::import(vec![File { path: "contents.json".into(), bytes }], &options).unwrap();
    let mut told = String::new();
    for scenario in &imported.scenarios {
        let begins = if scenario.trigger.is_by_business() { "business" } else { "customer" };
        told += &format!("{begins} {:?}\n", scenario.purpose);
        for step in &scenario.steps {
            told += &format!("{}\n", serde_json::to_string(step).unwrap());
        }
        for lost in &scenario.losses {
            told += &format!("{}: {}\n", lost.loss.rule().name, lost.what);
        }
    }
    for skipped in &imported.skipped {
        told += &format!("not taken: {}\n", skipped.why);
    }
    expected.assert_eq(&told);
}

fn content(types: Value) -> Value {
    json!({ "sid": "HX1", "friendly_name": "draft_v2", "language": "en", "variables": { "1": "Ana" }, "types": types })
}

#[test]
fn a_link_to_a_phone_number_is_a_phone_button() {
    check(
        json!({ "sid": "HX1", "friendly_name": "f", "language": "en", "types": { "twilio/call-to-action": {
            "body": "Please call us.", "actions": [{ "type": "URL", "title": "Call", "url": "tel:+4930123456" }] } } }),
        expect![[r#"
            business Notification
            {"id":"message","type":"message","text":"Please call us.","choices":[{"action":"phone","title":"Call","number":"+4930123456"}]}
        "#]],
    );
}

#[test]
fn a_place_beside_a_text_is_the_map_of_that_text() {
    check(
        content(json!({
            "twilio/text": { "body": "Hello {{1}}, here we are." },
            "twilio/location": { "latitude": 16.06, "longitude": 108.2, "label": "Hotel", "id": "x", "address": "1 Quay" }
        })),
        expect![[r#"
            business Notification
            {"id":"message","type":"message","text":"Hello {{slot_1}}, here we are.","location":{"latitude":"16.06","longitude":"108.2","name":"Hotel","address":"1 Quay"}}
        "#]],
    );
}

#[test]
fn a_list_is_sent_in_a_conversation_and_keeps_its_descriptions() {
    check(
        content(json!({
            "twilio/text": { "body": "Reply 1 or 2" },
            "twilio/list-picker": { "body": "What do you need?", "button": "Services", "items": [
                { "id": "clean", "item": "Cleaning", "description": "Within 30 minutes" },
                { "id": "desk", "item": "Front desk", "description": null }
            ] }
        })),
        expect![[r#"
            customer Conversation
            {"id":"message","type":"message","text":"What do you need?","choices":[{"action":"reply","title":"Cleaning","description":"Within 30 minutes","value":"clean"},{"action":"reply","title":"Front desk","value":"desk"}],"list_button":"Services"}
            other-platform: twilio/text, for SMS and other channels: “Reply 1 or 2”
        "#]],
    );
}

#[test]
fn a_card_keeps_header_and_footer() {
    check(
        content(json!({ "whatsapp/card": {
            "body": "See you on Monday.", "header_text": "Reminder", "footer": "Reply STOP to opt out", "media": null,
            "actions": [{ "type": "QUICK_REPLY", "title": "Fine", "id": "ok" }]
        } })),
        expect![[r#"
            business Conversation
            {"id":"message","type":"message","text":"See you on Monday.","header":"Reminder","footer":"Reply STOP to opt out","choices":[{"action":"reply","title":"Fine","value":"ok"}]}
        "#]],
    );
}

#[test]
fn the_cards_of_a_carousel_keep_their_pictures_and_buttons() {
    let card = |title: &str| {
        json!({ "title": title, "body": "From 9 am", "media": "https://shop.example/a.png",
            "actions": [{ "type": "QUICK_REPLY", "title": "Book", "id": "b" }] })
    };
    check(
        content(json!({ "twilio/carousel": { "body": "Our rooms:", "cards": [card("Sea"), card("Garden")] } })),
        expect![[r#"
            business Conversation
            {"id":"message","type":"message","text":"Our rooms:","cards":[{"title":"Sea","text":"From 9 am","media":{"kind":"image","url":"https://shop.example/a.png"},"choices":[{"action":"reply","title":"Book","value":"b"}]},{"title":"Garden","text":"From 9 am","media":{"kind":"image","url":"https://shop.example/a.png"},"choices":[{"action":"reply","title":"Book","value":"b"}]}]}
        "#]],
    );
}

#[test]
fn marks_of_direction_are_taken_out_of_cards_too() {
    check(
        content(json!({ "twilio/carousel": { "body": "Our \u{200e}rooms:", "cards": [
            { "title": "\u{200e}Sea", "body": "From\u{200f} 9 am", "media": "https://shop.example/a.png",
                "actions": [{ "type": "QUICK_REPLY", "title": "Book", "id": "b" }] }
        ] } })),
        expect![[r#"
            business Conversation
            {"id":"message","type":"message","text":"Our rooms:","cards":[{"title":"Sea","text":"From 9 am","media":{"kind":"image","url":"https://shop.example/a.png"},"choices":[{"action":"reply","title":"Book","value":"b"}]}]}
        "#]],
    );
}

#[test]
fn variables_of_payloads_have_the_names_that_they_have_in_the_text() {
    check(
        content(json!({ "twilio/quick-reply": { "body": "Request {{1}}", "actions": [
            { "type": "QUICK_REPLY", "title": "Approve", "id": "approve_{{1}}" }] } })),
        expect![[r#"
            business Conversation
            {"id":"message","type":"message","text":"Request {{slot_1}}","choices":[{"action":"reply","title":"Approve","value":"approve_{{slot_1}}"}]}
            field-dropped: “approve_{1}”, the id of a button: the sender fills it in for each message
        "#]],
    );
}

#[test]
fn a_contact_card_is_no_picture() {
    check(
        content(json!({ "twilio/media": { "body": "Our contact", "media": ["https://shop.example/shop.vcf"] } })),
        expect![[r#"
            business Notification
            {"id":"message","type":"message","text":"Our contact","media":{"kind":"contact","url":"https://shop.example/shop.vcf"}}
        "#]],
    );
}

#[test]
fn a_code_keeps_its_button_and_its_minutes() {
    check(
        content(
            json!({ "whatsapp/authentication": { "add_security_recommendation": true, "code_expiration_minutes": 10,
            "actions": [{ "type": "COPY_CODE", "copy_code_text": "Copy it" }] } }),
        ),
        expect![[r#"
            business Authentication
            {"id":"message","type":"message","text":"{{code}}","code":{"warns":true,"expires_minutes":10},"choices":[{"action":"copy_code","title":"Copy it","code":"{{code}}"}]}
        "#]],
    );
}

#[test]
fn the_pages_of_a_form_become_questions() {
    check(
        content(
            json!({ "twilio/flows": { "body": "Tell us more.", "button_text": "Start", "type": "SURVEY", "pages": [
            { "id": "a", "title": "You", "layout": [
                { "type": "TEXT_HEADING", "text": "Two questions" },
                { "type": "SHORT_TEXT", "label": "Your name?" },
                { "type": "SINGLE_SELECT", "label": "Your size?", "options": ["S", "M"] },
                { "type": "FOOTER", "label": "Send" }
            ] }
        ] } }),
        ),
        expect![[r#"
            business Conversation
            {"id":"message","type":"message","text":"Tell us more.","choices":[{"action":"reply","title":"Start","next":"field_1"}]}
            {"id":"field_1","type":"question","text":"You\nTwo questions\nYour name?","slot":"your_name","accepts":"text","next":"field_2"}
            {"id":"field_2","type":"message","text":"Your size?","choices":[{"action":"reply","title":"S"},{"action":"reply","title":"M"}],"slot":"your_size"}
            form-dropped: a form of 1 pages: 2 questions
        "#]],
    );
}

#[test]
fn what_whatsapp_decided_counts() {
    let with = |approval: Value| {
        let mut content = content(json!({ "twilio/text": { "body": "Hello {{1}}, welcome." } }));
        content["approval_requests"] = approval;
        content
    };
    check(
        with(json!({ "name": "x", "category": "MARKETING", "content_type": "twilio/text", "status": "pending",
            "rejection_reason": "", "allow_category_change": true })),
        expect![[r#"
            business Promotion
            {"id":"message","type":"message","text":"Hello {{slot_1}}, welcome."}
            field-dropped: the status pending: WhatsApp has not approved it, or has paused it
        "#]],
    );
    check(
        with(json!({ "status": "rejected", "rejection_reason": "INVALID_FORMAT" })),
        expect![[r#"
            not taken: WhatsApp rejected it: INVALID_FORMAT
        "#]],
    );
}

#[test]
fn a_type_that_whatsapp_does_not_have_is_named() {
    check(
        content(json!({ "twilio/schedule": { "id": "s", "title": "Visit", "timeSlots": "[]" } })),
        expect![[r#"
            not taken: none of its types exists in WhatsApp: twilio/schedule
        "#]],
    );
}

/// The treatment of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Carried,
    Lost,
    NoMeaning,
}

/// Every field of `twilio_content_v1.json` (twilio-oai, 2026-04-14), as a path into a content.
#[test]
fn every_field_of_the_official_document_is_carried_lost_by_name_or_without_meaning() {
    use Fate::{Carried, Lost, NoMeaning};
    let card = |value: Value| json!({ "types": { "twilio/card": value } });
    let fields: Vec<(&str, Value, Fate)> = vec![
        ("friendly_name", json!({ "friendly_name": "MARK" }), Carried),
        ("sid", json!({ "sid": "MARK" }), Carried),
        ("account_sid", json!({ "account_sid": "MARK" }), NoMeaning),
        ("url", json!({ "url": "MARK" }), NoMeaning),
        ("links", json!({ "links": { "approval_fetch": "MARK" } }), NoMeaning),
        ("date_created", json!({ "date_created": "MARK" }), NoMeaning),
        ("date_updated", json!({ "date_updated": "MARK" }), NoMeaning),
        (
            "variables",
            json!({ "variables": { "1": "MARK" }, "types": { "twilio/text": { "body": "Hi {{1}} there" } } }),
            Carried,
        ),
        ("text.body", json!({ "types": { "twilio/text": { "body": "MARK" } } }), Carried),
        (
            "media.media",
            json!({ "types": { "twilio/media": { "body": "x", "media": ["https://a.b/MARK.png"] } } }),
            Carried,
        ),
        (
            "media.media[1]",
            json!({ "types": { "twilio/media": { "body": "x", "media": ["https://a.b/c.png", "MARK"] } } }),
            Lost,
        ),
        (
            "location.label",
            json!({ "types": { "twilio/location": { "latitude": 1, "longitude": 2, "label": "MARK" } } }),
            Carried,
        ),
        (
            "location.address",
            json!({ "types": { "twilio/location": { "latitude": 1, "longitude": 2, "address": "MARK" } } }),
            Carried,
        ),
        (
            "location.id",
            json!({ "types": { "twilio/location": { "latitude": 1, "longitude": 2, "id": "MARK" } } }),
            NoMeaning,
        ),
        (
            "list.button",
            json!({ "types": { "twilio/list-picker": { "body": "x", "button": "MARK", "items": [{ "id": "a", "item": "b" }] } } }),
            Carried,
        ),
        (
            "list.item.id",
            json!({ "types": { "twilio/list-picker": { "body": "x", "items": [{ "id": "MARK", "item": "b" }] } } }),
            Carried,
        ),
        (
            "list.item.item",
            json!({ "types": { "twilio/list-picker": { "body": "x", "items": [{ "id": "a", "item": "MARK" }] } } }),
            Carried,
        ),
        (
            "list.item.description",
            json!({ "types": { "twilio/list-picker": { "body": "x", "items": [{ "id": "a", "item": "b", "description": "MARK" }] } } }),
            Carried,
        ),
        ("card.title", card(json!({ "title": "MARK" })), Carried),
        ("card.subtitle", card(json!({ "title": "x", "subtitle": "MARK" })), Carried),
        (
            "card.action.url",
            card(json!({ "title": "x", "actions": [{ "type": "URL", "title": "y", "url": "https://MARK" }] })),
            Carried,
        ),
        (
            "card.action.phone",
            card(json!({ "title": "x", "actions": [{ "type": "PHONE_NUMBER", "title": "y", "phone": "MARK" }] })),
            Carried,
        ),
        (
            "card.action.code",
            card(json!({ "title": "x", "actions": [{ "type": "COPY_CODE", "title": "y", "code": "MARK" }] })),
            Carried,
        ),
        (
            "card.action.id",
            card(json!({ "title": "x", "actions": [{ "type": "QUICK_REPLY", "title": "y", "id": "MARK" }] })),
            Carried,
        ),
        (
            "card.action.id of a link",
            card(
                json!({ "title": "x", "actions": [{ "type": "URL", "title": "y", "url": "https://a.b", "id": "MARK" }] }),
            ),
            NoMeaning,
        ),
        ("card.action.type", card(json!({ "title": "x", "actions": [{ "type": "MARK", "title": "y" }] })), Lost),
        (
            "card.action.webview_size",
            card(
                json!({ "title": "x", "actions": [{ "type": "URL", "title": "y", "url": "https://a.b", "webview_size": "MARK" }] }),
            ),
            Lost,
        ),
        ("catalog.title", json!({ "types": { "twilio/catalog": { "body": "x", "title": "MARK" } } }), Carried),
        ("catalog.subtitle", json!({ "types": { "twilio/catalog": { "body": "x", "subtitle": "MARK" } } }), Carried),
        ("catalog.id", json!({ "types": { "twilio/catalog": { "body": "x", "id": "MARK" } } }), Lost),
        (
            "catalog.dynamic_items",
            json!({ "types": { "twilio/catalog": { "body": "x", "dynamic_items": "MARK" } } }),
            Lost,
        ),
        (
            "catalog.item.id",
            json!({ "types": { "twilio/catalog": { "body": "x", "items": [{ "id": "MARK" }] } } }),
            Carried,
        ),
        (
            "catalog.item.section_title",
            json!({ "types": { "twilio/catalog": { "body": "x", "items": [{ "id": "a", "section_title": "MARK" }] } } }),
            Carried,
        ),
        (
            "carousel.card.title",
            json!({ "types": { "twilio/carousel": { "body": "x", "cards": [{ "title": "MARK", "body": "b" }] } } }),
            Carried,
        ),
        (
            "carousel.card.body",
            json!({ "types": { "twilio/carousel": { "body": "x", "cards": [{ "title": "t", "body": "MARK" }] } } }),
            Carried,
        ),
        (
            "carousel.card.media",
            json!({ "types": { "twilio/carousel": { "body": "x", "cards": [{ "title": "t", "media": "MARK" }] } } }),
            Carried,
        ),
        (
            "flows.flow_id",
            json!({ "types": { "whatsapp/flows": { "body": "x", "button_text": "y", "flow_id": "MARK" } } }),
            Carried,
        ),
        (
            "flows.button_text",
            json!({ "types": { "whatsapp/flows": { "body": "x", "button_text": "MARK", "flow_id": "1" } } }),
            Carried,
        ),
        (
            "flows.subtitle",
            json!({ "types": { "whatsapp/flows": { "body": "x", "button_text": "y", "flow_id": "1", "subtitle": "MARK" } } }),
            Carried,
        ),
        (
            "flows.media_url",
            json!({ "types": { "whatsapp/flows": { "body": "x", "button_text": "y", "flow_id": "1", "media_url": "https://a.b/MARK.png" } } }),
            Carried,
        ),
        (
            "flows.flow_first_page_id",
            json!({ "types": { "whatsapp/flows": { "body": "x", "button_text": "y", "flow_id": "1", "flow_first_page_id": "MARK" } } }),
            Carried,
        ),
        (
            "twilio flows.page.title",
            json!({ "types": { "twilio/flows": { "body": "x", "button_text": "y", "pages": [{ "title": "MARK", "layout": [{ "type": "SHORT_TEXT", "label": "l" }] }] } } }),
            Carried,
        ),
        (
            "twilio flows.component.label",
            json!({ "types": { "twilio/flows": { "body": "x", "button_text": "y", "pages": [{ "layout": [{ "type": "SHORT_TEXT", "label": "MARK" }] }] } } }),
            Carried,
        ),
        (
            "twilio flows.component.type",
            json!({ "types": { "twilio/flows": { "body": "x", "button_text": "y", "pages": [{ "layout": [{ "type": "MARK" }] }] } } }),
            Lost,
        ),
        ("a field of tomorrow", json!({ "types": { "twilio/text": { "body": "x", "MARK": "1" } } }), Lost),
        ("another field of tomorrow", json!({ "MARK": "1" }), Lost),
    ];
    for (name, part, fate) in fields {
        let mut content = json!({ "sid": "HX1", "friendly_name": "f", "language": "en" });
        content["types"] = json!({ "twilio/text": { "body": "Hello there" } });
        for (key, value) in part.as_object().unwrap() {
            content[key] = value.clone();
        }
        let bytes = json!({ "contents": [content] }).to_string().into_bytes();
        let imported =
            scenario_import::import(vec![File { path: "c.json".into(), bytes }], &Options::default()).unwrap();
        let mut scenario = imported.scenarios[0].clone();
        let lost = scenario.losses.iter().any(|it| it.what.contains("MARK"));
        scenario.losses.clear();
        let carried = serde_json::to_string(&scenario).unwrap().to_uppercase().contains("MARK");
        let became = if carried {
            Carried
        } else if lost {
            Lost
        } else {
            NoMeaning
        };
        assert_eq!(became, fate, "{name}");
    }
}
