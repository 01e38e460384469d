//! Finds what another system would have filled in or rendered: placeholders, expressions, tags, and names that are not for
//! customers.
//!
//! The notations are those of the tools that texts come from: Twilio and Liquid, RapidPro, Dialogflow, Rasa, Mailchimp,
//! Salesforce, Word, PHP, printf, Android, Smarty, ERB and HTML. A complete mark is an error. A lone sign may belong to the
//! text, so it is a warning.

use std::sync::LazyLock;

use model::{Finding, Rule};
use regex::Regex;

use crate::rules;

/// Marks that are complete, in any text. Each alternative begins and ends with a sign.
static COMPLETE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"[\p{L}_][\p{L}\p{M}\p{N}_ .'’°-]*";
    let word = r"[\p{L}_][\p{L}\p{M}\p{N}_.-]*";
    let roots = "contact|fields|results|run|flow|parent|child|globals|urns|input|locals|trigger|webhook|node|resume|ticket|org|legacy_extra|extra|channel|step|date";
    let parts = [
        // Liquid, Jinja, Handlebars, ERB.
        r"\{\{\{[^{}]*\}\}\}|\{\{[^{}]*\}\}|\{%[^{}]*%\}|<%[^<>]*%>".to_owned(),
        // `{name}`, `{0}`, `${name}`, `{$name}`, `{!Contact.Name}`, `{one|other}`.
        format!(r"\$?\{{[$!]?\s*(?:{name}|\d{{1,3}})\s*\}}|\{{[^{{}}|]+(?:\|[^{{}}|]+)+\}}"),
        // `[[name]]`, `[name]`, `<name>`, `</b>`.
        format!(r"\[\[[^\[\]]+\]\]|\[\s*{name}\s*\]|</?{name}/?>"),
        // `%%name%%`, `%name%`, `%1$s`, `%s`, `*|NAME|*`.
        format!(r"%%\s*{name}\s*%%|%{word}%|%\d+\$[sd@]|%[sd@]\b|\*\|[^|]+\|\*"),
        // `##name##`, `#name#`, `__name__`, `@@name@@`.
        format!(r"##\s*{name}\s*##|#{word}#|__{word}__|@@\s*{name}\s*@@"),
        // RapidPro.
        format!(r"@\([^\n]*\)|@(?:{roots})(?:\.\w+)+|@(?:contact|fields|results|urns|locals)\b"),
        // Dialogflow and shells.
        r"\$[a-zA-Z_][\w-]*(?:\.[a-zA-Z_][\w-]*)*".to_owned(),
        // HTML entities.
        r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});".to_owned(),
    ];
    Regex::new(&parts.join("|")).ok()
});

/// Marks in an address, where a per cent sign is an escape.
static IN_ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\{\{[^{}]*\}\}|\{[^{}]*\}|\[[^\[\]]*\]|<[^<>]*>|%%[^%]+%%|\*\|[^|]+\|\*|@\(|@contact\b").ok()
});

static LONE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{|\}\}|[{}\[\]]|@[\p{L}_]\w*").ok());

/// A text that is a name of a program and nothing else, such as `loc_v2_draft` or `utter_ask_size?`.
static NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+[?!.]?$").ok());

/// Limits a mark, in characters.
const MAX_MARK: usize = 100;

/// Words for kinds of messages, which tools write where there is no text.
const TYPE_WORDS: [&str; 12] = [
    "text",
    "picture",
    "image",
    "video",
    "audio",
    "file",
    "document",
    "sticker",
    "contact",
    "location",
    "rich_media",
    "message",
];

/// The part of a message that a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A body, a header or a footer.
    Text,
    /// The title of a button or a row.
    Title,
    Address,
}

