use std::borrow::Cow;

use model::{ReadLanguage, read_language};

/// The language of a cell, as [`read_language`] reads it; none if the cell says nothing or is not understood.
pub fn language(cell: &str) -> Option<Cow<'_, str>> {
    match read_language(cell) {
        ReadLanguage::Language(code) => Some(code),
        ReadLanguage::Nothing | ReadLanguage::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_a_code_or_nothing_is_kept() {
        for (cell, expected) in [
            ("fr", Some("fr")),
            ("FR", Some("fr")),
            ("pt_BR", Some("pt")),
            (" en-US ", Some("en")),
            ("anglais", Some("en")),
            ("Spanish", Some("es")),
            ("German", Some("de")),
            ("", None),
            ("n/a", None),
            ("-", None),
            ("gibberish", None),
        ] {
            assert_eq!(language(cell).as_deref(), expected, "{cell}");
        }
    }
}
