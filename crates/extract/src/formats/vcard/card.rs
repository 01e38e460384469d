//! Reads the lines of a card and makes its rows.

use std::borrow::Cow;

use ::vcard::tree::codec::mode::VcardEscaper;
use ::vcard::tree::line::VcardLine;
use ::vcard::tree::value::node::VcardValueNode;
use csv::StringRecord;
use quoted_printable::ParseMode;

use crate::text::encoding::Encoding;

/// The columns of every vCard file, whatever its cards hold.
pub(crate) const COLUMNS: [&str; 14] = [
    "FN",
    "N.family",
    "N.given",
    "TEL",
    "TEL.type",
    "EMAIL",
    "ORG",
    "BDAY",
    "CATEGORIES",
    "NOTE",
    "UID",
    "REV",
    "LANG",
    "ADR.country",
];

/// The properties of a card that are read.
#[derive(Default)]
struct Card {
    full_name: String,
    family: String,
    given: String,
    phones: Vec<Phone>,
    email: String,
    organisation: String,
    birthday: String,
    categories: Vec<String>,
    note: String,
    uid: String,
    revised: String,
    language: String,
    country: String,
    is_group: bool,
}

struct Phone {
    number: String,
    kinds: String,
}

/// The rows of a card: one for each of its phone numbers, or one row if it has no number. Returns none if the card is a
/// group of other cards.
pub(super) fn rows(text: &str) -> Option<Vec<StringRecord>> {
    let mut rest = text.as_bytes();
    let mut lines = Vec::new();
    // A line that is not a property is skipped.
    while !rest.is_empty() {
        match VcardLine::take(rest) {
            Ok((line, next)) if next.len() < rest.len() => {
                rest = next;
                lines.push(line);
            }
            _ => rest = after_line(rest),
        }
    }
    let version = lines.iter().find(|it| it.bare_name().eq_ignore_ascii_case("VERSION"));
    let escaper = version.map_or(VcardEscaper::V3_0, |it| VcardEscaper::for_version_str(it.raw_value_str().trim()));
    let mut card = Card::default();
    lines.iter().for_each(|it| card.add_line(it, escaper));
    (!card.is_group).then(|| card.rows())
}

fn after_line(rest: &[u8]) -> &[u8] {
    memchr::memchr(b'\n', rest).and_then(|it| rest.get(it + 1..)).unwrap_or_default()
}

impl Card {
    fn add_line(&mut self, line: &VcardLine, escaper: VcardEscaper) {
        let text = decoded(line);
        let mut value = VcardValueNode::parse(text.as_bytes());
        value.escaper = escaper;
        let whole = || value.decode().trim().to_owned();
        let component = |n: usize| match n < value.component_count() {
            true => value.decode_component(n).trim().to_owned(),
            false => String::new(),
        };
        // If a property is repeated, the first value counts.
        let set = |field: &mut String, text: String| {
            if field.is_empty() {
                *field = text;
            }
        };
        match line.bare_name().to_ascii_uppercase().as_str() {
            "FN" => set(&mut self.full_name, whole()),
            "N" => {
                set(&mut self.family, component(0));
                set(&mut self.given, component(1));
            }
            "TEL" => self.add_phone(line, &whole()),
            "EMAIL" => set(&mut self.email, strip_scheme(&whole(), "mailto:")),
            "ORG" => {
                let units = (0..value.component_count()).map(component).filter(|it| !it.is_empty());
                set(&mut self.organisation, units.collect::<Vec<_>>().join(", "));
            }
            "BDAY" => set(&mut self.birthday, whole()),
            "CATEGORIES" => self.categories.extend(value.decode_list().iter().map(|it| it.trim().to_owned())),
            "NOTE" => set(&mut self.note, whole()),
            "UID" => set(&mut self.uid, whole()),
            "REV" => set(&mut self.revised, whole()),
            "LANG" => set(&mut self.language, whole()),
            "ADR" => set(&mut self.country, component(6)),
            "KIND" | "X-ADDRESSBOOKSERVER-KIND" => self.is_group |= whole().eq_ignore_ascii_case("group"),
            _ => {}
        }
    }

