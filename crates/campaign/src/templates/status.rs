//! The statuses that Ferry gives a template itself. All others are written as WhatsApp names them.

/// The order was sent, and its answer has not come.
pub(crate) const SENDING: &str = "SENDING";
/// The order did not reach WhatsApp: the template can be submitted again.
pub(crate) const NOT_SENT: &str = "NOT_SENT";
/// WhatsApp refused the template.
pub(crate) const REFUSED: &str = "REFUSED";
/// The template is no longer in the account.
pub(crate) const GONE: &str = "GONE";
