//! The parts of conditions that SQLite writes in its own way.

/// Whether a person has a tag; `tag` has a comma on both sides.
pub(crate) fn has_tag(tag: &str) -> String {
    format!("(instr(',' || coalesce(tags, '') || ',', {tag}) > 0)")
}

/// An attribute of a person.
pub(crate) fn attribute(name: &str) -> String {
    format!("(attributes ->> {name})")
}

/// `like` that tells upper from lower case, as PostgreSQL does.
pub(crate) fn like(pattern: &str) -> String {
    format!("glob {pattern}")
}

/// The pattern of `glob` for one of `like`.
pub(crate) fn pattern(like: &str) -> String {
    let mut pattern = String::with_capacity(like.len());
    for letter in like.chars() {
        match letter {
            '%' => pattern.push('*'),
            '_' => pattern.push('?'),
            '*' | '?' | '[' => pattern.extend(['[', letter, ']']),
            other => pattern.push(other),
        }
    }
    pattern
}
