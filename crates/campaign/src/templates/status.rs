//! The statuses that Ferry gives a template itself. All others are written as WhatsApp names them.

use crm::AccountTemplate;

/// The order was sent, and its answer has not come.
pub(crate) const SENDING: &str = "SENDING";
/// The order did not reach WhatsApp: the template can be submitted again.
pub(crate) const NOT_SENT: &str = "NOT_SENT";
/// WhatsApp refused the template.
pub(crate) const REFUSED: &str = "REFUSED";
/// The template is no longer in the account.
pub(crate) const GONE: &str = sync::GONE;

/// Whether a listing may know more about the template than its row: an order may have arrived although its answer was
/// lost or was a refusal of a second order.
pub(crate) fn is_in_doubt(row: &AccountTemplate) -> bool {
    match row.status.as_str() {
        SENDING | NOT_SENT => true,
        REFUSED => row.template_id.is_none(),
        _ => false,
    }
}
