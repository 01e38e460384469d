//! Guesses the encoding of text that is not UTF-8.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{ISO_8859_5, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257};

use crate::text::detect_encoding::latin;
use crate::text::encoding::Encoding;

/// Most bytes that the detector gets. It reads 4 MB per second, and 15,000 names are enough.
const MOST_FED_BYTES: usize = 256 << 10;
/// Most different cells that are kept, to compare their text in several encodings.
const MOST_CELLS: usize = 64;
/// Longest part of a cell that is kept. No name is longer.
const MOST_CELL_BYTES: usize = 100;
/// Longest line that the detector gets. A longer line is not a row of a customer base.
const MOST_LINE_BYTES: usize = 64 << 10;
/// Most cells that are shown in two encodings.
const MOST_SAMPLES: usize = 3;

/// The encoding of a text without byte order mark.
pub(crate) struct DetectedEncoding {
    pub(crate) encoding: Encoding,
    /// None for UTF-8, which is certain. Any other encoding is a guess.
    pub(crate) doubt: Option<EncodingDoubt>,
}

/// The second most likely encoding of a text, where the first is a guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodingDoubt {
    pub other: Encoding,
    /// Up to three cells, each as read in the chosen encoding and in the other one.
    pub samples: Vec<(String, String)>,
}

/// Collects the cells of a text that are not ASCII, and guesses their encoding.
pub(super) struct EncodingGuesser {
    detector: EncodingDetector,
    n_fed: usize,
    /// The start of a line that continues in the next block.
    line: Vec<u8>,
    /// The current line is incomplete, so it is not used.
    is_cut: bool,
    cells: Vec<Vec<u8>>,
}

impl Default for EncodingGuesser {
    fn default() -> Self {
        let detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        Self { detector, n_fed: 0, line: Vec::new(), is_cut: false, cells: Vec::new() }
    }
}

impl EncodingGuesser {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|it| matches!(it, b'\n' | b'\r')) {
            if self.n_fed >= MOST_FED_BYTES {
                return;
            }
            let is_whole = matches!(part.last(), Some(b'\n' | b'\r'));
            self.is_cut |= self.line.len() + part.len() > MOST_LINE_BYTES;
            if !self.is_cut {
                self.line.extend_from_slice(part);
            }
            if is_whole {
                self.end_line();
            }
        }
    }

    /// Skips a block of UTF-8 and notes whether it ends within a line.
    pub(super) fn skip(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last() {
            self.is_cut = !matches!(last, b'\n' | b'\r');
            self.line.clear();
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.is_cut, false) && !line.is_ascii() {
            for cell in line.split(|it| matches!(it, b',' | b';' | b'\t' | b'"' | b'\n' | b'\r')) {
                self.add_cell(cell);
            }
        }
        self.line = line;
        self.line.clear();
    }

    fn add_cell(&mut self, cell: &[u8]) {
        if cell.is_ascii() {
            return;
        }
        self.detector.feed(cell, false);
        self.detector.feed(b"\n", false);
        self.n_fed += cell.len() + 1;
        let cell = cell.get(..MOST_CELL_BYTES).unwrap_or(cell).trim_ascii();
        if self.cells.len() < MOST_CELLS && !self.cells.iter().any(|it| it == cell) {
            self.cells.push(cell.to_owned());
        }
    }

    pub(super) fn finish(mut self) -> DetectedEncoding {
        self.end_line();
        self.detector.feed(b"", true);
        let guess = self.detector.guess(None, Utf8Detection::Deny);
        let (best, second) = match latin::best_two(guess, &self.cells) {
            Some(two) => two,
            None if guess == ISO_8859_5 && are_katakana(&self.cells) => (SHIFT_JIS, guess),
            None => (guess, WINDOWS_1252),
        };
        let candidates =
            [second, WINDOWS_1252, WINDOWS_1250, WINDOWS_1257, WINDOWS_1254, WINDOWS_1251].map(Encoding::of);
        let encoding = Encoding::of(best);
        let doubts = candidates.into_iter().filter(|it| *it != encoding).map(|it| compare(encoding, it, &self.cells));
        let doubt = doubts.into_iter().find(|it| !it.samples.is_empty());
        DetectedEncoding { encoding, doubt }
    }
}

/// Finds cells that two encodings read differently.
fn compare(encoding: Encoding, other: Encoding, cells: &[Vec<u8>]) -> EncodingDoubt {
    let readings = cells.iter().map(|it| (encoding.decode(it).into_owned(), other.decode(it).into_owned()));
    EncodingDoubt { other, samples: readings.filter(|it| it.0 != it.1).take(MOST_SAMPLES).collect() }
}

/// Whether the cells may be half-width katakana. Their bytes are capital letters in ISO-8859-5, which the detector prefers
/// although no export is written in it.
fn are_katakana(cells: &[Vec<u8>]) -> bool {
    cells.iter().flatten().all(|it| it.is_ascii() || (0xa1..=0xdf).contains(it))
}
