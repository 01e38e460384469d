//! Splits JSON text into records in constant memory, without parsing them.
//!
//! A file of JSON may be one array of two gigabytes. `serde_json` could stream its elements, but it stops at the first
//! broken one and does not count lines. So a scanner of our own finds the end of each record by its brackets and
//! strings, and only a whole record is parsed: a broken one costs itself alone.

use std::io::{self, Read};
use std::ops::Range;

use crate::formats::json::layout::JsonLayout;
use crate::formats::json::values::{MOST_FACT_BYTES, ValueEnd, ValueScanner};
use crate::row::MOST_RECORD_BYTES;

/// A part of the text, in its order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Scanned<'a> {
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
    /// A member of a page other than its records.
    Fact {
        key: String,
        bytes: &'a [u8],
    },
    /// The text is not JSON from here on. Nothing that follows can be told apart.
    Broken {
        line: u64,
    },
}

/// Gives the records of a JSON text.
pub(crate) struct RecordScanner<R> {
    values: ValueScanner<R>,
    layout: JsonLayout,
    position: Position,
}

/// Where in the text the scanner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// Between values of the top level.
    Top,
    /// In an array of records; `in_page` if the array is a member of a page.
    Records {
        in_page: bool,
    },
    /// In a page, before a key or its end.
    Page,
    End,
}

impl<R: Read> RecordScanner<R> {
    pub(crate) fn new(text: R, layout: JsonLayout) -> Self {
        Self { values: ValueScanner::new(text), layout, position: Position::Top }
    }

    /// The next part of the text; none at its end.
    pub(crate) fn next_record(&mut self) -> io::Result<Option<Scanned<'_>>> {
        if self.layout == JsonLayout::Lines {
            return self.next_line();
        }
        loop {
            let byte = self.values.next_visible()?;
            match (self.position, byte) {
                (Position::End, _) | (Position::Top, None) => return Ok(None),
                (_, None) => {
                    self.position = Position::End;
                    return Ok(Some(Scanned::Unended { line: self.values.line, start: b"" }));
                }
                (Position::Top, Some(b'[')) if self.layout == JsonLayout::Values => {
                    self.enter(Position::Records { in_page: false });
                }
                (Position::Top, Some(b'{')) if matches!(self.layout, JsonLayout::Under(_)) => {
                    self.enter(Position::Page)
                }
                (Position::Records { .. } | Position::Page, Some(b',')) => self.values.skip_byte(),
                (Position::Records { in_page: true }, Some(b']')) => self.enter(Position::Page),
                (Position::Records { in_page: false }, Some(b']')) => self.enter(Position::Top),
                (Position::Top | Position::Records { .. }, Some(_)) => return self.record().map(Some),
                (Position::Page, Some(b'}')) => self.enter(Position::Top),
                (Position::Page, Some(b'"')) => {
                    let Some(key) = self.key()? else { return Ok(Some(self.broken())) };
                    if self.begins_records(&key)? {
                        self.enter(Position::Records { in_page: true });
                        continue;
                    }
                    match self.values.value(MOST_FACT_BYTES)? {
                        ValueEnd::Whole { range, .. } => {
                            return Ok(Some(Scanned::Fact { key, bytes: self.values.bytes(range) }));
                        }
                        ValueEnd::TooLong { .. } => {}
                        ValueEnd::Unended { line } => return Ok(Some(self.unended(line))),
                        ValueEnd::Broken => return Ok(Some(self.broken())),
                    }
                }
                (Position::Page, Some(_)) => return Ok(Some(self.broken())),
            }
        }
    }

    /// Consumes the bracket that leads to a position.
    fn enter(&mut self, position: Position) {
        self.values.skip_byte();
        self.position = position;
    }

    /// Whether the member of a page is the array of its records.
    fn begins_records(&mut self, key: &str) -> io::Result<bool> {
        let is_list = self.values.next_visible()? == Some(b'[');
        Ok(is_list && matches!(&self.layout, JsonLayout::Under(records) if records == key))
    }

    fn record(&mut self) -> io::Result<Scanned<'_>> {
        Ok(match self.values.value(MOST_RECORD_BYTES)? {
            ValueEnd::Whole { line, range } => Scanned::Record { line, bytes: self.values.bytes(range) },
            ValueEnd::TooLong { line, n_bytes } => Scanned::TooLong { line, start: self.values.shown(), n_bytes },
            ValueEnd::Unended { line } => self.unended(line),
            ValueEnd::Broken => self.broken(),
        })
    }

    fn unended(&mut self, line: u64) -> Scanned<'_> {
        self.position = Position::End;
        Scanned::Unended { line, start: self.values.shown() }
    }

    fn broken(&mut self) -> Scanned<'static> {
        self.position = Position::End;
        Scanned::Broken { line: self.values.line }
    }

    /// The key of a member of an object. The colon behind it is consumed.
    fn key(&mut self) -> io::Result<Option<String>> {
        let ValueEnd::Whole { range, .. } = self.values.value(MOST_FACT_BYTES)? else { return Ok(None) };
        let key = serde_json::from_slice(self.values.bytes(range)).ok();
        if self.values.next_visible()? != Some(b':') {
            return Ok(None);
        }
        self.values.skip_byte();
        Ok(key)
    }

    /// The next line that is not blank. Lines are split before they are parsed, so that a broken one costs itself alone.
    fn next_line(&mut self) -> io::Result<Option<Scanned<'_>>> {
        loop {
            match self.values.line_end(MOST_RECORD_BYTES)? {
                None => return Ok(None),
                Some(ValueEnd::Whole { line, range }) => {
                    let range = trimmed(self.values.bytes(range.clone()), range);
                    if !range.is_empty() {
                        return Ok(Some(Scanned::Record { line, bytes: self.values.bytes(range) }));
                    }
                }
                Some(ValueEnd::TooLong { line, n_bytes }) => {
                    return Ok(Some(Scanned::TooLong { line, start: self.values.shown(), n_bytes }));
                }
                Some(ValueEnd::Unended { .. } | ValueEnd::Broken) => {}
            }
        }
    }
}

