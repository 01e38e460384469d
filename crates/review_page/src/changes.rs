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
    let mut runs = Runs { markup, old: String::new(), new: String::new(), space: String::new() };
    for change in TextDiff::from_words(old, new).iter_all_changes() {
        runs.add(change.tag(), change.value());
    }
    runs.end()
}

/// Words that are gone and words that are new, up to the next that are the same. White space between two changes belongs
/// to both.
struct Runs {
    markup: Markup,
    old: String,
    new: String,
    space: String,
}

impl Runs {
    fn add(&mut self, tag: ChangeTag, text: &str) {
        let is_between =
            tag == ChangeTag::Equal && text.trim().is_empty() && !(self.old.is_empty() && self.new.is_empty());
        match tag {
            _ if is_between => self.space.push_str(text),
            ChangeTag::Equal => {
                self.flush();
                self.markup.push_text(text);
            }
            ChangeTag::Delete => {
                self.join();
                self.old.push_str(text);
            }
            ChangeTag::Insert => {
                self.join();
                self.new.push_str(text);
            }
        }
    }

    fn join(&mut self) {
        let space = std::mem::take(&mut self.space);
        self.old.push_str(&space);
        self.new.push_str(&space);
    }

    fn flush(&mut self) {
        let (old, new) = (std::mem::take(&mut self.old), std::mem::take(&mut self.new));
        for (tag, text) in [(ChangeTag::Delete, old), (ChangeTag::Insert, new)] {
            if !text.is_empty() {
                push(&mut self.markup, tag, &text);
            }
        }
        self.markup.push_text(&std::mem::take(&mut self.space));
    }

    fn end(mut self) -> Markup {
        self.flush();
        self.markup
    }
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
