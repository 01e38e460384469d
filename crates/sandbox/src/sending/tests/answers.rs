//! What is accepted and what is refused.

use super::*;

/// The answer to a text with something changed; `null` removes a field.
async fn changed(shore: &Shore, change: Value) -> String {
    let mut message = text(&person(1));
    for (key, value) in change.as_object().unwrap() {
        match value.is_null() {
            true => drop(message.as_object_mut().unwrap().remove(key)),
            false => message[key] = value.clone(),
        }
    }
    shore.send(message).await.short()
}

#[tokio::test]
async fn a_token_that_is_wrong_or_missing_is_refused_with_190() {
    let shore = Shore::new(json!({}));
    let path = format!("/v26.0/{NUMBER}/messages");
    let told = shore.call("POST", &path, "other", text(&person(1)).to_string().into_bytes()).await;
    assert_eq!((told.short().as_str(), &told.body["error"]["type"]), ("401 190", &json!("OAuthException")));
    assert_eq!(shore.call("POST", &path, "", Vec::new()).await.short(), "401 190");
    shore.set(json!({ "token": { "expires_at": STARTS_AT } })).await;
    assert_eq!(shore.send(text(&person(1))).await.short(), "401 190");
    shore.set(json!({ "token": { "is_valid": false } })).await;
    assert_eq!(shore.send(text(&person(1))).await.short(), "401 190");
    shore.set(json!({ "token": { "scopes": ["whatsapp_business_management"] } })).await;
    assert_eq!(shore.send(text(&person(1))).await.short(), "403 10");
    assert_eq!(shore.lines("n").len(), 5, "each is in the log");
}

#[tokio::test]
async fn a_body_is_checked_as_meta_documents_it() {
    let shore = Shore::new(json!({}));
    let path = format!("/v26.0/{NUMBER}/messages");
    assert_eq!(shore.call("POST", &path, TOKEN, b"{".to_vec()).await.short(), "400 100");
    assert_eq!(shore.call("POST", &path, TOKEN, b"[]".to_vec()).await.short(), "400 100");
    for (change, expected) in [
        (json!({ "messaging_product": null }), "400 131008"),
        (json!({ "messaging_product": "sms" }), "400 131009"),
        (json!({ "to": null }), "400 131008"),
        (json!({ "to": "nobody" }), "400 131009"),
        (json!({ "type": null }), "400 131008"),
        (json!({ "type": "image", "image": { "id": "1" } }), "400 131051"),
        (json!({ "text": { "body": "" } }), "400 131008"),
        (json!({ "text": { "body": "é".repeat(4_097) } }), "400 131009"),
        (json!({ "colour": "red" }), "400 100"),
        (json!({ "recipient_type": "group" }), "400 131009"),
        (json!({ "biz_opaque_callback_data": "x".repeat(513) }), "400 131009"),
        (json!({ "biz_opaque_callback_data": "x".repeat(512) }), "200"),
        (json!({ "text": { "body": "é".repeat(4_096) } }), "200"),
        (json!({ "recipient_type": "individual", "recipient": "FR.1" }), "200"),
        (json!({ "to": "+33 1 99 00 99 99" }), "400 131021"),
    ] {
        assert_eq!(changed(&shore, change.clone()).await, expected, "{change}");
    }
}

#[tokio::test]
async fn interactive_messages_have_their_lengths() {
    let shore = Shore::new(json!({}));
    let reply = |n: usize| json!({ "type": "reply", "reply": { "id": format!("{n}"), "title": format!("Choix {n}") } });
    let buttons = |n: usize| {
        let buttons: Vec<Value> = (0..n).map(reply).collect();
        json!({ "type": "interactive", "text": null, "interactive": {
            "type": "button", "body": { "text": "Choisissez" }, "action": { "buttons": buttons },
        } })
    };
    let list = |n: usize| {
        let rows: Vec<Value> =
            (0..n).map(|it| json!({ "id": format!("{it}"), "title": format!("Choix {it}") })).collect();
        json!({ "type": "interactive", "text": null, "interactive": {
            "type": "list", "body": { "text": "Choisissez" },
            "action": { "button": "Voir", "sections": [{ "title": "Tout", "rows": rows }] },
        } })
    };
    assert_eq!(changed(&shore, buttons(3)).await, "200");
    assert_eq!(changed(&shore, buttons(4)).await, "400 131009");
    assert_eq!(changed(&shore, list(10)).await, "200");
    assert_eq!(changed(&shore, list(11)).await, "400 131009");
}

