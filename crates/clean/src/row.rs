//! From a source row to a [`CleanRow`]: every rule applied, ready to merge.

use std::borrow::Cow;

use model::{
    Channel, ConsentState, ContactId, Direction, IdentityKind, Prompt, RawContact, ReadLanguage, Reason, RowFinding,
    RowFindings, RowId,
};
use phone::{ParsedPhone, PhoneForm, ReadRegion, Region};
use serde::{Deserialize, Deserializer, Serialize};
use twox_hash::XxHash64;

use crate::quality::unreadable::{ReadField, UnreadValues};
use crate::rules::Rules;
use crate::rules::consent::{RowStatement, statements};
use crate::rules::email::{ReadEmail, read_email};
use crate::rules::name::{is_garbled, name};
use crate::rules::phone::phone_in;
use crate::rules::row_date::RowDates;
use crate::source::Source;

/// The most characters of a cell. Google's parsers refuse longer phone numbers too.
const MAX_CELL_CHARS: usize = 250;

/// A clean row. Millions of them are kept encoded until all rows are in, so it holds nothing that can be derived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CleanRow<'a> {
    /// The contact that the row is about. It is encoded in front of the row.
    #[serde(skip, default = "no_contact")]
    pub(crate) contact_id: ContactId,
    /// Encoded first: [`EncodedRow::row`](crate::partition::encoding::EncodedRow::row) reads it alone.
    pub(crate) row_id: RowId,
    pub(crate) phone: Option<ParsedNumber>,
    /// Whether the phone belongs to a person who was merged into the contact.
    pub(crate) is_absorbed: bool,
    /// The number on a contact card that the person sent.
    pub(crate) shared: Option<ParsedNumber>,
    pub(crate) prompt: Prompt,
    /// Microseconds since 1970.
    pub(crate) at: Option<i64>,
    pub(crate) first_at: Option<i64>,
    pub(crate) direction: Option<Direction>,
    pub(crate) channel: Channel,
    /// A hash that tells messages apart; none if the row is not about a message.
    pub(crate) message: Option<u64>,
    pub(crate) is_reachable: Option<bool>,
    /// What the row says about consent.
    #[serde(borrow)]
    pub(crate) statements: Vec<RowStatement<'a>>,
    #[serde(borrow, deserialize_with = "borrowed")]
    pub(crate) name: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "borrowed")]
    pub(crate) email: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "borrowed")]
    pub(crate) language: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) external_id: &'a str,
    #[serde(borrow)]
    pub(crate) viber_id: &'a str,
    #[serde(borrow)]
    pub(crate) tags: &'a str,
    /// Cells of attributes, each with the place of its name in [`Rules::attributes`].
    #[serde(borrow)]
    pub(crate) attributes: Vec<(u16, &'a str)>,
    pub(crate) findings: RowFindings,
}

/// Whoever refuses in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusing {
    /// The contact that the row alone makes.
    pub contact_id: ContactId,
    /// The Viber id of the row; empty if it has none. The user can be linked to a contact with a phone.
    pub viber_id: String,
}

/// Returns who refuses in a row, or says something that is not understood; none for other rows, and for rows that are
/// rejected.
pub fn refusing(rules: &Rules, row: RowId, raw: &RawContact) -> Option<Refusing> {
    let row = clean_row(rules, row, raw, &mut UnreadValues::default()).ok()?;
    let refuses = row.statements.iter().any(|it| it.state != ConsentState::Yes);
    refuses.then(|| Refusing { contact_id: row.contact_id, viber_id: row.viber_id.to_owned() })
}

/// The parts of a [`ParsedPhone`] that merging needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ParsedNumber {
    pub(crate) number: phone::PhoneNumber,
    pub(crate) line_type: phone::LineType,
    pub(crate) region: Option<[u8; 2]>,
}

/// Borrows the text. By default serde copies it for a `Cow` inside an `Option`.
fn borrowed<'a, D: Deserializer<'a>>(text: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    Ok(Option::<&str>::deserialize(text)?.map(Cow::Borrowed))
}

/// Stands in for the id until it is decoded.
fn no_contact() -> ContactId {
    ContactId([0; 16])
}

