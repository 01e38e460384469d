//! Expressions: `@contact.name`, `@(upper(contact.name))`; `@@` is one `@`.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// The first words of expressions, in this and in older versions.
const ROOTS: [&str; 27] = [
    "contact",
    "fields",
    "results",
    "run",
    "parent",
    "child",
    "urns",
    "globals",
    "trigger",
    "input",
    "legacy_extra",
    "webhook",
    "resume",
    "node",
    "ticket",
    "tickets",
    "locals",
    "session",
    "org",
    "flow",
    "extra",
    "channel",
    "date",
    "step",
    "new_contact",
    "calendar",
    "global",
];

/// Functions whose result is the same value, in another form.
const SAME_VALUE: [&str; 18] = [
    "upper",
    "lower",
    "title",
    "proper",
    "clean",
    "text",
    "trim",
    "trim_left",
    "trim_right",
    "default",
    "format",
    "format_date",
    "format_datetime",
    "format_number",
    "format_location",
    "format_urn",
    "format_time",
    "html_decode",
];

static PATH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#""(?:[^"\\]|\\.)*"|[A-Za-z_]\w*(?:\.\w+|\[\s*(?:\d+|"[^"]*")\s*\])*(?:\s*\()?"#).ok()
});

/// A part of a text with expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Plain(&'a str),
    /// Such as `contact.name`.
    Path(&'a str),
    /// The text between `@(` and `)`.
    Computed(&'a str),
    /// Code of Glific, from `<%` to `%>`.
    Code(&'a str),
}

/// The parts of a text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while let Some(sign) = text[at..].find(['@', '<']).map(|it| it + at) {
        let after = sign + 1;
        let (piece, end) = match text[after..].chars().next() {
            _ if text.as_bytes()[sign] == b'<' => {
                let length = text[sign..].strip_prefix("<%").and_then(|it| it.find("%>")).map(|it| it + 4);
                let Some(end) = length.map(|it| it + sign) else {
                    at = after;
                    continue;
                };
                (Piece::Code(&text[sign..end]), end)
            }
            Some('@') => (Piece::Plain("@"), after + 1),
            Some('(') => match closing(&text[after..]) {
                Some(length) => (Piece::Computed(&text[after + 1..after + length]), after + length + 1),
                None => {
                    at = after;
                    continue;
                }
            },
            _ => match path(&text[after..]).filter(|it| !is_mailbox(&text[..sign], &text[after..after + it])) {
                Some(length) => (Piece::Path(&text[after..after + length]), after + length),
                None => {
                    at = after;
                    continue;
                }
            },
        };
        pieces.push(Piece::Plain(&text[plain..sign]));
        pieces.push(piece);
        (plain, at) = (end, end);
    }
    pieces.push(Piece::Plain(&text[plain..]));
    pieces.retain(|it| *it != Piece::Plain(""));
    pieces
}

/// Where the first parenthesis is closed; those in quotes do not count.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (n, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 1 => return Some(n),
            ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The length of the path that the text begins with, if it begins with one.
fn path(text: &str) -> Option<usize> {
    let word = |from: usize| {
        text[from..].find(|it: char| !it.is_ascii_alphanumeric() && it != '_').map_or(text.len(), |it| it + from)
    };
    let mut end = word(0);
    if !ROOTS.iter().any(|it| it.eq_ignore_ascii_case(&text[..end])) {
        return None;
    }
    loop {
        let rest = &text[end..];
        let next = if rest.starts_with('.') { word(end + 1) } else { end };
        if next > end + 1 {
            end = next;
            continue;
        }
        match rest.strip_prefix('[').and_then(|it| it.find(']')).filter(|it| is_index(&rest[1..=*it])) {
            Some(length) => end += length + 2,
            None => return Some(end),
        }
    }
}

fn is_index(text: &str) -> bool {
    !text.is_empty() && (text.bytes().all(|it| it.is_ascii_digit()) || text.starts_with('"') && text.ends_with('"'))
}

/// Whether `@` belongs to the address of a mailbox, as in `ana@contact.com`.
fn is_mailbox(before: &str, path: &str) -> bool {
    let domain = path.split('.').nth(1).unwrap_or_default();
    before.ends_with(|it: char| it.is_alphanumeric()) && ["com", "org", "net", "info"].contains(&domain)
}

/// How upper and lower case of a value change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Case {
    #[default]
    Same,
    Upper,
    Lower,
    Title,
}

