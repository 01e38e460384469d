//! Cuts text into records, and refuses to let one bad quote swallow what follows it.
//!
//! The `csv` crate reads a file with an unclosed quote without complaint: the rest of the file
//! becomes one cell. So a sweep of our own finds where records end, and only records that are
//! closed as RFC 4180 asks are handed on.

use std::io::{self, Read};

use memchr::{memchr, memchr3};

/// A record over this is not a row of a customer base.
pub(crate) const MOST_RECORD_BYTES: usize = 64 << 10;
/// A quoted cell with more line breaks is taken as one that was never closed.
const MOST_LINE_BREAKS: usize = 100;
/// How much of a record that is too long is kept, to show which one it was.
const SHOWN_BYTES: usize = 200;

/// One record of a file, or what stands where one should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record<'a> {
    /// `bytes` are without line end; `is_ended` tells whether there was one.
    Whole { line: u64, bytes: &'a [u8], is_ended: bool },
    /// One physical line that opens a quote and does not close it as it should.
    BadQuote { line: u64, bytes: &'a [u8] },
    /// The start of a record of `n_bytes`.
    TooLong { line: u64, start: &'a [u8], n_bytes: u64 },
}

impl Record<'_> {
    pub(crate) fn line(&self) -> u64 {
        match self {
            Self::Whole { line, .. } | Self::BadQuote { line, .. } | Self::TooLong { line, .. } => *line,
        }
    }
}

/// The records of a text, in constant memory. Blank lines are passed over.
pub(crate) struct Records<R> {
    text: R,
    delimiter: u8,
    buffer: Vec<u8>,
    /// What of the buffer is read from the text, and what of that is already given out.
    filled: usize,
    given: usize,
    line: u64,
    is_at_end: bool,
    /// The start of the last record that was too long.
    shown: Vec<u8>,
}

/// What the sweep finds at the start of some bytes.
enum Sweep {
    Record { n_bytes: usize, n_with_end: usize, n_lines: u64 },
    BadQuote,
    Unended,
}

impl<R: Read> Records<R> {
    pub(crate) fn new(text: R, delimiter: u8) -> Self {
        Self {
            text,
            delimiter,
            buffer: vec![0; 1 << 20],
            filled: 0,
            given: 0,
            line: 1,
            is_at_end: false,
            shown: Vec::new(),
        }
    }

    /// The next record; none at the end of the text.
    pub(crate) fn next_record(&mut self) -> io::Result<Option<Record<'_>>> {
        loop {
            let bytes = &self.buffer[self.given..self.filled];
            match sweep(bytes, self.delimiter, self.is_at_end) {
                Sweep::Record { n_bytes: 0, n_with_end: 0, .. } => return Ok(None),
                Sweep::Record { n_bytes: 0, n_with_end, n_lines } => {
                    self.given += n_with_end;
                    self.line += n_lines;
                }
                Sweep::Record { n_bytes, n_with_end, n_lines } if n_bytes <= MOST_RECORD_BYTES => {
                    let (line, start) = (self.line, self.given);
                    self.given += n_with_end;
                    self.line += n_lines;
                    let bytes = &self.buffer[start..start + n_bytes];
                    return Ok(Some(Record::Whole { line, bytes, is_ended: n_with_end > n_bytes }));
                }
                Sweep::BadQuote => return self.bad_line().map(Some),
                Sweep::Record { .. } => return self.long_line().map(Some),
                Sweep::Unended if bytes.len() > MOST_RECORD_BYTES => {
                    return if has_open_quote(bytes, self.delimiter) { self.bad_line() } else { self.long_line() }
                        .map(Some);
                }
                Sweep::Unended => self.fill()?,
            }
        }
    }

    /// Gives out one physical line as a bad record, and goes on with the next line.
    fn bad_line(&mut self) -> io::Result<Record<'_>> {
        let end = loop {
            let bytes = &self.buffer[self.given..self.filled];
            match line_end(bytes, self.is_at_end) {
                Some(end) if end.0 <= MOST_RECORD_BYTES => break end,
                None if bytes.len() <= MOST_RECORD_BYTES => self.fill()?,
                _ => return self.long_line(),
            }
        };
        let (line, start) = (self.line, self.given);
        self.given += end.1;
        self.line += 1;
        Ok(Record::BadQuote { line, bytes: &self.buffer[start..start + end.0] })
    }

    /// Passes over one physical line of any length, keeping only its start.
    fn long_line(&mut self) -> io::Result<Record<'_>> {
        let line = self.line;
        let shown = (self.filled - self.given).min(SHOWN_BYTES);
        self.shown = self.buffer[self.given..self.given + shown].to_vec();
        let mut n_bytes = 0;
        loop {
            let bytes = &self.buffer[self.given..self.filled];
            if let Some(end) = line_end(bytes, self.is_at_end) {
                self.given += end.1;
                n_bytes += end.0 as u64;
                break;
            }
            // A lone carriage return at the very end may be half of a line end.
            let n_passed = bytes.len() - usize::from(bytes.last() == Some(&b'\r'));
            n_bytes += n_passed as u64;
            self.given += n_passed;
            self.fill()?;
        }
        self.line += 1;
        Ok(Record::TooLong { line, start: &self.shown, n_bytes })
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.given..self.filled, 0);
        self.filled -= self.given;
        self.given = 0;
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let n_read = self.text.read(&mut self.buffer[self.filled..])?;
        self.filled += n_read;
        self.is_at_end = n_read == 0;
        Ok(())
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
    use super::*;

    fn cut(text: &[u8]) -> Vec<String> {
        // Small reads find what goes wrong at the edges of blocks.
        struct Slow<'a>(&'a [u8]);
        impl Read for Slow<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let n_read = self.0.len().min(3).min(buffer.len());
                buffer[..n_read].copy_from_slice(&self.0[..n_read]);
                self.0 = &self.0[n_read..];
                Ok(n_read)
            }
        }
        let mut records = Records::new(Slow(text), b',');
        let mut cut = Vec::new();
        while let Some(record) = records.next_record().unwrap() {
            cut.push(match record {
                Record::Whole { line, bytes, is_ended } => {
                    format!("{line}{} {}", if is_ended { "" } else { "!" }, bytes.escape_ascii())
                }
                Record::BadQuote { line, bytes } => format!("{line} bad quote: {}", bytes.escape_ascii()),
                Record::TooLong { line, n_bytes, .. } => format!("{line} {n_bytes} bytes"),
            });
        }
        cut
    }

    #[test]
    fn every_kind_of_line_end_ends_a_record() {
        assert_eq!(cut(b"a,b\nc,d\r\ne,f\rg,h"), ["1 a,b", "2 c,d", "3 e,f", "4! g,h"]);
    }

    #[test]
    fn a_line_break_in_quotes_belongs_to_the_cell_and_blank_lines_to_nobody() {
        assert_eq!(cut(b"a,\"b\nc\"\n\n\r\nd,e\n"), [r#"1 a,\"b\nc\""#, "5 d,e"]);
    }

    #[test]
    fn an_unclosed_quote_costs_its_own_line_only() {
        assert_eq!(cut(b"a,\"b\nc,d\ne,f\n"), [r#"1 bad quote: a,\"b"#, "2 c,d", "3 e,f"]);
        assert_eq!(cut(b"a,\"b\nc,\"d\"\ne,f\n"), [r#"1 bad quote: a,\"b"#, r#"2 c,\"d\""#, "3 e,f"]);
        assert_eq!(cut(b"a,\"b\"x\nc,d\n"), [r#"1 bad quote: a,\"b\"x"#, "2 c,d"]);
        assert_eq!(cut(b"a,\"b"), [r#"1 bad quote: a,\"b"#]);
    }

    #[test]
    fn a_quote_inside_a_plain_cell_is_a_letter_like_others() {
        assert_eq!(cut(b"a\"b,c\nd,e\n"), [r#"1 a\"b,c"#, "2 d,e"]);
    }

    #[test]
    fn doubled_quotes_do_not_close_a_cell() {
        assert_eq!(cut(b"\"a\"\"b\"\nc\n"), [r#"1 \"a\"\"b\""#, "2 c"]);
    }

    #[test]
    fn a_record_over_the_limit_is_passed_over_and_the_next_is_read() {
        let text = format!("{}\nc,d\n", "x".repeat(3 << 20));
        let mut records = Records::new(text.as_bytes(), b',');
        assert!(matches!(records.next_record().unwrap(), Some(Record::TooLong { line: 1, n_bytes: 3145728, .. })));
        assert!(matches!(records.next_record().unwrap(), Some(Record::Whole { line: 2, bytes: b"c,d", .. })));
        assert!(records.buffer.len() <= 1 << 20);
    }

    #[test]
    fn a_quote_that_swallows_a_hundred_lines_is_a_bad_quote() {
        let text = format!("a,\"b\n{}", "c,d\n".repeat(50_000));
        assert_eq!(cut(text.as_bytes()).len(), 50_001);
    }
}
