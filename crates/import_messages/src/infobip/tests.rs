use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use import_base::Options;

fn check(template: Value, expected: Expect) {
    let bytes = json!({ "templates": [template] }).to_string().into_bytes();
    let file = File { path: "templates.json".into(), bytes };
    let imported = scenario_import::import(vec![file], &Options::default()).unwrap();
    let mut told = String::new();
    for scenario in &imported.scenarios {
        told += &format!("{} {:?}\n{}\n", scenario.language, scenario.purpose, json!(scenario.steps));
        for slot in &scenario.slots {
            told += &format!("{} = {:?}\n", slot.name, slot.examples);
        }
        for lost in &scenario.losses {
            told += &format!("{}: {}\n", lost.loss.rule().name, lost.what);
        }
    }
    for skipped in &imported.skipped {
        told += &format!("not taken: {}: {}\n", skipped.place, skipped.why);
    }
    expected.assert_eq(&told);
}

#[test]
fn a_pending_template_is_taken_and_said_and_norwegian_is_bokmal() {
    check(
        json!({ "templateId": "a1", "version": "1", "sender": "S", "category": "OTP", "status": "PENDING",
            "params": [{ "type": "TEXT", "name": "pin", "example": "1234" }],
            "body": [{ "language": "no", "template": "Koden er {{pin}}." }], "ttl": 60 }),
        expect![[r#"
            nb Authentication
            [{"id":"text","text":"Koden er {{pin}}.","type":"message"}]
            pin = ["1234"]
            field-dropped: the status PENDING: Viber has not approved it
            field-dropped: “ttl” of the template
        "#]],
    );
}

#[test]
fn what_was_refused_is_named_and_not_taken() {
    for status in ["DECLINED", "REJECTED"] {
        let template = json!({ "id": "7", "name": "aviso", "status": status, "language": "es",
            "structure": { "body": { "text": "{{1}} listo" } } });
        let bytes = template.to_string().into_bytes();
        let imported = scenario_import::import(
            vec![File { path: "t.json".into(), bytes }],
            &Options { format: Some(Format::InfobipTemplates), ..Options::default() },
        );
        let imported = imported.unwrap();
        assert!(imported.scenarios.is_empty());
        assert_eq!(imported.skipped[0].place, "template aviso (7)");
        assert!(imported.skipped[0].why.contains(status));
    }
}

#[test]
fn a_page_of_whatsapp_templates_in_results_is_known_and_names_the_deleted() {
    let results: Vec<Value> = ["REJECTED", "DELETED", "PENDING_DELETION"]
        .iter()
        .map(|it| json!({ "id": "7", "name": "aviso", "language": "es", "status": it, "structure": { "body": { "text": "Listo" } } }))
        .collect();
    let bytes = json!({ "results": results, "paging": { "page": 0 } }).to_string().into_bytes();
    let imported = scenario_import::import(vec![File { path: "t.json".into(), bytes }], &Options::default()).unwrap();
    assert_eq!(imported.format, Format::InfobipTemplates);
    assert!(imported.scenarios.is_empty());
    assert!(imported.skipped[2].why.contains("PENDING_DELETION"));
}

#[test]
fn a_whatsapp_template_keeps_its_parts() {
    check(
        json!({ "id": "9", "businessAccountId": 1, "name": "pedido", "language": "es", "status": "APPROVED",
            "category": "UTILITY", "quality": "HIGH", "createdAt": "2025-05-12",
            "structure": { "type": "MEDIA", "header": { "format": "TEXT", "text": "Pedido {{1}}", "example": "A-1" },
                "body": { "text": "Hola {{1}}, llega el {{2}} por la tarde.", "examples": ["Lucía", "jueves"] },
                "footer": { "text": "La tienda" },
                "buttons": [
                    { "type": "QUICK_REPLY", "text": "Sí" },
                    { "type": "URL", "text": "Ver", "url": "https://a.example/{{1}}", "example": "https://a.example/x1" },
                    { "type": "PHONE_NUMBER", "text": "Llamar", "phoneNumber": "+12025550118" },
                    { "type": "CATALOG", "text": "Todo" }
                ] } }),
        expect![[r#"
            es Notification
            [{"choices":[{"action":"reply","title":"Sí"},{"action":"link","title":"Ver","url":"https://a.example/{{ver_slot_1}}"},{"action":"phone","number":"+12025550118","title":"Llamar"}],"footer":"La tienda","header":"Pedido {{header_slot_1}}","id":"text","text":"Hola {{slot_1}}, llega el {{slot_2}} por la tarde.","type":"message"}]
            slot_1 = ["Lucía"]
            slot_2 = ["jueves"]
            header_slot_1 = ["A-1"]
            ver_slot_1 = ["x1"]
            button-action: “Todo”: CATALOG
        "#]],
    );
}

#[test]
fn a_picture_is_a_parameter_of_each_message() {
    check(
        json!({ "id": "9", "name": "oferta", "language": "es", "status": "APPROVED", "category": "MARKETING",
            "structure": { "header": { "format": "IMAGE" }, "body": { "text": "Todo rebajado este fin de semana." } } }),
        expect![[r#"
            es Promotion
            [{"id":"text","media":{"kind":"image","url":"{{header_image}}"},"text":"Todo rebajado este fin de semana.","type":"message"}]
            header_image = []
        "#]],
    );
}

#[test]
fn a_code_keeps_its_button_and_its_minutes() {
    check(
        json!({ "id": "9", "name": "otp", "language": "en", "status": "APPROVED", "category": "AUTHENTICATION",
            "structure": { "body": { "addSecurityRecommendation": true }, "footer": { "codeExpirationMinutes": 5 },
                "buttons": [{ "type": "COPY_CODE", "text": "Copy" }] } }),
        expect![[r#"
            en Authentication
            [{"choices":[{"action":"copy_code","code":"{{code}}","title":"Copy"}],"code":{"expires_minutes":5,"warns":true},"id":"text","text":"{{code}}","type":"message"}]
            code = []
        "#]],
    );
}
