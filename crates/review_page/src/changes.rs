//! The differences between two texts, word by word.

use similar::{ChangeTag, TextDiff};

use crate::markup::Markup;

/// Limits the texts that are compared, in bytes: a comparison of long texts takes long, and no message is longer.
const MOST: usize = 20_000;

/// The new text with what is gone and what is new marked.
pub(crate) fn marked(old: &str, new: &str) -> Markup {
    let mut markup = Markup::default();
    if old.len().max(new.len()) > MOST {
        push(&mut markup, ChangeTag::Delete, old);
        push(&mut markup, ChangeTag::Insert, new);
        return markup;
    }
    let changes = TextDiff::from_words(old, new);
    let mut run: Option<(ChangeTag, String)> = None;
    for change in changes.iter_all_changes() {
        match &mut run {
            Some((tag, text)) if *tag == change.tag() => text.push_str(change.value()),
            _ => {
                if let Some((tag, text)) = run.replace((change.tag(), change.value().to_owned())) {
                    push(&mut markup, tag, &text);
                }
            }
        }
    }
    if let Some((tag, text)) = run {
        push(&mut markup, tag, &text);
    }
    markup
}

fn push(markup: &mut Markup, tag: ChangeTag, text: &str) {
    let (open, close) = match tag {
        ChangeTag::Equal => ("", ""),
        ChangeTag::Delete => ("<del>", "</del>"),
        ChangeTag::Insert => ("<ins>", "</ins>"),
    };
    markup.push_tag(open);
    markup.push_text(text);
    markup.push_tag(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_marked() {
        let text = marked("Your order is <late>.", "Your parcel is late.").to_string();
        assert_eq!(text, "Your <del>order</del><ins>parcel</ins> is <del>&#60;late&#62;.</del><ins>late.</ins>");
        assert_eq!(marked("a", "a").to_string(), "a");
        assert_eq!(marked("", "").to_string(), "");
    }

    #[test]
    fn very_long_texts_are_not_compared() {
        let long = "x ".repeat(20_000);
        assert!(marked(&long, "y").to_string().starts_with("<del>x x"));
    }
}
