//! Splits CSV text into records, so that one bad quote costs one line and not the rest of the file.
//!
//! The `csv` crate reads a file with an unclosed quote without complaint: the rest of the file becomes one cell.
//! Counting the quotes of each line would be shorter, but one quote inside an unquoted cell (`5" screen`) would look
//! like an open one, and text after a closing quote would go unnoticed. So a scanner of our own finds the end of each
//! record, and only records whose quotes are closed as in RFC 4180 are split into cells.

use std::io::{self, Read};

use memchr::{memchr, memchr3};

use crate::row::{MOST_RECORD_BYTES, SHOWN_BYTES};
use crate::text::window::Window;

/// Most line breaks in a quoted cell. A quote with more is taken as one that was never closed.
const MOST_LINE_BREAKS: usize = 100;
/// First size of the buffer.
const BUFFER_BYTES: usize = 1 << 20;

/// One record of a file, or the line that stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CsvRecord<'a> {
    /// `bytes` are without line end; `is_ended` tells whether there was one.
    Whole { line: u64, bytes: &'a [u8], is_ended: bool },
    /// One physical line with a quote that is not closed as it should be.
    BadQuote { line: u64, bytes: &'a [u8] },
    /// The start of a record of `n_bytes`.
    TooLong { line: u64, start: &'a [u8], n_bytes: u64 },
}

impl CsvRecord<'_> {
    pub(crate) fn line(&self) -> u64 {
        match self {
            Self::Whole { line, .. } | Self::BadQuote { line, .. } | Self::TooLong { line, .. } => *line,
        }
    }
}

/// Gives the records of a text in constant memory. Blank lines are skipped.
pub(crate) struct CsvScanner<R> {
    window: Window<R>,
    delimiter: u8,
    line: u64,
}

/// The record at the start of some bytes.
enum Sweep {
    Record { n_bytes: usize, n_with_end: usize, n_lines: u64 },
    BadQuote,
    Unended,
}

impl<R: Read> CsvScanner<R> {
    pub(crate) fn new(text: R, delimiter: u8) -> Self {
        Self { window: Window::new(text, BUFFER_BYTES), delimiter, line: 1 }
    }

    /// The next record; none at the end of the text.
    pub(crate) fn next_record(&mut self) -> io::Result<Option<CsvRecord<'_>>> {
        loop {
            let bytes = self.window.bytes();
            match sweep(bytes, self.delimiter, self.window.is_at_end()) {
                Sweep::Record { n_bytes: 0, n_with_end: 0, .. } => return Ok(None),
                Sweep::Record { n_bytes: 0, n_with_end, n_lines } => {
                    self.window.consume(n_with_end);
                    self.line += n_lines;
                }
                Sweep::Record { n_bytes, n_with_end, n_lines } if n_bytes <= MOST_RECORD_BYTES => {
                    let line = self.line;
                    self.line += n_lines;
                    let range = self.window.consume(n_with_end);
                    let bytes = &self.window.consumed(range)[..n_bytes];
                    return Ok(Some(CsvRecord::Whole { line, bytes, is_ended: n_with_end > n_bytes }));
                }
                Sweep::BadQuote => return self.bad_line().map(Some),
                Sweep::Record { .. } => return self.long_line().map(Some),
                Sweep::Unended if bytes.len() > MOST_RECORD_BYTES => {
                    let record = if has_open_quote(bytes, self.delimiter) { self.bad_line() } else { self.long_line() };
                    return record.map(Some);
                }
                Sweep::Unended => {
                    self.window.refill()?;
                }
            }
        }
    }

    /// Gives one physical line as a bad record. Scanning continues on the next line.
    fn bad_line(&mut self) -> io::Result<CsvRecord<'_>> {
        let (n_bytes, n_with_end) = loop {
            let bytes = self.window.bytes();
            match line_end(bytes, self.window.is_at_end()) {
                Some(end) if end.0 <= MOST_RECORD_BYTES => break end,
                None if bytes.len() <= MOST_RECORD_BYTES => {
                    self.window.refill()?;
                }
                _ => return self.long_line(),
            }
        };
        let line = self.line;
        self.line += 1;
        let range = self.window.consume(n_with_end);
        Ok(CsvRecord::BadQuote { line, bytes: &self.window.consumed(range)[..n_bytes] })
    }

    /// Skips one physical line of any length and keeps only its start.
    fn long_line(&mut self) -> io::Result<CsvRecord<'_>> {
        self.window.clear_shown();
        self.window.show(SHOWN_BYTES);
        let mut n_bytes = 0;
        loop {
            let bytes = self.window.bytes();
            if let Some((n_last, n_with_end)) = line_end(bytes, self.window.is_at_end()) {
                self.window.consume(n_with_end);
                n_bytes += n_last as u64;
                break;
            }
            // A lone carriage return at the very end may be half of a line end.
            let n_skipped = bytes.len() - usize::from(bytes.last() == Some(&b'\r'));
            n_bytes += n_skipped as u64;
            self.window.consume(n_skipped);
            self.window.refill()?;
        }
        let line = self.line;
        self.line += 1;
        Ok(CsvRecord::TooLong { line, start: self.window.shown(), n_bytes })
    }
}

