//! The differences between two texts, word by word.

use template::{DiffChange, diff_words};

use crate::markup::Markup;

/// The new text with what is gone and what is new marked.
pub(crate) fn marked(old: &str, new: &str) -> Markup {
    let mut markup = Markup::default();
    for words in diff_words(old, new) {
        let (open, close) = match words.change {
            DiffChange::Same => ("", ""),
            DiffChange::Removed => ("<del>", "</del>"),
            DiffChange::Added => ("<ins>", "</ins>"),
        };
        markup.push_tag(open);
        markup.push_text(&words.text);
        markup.push_tag(close);
    }
    markup
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_marked() {
        let text = marked("Your order is <late>.", "Your parcel is late.").to_string();
        assert_eq!(text, "Your <del>order</del><ins>parcel</ins> is <del>&#60;late&#62;.</del><ins>late.</ins>");
        assert_eq!(marked("one two", "three four").to_string(), "<del>one two</del><ins>three four</ins>");
        assert_eq!(marked("a", "a").to_string(), "a");
        assert_eq!(marked("", "").to_string(), "");
    }

    #[test]
    fn very_long_texts_are_not_compared() {
        let long = "x ".repeat(20_000);
        assert!(marked(&long, "y").to_string().starts_with("<del>x x"));
    }
}
