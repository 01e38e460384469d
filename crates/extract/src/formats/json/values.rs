//! Finds how far a JSON value reaches, of any size, in constant memory. Only brackets and strings are looked at.

use std::io::{self, Read};
use std::ops::Range;

use memchr::{memchr, memchr2};

use crate::text::window::Window;

/// Longest key, and longest member of a page that is kept beside its records.
pub(super) const MOST_FACT_BYTES: usize = 4 << 10;
/// First size of the buffer.
const BUFFER_BYTES: usize = 1 << 18;

/// Where a value or a line ends.
pub(super) enum ValueEnd {
    /// [`ValueScanner::bytes`] has the value until the next one is scanned.
    Whole {
        line: u64,
        range: Range<usize>,
    },
    TooLong {
        line: u64,
        n_bytes: u64,
    },
    /// The text ends inside of the value.
    Unended {
        line: u64,
    },
    /// There is no value.
    Broken,
}

/// Goes through the values of a text, one after the other.
pub(super) struct ValueScanner<R> {
    window: Window<R>,
    pub(super) line: u64,
}

impl<R: Read> ValueScanner<R> {
    pub(super) fn new(text: R) -> Self {
        Self { window: Window::new(text, BUFFER_BYTES), line: 1 }
    }

    /// The bytes of the value that was scanned last.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.window.consumed(range)
    }

    /// The bytes that are read and not yet scanned.
    pub(super) fn rest(&self) -> &[u8] {
        self.window.bytes()
    }

    /// The start of the last value or line that was not whole.
    pub(super) fn shown(&self) -> &[u8] {
        self.window.shown()
    }

    /// Skips white space and gives the byte after it, which is not consumed.
    pub(super) fn next_visible(&mut self) -> io::Result<Option<u8>> {
        loop {
            let bytes = self.window.bytes();
            let found = bytes.iter().position(|it| !matches!(it, b' ' | b'\t' | b'\r' | b'\n'));
            let n_skipped = found.unwrap_or(bytes.len());
            let visible = bytes.get(n_skipped).copied();
            self.line += n_line_breaks(&bytes[..n_skipped]);
            self.window.consume(n_skipped);
            if visible.is_some() || !self.window.refill()? {
                return Ok(visible);
            }
        }
    }

    /// Consumes one byte, such as a bracket that [`ValueScanner::next_visible`] gave.
    pub(super) fn skip_byte(&mut self) {
        self.window.consume(1);
    }

    /// Consumes one value. A value over `most` bytes is consumed too, but not held.
    pub(super) fn value(&mut self, most: usize) -> io::Result<ValueEnd> {
        let line = self.line;
        let mut sweep = Sweep::default();
        let mut n_dropped = 0_u64;
        self.window.clear_shown();
        while !sweep.reaches_end(self.window.bytes(), &mut self.line) {
            let n_held = self.window.bytes().len();
            if n_held > most {
                // The value is too long already, so the bytes that the sweep has passed are dropped.
                self.window.show(n_held);
                self.window.consume(n_held);
                n_dropped += n_held as u64;
                sweep.n_bytes = 0;
            }
            if !self.window.refill()? {
                return Ok(self.last_value(line, sweep.is_scalar() && n_dropped == 0));
            }
        }
        let n_bytes = n_dropped + sweep.n_bytes as u64;
        if n_bytes > 0 && (n_dropped > 0 || sweep.n_bytes > most) {
            self.window.show(sweep.n_bytes);
        }
        let range = self.window.consume(sweep.n_bytes);
        Ok(match n_bytes {
            0 => ValueEnd::Broken,
            _ if n_dropped == 0 && sweep.n_bytes <= most => ValueEnd::Whole { line, range },
            _ => ValueEnd::TooLong { line, n_bytes },
        })
    }

    /// Ends the last value of the text. A number at the very end has no byte after it to end it.
    fn last_value(&mut self, line: u64, is_scalar: bool) -> ValueEnd {
        let n_left = self.window.bytes().len();
        self.window.show(n_left);
        let range = self.window.consume(n_left);
        match is_scalar && n_left > 0 {
            true => ValueEnd::Whole { line, range },
            false => ValueEnd::Unended { line },
        }
    }

    /// Consumes one line; none at the end of the text.
    pub(super) fn line_end(&mut self, most: usize) -> io::Result<Option<ValueEnd>> {
        let line = self.line;
        let mut n_dropped = 0_u64;
        self.window.clear_shown();
        let (n_bytes, is_ended) = loop {
            let bytes = self.window.bytes();
            let n_bytes = bytes.len();
            match memchr(b'\n', bytes) {
                Some(n_bytes) => break (n_bytes, true),
                None if self.window.is_at_end() => break (n_bytes, false),
                None if n_bytes > most => {
                    self.window.show(n_bytes);
                    self.window.consume(n_bytes);
                    n_dropped += n_bytes as u64;
                }
                None => {}
            }
            self.window.refill()?;
        };
        if !is_ended && n_bytes == 0 && n_dropped == 0 {
            return Ok(None);
        }
        self.line += u64::from(is_ended);
        let is_whole = n_dropped == 0 && n_bytes <= most;
        if !is_whole {
            self.window.show(n_bytes);
        }
        let Range { start, .. } = self.window.consume(n_bytes + usize::from(is_ended));
        Ok(Some(match is_whole {
            true => ValueEnd::Whole { line, range: start..start + n_bytes },
            false => ValueEnd::TooLong { line, n_bytes: n_dropped + n_bytes as u64 },
        }))
    }

    #[cfg(test)]
    pub(super) fn buffer_bytes(&self) -> usize {
        self.window.buffer_bytes()
    }
}

