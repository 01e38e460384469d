//! Reads a phone cell: a valid number, or the reason why it holds none.

use std::borrow::Cow;

use ::phone::{LineType, ParsedPhone, PhoneError, PhoneForm, PhoneNumber, Region, says_nothing};
use dec_from_char::DecimalExtended;
use model::{Reason, RowFinding, RowFindings, is_total};

use crate::rules::old_spelling;

/// The most digits of a short code, which belongs to a service and never to a person.
const SHORT_CODE_DIGITS: usize = 6;
/// With this many digits on both sides of a separator, a cell holds two numbers, and not a number and its area code.
const NUMBER_DIGITS: usize = 7;
/// The same for a space as the separator. It must be larger, because spaces also group the digits of one number.
const BARE_NUMBER_DIGITS: usize = 9;

/// The fewest digits without a plus sign that are tried as a number with country code. Shorter ones are nearly always
/// national.
const INTERNATIONAL_DIGITS: usize = 11;

/// From this many digits on, a number is not national, whatever Google's plans allow.
const LONG_DIGITS: usize = 12;

/// Reads a phone cell in a column of unknown form; see [`phone_in`].
pub fn phone(cell: &str, region: Option<Region>) -> Result<(ParsedPhone, RowFindings), Reason> {
    phone_in(cell, region, PhoneForm::Unknown)
}

/// Reads a phone cell as a person in `region` would have written it, in a column of this form.
///
/// Full-width and other digits, no-break spaces, bidi marks, `tel:` (RFC 3966), `whatsapp:`, `sms:`, a leading
/// apostrophe and `(0)` are understood. An extension is dropped and an old spelling rewritten, each with a finding. A
/// cell that could be another person's number is rejected and not guessed.
pub fn phone_in(cell: &str, region: Option<Region>, form: PhoneForm) -> Result<(ParsedPhone, RowFindings), Reason> {
    let text = tidied(cell);
    // Most cells hold only digits and separators, for which several checks can be skipped.
    let is_plain = is_plain(&text);
    let text = if is_plain { text } else { without_context(text) };
    let mut text = text.as_ref();
    let mut findings = RowFindings::default();

    if is_empty_word(text) || !is_plain && says_nothing(text) {
        return Err(Reason::Empty);
    }
    if !is_plain && is_masked(text) {
        return Err(Reason::Masked);
    }
    if !is_plain && is_scientific(text) {
        return Err(Reason::Scientific);
    }
    if is_negative(text) {
        return Err(Reason::NotANumber);
    }
    if holds_several(text) {
        return Err(Reason::Multiple);
    }
    if let Some(whole) = without_decimals(text) {
        text = whole;
        findings.add(RowFinding::Decimal);
    }
    if !is_plain && without_extension(text).chars().any(char::is_alphabetic) {
        return Err(if is_total(text) { Reason::NotAContact } else { Reason::Letters });
    }
    if is_placeholder(text) {
        return Err(Reason::Placeholder);
    }
    let Reading { phone, is_old } = read(text, region, form)?;
    for (is_found, finding) in [
        (phone.had_extension, RowFinding::Extension),
        (phone.lacks_trunk_zero, RowFinding::Trunk),
        (is_old, RowFinding::OldSpelling),
    ] {
        if is_found {
            findings.add(finding);
        }
    }
    Ok((phone, findings))
}

/// A number, and whether it was written by an old numbering plan of its country.
struct Reading {
    phone: ParsedPhone,
    is_old: bool,
}

impl Reading {
    fn new(phone: ParsedPhone) -> Self {
        Self { phone, is_old: false }
    }

    fn old(phone: ParsedPhone) -> Self {
        Self { phone, is_old: true }
    }
}

fn read(text: &str, region: Option<Region>, form: PhoneForm) -> Result<Reading, Reason> {
    if text.contains('+') {
        return with_country_code(text, region);
    }
    if form == PhoneForm::International {
        return international(text);
    }
    match (dialled(text, region), region) {
        (Ok(phone), _) if is_natural(&phone) => Ok(Reading::new(phone)),
        (Ok(phone), _) => either(text, phone, region, form),
        (Err(Reason::Invalid), Some(region)) => not_dialled(text, region, form),
        (Err(reason), _) => Err(reason),
    }
}

