//! JSON as providers give it: one value per line, an array, or pages with their records under a key.

mod flatten;
mod layout;
mod records;
mod rows;
mod values;

pub(crate) use flatten::{Flattener, Lists, UnreadableRecord};
pub use layout::JsonLayout;
pub(crate) use layout::{detect_json_layout, looks_like_json};
pub(crate) use records::{RecordScanner, Scanned};
pub(crate) use rows::read_json;
