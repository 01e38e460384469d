//! JSON as providers give it: one value per line, an array, or pages with their records under a key.

mod cut;
mod flatten;
mod window;

pub use cut::JsonForm;
pub(crate) use cut::{Cut, Cutter, look};
pub(crate) use flatten::{Flattener, Lists, Unfit};

/// Whether a text may be JSON. A CSV header can begin with a bracket too, so the next character
/// has to fit.
pub(crate) fn looks_like_json(start: &str) -> bool {
    let mut characters = start.chars().filter(|it| !it.is_whitespace());
    match (characters.next(), characters.next()) {
        (Some('{'), Some('"' | '}')) => true,
        (Some('['), Some('{' | ']' | '"' | '[')) => true,
        (Some('['), Some(other)) => other.is_ascii_digit(),
        _ => false,
    }
}