/// Whether people write a number this way: with the trunk zero of their country, if it has one, and for a kind of line
/// that people have. Google's plans are too wide to decide it: by them, every mobile number of Spain is a voice mail of
/// Italy.
fn is_natural(phone: &ParsedPhone) -> bool {
    use LineType::{FixedLine, FixedLineOrMobile, Mobile, PersonalNumber, Voip};
    let is_of_people = matches!(phone.line_type, FixedLine | FixedLineOrMobile | Mobile | PersonalNumber | Voip);
    is_of_people && !phone.lacks_trunk_zero
}

/// Reads digits that are a number of their region in a form that people do not write, and may be a number of another
/// country.
fn either(text: &str, phone: ParsedPhone, region: Option<Region>, form: PhoneForm) -> Result<Reading, Reason> {
    let other = abroad(text, INTERNATIONAL_DIGITS).filter(|it| it.phone.number != phone.number);
    let Some(other) = other else { return Ok(Reading::new(phone)) };
    let is_own = other.phone.region == region;
    if form == PhoneForm::National && !is_own {
        return Ok(Reading::new(phone));
    }
    // In Germany, every mobile number with its country code is also a fixed line without its zero, but one with more
    // digits than any fixed line has.
    let is_mobile = other.phone.line_type.is_sendable() && !phone.line_type.is_sendable();
    match is_own && is_mobile && digits(text).count() >= LONG_DIGITS {
        true => Ok(other),
        false => Err(Reason::Ambiguous),
    }
}

/// Reads digits that are known to begin with a country code.
fn international(text: &str) -> Result<Reading, Reason> {
    match digits(text).count() {
        0 => return Err(Reason::NotANumber),
        1..=SHORT_CODE_DIGITS => return Err(Reason::ShortCode),
        _ => {}
    }
    let start = text.trim_start_matches(|it: char| !it.is_ascii_digit());
    let number = start.strip_prefix("00").unwrap_or(start).trim_start();
    match number.starts_with('0') {
        true => Err(Reason::Invalid),
        false => with_country_code(&format!("+{number}"), None),
    }
}

/// Reads a number with a plus sign.
fn with_country_code(text: &str, region: Option<Region>) -> Result<Reading, Reason> {
    let reason = match dialled(text, region) {
        Ok(phone) => return Ok(Reading::new(phone)),
        Err(reason) => reason,
    };
    let is_invalid = reason == Reason::Invalid && is_plain(text);
    is_invalid.then(|| old_spelling::international(&all_digits(text))).flatten().map(Reading::old).ok_or(reason)
}

/// Reads digits that are not a number of their region: a number of another country, or an old spelling.
fn not_dialled(text: &str, region: Region, form: PhoneForm) -> Result<Reading, Reason> {
    if !is_plain(text) {
        return Err(Reason::Invalid);
    }
    let all = all_digits(text);
    if let Some(phone) = all.strip_prefix("00").and_then(old_spelling::international) {
        return Ok(Reading::old(phone));
    }
    if form == PhoneForm::National {
        let own = old_spelling::international(&all).filter(|it| it.region == Some(region));
        return own.or_else(|| old_spelling::national(&all, region)).map(Reading::old).ok_or(Reason::Invalid);
    }
    let old = old_spelling::national(&all, region);
    // A spreadsheet may also have dropped the zero of an old spelling.
    let may_be_old = old.is_some() || old_spelling::national(&format!("0{all}"), region).is_some();
    let other = abroad(text, if may_be_old { NUMBER_DIGITS } else { INTERNATIONAL_DIGITS });
    match (old, other) {
        (_, Some(_)) if may_be_old => Err(Reason::Ambiguous),
        (Some(phone), _) => Ok(Reading::old(phone)),
        (None, Some(other)) => Ok(other),
        (None, None) => Err(Reason::Invalid),
    }
}

