//! How text is written: what one pass over the bytes shows.

use std::io::{self, Read};

use encoding_rs_io::DecodeReaderBytesBuilder;
use serde::{Deserialize, Serialize};

/// How text is written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    /// The name as a plan writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    fn decoder(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Windows1252 => encoding_rs::WINDOWS_1252,
        }
    }
}

/// The encoding that a byte order mark names.
pub(crate) fn marked(start: &[u8]) -> Option<Encoding> {
    match start {
        [0xef, 0xbb, 0xbf, ..] => Some(Encoding::Utf8),
        [0xff, 0xfe, ..] => Some(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// ASCII text in UTF-16 has a zero in every second byte.
pub(crate) fn looks_like_utf16(start: &[u8]) -> bool {
    start.len() >= 4 && start.iter().filter(|it| **it == 0).count() * 3 > start.len()
}

/// The text of a file as UTF-8, without byte order mark. UTF-8 itself passes as it is, its errors
/// too: naming it to the decoder would replace them, and they are for each row to answer for.
pub(crate) fn text<R: Read>(bytes: R, encoding: Encoding) -> impl Read {
    DecodeReaderBytesBuilder::new()
        .encoding((encoding != Encoding::Utf8).then(|| encoding.decoder()))
        .bom_override(false)
        .strip_bom(true)
        .utf8_passthru(true)
        .build(bytes)
}

/// Finds out the encoding of a text without byte order mark, from all of it.
///
/// A file of accented text in Windows-1252 has next to no valid UTF-8 characters. One with both is
/// UTF-8 with some broken rows, which are rejected one by one.
pub(crate) fn survey(mut bytes: impl Read) -> io::Result<Encoding> {
    let mut seen = Survey::default();
    let mut buffer = vec![0; 1 << 20];
    let mut n_carried = 0;
    loop {
        let n_read = bytes.read(&mut buffer[n_carried..])?;
        if n_read == 0 {
            seen.n_invalid += u64::from(n_carried > 0);
            return Ok(match seen.n_invalid > 10 * seen.n_multibyte {
                true => Encoding::Windows1252,
                false => Encoding::Utf8,
            });
        }
        let n_held = n_carried + n_read;
        let n_done = seen.look_at(&buffer[..n_held]);
        buffer.copy_within(n_done..n_held, 0);
        n_carried = n_held - n_done;
    }
}

/// Characters of two bytes and more that are valid UTF-8, and places that are not.
#[derive(Default)]
struct Survey {
    n_multibyte: u64,
    n_invalid: u64,
}

impl Survey {
    /// Counts characters, up to one that may go on in the next block.
    fn look_at(&mut self, bytes: &[u8]) -> usize {
        let mut done = 0;
        loop {
            let (valid, invalid) = match std::str::from_utf8(&bytes[done..]) {
                Ok(rest) => (rest.len(), None),
                Err(error) => (error.valid_up_to(), Some(error.error_len())),
            };
            let starts = bytes[done..done + valid].iter().filter(|it| **it >= 0xc0).count();
            self.n_multibyte += starts as u64;
            done += valid;
            match invalid {
                None | Some(None) => return done,
                Some(Some(n_bytes)) => {
                    self.n_invalid += 1;
                    done += n_bytes;
                }
            }
        }
    }
}
