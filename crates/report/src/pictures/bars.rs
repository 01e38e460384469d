//! Horizontal bars, each with a label and a value above it. Labels can be long, also on a phone.

use crate::pictures::{Frame, WIDTH, cut, rectangle, text};

/// A bar of one or more parts.
pub(crate) struct Bar {
    pub(crate) label: String,
    /// The value as it is written beside the label.
    pub(crate) value: String,
    /// The class and the size of each part.
    pub(crate) parts: Vec<(&'static str, u64)>,
}

/// The height of a bar with its label.
const ROW: f64 = 46.0;
const LEGEND: f64 = 26.0;
const MOST_LETTERS: usize = 56;
/// The approximate width of a letter in a legend.
const LETTER: f64 = 8.6;

/// Draws bars, the largest as wide as the picture, below a legend of classes and names.
pub(crate) fn bars(frame: &Frame, legend: &[(&str, &str)], bars: &[Bar]) -> String {
    let sum = |bar: &Bar| bar.parts.iter().map(|it| it.1).sum::<u64>();
    let Some(most) = bars.iter().map(sum).max() else { return String::new() };
    let scale = WIDTH / most.max(1) as f64;
    let mut svg = String::new();
    let mut left = 0.0;
    for (class, name) in legend {
        rectangle(&mut svg, [left, 2.0, 12.0, 12.0], class);
        text(&mut svg, [left + 18.0, 13.0], "soft", name);
        left += 36.0 + name.chars().count() as f64 * LETTER;
    }
    let top = if legend.is_empty() { 0.0 } else { LEGEND };
    for (row, bar) in bars.iter().enumerate() {
        let top = top + row as f64 * ROW;
        text(&mut svg, [0.0, top + 16.0], "label", &cut(&bar.label, MOST_LETTERS));
        text(&mut svg, [WIDTH, top + 16.0], "value", &bar.value);
        rectangle(&mut svg, [0.0, top + 23.0, WIDTH, 12.0], "track");
        let mut left = 0.0_f64;
        for (class, size) in bar.parts.iter().filter(|it| it.1 > 0) {
            let width = (*size as f64 * scale).max(2.0);
            rectangle(&mut svg, [left.min(WIDTH - width), top + 23.0, width, 12.0], class);
            left += *size as f64 * scale;
        }
    }
    frame.around(top + bars.len() as f64 * ROW, &svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame<'static> {
        Frame { id: "p", title: "Rows & people", description: "<x>: 40".into() }
    }

    #[test]
    fn the_longest_bar_fills_the_picture_and_its_parts_add_up() {
        let bar = |label: &str, a: u64, b: u64| Bar {
            label: label.into(),
            value: (a + b).to_string(),
            parts: vec![("yes", a), ("no", b)],
        };
        let svg = bars(&frame(), &[("yes", "Yes"), ("no", "No")], &[bar("<x>", 30, 10), bar("y", 0, 20)]);
        assert!(svg.contains(r#"x="0.0" y="49.0" width="390.0" height="12.0" rx="2" class="yes""#), "{svg}");
        assert!(svg.contains(r#"x="390.0" y="49.0" width="130.0" height="12.0" rx="2" class="no""#), "{svg}");
        assert!(svg.contains(r#"<title id="p-title">Rows &amp; people</title>"#), "{svg}");
        assert!(svg.contains("&lt;x&gt;</text>") && !svg.contains("<x>"), "{svg}");
    }

    #[test]
    fn nothing_to_draw_is_no_picture_and_a_long_label_is_cut() {
        assert_eq!(bars(&frame(), &[], &[]), "");
        let long = Bar { label: "x".repeat(60), value: "1".into(), parts: vec![("yes", 1)] };
        assert!(bars(&frame(), &[], &[long]).contains(&format!(">{}…<", "x".repeat(55))));
    }
}
