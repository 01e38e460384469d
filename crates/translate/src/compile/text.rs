//! Splits texts that are too long for one message, and cuts titles that are too long for a button.

use scenario::{Text, TextPart};

/// Splits a text into parts of at most `most` characters, after a paragraph, a sentence or a word. `slot` gives the
/// length of a slot. A longer word is cut anywhere.
pub(super) fn split(text: &Text, most: usize, slot: impl Fn(&str) -> usize) -> Vec<Text> {
    let mut parts: Vec<Text> = Vec::new();
    let (mut part, mut length) = (Text::default(), 0);
    for (unit, size) in units(text, most, slot) {
        if length + size > most && !part.is_empty() {
            parts.push(std::mem::take(&mut part).trimmed());
            length = 0;
        }
        part.push(&unit);
        length += size;
    }
    parts.push(part.trimmed());
    parts.retain(|it| !it.is_empty());
    parts
}

/// The characters of a text, where `slot` gives the length of a slot.
pub(super) fn length(text: &Text, slot: impl Fn(&str) -> usize) -> usize {
    let of = |it: &TextPart| match it {
        TextPart::Plain(plain) => plain.chars().count(),
        TextPart::Slot(name) => slot(name),
    };
    text.parts().iter().map(of).sum()
}

/// The units that stay together: paragraphs, or sentences of a long paragraph, or words of a long sentence.
fn units(text: &Text, most: usize, slot: impl Fn(&str) -> usize) -> Vec<(Text, usize)> {
    let size = |text: &Text| length(text, &slot);
    let mut units = vec![text.clone()];
    for ends in [&["\n\n"][..], &["\n"], &[". ", "! ", "? "], &[" "]] {
        let cut = units.into_iter().flat_map(|unit| if size(&unit) > most { pieces(&unit, ends) } else { vec![unit] });
        units = cut.collect();
    }
    let sized = units.into_iter().flat_map(|unit| {
        let length = size(&unit);
        match unit.parts() {
            [TextPart::Plain(word)] if length > most => {
                let characters: Vec<char> = word.chars().collect();
                let cut = characters.chunks(most).map(|it| (Text::plain(&it.iter().collect::<String>()), it.len()));
                cut.collect::<Vec<_>>()
            }
            _ => vec![(unit, length)],
        }
    });
    sized.collect()
}

/// Cuts after each of the ends.
fn pieces(text: &Text, ends: &[&str]) -> Vec<Text> {
    let mut pieces = vec![Text::default()];
    for piece in text.parts() {
        match piece {
            TextPart::Slot(name) => {
                if let Some(last) = pieces.last_mut() {
                    last.push_slot(name);
                }
            }
            TextPart::Plain(plain) => {
                let mut rest = plain.as_str();
                while let Some(at) = ends.iter().filter_map(|end| Some(rest.find(end)? + end.len())).min() {
                    if let Some(last) = pieces.last_mut() {
                        last.push_plain(&rest[..at]);
                    }
                    pieces.push(Text::default());
                    rest = &rest[at..];
                }
                if let Some(last) = pieces.last_mut() {
                    last.push_plain(rest);
                }
            }
        }
    }
    pieces.retain(|it| !it.is_empty());
    pieces
}

/// A title of at most `most` characters, with `…` if it was cut, and different from all titles in `taken`.
pub(super) fn title(whole: &str, most: usize, taken: &[String]) -> String {
    let whole = whole.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = |most: usize| -> String {
        match whole.chars().count() <= most {
            true => whole.clone(),
            false => whole.chars().take(most.saturating_sub(1)).collect::<String>().trim_end().to_owned() + "…",
        }
    };
    let first = cut(most);
    if !taken.contains(&first) {
        return first;
    }
    let numbered = (2..).map(|n: usize| {
        let ending = format!(" {n}");
        cut(most - ending.len()) + &ending
    });
    numbered.into_iter().find(|it| !taken.contains(it)).unwrap_or(first)
}

/// Says that a title is another one now: it was cut, or another button has it.
pub(super) fn retitled(whole: &str, title: &str) -> String {
    match title.strip_prefix(whole).is_some_and(|it| !it.is_empty()) {
        true => format!("“{whole}” is there twice, so one is “{title}”: customers cannot tell the buttons apart"),
        false => format!("“{whole}” is “{title}”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_where_it_hurts_least() {
        let message = |text: &str, most| {
            split(&Text::parse(text), most, |_| 4).iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
        };
        assert_eq!(message("One two. Three {{x}} four. Five.", 20), "One two.|Three {{x}} four.|Five.");
        assert_eq!(message("aa\n\nbb\n\ncc", 8), "aa\n\nbb|cc");
        assert_eq!(message("abcdefghij k", 4), "abcd|efgh|ij k");
        assert_eq!(message("short", 10), "short");
    }

    #[test]
    fn cut_titles_stay_different() {
        let first = title("Opening hours of the shop", 20, &[]);
        assert_eq!(first, "Opening hours of th…");
        assert_eq!(title("Opening hours of the other", 20, &[first]), "Opening hours of… 2");
    }
}
