//! What is told of numbers, accounts and tokens.

use super::*;

#[tokio::test]
async fn a_number_shows_the_fields_that_were_asked_for() {
    let shore = Shore::new(json!({}));
    let fields = "status,name_status,quality_rating,throughput,whatsapp_business_manager_messaging_limit,\
                  code_verification_status";
    let told = shore.get(&format!("/v26.0/{NUMBER}?fields={fields}")).await;
    let expected = json!({
        "id": NUMBER, "status": "CONNECTED", "name_status": "APPROVED", "quality_rating": "GREEN",
        "throughput": { "level": "STANDARD" }, "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "code_verification_status": "VERIFIED",
    });
    assert_eq!((told.http, told.body), (200, expected));
    let number = json!({ "account": ACCOUNT, "status": "RESTRICTED", "quality_rating": "RED" });
    shore.set(json!({ "numbers": { NUMBER: number } })).await;
    let told = shore.get(&format!("/v26.0/{NUMBER}?fields=status,quality_rating,health_status")).await.body;
    assert_eq!((&told["status"], &told["quality_rating"]), (&json!("RESTRICTED"), &json!("RED")));
    assert_eq!(told["health_status"]["can_send_message"], "BLOCKED");
    let told = shore.get(&format!("/v26.0/{ACCOUNT}/phone_numbers?fields=display_phone_number")).await;
    assert_eq!(told.body, json!({ "data": [{ "id": NUMBER, "display_phone_number": "+33 1 99 00 99 99" }] }));
}

#[tokio::test]
async fn an_account_that_cannot_pay_says_so() {
    let shore = Shore::new(json!({ "accounts": { ACCOUNT: { "has_payment": false, "name": "Chez nous" } } }));
    let fields = "account_review_status,marketing_messages_onboarding_status,health_status,id,name";
    let told = shore.get(&format!("/v26.0/{ACCOUNT}?fields={fields}")).await.body;
    assert_eq!((&told["id"], &told["name"]), (&json!(ACCOUNT), &json!("Chez nous")));
    assert_eq!(told["account_review_status"], "APPROVED");
    assert_eq!(told["marketing_messages_onboarding_status"], "ONBOARDED");
    let health = &told["health_status"];
    assert_eq!((&health["can_send_message"], &health["entities"][0]["id"]), (&json!("BLOCKED"), &json!(ACCOUNT)));
    assert_eq!(health["entities"][0]["errors"][0]["error_code"], 141_006);
}

#[tokio::test]
async fn a_token_shows_when_it_expires_and_what_it_may() {
    let shore = Shore::new(
        json!({ "token": { "expires_at": "2026-11-09T09:00:00Z", "scopes": ["whatsapp_business_messaging"] } }),
    );
    let told = shore.get(&format!("/v26.0/debug_token?input_token={TOKEN}")).await.body;
    let expected = json!({
        "app_id": "700000000000001", "type": "SYSTEM_USER", "application": "Sandbox", "is_valid": true,
        "expires_at": 1_794_214_800, "scopes": ["whatsapp_business_messaging"],
    });
    assert_eq!(told["data"], expected);
    shore.set(json!({})).await;
    assert_eq!(shore.get("/v26.0/debug_token").await.body["data"]["expires_at"], 0, "it does not expire");
    assert_eq!(shore.call("GET", "/v26.0/debug_token", "other", Vec::new()).await.short(), "401 190");
}
