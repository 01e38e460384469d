//! Splits the records of CSV text into cells.

use std::io::Read;
use std::path::Path;

use csv::StringRecord;
use model::{Reason, is_total};

use crate::error::ExtractError;
use crate::formats::csv::head::separator;
use crate::formats::csv::records::{CsvRecord, CsvScanner};
use crate::row::{ReadSummary, Unreadable};
use crate::text::encoding::Encoding;

/// A CSV text whose head has been read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CsvFile<'a> {
    pub(crate) path: &'a Path,
    pub(crate) delimiter: u8,
    pub(crate) encoding: Encoding,
    pub(crate) header: &'a [String],
    pub(crate) has_header: bool,
    /// The line of the header, or of the first row if there is none.
    pub(crate) first_line: u64,
}

/// Gives the line and the cells of every row to `each`, in constant memory.
pub(crate) fn read_csv<E: From<ExtractError>>(
    text: impl Read,
    file: CsvFile,
    mut each: impl FnMut(u64, Result<&StringRecord, Unreadable>) -> Result<(), E>,
) -> Result<ReadSummary, E> {
    let failed = |source| ExtractError::Read { path: file.path.to_owned(), source };
    let mut scanner = CsvScanner::new(text, file.delimiter);
    let mut reader = RowReader::new(file);
    let mut summary = ReadSummary::default();
    let mut is_past_header = !file.has_header;
    while let Some(record) = scanner.next_record().map_err(failed)? {
        if record.line() < file.first_line {
            let is_separator = matches!(record, CsvRecord::Whole { bytes, .. } if separator(bytes).is_some());
            summary.n_title_lines += u64::from(!is_separator);
            continue;
        }
        // The columns are known from the probe of the same bytes.
        if !std::mem::replace(&mut is_past_header, true) {
            continue;
        }
        match record {
            CsvRecord::Whole { line, bytes, is_ended } => {
                summary.is_last_line_open = !is_ended;
                match reader.cells(line, bytes, is_ended)? {
                    Ok(cells) if is_header(cells, file.header) => summary.n_repeated_headers += 1,
                    Ok(cells) => {
                        summary.n_stray_quotes += u64::from(has_stray_quote(bytes, file.delimiter));
                        each(line, Ok(cells))?;
                    }
                    Err(unread) => each(line, Err(unread))?,
                }
            }
            CsvRecord::BadQuote { line, bytes } => each(line, Err(Unreadable::new(Reason::Quote, bytes)))?,
            CsvRecord::TooLong { line, start, n_bytes } => each(line, Err(Unreadable::too_long(start, n_bytes)))?,
        }
    }
    Ok(summary)
}

/// Splits records into cells.
struct RowReader<'a> {
    file: CsvFile<'a>,
    core: csv_core::Reader,
    cells: StringRecord,
    /// The output of the CSV parser, in buffers that are reused.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl<'a> RowReader<'a> {
    fn new(file: CsvFile<'a>) -> Self {
        Self {
            file,
            core: csv_core::ReaderBuilder::new().delimiter(file.delimiter).build(),
            cells: StringRecord::new(),
            bytes: Vec::new(),
            ends: Vec::new(),
        }
    }

    fn cells<'r>(
        &'r mut self,
        line: u64,
        bytes: &'r [u8],
        is_ended: bool,
    ) -> Result<Result<&'r StringRecord, Unreadable<'r>>, ExtractError> {
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(Err(Unreadable::new(Reason::Encoding, bytes))) };
        // A decoder replaces what it cannot read. UTF-8 is not decoded, so there the character was in the file.
        if self.file.encoding != Encoding::UTF_8 && text.contains('\u{fffd}') {
            return Ok(Err(Unreadable::new(Reason::Encoding, bytes)));
        }
        if memchr::memchr(b'"', bytes).is_none() {
            self.cells.clear();
            text.split(char::from(self.file.delimiter)).for_each(|it| self.cells.push_field(it));
        } else if !self.split(bytes) {
            return Err(ExtractError::Disagreement { path: self.file.path.to_owned(), line });
        }
        let n_columns = self.file.header.len();
        if self.cells.len() != n_columns {
            let is_cut = !is_ended && self.cells.len() < n_columns;
            let reason = match () {
                () if is_total(text) => Reason::NotAContact,
                () if is_cut => Reason::Truncated,
                () => Reason::Fields,
            };
            return Ok(Err(Unreadable::new(reason, bytes)));
        }
        Ok(Ok(&self.cells))
    }

    /// Splits one whole record with quotes. Returns false if the CSV parser does not see exactly one record.
    fn split(&mut self, bytes: &[u8]) -> bool {
        use csv_core::ReadRecordResult::{End, InputEmpty, OutputEndsFull, OutputFull, Record};
        self.bytes.resize(self.bytes.len().max(bytes.len() + 1), 0);
        self.ends.resize(self.ends.len().max(self.file.header.len() + 1), 0);
        self.core.reset();
        let (mut n_in, mut n_out, mut n_ends) = (0, 0, 0);
        loop {
            let (result, read, written, ended) =
                self.core.read_record(&bytes[n_in..], &mut self.bytes[n_out..], &mut self.ends[n_ends..]);
            n_in += read;
            n_out += written;
            n_ends += ended;
            match result {
                // The next call has no input left, which tells the parser that the record ends here.
                InputEmpty => {}
                OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                Record => break,
                End => return false,
            }
        }
        self.cells.clear();
        let Ok(text) = std::str::from_utf8(&self.bytes[..n_out]) else { return false };
        let mut start = 0;
        for &end in &self.ends[..n_ends] {
            let Some(cell) = text.get(start..end) else { return false };
            self.cells.push_field(cell);
            start = end;
        }
        n_in == bytes.len()
    }
}

/// Whether a row repeats the header, as in exports that were concatenated.
fn is_header(cells: &StringRecord, header: &[String]) -> bool {
    cells.iter().map(str::trim).eq(header.iter().map(String::as_str))
}

/// Whether a cell that does not begin with a quote has one inside. Such a quote is read as a letter and counted.
fn has_stray_quote(bytes: &[u8], delimiter: u8) -> bool {
    if memchr::memchr(b'"', bytes).is_none() {
        return false;
    }
    let (mut in_quotes, mut at_start) = (false, true);
    for &byte in bytes {
        match byte {
            b'"' if in_quotes || at_start => in_quotes = !in_quotes,
            b'"' => return true,
            _ => {}
        }
        // A quote after a quote opens the cell again: the two are one quote of its text.
        at_start = byte == b'"' || (byte == delimiter && !in_quotes);
    }
    false
}
