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
}

/// Whether the records of the next page are those behind this one.
pub(crate) enum Moved {
    On(Option<Call>),
    /// Records have disappeared: those before are read again.
    Back(Call),
}

impl Offset {
    pub(crate) fn of(first: &Call, spec: &StreamSpec) -> Self {
        let at = first.state["offset"].as_u64().unwrap_or(0);
        Self { at, page_rows: u64::from(spec.page_rows.max(1)), step: 1 }
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
        self.at += n_rows.saturating_sub(1).max(1);
        Moved::On(stream.at_offset(window, self.at))
    }
}
