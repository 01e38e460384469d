use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Makes an error in the shape of the On-Premises API, which all protocols but the Graph API use here.
pub(crate) fn failure(status: StatusCode, code: i64, title: &str) -> Response {
    let body = json!({ "errors": [{ "code": code, "title": title, "details": title }] });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
