//! Removes the HTML of Viber's buttons and texts.
//!
//! A regular expression is enough: Viber takes a dozen tags, and an HTML parser would drop `<name>`, which is a placeholder.

use std::sync::LazyLock;

use regex::Regex;

/// An entity with its semicolon. Without one, `&copy=2` of an address would be read as a sign.
static ENTITY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});").ok());

static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)<(/?)([a-zA-Z][a-zA-Z0-9]*)\b[^<>]*>").ok());

/// Tags that become formatting marks of WhatsApp.
const MARKS: [(&str, &str); 8] =
    [("b", "*"), ("strong", "*"), ("i", "_"), ("em", "_"), ("s", "~"), ("strike", "~"), ("del", "~"), ("code", "```")];
/// Tags without a mark. Anything else between `<` and `>` is text.
const OTHERS: [&str; 12] = ["a", "br", "div", "font", "h1", "h2", "h3", "li", "p", "span", "u", "ul"];

/// Returns the text without HTML, and the tags that it had.
pub(crate) fn plain(text: &str, with_marks: bool) -> (String, Vec<String>) {
    let mut tags = Vec::new();
    let Some(pattern) = TAG.as_ref() else { return (text.to_owned(), tags) };
    let plain = pattern.replace_all(text, |found: &regex::Captures<'_>| {
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
    (decode(&plain), tags)
}

/// Decodes the named and numbered entities of HTML 5. What is no entity stays.
fn decode(text: &str) -> String {
    let Some(pattern) = ENTITY.as_ref() else { return text.to_owned() };
    let decoded = pattern.replace_all(text, |found: &regex::Captures<'_>| match &found[0] {
        "&nbsp;" | "&#160;" => " ".to_owned(),
        entity => htmlize::unescape(entity).into_owned(),
    });
    decoded.into_owned()
}

/// Whether a name in angle brackets is an HTML tag and not a slot.
pub(crate) fn is_tag(name: &str) -> bool {
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
    fn html_becomes_marks_where_there_are_some() {
        assert_eq!(
            plain("<font color=\"#f00\"><b>Track</b> my order</font> &amp; more<br>now", true),
            ("*Track* my order & more\nnow".to_owned(), vec!["font".into(), "b".into(), "br".into()])
        );
        assert_eq!(plain("<b>Yes</b>", false).0, "Yes");
        assert_eq!(plain("1 < 2 and <name>", true), ("1 < 2 and <name>".to_owned(), Vec::new()));
    }
}
