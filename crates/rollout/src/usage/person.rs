//! What one person was written in 24 hours.

use crate::moment::Micros;

/// A message to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PersonEntry {
    pub(super) at: Micros,
    pub(super) number: u64,
    pub(super) is_spaced: bool,
    pub(super) opens: bool,
    /// Whether the number of the pair sent it.
    pub(super) counts_for_pair: bool,
}

/// The messages to one person, in order of time.
#[derive(Clone, Debug)]
pub(super) struct Person {
    entries: Vec<PersonEntry>,
    /// Up to when the pair rate is used, if each message takes an interval of its own.
    pair_used_to: Micros,
}

impl Default for Person {
    fn default() -> Self {
        Self { entries: Vec::new(), pair_used_to: Micros::MIN }
    }
}

impl Person {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn insert(&mut self, entry: PersonEntry, pair_interval: Micros) {
        let place = self.entries.partition_point(|it| (it.at, it.number) < (entry.at, entry.number));
        let is_last = place == self.entries.len();
        self.entries.insert(place, entry);
        if !entry.counts_for_pair {
            return;
        }
        if is_last {
            self.pair_used_to = self.pair_used_to.max(entry.at).saturating_add(pair_interval);
        } else {
            self.count_pair(pair_interval);
        }
    }

    /// Counts the pair rate anew. What was borrowed more than 24 hours ago is forgotten.
    pub(super) fn count_pair(&mut self, pair_interval: Micros) {
        let next = |used_to: Micros, it: &PersonEntry| used_to.max(it.at).saturating_add(pair_interval);
        self.pair_used_to = self.entries.iter().filter(|it| it.counts_for_pair).fold(Micros::MIN, next);
    }

    /// Changes the messages that are meant. Says whether there was one.
    pub(super) fn change(
        &mut self,
        is_meant: impl Fn(&PersonEntry) -> bool,
        change: impl Fn(&mut PersonEntry),
    ) -> bool {
        let mut was_found = false;
        for entry in self.entries.iter_mut().filter(|it| is_meant(it)) {
            change(entry);
            was_found = true;
        }
        was_found
    }

    pub(super) fn forget_until(&mut self, past: Micros) {
        let n_past = self.entries.partition_point(|it| it.at <= past);
        self.entries.drain(..n_past);
    }

    /// The last message that counts for the people of a day.
    pub(super) fn last_opening(&self) -> Option<Micros> {
        self.entries.iter().rev().find(|it| it.opens).map(|it| it.at)
    }

    /// The last message up to a moment that counts for the people of a day.
    pub(super) fn last_opening_until(&self, until: Micros) -> Option<Micros> {
        self.entries.iter().rev().find(|it| it.opens && it.at <= until).map(|it| it.at)
    }

    /// When the pair rate leaves room for one more, with so many ahead of it.
    pub(super) fn pair_free_at(&self, burst: u32, interval: Micros) -> Micros {
        self.pair_used_to.saturating_sub(i64::from(burst.saturating_sub(1)).saturating_mul(interval))
    }

    /// When the n-th latest marketing message or notice was, n from 1.
    pub(super) fn latest_spaced(&self, n: usize) -> Option<Micros> {
        self.entries.iter().rev().filter(|it| it.is_spaced).nth(n.checked_sub(1)?).map(|it| it.at)
    }
}
