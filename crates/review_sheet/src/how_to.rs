//! The second sheet: what to do with the first.

use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};

use crate::formats::{HEADER, cell_format, header_format};
use crate::{Column, RowKind};

const SENTENCES: [&str; 9] = [
    "Each row of the sheet “Review” is a template, or a message within the 24-hour window.",
    "Edit the yellow cells. The grey ones are for reading: a row in which one of them was changed is not taken.",
    "Choose a decision: “approve” the text as it stands in the row, “approve proposed” to use the proposed text instead, “reject” it, or “undecide” to take back what was decided before. An empty cell decides nothing.",
    "A text that you edit needs a decision in the same row: what was decided before was about the old text.",
    "Keep the variables, such as {{1}}. The flow fills them, so none can be added or left out here.",
    "A line break within a cell is Alt+Enter; in LibreOffice it is Ctrl+Enter.",
    "You may sort, filter, hide columns, move them, and delete rows that are not for you. Do not copy rows.",
    "When you are done: ferry scenario review --from FILE. Rows that cannot be taken are named with the reason; all others are kept, with your name and the time.",
    "If somebody changes a text while you work on it, your row is refused and not overwritten. Write a new sheet then.",
];

pub(crate) fn write(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_name("How to")?;
    for (column, width) in (0..).zip([20, 22, 18, 90]) {
        sheet.set_column_width(column, width)?;
    }
    let title = Format::new().set_bold().set_font_size(14);
    sheet.write_string_with_format(0, 0, "How to review", &title)?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let mut line = 1;
    for sentence in SENTENCES {
        sheet.merge_range(line, 0, line, 3, sentence, &wrapped)?;
        // A merged cell does not grow with its text.
        sheet.set_row_height(line, 16 * (1 + sentence.chars().count() as u32 / 150))?;
        line += 1;
    }
    line += 1;
    let header = header_format(HEADER);
    for (column, text) in (0..).zip(["column", "filled in by", "edit it?", "what it is"]) {
        sheet.write_string_with_format(line, column, text, &header)?;
    }
    for column in Column::all() {
        line += 1;
        let edits = match (column.is_editable(RowKind::Template), column.is_editable(RowKind::Message)) {
            (true, true) => "yes",
            (true, false) => "of templates",
            (false, _) => "no",
        };
        let format = cell_format(edits != "no");
        let info = column.info();
        for (n, text) in (0..).zip([info.header, info.filled_by, edits, info.about]) {
            sheet.write_string_with_format(line, n, text, &format)?;
        }
    }
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    Ok(())
}
