//! The form in which texts are compared: what a program changes by saving a sheet must not look like an edit.

use std::borrow::Cow;

use crate::SheetForm;

/// The most that a cell of a workbook holds, in units of UTF-16 (Microsoft, "Excel specifications and limits").
pub(crate) const MOST_IN_CELL: usize = 32_767;

/// What stands at the end of a text that is too long for a cell.
const CUT: &str = "\n[the rest does not fit into a cell]";

/// A text as a cell of a sheet holds it: lines end with a line feed, as in a cell of Excel; characters that XML does
/// not know are U+FFFD; a text that is too long for a workbook is cut, which it says.
pub(crate) fn normal(text: &str, form: SheetForm) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if text.contains('\r') {
        text = Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"));
    }
    if text.contains(is_unknown_to_xml) {
        text = Cow::Owned(text.replace(is_unknown_to_xml, "\u{fffd}"));
    }
    match form == SheetForm::Workbook && is_too_long(&text) {
        true => Cow::Owned(cut(&text)),
        false => text,
    }
}

/// A text to compare with others: what programs lose of a cell does not count.
///
/// openpyxl loses a text of nothing but spaces, and writes `_x000D_`, which a workbook has for a carriage return, without
/// the escape that tells the text from the character.
pub(crate) fn comparable(text: &str, form: SheetForm) -> Cow<'_, str> {
    let text = normal(text, form);
    match form {
        SheetForm::Csv => text,
        SheetForm::Workbook if text.trim_matches([' ', '\t', '\n']).is_empty() => Cow::Borrowed(""),
        SheetForm::Workbook if text.contains("_x") => Cow::Owned(normal(&unescaped(&text), form).into_owned()),
        SheetForm::Workbook => text,
    }
}

/// A text in which what looks like an escape of a workbook is read as one: `_x0041_` is `A`.
fn unescaped(text: &str) -> String {
    let (mut made, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("_x") {
        made += before;
        let digits = after.get(..4).filter(|_| after[4..].starts_with('_'));
        let code = digits.and_then(|it| u32::from_str_radix(it, 16).ok());
        match code.and_then(char::from_u32) {
            Some(it) => made.push(it),
            None => made += "_x",
        }
        rest = if code.and_then(char::from_u32).is_some() { &after[5..] } else { after };
    }
    made + rest
}

/// Whether a text does not fit into a cell of a workbook.
pub(crate) fn is_too_long(text: &str) -> bool {
    // A character takes at most as many units as bytes.
    text.len() > MOST_IN_CELL && text.encode_utf16().count() > MOST_IN_CELL
}

fn is_unknown_to_xml(it: char) -> bool {
    matches!(it, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn cut(text: &str) -> String {
    let mut room = MOST_IN_CELL - CUT.len();
    let fits = |it: &char| {
        let units = it.len_utf16();
        let fits = units <= room;
        room = room.saturating_sub(units);
        fits
    };
    text.chars().take_while(fits).collect::<String>() + CUT
}

/// Whether `cell` is `text` after its characters beyond ASCII became question marks, as in "CSV (MS-DOS)".
pub(crate) fn has_lost_characters(text: &str, cell: &str) -> bool {
    let ascii = |marks: fn(char) -> usize| -> String {
        let mut made = String::new();
        for it in text.chars() {
            match it.is_ascii() {
                true => made.push(it),
                false => made.extend(std::iter::repeat_n('?', marks(it))),
            }
        }
        made
    };
    !text.is_ascii() && cell.is_ascii() && (ascii(char::len_utf16) == cell || ascii(|_| 1) == cell)
}
