//! Pictures as inline SVG. Colours come from the style sheet of the page, by class.
//!
//! Two kinds of bars are less code than a chart library would take to style for print and for a phone.

use std::fmt::Write;

use model::grouped;

/// A bar made of parts.
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) parts: Vec<Part>,
}

/// A part of a bar; its name is also its class.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) value: u64,
}

// Narrow, so that the text stays readable on a phone.
const WIDTH: f64 = 480.0;
/// The approximate width of a letter in a label.
const LETTER: f64 = 8.4;
const NUMBER: f64 = 60.0;
const ROW: usize = 26;

/// One bar per line, its length by its value.
pub(crate) fn bars(lines: &[(String, u64)]) -> String {
    let bars: Vec<Bar> =
        lines.iter().map(|it| Bar { label: it.0.clone(), parts: vec![Part { name: "bar", value: it.1 }] }).collect();
    drawn(&bars, None)
}

/// One bar per line, cut into parts, with a legend.
pub(crate) fn stacked(bars: &[Bar]) -> String {
    let legend: Option<Vec<&str>> = bars.first().map(|it| it.parts.iter().map(|part| part.name).collect());
    drawn(bars, legend)
}

fn drawn(bars: &[Bar], legend: Option<Vec<&str>>) -> String {
    let sum = |bar: &Bar| bar.parts.iter().map(|it| it.value).sum::<u64>();
    let Some(most) = bars.iter().map(sum).max() else { return String::new() };
    let longest = bars.iter().map(|it| it.label.chars().count()).max().unwrap_or(0);
    let label = (longest as f64 * LETTER + 12.0).clamp(60.0, WIDTH / 2.0);
    let scale = (WIDTH - label - NUMBER) / most.max(1) as f64;
    let n_rows = bars.len() + usize::from(legend.is_some());
    let mut svg = format!(r#"<svg viewBox="0 0 {WIDTH} {}" role="img">"#, n_rows * ROW);
    for (row, bar) in bars.iter().enumerate() {
        let (top, text) = (row * ROW, row * ROW + 17);
        let _ = write!(svg, r#"<text x="{}" y="{text}" class="label">{}</text>"#, label - 8.0, escaped(&bar.label));
        let mut left = label;
        for part in bar.parts.iter().filter(|it| it.value > 0) {
            let width = part.value as f64 * scale;
            let _ = write!(
                svg,
                r#"<rect x="{left:.1}" y="{}" width="{:.1}" height="{}" class="{}"><title>{}: {}</title></rect>"#,
                top + 3,
                width.max(0.5),
                ROW - 6,
                part.name.replace(' ', "-"),
                part.name,
                grouped(part.value)
            );
            left += width;
        }
        let _ = write!(svg, r#"<text x="{:.1}" y="{text}">{}</text>"#, left + 6.0, grouped(sum(bar)));
    }
    let mut left = label;
    for name in legend.into_iter().flatten() {
        let top = bars.len() * ROW;
        let _ = write!(
            svg,
            r#"<rect x="{left}" y="{}" width="12" height="12" class="{}"/>"#,
            top + 9,
            name.replace(' ', "-")
        );
        let _ = write!(svg, r#"<text x="{}" y="{}" class="legend">{name}</text>"#, left + 17.0, top + 19);
        left += 34.0 + name.len() as f64 * 7.5;
    }
    svg + "</svg>"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_picture_and_its_parts_add_up() {
        let bar = |label: &str, a, b| Bar {
            label: label.into(),
            parts: vec![Part { name: "kept", value: a }, Part { name: "not sent", value: b }],
        };
        let svg = stacked(&[bar("<x>", 30, 10), bar("y", 0, 20)]);
        assert!(svg.contains(r#"x="60.0" y="3" width="270.0" height="20" class="kept""#), "{svg}");
        assert!(svg.contains(r#"x="330.0" y="3" width="90.0" height="20" class="not-sent""#), "{svg}");
        assert!(svg.contains("&lt;x&gt;"));
    }

    #[test]
    fn nothing_to_draw_is_no_picture() {
        assert_eq!(bars(&[]), "");
    }
}
