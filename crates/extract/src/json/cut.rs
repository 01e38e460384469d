//! Cuts JSON text into records in constant memory, without reading what is in them.
//!
//! A file of JSON may be one array of two gigabytes. A sweep over brackets and strings finds where
//! each record ends; only a whole record is parsed.

use std::io::{self, Read};

use memchr::{memchr, memchr2};
use serde::{Deserialize, Serialize};

use crate::delimited::MOST_RECORD_BYTES;

/// How much of a record that is too long is kept, to show which one it was.
const SHOWN_BYTES: usize = 200;
/// What stands beside the records of a page is kept up to this size.
const MOST_FACT_BYTES: usize = 4 << 10;

/// Where the records of a JSON text are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonForm {
    /// One value per line.
    Lines,
    /// Each value is a record; of an array, each element.
    Values,
    /// In the array under this key of each top-level object.
    Under(String),
}

/// What the text holds next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut<'a> {
    Record {
        line: u64,
        bytes: &'a [u8],
    },
    /// The start of a record of `n_bytes`.
    TooLong {
        line: u64,
        start: &'a [u8],
        n_bytes: u64,
    },
    /// The text ends inside of a record, which begins like this.
    Unended {
        line: u64,
        start: &'a [u8],
    },
    /// Something that stands beside the records of a page.
    Fact {
        key: String,
        bytes: &'a [u8],
    },
    /// What stands here cannot be JSON, and what follows cannot be told apart.
    Broken {
        line: u64,
    },
}

/// The records of a JSON text.
pub(crate) struct Cutter<R> {
    text: Window<R>,
    form: JsonForm,
    place: Place,
    /// The start of the last record that was too long.
    shown: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between values of the top level.
    Top,
    /// In an array of records; whether a page is around it.
    Records {
        in_page: bool,
    },
    /// In an object around records, before a key or its end.
    Page,
    End,
}

/// How far a value reaches.
enum Value {
    Whole { line: u64, start: usize, end: usize },
    TooLong { line: u64, n_bytes: u64 },
    Unended { line: u64 },
    Broken,
}

impl<R: Read> Cutter<R> {
    pub(crate) fn new(text: R, form: JsonForm) -> Self {
        Self { text: Window::new(text), form, place: Place::Top, shown: Vec::new() }
    }

    /// What comes next; none at the end of the text.
    pub(crate) fn next_cut(&mut self) -> io::Result<Option<Cut<'_>>> {
        if self.form == JsonForm::Lines {
            return self.next_line();
        }
        loop {
            let byte = self.text.next_visible()?;
            let line = self.text.line;
            match (self.place, byte) {
                (Place::End, _) | (Place::Top, None) => return Ok(None),
                (_, None) => {
                    self.place = Place::End;
                    return Ok(Some(Cut::Unended { line, start: b"" }));
                }
                (Place::Top, Some(b'[')) if self.form == JsonForm::Values => {
                    self.text.given += 1;
                    self.place = Place::Records { in_page: false };
                }
                (Place::Top, Some(b'{')) if matches!(self.form, JsonForm::Under(_)) => {
                    self.text.given += 1;
                    self.place = Place::Page;
                }
                (Place::Top, Some(_)) => return self.record().map(Some),
                (Place::Records { .. } | Place::Page, Some(b',')) => self.text.given += 1,
                (Place::Records { in_page }, Some(b']')) => {
                    self.text.given += 1;
                    self.place = if in_page { Place::Page } else { Place::Top };
                }
                (Place::Records { .. }, Some(_)) => return self.record().map(Some),
                (Place::Page, Some(b'}')) => {
                    self.text.given += 1;
                    self.place = Place::Top;
                }
                (Place::Page, Some(b'"')) => {
                    let Some(key) = self.key()? else { return Ok(Some(self.broken())) };
                    let is_list = self.text.next_visible()? == Some(b'[');
                    if is_list && self.form == JsonForm::Under(key.clone()) {
                        self.text.given += 1;
                        self.place = Place::Records { in_page: true };
                        continue;
                    }
                    match self.text.value(MOST_FACT_BYTES)? {
                        Value::Whole { start, end, .. } => {
                            return Ok(Some(Cut::Fact { key, bytes: &self.text.buffer[start..end] }));
                        }
                        Value::TooLong { .. } => {}
                        Value::Unended { line } => return Ok(Some(self.unended(line))),
                        Value::Broken => return Ok(Some(self.broken())),
                    }
                }
                (Place::Page, Some(_)) => return Ok(Some(self.broken())),
            }
        }
    }

    fn record(&mut self) -> io::Result<Cut<'_>> {
        Ok(match self.text.value(MOST_RECORD_BYTES)? {
            Value::Whole { line, start, end } => Cut::Record { line, bytes: &self.text.buffer[start..end] },
            Value::TooLong { line, n_bytes } => {
                self.shown.clone_from(&self.text.shown);
                Cut::TooLong { line, start: &self.shown, n_bytes }
            }
            Value::Unended { line } => self.unended(line),
            Value::Broken => self.broken(),
        })
    }

    fn unended(&mut self, line: u64) -> Cut<'_> {
        self.place = Place::End;
        Cut::Unended { line, start: &self.text.shown }
    }

    fn broken(&mut self) -> Cut<'static> {
        self.place = Place::End;
        Cut::Broken { line: self.text.line }
    }

    /// The key of a member of an object and the colon after it.
    fn key(&mut self) -> io::Result<Option<String>> {
        let Value::Whole { start, end, .. } = self.text.value(MOST_FACT_BYTES)? else { return Ok(None) };
        let key = serde_json::from_slice(&self.text.buffer[start..end]).ok();
        Ok(match self.text.next_visible()? {
            Some(b':') => {
                self.text.given += 1;
                key
            }
            _ => None,
        })
    }

    /// Lines are cut before they are parsed, so that a broken one costs itself only.
    fn next_line(&mut self) -> io::Result<Option<Cut<'_>>> {
        loop {
            let line = self.text.line;
            match self.text.line_end(MOST_RECORD_BYTES)? {
                None => return Ok(None),
                Some(Value::Whole { start, end, .. }) => {
                    let bytes = self.text.buffer[start..end].trim_ascii();
                    let bytes_at = start + self.text.buffer[start..end].len()
                        - self.text.buffer[start..end].trim_ascii_start().len();
                    if !bytes.is_empty() {
                        let n_bytes = bytes.len();
                        return Ok(Some(Cut::Record { line, bytes: &self.text.buffer[bytes_at..bytes_at + n_bytes] }));
                    }
                }
                Some(Value::TooLong { n_bytes, .. }) => {
                    self.shown.clone_from(&self.text.shown);
                    return Ok(Some(Cut::TooLong { line, start: &self.shown, n_bytes }));
                }
                Some(Value::Unended { .. } | Value::Broken) => {}
            }
        }
    }
}

