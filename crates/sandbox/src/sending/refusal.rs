use serde_json::{Value, json};

use crate::sending::codes;

/// A request that is refused, in the shape of the Graph API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u32,
    pub(super) details: String,
}

impl Refusal {
    pub(super) fn new(code: u32, details: impl Into<String>) -> Self {
        Self { code, details: details.into() }
    }

    /// The documented status of the answer.
    pub(super) fn http(&self) -> u16 {
        codes::of(self.code).http
    }

    pub(super) fn body(&self, trace: u64) -> Value {
        let title = codes::of(self.code).title;
        json!({ "error": {
            "message": format!("(#{}) {title}", self.code),
            "type": "OAuthException",
            "code": self.code,
            "error_data": { "messaging_product": "whatsapp", "details": self.details },
            "fbtrace_id": format!("Asandbox{trace:010}"),
        } })
    }
}
