//! Columns in the order of time, with a mark where a year begins.

use crate::pictures::{Frame, WIDTH, rectangle, text};

/// The height of the highest column.
const HEIGHT: f64 = 120.0;
const TOP: f64 = 24.0;

/// A column, and its mark below the line; empty for most.
pub(crate) struct Column {
    pub(crate) value: u64,
    pub(crate) mark: String,
}

/// Draws the columns; `most` is how the largest value is written.
pub(crate) fn columns(frame: &Frame, most: &str, columns: &[Column]) -> String {
    let Some(highest) = columns.iter().map(|it| it.value).max().filter(|it| *it > 0) else { return String::new() };
    let width = WIDTH / columns.len() as f64;
    let mut svg = String::new();
    let bottom = TOP + HEIGHT;
    for (n, column) in columns.iter().enumerate() {
        let (left, height) = (n as f64 * width, column.value as f64 / highest as f64 * HEIGHT);
        if column.value > 0 {
            let height = height.max(2.0);
            rectangle(&mut svg, [left + 1.5, bottom - height, width - 3.0, height], "accent");
        }
        if column.value == highest && !svg.contains("class=\"top") {
            let class = if left < WIDTH / 2.0 { "top" } else { "top end" };
            let left = if left < WIDTH / 2.0 { left } else { left + width };
            text(&mut svg, [left, bottom - height - 7.0], class, most);
        }
        text_of_mark(&mut svg, left, bottom, &column.mark);
    }
    rectangle(&mut svg, [0.0, bottom, WIDTH, 1.0], "line");
    frame.around(bottom + 26.0, &svg)
}

fn text_of_mark(svg: &mut String, left: f64, bottom: f64, mark: &str) {
    if !mark.is_empty() {
        rectangle(svg, [left, bottom, 1.0, 6.0], "line");
        text(svg, [left + 4.0, bottom + 18.0], "soft", mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_column_has_its_value_above_it_and_a_year_its_mark() {
        let frame = Frame { id: "p", title: "Last contact", description: "a".into() };
        let column = |value, mark: &str| Column { value, mark: mark.into() };
        let svg =
            columns(&frame, "1,200", &[column(600, "2025"), column(0, ""), column(1200, "2026"), column(1200, "")]);
        assert!(svg.contains(r#"y="84.0" width="127.0" height="60.0""#), "{svg}");
        assert_eq!(svg.matches(">1,200<").count(), 1, "{svg}");
        assert!(svg.contains(">2025<") && svg.contains(">2026<"), "{svg}");
        assert_eq!(columns(&frame, "0", &[column(0, "")]), "");
    }
}
