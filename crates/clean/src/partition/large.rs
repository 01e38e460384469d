//! Sorts and merges a partition that does not fit into memory, or in which a contact has very many rows.
//!
//! The rows are distributed among parts by splitters, which are taken from a sample of the rows, until a part fits into
//! memory and is sorted. Splitters are pairs of contact and row, so the rows of one contact can be in many parts. Parts
//! come in order. A contact of very many rows is open until all of them have come: they are merged as they come, and
//! their outcomes wait in the spill until the latest row is known. The last contact of each part is open too, because
//! its rows may go on in the next part.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use model::{Contact, ContactId, LedgerRow, Outcome, RowFindings, RowId};

use crate::merge::MergedRows;
use crate::partition::encoding::EncodedRow;
use crate::partition::sorted_run::{SortedRows, SortedRun};
use crate::partition::spill::LargeBucket;
use crate::rules::Rules;

/// Limits the parts among which rows are distributed at once. With more parts, each is written in shorter pieces.
const MOST_PARTS: usize = 256;
/// The rows in the sample, for each part. With more, the parts differ less in size.
const SAMPLES: usize = 16;

/// A contact has very many rows if they are more than so many runs of the usual length.
const MANY_RUNS: usize = 8;

/// The runs of a large partition, in the order of the contacts.
pub(crate) struct LargePartition<'a> {
    rules: &'a Rules,
    /// The least rows of a run.
    n_rows: usize,
    /// An empty bucket, to make others of.
    bucket: LargeBucket<'a>,
    /// Parts that are not sorted yet. The last one is the next.
    parts: Vec<LargeBucket<'a>>,
    /// The part that is sorted, and how many of its rows have been given or are in `open`.
    sorted: Option<(Arc<SortedRows>, usize)>,
    /// A contact whose rows may go on.
    open: Option<OpenContact<'a>>,
    /// A contact that has all its rows.
    closed: Option<ClosedContact<'a>>,
    /// Contacts before the open one.
    runs: VecDeque<SortedRun>,
}

impl<'a> LargePartition<'a> {
    /// The runs of rows that do not fit into memory.
    pub(crate) fn of_bucket(rules: &'a Rules, rows: LargeBucket<'a>, n_rows: usize) -> Self {
        let bucket = rows.another();
        Self { parts: vec![rows], ..Self::empty(rules, bucket, n_rows) }
    }

    /// The runs of rows that fit into memory. `bucket` must be empty.
    pub(crate) fn of_rows(rules: &'a Rules, rows: Arc<SortedRows>, bucket: LargeBucket<'a>, n_rows: usize) -> Self {
        Self { sorted: Some((rows, 0)), ..Self::empty(rules, bucket, n_rows) }
    }

    fn empty(rules: &'a Rules, bucket: LargeBucket<'a>, n_rows: usize) -> Self {
        let n_rows = n_rows.max(1);
        let (parts, runs) = (Vec::new(), VecDeque::new());
        Self { rules, n_rows, bucket, parts, sorted: None, open: None, closed: None, runs }
    }

    fn next_run(&mut self) -> io::Result<Option<SortedRun>> {
        loop {
            if let Some(mut closed) = self.closed.take() {
                match closed.next_run(self.n_rows)? {
                    None => closed.ledger.bucket.forget()?,
                    run => {
                        self.closed = Some(closed);
                        return Ok(run);
                    }
                }
            }
            if let Some(run) = self.runs.pop_front() {
                return Ok(Some(run));
            }
            if let Some((part, start)) = self.sorted.take() {
                self.go_on(part, start)?;
            } else if let Some(part) = self.parts.pop() {
                match splitters(&part)? {
                    splitters if splitters.is_empty() => {
                        self.sorted = Some((Arc::new(SortedRows::of(part.take()?)), 0))
                    }
                    splitters => self.parts.extend(distribute(part, &splitters)?.into_iter().rev()),
                }
            } else if let Some(open) = self.open.take() {
                self.closed = Some(open.close(self.rules)?);
            } else {
                return Ok(None);
            }
        }
    }

