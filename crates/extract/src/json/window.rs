//! A sweep over brackets and strings: how far a value of JSON reaches, of any size, in constant memory.

use std::io::{self, Read};

use memchr::{memchr, memchr2};

/// How much of a record that is too long is kept, to show which one it was.
const SHOWN_BYTES: usize = 200;

/// How far a value reaches.
pub(super) enum Value {
    Whole { line: u64, start: usize, end: usize },
    TooLong { line: u64, n_bytes: u64 },
    Unended { line: u64 },
    Broken,
}

/// A text of which a small part is held.
pub(super) struct Window<R> {
    text: R,
    pub(super) buffer: Vec<u8>,
    /// What of the buffer is read from the text, and what of that is already given out.
    pub(super) filled: usize,
    pub(super) given: usize,
    pub(super) line: u64,
    is_at_end: bool,
    /// The start of what was last passed over.
    pub(super) shown: Vec<u8>,
}

impl<R: Read> Window<R> {
    pub(super) fn new(text: R) -> Self {
        Self { text, buffer: vec![0; 1 << 18], filled: 0, given: 0, line: 1, is_at_end: false, shown: Vec::new() }
    }

    /// Passes over white space; the byte after it, which stays.
    pub(super) fn next_visible(&mut self) -> io::Result<Option<u8>> {
        loop {
            while self.given < self.filled {
                match self.buffer[self.given] {
                    b'\n' => self.line += 1,
                    b' ' | b'\t' | b'\r' => {}
                    other => return Ok(Some(other)),
                }
                self.given += 1;
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Passes over one value. One over `most` bytes is passed over too, but not held.
    pub(super) fn value(&mut self, most: usize) -> io::Result<Value> {
        let line = self.line;
        // Of the bytes from `given` on, so many belong to the value; `n_dropped` are gone already.
        let (mut n_held, mut n_dropped, mut depth) = (0, 0_u64, 0_usize);
        let mut in_text = false;
        self.shown.clear();
        loop {
            let bytes = &self.buffer[self.given..self.filled];
            let end = match in_text {
                true => sweep_text(bytes, &mut n_held, &mut self.line).then(|| in_text = false).map(|()| depth == 0),
                false => sweep_value(bytes, &mut n_held, &mut self.line, &mut depth, &mut in_text),
            };
            match end {
                Some(false) => continue,
                Some(true) => {
                    let (start, end) = (self.given, self.given + n_held);
                    self.given = end;
                    let n_bytes = n_dropped + n_held as u64;
                    return Ok(match n_bytes {
                        0 => Value::Broken,
                        _ if n_dropped == 0 && n_held <= most => Value::Whole { line, start, end },
                        _ => {
                            self.show(start, n_held);
                            Value::TooLong { line, n_bytes }
                        }
                    });
                }
                None if bytes.len() > most => {
                    // Too long already: what is held so far can go, but for a half of an escape.
                    let n_passed = n_held.min(bytes.len());
                    self.show(self.given, n_passed);
                    self.given += n_passed;
                    n_dropped += n_passed as u64;
                    n_held -= n_passed;
                    if !self.fill()? {
                        return Ok(Value::Unended { line });
                    }
                }
                None => {
                    if !self.fill()? {
                        let (start, n_left) = (self.given, self.filled - self.given);
                        self.show(start, n_left);
                        self.given = self.filled;
                        // A number at the very end of the text has nothing after it to end it.
                        let is_scalar = depth == 0 && !in_text && n_dropped == 0 && n_left > 0;
                        return Ok(match is_scalar {
                            true => Value::Whole { line, start, end: start + n_left },
                            false => Value::Unended { line },
                        });
                    }
                }
            }
        }
    }

    fn show(&mut self, start: usize, n_bytes: usize) {
        let n_wanted = SHOWN_BYTES.saturating_sub(self.shown.len()).min(n_bytes);
        self.shown.extend_from_slice(&self.buffer[start..start + n_wanted]);
    }

    /// Passes over one line; none at the end of the text.
    pub(super) fn line_end(&mut self, most: usize) -> io::Result<Option<Value>> {
        let line = self.line;
        let mut n_dropped = 0_u64;
        self.shown.clear();
        loop {
            let bytes = &self.buffer[self.given..self.filled];
            let found = memchr(b'\n', bytes);
            if found.is_none() && !self.is_at_end {
                if bytes.len() > most {
                    let (start, n_bytes) = (self.given, bytes.len());
                    self.show(start, n_bytes);
                    n_dropped += n_bytes as u64;
                    self.given = self.filled;
                }
                self.fill()?;
                continue;
            }
            let n_bytes = found.unwrap_or(bytes.len());
            if found.is_none() && n_bytes == 0 && n_dropped == 0 {
                return Ok(None);
            }
            let start = self.given;
            self.given += n_bytes + usize::from(found.is_some());
            self.line += u64::from(found.is_some());
            return Ok(Some(match n_dropped == 0 && n_bytes <= most {
                true => Value::Whole { line, start, end: start + n_bytes },
                false => {
                    self.show(start, n_bytes);
                    Value::TooLong { line, n_bytes: n_dropped + n_bytes as u64 }
                }
            }));
        }
    }

    /// Reads on, keeping what is not given out; false at the end of the text.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.given..self.filled, 0);
        self.filled -= self.given;
        self.given = 0;
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let n_read = self.text.read(&mut self.buffer[self.filled..])?;
        self.filled += n_read;
        self.is_at_end = n_read == 0;
        Ok(n_read > 0)
    }
}

/// Goes on in a string from `at`; true when its closing quote is passed.
fn sweep_text(bytes: &[u8], at: &mut usize, line: &mut u64) -> bool {
    loop {
        let rest = bytes.get(*at..).unwrap_or_default();
        let Some(found) = memchr2(b'"', b'\\', rest) else {
            *line += memchr::memchr_iter(b'\n', rest).count() as u64;
            *at = (*at).max(bytes.len());
            return false;
        };
        if rest[found] == b'"' {
            *at += found + 1;
            return true;
        }
        // The character after a backslash says nothing; it may be in the next block.
        *at += found + 2;
    }
}

/// Goes on outside of strings from `at`: `Some(true)` when the value has ended before `at`,
/// `Some(false)` when a string begins, none when more bytes are needed.
fn sweep_value(bytes: &[u8], at: &mut usize, line: &mut u64, depth: &mut usize, in_text: &mut bool) -> Option<bool> {
    while let Some(byte) = bytes.get(*at) {
        match byte {
            b'"' => {
                *at += 1;
                *in_text = true;
                return Some(false);
            }
            b'{' | b'[' => *depth += 1,
            b'}' | b']' if *depth == 0 => return Some(true),
            b'}' | b']' => {
                *depth -= 1;
                if *depth == 0 {
                    *at += 1;
                    return Some(true);
                }
            }
            b',' | b':' | b' ' | b'\t' | b'\r' if *depth == 0 => return Some(true),
            b'\n' if *depth == 0 => return Some(true),
            b'\n' => *line += 1,
            _ => {}
        }
        *at += 1;
    }
    None
}