#[tokio::test]
async fn an_accepted_message_is_answered_in_the_documented_shape() {
    let shore = Shore::new(json!({}));
    shore.template("rappel", "UTILITY").await;
    let told = shore.send(text("+33 1 99 00 00 01")).await;
    assert_eq!(told.body["contacts"], json!([{ "input": "+33 1 99 00 00 01", "wa_id": "33199000001" }]));
    assert_eq!(told.body["messaging_product"], "whatsapp");
    let sent = &told.body["messages"][0];
    assert!(sent["id"].as_str().unwrap().starts_with("wamid.") && sent.get("message_status").is_none(), "{sent}");
    let told = shore.send(template("rappel", &person(1), "a")).await;
    assert_eq!(told.body["messages"][0]["message_status"], "accepted");
    assert_ne!(told.body["messages"][0]["id"], *sent.get("id").unwrap());
    assert_eq!(told.date, "Mon, 02 Nov 2026 09:00:00 GMT");
}

#[tokio::test]
async fn a_template_must_be_approved_in_its_language_for_the_account_of_the_number() {
    let shore = Shore::new(json!({}));
    for name in ["rappel", "refus", "attente", "pause", "fin"] {
        shore.template(name, "UTILITY").await;
    }
    shore
        .moderate(json!([
            { "name": "refus", "status": "REJECTED" }, { "name": "pause", "status": "PAUSED" },
            { "name": "fin", "status": "DISABLED" }, { "name": "attente", "after_seconds": 3_600 },
        ]))
        .await;
    let send = async |name: &str| shore.send(template(name, &person(1), name)).await.short();
    assert_eq!(send("rappel").await, "200 accepted");
    assert_eq!([send("absent").await, send("refus").await, send("attente").await], ["404 132001"; 3]);
    assert_eq!([send("pause").await, send("fin").await], ["400 132015", "400 132016"]);
    let mut other = template("rappel", &person(1), "a");
    other["template"]["language"]["code"] = json!("fr_FR");
    assert_eq!(shore.send(other).await.short(), "404 132001");
    shore.at("10:00:00").await;
    assert_eq!(send("attente").await, "200 accepted");
    shore
        .set(json!({
            "accounts": { "1": {} }, "numbers": { NUMBER: { "account": "1" } },
        }))
        .await;
    assert_eq!(send("rappel").await, "404 132001", "it is of another account");
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_refused() {
    let shore = Shore::new(json!({}));
    shore.template("rappel", "UTILITY").await;
    let with = async |parameters: Value| {
        let mut message = template("rappel", &person(1), "a");
        message["template"]["components"][0]["parameters"] = parameters;
        shore.send(message).await.short()
    };
    assert_eq!(with(json!([])).await, "400 132000");
    assert_eq!(with(json!([{ "type": "text", "text": "a\nb" }])).await, "400 132018");
    assert_eq!(with(json!([{ "type": "text", "text": "é".repeat(1_000) }])).await, "400 132005");
    assert_eq!(with(json!([{ "type": "text", "text": "Ana" }])).await, "200 accepted");
}

#[tokio::test]
async fn marketing_has_an_endpoint_of_its_own() {
    let shore = Shore::new(json!({}));
    shore.template("offre", "MARKETING").await;
    shore.template("rappel", "UTILITY").await;
    let offer = |n: &str| template("offre", &person(1), n);
    assert_eq!(shore.send_marketing(offer("1")).await.short(), "400 134101", "it is new");
    shore.at("09:09:59").await;
    assert_eq!(shore.send_marketing(offer("2")).await.short(), "400 134101");
    shore.at("09:10:00").await;
    assert_eq!(shore.send_marketing(offer("3")).await.short(), "200 accepted");
    assert_eq!(shore.send_marketing(template("rappel", &person(1), "4")).await.short(), "400 134100");
    assert_eq!(shore.send_marketing(text(&person(1))).await.short(), "400 134100");
    assert_eq!(shore.send(offer("5")).await.short(), "200 accepted", "/messages takes it too");
    let account = |change: Value| json!({ "accounts": { ACCOUNT: change } });
    shore.set(account(json!({ "disable_marketing_on_messages": true }))).await;
    assert_eq!(shore.send(offer("6")).await.short(), "400 131063");
    assert_eq!(shore.send(template("rappel", &person(1), "7")).await.short(), "200 accepted");
    shore.set(account(json!({ "marketing_messages_onboarding_status": "ELIGIBLE" }))).await;
    assert_eq!(shore.send_marketing(offer("8")).await.short(), "500 134102");
    shore.set(json!({})).await;
    shore.at("2026-11-10T09:00:00Z").await;
    assert_eq!(shore.send_marketing(offer("9")).await.short(), "400 134101", "it has slept for a week");
    shore.at("2026-11-10T09:10:00Z").await;
    assert_eq!(shore.send_marketing(offer("10")).await.short(), "200 accepted");
}

#[tokio::test]
async fn the_latest_category_decides_the_endpoint() {
    let shore = Shore::new(json!({ "accounts": { ACCOUNT: { "disable_marketing_on_messages": true } } }));
    shore.template("rappel", "UTILITY").await;
    assert_eq!(shore.send(template("rappel", &person(1), "1")).await.short(), "200 accepted");
    shore.moderate(json!([{ "name": "rappel", "category": "MARKETING" }])).await;
    assert_eq!(shore.send(template("rappel", &person(2), "2")).await.short(), "400 131063");
    let categories: Vec<Value> = shore.lines("n").into_iter().map(|it| it["category"].clone()).collect();
    assert_eq!(categories, ["UTILITY", "MARKETING"]);
}

#[tokio::test]
async fn only_a_connected_number_of_an_account_in_order_sends() {
    let shore = Shore::new(json!({}));
    shore.template("rappel", "UTILITY").await;
    let told = shore.post("/v26.0/123/messages", text(&person(1))).await;
    assert_eq!(told.short(), "400 33");
    let number = |change: Value| {
        let mut number = change;
        number["account"] = json!(ACCOUNT);
        json!({ "numbers": { NUMBER: number } })
    };
    for status in ["DISCONNECTED", "PENDING", "RESTRICTED"] {
        shore.set(number(json!({ "status": status }))).await;
        assert_eq!(shore.send(text(&person(1))).await.short(), "400 133010", "{status}");
    }
    shore.set(json!({ "accounts": { ACCOUNT: { "is_locked": true } } })).await;
    assert_eq!(shore.send(text(&person(1))).await.short(), "403 131031");
    shore.set(json!({ "accounts": { ACCOUNT: { "has_payment": false } } })).await;
    assert_eq!(shore.send(template("rappel", &person(1), "1")).await.short(), "400 131042");
    shore.set(json!({ "limits": { "allowed": [person(2)] } })).await;
    assert_eq!(shore.send(text(&person(1))).await.short(), "400 131030");
    assert_eq!(shore.send(text(&person(2))).await.short(), "200");
}

#[tokio::test]
async fn a_number_without_its_sign_is_of_the_senders_country() {
    let shore = Shore::new(json!({}));
    assert_eq!(shore.send(text("33199000001")).await.body["contacts"][0]["wa_id"], "33199000001");
    let number = json!({ "account": ACCOUNT, "display_phone_number": "+1 415-555-0142" });
    shore.set(json!({ "numbers": { NUMBER: number } })).await;
    assert_eq!(shore.send(text("33199000001")).await.body["contacts"][0]["wa_id"], "133199000001");
    assert_eq!(shore.send(text("+33199000001")).await.body["contacts"][0]["wa_id"], "33199000001");
}

#[tokio::test]
async fn a_business_scoped_user_id_reaches_the_person_that_it_was_shown_for() {
    let shore = Shore::new(json!({}));
    shore.writes("33199000001", "Bonjour").await;
    let user_id = {
        let state = shore.sandbox.sending.state();
        state.by_user_id.keys().next().unwrap().clone()
    };
    let mut message = text("");
    message.as_object_mut().unwrap().remove("to");
    message["recipient"] = json!(user_id);
    let told = shore.send(message.clone()).await;
    assert_eq!(told.body["contacts"], json!([{ "input": user_id, "user_id": user_id }]));
    assert_eq!(shore.lines("n")[0]["to"], "33199000001");
    message["recipient"] = json!("FR.999");
    assert_eq!(shore.send(message).await.short(), "400 131009");
}

#[tokio::test]
async fn the_log_has_a_line_for_each_request() {
    let shore = Shore::new(json!({}));
    shore.template("rappel", "UTILITY").await;
    shore.send(template("rappel", &person(1), "id-1")).await;
    let line = &std::fs::read_to_string(shore.log_path()).unwrap();
    let fields = [
        "n",
        "at",
        "real_at_us",
        "path",
        "number",
        "to",
        "type",
        "opaque",
        "template",
        "language",
        "category",
        "is_open",
        "outcome",
        "code",
        "wamid",
        "answer",
        "sha256",
    ];
    let places: Vec<Option<usize>> = fields.iter().map(|it| line.find(&format!("\"{it}\":"))).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{line}");
    let mut line = shore.lines("n")[0].clone();
    for changing in ["real_at_us", "wamid", "sha256"] {
        assert!(!line[changing].is_null());
        line.as_object_mut().unwrap().remove(changing);
    }
    let expected = json!({
        "n": 1, "at": "2026-11-02T09:00:00.000000Z", "path": "messages", "number": NUMBER, "to": "33199000001",
        "type": "template", "opaque": "id-1", "template": "rappel", "language": "fr", "category": "UTILITY",
        "is_open": false, "outcome": "accepted", "code": null, "answer": "whole",
    });
    assert_eq!(line, expected);
}

#[tokio::test]
async fn settings_are_checked_and_counts_are_shown() {
    let shore = Shore::new(json!({}));
    let told = shore.post("/sandbox/sending", json!({ "limts": {} })).await;
    assert!(told.http == 400 && told.body["error"].as_str().unwrap().contains("limts"), "{:?}", told.body);
    let told = shore.post("/sandbox/sending", json!({ "numbers": { "1": { "account": "7" } } })).await;
    assert!(told.http == 400 && told.body["error"].as_str().unwrap().contains("account 7"), "{:?}", told.body);
    shore.send(text(&person(1))).await;
    shore.send(json!({})).await;
    shore.at("10:00:00").await;
    let counts = shore.get("/sandbox/sending").await.body;
    assert_eq!(counts["requests"], 2);
    assert_eq!((&counts["accepted"], &counts["refused"]), (&json!(1), &json!({ "131008": 1 })));
    assert_eq!((&counts["statuses"], &counts["failed"]), (&json!({ "failed": 1 }), &json!({ "131047": 1 })));
    assert_eq!(counts["next_due"], Value::Null);
}

#[test]
fn the_settings_that_the_manual_shows_are_settings() {
    let manual = include_str!("../../../../../docs/sandbox.md");
    let shown = manual.split("```json").nth(1).unwrap().split("```").next().unwrap();
    let settings: crate::SendingSettings = serde_json::from_str(shown).unwrap();
    assert_eq!(settings.check(true), Ok(()));
    assert_eq!(settings.check(false), Err(crate::SettingsError::NoSecret));
}

#[tokio::test]
async fn webhooks_go_only_to_this_machine() {
    let shore = Shore::new(json!({}));
    let told = shore.post("/sandbox/sending", json!({ "webhooks": { "to": "http://192.0.2.1/webhooks" } })).await;
    assert!(told.http == 400 && told.body["error"].as_str().unwrap().contains("on this machine"), "{:?}", told.body);
}
