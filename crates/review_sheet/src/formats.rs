//! How cells look.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// The colours of cells to edit, and of the others.
const EDITABLE: Color = Color::RGB(0xFF_F8_DC);
const SHOWN: Color = Color::RGB(0xEE_EE_EE);
const SHOWN_TEXT: Color = Color::RGB(0x55_55_55);
const LINE: Color = Color::RGB(0xC8_C8_C8);
pub(crate) const HEADER: Color = Color::RGB(0x1F_4E_5F);
pub(crate) const HEADER_EDITABLE: Color = Color::RGB(0x8A_5A_00);

pub(crate) fn header_format(color: Color) -> Format {
    let format = Format::new().set_bold().set_font_color(Color::White).set_background_color(color);
    format.set_align(FormatAlign::VerticalCenter).set_border(FormatBorder::Thin).set_border_color(LINE)
}

/// Cells are formatted as text: what is typed into them stays what it is.
pub(crate) fn cell_format(is_editable: bool) -> Format {
    let format = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
    let format = format.set_border(FormatBorder::Thin).set_border_color(LINE);
    match is_editable {
        true => format.set_background_color(EDITABLE).set_unlocked(),
        false => format.set_background_color(SHOWN).set_font_color(SHOWN_TEXT),
    }
}
