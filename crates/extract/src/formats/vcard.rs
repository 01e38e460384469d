//! vCards (`.vcf`) of versions 2.1, 3.0 and 4.0. Each phone number of a card makes a row.

mod card;
mod scan;

use std::io::Read;
use std::path::Path;

use csv::StringRecord;
use model::Reason;

use crate::error::ExtractError;
use crate::formats::vcard::card::rows;
use crate::formats::vcard::scan::{CardScanner, ScannedCard};
use crate::row::{ReadSummary, Unreadable};
use crate::text::encoding::Encoding;

pub(crate) use crate::formats::vcard::card::COLUMNS;

pub(crate) fn looks_like_vcard(start: &str) -> bool {
    let text = start.trim_start_matches('\u{feff}').trim_start();
    text.get(..11).is_some_and(|it| it.eq_ignore_ascii_case("BEGIN:VCARD"))
}

/// Gives the line and the cells of every row to `each`, in constant memory.
pub(crate) fn read_vcards<E: From<ExtractError>>(
    text: impl Read,
    path: &Path,
    encoding: Encoding,
    mut each: impl FnMut(u64, Result<&StringRecord, Unreadable>) -> Result<(), E>,
) -> Result<ReadSummary, E> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let mut cards = CardScanner::new(text);
    let mut summary = ReadSummary::default();
    while let Some(scanned) = cards.next_card().map_err(failed)? {
        summary.n_records += 1;
        match scanned {
            ScannedCard::Card { line, bytes } => {
                let text = std::str::from_utf8(bytes).ok();
                // A decoder replaces what it cannot read. UTF-8 is not decoded, so there the character was in the file.
                match text.filter(|it| encoding == Encoding::UTF_8 || !it.contains('\u{fffd}')).map(rows) {
                    Some(Some(rows)) => rows.iter().try_for_each(|it| each(line, Ok(it)))?,
                    Some(None) => each(line, Err(Unreadable::new(Reason::NotAContact, bytes)))?,
                    None => each(line, Err(Unreadable::new(Reason::Encoding, bytes)))?,
                }
            }
            ScannedCard::Unended { line, bytes } => each(line, Err(Unreadable::new(Reason::Truncated, bytes)))?,
            ScannedCard::TooLong { line, start, n_bytes } => each(line, Err(Unreadable::too_long(start, n_bytes)))?,
            ScannedCard::Stray { line, bytes } => each(line, Err(Unreadable::new(Reason::NotAContact, bytes)))?,
        }
    }
    Ok(summary)
}
