//! The programs that get bodies.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crm::WaitingBody;
use http::{BytesRequest, CallError, Client, ClientConfig, Credentials};
use plan::{Plan, PlanError};
use url::Url;

use super::rules::Attempt;

/// A program that gets the bodies of a webhook. It has no address in `Debug`, which can hold a secret.
#[derive(Clone)]
pub struct ForwardTarget {
    /// The name of the webhook.
    pub webhook: Arc<str>,
    client: Client,
    /// What stands behind the `?` of the program's address.
    query: Option<String>,
}

impl fmt::Debug for ForwardTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardTarget").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}

/// Returns the programs that a plan names with `forward`.
pub fn forward_targets(plan: &Plan) -> Result<Vec<ForwardTarget>, PlanError> {
    let target = |webhook: &plan::WebhookSection| {
        let target = ForwardTarget::new(webhook.name(), webhook.forward()?);
        Some(target.map_err(|error| plan.wrong(0, format!("forward of \"{}\": {error}", webhook.name()))))
    };
    plan.webhooks.iter().filter_map(target).collect()
}

impl ForwardTarget {
    /// Makes the target of a webhook. The plan has checked the address: it is one of HTTPS or of this machine.
    pub fn new(webhook: &str, address: &str) -> Result<Self, CallError> {
        let mut url = Url::parse(address.trim()).map_err(|_| CallError::Malformed)?;
        let query = url.query().map(str::to_owned);
        url.set_query(None);
        let refused = |status, _: &[u8]| CallError::Refused { status, code: None };
        let client = Client::new(url, Credentials::None, ClientConfig::default(), refused)?;
        Ok(Self { webhook: Arc::from(webhook), client, query })
    }

    /// Posts a body as the platform has sent it.
    pub(super) async fn post(&self, body: &WaitingBody, timeout: Duration) -> Attempt {
        let Some(raw) = &body.raw else { return Attempt::NoBody };
        let headers: Vec<(&str, &str)> = body.with.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let path = path(self.query.as_deref(), body.with.query.as_deref());
        let request = BytesRequest { path: &path, headers: &headers, body: raw.to_vec(), timeout };
        match self.client.post_bytes(request).await {
            Ok(posted) if (200..300).contains(&posted.status) => Attempt::Taken,
            Ok(posted) => Attempt::Answered { status: posted.status, wait: posted.retry_after },
            Err(error) => Attempt::Unanswered(cause(&error)),
        }
    }
}

/// The query of the program's address and that of the platform's request, as a link from the address.
fn path(own: Option<&str>, of_request: Option<&str>) -> String {
    let parts: Vec<&str> = [own, of_request].into_iter().flatten().filter(|it| !it.is_empty()).collect();
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

/// Why no answer came, in a word for logs and metrics.
fn cause(error: &CallError) -> &'static str {
    match error {
        error if error.is_of_certificate() => "certificate",
        CallError::Unreachable { .. } => "unreachable",
        CallError::TimedOut => "time-out",
        _ => "broken connection",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_queries_reach_the_program() {
        assert_eq!(path(None, None), "");
        assert_eq!(path(Some("token=x"), None), "?token=x");
        assert_eq!(path(None, Some("a=1&b=%2F")), "?a=1&b=%2F");
        assert_eq!(path(Some("token=x"), Some("a=1")), "?token=x&a=1");
        assert_eq!(path(Some(""), Some("")), "");
    }
}
