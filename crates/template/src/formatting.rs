//! The formatting of WhatsApp in a text: `*bold*`, `_italic_`, `~struck~`, `` `code` `` and ` ```fixed width``` `.
//!
//! A mark counts only where WhatsApp shows a format: at the edge of a word, with text right after it, and with its other
//! half on the same line. Three backticks may enclose several lines. Every other mark is a sign of the text.

/// How a part of a text is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Formatting {
    pub is_bold: bool,
    pub is_italic: bool,
    pub is_struck: bool,
    /// In letters of one width.
    pub is_fixed: bool,
}

/// A part of a text, without its marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormattedPart<'a> {
    pub text: &'a str,
    pub formatting: Formatting,
}

/// The parts of a text as WhatsApp shows them, without the marks.
pub fn formatted(text: &str) -> Vec<FormattedPart<'_>> {
    let mut parts = Vec::new();
    read(text, 0..text.len(), Formatting::default(), &mut parts);
    parts
}

/// Adds the parts of a range of the text.
fn read<'a>(text: &'a str, range: std::ops::Range<usize>, formatting: Formatting, parts: &mut Vec<FormattedPart<'a>>) {
    let (mut start, mut at) = (range.start, range.start);
    while at < range.end {
        let Some(found) = marked(text, at, range.end) else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        push(&text[start..at], formatting, parts);
        match found.format {
            // Marks in text of one width are signs.
            Format::Fixed => push(&text[found.inside.clone()], Formatting { is_fixed: true, ..formatting }, parts),
            format => read(text, found.inside.clone(), format.within(formatting), parts),
        }
        at = found.end;
        start = at;
    }
    push(&text[start..range.end], formatting, parts);
}

fn push<'a>(text: &'a str, formatting: Formatting, parts: &mut Vec<FormattedPart<'a>>) {
    if !text.is_empty() {
        parts.push(FormattedPart { text, formatting });
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Bold,
    Italic,
    Struck,
    Fixed,
}

impl Format {
    fn within(self, outer: Formatting) -> Formatting {
        match self {
            Self::Bold => Formatting { is_bold: true, ..outer },
            Self::Italic => Formatting { is_italic: true, ..outer },
            Self::Struck => Formatting { is_struck: true, ..outer },
            Self::Fixed => Formatting { is_fixed: true, ..outer },
        }
    }
}

/// A text between two marks.
struct Marked {
    format: Format,
    /// The bytes between the marks.
    inside: std::ops::Range<usize>,
    /// The byte after the closing mark.
    end: usize,
}

/// The text between marks that begins at a byte, if one does.
fn marked(text: &str, at: usize, end: usize) -> Option<Marked> {
    let rest = &text[at..end];
    let (mark, format) = match rest.as_bytes() {
        [b'`', b'`', b'`', ..] => ("```", Format::Fixed),
        [b'`', ..] => ("`", Format::Fixed),
        [b'*', ..] => ("*", Format::Bold),
        [b'_', ..] => ("_", Format::Italic),
        [b'~', ..] => ("~", Format::Struck),
        _ => return None,
    };
    let from = at + mark.len();
    let is_opening = mark == "```"
        || !text[..at].chars().next_back().is_some_and(char::is_alphanumeric)
            && text[from..end].chars().next().is_some_and(|it| !it.is_whitespace() && !mark.starts_with(it));
    if !is_opening {
        return None;
    }
    let line_end = match mark {
        "```" => end,
        _ => text[from..end].find('\n').map_or(end, |it| from + it),
    };
    let is_closing = |close: &usize| {
        let inside = &text[from..*close];
        let after = text[close + mark.len()..end].chars().next();
        match mark {
            "```" => !inside.trim().is_empty(),
            _ => {
                inside.chars().next_back().is_some_and(|it| !it.is_whitespace() && !mark.starts_with(it))
                    && !after.is_some_and(char::is_alphanumeric)
            }
        }
    };
    let close = text[from..line_end].match_indices(mark).map(|it| from + it.0).find(is_closing)?;
    Some(Marked { format, inside: from..close, end: close + mark.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts with their formats: `[b:bold]`.
    fn shown(text: &str) -> String {
        let part = |it: &FormattedPart<'_>| {
            let Formatting { is_bold, is_italic, is_struck, is_fixed } = it.formatting;
            let signs: String = [(is_bold, 'b'), (is_italic, 'i'), (is_struck, 's'), (is_fixed, 'f')]
                .into_iter()
                .filter_map(|(is_set, sign)| is_set.then_some(sign))
                .collect();
            match signs.as_str() {
                "" => it.text.to_owned(),
                signs => format!("[{signs}:{}]", it.text),
            }
        };
        formatted(text).iter().map(part).collect()
    }

    #[test]
    fn marks_at_the_edges_of_words_are_formats() {
        for (text, expected) in [
            ("Hello *Ana*, _today_ only", "Hello [b:Ana], [i:today] only"),
            ("*two words* and ~gone~", "[b:two words] and [s:gone]"),
            ("*_both_*!", "[bi:both]!"),
            ("*bold _and italic_ too*", "[b:bold ][bi:and italic][b: too]"),
            ("code `A*1*` here", "code [f:A*1*] here"),
            ("```a\n*b*``` c", "[f:a\n*b*] c"),
            ("(*é*)", "([b:é])"),
            ("*a* *b*", "[b:a] [b:b]"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn other_marks_are_signs_of_the_text() {
        for text in [
            "2 * 3 * 4",
            "a*b*c",
            "snake_case_name",
            "* one\n* two",
            "*over two\nlines*",
            "** nothing **",
            "*open",
            "*a *",
            "``````",
            "5~6~7",
            "",
        ] {
            assert_eq!(shown(text), text, "{text}");
        }
    }

    #[test]
    fn a_format_stays_within_its_line() {
        assert_eq!(shown("*a*\n*b* c*"), "[b:a]\n[b:b] c*");
    }
}
