//! The kinds of values in messages, and the shapes that they are known by.

use std::sync::LazyLock;

use regex::Regex;

use super::words::{Kind, fold};

/// The kind of a value, by its shape or its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum ValueKind {
    Date,
    Time,
    Amount,
    Number,
    Percent,
    Phone,
    Email,
    Link,
    /// Letters and digits, such as the number of an order or of an account.
    Reference,
    /// Four to eight digits in a message that mentions a code.
    Secret,
    /// After a greeting or a title.
    Name,
    /// Where messages differ.
    Text,
}

impl ValueKind {
    const LETTERS: [(Self, char); 12] = [
        (Self::Date, 'D'),
        (Self::Time, 'T'),
        (Self::Amount, 'A'),
        (Self::Number, 'N'),
        (Self::Percent, 'P'),
        (Self::Phone, 'F'),
        (Self::Email, 'E'),
        (Self::Link, 'L'),
        (Self::Reference, 'R'),
        (Self::Secret, 'S'),
        (Self::Name, 'M'),
        (Self::Text, 'X'),
    ];

    pub(super) fn letter(self) -> char {
        Self::LETTERS.iter().find(|it| it.0 == self).map_or('X', |it| it.1)
    }

    pub(super) fn of_letter(letter: char) -> Option<Self> {
        Self::LETTERS.iter().find(|it| it.1 == letter).map(|it| it.0)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Time => "time",
            Self::Amount => "amount",
            Self::Number => "number",
            Self::Percent => "percent",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Link => "link",
            Self::Reference => "reference",
            Self::Secret => "code",
            Self::Name => "name",
            Self::Text => "text",
        }
    }

    /// Examples: nothing that may be somebody's. They look like the values, whose digits are replaced.
    pub(super) fn examples(self, values: &[String]) -> Vec<String> {
        let first = || values.first().cloned().unwrap_or_default();
        let made_up = match self {
            Self::Time | Self::Percent => return values.iter().take(5).cloned().collect(),
            Self::Date if first().contains(char::is_alphabetic) => "12/05/2026".to_owned(),
            Self::Date => return values.iter().take(5).cloned().collect(),
            Self::Amount | Self::Number => counted(&first()),
            Self::Phone => "+33199000001".to_owned(),
            Self::Email => "ana@example.com".to_owned(),
            Self::Link => "https://example.com/a".to_owned(),
            Self::Reference => "AB123".to_owned(),
            Self::Secret => "123456".to_owned(),
            Self::Name => "Ana".to_owned(),
            Self::Text => "example".to_owned(),
        };
        vec![made_up]
    }
}

/// A value with the digits 1, 2, 3 and so on: `2 490 €` becomes `1 234 €`.
fn counted(value: &str) -> String {
    let mut digits = "123456789".chars().cycle();
    value.chars().map(|it| if it.is_numeric() { digits.next().unwrap_or(it) } else { it }).collect()
}

static SHAPES: LazyLock<Vec<(ValueKind, Regex)>> = LazyLock::new(shapes);

