//! What `ferry serve --notify` tells.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// What has begun or ended while `ferry serve` runs, as `--notify` sends it. It names no person.
#[derive(Serialize, JsonSchema)]
pub struct ServeNotification {
    /// `serve`.
    pub command: &'static str,
    /// `alerts` if something has begun, or `over` if things have only ended.
    pub status: &'static str,
    pub at: Timestamp,
    pub notices: Vec<ServeNotice>,
}

/// Something that has begun or ended.
#[derive(Serialize, JsonSchema)]
pub struct ServeNotice {
    /// `ill`, `dead_letters`, `unknown_kind`, `unknown_code`, `unanswered`, `not_handed_on`, `given_up`, `platform` or `template`.
    pub kind: &'static str,
    /// What it is about: a webhook, a number, a template; empty if it is about the server.
    pub subject: String,
    /// What it means and what to do next.
    pub text: String,
    pub is_over: bool,
}

impl ServeNotification {
    pub fn of(notices: Vec<ServeNotice>, at: Timestamp) -> Self {
        let status = if notices.iter().all(|it| it.is_over) { "over" } else { "alerts" };
        Self { command: "serve", status, at, notices }
    }
}
