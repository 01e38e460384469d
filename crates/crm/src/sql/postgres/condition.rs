//! The parts of conditions that PostgreSQL writes in its own way.

use super::PLAIN;

/// Whether a person has a tag; `tag` has a comma on both sides.
pub(crate) fn has_tag(tag: &str) -> String {
    format!("(strpos(',' || coalesce(tags, '') || ',', {tag}) > 0)")
}

/// An attribute of a person.
pub(crate) fn attribute(name: &str) -> String {
    format!("((attributes::json ->> {name}){PLAIN})")
}

/// `like` without a letter that takes the meaning from the next one.
pub(crate) fn like(pattern: &str) -> String {
    format!("like {pattern} escape ''")
}
