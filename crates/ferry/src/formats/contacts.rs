//! `clean/contacts.parquet`: one row per contact, in the order of their ids.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use model::{
    Batch, Channel, Consent, ConsentState, Contact, ContactId, Digest, Field, LineType, Lineage, PURPOSE_MESSAGES,
    Personal, PhoneNumber, Region, RowName,
};
use run::{Column, Group, TableReader};

use crate::formats::{RowReader, RowWriter};

pub(crate) const ARTIFACT: &str = "clean/contacts.parquet";

/// The columns: first the texts, then the numbers.
const TEXTS: [&str; 15] = [
    "contact_id",
    "e164",
    "region",
    "line_type",
    "name",
    "email",
    "language",
    "reachable",
    "consent",
    "sms_consent",
    "viber_consent",
    "identities",
    "tags",
    "value_rows",
    "source_rows",
];
const INTS: [&str; 10] = [
    "first_at",
    "last_at",
    "last_inbound_at",
    "last_outbound_at",
    "consent_at",
    "sms_consent_at",
    "viber_consent_at",
    "channels",
    "n_messages",
    "n_rows",
];

pub(crate) fn columns() -> Vec<Column> {
    let [id, others @ ..] = TEXTS.map(Column::text);
    [id.unpacked()].into_iter().chain(others).chain(INTS.map(Column::int)).collect()
}

/// Writes one contact. Instants are microseconds since 1970, `channels` is the sum of 1 for SMS and 2
/// for Viber, and `identities` is JSON.
#[expect(clippy::expect_used, reason = "texts are always JSON; going on without them would lose them")]
pub(crate) fn write(rows: &mut Group, contact: &Contact) {
    let mut id = [0; 32];
    let id = hex::encode_to_slice(contact.id.0, &mut id).ok().and_then(|()| std::str::from_utf8(&id).ok());
    let phone = contact.phone.map(PhoneNumber::e164);
    let identities = (!contact.identities.is_empty())
        .then(|| serde_json::to_string(&contact.identities).expect("texts can be written as JSON"));
    let tags = (!contact.tags.is_empty()).then(|| contact.tags.join(","));
    let micros = |it: Option<Timestamp>| it.map(Timestamp::as_microsecond);
    let [sms, viber] = Channel::ALL.map(|channel| contact.consents.iter().find(|it| it.channel == channel));

    let mut row = RowWriter::new(rows);
    row.text(id)
        .text(phone.as_deref())
        .text(contact.region.as_ref().map(|it| it.code()))
        .text(contact.line_type.map(LineType::name));
    for field in [&contact.name, &contact.email] {
        row.text(field.as_ref().map(|it| it.value.0.as_str()));
    }
    row.text(contact.language.as_ref().map(|it| it.value.as_str()))
        .text(contact.is_reachable.as_ref().map(|it| if it.value { "yes" } else { "no" }))
        .text(contact.consent.as_ref().map(|it| it.value.name()))
        .text(sms.map(|it| it.state.name()))
        .text(viber.map(|it| it.state.name()));
    row.text(identities.as_deref())
        .text(tags.as_deref())
        .text(value_rows(contact, sms, viber).as_deref())
        .text(Some(&contact.rows))
        .int(micros(contact.first_at))
        .int(micros(contact.last_at.as_ref().map(|it| it.value)))
        .int(micros(contact.last_inbound_at))
        .int(micros(contact.last_outbound_at))
        .int(micros(contact.consent_at))
        .int(micros(sms.and_then(|it| it.at)))
        .int(micros(viber.and_then(|it| it.at)))
        .int(Some(contact.channels.iter().map(|it| 1 << *it as i64).sum()))
        .int(i64::try_from(contact.n_messages).ok())
        .int(i64::try_from(contact.n_rows).ok())
        .end();
}

