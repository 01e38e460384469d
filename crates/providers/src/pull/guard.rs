//! What is remembered of a window while it is read, and what its pages must not do.

use std::collections::{HashMap, HashSet};

use model::Digest;

use crate::{Call, PageRead};

/// More empty pages than this in a row are no pages.
const MOST_EMPTY_PAGES: u64 = 200;
/// In place of a pass: the record came on a page in front of which others may be missing.
const BEHIND_GAP: u32 = u32::MAX;
/// Records that have moved so often without a new one have not moved: the list never becomes whole.
const MOST_IDLE_MOVES: u64 = 20;
/// A provider that repeats more pages than this in a row goes round in a circle, whatever its links say.
const MOST_STALE_PAGES: u64 = 10;

/// The state of a window.
#[derive(Default)]
pub(crate) struct WindowState {
    /// The ids of its records, each with the pass that saw it last, or [`BEHIND_GAP`].
    pub(crate) ids: HashMap<String, u32>,
    /// Passes that were begun before. A move begins one too, because what follows is read again.
    pass: u32,
    /// Records that were known when this pass began.
    n_known: usize,
    /// Pages with records in this pass, the records of the largest and of the last of them, and whether one in front of
    /// another was shorter: then those between its end and the next number are missing.
    n_filled: u64,
    most_rows: usize,
    last_rows: usize,
    has_short_page: bool,
    /// The digests of the calls that were made.
    visited: HashSet<u128>,
    pub(crate) pages: u64,
    /// Records that came, those that came again among them.
    pub(crate) rows: u64,
    /// Pages without a record, pages without one that is new in this pass, and moves, since the last page with one.
    n_empty: u64,
    n_stale: u64,
    n_idle_moves: u64,
    /// What the last page that says it states as the number of records.
    pub(crate) total: Option<u64>,
    /// Whether pages of this pass state different numbers of records.
    has_total_changed: bool,
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
        let (mut has_new, n_known) = (false, self.ids.len());
        for row in &page.rows {
            // A record without an id counts as one that was not seen.
            has_new |= row.id.is_empty() || self.ids.insert(row.id.clone(), self.pass) != Some(self.pass);
        }
        self.ids.remove("");
        if self.ids.len() > n_known {
            self.n_idle_moves = 0;
        }
        if !page.rows.is_empty() {
            self.n_filled += 1;
            self.most_rows = self.most_rows.max(page.rows.len());
            self.has_short_page |= self.last_rows > 0 && self.last_rows < self.most_rows;
            self.last_rows = page.rows.len();
        }
        self.n_empty = if page.rows.is_empty() { self.n_empty + 1 } else { 0 };
        self.n_stale = if has_new || page.rows.is_empty() { 0 } else { self.n_stale + 1 };
        if let Some(total) = page.total {
            self.has_total_changed |= self.total.is_some_and(|it| it != total);
            self.total = Some(total);
        }
    }

    /// Begins another pass over the same list: calls come again, and records are known.
    pub(crate) fn begin_pass(&mut self) {
        self.visited.clear();
        self.pass += 1;
        (self.n_known, self.n_filled) = (self.ids.len(), 0);
        (self.most_rows, self.last_rows, self.has_short_page) = (0, 0, false);
        (self.total, self.has_total_changed) = (None, false);
        (self.n_empty, self.n_stale) = (0, 0);
    }

    /// Returns whether a pass over a numbered list proves that the list was read, and notes a move if the list has changed.
    ///
    /// A record that disappears while another is added moves the records between, and the total stays as it was. So a pass
    /// counts if it has brought nothing new, or if one page had the whole list.
    pub(crate) fn proves_list(&mut self) -> bool {
        let has_new = self.ids.len() > self.n_known;
        let is_one_page = self.n_filled <= 1 && self.total == Some(self.ids.len() as u64);
        let is_first = self.n_known == 0;
        self.moves += u64::from(self.has_total_changed || (has_new && !is_first));
        !self.lacks_records() && !self.has_total_changed && (!has_new || is_one_page)
    }

    /// Returns whether records are known to be missing: the provider says that there are more, or a page was shorter than
    /// the number of the next one tells.
    pub(crate) fn lacks_records(&self) -> bool {
        self.has_short_page || self.total.is_some_and(|it| it > self.ids.len() as u64)
    }

    /// Notes that records have moved, as this page shows, which was added: calls that were made before may come again. Its
    /// records say nothing about where the gap begins.
    pub(crate) fn note_move(&mut self, page: &PageRead) {
        self.moves += 1;
        self.n_idle_moves += 1;
        self.visited.clear();
        self.pass += 1;
        self.n_stale = 0;
        for row in &page.rows {
            self.ids.entry(row.id.clone()).and_modify(|it| *it = BEHIND_GAP);
        }
    }

    /// Lets a call be made once more.
    pub(crate) fn allow_again(&mut self, call: &Call) {
        self.visited.remove(&digest_of(call));
    }

    /// Returns whether a call was made before in this pass.
    pub(crate) fn has_made(&self, call: &Call) -> bool {
        self.visited.contains(&digest_of(call))
    }

    /// Returns whether a page has a record up to which the list has no gap.
    pub(crate) fn knows_one_of(&self, page: &PageRead) -> bool {
        page.rows.iter().any(|it| self.ids.get(&it.id).is_some_and(|it| *it != BEHIND_GAP))
    }

    /// Judges the call that comes next.
    pub(crate) fn fault(&self, next: &Call, may_repeat: bool) -> Option<Fault> {
        match () {
            () if self.n_empty > MOST_EMPTY_PAGES => Some(Fault::OnlyEmpty),
            () if self.n_idle_moves > MOST_IDLE_MOVES => Some(Fault::Circle),
            () if may_repeat => None,
            () if self.has_made(next) || self.n_stale > MOST_STALE_PAGES => Some(Fault::Circle),
            () => None,
        }
    }
}

fn digest_of(call: &Call) -> u128 {
    let bytes = serde_json::to_vec(call).unwrap_or_default();
    Digest::of_parts([bytes.as_slice()]).first_half()
}