fn n_line_breaks(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// How far a value has been followed.
#[derive(Default)]
struct Sweep {
    /// Bytes that belong to the value.
    n_bytes: usize,
    /// Objects and lists that are open.
    depth: usize,
    is_in_string: bool,
    /// The last byte was a backslash in a string.
    is_escaped: bool,
}

impl Sweep {
    /// A number, `true`, `false` or `null`, as far as can be told.
    fn is_scalar(&self) -> bool {
        self.depth == 0 && !self.is_in_string
    }

    /// Goes on in `bytes`, which begin with the value. Returns false if more bytes are needed.
    fn reaches_end(&mut self, bytes: &[u8], line: &mut u64) -> bool {
        loop {
            if self.is_in_string {
                if !self.pass_string(bytes, line) {
                    return false;
                }
                self.is_in_string = false;
                if self.depth == 0 {
                    return true;
                }
            }
            match self.pass_structure(bytes, line) {
                Some(Structure::String) => self.is_in_string = true,
                Some(Structure::End) => return true,
                None => return false,
            }
        }
    }

    /// Goes on inside of a string. Returns true behind its closing quote.
    fn pass_string(&mut self, bytes: &[u8], line: &mut u64) -> bool {
        loop {
            if self.is_escaped {
                // The byte after a backslash does not end the string. It may be in the next block.
                let Some(escaped) = bytes.get(self.n_bytes) else { return false };
                *line += u64::from(*escaped == b'\n');
                self.n_bytes += 1;
                self.is_escaped = false;
            }
            let rest = bytes.get(self.n_bytes..).unwrap_or_default();
            let found = memchr2(b'"', b'\\', rest);
            // Line breaks in strings are not JSON, but the lines of the records that follow have to be right.
            *line += n_line_breaks(&rest[..found.unwrap_or(rest.len())]);
            let Some(found) = found else {
                self.n_bytes = bytes.len();
                return false;
            };
            self.n_bytes += found + 1;
            if rest[found] == b'"' {
                return true;
            }
            self.is_escaped = true;
        }
    }

    /// Goes on outside of strings up to the end of the value or to a string; none if more bytes are needed.
    fn pass_structure(&mut self, bytes: &[u8], line: &mut u64) -> Option<Structure> {
        while let Some(byte) = bytes.get(self.n_bytes) {
            match byte {
                b'"' => {
                    self.n_bytes += 1;
                    return Some(Structure::String);
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth == 0 => return Some(Structure::End),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.n_bytes += 1;
                        return Some(Structure::End);
                    }
                }
                b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return Some(Structure::End),
                b'\n' => *line += 1,
                _ => {}
            }
            self.n_bytes += 1;
        }
        None
    }
}

/// The end of a sweep outside of strings.
enum Structure {
    End,
    String,
}