/// Finds the end of the record at the start of `bytes`.
fn sweep(bytes: &[u8], delimiter: u8, is_at_end: bool) -> Sweep {
    let mut at = 0;
    let mut n_lines = 1;
    while let Some(found) = memchr3(b'"', b'\n', b'\r', &bytes[at..]) {
        let place = at + found;
        if bytes[place] != b'"' {
            return match line_end(&bytes[place..], is_at_end) {
                Some((_, n_end)) => Sweep::Record { n_bytes: place, n_with_end: place + n_end, n_lines },
                None => Sweep::Unended,
            };
        }
        let opens = place == 0 || bytes[place - 1] == delimiter;
        if !opens {
            at = place + 1;
            continue;
        }
        match quoted_end(bytes, place + 1, delimiter, is_at_end) {
            Quoted::Closed { end, n_breaks } => {
                at = end;
                n_lines += n_breaks;
            }
            Quoted::Bad => return Sweep::BadQuote,
            Quoted::Unended => return Sweep::Unended,
        }
    }
    match is_at_end {
        true => Sweep::Record { n_bytes: bytes.len(), n_with_end: bytes.len(), n_lines },
        false => Sweep::Unended,
    }
}

enum Quoted {
    Closed { end: usize, n_breaks: u64 },
    Bad,
    Unended,
}

/// Finds the quote that closes the cell whose text starts at `start`.
fn quoted_end(bytes: &[u8], start: usize, delimiter: u8, is_at_end: bool) -> Quoted {
    let mut at = start;
    let mut n_breaks = 0;
    loop {
        let Some(found) = memchr(b'"', &bytes[at..]) else {
            let n_breaks = n_breaks + line_breaks(&bytes[at..]);
            return if is_at_end || n_breaks > MOST_LINE_BREAKS { Quoted::Bad } else { Quoted::Unended };
        };
        let quote = at + found;
        n_breaks += line_breaks(&bytes[at..quote]);
        if n_breaks > MOST_LINE_BREAKS {
            return Quoted::Bad;
        }
        match bytes.get(quote + 1) {
            Some(b'"') => at = quote + 2,
            Some(b'\n' | b'\r') => return Quoted::Closed { end: quote + 1, n_breaks: n_breaks as u64 },
            Some(next) if *next == delimiter => return Quoted::Closed { end: quote + 1, n_breaks: n_breaks as u64 },
            Some(_) => return Quoted::Bad,
            None if is_at_end => return Quoted::Closed { end: quote + 1, n_breaks: n_breaks as u64 },
            None => return Quoted::Unended,
        }
    }
}

/// Line breaks of all three kinds, each once.
fn line_breaks(bytes: &[u8]) -> usize {
    let mut previous = 0;
    let mut n_breaks = 0;
    for &byte in bytes {
        n_breaks += usize::from(byte == b'\r' || (byte == b'\n' && previous != b'\r'));
        previous = byte;
    }
    n_breaks
}

fn has_open_quote(bytes: &[u8], delimiter: u8) -> bool {
    bytes.first() == Some(&b'"') || bytes.windows(2).any(|it| it == [delimiter, b'"'])
}