    /// Goes on with the rows of a part from `start` on.
    fn go_on(&mut self, part: Arc<SortedRows>, mut start: usize) -> io::Result<()> {
        let n_rows = part.rows.len();
        if let Some(mut open) = self.open.take() {
            let is_going_on = start < n_rows && part.rows[start].id() == open.id;
            let end = if is_going_on { part.end_of_contact(start) } else { start };
            open.add(self.rules, &part.bytes, &part.rows[start..end])?;
            if end < n_rows {
                self.closed = Some(open.close(self.rules)?);
                self.sorted = Some((part, end));
            } else {
                self.open = Some(open);
            }
            return Ok(());
        }
        let first = start;
        while start < n_rows {
            let end = part.end_of_contact(start);
            if end == n_rows || end - start > MANY_RUNS * self.n_rows {
                let mut open = OpenContact::new(self.rules, part.rows[start].id(), self.bucket.another());
                open.add(self.rules, &part.bytes, &part.rows[start..end])?;
                self.open = Some(open);
                self.runs = part.runs(first..start, self.n_rows).into();
                self.sorted = (end < n_rows).then_some((part, end));
                return Ok(());
            }
            start = end;
        }
        Ok(())
    }
}

/// Whether a contact has very many rows: it is in a run of its own, or at the end of one.
pub(crate) fn has_very_many(runs: &[SortedRun], n_rows: usize) -> bool {
    let is_long = |it: &SortedRun| matches!(it, SortedRun::Rows(it) if it.rows.len() > (MANY_RUNS + 1) * n_rows.max(1));
    runs.iter().any(is_long)
}

impl Iterator for LargePartition<'_> {
    type Item = io::Result<SortedRun>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_run().transpose()
    }
}

/// Where to cut a part, so that the parts of it fit into memory. None if it fits already.
fn splitters(part: &LargeBucket) -> io::Result<Vec<(ContactId, RowId)>> {
    if part.n_bytes <= part.budget {
        return Ok(Vec::new());
    }
    let n_parts = (2 * part.n_bytes / part.budget.max(1)).clamp(2, MOST_PARTS);
    let distance = part.n_bytes / (SAMPLES * n_parts);
    let (mut sample, mut next, mut n_read) = (Vec::new(), 0, 0);
    each_row(part, |row, bytes| {
        n_read += row.encoded(bytes).len();
        if n_read >= next {
            sample.push(row.key(bytes));
            next = n_read + distance;
        }
        Ok(())
    })?;
    sample.sort_unstable();
    let mut splitters: Vec<_> = (1..n_parts).map(|it| sample[it * sample.len() / n_parts]).collect();
    // Without the least row of the sample, there are rows on both sides of every splitter.
    splitters.retain(|it| *it > sample[0]);
    splitters.dedup();
    Ok(splitters)
}

/// Distributes the rows among parts, which come in order: each begins with a splitter.
fn distribute<'a>(part: LargeBucket<'a>, splitters: &[(ContactId, RowId)]) -> io::Result<Vec<LargeBucket<'a>>> {
    let mut parts: Vec<LargeBucket> = (0..=splitters.len()).map(|_| part.another()).collect();
    let mut waiting = vec![Vec::new(); parts.len()];
    let mut n_waiting = 0;
    // The buffers are made anew each time. Of rows that come in their order, each would grow to all that may wait.
    let mut write = |waiting: &mut Vec<Vec<u8>>| {
        parts.iter_mut().zip(waiting).try_for_each(|(part, bytes)| part.put(&std::mem::take(bytes)))
    };
    each_row(&part, |row, bytes| {
        let key = row.key(bytes);
        let row = row.encoded(bytes);
        waiting[splitters.partition_point(|it| *it <= key)].extend_from_slice(row);
        n_waiting += row.len();
        if n_waiting > part.budget / 2 {
            n_waiting = 0;
            write(&mut waiting)?;
        }
        Ok(())
    })?;
    write(&mut waiting)?;
    part.forget()?;
    Ok(parts)
}

/// Reads all rows of a bucket, piece by piece. `each` is given a row with the bytes to decode it from.
pub(crate) fn each_row(
    bucket: &LargeBucket,
    mut each: impl FnMut(&EncodedRow, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    bucket.each_piece(|bytes| {
        let rows = EncodedRow::all(bytes);
        rows.iter().try_for_each(|it| each(it, bytes))?;
        Ok(rows.last().map_or(0, EncodedRow::end))
    })
}

/// A contact whose rows may go on in the next part.
struct OpenContact<'a> {
    id: ContactId,
    is_suppressed: bool,
    merged: MergedRows<'static>,
    ledger: Ledger<'a>,
}

