//! AWS End User Messaging SMS: numbers that have opted out.
//!
//! Calls are JSON actions at one address, signed with Signature Version 4. Errors are `{"__type", "Message"}`.
//!
//! Facts: docs.aws.amazon.com, DescribeOptedOutNumbers; read 2026-11-22. The rate is not documented there.

mod opt_outs;
mod signature;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{CallError, Credentials};
use model::Channel;
use serde_json::Value;

use crate::{Connection, Limit, Paging, ProviderSpec, StreamSpec, Windows};

pub(crate) const AWS: ProviderSpec = ProviderSpec {
    name: "aws",
    title: "AWS End User Messaging SMS",
    hosts: &["https://sms-voice.{region}.amazonaws.com"],
    account: Some("access key id"),
    secret: "secret access key",
    auth,
    read_error: |status, body| error_of(status, &serde_json::from_slice(body).unwrap_or_default()),
    streams: &[StreamSpec {
        name: "opt-outs",
        title: "numbers that have opted out",
        profile: Some("aws-opt-outs"),
        channel: Channel::Sms,
        holds_refusals: true,
        windows: Windows::None,
        paging: Paging::Cursor,
        page_rows: 100,
        limit: Limit {
            interval: Duration::from_millis(1000),
            source: "no rate is documented with DescribeOptedOutNumbers, 2026-11-22: one call a second is modest",
        },
        price: None,
        consumes: false,
        gaps: &["AWS keeps no log of messages that could be read"],
        needs: &["region"],
        open: |connection| Box::new(opt_outs::OptOuts::new(connection)),
    }],
};

fn auth(connection: &Connection) -> Credentials {
    let key = signature::Key {
        id: connection.account.id.clone(),
        secret: connection.account.secret.clone(),
        region: connection.settings.get("region").cloned().unwrap_or_default(),
    };
    Credentials::Signed(Arc::new(move |request| signature::headers(&key, request, SystemTime::now())))
}

/// Makes the error of an answer. Its type follows the name of a service and `#`.
fn error_of(status: u16, answer: &Value) -> CallError {
    let kind = crate::json::text(answer, "__type");
    match kind.rsplit('#').next() {
        Some("ThrottlingException" | "TooManyRequestsException") => CallError::RateLimited { retry_after: None },
        Some("InternalServerException") => CallError::Provider { status: 500 },
        _ => CallError::Refused { status, code: None },
    }
}

/// Fails if a body with status 200 is an error.
fn check(page: &Value) -> Result<(), CallError> {
    if page["__type"].is_string() { Err(error_of(200, page)) } else { Ok(()) }
}
