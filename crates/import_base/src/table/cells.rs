//! Joins the cells of texts whose commas nobody quoted.

use std::borrow::Cow;

use super::shapes::{is_date, is_phone};

/// The cells of a row. A cell that goes on with the sentence before it is a part of that cell.
pub(super) fn joined(cells: Vec<Cow<'_, str>>, delimiter: u8) -> Vec<Cow<'_, str>> {
    let mut joined: Vec<Cow<'_, str>> = Vec::with_capacity(cells.len());
    for cell in cells {
        match joined.last_mut().filter(|it| delimiter != b'\t' && continues(it, &cell)) {
            Some(before) => {
                let before = before.to_mut();
                before.push(char::from(delimiter));
                before.push_str(&cell);
            }
            None => joined.push(cell),
        }
    }
    joined
}

fn continues(before: &str, cell: &str) -> bool {
    is_sentence(before, cell) || is_fraction(before, cell)
}

/// Whether a blank follows the delimiter, as it does in sentences.
fn is_sentence(before: &str, cell: &str) -> bool {
    let is_prose = cell.starts_with(' ') && before.contains(char::is_alphabetic);
    is_prose && !cell.trim().is_empty() && !is_date(before.trim()) && !is_phone(before.trim())
}

/// Whether the delimiter is that of a decimal fraction, as in “Your bill is 184,50 TL”.
fn is_fraction(before: &str, cell: &str) -> bool {
    let n_digits = cell.bytes().take_while(u8::is_ascii_digit).count();
    let after = cell[n_digits..].chars().next();
    let is_amount = matches!(n_digits, 1 | 2) && after.is_some_and(|it| it.is_whitespace() || "€$£₹₽¥₺₫₴".contains(it));
    is_amount && before.ends_with(|it: char| it.is_ascii_digit()) && before.trim().contains(' ')
}