/// The shapes in the order in which they are tried.
fn shapes() -> Vec<(ValueKind, Regex)> {
    let alternatives = |kind: Kind| kind.words().into_iter().map(regex::escape).collect::<Vec<_>>().join("|");
    let (month, weekday) = (accented(&alternatives(Kind::Month)), accented(&alternatives(Kind::Weekday)));
    let currency = accented(&alternatives(Kind::Currency));
    let signs = Kind::Currency.words().into_iter().filter(|it| !it.contains(char::is_alphabetic));
    let sign = signs.map(regex::escape).collect::<Vec<_>>().join("|");
    let number =
        r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?|\d{1,3}(?:[ .,'\u{a0}\u{202f}]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?";
    let day = r"\d{1,2}(?:\.|er|st|nd|rd|th|º|ª)?";
    let year = r"(?:\.?,?\s+(?:de\s+|del\s+)?(?:19|20)\d{2}(?:\s+г\.?)?)?";
    let weekday_before = format!(r"(?:(?:{weekday})\.?,?\s+(?:den\s+|le\s+|el\s+)?)?");
    let date = [
        r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{4}年\d{1,2}月\d{1,2}日|\d{1,2}月\d{1,2}日|\d{1,2}/\d{1,2}".to_owned(),
        format!(r"\d{{1,2}}[-/.](?:{month})[-/.](?:\d{{4}}|\d{{2}})"),
        format!(r"{day}\s+(?:de\s+|of\s+)?(?:{month}){year}"),
        format!(r"(?:{month})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?{year}"),
    ];
    let date = format!(r"{weekday_before}(?:{})|(?:{weekday})", date.join("|"));
    let half = r"(?:\s?(?:[ap]m|[ap]\.m\.?))";
    let shapes = [
        (ValueKind::Link, r"(?:https?://|www\.)[^\s<>]*[^\s<>.,;:!?)\]»”']|[\p{L}\d-]+(?:\.[\p{L}\d-]+)*\.\p{L}{2,}/[^\s<>]*[^\s<>.,;:!?)\]»”']".to_owned()),
        (ValueKind::Email, r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+".to_owned()),
        (ValueKind::Reference, r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?".to_owned()),
        (ValueKind::Date, date),
        (ValueKind::Time, format!(r"\d{{1,2}}:\d{{2}}(?::\d{{2}})?{half}?|\d{{1,2}}\s?h\s?\d{{2}}|\d{{1,2}}h|\d{{1,2}}{half}|\d{{1,2}}[.]\d{{2}}{half}")),
        (ValueKind::Percent, format!(r"[-–+]?(?:{number})\s?[%٪]")),
        (ValueKind::Amount, format!(r"(?:{sign})\s?(?:{number})(?:,-)?|(?:{currency})(?:{number})(?:,-)?|(?:{number})(?:,-)?\s?(?:{currency})")),
        (ValueKind::Phone, r"(?:\+|00)\d{1,3}[\d ().\-*xX]{6,16}[\d*]|\(?0\d[\d .()/-]{6,14}\d|\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}|\d{2}(?: \d{2}){4}|\d{4}[ -]\d{3}[ -]\d{3,4}".to_owned()),
        (ValueKind::Number, number.to_owned()),
        (ValueKind::Reference, r"[\p{L}\d]*\d[\p{L}\d]*(?:[-_/.][\p{L}\d]+)*|\p{L}+(?:[-_/.][\p{L}\d]*\d[\p{L}\d]*)+".to_owned()),
    ];
    let compiled = shapes.into_iter().filter_map(|(kind, it)| Some((kind, Regex::new(&format!("^(?i:{it})")).ok()?)));
    compiled.collect()
}

/// A pattern of folded words that also finds them with accents.
fn accented(pattern: &str) -> String {
    let mut accented = String::new();
    for it in pattern.chars() {
        match it {
            'a' => accented += "[aàáâãäå]",
            'c' => accented += "[cçćč]",
            'e' => accented += "[eèéêë]",
            'g' => accented += "[gğ]",
            'i' => accented += "[iìíîïı]",
            'l' => accented += "[lł]",
            'n' => accented += "[nñń]",
            'o' => accented += "[oòóôõöó]",
            's' => accented += "[sşśš]",
            'u' => accented += "[uùúûü]",
            'z' => accented += "[zźż]",
            'и' => accented += "[ий]",
            'е' => accented += "[её]",
            other => accented.push(other),
        }
    }
    accented
}

/// The value that a text begins with: its kind and its length in bytes.
pub(super) fn value_at(text: &str, speaks_of_code: bool) -> Option<(ValueKind, usize)> {
    let found = SHAPES.iter().find_map(|(kind, shape)| {
        let value = shape.find(text)?;
        let next = text[value.end()..].chars().next();
        let ends = next.is_none_or(|it| !it.is_alphanumeric()) && !value.is_empty();
        (ends && is_right(*kind, value.as_str())).then_some((*kind, value.end()))
    })?;
    let (kind, length) = found;
    let is_plain = |it: &str| (4..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
    match kind {
        ValueKind::Number if speaks_of_code && is_plain(&text[..length]) => Some((ValueKind::Secret, length)),
        _ => Some(found),
    }
}

fn is_right(kind: ValueKind, value: &str) -> bool {
    let n_digits = value.chars().filter(|it| it.is_numeric()).count();
    match kind {
        ValueKind::Phone => (8..=15).contains(&(n_digits + value.matches('*').count())),
        // A word that is a month too, such as “mai”, has a day beside it.
        ValueKind::Date => n_digits > 0 || Kind::Weekday.has(&fold(value)) && value.chars().count() > 3,
        ValueKind::Amount | ValueKind::Number | ValueKind::Percent | ValueKind::Time => n_digits > 0,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_known_by_their_shape() {
        for (text, kind) in [
            ("12/03/2026", ValueKind::Date),
            ("2026-03-12", ValueKind::Date),
            ("14 april", ValueKind::Date),
            ("5 марта", ValueKind::Date),
            ("1er août 2026", ValueKind::Date),
            ("lundi 3 mars", ValueKind::Date),
            ("01-Mar-26", ValueKind::Date),
            ("1800 123 456", ValueKind::Phone),
            ("March 3, 2026", ValueKind::Date),
            ("5 de março", ValueKind::Date),
            ("3 मार्च", ValueKind::Date),
            ("14:30", ValueKind::Time),
            ("9h", ValueKind::Time),
            ("9h15", ValueKind::Time),
            ("9am", ValueKind::Time),
            ("25,50€", ValueKind::Amount),
            ("25,50 €", ValueKind::Amount),
            ("Rp50.000", ValueKind::Amount),
            ("R$1.249,00", ValueKind::Amount),
            ("€ 25,50", ValueKind::Amount),
            ("2 490 руб", ValueKind::Amount),
            ("₹1,20,000", ValueKind::Amount),
            ("20%", ValueKind::Percent),
            ("-20 %", ValueKind::Percent),
            ("1041", ValueKind::Number),
            ("AB-1041", ValueKind::Reference),
            ("ZK4824001MX", ValueKind::Reference),
            ("FR76 3000 6000 0112 3456 7890 189", ValueKind::Reference),
            ("+33199000001", ValueKind::Phone),
            ("0199000001", ValueKind::Phone),
            ("01 99 00 00 01", ValueKind::Phone),
            ("+33 1 99 00 00 01", ValueKind::Phone),
            ("(202) 555-0123", ValueKind::Phone),
            ("https://example.com/x1", ValueKind::Link),
            ("exmpl.co/a7", ValueKind::Link),
            ("ana@example.com", ValueKind::Email),
        ] {
            assert_eq!(value_at(text, false), Some((kind, text.len())), "{text}");
        }
        assert_eq!(value_at("482913", true), Some((ValueKind::Secret, 6)));
    }

    #[test]
    fn words_are_no_values() {
        for text in ["Bonjour", "rendez-vous", "mai", "mar", "de", "real"] {
            assert_eq!(value_at(text, false), None, "{text}");
        }
    }
}
