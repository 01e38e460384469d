//! Cells that a spreadsheet would run as formulas, and the apostrophe that keeps it from doing so.
//!
//! The signs are those of OWASP ("CSV Injection"), with the full-width forms that spreadsheets treat the same. Excel
//! separates cells by semicolons in much of Europe and ignores quotes in the middle of a line, so what follows a
//! semicolon, a tab or a line break inside a cell can become a cell of its own, and is guarded too.

use std::borrow::Cow;
use std::ops::Range;

use model::is_unprintable;

/// The cell, with an apostrophe before each part that a spreadsheet would run. A phone number in international form,
/// `+33199000001`, is no formula and stays as it is. [`unguarded`] gives back exactly the same cell.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    let formulas = starts(cell).filter(|it| is_formula(&cell[*it..], *it == 0) && !is_phone(&cell[*it..]));
    replaced(cell, formulas.map(|it| it..it), "'")
}

/// The cell without the apostrophes of [`guarded`]. All other apostrophes stay, but for one before a phone number: a person
/// who corrects `'+33199000***` leaves it there.
pub fn unguarded(cell: &str) -> Cow<'_, str> {
    let is_guard = |it: &usize| cell[*it..].strip_prefix('\'').is_some_and(|rest| is_formula(rest, *it == 0));
    replaced(cell, starts(cell).filter(is_guard).map(|it| it..it + 1), "")
}

/// The cell with `new` in the place of each part. The parts are in order.
fn replaced<'a>(cell: &'a str, parts: impl Iterator<Item = Range<usize>>, new: &str) -> Cow<'a, str> {
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return Cow::Borrowed(cell);
    }
    let (mut text, mut done) = (String::with_capacity(cell.len() + 2), 0);
    for part in parts {
        text.push_str(&cell[done..part.start]);
        text.push_str(new);
        done = part.end;
    }
    text.push_str(&cell[done..]);
    Cow::Owned(text)
}

/// The places where a spreadsheet may begin a cell.
fn starts(cell: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(cell.match_indices([';', '\t', '\n', '\r']).map(|it| it.0 + 1))
}

/// Whether a spreadsheet may run a part of a cell. Apostrophes before the sign are looked through, so that a part that is
/// guarded already gets one more, and loses only that one again.
fn is_formula(part: &str, is_first: bool) -> bool {
    let is_before = |it: char| it == '\'' || it == ' ' || is_unprintable(it) && !is_break(it) || is_blank(it);
    let rest = part.trim_start_matches(is_before);
    match rest.chars().next() {
        Some('\t' | '\r' | '\n') => is_first,
        Some(it) => matches!(it, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'),
        None => false,
    }
}

fn is_break(it: char) -> bool {
    matches!(it, '\t' | '\r' | '\n')
}

fn is_blank(it: char) -> bool {
    it.is_whitespace() && !is_break(it)
}

/// A plus sign and digits, up to the end of the part.
fn is_phone(part: &str) -> bool {
    let part = &part[..part.find(|it| it == ';' || is_break(it)).unwrap_or(part.len())];
    part.strip_prefix('+').is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("＝1", "'＝1"),
            ("  =1+1", "'  =1+1"),
            ("\u{a0}=1", "'\u{a0}=1"),
            (";=1+1", ";'=1+1"),
            ("Ana; =1+1;x", "Ana;' =1+1;x"),
            ("Ana\n=1+1", "Ana\n'=1+1"),
            ("'=1", "''=1"),
            ("+33 1 99 00 00 01", "'+33 1 99 00 00 01"),
            ("+1+1", "'+1+1"),
        ] {
            assert_eq!(guarded(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn other_cells_stay_as_they_are() {
        for cell in ["", "Ana", "Ana =)", "O'Neill", "'Ana", "+33199000001", "x;+33199000001", "a;b;c", "Ana\nBen"] {
            assert_eq!(guarded(cell), cell);
            assert_eq!(unguarded(cell), cell);
        }
    }

    #[test]
    fn a_number_that_was_corrected_loses_the_apostrophe_of_the_wrong_one() {
        assert_eq!(guarded("+33199000***"), "'+33199000***");
        assert_eq!(unguarded("'+33199000002"), "+33199000002");
    }

    proptest! {
        #[test]
        fn every_cell_comes_back_as_it_was(cell in prop_oneof!["[;'=+@ \t\r\n0-9a-]{0,12}", ".{0,20}"]) {
            let safe = guarded(&cell).into_owned();
            prop_assert_eq!(unguarded(&safe), cell.as_str());
            prop_assert!(starts(&safe).all(|it| !safe[it..].trim_start_matches(' ').starts_with(['=', '-', '@'])));
        }
    }
}
