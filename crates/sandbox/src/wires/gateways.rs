//! Gateways through a linked phone: WAHA, Evolution API, wuzapi, GREEN-API.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::Sandbox;
use crate::answering::{Lookup, NumberAnswer};
use crate::error_body::failure;

#[derive(Deserialize)]
pub(crate) struct WahaRequest {
    phone: String,
    #[serde(rename = "session")]
    _session: String,
}

/// `GET /api/contacts/check-exists?phone=…&session=…`
pub(crate) async fn waha(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    Query(request): Query<WahaRequest>,
) -> Response {
    if !has_key(&sandbox, &headers, "X-Api-Key") {
        return unauthorized();
    }
    let body = |answers: &[NumberAnswer]| match answers.first().and_then(|it| it.wa_id) {
        Some(wa_id) => json!({ "numberExists": true, "chatId": format!("{wa_id}@c.us") }),
        None => json!({ "numberExists": false }),
    };
    sandbox.answer("waha", &[request.phone], Lookup::Immediate, body).await
}

#[derive(Deserialize)]
struct EvolutionRequest {
    numbers: Vec<String>,
}

/// `POST /chat/whatsappNumbers/{instance}`
pub(crate) async fn evolution(
    State(sandbox): State<Arc<Sandbox>>,
    Path(_): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if !has_key(&sandbox, &headers, "apikey") {
        return unauthorized();
    }
    let Ok(request) = serde_json::from_str::<EvolutionRequest>(&body) else { return bad_request() };
    let one = |it: &NumberAnswer| {
        let user = it.wa_id.map_or_else(|| it.input.clone(), |it| it.to_string());
        json!({ "jid": format!("{user}@s.whatsapp.net"), "exists": it.is_valid(), "number": it.input })
    };
    let body = |answers: &[NumberAnswer]| answers.iter().map(one).collect();
    sandbox.answer("evolution", &request.numbers, Lookup::Immediate, body).await
}

#[derive(Deserialize)]
struct WuzapiRequest {
    #[serde(rename = "Phone")]
    phone: Vec<String>,
}

/// `POST /user/check`
pub(crate) async fn wuzapi(State(sandbox): State<Arc<Sandbox>>, headers: HeaderMap, body: String) -> Response {
    if !has_key(&sandbox, &headers, "Token") {
        return unauthorized();
    }
    let Ok(request) = serde_json::from_str::<WuzapiRequest>(&body) else { return bad_request() };
    let one = |it: &NumberAnswer| {
        let jid = it.wa_id.map(|it| format!("{it}@s.whatsapp.net")).unwrap_or_default();
        json!({ "Query": it.input, "IsInWhatsapp": it.is_valid(), "JID": jid, "VerifiedName": "" })
    };
    let body = |answers: &[NumberAnswer]| {
        let users: Vec<_> = answers.iter().map(one).collect();
        json!({ "code": 200, "data": { "Users": users }, "success": true })
    };
    sandbox.answer("wuzapi", &request.phone, Lookup::Immediate, body).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GreenRequest {
    phone_number: u64,
}

/// `POST /waInstance{id}/checkWhatsapp/{token}`
pub(crate) async fn green_api(
    State(sandbox): State<Arc<Sandbox>>,
    Path((instance, token)): Path<(String, String)>,
    body: String,
) -> Response {
    if !instance.starts_with("waInstance") || sandbox.token.as_ref().is_some_and(|it| *it != token) {
        return unauthorized();
    }
    let Ok(request) = serde_json::from_str::<GreenRequest>(&body) else { return bad_request() };
    let body = |answers: &[NumberAnswer]| json!({ "existsWhatsapp": answers.iter().any(NumberAnswer::is_valid) });
    sandbox.answer("green-api", &[request.phone_number.to_string()], Lookup::Immediate, body).await
}

fn has_key(sandbox: &Sandbox, headers: &HeaderMap, header: &str) -> bool {
    let given = headers.get(header).and_then(|it| it.to_str().ok());
    sandbox.token.is_none() || given == sandbox.token.as_deref()
}

fn unauthorized() -> Response {
    failure(StatusCode::UNAUTHORIZED, 401, "Unauthorized")
}

fn bad_request() -> Response {
    failure(StatusCode::BAD_REQUEST, 400, "Bad request")
}
