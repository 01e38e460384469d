//! Decides who may be written to next, when, and which limit says so.
//!
//! [`Usage`] is a fold over the messages that were sent or are about to be sent. It gives a [`Verdict`] for each candidate: a
//! slot, or a wait with the name of the limit that causes it. Limits are data ([`limit_rules`]); [`Limits`] says which values
//! hold for one sender now.

mod audience;
mod calendar;
mod hours;
mod limit_table;
mod limits;
mod moment;
mod usage;

pub use audience::{PersonFacts, Reason, Rules, exclude};
pub use calendar::{Calendar, CalendarPlan, Day, Due, Group, JUDGED_AFTER, Saving, calendar, savings};
pub use hours::{HourRule, Hours, Place, Window, hour_rules};
pub use limit_table::{Amount, LimitKind, LimitName, LimitRule, LimitScope, Whose, limit_rule, limit_rules};
pub use limits::Limits;
pub use usage::{
    Binding, Candidate, Hold, HoldScope, Recipient, Sent, Usage, Verdict, marketing_hold_duration, pair_hold_duration,
};