/// Reads bare digits as a number that begins with its country code.
fn abroad(text: &str, least_digits: usize) -> Option<Reading> {
    let all = all_digits(text);
    if !is_plain(text) || all.starts_with('0') || all.len() < least_digits {
        return None;
    }
    with_country_code(&format!("+{all}"), None).ok()
}

/// Reads a number as dialled in `region`. Google's rules understand a trunk zero in brackets, but not in numbering
/// plans without one: there the number is tried without it.
fn dialled(text: &str, region: Option<Region>) -> Result<ParsedPhone, Reason> {
    let error = match PhoneNumber::parse(text, region) {
        Ok(parsed) => return Ok(parsed),
        Err(error) => error,
    };
    if text.contains("(0)")
        && let Ok(parsed) = PhoneNumber::parse(&text.replacen("(0)", "", 1), region)
    {
        return Ok(parsed);
    }
    let n_digits = digits(text).count();
    Err(match error {
        _ if n_digits == 0 => Reason::NotANumber,
        _ if n_digits <= SHORT_CODE_DIGITS && !text.contains('+') => Reason::ShortCode,
        PhoneError::NoRegion => Reason::NoRegion,
        PhoneError::NotANumber => Reason::NotANumber,
        PhoneError::Invalid => Reason::Invalid,
    })
}

/// `199000001;phone-context=+33` is `+33199000001` (RFC 3966). A context that is a domain says nothing about the
/// country.
fn without_context(text: Cow<'_, str>) -> Cow<'_, str> {
    const MARK: &str = ";phone-context=";
    let Some(at) = text.contains(';').then(|| text.to_ascii_lowercase().find(MARK)).flatten() else { return text };
    let (number, context) = (&text[..at], &text[at + MARK.len()..]);
    let end = context.find(';').unwrap_or(context.len());
    let (context, more) = context.split_at(end);
    let is_country = context.len() > 1 && context.starts_with('+') && !number.contains('+');
    Cow::Owned(if is_country { format!("{context}{number}{more}") } else { format!("{number}{more}") })
}

/// Whether the cell is a negative number. A dash and a blank before the digits is a list item, and not a minus sign.
fn is_negative(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '−', '–', '－']);
    rest.is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()))
}

/// Whether a text holds only digits and separators.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|it| matches!(it, b'0'..=b'9' | b' ' | b'+' | b'-' | b'(' | b')' | b'.' | b'/'))
}

/// The cell without invisible characters and schemes, in ASCII digits. Cells of ASCII, nearly all of them, are
/// borrowed.
fn tidied(cell: &str) -> Cow<'_, str> {
    if is_plain(cell) {
        return Cow::Borrowed(cell.trim());
    }
    if cell.bytes().all(|it| it.is_ascii_graphic() || it == b' ') {
        return Cow::Borrowed(without_schemes(cell));
    }
    let text: String = cell.chars().filter(|it| !is_invisible(*it)).map(plain_char).collect();
    match without_schemes(&text) {
        lean if lean.len() == text.len() => Cow::Owned(text),
        lean => Cow::Owned(lean.to_owned()),
    }
}

/// The text without leading `tel:`, `whatsapp:`, `sms:` and apostrophes.
fn without_schemes(text: &str) -> &str {
    let mut rest = text.trim_matches(|it: char| it == ' ' || it == '\n');
    loop {
        let lean = rest.trim_start_matches(['\'', '’', '‘']).trim_start();
        let lean =
            ["tel:", "whatsapp:", "sms:"].iter().fold(lean, |it, scheme| without_prefix(it, scheme)).trim_start();
        if lean.len() == rest.len() {
            return rest;
        }
        rest = lean;
    }
}

