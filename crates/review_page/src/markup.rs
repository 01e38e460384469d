//! Texts as HTML: escaped, with WhatsApp's formatting and the values of variables.

use std::fmt::{self, Display};

use askama::filters::{Escaper, Html, HtmlSafe};
use template::variables;

/// HTML that holds no text of others unescaped. This module and [`crate::changes`] alone make it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Markup(String);

impl Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

impl Markup {
    pub(crate) fn push_text(&mut self, text: &str) {
        // Writing to a String cannot fail.
        let _ = Html.write_escaped_str(&mut self.0, text);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a tag of the page itself.
    pub(crate) fn push_tag(&mut self, tag: &'static str) {
        self.0.push_str(tag);
    }
}

/// The value of an attribute that gives back the text byte for byte: a browser would read CR LF as LF.
pub(crate) fn exact(text: &str) -> Markup {
    let mut escaped = Markup::default();
    escaped.push_text(text);
    Markup(escaped.0.replace('\r', "&#13;"))
}

/// A text as it is.
pub(crate) fn plain(text: &str) -> Markup {
    let mut escaped = Markup::default();
    escaped.push_text(text);
    escaped
}

/// A text in which the page can show either the variables or their values. A variable without a value is text.
pub(crate) fn filled(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Markup {
    let writer = Writer { text, variables: spots(text, value), is_formatted: false };
    writer.whole()
}

/// The same with WhatsApp's formatting: `*bold*`, `_italic_`, `~struck~`, and code between backticks.
pub(crate) fn formatted(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Markup {
    let writer = Writer { text, variables: spots(text, value), is_formatted: true };
    writer.whole()
}

/// A variable in a text, and its value.
struct Spot {
    start: usize,
    end: usize,
    value: String,
}

fn spots(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Vec<Spot> {
    let found = variables(text).0.into_iter();
    found.filter_map(|it| Some(Spot { start: it.bytes.0, end: it.bytes.1, value: value(it.name)? })).collect()
}

/// The signs of a format, and its tags. What is between the signs may cross lines or not.
struct Format {
    sign: &'static str,
    open: &'static str,
    close: &'static str,
    crosses_lines: bool,
}

/// The longer sign first (WhatsApp, "How to format your messages").
const FORMATS: [Format; 5] = [
    Format { sign: "```", open: "<code>", close: "</code>", crosses_lines: true },
    Format { sign: "`", open: "<code>", close: "</code>", crosses_lines: false },
    Format { sign: "*", open: "<strong>", close: "</strong>", crosses_lines: false },
    Format { sign: "_", open: "<em>", close: "</em>", crosses_lines: false },
    Format { sign: "~", open: "<s>", close: "</s>", crosses_lines: false },
];

struct Writer<'a> {
    text: &'a str,
    variables: Vec<Spot>,
    is_formatted: bool,
}

impl Writer<'_> {
    fn whole(&self) -> Markup {
        let mut markup = Markup::default();
        self.write(0, self.text.len(), &mut Vec::new(), &mut markup);
        markup
    }

    /// Writes a range. `inside` has the signs that the range is between: a format is not nested in itself.
    fn write(&self, start: usize, end: usize, inside: &mut Vec<&'static str>, markup: &mut Markup) {
        let (mut at, mut from) = (start, start);
        while at < end {
            if let Some(spot) = self.variables.iter().find(|it| it.start == at) {
                write_plain(&self.text[from..at], markup);
                self.write_variable(spot, markup);
                (at, from) = (spot.end, spot.end);
            } else if let Some((format, close)) = self.format_at(at, end, inside) {
                write_plain(&self.text[from..at], markup);
                markup.push_tag(format.open);
                inside.push(format.sign);
                self.write(at + format.sign.len(), close, inside, markup);
                inside.pop();
                markup.push_tag(format.close);
                (at, from) = (close + format.sign.len(), close + format.sign.len());
            } else {
                at += self.text[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        write_plain(&self.text[from..end], markup);
    }

    fn write_variable(&self, spot: &Spot, markup: &mut Markup) {
        markup.push_tag("<span class=\"v\"><bdi class=\"ex\">");
        markup.push_text(&spot.value);
        markup.push_tag("</bdi><bdi class=\"va\">");
        markup.push_text(&self.text[spot.start..spot.end]);
        markup.push_tag("</bdi></span>");
    }

    /// The format that begins here, and the place of its second sign.
    fn format_at(&self, at: usize, end: usize, inside: &[&str]) -> Option<(&'static Format, usize)> {
        if !self.is_formatted || inside.iter().any(|it| it.starts_with('`')) {
            return None;
        }
        let format = FORMATS.iter().find(|it| self.text[at..end].starts_with(it.sign))?;
        let is_taken = inside.contains(&format.sign);
        let before = self.text[..at].chars().next_back();
        let first = at + format.sign.len();
        let after = self.text[first..end].chars().next();
        let can_open = before.is_none_or(is_outside) && after.is_some_and(|it| !it.is_whitespace());
        if is_taken || !can_open {
            return None;
        }
        Some((format, self.close_of(format, first, end)?))
    }

    fn close_of(&self, format: &Format, first: usize, end: usize) -> Option<usize> {
        let line =
            if format.crosses_lines { end } else { self.text[first..end].find('\n').map_or(end, |it| first + it) };
        let signs = self.text[first..line].match_indices(format.sign).map(|it| first + it.0);
        signs.filter(|it| self.variables.iter().all(|spot| *it < spot.start || *it >= spot.end)).find(|close| {
            let last = self.text[first..*close].chars().next_back();
            let after = self.text[close + format.sign.len()..].chars().next();
            last.is_some_and(|it| !it.is_whitespace()) && after.is_none_or(is_outside)
        })
    }
}

/// Whether a letter outside of a format may touch its sign.
fn is_outside(letter: char) -> bool {
    !letter.is_alphanumeric()
}

/// Writes text with its addresses marked. They are no links: a hostile text must not lead anybody anywhere.
fn write_plain(text: &str, markup: &mut Markup) {
    let mut rest = text;
    while let Some(at) = rest.find("https://").into_iter().chain(rest.find("http://")).min() {
        let address = &rest[at..];
        let length = address.find(char::is_whitespace).unwrap_or(address.len());
        markup.push_text(&rest[..at]);
        markup.push_tag("<span class=\"url\">");
        markup.push_text(&address[..length]);
        markup.push_tag("</span>");
        rest = &address[length..];
    }
    markup.push_text(rest);
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: Expect) {
        let value = |name: &str| Some(format!("<{name}>")).filter(|_| name != "x");
        expected.assert_eq(&formatted(text, &value).to_string());
    }

    #[test]
    fn formats_are_those_of_whatsapp() {
        check(
            "*bold*, _it *both* it_, ~no~",
            expect!["<strong>bold</strong>, <em>it <strong>both</strong> it</em>, <s>no</s>"],
        );
        check("`a *b*` ```c\nd```", expect!["<code>a *b*</code> <code>c\nd</code>"]);
    }

    #[test]
    fn signs_that_mark_nothing_stay() {
        for text in ["2 * 3 * 4", "order_id_2", "*a\nb*", "* a*", "*a", "a*b*c", "__"] {
            assert_eq!(formatted(text, &|_| None).to_string(), text);
        }
    }

    #[test]
    fn a_variable_is_written_with_its_value_and_one_without_is_text() {
        check(
            "Hi *{{1}}* {{x}}",
            expect![[
                r#"Hi <strong><span class="v"><bdi class="ex">&#60;1&#62;</bdi><bdi class="va">{{1}}</bdi></span></strong> {{x}}"#
            ]],
        );
        check(
            "{{a_b_}} _c_",
            expect![[
                r#"<span class="v"><bdi class="ex">&#60;a_b_&#62;</bdi><bdi class="va">{{a_b_}}</bdi></span> <em>c</em>"#
            ]],
        );
    }

    #[test]
    fn hostile_texts_are_text() {
        check(
            "<script>alert(1)</script> https://x/\"onclick=1 &amp;",
            expect![[
                r#"&#60;script&#62;alert(1)&#60;/script&#62; <span class="url">https://x/&#34;onclick=1</span> &#38;amp;"#
            ]],
        );
        assert_eq!(exact("a\r\n\"b\"<").to_string(), "a&#13;\n&#34;b&#34;&#60;");
    }

    #[test]
    fn a_text_of_signs_alone_is_written_in_no_time() {
        let text = "*_~`".repeat(3_000);
        assert!(formatted(&text, &|_| None).to_string().len() >= text.len());
    }
}
