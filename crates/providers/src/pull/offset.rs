//! Lists that are read by counting records, and that may move while they are read.

use pages::Window;

use crate::pull::guard::WindowState;
use crate::{Call, PageRead, Paging, Stream, StreamSpec};

/// Where a stream that counts records is.
pub(crate) struct Offset {
    at: u64,
    /// The most rows that a page can have, and how many such pages the next step back goes.
    page_rows: u64,
    step: u64,
    /// Where an empty page came, and how many records were known then: one that comes there again is behind the last record.
    empty_at: Option<(u64, usize)>,
    /// How often the same place was asked for again, because its page had nothing new.
    n_again: u32,
    /// How far the list was read: what comes before that again is known.
    frontier: u64,
}

/// A page without a new record is asked for so often before records are taken to have moved down.
const MOST_AGAIN: u32 = 2;

/// Whether the records of the next page are those behind this one.
pub(crate) enum Moved {
    On(Option<Call>),
    /// Records have disappeared: those before are read again.
    Back(Call),
    /// The same call is made once more.
    Again(Call),
}

impl Offset {
    pub(crate) fn of(first: &Call, spec: &StreamSpec) -> Self {
        let at = first.state["offset"].as_u64().unwrap_or(0);
        Self { at, page_rows: u64::from(spec.page_rows.max(1)), step: 1, empty_at: None, n_again: 0, frontier: at }
    }

    /// Returns the call behind a page. Pages overlap by a record: one without a known record begins behind records that
    /// have moved up, which no page has shown. Then one page before is read again, two if that is not enough, four, …
    pub(crate) fn next(
        &mut self,
        stream: &dyn Stream,
        window: Option<Window>,
        paging: Paging,
        state: &WindowState,
        page: &PageRead,
    ) -> Moved {
        if paging != Paging::Offset {
            return Moved::On(page.next.clone());
        }
        if page.rows.is_empty() {
            // Whatever its link says.
            let here = (self.at, state.ids.len());
            if self.at == 0 || self.empty_at.replace(here) == Some(here) {
                return Moved::On(None);
            }
        }
        if self.at > 0 && !state.knows_one_of(page) {
            self.at = self.at.saturating_sub(self.page_rows.saturating_mul(self.step));
            self.step = self.step.saturating_mul(2);
            return match stream.at_offset(window, self.at) {
                Some(call) => Moved::Back(call),
                None => Moved::On(None),
            };
        }
        self.step = 1;
        if page.next.is_none() {
            return Moved::On(None);
        }
        let n_rows = page.rows.len() as u64;
        // A page that came before, in place of this one; or records have been added above, and all have moved down.
        let has_new = page.rows.iter().any(|it| !state.ids.contains_key(&it.id));
        if !has_new && n_rows > 1 && self.at > self.frontier.saturating_sub(1) && self.n_again < MOST_AGAIN {
            self.n_again += 1;
            return match stream.at_offset(window, self.at) {
                Some(call) => Moved::Again(call),
                None => Moved::On(None),
            };
        }
        self.n_again = 0;
        self.at += n_rows.saturating_sub(1).max(1);
        self.frontier = self.frontier.max(self.at);
        Moved::On(stream.at_offset(window, self.at))
    }
}