/// The reason why a row is rejected, and the field at fault.
pub(crate) type Fault = (Reason, &'static str);

/// Applies every rule to one row. Counts values that are not understood in `unread`.
pub(crate) fn clean_row<'a>(
    rules: &Rules,
    row: RowId,
    raw: &'a RawContact<'a>,
    unread: &mut UnreadValues,
) -> Result<CleanRow<'a>, Fault> {
    let mut findings = RowFindings::default();
    let long = LongCells::of(raw, &mut findings)?;
    let source = &rules.sources[usize::from(row.source)];
    let region = region(source, raw, &mut findings, unread);
    let (external_id, viber_id) = ids(source, raw);
    let phone = phone(source, raw, region, viber_id, &mut findings)?;
    if phone.is_some_and(|it| rules.own_numbers.contains(&it.number)) {
        return Err((Reason::Own, "phone"));
    }
    let own_id = match phone {
        Some(phone) => rules.key.of_phone(phone.number),
        None => rules.key.of_identity(IdentityKind::Viber, &source.scope, viber_id),
    };
    // A suppressed person stays suppressed even if a later merge would rename them.
    let contact_id = if rules.suppressed.contains(&own_id) { own_id } else { rules.decisions.survivor(own_id) };
    let name = person_name(unless(long.name, &raw.name), &mut findings, unread);
    let mut dates = RowDates { rules, findings: &mut findings, unread };
    let at = dates.read(raw.last_at, &source.dates.last_at, rules.dates_from);
    let first_at = dates.read(raw.first_at, &source.dates.first_at, i64::MIN);
    let statements = statements(rules, source, raw, at, &mut findings, unread);
    Ok(CleanRow {
        contact_id,
        row_id: row,
        phone,
        is_absorbed: contact_id != own_id,
        shared: shared_phone(unless(long.shared_phone, raw.shared_phone)),
        prompt: raw.prompt,
        at: at.map(|it| it.0),
        first_at: first_at.map(|it| it.0),
        direction: raw.direction,
        channel: raw.channel.unwrap_or(source.channel),
        message: raw.direction.map(|_| message(row, raw.message_id)),
        is_reachable: raw.is_reachable,
        statements,
        name,
        email: email(unless(long.email, raw.email), &mut findings, unread),
        language: language(unless(long.language, raw.language), &mut findings, unread),
        external_id,
        viber_id,
        tags: unless(long.tags, raw.tags),
        attributes: attributes(source, raw),
        findings,
    })
}

/// The external id and the Viber id of a row. In a source of the Viber channel, the external id is the Viber id unless
/// the row has both.
fn ids<'a>(source: &Source, raw: &RawContact<'a>) -> (&'a str, &'a str) {
    match (raw.external_id.trim(), raw.viber_id.trim()) {
        (id, "") if source.channel == Channel::Viber => ("", id),
        ids => ids,
    }
}

/// The phone of a row; none if it has no phone but a Viber id.
fn phone(
    source: &Source,
    raw: &RawContact,
    region: Option<Region>,
    viber_id: &str,
    findings: &mut RowFindings,
) -> Result<Option<ParsedNumber>, Fault> {
    match read_phone(raw, region, source.numbers) {
        Ok((phone, found)) => {
            findings.0 |= found.0;
            Ok(Some(phone.into()))
        }
        Err(Reason::Empty) if !viber_id.is_empty() => Ok(None),
        Err(Reason::Letters | Reason::ShortCode) if raw.direction.is_some() => Err((Reason::NotSubscriber, "phone")),
        Err(Reason::NoRegion) if findings.has(RowFinding::Region) => Err((Reason::RegionUnknown, "region")),
        Err(reason) => Err((reason, "phone")),
    }
}

/// The phone of a contact card. An unreadable card is ignored. Viber writes the country code without a plus sign.
fn shared_phone(cell: &str) -> Option<ParsedNumber> {
    match cell.trim() {
        "" => None,
        shared => phone_in(shared, None, PhoneForm::International).ok().map(|it| it.0.into()),
    }
}

fn person_name<'a>(cell: &'a str, findings: &mut RowFindings, unread: &mut UnreadValues) -> Option<Cow<'a, str>> {
    let (name, is_repaired) = name(cell);
    if is_repaired {
        findings.add(RowFinding::Name);
    }
    match &name {
        Some(name) if is_garbled(name) => {
            findings.add(RowFinding::Garbled);
            unread.unread(ReadField::Name, name);
        }
        Some(_) => unread.read(ReadField::Name),
        None => {}
    }
    name
}

/// Reads the phone number of a row as a person in `region` would have written it. For digits without a plus sign,
/// `numbers` (from the plan or the column) overrides the profile.
pub fn read_phone(
    raw: &RawContact,
    region: Option<Region>,
    numbers: Option<PhoneForm>,
) -> Result<(ParsedPhone, RowFindings), Reason> {
    let by_profile = if raw.is_international { PhoneForm::International } else { PhoneForm::Unknown };
    phone_in(raw.phone, region, numbers.unwrap_or(by_profile))
}

/// The seed of [`message`]; another encoding takes another number.
const MESSAGE_HASH_VERSION: u64 = 1;

/// Tells the messages of a contact apart: XXH64 of the message id. A row without a message id is a message of its own,
/// so its number is hashed instead: source and record, little-endian, behind a NUL, which no message id holds.
fn message(row: RowId, id: &str) -> u64 {
    let hash = |bytes: &[u8]| XxHash64::oneshot(MESSAGE_HASH_VERSION, bytes);
    match id.trim() {
        "" => {
            let mut bytes = [0; 11];
            bytes[1..3].copy_from_slice(&row.source.to_le_bytes());
            bytes[3..].copy_from_slice(&row.record.to_le_bytes());
            hash(&bytes)
        }
        id => hash(id.as_bytes()),
    }
}

