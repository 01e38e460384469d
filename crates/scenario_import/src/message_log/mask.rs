//! Masks values in messages by their shape.

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
    /// Letters and digits, such as the number of an order.
    Reference,
    /// Four to eight digits in a message that mentions a code.
    Secret,
    /// After a greeting.
    Name,
    /// One of a few words.
    Choice,
    Text,
}

impl ValueKind {
    const MASKS: [(Self, char); 10] = [
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
    ];

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
            Self::Choice => "status",
            Self::Text => "text",
        }
    }

    /// Examples: from the data if they cannot be personal data, else made up.
    pub(super) fn examples(self, values: &[String]) -> Vec<String> {
        let made_up = match self {
            Self::Date | Self::Time | Self::Amount | Self::Number | Self::Percent | Self::Choice => {
                return values.iter().take(5).cloned().collect();
            }
            Self::Phone => "+33199000001",
            Self::Email => "ana@example.com",
            Self::Link => "https://example.com/a",
            Self::Reference => "AB123",
            Self::Secret => "123456",
            Self::Name => "Ana",
            Self::Text => "example",
        };
        vec![made_up.to_owned()]
    }

    /// The kind that a masked word stands for, and the signs around it.
    pub(super) fn of_mask(word: &str) -> Option<(&str, Self, &str)> {
        let at = word.find(MARK)?;
        let inside = &word[at + MARK.len_utf8()..];
        let letter = inside.chars().next()?;
        let kind = Self::MASKS.iter().find(|it| it.1 == letter)?.0;
        Some((&word[..at], kind, &inside[letter.len_utf8()..]))
    }
}

/// Comes before the letter of a mask; no message contains it.
const MARK: char = '\u{1}';

/// A message whose values are masked.
pub(super) struct Masked {
    /// The words, separated by one space; a line break is a word.
    pub(super) text: String,
    /// What was masked, in order.
    pub(super) values: Vec<String>,
}

pub(super) fn mask(text: &str) -> Masked {
    let mut masked = Masked { text: String::with_capacity(text.len()), values: Vec::new() };
    let lower = text.to_lowercase();
    let speaks_of_code = ["code", "otp", "pin", "código", "kode", "passe"].iter().any(|it| lower.contains(it));
    for (n, line) in text.lines().enumerate() {
        if n > 0 {
            masked.text.push_str(" \n");
        }
        for word in line.split_whitespace() {
            if !masked.text.is_empty() {
                masked.text.push(' ');
            }
            push(&mut masked, word, speaks_of_code);
        }
    }
    masked
}

fn push(masked: &mut Masked, word: &str, speaks_of_code: bool) {
    let is_edge = |it: char| !it.is_alphanumeric() && !"+€$£%@".contains(it);
    let core = word.trim_start_matches(|it| is_edge(it) && it != '-').trim_end_matches(|it| is_edge(it) && it != '/');
    let kind = kind(core, speaks_of_code);
    let Some(kind) = kind else {
        masked.text.extend(word.chars().filter(|it| *it != MARK));
        return;
    };
    let start = word.find(core).unwrap_or(0);
    let letter = ValueKind::MASKS.iter().find(|it| it.0 == kind).map_or('R', |it| it.1);
    masked.text.push_str(&word[..start]);
    masked.text.extend([MARK, letter]);
    masked.text.push_str(&word[start + core.len()..]);
    masked.values.push(core.to_owned());
}

fn kind(word: &str, speaks_of_code: bool) -> Option<ValueKind> {
    if word.contains("://") || word.starts_with("www.") {
        return Some(ValueKind::Link);
    }
    let bytes = word.as_bytes();
    let n_digits = bytes.iter().filter(|it| it.is_ascii_digit()).count();
    if n_digits == 0 {
        return match word.split_once('@') {
            Some((user, host)) if !user.is_empty() && host.contains('.') => Some(ValueKind::Email),
            _ => None,
        };
    }
    let only = |signs: &str| word.chars().all(|it| it.is_ascii_digit() || signs.contains(it));
    let groups = |sign: char| word.split(sign).filter(|it| !it.is_empty() && it.len() <= 4).count();
    match word {
        _ if word.contains('@') => Some(ValueKind::Email),
        // A domain and a path.
        _ if word.contains('/') && word.split('/').next().is_some_and(|it| it.contains('.') && !only("./")) => {
            Some(ValueKind::Link)
        }
        _ if word.ends_with('%') => Some(ValueKind::Percent),
        _ if word.contains(['€', '$', '£']) || is_amount(word) => Some(ValueKind::Amount),
        _ if only("/") && (2..=3).contains(&groups('/')) => Some(ValueKind::Date),
        _ if (only("-") && groups('-') == 3) || (only(".") && groups('.') == 3 && n_digits <= 8) => {
            Some(ValueKind::Date)
        }
        _ if is_time(word) => Some(ValueKind::Time),
        _ if word.starts_with('+') && n_digits >= 8 => Some(ValueKind::Phone),
        _ if word.starts_with('0') && only(".-") && n_digits >= 9 => Some(ValueKind::Phone),
        _ if only("") && speaks_of_code && (4..=8).contains(&n_digits) => Some(ValueKind::Secret),
        _ if only(".,") => Some(ValueKind::Number),
        _ => Some(ValueKind::Reference),
    }
}

fn is_amount(word: &str) -> bool {
    ["EUR", "USD", "GBP", "XOF", "IDR", "BRL", "Rp", "R$", "FCFA"].iter().any(|it| {
        let rest = word.strip_suffix(it).or_else(|| word.strip_prefix(it));
        rest.is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit() || it == '.'))
    })
}

fn is_time(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let plain = lower.trim_end_matches("am").trim_end_matches("pm");
    let mut parts = plain.split([':', 'h']);
    let hour = parts.next().is_some_and(|it| (1..=2).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit()));
    let minute = parts.next().map(|it| it.is_empty() || (it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit())));
    let seconds = parts.all(|it| it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit()));
    // `9am` has no minutes.
    hour && seconds && minute.unwrap_or(plain.len() < lower.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_known_by_their_shape() {
        for (word, wanted) in [
            ("12/03/2026", Some(ValueKind::Date)),
            ("2026-03-12", Some(ValueKind::Date)),
            ("14:30", Some(ValueKind::Time)),
            ("9h", Some(ValueKind::Time)),
            ("9am", Some(ValueKind::Time)),
            ("25,50€", Some(ValueKind::Amount)),
            ("Rp50.000", Some(ValueKind::Amount)),
            ("20%", Some(ValueKind::Percent)),
            ("1041", Some(ValueKind::Number)),
            ("AB-1041", Some(ValueKind::Reference)),
            ("+33199000001", Some(ValueKind::Phone)),
            ("0199000001", Some(ValueKind::Phone)),
            ("https://example.com/x1", Some(ValueKind::Link)),
            ("exmpl.co/a7", Some(ValueKind::Link)),
            ("ana@example.com", Some(ValueKind::Email)),
            ("Bonjour", None),
            ("rendez-vous", None),
        ] {
            assert_eq!(kind(word, false), wanted, "{word}");
        }
        assert_eq!(kind("482913", true), Some(ValueKind::Secret));
    }
}
