//! From a source row to an [`Entry`]: every rule applied, ready to merge.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use model::{
    Channel, ContactId, Direction, IdentityKind, ParsedPhone, Prompt, RawContact, Reason, Region, RowFinding,
    RowFindings, RowId,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Rules, date, email, language, name, phone};

/// The most characters that a cell may have; Google's own parsers refuse longer numbers too.
const MAX_CELL_CHARS: usize = 250;

/// A clean row. Its encoding is what waits in memory, so it holds nothing that can be derived. It stands behind the id and
/// its own length, so that rows are sorted before they are decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry<'a> {
    /// Whom the row is about.
    #[serde(skip, default = "nobody")]
    pub(crate) id: ContactId,
    pub(crate) row: RowId,
    pub(crate) phone: Option<ParsedNumber>,
    /// The phone is that of somebody who was merged into the contact.
    pub(crate) is_absorbed: bool,
    /// The number on a contact card that the person sent.
    pub(crate) shared: Option<ParsedNumber>,
    pub(crate) prompt: Prompt,
    /// Microseconds since 1970.
    pub(crate) at: Option<i64>,
    pub(crate) first_at: Option<i64>,
    pub(crate) direction: Option<Direction>,
    pub(crate) channel: Channel,
    /// Tells messages apart; none if the row is about no message.
    pub(crate) message: Option<u64>,
    pub(crate) is_reachable: Option<bool>,
    pub(crate) consent: Option<model::ConsentState>,
    /// The consent holds now, whenever it was given.
    pub(crate) is_standing: bool,
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
    pub(crate) findings: RowFindings,
}

/// What merging needs of a [`ParsedPhone`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ParsedNumber {
    pub(crate) number: model::PhoneNumber,
    pub(crate) line_type: model::LineType,
    pub(crate) region: Option<[u8; 2]>,
}

#[expect(clippy::expect_used, reason = "plain values encode; going on without a row would lose it")]
impl Entry<'_> {
    /// Appends the encoded row to `bytes`.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        let start = bytes.len();
        bytes.extend_from_slice(&self.id.0);
        bytes.extend_from_slice(&[0; LENGTH_BYTES]);
        let mut encoded = postcard::to_extend(self, std::mem::take(bytes)).expect("plain values encode");
        let length = (encoded.len() - start - HEAD_BYTES) as u32;
        encoded[start + ID_BYTES..start + HEAD_BYTES].copy_from_slice(&length.to_le_bytes());
        *bytes = encoded;
    }
}

/// Where an encoded row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The contact that it is about, as a number in the order of ids.
    id: u128,
    start: usize,
    end: usize,
}

impl Place {
    /// The places of all rows of `bytes`.
    pub(crate) fn all(bytes: &[u8]) -> Vec<Self> {
        /// A row with a number, a name and little else.
        const USUAL_BYTES: usize = 64;
        let mut places = Vec::with_capacity(bytes.len() / USUAL_BYTES);
        let mut rest = bytes;
        while let Some((id, after)) = rest.split_first_chunk::<ID_BYTES>()
            && let Some((length, after)) = after.split_first_chunk::<LENGTH_BYTES>()
        {
            let start = bytes.len() - after.len();
            let end = start + u32::from_le_bytes(*length) as usize;
            places.push(Self { id: u128::from_be_bytes(*id), start, end });
            rest = &bytes[end..];
        }
        places
    }

    pub(crate) fn id(&self) -> ContactId {
        ContactId(self.id.to_be_bytes())
    }

    /// Reads the row that stands here.
    #[expect(
        clippy::expect_used,
        reason = "what we encode ourselves in memory decodes; going on without a row would lose it"
    )]
    pub(crate) fn entry<'a>(&self, bytes: &'a [u8]) -> Entry<'a> {
        let entry: Entry = postcard::from_bytes(&bytes[self.start..self.end]).expect("an encoded row decodes");
        Entry { id: self.id(), ..entry }
    }
}

/// A `Cow` inside another type would be read into memory of its own.
fn borrowed<'a, D: Deserializer<'a>>(text: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    Ok(Option::<&str>::deserialize(text)?.map(Cow::Borrowed))
}

const ID_BYTES: usize = size_of::<ContactId>();
const LENGTH_BYTES: usize = size_of::<u32>();
/// What stands before an encoded row.
const HEAD_BYTES: usize = ID_BYTES + LENGTH_BYTES;

fn nobody() -> ContactId {
    ContactId([0; ID_BYTES])
}

