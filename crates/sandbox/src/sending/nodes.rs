//! What the Graph API tells of numbers, accounts and tokens.
//!
//! - `GET /{version}/{number}?fields=…` and `GET /{version}/{account}?fields=…`.
//! - `GET /{version}/{account}/phone_numbers?fields=…`.
//! - `GET /{version}/debug_token`.
//!
//! Sources: Meta, "Phone number" and "WhatsApp Business Account" of the Graph API reference, "Health status" (a missing way to
//! pay is error 141006 of the account), and "Debug token".

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Sandbox;
use crate::sending::refusal::Refusal;
use crate::sending::settings::{AccountSettings, NumberSettings};
use crate::sending::state;

/// The fields that are answered if none are asked for.
const NUMBER_FIELDS: &str =
    "verified_name,code_verification_status,display_phone_number,quality_rating,platform_type,throughput";
const ACCOUNT_FIELDS: &str = "name,timezone_id,message_template_namespace";

#[derive(Deserialize)]
pub(crate) struct Fields {
    fields: Option<String>,
}

/// `GET /{version}/{node}`: a number, an account or a token; none if the node is nothing of the sending side.
pub(crate) fn node(sandbox: &Sandbox, node: &str, fields: Option<&str>, headers: &HeaderMap) -> Option<Response> {
    let is_known = {
        let settings = &sandbox.sending.state().settings;
        node == "debug_token" || settings.numbers.contains_key(node) || settings.accounts.contains_key(node)
    };
    if !is_known {
        return None;
    }
    if let Err(refusal) = sandbox.token_of(headers).or_else(|it| if it.code == 190 { Err(it) } else { Ok(()) }) {
        return Some(refused(&refusal));
    }
    if node == "debug_token" {
        return Some(Json(debug_token(sandbox)).into_response());
    }
    let state = sandbox.sending.state();
    let found = match state.settings.numbers.get(node) {
        Some(number) => chosen(number_node(&state, node, number), fields.unwrap_or(NUMBER_FIELDS)),
        None => {
            let account = state.settings.accounts.get(node)?;
            chosen(account_node(node, account), fields.unwrap_or(ACCOUNT_FIELDS))
        }
    };
    Some(Json(found).into_response())
}

pub(crate) async fn phone_numbers(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, account)): Path<(String, String)>,
    Query(query): Query<Fields>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = sandbox.token_of(&headers) {
        return refused(&refusal);
    }
    let state = sandbox.sending.state();
    if !state.settings.accounts.contains_key(&account) {
        return refused(&Refusal::new(33, "There is no such account."));
    }
    let fields = query.fields.as_deref().unwrap_or(NUMBER_FIELDS);
    let of_account = state.settings.numbers.iter().filter(|it| it.1.account == account);
    let data: Vec<Value> = of_account.map(|(id, it)| chosen(number_node(&state, id, it), fields)).collect();
    Json(json!({ "data": data })).into_response()
}

pub(super) fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.http()).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(refusal.body(0))).into_response()
}

/// The id, and the fields that were asked for. Subfields in brackets do not matter.
fn chosen(mut node: Value, fields: &str) -> Value {
    let wanted: Vec<&str> =
        fields.split(',').map(|it| it.split(['{', '.', '(']).next().unwrap_or_default().trim()).collect();
    if let Some(object) = node.as_object_mut() {
        object.retain(|key, _| key == "id" || wanted.contains(&key.as_str()));
    }
    node
}

fn number_node(state: &state::State, id: &str, number: &NumberSettings) -> Value {
    let account = state.settings.accounts.get(&number.account).cloned().unwrap_or_default();
    let portfolio = state.portfolios.get(&account.portfolio);
    let settings = state.portfolio_settings(&account.portfolio);
    let tier = portfolio.map_or(settings.tier, |it| it.tier(&settings));
    let level = if number.messages_a_second >= 1_000 { "HIGH" } else { "STANDARD" };
    json!({
        "id": id,
        "display_phone_number": number.display_phone_number,
        "verified_name": number.verified_name,
        "status": number.status,
        "name_status": number.name_status,
        "quality_rating": number.quality_rating,
        "quality_score": { "score": number.quality_rating },
        "code_verification_status": number.code_verification_status,
        "platform_type": "CLOUD_API",
        "account_mode": "LIVE",
        "throughput": { "level": level },
        "whatsapp_business_manager_messaging_limit": tier.name(),
        "health_status": number.health_status.clone().unwrap_or_else(|| health(Some((id, number)), &account)),
    })
}

fn account_node(id: &str, account: &AccountSettings) -> Value {
    json!({
        "id": id,
        "name": account.name,
        "timezone_id": "1",
        "message_template_namespace": "sandbox",
        "account_review_status": account.account_review_status,
        "marketing_messages_onboarding_status": account.marketing_messages_onboarding_status,
        "disable_marketing_messages_on_cloud_api": account.disable_marketing_on_messages,
        "owner_business_info": { "id": account.portfolio, "name": "Sandbox" },
        "health_status": account.health_status.clone().unwrap_or_else(|| {
            let mut health = health(None, account);
            health["entities"][0]["id"] = json!(id);
            health
        }),
    })
}

/// Whether messages can be sent, and by whose fault they cannot.
fn health(number: Option<(&str, &NumberSettings)>, account: &AccountSettings) -> Value {
    let mut entities: Vec<Value> = Vec::new();
    if let Some((id, number)) = number {
        let can = if number.status == "CONNECTED" { "AVAILABLE" } else { "BLOCKED" };
        entities.push(json!({ "entity_type": "PHONE_NUMBER", "id": id, "can_send_message": can }));
    }
    let mut waba = json!({
        "entity_type": "WABA", "id": number.map(|it| it.1.account.clone()), "can_send_message": "AVAILABLE",
    });
    if !account.has_payment {
        waba["can_send_message"] = json!("BLOCKED");
        waba["errors"] = json!([{
            "error_code": 141_006,
            "error_description": "There is an error with the payment method. This will block business initiated conversations.",
            "possible_solution": "There was an error with your payment method. Please add a new payment method to the account.",
        }]);
    }
    if account.is_locked {
        waba["can_send_message"] = json!("BLOCKED");
    }
    entities.push(waba);
    entities.push(json!({ "entity_type": "BUSINESS", "id": account.portfolio, "can_send_message": "AVAILABLE" }));
    entities.push(json!({ "entity_type": "APP", "id": "700000000000001", "can_send_message": "AVAILABLE" }));
    let is_blocked = entities.iter().any(|it| it["can_send_message"] == "BLOCKED");
    json!({ "can_send_message": if is_blocked { "BLOCKED" } else { "AVAILABLE" }, "entities": entities })
}

fn debug_token(sandbox: &Sandbox) -> Value {
    let token = sandbox.sending.state().settings.token.clone();
    json!({ "data": {
        "app_id": token.app_id,
        "type": "SYSTEM_USER",
        "application": token.application,
        // 0 stands for a token that does not expire.
        "expires_at": token.expires_at.map_or(0, |it| it.as_second()),
        "is_valid": token.is_valid_at(sandbox.clock.now()),
        "scopes": token.scopes,
    } })
}