/// The range of bytes without white space at both ends.
fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let start = range.end - bytes.trim_ascii_start().len();
    start..start + bytes.trim_ascii().len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::window::Slow;

    fn records(text: &str, layout: JsonLayout) -> Vec<String> {
        records_of(Slow(text.as_bytes()), layout)
    }

    fn records_of(text: impl Read, layout: JsonLayout) -> Vec<String> {
        let mut scanner = RecordScanner::new(text, layout);
        let mut records = Vec::new();
        while let Some(scanned) = scanner.next_record().unwrap() {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            records.push(match scanned {
                Scanned::Record { line, bytes } => format!("{line} {}", text(bytes)),
                Scanned::TooLong { line, n_bytes, .. } => format!("{line} {n_bytes} bytes"),
                Scanned::Unended { line, start } => format!("{line} unended {}", text(start)),
                Scanned::Fact { key, bytes } => format!("{key} = {}", text(bytes)),
                Scanned::Broken { line } => format!("{line} broken"),
            });
        }
        records
    }

    #[test]
    fn records_are_found_in_lines_in_arrays_and_in_pages() {
        assert_eq!(records("{\"a\":1}\n\n {\"a\":2}\r\n", JsonLayout::Lines), ["1 {\"a\":1}", "3 {\"a\":2}"]);
        assert_eq!(records("[{\"a\":[1,2]},\n\"b\", 33 ]", JsonLayout::Values), ["1 {\"a\":[1,2]}", "2 \"b\"", "2 33"]);
        assert_eq!(records("{\"a\":1}{\"a\":2}", JsonLayout::Values), ["1 {\"a\":1}", "1 {\"a\":2}"]);
        let page = "{\n \"page\": 0, \"messages\" : [{\"a\":\"]}\\\"\"}\n,{\"a\":2}],\n\"next\":null}\n{\"messages\":[{\"a\":3}]}";
        assert_eq!(
            records(page, JsonLayout::Under("messages".into())),
            ["page = 0", "2 {\"a\":\"]}\\\"\"}", "3 {\"a\":2}", "next = null", "5 {\"a\":3}"]
        );
        assert_eq!(records("", JsonLayout::Values), [""; 0]);
        assert_eq!(records("[]", JsonLayout::Values), [""; 0]);
    }

    #[test]
    fn a_text_that_ends_early_or_is_broken_says_where() {
        assert_eq!(records("[{\"a\":1},\n{\"a\":", JsonLayout::Values), ["1 {\"a\":1}", "2 unended {\"a\":"]);
        assert_eq!(records("[{\"a\":1}", JsonLayout::Values), ["1 {\"a\":1}", "1 unended "]);
        assert_eq!(
            records("{\"messages\":[{\"a\":1}", JsonLayout::Under("messages".into())),
            ["1 {\"a\":1}", "1 unended "]
        );
        assert_eq!(records("{\"messages\" [1]}", JsonLayout::Under("messages".into())), ["1 broken"]);
        assert_eq!(records("]", JsonLayout::Values), ["1 broken"]);
    }

    #[test]
    fn a_record_over_the_limit_is_skipped_and_the_next_is_read() {
        let long = "x".repeat(3 << 20);
        let text = format!("[{{\"a\":\"{long}\"}},\n{{\"a\":1}}]");
        assert_eq!(records(&text, JsonLayout::Values), ["1 3145736 bytes", "2 {\"a\":1}"]);
        let text = format!("{{\"a\":\"{long}\"}}\n{{\"a\":1}}\n");
        assert_eq!(records(&text, JsonLayout::Lines), ["1 3145736 bytes", "2 {\"a\":1}"]);
        let mut scanner = RecordScanner::new(text.as_bytes(), JsonLayout::Lines);
        while scanner.next_record().unwrap().is_some() {}
        assert!(scanner.values.buffer_bytes() <= 1 << 19);
    }

    #[test]
    fn a_line_break_in_a_string_counts_as_a_line() {
        assert_eq!(
            records("[{\"a\":\"x\ny\"},{\"b\":\"\\\n\"},3]", JsonLayout::Values),
            ["1 {\"a\":\"x\ny\"}", "2 {\"b\":\"\\\n\"}", "3 3"]
        );
    }

    proptest! {
        #[test]
        fn records_do_not_depend_on_the_size_of_the_blocks(
            parts in prop::collection::vec(prop::sample::select(vec![
                "{", "}", "[", "]", "\"", "\\", "\n", ",", ":", " ", "\"items\":[", "1", "null", "{\"a\":\"b\"}", "é",
            ]), 0..40),
            start in prop::sample::select(vec!["", "[", "{\"items\":["]),
        ) {
            let text = format!("{start}{}", parts.concat());
            for layout in [JsonLayout::Lines, JsonLayout::Values, JsonLayout::Under("items".into())] {
                prop_assert_eq!(records(&text, layout.clone()), records_of(text.as_bytes(), layout));
            }
        }
    }
}
