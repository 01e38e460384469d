//! Pictures as inline SVG. Colours come from the style sheet of the page, by class.
//!
//! Own drawing is less code than a chart library would take to style for print, for a phone and for dark screens. Each
//! picture has a title and a description, so that a screen reader says what it shows.

pub(crate) mod bars;
pub(crate) mod circles;
pub(crate) mod columns;

use std::fmt::Write;

/// The width of all pictures, in units that are about a pixel.
pub(crate) const WIDTH: f64 = 520.0;

/// The name and the description of a picture, for screen readers.
pub(crate) struct Frame<'a> {
    /// The id in the page.
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) description: String,
}

impl Frame<'_> {
    /// Puts a drawing into its frame.
    pub(crate) fn around(&self, height: f64, drawing: &str) -> String {
        let Self { id, title, description } = self;
        let (title, description) = (escaped(title), escaped(description));
        format!(
            r#"<svg viewBox="0 0 {WIDTH} {height:.0}" role="img" aria-labelledby="{id}-title {id}-text"><title id="{id}-title">{title}</title><desc id="{id}-text">{description}</desc>{drawing}</svg>"#
        )
    }
}

/// A rectangle of a class.
fn rectangle(svg: &mut String, [left, top, width, height]: [f64; 4], class: &str) {
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        r#"<rect x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" rx="2" class="{class}"/>"#
    );
}

/// A text of a class.
fn text(svg: &mut String, [left, base]: [f64; 2], class: &str, text: &str) {
    let _ = write!(svg, r#"<text x="{left:.1}" y="{base:.1}" class="{class}">{}</text>"#, escaped(text));
}

/// A text that is cut where it would be too long for a picture.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).collect::<String>() + "…",
        false => text.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