/// A text of which a small part is held.
struct Window<R> {
    text: R,
    buffer: Vec<u8>,
    /// What of the buffer is read from the text, and what of that is already given out.
    filled: usize,
    given: usize,
    line: u64,
    is_at_end: bool,
    /// The start of what was last passed over.
    shown: Vec<u8>,
}

impl<R: Read> Window<R> {
    fn new(text: R) -> Self {
        Self { text, buffer: vec![0; 1 << 18], filled: 0, given: 0, line: 1, is_at_end: false, shown: Vec::new() }
    }

    /// Passes over white space; the byte after it, which stays.
    fn next_visible(&mut self) -> io::Result<Option<u8>> {
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
    fn value(&mut self, most: usize) -> io::Result<Value> {
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
    fn line_end(&mut self, most: usize) -> io::Result<Option<Value>> {
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

/// Finds out where the records of a text are, from its first bytes: `known` are keys under which
/// providers put them.
pub(crate) fn look(start: &[u8], is_all: bool, known: &[&str]) -> JsonForm {
    let visible = start.trim_ascii_start();
    if visible.first() == Some(&b'[') {
        return JsonForm::Values;
    }
    if let Some(key) = known.iter().find(|it| has_records_under(start, it)) {
        return JsonForm::Under((*key).to_owned());
    }
    let first_line = visible.split(|it| *it == b'\n').next().unwrap_or_default().trim_ascii();
    let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(first_line).is_ok();
    let has_more = !visible[first_line.len().min(visible.len())..].trim_ascii().is_empty() || !is_all;
    if is_whole && has_more {
        return JsonForm::Lines;
    }
    // One object alone: if exactly one array of objects stands in it, those are the records.
    match lists_of_objects(start).as_slice() {
        [one] if !(is_whole && first_line.len() < visible.trim_ascii_end().len()) => JsonForm::Under(one.clone()),
        _ if is_whole => JsonForm::Lines,
        _ => JsonForm::Values,
    }
}

fn has_records_under(start: &[u8], key: &str) -> bool {
    keys_with_arrays(start).iter().any(|(it, _)| it == key)
}

fn lists_of_objects(start: &[u8]) -> Vec<String> {
    keys_with_arrays(start).into_iter().filter(|it| it.1).map(|it| it.0).collect()
}

/// The keys of the first object whose values are arrays, and whether those begin with an object.
fn keys_with_arrays(start: &[u8]) -> Vec<(String, bool)> {
    let mut text = Window::new(start);
    let mut keys = Vec::new();
    if !matches!(text.next_visible(), Ok(Some(b'{'))) {
        return keys;
    }
    text.given += 1;
    loop {
        match text.next_visible() {
            Ok(Some(b',')) => text.given += 1,
            Ok(Some(b'"')) => {
                let Ok(Value::Whole { start, end, .. }) = text.value(MOST_FACT_BYTES) else { return keys };
                let key = serde_json::from_slice::<String>(&text.buffer[start..end]);
                let (Ok(key), Ok(Some(b':'))) = (key, text.next_visible()) else { return keys };
                text.given += 1;
                if let Ok(Some(b'[')) = text.next_visible() {
                    let mut rest = text.buffer[text.given + 1..text.filled].trim_ascii_start().iter();
                    keys.push((key, rest.next() == Some(&b'{')));
                }
                if !matches!(text.value(usize::MAX), Ok(Value::Whole { .. })) {
                    return keys;
                }
            }
            _ => return keys,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a few bytes at a time, to find what goes wrong at the edges of blocks.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n_read = self.0.len().min(3).min(buffer.len());
            buffer[..n_read].copy_from_slice(&self.0[..n_read]);
            self.0 = &self.0[n_read..];
            Ok(n_read)
        }
    }

    fn cut(text: &str, form: JsonForm) -> Vec<String> {
        let mut cutter = Cutter::new(Slow(text.as_bytes()), form);
        let mut cuts = Vec::new();
        while let Some(cut) = cutter.next_cut().unwrap() {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            cuts.push(match cut {
                Cut::Record { line, bytes } => format!("{line} {}", text(bytes)),
                Cut::TooLong { line, n_bytes, .. } => format!("{line} {n_bytes} bytes"),
                Cut::Unended { line, start } => format!("{line} unended {}", text(start)),
                Cut::Fact { key, bytes } => format!("{key} = {}", text(bytes)),
                Cut::Broken { line } => format!("{line} broken"),
            });
        }
        cuts
    }

    #[test]
    fn records_are_found_in_lines_in_arrays_and_in_pages() {
        assert_eq!(cut("{\"a\":1}\n\n {\"a\":2}\r\n", JsonForm::Lines), ["1 {\"a\":1}", "3 {\"a\":2}"]);
        assert_eq!(cut("[{\"a\":[1,2]},\n\"b\", 33 ]", JsonForm::Values), ["1 {\"a\":[1,2]}", "2 \"b\"", "2 33"]);
        assert_eq!(cut("{\"a\":1}{\"a\":2}", JsonForm::Values), ["1 {\"a\":1}", "1 {\"a\":2}"]);
        let page = "{\n \"page\": 0, \"messages\" : [{\"a\":\"]}\\\"\"}\n,{\"a\":2}],\n\"next\":null}\n{\"messages\":[{\"a\":3}]}";
        assert_eq!(
            cut(page, JsonForm::Under("messages".into())),
            ["page = 0", "2 {\"a\":\"]}\\\"\"}", "3 {\"a\":2}", "next = null", "5 {\"a\":3}"]
        );
        assert_eq!(cut("", JsonForm::Values), [""; 0]);
        assert_eq!(cut("[]", JsonForm::Values), [""; 0]);
    }

    #[test]
    fn a_text_that_ends_early_or_is_broken_says_where() {
        assert_eq!(cut("[{\"a\":1},\n{\"a\":", JsonForm::Values), ["1 {\"a\":1}", "2 unended {\"a\":"]);
        assert_eq!(cut("[{\"a\":1}", JsonForm::Values), ["1 {\"a\":1}", "1 unended "]);
        assert_eq!(cut("{\"messages\":[{\"a\":1}", JsonForm::Under("messages".into())), ["1 {\"a\":1}", "1 unended "]);
        assert_eq!(cut("{\"messages\" [1]}", JsonForm::Under("messages".into())), ["1 broken"]);
        assert_eq!(cut("]", JsonForm::Values), ["1 broken"]);
    }

    #[test]
    fn a_record_over_the_limit_is_passed_over_and_the_next_is_read() {
        let long = "x".repeat(3 << 20);
        let text = format!("[{{\"a\":\"{long}\"}},\n{{\"a\":1}}]");
        assert_eq!(cut(&text, JsonForm::Values), ["1 3145736 bytes", "2 {\"a\":1}"]);
        let text = format!("{{\"a\":\"{long}\"}}\n{{\"a\":1}}\n");
        assert_eq!(cut(&text, JsonForm::Lines), ["1 3145736 bytes", "2 {\"a\":1}"]);
        let mut cutter = Cutter::new(text.as_bytes(), JsonForm::Lines);
        while cutter.next_cut().unwrap().is_some() {}
        assert!(cutter.text.buffer.len() <= 1 << 19);
    }

    #[test]
    fn where_the_records_are_is_seen_from_the_first_bytes() {
        let known = ["messages", "items"];
        let look = |text: &str| look(text.as_bytes(), true, &known);
        assert_eq!(look("[{\"a\":1}]"), JsonForm::Values);
        assert_eq!(look("{\"a\":1}\n{\"a\":2}\n"), JsonForm::Lines);
        assert_eq!(look("{\"a\":1}"), JsonForm::Lines);
        assert_eq!(look("{\n \"a\":1\n}\n{\n \"a\":2\n}\n"), JsonForm::Values);
        assert_eq!(look("{\"page\":1,\"messages\":[{\"a\":1},{\"a\":"), JsonForm::Under("messages".into()));
        assert_eq!(look("{\"people\":[{\"a\":1}],\"n\":1}"), JsonForm::Under("people".into()));
        assert_eq!(look("{\"tags\":[\"a\"],\"n\":1}"), JsonForm::Lines);
    }
}