/// Where the first physical line ends, without and with its line end.
fn line_end(bytes: &[u8], is_at_end: bool) -> Option<(usize, usize)> {
    let Some(place) = memchr::memchr2(b'\n', b'\r', bytes) else {
        return is_at_end.then_some((bytes.len(), bytes.len()));
    };
    match (bytes[place], bytes.get(place + 1)) {
        (b'\r', Some(b'\n')) => Some((place, place + 2)),
        (b'\r', None) if !is_at_end => None,
        _ => Some((place, place + 1)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::window::Slow;

    fn records(text: &[u8]) -> Vec<String> {
        records_of(Slow(text))
    }

    fn records_of(text: impl Read) -> Vec<String> {
        let mut scanner = CsvScanner::new(text, b',');
        let mut records = Vec::new();
        while let Some(record) = scanner.next_record().unwrap() {
            records.push(match record {
                CsvRecord::Whole { line, bytes, is_ended } => {
                    format!("{line}{} {}", if is_ended { "" } else { "!" }, bytes.escape_ascii())
                }
                CsvRecord::BadQuote { line, bytes } => format!("{line} bad quote: {}", bytes.escape_ascii()),
                CsvRecord::TooLong { line, n_bytes, .. } => format!("{line} {n_bytes} bytes"),
            });
        }
        records
    }

    #[test]
    fn every_kind_of_line_end_ends_a_record() {
        assert_eq!(records(b"a,b\nc,d\r\ne,f\rg,h"), ["1 a,b", "2 c,d", "3 e,f", "4! g,h"]);
    }

    #[test]
    fn a_line_break_in_quotes_belongs_to_the_cell_and_blank_lines_are_skipped() {
        assert_eq!(records(b"a,\"b\nc\"\n\n\r\nd,e\n"), [r#"1 a,\"b\nc\""#, "5 d,e"]);
    }

    #[test]
    fn an_unclosed_quote_costs_its_own_line_only() {
        assert_eq!(records(b"a,\"b\nc,d\ne,f\n"), [r#"1 bad quote: a,\"b"#, "2 c,d", "3 e,f"]);
        assert_eq!(records(b"a,\"b\nc,\"d\"\ne,f\n"), [r#"1 bad quote: a,\"b"#, r#"2 c,\"d\""#, "3 e,f"]);
        assert_eq!(records(b"a,\"b\"x\nc,d\n"), [r#"1 bad quote: a,\"b\"x"#, "2 c,d"]);
        assert_eq!(records(b"a,\"b"), [r#"1 bad quote: a,\"b"#]);
    }

    #[test]
    fn a_quote_inside_a_plain_cell_is_a_letter_like_others() {
        assert_eq!(records(b"a\"b,c\nd,e\n"), [r#"1 a\"b,c"#, "2 d,e"]);
    }

    #[test]
    fn doubled_quotes_do_not_close_a_cell() {
        assert_eq!(records(b"\"a\"\"b\"\nc\n"), [r#"1 \"a\"\"b\""#, "2 c"]);
    }

    #[test]
    fn a_record_over_the_limit_is_skipped_and_the_next_is_read() {
        let text = format!("{}\nc,d\n", "x".repeat(3 << 20));
        let mut scanner = CsvScanner::new(text.as_bytes(), b',');
        assert!(matches!(scanner.next_record().unwrap(), Some(CsvRecord::TooLong { line: 1, n_bytes: 3145728, .. })));
        assert!(matches!(scanner.next_record().unwrap(), Some(CsvRecord::Whole { line: 2, bytes: b"c,d", .. })));
        assert!(scanner.window.buffer_bytes() <= 1 << 20);
    }

    #[test]
    fn a_quote_that_swallows_a_hundred_lines_is_a_bad_quote() {
        let text = format!("a,\"b\n{}", "c,d\n".repeat(50_000));
        assert_eq!(records(text.as_bytes()).len(), 50_001);
    }

    proptest! {
        #[test]
        fn records_do_not_depend_on_the_size_of_the_blocks(
            parts in prop::collection::vec(prop::sample::select(vec!["a", "\"", "\"\"", ",", "\n", "\r", "\r\n", "é"]), 0..40)
        ) {
            let text = parts.concat();
            prop_assert_eq!(records(text.as_bytes()), records_of(text.as_bytes()));
        }
    }
}
