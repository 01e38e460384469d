//! Turns the Markdown of web chats into WhatsApp's own marks, which customers would read as signs otherwise.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Bold with two signs, a heading, a link. WhatsApp has one sign for bold, and shows addresses as links.
static MARKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?m)\*\*(?<bold>[^*\n]+?)\*\*|^[ \t]*#{1,6}[ \t]+(?<heading>[^\n]+?)[ \t#]*$|!?\[(?<title>[^\[\]\n]+)\]\((?<url>[^()\s]+)\)|~~(?<struck>[^~\n]+?)~~",
    )
    .ok()
});

/// A sign that Markdown would read as a mark, behind the sign that keeps it from that.
static ESCAPED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\\([\\`*_{}\[\]()#+.!<>|~-])").ok());

/// The text with WhatsApp's marks in the place of Markdown's, and signs that are escaped as themselves.
pub fn to_whatsapp(text: &str) -> String {
    let marked = with_marks(text);
    match ESCAPED.as_ref() {
        Some(escaped) => escaped.replace_all(&marked, "$1").into_owned(),
        None => marked,
    }
}

fn with_marks(text: &str) -> String {
    let Some(marks) = MARKS.as_ref() else { return text.to_owned() };
    let plain = |it: &str| it.replace('*', "").trim().to_owned();
    marks
        .replace_all(text, |found: &Captures<'_>| {
            let part = |name: &str| found.name(name).map(|it| it.as_str());
            match (part("bold"), part("heading"), part("struck"), part("title"), part("url")) {
                (Some(bold), ..) => format!("*{}*", plain(bold)),
                (_, Some(heading), ..) => format!("*{}*", plain(heading)),
                (_, _, Some(struck), ..) => format!("~{struck}~"),
                (.., Some(title), Some(url)) => format!("{}: {url}", plain(title)),
                _ => found[0].to_owned(),
            }
        })
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_web_chats_become_those_of_whatsapp() {
        for (markdown, whatsapp) in [
            ("Open **the site** and **log in**.", "Open *the site* and *log in*."),
            ("## Prices\n1. **Small** 10", "*Prices*\n1. *Small* 10"),
            ("## **Menu**", "*Menu*"),
            ("[Log in](https://example.com/a)", "Log in: https://example.com/a"),
            ("~~20~~ 10", "~20~ 10"),
            (r"Profile \> My orders \(2\), C:\new", r"Profile > My orders (2), C:\new"),
            ("Already *bold*, 2 ** 3, #1 and [Nom]", "Already *bold*, 2 ** 3, #1 and [Nom]"),
        ] {
            assert_eq!(to_whatsapp(markdown), whatsapp, "{markdown}");
        }
    }
}