/// Finds the marks and internal words of a text that a customer reads. `{{1}}` and `{{name}}` are variables.
pub(crate) fn check(kind: Kind, text: &str, place: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let pattern = if kind == Kind::Address { &IN_ADDRESS } else { &COMPLETE };
    let mut complete: Vec<(usize, usize)> = Vec::new();
    for found in pattern.iter().flat_map(|it| it.find_iter(text)) {
        if kind != Kind::Address && is_phrase(found.as_str()) {
            let message = format!("“{}” may be a placeholder, or text in brackets", found.as_str());
            findings.push(located(&rules::LONE_SIGN, text, (found.start(), found.end()), place, message));
        } else if is_mark(text, found.start(), found.as_str()) {
            let message = format!("“{}” would have been filled in by another system", found.as_str());
            findings.push(located(&rules::SOURCE_MARK, text, (found.start(), found.end()), place, message));
        }
        complete.push((found.start(), found.end()));
    }
    if kind == Kind::Address {
        return findings;
    }
    for found in LONE.iter().flat_map(|it| it.find_iter(text)) {
        let is_inside = complete.iter().any(|it| it.0 <= found.start() && found.end() <= it.1);
        // The address of a mailbox.
        let is_address = found.as_str().starts_with('@') && text[..found.start()].ends_with(char::is_alphanumeric);
        if !is_inside && !is_address {
            let message = format!("“{}” may be the rest of a placeholder", found.as_str());
            findings.push(located(&rules::LONE_SIGN, text, (found.start(), found.end()), place, message));
        }
    }
    let is_name = NAME.as_ref().is_some_and(|it| it.is_match(text.trim()));
    findings.extend((!is_name).then(|| internal_names(text, place)).flatten());
    let is_empty = kind == Kind::Title && !text.trim().is_empty() && !has_content(text);
    if is_empty || kind == Kind::Text && is_internal(text.trim()) || is_name {
        findings.push(Finding::new(
            &rules::INTERNAL_WORD,
            place,
            format!("“{}” says nothing to a customer", text.trim()),
        ));
    }
    findings
}

/// Names of a program among other words, such as `1. ipv_listen`. Addresses, hashtags, files and italics are none.
fn internal_names(text: &str, place: &str) -> Option<Finding> {
    let words = text.split(|it: char| it.is_whitespace() || "()[]\"“”«»,;:!?*~…".contains(it));
    let is_named = |it: &&str| NAME.as_ref().is_some_and(|name| name.is_match(it));
    let is_plain = |it: &&str| it.chars().all(|it| !it.is_uppercase());
    let names: Vec<&str> = words.map(|it| it.trim_end_matches('.')).filter(is_plain).filter(is_named).collect();
    let first = names.first()?;
    let more = if names.len() > 1 { format!(" and {} more", names.len() - 1) } else { String::new() };
    let message = format!("“{first}”{more}: a customer would read the name of a program");
    Some(Finding::new(&rules::INTERNAL_NAME, place, message).fixed_by("write what it means"))
}

/// Words that names of placeholders have, in the languages that most texts come in.
const NAME_WORDS: [&str; 40] = [
    "name", "names", "nom", "prénom", "prenom", "nombre", "apellido", "nome", "cognome", "vorname", "nachname", "nama",
    "date", "fecha", "data", "datum", "time", "heure", "hora", "ora", "uhrzeit", "number", "numéro", "numero",
    "número", "nummer", "no", "client", "customer", "cliente", "kunde", "code", "amount", "montant", "monto", "price",
    "link", "order", "address", "email",
];

/// Whether a match is a plain phrase in brackets, such as `[dry cough]`, and not the name of a placeholder.
fn is_phrase(mark: &str) -> bool {
    let Some(inner) = mark.strip_prefix('[').and_then(|it| it.strip_suffix(']')) else { return false };
    let words: Vec<&str> = inner.split_whitespace().collect();
    let is_plain = |it: &&str| it.chars().all(char::is_lowercase) && !NAME_WORDS.contains(it);
    words.len() > 1 && words.iter().all(is_plain)
}

/// Whether a match is a mark where it is in the text.
fn is_mark(text: &str, start: usize, mark: &str) -> bool {
    let before = text[..start].chars().next_back();
    let is_variable = || {
        let name = mark.strip_prefix("{{").and_then(|it| it.strip_suffix("}}")).map(str::trim);
        name.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_'))
    };
    // Longer ones are text in brackets.
    if mark.chars().count() > MAX_MARK {
        return false;
    }
    match mark.as_bytes()[0] {
        b'{' => !is_variable(),
        // The sender, as in `[ACME] Your code`.
        b'[' => !text[..start].trim().is_empty() || mark.contains(char::is_lowercase),
        // `100%sure`, `a@example.com`, `US$ab`.
        b'%' | b'@' | b'$' | b'#' => !before.is_some_and(char::is_alphanumeric),
        _ => true,
    }
}

fn is_internal(text: &str) -> bool {
    TYPE_WORDS.contains(&text) || (!text.is_empty() && !has_content(text))
}

/// Whether a text has a letter, a digit or a picture.
fn has_content(text: &str) -> bool {
    text.chars().any(|it| it.is_alphanumeric() || is_picture(it))
}

