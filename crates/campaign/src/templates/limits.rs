//! What WhatsApp allows for templates.

/// Submissions in any hour, for one account (Meta, templates overview).
pub const MAX_SUBMISSIONS_PER_HOUR: usize = 100;

/// How long approval may take: the default of the design text (S4-38), unconfirmed.
pub const EXPECTED_APPROVAL_HOURS: i64 = 48;

/// Edits of an approved template in a number of hours (Meta, template management).
pub(crate) const EDIT_LIMITS: [EditLimit; 2] =
    [EditLimit { hours: 24, max_edits: 1 }, EditLimit { hours: 30 * 24, max_edits: 10 }];

/// At most this many edits in any span of this many hours.
pub(crate) struct EditLimit {
    pub(crate) hours: i64,
    pub(crate) max_edits: usize,
}
