use jiff::Timestamp;

use crate::sending::chance::Chances;

/// A message that the platform has accepted.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) wamid: String,
    /// The id of the number that sends.
    pub(super) number: String,
    pub(super) portfolio: String,
    /// The digits of the person.
    pub(super) person: u64,
    /// The same as a text.
    pub(super) wa_id: String,
    pub(super) user_id: String,
    /// Whether it was sent to a phone number, and not to a business-scoped user id.
    pub(super) is_to_phone: bool,
    pub(super) opaque: Option<String>,
    /// The template, if it is one.
    pub(super) template: Option<String>,
    pub(super) category: Category,
    /// Whether it came by `/marketing_messages`.
    pub(super) is_marketing_api: bool,
    /// Whether the person had written in the 24 hours before.
    pub(super) is_open: bool,
    pub(super) at: Timestamp,
    pub(super) chances: Chances,
}

/// What a message is billed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    Marketing,
    Utility,
    Authentication,
    /// A free-form message.
    Service,
}

impl Category {
    pub(super) fn of_template(name: &str) -> Self {
        match name.to_ascii_uppercase().as_str() {
            "UTILITY" => Self::Utility,
            "AUTHENTICATION" => Self::Authentication,
            _ => Self::Marketing,
        }
    }

    /// The name in the price of a status.
    pub(super) fn price_name(self, is_marketing_api: bool) -> &'static str {
        match self {
            Self::Marketing if is_marketing_api => "marketing_lite",
            Self::Marketing => "marketing",
            Self::Utility => "utility",
            Self::Authentication => "authentication",
            Self::Service => "service",
        }
    }
}
