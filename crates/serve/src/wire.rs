//! Which events a body holds: that depends on the platform that sent it.

use model::{BrokenEvent, EventsRead};
use plan::{WebhookKind, WebhookSection};
use providers::TwilioRequest;

/// How the bodies of a webhook are read. Nothing here checks a signature: that comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Meta's JSON, which 360dialog hands on unchanged.
    Meta,
    /// Twilio's forms, sent to this address.
    Twilio { url: String },
}

impl Wire {
    /// The wire of a webhook of the plan.
    pub fn of(webhook: &WebhookSection) -> Self {
        match webhook.kind() {
            WebhookKind::Meta | WebhookKind::Dialog360 => Self::Meta,
            WebhookKind::Twilio => Self::Twilio { url: webhook.public_url().unwrap_or_default().to_owned() },
        }
    }

    /// Reads a body. `query` is what stood behind the `?` of the address; `content_type` is none if it is not known, and
    /// then a body of Twilio is taken for a form.
    pub fn read(&self, content_type: Option<&str>, query: Option<&str>, body: &[u8]) -> EventsRead {
        match self {
            Self::Meta => whatsapp::read_events(body).unwrap_or_else(|error| whole_body(error.to_string())),
            Self::Twilio { url } => {
                let url = with_query(url, query);
                TwilioRequest { url: &url, is_form: content_type.is_none_or(is_form), body }.events()
            }
        }
    }
}

/// The whole body as a part that could not be read.
fn whole_body(reason: String) -> EventsRead {
    EventsRead { events: vec![], broken: vec![BrokenEvent { place: String::new(), reason }] }
}

/// The address with the query of a request.
pub(crate) fn with_query(url: &str, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("{url}?{query}"),
        None => url.to_owned(),
    }
}

/// Whether a body of this type is a form.
pub(crate) fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