    fn add_phone(&mut self, line: &VcardLine, value: &str) {
        // These numbers cannot receive messages.
        const MACHINES: [&str; 3] = ["fax", "pager", "modem"];
        let (number, kinds) = (phone(value), kinds(line));
        let is_machine = kinds.split(',').any(|it| MACHINES.contains(&it));
        if !number.is_empty() && !is_machine && !self.phones.iter().any(|it| it.number == number) {
            self.phones.push(Phone { number, kinds });
        }
    }

    fn rows(mut self) -> Vec<StringRecord> {
        if self.phones.is_empty() {
            self.phones.push(Phone { number: String::new(), kinds: String::new() });
        }
        self.categories.retain(|it| !it.is_empty());
        let categories = self.categories.join(",");
        let row = |phone: &Phone| {
            let cells: [&str; COLUMNS.len()] = [
                &self.full_name,
                &self.family,
                &self.given,
                &phone.number,
                &phone.kinds,
                &self.email,
                &self.organisation,
                &self.birthday,
                &categories,
                &self.note,
                &self.uid,
                &self.revised,
                &self.language,
                &self.country,
            ];
            StringRecord::from(cells.as_slice())
        };
        self.phones.iter().map(row).collect()
    }
}

/// The value of a property as text, with its escapes.
fn decoded<'a>(line: &'a VcardLine) -> Cow<'a, str> {
    let value = line.value.to_string();
    let parameter = |name: &str| line.params.iter().find(|it| it.name.get().eq_ignore_ascii_case(name));
    let is_quoted = line.params.iter().any(|it| {
        let named = it.name.get().eq_ignore_ascii_case("QUOTED-PRINTABLE");
        named || it.values.iter().any(|it| it.get().eq_ignore_ascii_case("QUOTED-PRINTABLE"))
    });
    if !is_quoted {
        return value.into();
    }
    let Ok(bytes) = quoted_printable::decode(&value, ParseMode::Robust) else { return value.into() };
    let label = parameter("CHARSET").and_then(|it| it.values.first());
    let stated = label.and_then(|it| Encoding::from_label(it.get().trim_matches('"')).ok());
    let text = match (stated, String::from_utf8(bytes)) {
        (Some(encoding), Ok(text)) if encoding != Encoding::UTF_8 => encoding.decode(text.as_bytes()).into_owned(),
        (_, Ok(text)) => text,
        (Some(encoding), Err(error)) if encoding != Encoding::UTF_8 => encoding.decode(error.as_bytes()).into_owned(),
        (_, Err(error)) => Encoding::WINDOWS_1252.decode(error.as_bytes()).into_owned(),
    };
    // The text may have line breaks of its own. `\r\n` would end the property.
    text.replace("\r\n", "\n").into()
}

/// The kinds of a phone number, such as `cell,voice`. In version 2.1 they have no `TYPE=` before them.
fn kinds(line: &VcardLine) -> String {
    const OTHERS: [&str; 8] = ["PREF", "ENCODING", "CHARSET", "VALUE", "LANGUAGE", "PID", "ALTID", "QUOTED-PRINTABLE"];
    let mut kinds: Vec<String> = Vec::new();
    for parameter in &line.params {
        let name = parameter.name.get();
        let is_type = name.eq_ignore_ascii_case("TYPE");
        let is_bare = parameter.values.is_empty() && !OTHERS.iter().any(|it| it.eq_ignore_ascii_case(name));
        let values = parameter.values.iter().map(|it| it.get()).filter(|_| is_type);
        for value in values.chain(is_bare.then_some(name)) {
            let kind = value.split(',').map(|it| it.trim_matches(['"', ' ']).to_ascii_lowercase());
            kinds.extend(kind.filter(|it| !it.is_empty()));
        }
    }
    kinds.dedup();
    kinds.join(",")
}

/// A phone number without the scheme and parameters of a `tel:` URI. A number with a `phone-context` stays a URI, because
/// it is not complete without it.
fn phone(value: &str) -> String {
    if value.to_ascii_lowercase().contains(";phone-context=") {
        return value.to_owned();
    }
    let number = strip_scheme(value, "tel:");
    match number.len() < value.len() {
        true => number.split(';').next().unwrap_or_default().to_owned(),
        false => number,
    }
}

fn strip_scheme(value: &str, scheme: &str) -> String {
    match value.get(..scheme.len()) {
        Some(start) if start.eq_ignore_ascii_case(scheme) => value[scheme.len()..].to_owned(),
        _ => value.to_owned(),
    }
}
