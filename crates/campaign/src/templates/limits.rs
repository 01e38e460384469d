//! What WhatsApp allows for templates.

use crm::OrderLimit;

/// Submissions in any hour, for one account (Meta, templates overview).
pub const MAX_SUBMISSIONS_PER_HOUR: usize = 100;

/// How long approval may take: the default of the design text (S4-38), unconfirmed.
pub const EXPECTED_APPROVAL_HOURS: i64 = 48;

/// Submissions of an account.
pub(crate) const SUBMIT_LIMITS: [OrderLimit; 1] = [OrderLimit { hours: 1, most: MAX_SUBMISSIONS_PER_HOUR }];

/// Edits of an approved template in a number of hours (Meta, template management).
pub(crate) const EDIT_LIMITS: [OrderLimit; 2] =
    [OrderLimit { hours: 24, most: 1 }, OrderLimit { hours: 30 * 24, most: 10 }];

/// How many timeouts of its request an order without an answer stays unknown. A listing that lacks the template says
/// nothing before: WhatsApp may still be carrying the order out, and its listings lag behind.
pub(crate) const UNKNOWN_TIMEOUTS: u32 = 10;