/// Emoji and other pictures say something without a letter.
fn is_picture(it: char) -> bool {
    matches!(it as u32, 0x2190..=0x2BFF | 0x1F000..=0x1FAFF)
}

fn located(rule: &'static Rule, text: &str, (start, end): (usize, usize), place: &str, message: String) -> Finding {
    let at = |byte: usize| text[..byte].chars().count();
    Finding::new(rule, place, message).at((at(start), at(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: Kind, text: &str) -> String {
        check(kind, text, "/text").iter().map(|it| it.rule.name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn marks_of_every_notation_are_errors() {
        for mark in [
            "{name}",
            "{0}",
            "{{flow.variables.x}}",
            "{{ name | upcase }}",
            "{{{name}}}",
            "{% if x %}",
            "${name}",
            "{$name}",
            "{!Contact.Name}",
            "{Hello|Hi}",
            "[Nom]",
            "[N° Série]",
            "[[name]]",
            "<name>",
            "<b>",
            "</b>",
            "<%= name %>",
            "%name%",
            "%%name%%",
            "%s",
            "%1$s",
            "*|FNAME|*",
            "#name#",
            "##name##",
            "__name__",
            "@@name@@",
            "@contact.first_name",
            "@contact",
            "@results.x",
            "@locals.ticket",
            "@(upper(title(contact.first_name)))",
            "$name",
            "$patient.original",
            "&agrave;",
            "&#39;",
        ] {
            assert_eq!(found(Kind::Text, &format!("Hello {mark} there")), "source-mark", "{mark}");
        }
    }

    #[test]
    fn ordinary_texts_have_no_marks() {
        for text in [
            "Hello {{1}}, your code is {{code}}.",
            "[ACME] Your code",
            "-20 % sur tout",
            "100%sicher",
            "50% off & more",
            "Write to ana@example.com",
            "It costs $5 or US$10",
            "Dites « oui »",
            "Скидка в «Ромашке»",
            "a < b and c > d",
            "Tapez #1",
            "*Gras* et _italique_",
            "👍",
            "Hello ✓",
            "1 Track my order",
            "AT&T; or not",
        ] {
            assert_eq!(found(Kind::Text, text), "", "{text}");
        }
    }

    #[test]
    fn a_lone_sign_is_a_warning() {
        for text in ["Follow @shop today", "Hello {name", "Hello name}} there"] {
            assert!(
                found(Kind::Text, text).split(' ').all(|it| it == "lone-sign"),
                "{text}: {}",
                found(Kind::Text, text)
            );
            assert!(!found(Kind::Text, text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_plain_phrase_in_brackets_is_a_warning_and_a_name_an_error() {
        assert_eq!(found(Kind::Text, "Do you have this? [dry cough]"), "lone-sign");
        assert_eq!(found(Kind::Text, "Hello [customer name], welcome"), "source-mark");
        assert_eq!(found(Kind::Text, "Bonjour [nom du client]"), "source-mark");
    }

    #[test]
    fn words_that_are_not_for_customers_are_errors() {
        for text in ["…", "...", "-", "text", "picture", "loc_v2_draft", "utter_ask_size", "zz_confirm?"] {
            assert_eq!(found(Kind::Text, text), "internal-word", "{text}");
        }
        assert_eq!(found(Kind::Title, "contact"), "");
        assert_eq!(found(Kind::Title, "zz_confirm"), "internal-word");
        assert_eq!(found(Kind::Title, "…"), "internal-word");
        assert_eq!(found(Kind::Title, "👍"), "");
    }

    #[test]
    fn a_name_of_a_program_in_a_text_is_a_warning() {
        for text in ["Which flow?\n1. one_on_one_teen\n2. ipv_listen", "Reply order_status."] {
            assert_eq!(found(Kind::Text, text), "internal-name", "{text}");
        }
        for text in [
            "#love_you",
            "See https://example.com/a_b",
            "_soft_ words",
            "my_file.pdf",
            "{{first_name}} a",
            "@my_shop ana_b@example.com",
        ] {
            assert!(!found(Kind::Text, text).contains("internal-name"), "{text}");
        }
    }

    #[test]
    fn an_address_has_escapes_and_variables() {
        assert_eq!(found(Kind::Address, "https://example.com/a%20b%20c?x=$y#z/{{1}}"), "");
        for address in ["https://example.com/{id}", "https://example.com/[id]", "https://example.com/@contact.id"] {
            assert_eq!(found(Kind::Address, address), "source-mark", "{address}");
        }
    }
}
