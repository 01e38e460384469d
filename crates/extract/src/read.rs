//! From a file to its rows.

use std::fs::File;
use std::io::{self, Read};

use model::{Hasher, Reason};

use crate::probe::{separator, text};
use crate::records::{Record, Records};
use crate::{ExtractError, Probe};

/// One row of a file.
#[derive(Debug)]
pub struct Row<'a> {
    /// Counts from 1, the header not among them.
    pub record: u64,
    /// The line of the file on which the row starts; the first is 1.
    pub line: u64,
    pub cells: Result<Cells<'a>, Unreadable<'a>>,
}

/// The cells of a row, as many as the header has.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a>(&'a csv::StringRecord);

/// A row without cells: why, and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable<'a> {
    pub reason: Reason,
    pub text: std::borrow::Cow<'a, str>,
}

impl<'a> Cells<'a> {
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        self.0.iter()
    }
}

/// Gives every row of the file to `each`, in their order, in constant memory.
///
/// The file must still be what [`probe`](crate::probe()) saw.
pub fn read<E: From<ExtractError>>(probe: &Probe, mut each: impl FnMut(Row) -> Result<(), E>) -> Result<(), E> {
    let failed = |source| ExtractError::Read { path: probe.path.clone(), source };
    let file = File::open(&probe.path).map_err(failed)?;
    let mut hashing = Hashing { file, hasher: Hasher::default(), n_bytes: 0 };
    let mut records = Records::new(text(&mut hashing, probe.encoding), probe.delimiter);
    let mut reader = RowReader::new(probe);

    while let Some(record) = records.next_record().map_err(failed)? {
        if let Some(row) = reader.row(record)? {
            each(row)?;
        }
    }
    drop(records);
    match hashing.hasher.finish() == probe.digest && hashing.n_bytes == probe.n_bytes {
        true => Ok(()),
        false => Err(ExtractError::Changed { path: probe.path.clone() }.into()),
    }
}

/// Digests what passes through, to tell whether the file changed under our hands.
struct Hashing {
    file: File,
    hasher: Hasher,
    n_bytes: u64,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.file.read(buffer)?;
        self.hasher.update(&buffer[..n_read]);
        self.n_bytes += n_read as u64;
        Ok(n_read)
    }
}

/// Splits records into cells.
struct RowReader<'a> {
    probe: &'a Probe,
    core: csv_core::Reader,
    cells: csv::StringRecord,
    /// The output of the splitter, kept to be used again.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    n_records: u64,
    is_past_header: bool,
}

impl<'a> RowReader<'a> {
    fn new(probe: &'a Probe) -> Self {
        Self {
            probe,
            core: csv_core::ReaderBuilder::new().delimiter(probe.delimiter).build(),
            cells: csv::StringRecord::new(),
            bytes: Vec::new(),
            ends: Vec::new(),
            n_records: 0,
            is_past_header: false,
        }
    }

    /// The row of a record; none for the header and what stands before it.
    fn row<'r>(&'r mut self, record: Record<'r>) -> Result<Option<Row<'r>>, ExtractError> {
        if !self.is_past_header {
            // The probe has read the header from the same bytes.
            self.is_past_header = !matches!(record, Record::Whole { bytes, .. } if separator(bytes).is_some());
            return Ok(None);
        }
        self.n_records += 1;
        let record_number = self.n_records;
        let (line, cells) = match record {
            Record::Whole { line, bytes, is_ended } => (line, self.cells(line, bytes, is_ended)?),
            Record::BadQuote { line, bytes } => (line, Err(unreadable(Reason::Quote, bytes))),
            Record::TooLong { line, start, n_bytes } => {
                let text = format!("{} … ({n_bytes} bytes)", start.escape_ascii()).into();
                (line, Err(Unreadable { reason: Reason::Record, text }))
            }
        };
        Ok(Some(Row { record: record_number, line, cells }))
    }

    fn cells<'r>(
        &'r mut self,
        line: u64,
        bytes: &'r [u8],
        is_ended: bool,
    ) -> Result<Result<Cells<'r>, Unreadable<'r>>, ExtractError> {
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(Err(unreadable(Reason::Encoding, bytes))) };
        // What a decoder could not read, it replaced; UTF-8 itself was not decoded.
        if self.probe.encoding != crate::Encoding::Utf8 && text.contains('\u{fffd}') {
            return Ok(Err(unreadable(Reason::Encoding, bytes)));
        }
        if !self.split(bytes) {
            return Err(ExtractError::Disagreement { path: self.probe.path.clone(), line });
        }
        let n_columns = self.probe.header.len();
        if self.cells.len() != n_columns {
            let is_cut = !is_ended && self.cells.len() < n_columns;
            return Ok(Err(unreadable(if is_cut { Reason::Truncated } else { Reason::Fields }, bytes)));
        }
        if self.cells.iter().map(str::trim).eq(self.probe.header.iter().map(String::as_str)) {
            return Ok(Err(unreadable(Reason::Header, bytes)));
        }
        Ok(Ok(Cells(&self.cells)))
    }

    /// Splits one whole record; false if the splitter does not take it as one.
    fn split(&mut self, bytes: &[u8]) -> bool {
        use csv_core::ReadRecordResult::{End, InputEmpty, OutputEndsFull, OutputFull, Record};
        self.bytes.resize(self.bytes.len().max(bytes.len() + 1), 0);
        self.ends.resize(self.ends.len().max(self.probe.header.len() + 1), 0);
        self.core.reset();
        let (mut n_in, mut n_out, mut n_ends) = (0, 0, 0);
        loop {
            let (result, read, written, ended) =
                self.core.read_record(&bytes[n_in..], &mut self.bytes[n_out..], &mut self.ends[n_ends..]);
            n_in += read;
            n_out += written;
            n_ends += ended;
            match result {
                // The end of the input ends the record: an empty read says so.
                InputEmpty => {}
                OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                Record => break,
                End => return false,
            }
        }
        self.cells.clear();
        let mut start = 0;
        for &end in &self.ends[..n_ends] {
            let Ok(cell) = std::str::from_utf8(&self.bytes[start..end]) else { return false };
            self.cells.push_field(cell);
            start = end;
        }
        n_in == bytes.len()
    }
}

/// Text as it is where it can be shown, else with its odd bytes spelled out.
fn unreadable(reason: Reason, bytes: &[u8]) -> Unreadable<'_> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.escape_ascii().to_string().into(),
    };
    Unreadable { reason, text }
}
