//! Removes the HTML of Viber's buttons and texts.
//!
//! A regular expression is enough: Viber takes a dozen tags, and an HTML parser would drop `<name>`, which is a placeholder.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)<(/?)([a-zA-Z][a-zA-Z0-9]*)\b[^<>]*>").ok());

/// A link with its address. WhatsApp shows addresses as links.
static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?is)<a\b[^<>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))[^<>]*>(.*?)</a\s*>"#).ok()
});

static REFERENCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});").ok());

/// Tags that become formatting marks of WhatsApp.
const MARKS: [(&str, &str); 8] =
    [("b", "*"), ("strong", "*"), ("i", "_"), ("em", "_"), ("s", "~"), ("strike", "~"), ("del", "~"), ("code", "```")];
/// Tags without a mark. Anything else between `<` and `>` is text.
const OTHERS: [&str; 12] = ["a", "br", "div", "font", "h1", "h2", "h3", "li", "p", "span", "u", "ul"];

/// Returns the text without HTML, and the tags that it had. With marks, the address of a link stands after its words.
pub fn plain(text: &str, with_marks: bool) -> (String, Vec<String>) {
    let mut tags = Vec::new();
    let Some(pattern) = TAG.as_ref() else { return (text.to_owned(), tags) };
    let links = LINK.as_ref().filter(|it| with_marks && it.is_match(text));
    let text = links.map_or(Cow::Borrowed(text), |it| {
        tags.push("a".to_owned());
        it.replace_all(text, |found: &regex::Captures<'_>| with_address(found))
    });
    let plain = pattern.replace_all(&text, |found: &regex::Captures<'_>| {
        let name = found[2].to_ascii_lowercase();
        let mark = MARKS.iter().find(|it| it.0 == name);
        if mark.is_none() && !OTHERS.contains(&name.as_str()) {
            return found[0].to_owned();
        }
        if &found[1] != "/" && !tags.contains(&name) {
            tags.push(name.clone());
        }
        match mark {
            Some((_, mark)) if with_marks => (*mark).to_owned(),
            _ if name == "br" || (name == "p" && &found[1] == "/") => "\n".to_owned(),
            _ => String::new(),
        }
    });
    (unescaped(&plain), tags)
}

/// The words of a link and its address, which stands alone if it is all that the link shows.
fn with_address(link: &regex::Captures<'_>) -> String {
    let url = [1, 2, 3].iter().find_map(|it| link.get(*it)).map(|it| it.as_str().trim()).unwrap_or_default();
    let words = link[4].trim();
    match words.is_empty() || words == url || url.is_empty() {
        true if url.is_empty() => words.to_owned(),
        true => url.to_owned(),
        false => format!("{}: {url}", words.trim_end_matches(':')),
    }
}

/// Replaces the character references of HTML, by the names of its standard or by number.
///
/// A blank that does not break is a blank for customers. A reference without its semicolon is text, as in `AT&T`.
fn unescaped(text: &str) -> String {
    let Some(pattern) = REFERENCE.as_ref().filter(|_| text.contains('&')) else { return text.to_owned() };
    let plain = |found: &regex::Captures<'_>| htmlize::unescape(&found[0]).replace('\u{a0}', " ");
    pattern.replace_all(text, plain).into_owned()
}

/// Whether a name in angle brackets is an HTML tag and not a slot.
pub fn is_tag(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    OTHERS.contains(&name.as_str()) || MARKS.iter().any(|it| it.0 == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_the_signs_that_they_stand_for() {
        for (text, wanted) in [
            ("Parler &agrave; un conseiller", "Parler à un conseiller"),
            ("&Eacute;t&eacute; &ndash; 5&nbsp;&euro; &hellip;", "Été – 5 € …"),
            ("&#1055;&#x440;ивет &hearts; &amp;lt;", "Привет ♥ &lt;"),
            ("https://example.com/?a=1&copy=2&unknown; R&D;", "https://example.com/?a=1&copy=2&unknown; R&D;"),
        ] {
            assert_eq!(plain(text, true).0, wanted);
        }
    }

    #[test]
    fn a_link_keeps_its_words_and_its_address() {
        for (text, wanted) in [
            (
                "Xem <a href=\"https://e.com/a?b=1&amp;c=2\" target=\"_blank\"> More here </a>!",
                "Xem More here: https://e.com/a?b=1&c=2!",
            ),
            ("<a href='https://e.com'>https://e.com</a>", "https://e.com"),
            ("<A class=x HREF=https://e.com><b>Here</b></A>", "*Here*: https://e.com"),
            ("<a name=\"top\">Top</a>", "Top"),
        ] {
            assert_eq!(plain(text, true).0, wanted, "{text}");
        }
        assert_eq!(plain("<a href=\"https://e.com\">Here</a>", false).0, "Here");
    }

    #[test]
    fn html_becomes_marks_where_there_are_some() {
        assert_eq!(
            plain("<font color=\"#f00\"><b>Track</b> my order</font> &amp; more<br>now", true),
            ("*Track* my order & more\nnow".to_owned(), vec!["font".into(), "b".into(), "br".into()])
        );
        assert_eq!(
            plain("Parler &agrave; un conseiller &#8364;&#x20AC;&euro;&hellip; AT&T", true).0,
            "Parler à un conseiller €€€… AT&T"
        );
        assert_eq!(plain("&amp;agrave; &nosuch; R&D;", true).0, "&agrave; &nosuch; R&D;");
        assert_eq!(plain("<b>Yes</b>", false).0, "Yes");
        assert_eq!(plain("1 < 2 and <name>", true), ("1 < 2 and <name>".to_owned(), Vec::new()));
    }
}