impl<'a> OpenContact<'a> {
    fn new(rules: &Rules, id: ContactId, bucket: LargeBucket<'a>) -> Self {
        let is_suppressed = rules.suppressed.contains(&id);
        Self { id, is_suppressed, merged: MergedRows::default(), ledger: Ledger { bucket, waiting: Vec::new() } }
    }

    /// Adds rows, which come in their order.
    fn add(&mut self, rules: &Rules, bytes: &[u8], rows: &[EncodedRow]) -> io::Result<()> {
        let mut merged = MergedRows::default();
        for row in rows {
            let row = row.decode(bytes);
            self.ledger.push(row.row_id, row.findings)?;
            if !self.is_suppressed {
                merged.add(rules, row);
            }
        }
        self.merged.merge(merged.into_owned());
        Ok(())
    }

    fn close(mut self, rules: &Rules) -> io::Result<ClosedContact<'a>> {
        self.ledger.close()?;
        let latest = self.merged.latest_row();
        let contact = (!self.is_suppressed).then(|| Box::new(self.merged.finish(rules, self.id)));
        Ok(ClosedContact {
            id: self.id,
            latest,
            contact,
            is_suppressed: self.is_suppressed,
            ledger: self.ledger,
            n_given: 0,
        })
    }
}

/// A contact that has all its rows, and their outcomes.
struct ClosedContact<'a> {
    id: ContactId,
    is_suppressed: bool,
    latest: Option<RowId>,
    /// Given with the first rows.
    contact: Option<Box<Contact>>,
    ledger: Ledger<'a>,
    n_given: usize,
}

impl ClosedContact<'_> {
    /// The outcomes of the next rows. None after the last.
    fn next_run(&mut self, n_rows: usize) -> io::Result<Option<SortedRun>> {
        let rows = self.ledger.rows(self.n_given, n_rows)?;
        if rows.is_empty() {
            return Ok(None);
        }
        self.n_given += rows.len();
        let outcome = |row| match row {
            _ if self.is_suppressed => Outcome::Suppressed,
            row if Some(row) == self.latest => Outcome::Kept,
            _ => Outcome::Merged,
        };
        let ledger = rows
            .into_iter()
            .map(|(row, findings)| LedgerRow {
                row,
                outcome: outcome(row),
                reason: None,
                contact_id: Some(self.id),
                findings,
            })
            .collect();
        Ok(Some(SortedRun::Merged { contact: self.contact.take(), ledger }))
    }
}

/// The rows of an open contact and their findings: in memory if they are few, else in a bucket.
struct Ledger<'a> {
    bucket: LargeBucket<'a>,
    waiting: Vec<u8>,
}

impl Ledger<'_> {
    /// The bytes of a row: source, record and findings.
    const ROW_BYTES: usize = 2 + 8 + 2;
    /// Limits the bytes of rows that are in memory.
    const MOST_WAITING: usize = 64 * 1024;

    fn push(&mut self, row: RowId, findings: RowFindings) -> io::Result<()> {
        self.waiting.extend(row.source.to_le_bytes());
        self.waiting.extend(row.record.to_le_bytes());
        self.waiting.extend(findings.0.to_le_bytes());
        if self.waiting.len() > Self::MOST_WAITING { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        self.bucket.put(&std::mem::take(&mut self.waiting))
    }

    fn close(&mut self) -> io::Result<()> {
        if self.bucket.n_bytes > 0 { self.write() } else { Ok(()) }
    }

    /// Up to so many rows from one on, once the ledger is closed.
    fn rows(&self, first: usize, n_rows: usize) -> io::Result<Vec<(RowId, RowFindings)>> {
        let (start, n_bytes) = (first * Self::ROW_BYTES, n_rows * Self::ROW_BYTES);
        let bytes = match self.bucket.n_bytes {
            0 => self.waiting[start..self.waiting.len().min(start + n_bytes)].to_vec(),
            _ => self.bucket.read(start, n_bytes)?,
        };
        Ok(bytes.chunks_exact(Self::ROW_BYTES).filter_map(Self::row).collect())
    }

    fn row(bytes: &[u8]) -> Option<(RowId, RowFindings)> {
        let (source, rest) = bytes.split_first_chunk()?;
        let (record, findings) = rest.split_first_chunk()?;
        let row = RowId { source: u16::from_le_bytes(*source), record: u64::from_le_bytes(*record) };
        Some((row, RowFindings(u16::from_le_bytes(findings.try_into().ok()?))))
    }
}
