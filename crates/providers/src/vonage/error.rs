//! Vonage's errors are `{type, title, detail, instance}`, and `invalid_parameters` with 422.

use http::CallError;
use serde_json::Value;

/// Reads the error of an answer below 500. They have no codes.
pub(super) fn read_error(status: u16, _: &[u8]) -> CallError {
    CallError::Refused { status, code: None }
}

/// Fails if a body with status 200 is an error: it has a title, and neither records nor the state of a report.
pub(super) fn check(page: &Value) -> Result<(), CallError> {
    let is_error = page.get("title").is_some() && page.get("records").is_none() && page.get("request_status").is_none();
    match page.get("status").and_then(Value::as_u64) {
        _ if !is_error => Ok(()),
        Some(429) => Err(CallError::RateLimited { retry_after: None }),
        Some(status @ 500..=599) => Err(CallError::Provider { status: u16::try_from(status).unwrap_or(500) }),
        status => Err(CallError::Refused { status: 200, code: status.and_then(|it| i64::try_from(it).ok()) }),
    }
}
