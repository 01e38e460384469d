//! Infobip's errors, of two generations: `{"requestError":{"serviceException":{messageId, text}}}` of People, and
//! `{errorCode, description, action, violations, resources}` of SMS and the platform. Both also come with status 200.

use http::CallError;
use serde_json::Value;

/// Reads the error of an answer below 500.
pub(super) fn read_error(status: u16, body: &[u8]) -> CallError {
    let body = serde_json::from_slice(body).unwrap_or(Value::Null);
    name_of(&body).map_or(CallError::Refused { status, code: None }, |it| error_of(status, it))
}

/// Fails if a body with status 200 is an error.
pub(super) fn check(page: &Value) -> Result<(), CallError> {
    name_of(page).map_or(Ok(()), |it| Err(error_of(200, it)))
}

fn name_of(body: &Value) -> Option<&str> {
    let old = body.get("requestError").map(|it| it["serviceException"]["messageId"].as_str().unwrap_or_default());
    old.or_else(|| body.get("errorCode")?.as_str())
}

/// `name` is a word such as `TOO_MANY_REQUESTS`, or a letter with a status such as `E429`.
fn error_of(status: u16, name: &str) -> CallError {
    let code = name.trim_start_matches(|it: char| it.is_ascii_alphabetic()).parse::<i64>().ok();
    match (name, code) {
        ("TOO_MANY_REQUESTS", _) | (_, Some(429)) => CallError::RateLimited { retry_after: None },
        ("GENERAL_ERROR" | "INTERNAL_SERVER_ERROR" | "SERVICE_UNAVAILABLE", _) => CallError::Provider { status: 500 },
        (_, Some(code @ 500..=599)) => CallError::Provider { status: u16::try_from(code).unwrap_or(500) },
        _ => CallError::Refused { status, code },
    }
}
