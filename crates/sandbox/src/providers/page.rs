//! Pages of rows, and the faults that pages of APIs have.

use super::{Call, Row};
use crate::FaultKind;

/// The host of a link that leads elsewhere.
const FOREIGN: &str = "https://pages.example.com";

/// The place of a row in the order of moments: pages with tokens go on from it, whatever is added or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// Seconds since 1970.
    pub(crate) at: i64,
    pub(crate) n: u64,
}

impl Key {
    pub(crate) fn of(row: &Row) -> Self {
        Self { at: row.at.as_second(), n: row.n }
    }
}

/// A page of rows.
pub(crate) struct Page<'a, P> {
    pub(crate) rows: Vec<&'a Row>,
    pub(crate) next: Option<Next<P>>,
    /// All rows of all pages, where pages have offsets; with the fault `wrong-total` another number.
    pub(crate) total: usize,
}

/// The link to the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Next<P> {
    /// Where it begins; `None` is the first page.
    pub(crate) from: Option<P>,
    /// Makes a link to a page that was linked before a new one: to be put into the token or a parameter without meaning.
    pub(crate) marker: Option<u64>,
    /// Another scheme and host than the provider's, if the link has to lead there.
    pub(crate) host: Option<&'static str>,
}

impl Call<'_> {
    /// The page of the newest rows that are older than `from`, the newest first. `rows` is a stream or a part of it, in
    /// its order.
    pub(crate) fn page_before<'a>(
        &self,
        rows: &'a [Row],
        from: Option<Key>,
        size: usize,
        is_wanted: impl Fn(&Row) -> bool,
    ) -> Page<'a, Key> {
        let older = from.map_or(rows.len(), |from| rows.partition_point(|it| Key::of(it) < from));
        let mut newest_first = rows.iter().take(older).rev().filter(|it| !it.is_deleted && is_wanted(it));
        self.page(&mut newest_first, from, size, |_, last| last.map(Key::of))
    }

    /// The page that begins after `offset` of the rows. A row that is added or deleted before it shifts it.
    pub(crate) fn page_at<'a>(
        &self,
        mut rows: impl Iterator<Item = &'a Row>,
        offset: usize,
        size: usize,
    ) -> Page<'a, usize> {
        let n_before = rows.by_ref().take(offset).count();
        let page = self.page(&mut rows, Some(offset), size, |n_rows, _| Some(offset + n_rows));
        let wrong = if self.occurs(FaultKind::WrongTotal) { 7 } else { 0 };
        Page { total: n_before + page.total + rows.count() + wrong, ..page }
    }

    /// The page of a number, counted from 0, where an answer has no link: the faults that are about links choose another
    /// page than the one that was asked for.
    pub(crate) fn page_of_number<'a>(
        &self,
        rows: impl Iterator<Item = &'a Row>,
        n_page: usize,
        size: usize,
    ) -> Page<'a, usize> {
        let n_page = match () {
            () if self.occurs(FaultKind::LoopPage) => 0,
            () if self.occurs(FaultKind::RepeatPage) => n_page.saturating_sub(1),
            () => n_page,
        };
        self.page_at(rows, n_page.saturating_mul(size), size)
    }

    /// The size of the page that is given to whoever asks for `size`: half of it with the fault `small-page`.
    pub(crate) fn given_size(&self, size: usize) -> usize {
        if self.occurs(FaultKind::SmallPage) { size.div_ceil(2) } else { size }
    }

    /// Cuts a page from the rows that are left. `after` makes the next place from the number of rows on the page and the
    /// last. The total is that of the rows that were looked at.
    fn page<'a, P: Copy>(
        &self,
        rows: &mut impl Iterator<Item = &'a Row>,
        from: Option<P>,
        size: usize,
        after: impl Fn(usize, Option<&Row>) -> Option<P>,
    ) -> Page<'a, P> {
        let size = match () {
            () if self.occurs(FaultKind::EmptyPage) => 0,
            () => self.given_size(size),
        };
        let page: Vec<&Row> = rows.take(size).collect();
        let is_more = rows.next().is_some();
        let (is_loop, is_repeat) = (self.occurs(FaultKind::LoopPage), self.occurs(FaultKind::RepeatPage));
        let (from, marker) = match () {
            () if is_loop => (None, None),
            () if is_repeat || page.is_empty() => (from, Some(self.n_call)),
            () => (after(page.len(), page.last().copied()), None),
        };
        let host = self.occurs(FaultKind::ForeignLink).then_some(FOREIGN);
        let next = (is_more || is_loop || is_repeat).then_some(Next { from, marker, host });
        Page { total: page.len() + usize::from(is_more), rows: page, next }
    }
}
