//! What is remembered of a window while it is read, and what its pages must not do.

use std::collections::HashSet;

use model::Digest;

use crate::{Call, PageRead};

/// More empty pages than this in a row are no pages.
const MOST_EMPTY_PAGES: u64 = 1000;
/// A provider that repeats more pages than this in a row goes round in a circle, whatever its links say.
const MOST_STALE_PAGES: u64 = 10;

/// The state of a window.
#[derive(Default)]
pub(crate) struct WindowState {
    /// The ids of its records.
    pub(crate) ids: HashSet<String>,
    /// The digests of the calls that were made.
    visited: HashSet<u128>,
    pub(crate) pages: u64,
    /// Records that came, those that came again among them.
    pub(crate) rows: u64,
    /// Pages without a record, and pages without a new one, since the last page with one.
    n_empty: u64,
    n_stale: u64,
    /// What the first and the last page that say it state as the number of records.
    pub(crate) totals: Option<(u64, u64)>,
    /// How often records had moved between two pages.
    pub(crate) moves: u64,
    /// Whether an order was noted and its answer was not.
    pub(crate) is_order_open: bool,
}

/// What a page did that pages must not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Circle,
    OnlyEmpty,
}

impl WindowState {
    /// Adds a page.
    pub(crate) fn add(&mut self, call: &Call, page: &PageRead) {
        self.visited.insert(digest_of(call));
        self.pages += 1;
        self.rows += page.rows.len() as u64;
        let before = self.ids.len();
        self.ids.extend(page.rows.iter().filter(|it| !it.id.is_empty()).map(|it| it.id.clone()));
        let has_new = self.ids.len() > before || page.rows.iter().any(|it| it.id.is_empty());
        self.n_empty = if page.rows.is_empty() { self.n_empty + 1 } else { 0 };
        self.n_stale = if has_new || page.rows.is_empty() { 0 } else { self.n_stale + 1 };
        if let Some(total) = page.total {
            self.totals = Some((self.totals.map_or(total, |it| it.0), total));
        }
    }

    /// Begins another pass over the same list: calls come again, and records are known.
    pub(crate) fn begin_pass(&mut self) {
        self.visited.clear();
        self.totals = None;
        (self.n_empty, self.n_stale) = (0, 0);
    }

    /// Notes that records have moved: calls that were made before may come again.
    pub(crate) fn note_move(&mut self) {
        self.moves += 1;
        self.visited.clear();
    }

    /// Returns whether a page has a record that came before.
    pub(crate) fn knows_one_of(&self, page: &PageRead) -> bool {
        page.rows.iter().any(|it| self.ids.contains(&it.id))
    }

    /// Judges the call that comes next.
    pub(crate) fn fault(&self, next: &Call, may_repeat: bool) -> Option<Fault> {
        match () {
            () if self.n_empty > MOST_EMPTY_PAGES => Some(Fault::OnlyEmpty),
            () if may_repeat => None,
            () if self.visited.contains(&digest_of(next)) || self.n_stale > MOST_STALE_PAGES => Some(Fault::Circle),
            () => None,
        }
    }
}

fn digest_of(call: &Call) -> u128 {
    let bytes = serde_json::to_vec(call).unwrap_or_default();
    Digest::of_parts([bytes.as_slice()]).first_half()
}
