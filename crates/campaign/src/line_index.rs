//! The lines and columns of a text, found without going through it again for each place.
//!
//! The Graph API lists all templates on one line, so a line can be as long as the file.

use std::ops::Range;

/// Limits the bytes that are counted for one column.
const BLOCK: usize = 1 << 10;
/// Limits the bytes that are shown on either side of a place.
const MOST_SHOWN: usize = 1 << 10;

/// Where lines begin, and how many characters come before each block of a text.
pub(crate) struct LineIndex {
    /// The byte at which each line begins.
    starts: Vec<usize>,
    /// The characters before each block of [`BLOCK`] bytes.
    n_before: Vec<usize>,
}

/// A part of a text that is shown with a finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub bytes: Range<usize>,
    /// The number of its first line, from 1.
    pub first_line: usize,
}

impl LineIndex {
    pub(crate) fn of(text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|it| it.0 + 1)).collect();
        let mut n_before = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            n_before.push(n_before.last().copied().unwrap_or(0) + n_chars(block));
        }
        Self { starts, n_before }
    }

    /// Line and column of a byte, both from 1; columns are characters.
    pub(crate) fn line(&self, text: &str, byte: usize) -> (usize, usize) {
        let byte = byte.min(text.len());
        let line = self.line_number(byte);
        (line, self.chars_before(text, byte) - self.chars_before(text, self.starts[line - 1]) + 1)
    }

    /// The whole lines around some bytes; of long lines, the part near them.
    pub(crate) fn excerpt(&self, text: &str, bytes: &Range<usize>) -> Excerpt {
        let first_line = self.line_number(bytes.start);
        let last_line = self.line_number(bytes.end.max(bytes.start));
        let line_start = self.starts[first_line - 1];
        let line_end = self.starts.get(last_line).map_or(text.len(), |it| it - 1);
        let near = |it: usize| text.floor_char_boundary(it);
        let start = line_start.max(near(bytes.start.saturating_sub(MOST_SHOWN)));
        let end = line_end.min(near(bytes.end.saturating_add(MOST_SHOWN)));
        Excerpt { bytes: start..end, first_line }
    }

    fn line_number(&self, byte: usize) -> usize {
        self.starts.partition_point(|it| *it <= byte).max(1)
    }

    /// The characters before a byte.
    fn chars_before(&self, text: &str, byte: usize) -> usize {
        self.n_before[byte / BLOCK] + n_chars(uncounted(text, byte))
    }
}

/// The bytes from the start of their block up to `byte`, which the index has not counted.
fn uncounted(text: &str, byte: usize) -> &[u8] {
    &text.as_bytes()[byte / BLOCK * BLOCK..byte]
}

/// The characters that begin in some bytes.
fn n_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|it| (**it & 0xC0) != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_by_counting_one_block_however_long_the_line_is() {
        let text = format!("é\n{}\nab", "[\"é😀\"], ".repeat(100_000));
        let index = LineIndex::of(&text);
        for (byte, _) in text.char_indices().step_by(9_999) {
            let start = text[..byte].rfind('\n').map_or(0, |it| it + 1);
            let line = text[..byte].matches('\n').count() + 1;
            assert_eq!(index.line(&text, byte), (line, text[start..byte].chars().count() + 1));
            assert!(uncounted(&text, byte).len() < BLOCK);
        }
        assert_eq!(index.line(&text, text.len() + 9), (3, 3));
        assert_eq!(LineIndex::of("").line("", 0), (1, 1));
    }

    #[test]
    fn whole_lines_are_shown_and_of_a_long_line_only_what_is_near() {
        let index = LineIndex::of("one\ntwo\nthree\n");
        assert_eq!(index.excerpt("one\ntwo\nthree\n", &(5..9)), Excerpt { bytes: 4..13, first_line: 2 });
        let text = "é".repeat(100_000);
        let excerpt = LineIndex::of(&text).excerpt(&text, &(100_000..100_002));
        assert_eq!(excerpt, Excerpt { bytes: 98_976..101_026, first_line: 1 });
    }
}
