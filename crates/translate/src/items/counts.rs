//! Counts of items, to close the books with.

use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Item, ItemKind, ItemOutcome};

/// How many items there are, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ItemCounts {
    pub n_in: u64,
    pub carried: u64,
    /// Lost by name: a finding says so.
    pub lost: u64,
    /// Items of scenarios that were refused.
    pub not_taken: u64,
    /// Items that nothing says anything about: an error of Ferry's.
    pub unaccounted: u64,
}

/// The counts of items by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ItemTotals {
    pub steps: ItemCounts,
    pub choices: ItemCounts,
    pub slots: ItemCounts,
    /// Other losses on import.
    pub other: ItemCounts,
}

impl ItemCounts {
    pub fn add(&mut self, outcome: &ItemOutcome) {
        self.n_in += 1;
        match outcome {
            ItemOutcome::Carried { .. } => self.carried += 1,
            ItemOutcome::Lost { .. } => self.lost += 1,
            ItemOutcome::NotTaken { .. } => self.not_taken += 1,
            ItemOutcome::Unaccounted => self.unaccounted += 1,
        }
    }

    /// Whether the books close: items in = carried + lost by name + not taken.
    pub fn closes(&self) -> bool {
        self.n_in == self.carried + self.lost + self.not_taken
    }
}

impl ItemTotals {
    pub fn of(items: &[Item]) -> Self {
        let mut totals = Self::default();
        for item in items {
            totals.of_kind_mut(item.kind).add(&item.outcome);
        }
        totals
    }

    pub fn of_kind(&self, kind: ItemKind) -> &ItemCounts {
        match kind {
            ItemKind::Step => &self.steps,
            ItemKind::Choice => &self.choices,
            ItemKind::Slot => &self.slots,
            ItemKind::Other => &self.other,
        }
    }

    fn of_kind_mut(&mut self, kind: ItemKind) -> &mut ItemCounts {
        match kind {
            ItemKind::Step => &mut self.steps,
            ItemKind::Choice => &mut self.choices,
            ItemKind::Slot => &mut self.slots,
            ItemKind::Other => &mut self.other,
        }
    }

    /// The counts of all kinds together.
    pub fn all(&self) -> ItemCounts {
        let mut all = ItemCounts::default();
        ItemKind::ALL.into_iter().for_each(|it| all += *self.of_kind(it));
        all
    }
}

impl AddAssign for ItemCounts {
    fn add_assign(&mut self, other: Self) {
        self.n_in += other.n_in;
        self.carried += other.carried;
        self.lost += other.lost;
        self.not_taken += other.not_taken;
        self.unaccounted += other.unaccounted;
    }
}

impl AddAssign for ItemTotals {
    fn add_assign(&mut self, other: Self) {
        ItemKind::ALL.into_iter().for_each(|it| *self.of_kind_mut(it) += *other.of_kind(it));
    }
}
