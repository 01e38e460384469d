//! Splits a text into cards and drops the properties that are not read, because a photo can be megabytes long.

use std::io::{self, BufRead, BufReader, Read};

use crate::row::{MOST_RECORD_BYTES, SHOWN_BYTES};

/// The properties that are read.
const WANTED: [&str; 15] = [
    "VERSION",
    "KIND",
    "X-ADDRESSBOOKSERVER-KIND",
    "FN",
    "N",
    "TEL",
    "EMAIL",
    "ORG",
    "BDAY",
    "CATEGORIES",
    "NOTE",
    "UID",
    "REV",
    "LANG",
    "ADR",
];

/// One card of a text, or the lines in its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ScannedCard<'a> {
    /// The lines between `BEGIN` and `END`, without those of dropped properties.
    Card {
        line: u64,
        bytes: &'a [u8],
    },
    /// A card without `BEGIN` or without `END`.
    Unended {
        line: u64,
        bytes: &'a [u8],
    },
    TooLong {
        line: u64,
        start: &'a [u8],
        n_bytes: u64,
    },
    /// Lines between cards.
    Stray {
        line: u64,
        bytes: &'a [u8],
    },
}

pub(super) struct CardScanner<R> {
    text: BufReader<R>,
    line_number: u64,
    /// The current physical line without its line end; truncated if it is too long.
    line: Vec<u8>,
    n_line_bytes: u64,
    /// The current line is the next card's and is read again.
    is_ahead: bool,
    card: Vec<u8>,
}

impl<R: Read> CardScanner<R> {
    pub(super) fn new(text: R) -> Self {
        Self {
            text: BufReader::new(text),
            line_number: 0,
            line: Vec::new(),
            n_line_bytes: 0,
            is_ahead: false,
            card: Vec::new(),
        }
    }

    pub(super) fn next_card(&mut self) -> io::Result<Option<ScannedCard<'_>>> {
        self.card.clear();
        loop {
            if !self.next_line()? {
                return Ok(None);
            }
            if self.is("BEGIN:VCARD") {
                return self.rest_of_card().map(Some);
            }
            if !self.line.trim_ascii().is_empty() {
                return self.stray().map(Some);
            }
        }
    }

    fn rest_of_card(&mut self) -> io::Result<ScannedCard<'_>> {
        let line = self.line_number;
        let mut n_bytes = 0;
        let mut property = Property::Unwanted;
        loop {
            if !self.next_line()? {
                return Ok(ScannedCard::Unended { line, bytes: &self.card });
            }
            if self.is("BEGIN:VCARD") {
                self.is_ahead = true;
                return Ok(ScannedCard::Unended { line, bytes: &self.card });
            }
            if self.is("END:VCARD") {
                return Ok(match n_bytes > MOST_RECORD_BYTES as u64 {
                    true => {
                        ScannedCard::TooLong { line, start: &self.card[..self.card.len().min(SHOWN_BYTES)], n_bytes }
                    }
                    false => ScannedCard::Card { line, bytes: &self.card },
                });
            }
            property = property.next(&self.line);
            if property.is_wanted() {
                n_bytes += self.n_line_bytes + 1;
                if n_bytes <= MOST_RECORD_BYTES as u64 {
                    self.card.extend_from_slice(&self.line);
                    self.card.push(b'\n');
                }
            }
        }
    }

    /// Collects the lines up to the next card. If `END` is among them, they are a card without `BEGIN`.
    fn stray(&mut self) -> io::Result<ScannedCard<'_>> {
        let line = self.line_number;
        let mut is_card = false;
        loop {
            is_card |= self.is("END:VCARD");
            if self.card.len() + self.line.len() < MOST_RECORD_BYTES {
                self.card.extend_from_slice(&self.line);
                self.card.push(b'\n');
            }
            if is_card || !self.next_line()? {
                break;
            }
            if self.is("BEGIN:VCARD") {
                self.is_ahead = true;
                break;
            }
        }
        Ok(match is_card {
            true => ScannedCard::Unended { line, bytes: &self.card },
            false => ScannedCard::Stray { line, bytes: &self.card },
        })
    }

    fn is(&self, text: &str) -> bool {
        self.line.trim_ascii().eq_ignore_ascii_case(text.as_bytes())
    }

    /// Reads the next physical line. Returns false at the end of the text.
    fn next_line(&mut self) -> io::Result<bool> {
        if std::mem::take(&mut self.is_ahead) {
            return Ok(true);
        }
        self.line.clear();
        let most = MOST_RECORD_BYTES as u64 + 1;
        let n_read = self.text.by_ref().take(most).read_until(b'\n', &mut self.line)?;
        if n_read == 0 {
            return Ok(false);
        }
        self.n_line_bytes = n_read as u64;
        if self.line.last() != Some(&b'\n') {
            self.n_line_bytes += self.text.skip_until(b'\n')? as u64;
        }
        let n_text = self.line.trim_ascii_end().len();
        // Only the line end is removed: a space before a fold belongs to the text.
        while self.line.len() > n_text && matches!(self.line.last(), Some(b'\n' | b'\r')) {
            self.line.pop();
        }
        self.line_number += 1;
        Ok(true)
    }
}

/// Whether the lines of the current property are kept.
#[derive(Clone, Copy)]
enum Property {
    Wanted,
    Unwanted,
    /// Quoted-printable text continues on the next line.
    WantedSoft,
    UnwantedSoft,
}

impl Property {
    fn is_wanted(self) -> bool {
        matches!(self, Self::Wanted | Self::WantedSoft)
    }

    fn next(self, line: &[u8]) -> Self {
        let is_soft = matches!(self, Self::WantedSoft | Self::UnwantedSoft);
        let is_folded = matches!(line.first(), Some(b' ' | b'\t'));
        let (is_wanted, may_be_soft) = match is_soft || is_folded {
            true => (self.is_wanted(), is_soft),
            false => {
                let head = line.split(|it| *it == b':').next().unwrap_or_default().to_ascii_uppercase();
                let name = head.split(|it| *it == b';').next().unwrap_or_default();
                let name = name.rsplit(|it| *it == b'.').next().unwrap_or_default();
                let is_wanted = head.len() < line.len() && WANTED.iter().any(|it| it.as_bytes() == name);
                (is_wanted, memchr::memmem::find(&head, b"QUOTED-PRINTABLE").is_some())
            }
        };
        match (is_wanted, may_be_soft && line.ends_with(b"=")) {
            (true, true) => Self::WantedSoft,
            (true, false) => Self::Wanted,
            (false, true) => Self::UnwantedSoft,
            (false, false) => Self::Unwanted,
        }
    }
}