/// Why a row is rejected, and the field at fault.
pub(crate) type Fault = (Reason, &'static str);

/// Applies every rule to one row.
pub(crate) fn entry<'a>(rules: &Rules, row: RowId, raw: &'a RawContact<'a>) -> Result<Entry<'a>, Fault> {
    check_cells(raw)?;

    let mut findings = RowFindings::default();
    let region = region(rules, raw, &mut findings);
    let source = &rules.sources[usize::from(row.source)];

    let (external_id, viber_id) = match (raw.external_id.trim(), raw.viber_id.trim()) {
        (id, "") if source.channel == Channel::Viber => ("", id),
        ids => ids,
    };
    let phone = match read_phone(raw, region) {
        Ok((phone, found)) => {
            findings.0 |= found.0;
            Some(phone)
        }
        Err(Reason::Empty) if !viber_id.is_empty() => None,
        Err(Reason::Letters | Reason::ShortCode) if raw.direction.is_some() => {
            return Err((Reason::NotSubscriber, "phone"));
        }
        Err(reason) => return Err((reason, "phone")),
    };
    if phone.is_some_and(|it| rules.own_numbers.contains(&it.number)) {
        return Err((Reason::Own, "phone"));
    }
    let own_id = match phone {
        Some(phone) => rules.key.of_phone(phone.number),
        None => rules.key.of_identity(IdentityKind::Viber, &source.scope, viber_id),
    };
    // Who must not come back does not come back as somebody else.
    let id = if rules.suppressed.contains(&own_id) { own_id } else { rules.edges.survivor(own_id) };
    // A card that cannot be read is one that is bound to nobody.
    let shared = match raw.shared_phone.trim() {
        "" => None,
        shared => self::phone(shared, region).ok().map(|it| it.0.into()),
    };

    let (name, is_repaired) = name(&raw.name);
    let at = date(raw.last_at, region);
    let consent = rules.words.read(raw.consent);
    for (is_found, finding) in [
        (is_repaired, RowFinding::Name),
        (at.is_none() && !raw.last_at.trim().is_empty(), RowFinding::Date),
        (consent.is_none() && !raw.consent.trim().is_empty(), RowFinding::Consent),
    ] {
        if is_found {
            findings.add(finding);
        }
    }
    Ok(Entry {
        id,
        row,
        phone: phone.map(ParsedNumber::from),
        is_absorbed: id != own_id,
        shared,
        prompt: raw.prompt,
        at: at.map(|it| it.as_microsecond()),
        first_at: date(raw.first_at, region).map(|it| it.as_microsecond()),
        direction: raw.direction,
        channel: raw.channel.unwrap_or(source.channel),
        message: raw.direction.map(|_| message(row, raw.message_id)),
        is_reachable: raw.is_reachable,
        consent,
        is_standing: raw.is_standing,
        name,
        email: email(raw.email),
        language: language(raw.language),
        external_id,
        viber_id,
        tags: raw.tags,
        findings,
    })
}

/// Reads the phone number of a row as somebody in `region` would have written it.
pub fn read_phone(raw: &RawContact, region: Option<Region>) -> Result<(ParsedPhone, RowFindings), Reason> {
    let digits = raw.phone.trim();
    let is_whole = raw.is_international && !digits.starts_with('0') && digits.bytes().all(|it| it.is_ascii_digit());
    // A short code has no country; and who is not understood with one may be without.
    if is_whole
        && digits.len() > 6
        && let Ok(read) = phone(&format!("+{digits}"), None)
    {
        return Ok(read);
    }
    phone(raw.phone, region)
}

/// A row without a message id is about a message of its own.
fn message(row: RowId, id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    match id.trim() {
        "" => row.hash(&mut hasher),
        id => id.hash(&mut hasher),
    }
    hasher.finish()
}

/// A NUL stands for the end of the text to half of the world, PostgreSQL among them.
fn check_cells(raw: &RawContact) -> Result<(), Fault> {
    for (field, cell) in raw.cells() {
        if cell.len() > MAX_CELL_CHARS && cell.chars().count() > MAX_CELL_CHARS {
            return Err((Reason::TooLong, field));
        }
        if cell.contains('\0') {
            return Err((Reason::Nul, field));
        }
    }
    Ok(())
}

fn region(rules: &Rules, raw: &RawContact, findings: &mut RowFindings) -> Option<Region> {
    let cell = raw.region.trim();
    let region = Region::from_name(cell);
    if region.is_none() && !cell.is_empty() {
        findings.add(RowFinding::Region);
    }
    region.or(rules.default_region)
}

impl From<ParsedPhone> for ParsedNumber {
    fn from(phone: ParsedPhone) -> Self {
        let region = phone.region.map(|it| [it.code().as_bytes()[0], it.code().as_bytes()[1]]);
        Self { number: phone.number, line_type: phone.line_type, region }
    }
}
