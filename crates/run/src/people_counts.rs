use std::collections::BTreeMap;

use model::Segment;
use serde::{Deserialize, Serialize};

/// The people of a database at the end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleCounts {
    /// By segment; the sum is everyone.
    pub segments: BTreeMap<String, u64>,
    /// How many of the ready people have consent to WhatsApp.
    pub ready_with_consent: u64,
}

impl PeopleCounts {
    /// Returns how many people were in a segment.
    pub fn people_in(&self, segment: Segment) -> u64 {
        self.segments.get(segment.name()).copied().unwrap_or(0)
    }

    /// Returns how many people could be invited: ready, and without consent to WhatsApp.
    pub fn can_be_invited(&self) -> u64 {
        self.people_in(Segment::Ready).saturating_sub(self.ready_with_consent)
    }
}