/// The cells of a row that are dropped because they are too long.
#[derive(Clone, Copy, Default)]
struct LongCells {
    name: bool,
    email: bool,
    language: bool,
    tags: bool,
    shared_phone: bool,
}

impl LongCells {
    /// Rejects the row if a phone or an id is too long, or if any cell holds a NUL, which PostgreSQL and C end a text
    /// at.
    fn of(raw: &RawContact, findings: &mut RowFindings) -> Result<Self, Fault> {
        let mut long = Self::default();
        for (field, cell) in raw.cells() {
            if cell.contains('\0') {
                return Err((Reason::Nul, field));
            }
            if !is_long(cell) {
                continue;
            }
            match field {
                "phone" | "external_id" | "viber_id" | "message_id" => return Err((Reason::TooLong, field)),
                "name" => long.name = true,
                "email" => long.email = true,
                "language" => long.language = true,
                "tags" => long.tags = true,
                "shared_phone" => long.shared_phone = true,
                // Dates, countries and words of consent are not dropped: the rules count them as not understood.
                _ => continue,
            }
            findings.add(RowFinding::LongCell);
        }
        for (_, cell) in &raw.attributes {
            if cell.contains('\0') {
                return Err((Reason::Nul, "attributes"));
            }
            if is_long(cell) {
                findings.add(RowFinding::LongCell);
            }
        }
        Ok(long)
    }
}

fn is_long(cell: &str) -> bool {
    cell.len() > MAX_CELL_CHARS && cell.chars().count() > MAX_CELL_CHARS
}

/// The cells of attributes without those that are too long or stand for nothing, such as `n/a`.
fn attributes<'a>(source: &Source, raw: &RawContact<'a>) -> Vec<(u16, &'a str)> {
    let kept = |(place, cell): &(u16, &'a str)| {
        let cell = cell.trim();
        (!is_long(cell) && name(cell).0.is_some()).then_some((source.attributes[usize::from(*place)], cell))
    };
    raw.attributes.iter().filter_map(kept).collect()
}

fn unless(is_dropped: bool, cell: &str) -> &str {
    if is_dropped { "" } else { cell }
}

/// The country of a row: its own, else that of the source. None if the cell is not understood: the source's country
/// would turn a national number into another person's.
fn region(source: &Source, raw: &RawContact, findings: &mut RowFindings, unread: &mut UnreadValues) -> Option<Region> {
    let cell = raw.region;
    let read = if source.has_region_codes { Region::read_code(cell) } else { Region::read(cell) };
    match read {
        ReadRegion::Nothing => source.region,
        ReadRegion::Region(region) => {
            unread.read(ReadField::Region);
            Some(region)
        }
        ReadRegion::Unknown => {
            unread.unread(ReadField::Region, cell);
            findings.add(RowFinding::Region);
            None
        }
    }
}

fn email<'a>(cell: &'a str, findings: &mut RowFindings, unread: &mut UnreadValues) -> Option<Cow<'a, str>> {
    match read_email(cell) {
        ReadEmail::Nothing => None,
        ReadEmail::Email(email) => {
            unread.read(ReadField::Email);
            Some(email)
        }
        ReadEmail::Unreadable => {
            unread.unread(ReadField::Email, cell);
            findings.add(RowFinding::Email);
            None
        }
    }
}

fn language<'a>(cell: &'a str, findings: &mut RowFindings, unread: &mut UnreadValues) -> Option<Cow<'a, str>> {
    match model::read_language(cell) {
        ReadLanguage::Nothing => None,
        ReadLanguage::Language(language) => {
            unread.read(ReadField::Language);
            Some(language)
        }
        ReadLanguage::Unknown => {
            unread.unread(ReadField::Language, cell);
            findings.add(RowFinding::Language);
            None
        }
    }
}

impl From<ParsedPhone> for ParsedNumber {
    fn from(phone: ParsedPhone) -> Self {
        let region = phone.region.map(|it| [it.code().as_bytes()[0], it.code().as_bytes()[1]]);
        Self { number: phone.number, line_type: phone.line_type, region }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_message_never_changes() {
        let row = |source, record| RowId { source, record };
        assert_eq!(message(row(1, 7), " SM1 "), 0x8df6_d418_6000_1fd0);
        assert_eq!(message(row(1, 7), "SM1"), message(row(2, 8), "SM1"));
        assert_eq!(message(row(1, 7), ""), 0x2fa5_c88e_9366_38cd);
        assert_ne!(message(row(1, 7), ""), message(row(7, 1), ""));
    }
}