impl Case {
    pub(super) fn of(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Same => text.into(),
            Self::Upper => text.to_uppercase().into(),
            Self::Lower => text.to_lowercase().into(),
            Self::Title => {
                let mut begins = true;
                let titled = text.chars().flat_map(|it| {
                    let letters: Vec<char> =
                        if begins { it.to_uppercase().collect() } else { it.to_lowercase().collect() };
                    begins = !it.is_alphanumeric();
                    letters
                });
                titled.collect::<String>().into()
            }
        }
    }
}

/// A part of an expression.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed<'a> {
    pub(super) paths: Vec<&'a str>,
    pub(super) functions: Vec<&'a str>,
}

impl<'a> Parsed<'a> {
    pub(super) fn read(expression: &'a str) -> Self {
        let mut parsed = Self::default();
        for found in PATH.iter().flat_map(|it| it.find_iter(expression)) {
            let word = found.as_str();
            match word.strip_suffix('(') {
                _ if word.starts_with('"') => {}
                Some(function) => parsed.functions.push(function.trim()),
                None if path(word).is_some() => parsed.paths.push(word),
                None => {}
            }
        }
        parsed
    }

    /// Whether the expression is a path and nothing else.
    pub(super) fn is_path(&self, expression: &str) -> bool {
        self.paths == [expression.trim()]
    }

    /// Whether the value is that of the first path, in another form.
    pub(super) fn is_same_value(&self, expression: &str) -> bool {
        let is_known = |it: &str| SAME_VALUE.iter().any(|name| name.eq_ignore_ascii_case(it));
        let computes = expression.contains(['+', '*', '/', '&', '=', '<', '>', '^']);
        self.paths.len() == 1 && !computes && self.functions.iter().all(|it| is_known(it))
    }

    /// The change of upper and lower case: the outermost function decides.
    pub(super) fn case(&self) -> Case {
        let case = |it: &&str| match it.to_ascii_lowercase().as_str() {
            "upper" => Some(Case::Upper),
            "lower" => Some(Case::Lower),
            "title" | "proper" => Some(Case::Title),
            _ => None,
        };
        self.functions.iter().find_map(case).unwrap_or_default()
    }
}

/// The parts of a path, in small letters: `results.x.extra[0]` is `results`, `x`, `extra`, `0`.
pub(super) fn parts(path: &str) -> Vec<String> {
    let parts = path.split(['.', '[', ']', '"']).map(str::trim).filter(|it| !it.is_empty());
    parts.map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let shown = |it| match it {
            Piece::Plain(it) => it.to_owned(),
            Piece::Path(it) => format!("‹{it}›"),
            Piece::Computed(it) | Piece::Code(it) => format!("«{it}»"),
        };
        pieces(text).into_iter().map(shown).collect()
    }

    #[test]
    fn expressions_are_found_however_deep_they_are() {
        for (text, pieces) in [
            ("Hola @contact.first_name.", "Hola ‹contact.first_name›."),
            ("@(upper(title(contact.first_name)))!", "«upper(title(contact.first_name))»!"),
            (r#"@(default(contact.name, ":) (\"you\")")), hi"#, r#"«default(contact.name, ":) (\"you\")")», hi"#),
            ("ana@example.com, @@shop, @shop, 5@", "ana@example.com, @shop, @shop, 5@"),
            ("write to ana@contact.com", "write to ana@contact.com"),
            ("@flow.age @locals.x @webhook.json.items[0].name.", "‹flow.age› ‹locals.x› ‹webhook.json.items[0].name›."),
            ("@results.cita, @Contact", "‹results.cita›, ‹Contact›"),
            ("@(not closed", "@(not closed"),
            ("1 < 2, <%= rem(@results.x.status, 6) %>.", "1 < 2, «<%= rem(@results.x.status, 6) %>»."),
            ("مرحباً @contact.name،", "مرحباً ‹contact.name›،"),
        ] {
            assert_eq!(read(text), pieces, "{text}");
        }
    }

    #[test]
    fn an_expression_is_its_first_value_or_a_computation() {
        let read = |text: &str| {
            let parsed = Parsed::read(text);
            format!("{} {} {:?}", parsed.paths.join("+"), parsed.is_same_value(text), parsed.case())
        };
        assert_eq!(read("upper(title(contact.first_name))"), "contact.first_name true Upper");
        assert_eq!(read("lower(results.zao.category)"), "results.zao.category true Lower");
        assert_eq!(read(r#"if(contact.gender = "fields.x", 1, fields.y)"#), "contact.gender+fields.y false Same");
        assert_eq!(Case::Title.of("neema MOLLEL"), "Neema Mollel");
    }
}
