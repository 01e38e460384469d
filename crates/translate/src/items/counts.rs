//! Counts of items by kind, to close the books with.

use std::ops::AddAssign;

use model::ItemCounts;

use super::{Item, ItemKind, ItemOutcome};

/// The counts of items by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ItemTotals {
    pub(super) steps: ItemCounts,
    pub(super) choices: ItemCounts,
    pub(super) slots: ItemCounts,
    /// Other losses on import.
    pub(super) other: ItemCounts,
}

impl ItemTotals {
    pub(super) fn of(items: &[Item]) -> Self {
        let mut totals = Self::default();
        for item in items {
            add(totals.of_kind_mut(item.kind), &item.outcome);
        }
        totals
    }

    fn of_kind(&self, kind: ItemKind) -> &ItemCounts {
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
    pub(super) fn all(&self) -> ItemCounts {
        ItemKind::ALL.into_iter().fold(ItemCounts::default(), |sum, it| sum + *self.of_kind(it))
    }

    /// Whether every item has an outcome.
    pub(super) fn close(&self) -> bool {
        self.all().unaccounted() == 0
    }
}

/// Counts an item. One that is unaccounted for goes in and has no outcome.
pub(super) fn add(counts: &mut ItemCounts, outcome: &ItemOutcome) {
    counts.items_in += 1;
    match outcome {
        ItemOutcome::Carried { .. } => counts.carried += 1,
        ItemOutcome::Lost { .. } => counts.lost += 1,
        ItemOutcome::NotTaken { .. } => counts.not_taken += 1,
        ItemOutcome::Unaccounted => {}
    }
}

impl AddAssign for ItemTotals {
    fn add_assign(&mut self, other: Self) {
        for it in ItemKind::ALL {
            *self.of_kind_mut(it) = *self.of_kind(it) + *other.of_kind(it);
        }
    }
}