/// Zero-width characters, soft hyphens and bidi marks, which are copied along with a number from a phone book.
fn is_invisible(it: char) -> bool {
    matches!(it, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn plain_char(it: char) -> char {
    match it {
        '\n' | '\r' => '\n',
        '＋' => '+',
        _ if it.is_whitespace() => ' ',
        _ => it.to_decimal_utf8().map_or(it, |digit| char::from(b'0' + digit)),
    }
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> &'a str {
    match text.get(..prefix.len()) {
        Some(start) if start.eq_ignore_ascii_case(prefix) => &text[prefix.len()..],
        _ => text,
    }
}

fn is_empty_word(text: &str) -> bool {
    const WORDS: [&str; 10] = ["", "-", "--", "0", "n/a", "na", "#n/a", "null", "none", "unknown"];
    text.len() <= 7 && WORDS.iter().any(|it| text.eq_ignore_ascii_case(it))
}

/// Whether digits are masked: `+33612345***`, `06XXXXXXXX`, `06 12 ## ## ##`.
fn is_masked(text: &str) -> bool {
    let has_run = |mask: [char; 2]| {
        text.split(|it: char| !mask.contains(&it) && it != ' ')
            .any(|run| run.chars().filter(|it| *it != ' ').count() >= 2)
    };
    text.contains(['*', '•', '…', '●', '█']) || has_run(['x', 'X']) || has_run(['#', '#']) || has_run(['?', '?'])
}

/// Whether the cell is `3.36123E+10`, as a spreadsheet shows a long number.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let is_number = |it: &str, more: [char; 2]| {
        it.contains(|it: char| it.is_ascii_digit()) && it.chars().all(|it| it.is_ascii_digit() || more.contains(&it))
    };
    is_number(mantissa.trim_start_matches(['+', '-']), ['.', ',']) && is_number(exponent, ['+', '-'])
}

fn holds_several(text: &str) -> bool {
    if digits(text).count() < 2 * NUMBER_DIGITS {
        return false;
    }
    let n_long =
        |pieces: &mut dyn Iterator<Item = &str>, least| pieces.filter(|it| digits(it).count() >= least).count();
    let lower = text.to_ascii_lowercase();
    let by_word =
        [" or ", " ou ", " and ", " et "].iter().any(|word| n_long(&mut lower.split(word), NUMBER_DIGITS) > 1);
    by_word
        || n_long(&mut text.split(['/', ';', ',', '|', '&', '\n']), NUMBER_DIGITS) > 1
        || n_long(&mut text.split('+'), NUMBER_DIGITS) > 1
        || n_long(&mut text.split(' '), BARE_NUMBER_DIGITS) > 1
}

/// The number without `.0`, which floating-point columns add: `33199000001.0`.
fn without_decimals(text: &str) -> Option<&str> {
    let (whole, decimals) = text.rsplit_once('.')?;
    let is_whole =
        digits(whole).count() >= NUMBER_DIGITS && whole.trim_start_matches('+').bytes().all(|it| it.is_ascii_digit());
    (is_whole && !decimals.is_empty() && decimals.bytes().all(|it| it == b'0')).then_some(whole)
}

/// The text before `ext. 12`, `;ext=12`, `x12`, `#12` and the like. Digits must follow the mark.
fn without_extension(text: &str) -> &str {
    const MARKS: [&str; 10] = [";ext=", "extension", "extn", "ext", "anexo", "доб", "int", "x", "#", "~"];
    let before_digits = text.trim_end_matches('#').trim_end_matches(|it: char| it.is_ascii_digit());
    if before_digits.len() == text.len() {
        return text;
    }
    let before_mark = before_digits.trim_end_matches([' ', '.', ':', '=']);
    for mark in MARKS {
        let at = before_mark.len().wrapping_sub(mark.trim_end_matches('=').len());
        if before_mark.get(at..).is_some_and(|it| it.to_lowercase() == mark.trim_end_matches('=')) {
            return &before_mark[..at];
        }
    }
    text
}

