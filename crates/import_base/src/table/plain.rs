//! Reads logs in plain text: lines with a date, a phone number and a message.

use std::sync::LazyLock;

use regex::Regex;

use super::shapes::{is_date, is_phone};

/// A part before the message, and what separates it from the next.
static HEAD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?)?";
    let phone = r"(?:whatsapp:|tel:)?\+?\d[\d ().-]{6,18}\d";
    Regex::new(&format!(r#"^[\s\[("']*(?:({date})|({phone}))[\s\])"':;,|>=-]*"#)).ok()
});

/// A line of a log.
#[derive(Debug, PartialEq, Eq)]
pub struct LogLine<'a> {
    pub n: usize,
    pub date: &'a str,
    pub phone: &'a str,
    pub text: &'a str,
}

/// The lines of a log in plain text; none if fewer than four in five of the lines begin with a date and a phone.
pub fn log_lines(text: &str) -> Option<Vec<LogLine<'_>>> {
    let filled = text.lines().zip(1..).filter(|it| !it.0.trim().is_empty());
    let (mut lines, mut n_filled) = (Vec::new(), 0usize);
    for (line, n) in filled {
        n_filled += 1;
        lines.extend(log_line(line, n));
    }
    (!lines.is_empty() && lines.len() * 5 >= n_filled * 4).then_some(lines)
}

fn log_line(line: &str, n: usize) -> Option<LogLine<'_>> {
    let (mut date, mut phone) = (None, None);
    let mut rest = line;
    while let Some(found) = HEAD.as_ref()?.captures(rest) {
        match (found.get(1), found.get(2)) {
            (Some(it), _) if date.is_none() && is_date(it.as_str()) => date = Some(it.as_str()),
            (_, Some(it)) if phone.is_none() && is_phone(it.as_str()) => phone = Some(it.as_str()),
            _ => break,
        }
        rest = &rest[found.get(0)?.end()..];
    }
    let text = rest.trim().trim_matches('"');
    Some(LogLine { n, date: date?, phone: phone?, text }).filter(|it| !it.text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_a_date_and_a_phone_are_a_log() {
        let line =
            |text| log_lines(text).map(|it| (it[0].date.to_owned(), it[0].phone.to_owned(), it[0].text.to_owned()));
        let wanted = Some(("2026-03-01 08:10".into(), "+33199000001".into(), "Bonjour Ana, 12 h".into()));
        assert_eq!(line("2026-03-01 08:10 +33199000001 Bonjour Ana, 12 h\n"), wanted);
        assert_eq!(line("[2026-03-01 08:10] +33199000001: Bonjour Ana, 12 h"), wanted);
        assert_eq!(line("+33199000001 | 2026-03-01 08:10 | Bonjour Ana, 12 h"), wanted);
        assert_eq!(line("Bonjour Ana, le 01/03/2026 au +33199000001"), None);
    }
}
