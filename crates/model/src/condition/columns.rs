//! The columns that conditions see: those of the view `person_view`, in its order.

use ConditionKind::{Date, Number, Text, Words};

/// A column that conditions can compare.
#[derive(Debug)]
pub struct ConditionColumn {
    pub name: &'static str,
    pub kind: ConditionKind,
}

/// What the values of a column, or of a part of a condition, are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionKind {
    Text,
    /// A text that is one of these.
    Words(&'static [&'static str]),
    /// A text such as `2026-01-31T12:00:00Z`.
    Date,
    Number,
}

impl ConditionKind {
    /// The kind in a message.
    pub(crate) fn article(self) -> &'static str {
        match self {
            Text | Words(_) => "a text",
            Date => "a date",
            Number => "a number",
        }
    }
}

const YES_OR_NO: ConditionKind = Words(&["yes", "no"]);
const CONSENT: ConditionKind = Words(&["yes", "unclear", "no", "stop"]);
const CHANNELS: ConditionKind = Words(&["sms", "viber", "sms+viber"]);
const CONSENT_CHANNELS: ConditionKind = Words(&["sms", "viber", "whatsapp", "email", "all"]);
const SEGMENTS: ConditionKind =
    Words(&["ready", "re-engage", "undecided", "opted-out", "suppressed", "held", "unclear"]);
const ANSWERS: ConditionKind = Words(&["registered", "not_registered", "no_answer", "contradictory"]);

pub const CONDITION_COLUMNS: [ConditionColumn; 28] = [
    column("contact_id", Text),
    column("e164", Text),
    column("region", Text),
    column("line_type", Text),
    column("name", Text),
    column("first_name", Text),
    column("last_name", Text),
    column("email", Text),
    column("language", Text),
    column("first_at", Date),
    column("last_at", Date),
    column("last_inbound_at", Date),
    column("last_outbound_at", Date),
    column("messages", Number),
    column("rows", Number),
    column("reachable", YES_OR_NO),
    column("consent", CONSENT),
    column("consent_at", Date),
    column("consent_channel", CONSENT_CHANNELS),
    column("whatsapp_consent", CONSENT),
    column("channels", CHANNELS),
    column("registration", ANSWERS),
    column("method", Text),
    column("checked_at", Date),
    column("expires_at", Date),
    column("wa_id", Text),
    column("segment", SEGMENTS),
    column("tags", Text),
];

const fn column(name: &'static str, kind: ConditionKind) -> ConditionColumn {
    ConditionColumn { name, kind }
}
