use jiff::Timestamp;

use crate::sending::refusal::Refusal;

/// Where messages are sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Messages,
    MarketingMessages,
}

impl Endpoint {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::MarketingMessages => "marketing_messages",
        }
    }

    pub(super) fn is_marketing(self) -> bool {
        self == Self::MarketingMessages
    }
}

/// A request whose bytes have arrived.
pub(super) struct Call<'a> {
    pub(super) endpoint: Endpoint,
    /// The id of the number.
    pub(super) number: &'a str,
    /// Why the token is refused, if it is.
    pub(super) token: Result<(), Refusal>,
    pub(super) body: &'a [u8],
    /// When the last byte was read, by the clock of the sandbox.
    pub(super) at: Timestamp,
    /// The same by the real clock, in microseconds since 1970.
    pub(super) real_at_us: i64,
}