/// Whether the cell is one digit repeated, or the digits in order: what people type to get past a form.
fn is_placeholder(text: &str) -> bool {
    const RUNS: [&[u8]; 8] = [
        b"0123456789",
        b"1234567890",
        b"123456789",
        b"12345678",
        b"1234567",
        b"9876543210",
        b"987654321",
        b"0987654321",
    ];
    let is_run = |run: &&[u8]| digits(text).eq(run.iter().copied());
    let first = digits(text).next();
    let is_one_digit = || digits(text).take(16).all(|it| Some(it) == first);
    digits(text).nth(NUMBER_DIGITS - 1).is_some() && (is_one_digit() || RUNS.iter().any(is_run))
}

fn digits(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(u8::is_ascii_digit)
}

fn all_digits(text: &str) -> String {
    digits(text).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(cell: &str, region: &str) -> String {
        read_in(cell, region, PhoneForm::Unknown)
    }

    fn read_in(cell: &str, region: &str, form: PhoneForm) -> String {
        match phone_in(cell, Region::from_code(region), form) {
            Ok((parsed, findings)) => format!("{} {}", parsed.number, findings.names()).trim().to_owned(),
            Err(reason) => reason.code().to_owned(),
        }
    }

    #[test]
    fn one_number_is_understood_however_it_is_written() {
        for cell in [
            "+33199000001",
            "01 99 00 00 01",
            "0033199000001",
            "33199000001",
            "+33 (0)1 99 00 00 01",
            "01.99.00.00.01",
            "01-99-00-00-01",
            "'+33199000001",
            "tel:+33199000001",
            "whatsapp:+33199000001",
            "SMS:+33199000001",
            "\u{202a}+33\u{a0}1 99 00 00 01\u{202c}",
            "\u{200e}01\u{202f}99\u{202f}00\u{202f}00\u{202f}01",
            "＋３３１９９０００００１",
            "٠١٩٩٠٠٠٠٠١",
            "०१९९०००००१",
        ] {
            assert_eq!(read(cell, "FR"), "+33199000001", "{cell}");
        }
    }

    #[test]
    fn an_extension_is_dropped_with_a_finding() {
        for cell in ["+1 202 555 0123 ext. 12", "+12025550123;ext=12", "+1 202-555-0123 x12", "+12025550123 #12"] {
            assert_eq!(read(cell, "US"), "+12025550123 extension_dropped", "{cell}");
        }
    }

    #[test]
    fn a_number_that_was_a_float_is_read_with_a_finding() {
        assert_eq!(read("33199000001.0", "FR"), "+33199000001 decimals_dropped");
    }

    #[test]
    fn a_number_that_lost_its_zero_is_read_with_a_finding() {
        assert_eq!(read("199000001", "FR"), "+33199000001 trunk_zero_missing");
        assert_eq!(read("701740605", "SE"), "+46701740605 trunk_zero_missing");
        assert_eq!(read("199000001", ""), "E_NO_REGION");
        assert_eq!(read("2025550123", "US"), "+12025550123");
    }

    #[test]
    fn what_is_no_number_of_one_person_is_rejected_with_its_reason() {
        for (cell, reason) in [
            ("", "E_EMPTY"),
            ("  ", "E_EMPTY"),
            ("N/A", "E_EMPTY"),
            ("null", "E_EMPTY"),
            ("-", "E_EMPTY"),
            ("0", "E_EMPTY"),
            ("unknown", "E_EMPTY"),
            ("N.A.", "E_EMPTY"),
            ("\\N", "E_EMPTY"),
            ("(not set)", "E_EMPTY"),
            ("?", "E_EMPTY"),
            ("0000000000", "E_PLACEHOLDER"),
            ("+33 11 11 11 11 11", "E_INVALID"),
            ("1111111111", "E_PLACEHOLDER"),
            ("0123456789", "E_PLACEHOLDER"),
            ("+33199000***", "E_MASKED"),
            ("01XXXXXXXX", "E_MASKED"),
            ("01 99 xx xx xx", "E_MASKED"),
            ("3.36123E+10", "E_SCI_NOTATION"),
            ("3,36E10", "E_SCI_NOTATION"),
            ("+33199000001/+33199000002", "E_MULTIPLE"),
            ("0199000001; 0199000002", "E_MULTIPLE"),
            ("0199000001, 0199000002", "E_MULTIPLE"),
            ("0199000001 ou 0199000002", "E_MULTIPLE"),
            ("+33199000001 +33199000002", "E_MULTIPLE"),
            ("0199000001 0199000002", "E_MULTIPLE"),
            ("Total: 1234", "E_NOT_A_CONTACT"),
            ("AMAZON", "E_LETTERS"),
            ("1-800-FLOWERS", "E_LETTERS"),
            ("call 0199000001", "E_LETTERS"),
            ("36789", "E_SHORT_CODE"),
            ("3615", "E_SHORT_CODE"),
            ("+999123456789", "E_INVALID"),
            ("+0123456789", "E_PLACEHOLDER"),
            ("+0199000001", "E_INVALID"),
            ("0639980001", "E_INVALID"),
            ("01990000012345", "E_INVALID"),
            ("()", "E_NOT_A_NUMBER"),
            ("=HYPERLINK(1)", "E_LETTERS"),
        ] {
            assert_eq!(read(cell, "FR"), reason, "{cell}");
        }
        assert_eq!(read("0199000001", ""), "E_NO_REGION");
    }

    #[test]
    fn an_area_code_before_a_slash_is_not_a_second_number() {
        assert_eq!(read("030/23125 000", "DE"), "+493023125000");
    }

    #[test]
    fn a_tel_uri_has_its_country_in_its_context() {
        for (cell, region, expected) in [
            ("tel:199000001;phone-context=+33", "", "+33199000001"),
            ("tel:897444144;phone-context=+62", "", "+62897444144"),
            ("TEL:897-444-144;Phone-Context=+62", "US", "+62897444144"),
            ("tel:555-0123;phone-context=+1-202", "", "+12025550123"),
            ("tel:199000001;phone-context=+33", "DE", "+33199000001"),
            ("tel:0199000001;phone-context=+33", "", "+33199000001"),
            ("TEL:01-99-00-00-01;Phone-Context=+33", "", "+33199000001"),
            ("tel:199000001;phone-context=+33;ext=12", "", "+33199000001 extension_dropped"),
            ("tel:5550123;phone-context=+1202", "", "+12025550123"),
            ("tel:0199000001;phone-context=example.com", "FR", "+33199000001"),
            ("tel:0199000001;phone-context=example.com", "", "E_NO_REGION"),
            ("tel:+33199000001;phone-context=+33", "", "+33199000001"),
            ("tel:199000001;phone-context=", "FR", "+33199000001 trunk_zero_missing"),
        ] {
            assert_eq!(read(cell, region), expected, "{cell}");
        }
    }

    #[test]
    fn a_negative_number_is_no_phone() {
        for cell in ["-33199000001", "−33199000001", "-0199000001", "–33199000001", "-33199000001.0"] {
            assert_eq!(read(cell, "FR"), "E_NOT_A_NUMBER", "{cell}");
        }
        assert_eq!(read("- 01 99 00 00 01", "FR"), "+33199000001");
        assert_eq!(read("01-99-00-00-01", "FR"), "+33199000001");
    }

    #[test]
    fn a_number_in_an_old_spelling_is_rewritten_with_a_finding() {
        for (cell, region, expected) in [
            ("+52 55 1234 5678", "MX", "+525512345678"),
            ("55 1234 5678", "MX", "+525512345678"),
            ("+52 1 55 1234 5678", "MX", "+525512345678 old_spelling_rewritten"),
            ("+5215512345678", "", "+525512345678 old_spelling_rewritten"),
            ("+5215512345678", "FR", "+525512345678 old_spelling_rewritten"),
            ("5215512345678", "MX", "+525512345678 old_spelling_rewritten"),
            ("5215512345678", "FR", "+525512345678 old_spelling_rewritten"),
            ("005215512345678", "MX", "+525512345678 old_spelling_rewritten"),
            ("044 55 1234 5678", "MX", "+525512345678 old_spelling_rewritten"),
            ("045 55 1234 5678", "MX", "+525512345678 old_spelling_rewritten"),
            ("01 55 1234 5678", "MX", "+525512345678 old_spelling_rewritten"),
            ("0445512345678", "MX", "+525512345678 old_spelling_rewritten"),
            // Not before ten digits, nor before an area that there is not.
            ("+52 1 55 1234 567", "MX", "E_INVALID"),
            ("+52 1 10 1234 5678", "MX", "E_INVALID"),
            ("044 55 1234 5678", "FR", "E_INVALID"),
            ("+52 044 55 1234 5678", "MX", "E_INVALID"),
            // A spreadsheet has dropped the zero of 01, or it is a number in New Jersey.
            ("15512345678", "MX", "E_AMBIGUOUS"),
            ("+55 11 96000 0001", "BR", "+5511960000001"),
            ("(11) 96000-0001", "BR", "+5511960000001"),
            ("+55 11 6000 0001", "BR", "+5511960000001 old_spelling_rewritten"),
            ("+551180000001", "", "+5511980000001 old_spelling_rewritten"),
            ("551190000001", "BR", "+5511990000001 old_spelling_rewritten"),
            ("(11) 8000-0001", "BR", "+5511980000001 old_spelling_rewritten"),
            ("011 8000-0001", "BR", "+5511980000001 old_spelling_rewritten"),
            ("551180000001", "FR", "+5511980000001 old_spelling_rewritten"),
            // A fixed line, what may be one, and an area that there is not.
            ("+55 11 3000 0001", "BR", "+551130000001"),
            ("+55 11 7000 0001", "BR", "+551170000001"),
            ("+55 10 8000 0001", "BR", "E_INVALID"),
        ] {
            assert_eq!(read(cell, region), expected, "{cell} in {region}");
        }
    }

    #[test]
    fn digits_of_an_international_column_have_their_country_code() {
        for (cell, expected) in [
            ("33199000001", "+33199000001"),
            ("33 1 99 00 00 01", "+33199000001"),
            ("(33) 199000001", "+33199000001"),
            ("33 (0)1 99 00 00 01", "+33199000001"),
            ("+33199000001", "+33199000001"),
            ("0033199000001", "+33199000001"),
            ("12025550123", "+12025550123"),
            ("6281200000000", "+6281200000000"),
            ("33199000001.0", "+33199000001 decimals_dropped"),
            ("5215512345678", "+525512345678 old_spelling_rewritten"),
            ("tel:199000001;phone-context=+33", "+33199000001"),
            // The country of the row must not matter.
            ("199000002", "E_INVALID"),
            ("0199000001", "E_INVALID"),
            ("01133199000001", "E_INVALID"),
            ("2025550123", "E_INVALID"),
            ("00033199000001", "E_INVALID"),
            ("36789", "E_SHORT_CODE"),
            ("AMAZON", "E_LETTERS"),
            ("()", "E_NOT_A_NUMBER"),
            ("", "E_EMPTY"),
        ] {
            for region in ["", "FR", "DE", "US"] {
                assert_eq!(read_in(cell, region, PhoneForm::International), expected, "{cell} in {region}");
            }
        }
    }

    #[test]
    fn digits_of_a_national_column_are_never_a_number_of_another_country() {
        for (cell, region, expected) in [
            ("0199000001", "FR", "+33199000001"),
            ("33199000001", "FR", "+33199000001"),
            ("33199000001", "DE", "+4933199000001 trunk_zero_missing"),
            ("491713920000", "DE", "+491713920000"),
            ("492214710000", "DE", "E_AMBIGUOUS"),
            ("12025550123", "FR", "E_INVALID"),
            ("+12025550123", "FR", "+12025550123"),
            ("0012025550123", "FR", "+12025550123"),
            ("2025550123", "US", "+12025550123"),
            ("5215512345678", "MX", "+525512345678 old_spelling_rewritten"),
            ("5215512345678", "FR", "E_INVALID"),
            ("4681234567", "BR", "+5546981234567 old_spelling_rewritten"),
        ] {
            assert_eq!(read_in(cell, region, PhoneForm::National), expected, "{cell} in {region}");
        }
    }

    #[test]
    fn digits_that_may_be_of_two_countries_are_rejected() {
        for (cell, region, expected) in [
            ("33199000001", "DE", "E_AMBIGUOUS"),
            ("033199000001", "DE", "+4933199000001"),
            ("+4933199000001", "DE", "+4933199000001"),
            ("15202345678", "DE", "E_AMBIGUOUS"),
            // Its own country code before a mobile number, or an area code without zero before too many digits.
            ("491713920000", "DE", "+491713920000"),
            ("493023125000", "DE", "+493023125000"),
            ("492214710000", "DE", "E_AMBIGUOUS"),
            // A voice mail in Italy, or a fixed line in France.
            ("33199000001", "IT", "E_AMBIGUOUS"),
            // In Sweden, or in Brazil before the ninth digit.
            ("4681234567", "BR", "E_AMBIGUOUS"),
            // Digits alone are national where no zero is dialled: here Porto Alegre, and not Peru.
            ("51981234567", "BR", "+5551981234567"),
            ("2025550123", "US", "+12025550123"),
            // No number of the country, and enough digits for one of another.
            ("12025550123", "FR", "+12025550123"),
            ("6281200000000", "FR", "+6281200000000"),
            ("+2025550123", "FR", "E_INVALID"),
            ("2025550123", "FR", "E_INVALID"),
            ("33199000001", "", "E_NO_REGION"),
        ] {
            assert_eq!(read(cell, region), expected, "{cell} in {region}");
        }
    }

    proptest! {
        #[test]
        fn an_international_column_keeps_the_country_code_whatever_the_region(
            cell in "[1-9][0-9]{6,14}",
            region in prop::sample::select(&["", "FR", "DE", "US", "IT", "IN"][..]),
        ) {
            let read = phone_in(&cell, Region::from_code(region), PhoneForm::International);
            prop_assert_eq!(&read, &phone_in(&format!("+{cell}"), None, PhoneForm::Unknown));
            // Google's rules drop a trunk prefix after the country code: +33 01 99 … Only the last four digits are
            // never part of one: 43 0 12000 is +43 12000, the shortest number that has lost a zero.
            if let Ok((parsed, _)) = read {
                let (number, place) = (parsed.number.to_string(), cell.len() - 4);
                prop_assert!(number[1..].starts_with(&cell[..1]) && number.ends_with(&cell[place..]), "{number}");
            }
        }

        #[test]
        fn a_national_column_gives_numbers_of_the_calling_code_of_its_country(
            cell in "[1-9][0-9]{6,13}",
            (region, calling_code) in prop::sample::select(
                &[("FR", "+33"), ("DE", "+49"), ("US", "+1"), ("BR", "+55"), ("MX", "+52"), ("IT", "+39")][..],
            ),
        ) {
            if let Ok((parsed, _)) = phone_in(&cell, Region::from_code(region), PhoneForm::National) {
                prop_assert!(parsed.number.to_string().starts_with(calling_code), "{}", parsed.number);
            }
        }

        #[test]
        fn a_number_that_is_valid_as_it_stands_is_never_changed(
            number in prop_oneof!["52[1-9][0-9]{9,10}", "55[1-9][0-9]{9,10}", "[1-9][0-9]{7,13}"],
            form in prop::sample::select(&[PhoneForm::Unknown, PhoneForm::International, PhoneForm::National][..]),
        ) {
            let cell = format!("+{number}");
            if let Ok(valid) = PhoneNumber::parse(&cell, None)
                && let Ok((parsed, findings)) = phone_in(&cell, None, form)
            {
                prop_assert_eq!((parsed, findings.names()), (valid, String::new()));
            }
        }

        #[test]
        fn no_cell_is_too_odd_to_be_read(cell in ".{0,40}", form in prop::sample::select(&[PhoneForm::Unknown, PhoneForm::International][..])) {
            let _ = phone_in(&cell, Region::from_code("MX"), form);
        }
    }
}
