//! Cuts JSON text into records in constant memory, without reading what is in them.
//!
//! A file of JSON may be one array of two gigabytes. A sweep over brackets and strings finds where
//! each record ends; only a whole record is parsed.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::delimited::MOST_RECORD_BYTES;
use crate::json::window::{Value, Window};

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