fn value_rows(contact: &Contact, sms: Option<&Consent>, viber: Option<&Consent>) -> Option<String> {
    let said = [("sms_consent", sms.map(|it| &it.row)), ("viber_consent", viber.map(|it| &it.row))];
    let values: Vec<_> = contact.value_rows().into_iter().chain(said).collect();
    Lineage::text(&contact.rows, &values)
}

/// Cuts the contacts into batches of `size`, in their order, and gives each that is wanted to `each`.
pub(crate) fn each_batch(
    path: &Path,
    size: usize,
    is_wanted: impl Fn(u32) -> bool,
    mut each: impl FnMut(Batch<Contact>) -> Result<()>,
) -> Result<()> {
    each_members(path, size, |_| true, is_wanted, read_row, |number, contacts| each(Batch::new(number, contacts)?))
}

/// The contacts of a batch and their phone numbers.
pub(crate) struct Phones {
    pub(crate) batch: u32,
    pub(crate) members: Vec<(ContactId, Option<PhoneNumber>)>,
}

/// Cuts the contacts into batches as [`each_batch`] does, and reads nothing but their phones.
pub(crate) fn each_phones(
    path: &Path,
    size: usize,
    is_wanted: impl Fn(u32) -> bool,
    mut each: impl FnMut(Phones) -> Result<()>,
) -> Result<()> {
    const ID_AND_PHONE: usize = 2;
    let is_read = |column| column < ID_AND_PHONE;
    each_members(path, size, is_read, is_wanted, read_member, |batch, members| each(Phones { batch, members }))
}

/// Reads some columns of the rows of each batch that is wanted, and gives `each` its number and what was read.
fn each_members<T>(
    path: &Path,
    size: usize,
    is_read: impl Fn(usize) -> bool,
    is_wanted: impl Fn(u32) -> bool,
    read: impl Fn(&Group, usize) -> Option<T>,
    mut each: impl FnMut(u32, Vec<T>) -> Result<()>,
) -> Result<()> {
    let mut members = Vec::with_capacity(size);
    each_piece(path, size, is_read, |piece| {
        if !is_wanted(piece.number) {
            return Ok(());
        }
        for row in piece.rows {
            let member = read(piece.group, row);
            members.push(member.context("the contacts hold a row that this version does not know")?);
        }
        match piece.ends_batch {
            true => each(piece.number, std::mem::replace(&mut members, Vec::with_capacity(size))),
            false => Ok(()),
        }
    })
}

fn read_member(group: &Group, row: usize) -> Option<(ContactId, Option<PhoneNumber>)> {
    let mut cells = RowReader::new(group, row);
    let id = ContactId::from_hex(cells.text()?)?;
    Some((id, present(cells.text().map(PhoneNumber::from_e164))?))
}

/// Number, size and digest of every batch, as they were written. Files of earlier versions, and batches of another size,
/// are read for it.
pub(crate) fn planned_batches(path: &Path, size: usize) -> Result<Vec<(u32, u64, Digest)>> {
    let table = TableReader::open(path)?;
    match table.batch_digests(size) {
        Some(digests) => Ok(numbered(&table, size, digests)),
        None => batch_digests(path, size),
    }
}

/// Number, size and digest of every batch, as its contacts stand in the file.
pub(crate) fn batch_digests(path: &Path, size: usize) -> Result<Vec<(u32, u64, Digest)>> {
    let table = TableReader::open(path)?;
    let digests = table.digest_batches(size)?;
    Ok(numbered(&table, size, digests))
}

fn numbered(table: &TableReader, size: usize, digests: Vec<Digest>) -> Vec<(u32, u64, Digest)> {
    let starts = (0..table.n_rows()).step_by(size);
    let n_contacts = starts.map(|it| (table.n_rows() - it).min(size as u64));
    (1..).zip(n_contacts).zip(digests).map(|((number, n_contacts), digest)| (number, n_contacts, digest)).collect()
}

/// Rows of one group that belong to one batch.
struct Piece<'a> {
    number: u32,
    group: &'a Group,
    rows: Range<usize>,
    ends_batch: bool,
}

