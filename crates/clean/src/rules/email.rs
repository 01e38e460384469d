use std::borrow::Cow;

use phone::says_nothing;

/// The result of reading a cell with an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadEmail<'a> {
    Nothing,
    /// One address, in lower case.
    Email(Cow<'a, str>),
    /// The cell holds several addresses, or a text that is not an address.
    Unreadable,
}

/// Reads one e-mail address: bare, after `mailto:`, or in angle brackets as mail programs write it (`Ana
/// <ana@example.com>`).
pub fn read_email(cell: &str) -> ReadEmail<'_> {
    if says_nothing(cell) {
        return ReadEmail::Nothing;
    }
    match address(cell) {
        Some(address) if address.chars().any(char::is_uppercase) => {
            ReadEmail::Email(Cow::Owned(address.to_lowercase()))
        }
        Some(address) => ReadEmail::Email(Cow::Borrowed(address)),
        None => ReadEmail::Unreadable,
    }
}

/// The address of a cell; none if the cell says nothing or cannot be read.
pub fn email(cell: &str) -> Option<Cow<'_, str>> {
    match read_email(cell) {
        ReadEmail::Email(address) => Some(address),
        ReadEmail::Nothing | ReadEmail::Unreadable => None,
    }
}

/// The only address in a text, without the quotes, brackets and schemes that programs put around it.
fn address(text: &str) -> Option<&str> {
    const SCHEME: &str = "mailto:";
    let is_around = |it: char| it.is_whitespace() || matches!(it, ';' | ',' | '\'' | '"');
    let text = text.trim_matches(is_around);
    let inner = match text.strip_suffix('>') {
        Some(rest) => rest.rsplit_once('<').filter(|(name, _)| !name.contains(['@', '<', '>']))?.1.trim(),
        None => text,
    };
    let address = match inner.get(..SCHEME.len()) {
        Some(start) if start.eq_ignore_ascii_case(SCHEME) => inner[SCHEME.len()..].split('?').next()?.trim(),
        _ => inner,
    };
    let (local, domain) = address.split_once('@')?;
    let is_part = |it: &str| {
        let is_foreign =
            |it: char| it.is_whitespace() || it.is_control() || matches!(it, '@' | '<' | '>' | ';' | ',' | ':' | '"');
        !it.is_empty() && !it.contains(is_foreign)
    };
    let has_labels = domain.contains('.')
        && domain.split('.').all(|it| !it.is_empty())
        && !domain.contains(['/', '\\', '(', ')', '_']);
    (is_part(local) && is_part(domain) && has_labels).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(read: ReadEmail) -> String {
        match read {
            ReadEmail::Nothing => "nothing".to_owned(),
            ReadEmail::Email(address) => address.into_owned(),
            ReadEmail::Unreadable => "unreadable".to_owned(),
        }
    }

    #[test]
    fn an_email_is_one_address_in_small_letters() {
        for (cell, expected) in [
            (" Ana@Example.COM ", "ana@example.com"),
            ("ana@example.com", "ana@example.com"),
            ("ana+shop@mail.example.com", "ana+shop@mail.example.com"),
            ("Ana P. <Ana@example.com>", "ana@example.com"),
            ("\"P., Ana\" <ana@example.com>", "ana@example.com"),
            ("<ana@example.com>", "ana@example.com"),
            ("mailto:ana@example.com", "ana@example.com"),
            ("MAILTO:ana@example.com?subject=Hi", "ana@example.com"),
            ("<mailto:ana@example.com>", "ana@example.com"),
            ("ana@example.com;", "ana@example.com"),
            ("ana@example.com,", "ana@example.com"),
            ("'ana@example.com'", "ana@example.com"),
            ("", "nothing"),
            ("n/a", "nothing"),
            ("none", "nothing"),
            ("NULL", "nothing"),
            ("-", "nothing"),
            ("(not set)", "nothing"),
            ("ana", "unreadable"),
            ("ana@@example.com", "unreadable"),
            ("ana @example.com", "unreadable"),
            ("ana@ex ample.com", "unreadable"),
            ("ana@example@com", "unreadable"),
            ("@example.com", "unreadable"),
            ("ana@", "unreadable"),
            ("ana@localhost", "unreadable"),
            ("ana@example.", "unreadable"),
            ("ana@.com", "unreadable"),
            ("ana@example..com", "unreadable"),
            ("ana@example.com; ben@example.com", "unreadable"),
            ("ana@example.com, ben@example.com", "unreadable"),
            ("ana@example.com ben@example.com", "unreadable"),
            ("<ana@example.com>, <ben@example.com>", "unreadable"),
            ("ana@example.com <ben@example.com>", "unreadable"),
            ("@", "unreadable"),
        ] {
            assert_eq!(shown(read_email(cell)), expected, "{cell}");
        }
    }
}
