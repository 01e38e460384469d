//! The rows of campaigns.

use crate::sql::{OnConflict, Table, Type};

pub(super) const WAVE: Table = Table {
    name: "wave",
    columns: &[
        ("campaign", Type::Text),
        ("step", Type::Text),
        ("number", Type::Int),
        ("size", Type::Int),
        ("is_test", Type::Int),
        ("released_at", Type::Time),
        ("judged_at", Type::Time),
    ],
    on_conflict: OnConflict::Fail,
};

pub(super) const WAVE_TEMPLATE: Table = Table {
    name: "wave_template",
    columns: &[
        ("campaign", Type::Text),
        ("step", Type::Text),
        ("wave", Type::Int),
        ("template", Type::Text),
        ("language", Type::Text),
        ("digest", Type::Text),
        ("category", Type::Text),
        ("differs", Type::Text),
    ],
    on_conflict: OnConflict::Fail,
};

pub(super) const EXCLUSION: Table = Table {
    name: "campaign_exclusion",
    columns: &[
        ("campaign", Type::Text),
        ("step", Type::Text),
        ("contact_id", Type::Bytes),
        ("reason", Type::Text),
        ("at", Type::Time),
    ],
    on_conflict: OnConflict::Fail,
};