/// Groups and batches are cut at different rows: gives what both have in common.
fn each_piece(
    path: &Path,
    size: usize,
    is_read: impl Fn(usize) -> bool,
    mut each: impl FnMut(Piece) -> Result<()>,
) -> Result<()> {
    let table = TableReader::open(path)?;
    let (mut number, mut n_in_batch, mut n_left) = (1, 0, table.n_rows());
    for group in 0..table.n_groups() {
        let group = table.group_with(group, &is_read)?;
        let mut start = 0;
        while start < group.n_rows {
            let end = group.n_rows.min(start + size - n_in_batch);
            n_in_batch += end - start;
            n_left -= (end - start) as u64;
            let ends_batch = n_in_batch == size || n_left == 0;
            each(Piece { number, group: &group, rows: start..end, ends_batch })?;
            if ends_batch {
                (number, n_in_batch) = (number + 1, 0);
            }
            start = end;
        }
    }
    Ok(())
}

fn read_row(group: &Group, row: usize) -> Option<Contact> {
    let mut cells = RowReader::new(group, row);
    let id = ContactId::from_hex(cells.text()?)?;
    let phone = cells.text().map(PhoneNumber::from_e164);
    let region = cells.text().map(Region::from_code);
    let line_type = cells.text().map(LineType::from_name);
    let [name, email, language, reachable] = [(); 4].map(|()| cells.text());
    let [consent, sms, viber] = [(); 3].map(|()| cells.text().map(ConsentState::from_name));
    let identities = cells.text().map(serde_json::from_str).transpose().ok()?.unwrap_or_default();
    let tags = cells.text().map(|it| it.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let value_rows = cells.text();
    let rows: RowName = cells.text()?.into();
    let lineage = Lineage::read(value_rows, &rows);
    let [first_at, last_at, last_inbound_at, last_outbound_at, consent_at, sms_at, viber_at] =
        [(); 7].map(|()| cells.int()).map(|it| it.and_then(|it| Timestamp::from_microsecond(it).ok()));
    let channels = cells.int()?;
    let n_messages = cells.int().and_then(|it| u64::try_from(it).ok())?;
    let n_rows = cells.int().and_then(|it| u64::try_from(it).ok())?;

    let text = |name, value: Option<&str>| value.map(|it| Field { value: it.to_owned(), row: lineage.row(name) });
    let personal = |field: Field<String>| Field { value: Personal(field.value), row: field.row };
    let said = [("sms_consent", sms, sms_at), ("viber_consent", viber, viber_at)];
    let mut consents = Vec::new();
    for (channel, (name, state, at)) in Channel::ALL.into_iter().zip(said) {
        if let Some(state) = present(state)? {
            let row = lineage.row(name);
            consents.push(Consent { channel, purpose: PURPOSE_MESSAGES.into(), state, at, row });
        }
    }
    Some(Contact {
        id,
        phone: present(phone)?,
        region: present(region)?,
        line_type: present(line_type)?,
        name: text("name", name).map(personal),
        email: text("email", email).map(personal),
        language: text("language", language),
        first_at,
        last_at: last_at.map(|value| Field { value, row: lineage.row("last_at") }),
        last_inbound_at,
        last_outbound_at,
        n_messages,
        is_reachable: reachable.map(|it| Field { value: it == "yes", row: lineage.row("reachable") }),
        consent: present(consent)?.map(|value| Field { value, row: lineage.row("consent") }),
        consent_at,
        consents,
        identities,
        tags,
        channels: Channel::ALL.into_iter().filter(|it| channels & (1 << *it as i64) != 0).collect(),
        n_rows,
        rows,
    })
}

/// A cell that is there must be one that we know.
fn present<T>(cell: Option<Option<T>>) -> Option<Option<T>> {
    match cell {
        None => Some(None),
        Some(known) => known.map(Some),
    }
}
