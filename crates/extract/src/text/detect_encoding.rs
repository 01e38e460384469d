//! Detects the encoding of a text without byte order mark, in one pass over its bytes.

mod guesser;
mod latin;

use std::io::{self, Read};

use memchr::{memchr2, memrchr2};

use crate::text::detect_encoding::guesser::EncodingGuesser;
use crate::text::encoding::Encoding;

pub(crate) use crate::text::detect_encoding::guesser::DetectedEncoding;
pub use crate::text::detect_encoding::guesser::EncodingDoubt;

/// Detects the encoding by all bytes of a text.
///
/// In another encoding hardly any line is valid UTF-8 beyond ASCII. A file with many such lines is UTF-8 with some broken
/// rows, which are rejected one by one.
pub(crate) fn detect_encoding(mut bytes: impl Read) -> io::Result<DetectedEncoding> {
    let mut counts = Utf8Counts::default();
    let mut guesser = EncodingGuesser::default();
    let mut buffer = vec![0; 1 << 20];
    let mut n_carried = 0;
    loop {
        let n_read = bytes.read(&mut buffer[n_carried..])?;
        let n_held = n_carried + n_read;
        let n_done = if n_read == 0 { n_held } else { counts.count_characters(&buffer[..n_held]) };
        if n_read == 0 {
            counts.n_invalid += u64::from(n_carried > 0);
        }
        // Guessing is slow, so it begins with the first bytes that are not UTF-8.
        match counts.n_invalid > 0 {
            true => guesser.feed(&buffer[..n_done]),
            false => guesser.skip(&buffer[..n_done]),
        }
        if n_read == 0 {
            return Ok(counts.encoding(guesser));
        }
        buffer.copy_within(n_done..n_held, 0);
        n_carried = n_held - n_done;
    }
}

/// Counts characters of two bytes and more in lines of valid UTF-8, and byte sequences that are not UTF-8.
#[derive(Default)]
struct Utf8Counts {
    n_multibyte: u64,
    n_invalid: u64,
    /// Those of `n_multibyte` that are in the current line.
    n_in_line: u64,
    is_line_invalid: bool,
}

impl Utf8Counts {
    fn encoding(&self, guesser: EncodingGuesser) -> DetectedEncoding {
        let utf8 = DetectedEncoding { encoding: Encoding::UTF_8, doubt: None };
        if self.n_invalid <= self.n_multibyte {
            return utf8;
        }
        let guess = guesser.finish();
        // Some short names in GBK are valid UTF-8, so a multibyte guess needs no clear majority.
        let is_sure = self.n_invalid > 10 * self.n_multibyte || guess.encoding.is_multibyte();
        if is_sure { guess } else { utf8 }
    }

    /// Counts the characters of a block and returns how many bytes were read. A character that may continue in the next
    /// block is left.
    fn count_characters(&mut self, bytes: &[u8]) -> usize {
        let mut done = 0;
        loop {
            let (valid, invalid) = match std::str::from_utf8(&bytes[done..]) {
                Ok(rest) => (rest.len(), None),
                Err(error) => (error.valid_up_to(), Some(error.error_len())),
            };
            self.count_valid(&bytes[done..done + valid]);
            done += valid;
            match invalid {
                None | Some(None) => return done,
                Some(Some(n_bytes)) => {
                    self.n_invalid += 1;
                    // In other encodings, some pairs of letters look like one character of UTF-8. The line is not UTF-8, so
                    // its characters do not count.
                    self.n_multibyte -= std::mem::take(&mut self.n_in_line);
                    self.is_line_invalid = true;
                    done += n_bytes;
                }
            }
        }
    }

    fn count_valid(&mut self, valid: &[u8]) {
        let n_starts = |bytes: &[u8]| bytes.iter().filter(|it| **it >= 0xc0).count() as u64;
        let (Some(first), Some(last)) = (memchr2(b'\n', b'\r', valid), memrchr2(b'\n', b'\r', valid)) else {
            if !self.is_line_invalid {
                let n_added = n_starts(valid);
                self.n_multibyte += n_added;
                self.n_in_line += n_added;
            }
            return;
        };
        let start = if self.is_line_invalid { first } else { 0 };
        self.n_in_line = n_starts(&valid[last..]);
        self.n_multibyte += n_starts(&valid[start..last]) + self.n_in_line;
        self.is_line_invalid = false;
    }
}
