//! `clean/contacts.parquet`: one row per contact, in the order of their ids.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;
use model::{
    Basis, Batch, Channel, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, Contact, ContactId, Digest,
    EarlierRows, Field, Lineage, Personal, RowName, RunMark, SaidAt, Statement, WordingName,
};
use phone::{LineType, PhoneNumber, Region};
use serde::{Deserialize, Serialize};

use crate::formats::{RowReader, RowWriter};
use crate::{Column, Group, RunError, TableReader};

pub const ARTIFACT: &str = "clean/contacts.parquet";

/// The columns: first the texts, then the numbers.
const TEXTS: [&str; 17] = [
    "contact_id",
    "e164",
    "region",
    "line_type",
    "name",
    "email",
    "language",
    "reachable",
    "consent",
    "consent_channel",
    "whatsapp_consent",
    "statements",
    "identities",
    "tags",
    "attributes",
    "value_rows",
    "source_rows",
];
const INTS: [&str; 8] =
    ["first_at", "last_at", "last_inbound_at", "last_outbound_at", "consent_at", "channels", "n_messages", "n_rows"];

pub fn columns() -> Vec<Column> {
    let [id, others @ ..] = TEXTS.map(Column::text);
    [id.unpacked()].into_iter().chain(others).chain(INTS.map(Column::int)).collect()
}

/// Writes one contact.
///
/// Instants are microseconds since 1970, `channels` is the sum of 1 for SMS and 2 for Viber, and `identities`,
/// `statements` and `attributes` are JSON. A statement is a list of channel, basis, state, words, row, the first and last
/// microsecond of its date or null, and, if it has them, the wording that was consented to and the identity that spoke.
#[expect(clippy::expect_used, reason = "texts are always JSON; going on without them would lose them")]
pub fn write(rows: &mut Group, contact: &Contact) {
    let mut id = [0; 32];
    let id = hex::encode_to_slice(contact.id.0, &mut id).ok().and_then(|()| std::str::from_utf8(&id).ok());
    let phone = contact.phone.map(PhoneNumber::e164);
    let identities = (!contact.identities.is_empty())
        .then(|| serde_json::to_string(&contact.identities).expect("texts can be written as JSON"));
    let tags = (!contact.tags.is_empty()).then(|| contact.tags.join(","));
    let attributes = (!contact.attributes.is_empty())
        .then(|| serde_json::to_string(&contact.attributes).expect("texts can be written as JSON"));
    let micros = |it: Option<Timestamp>| it.map(Timestamp::as_microsecond);
    let statements = (!contact.statements.is_empty()).then(|| {
        let statements: Vec<Stated> = contact.statements.iter().map(Stated::of).collect();
        serde_json::to_string(&statements).expect("texts can be written as JSON")
    });

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
        .text(contact.consent_channel.map(ConsentChannel::name))
        .text(contact.whatsapp_consent.map(ConsentState::name))
        .text(statements.as_deref());
    row.text(identities.as_deref())
        .text(tags.as_deref())
        .text(attributes.as_deref())
        .text(Lineage::text(contact, &contact.value_rows()).as_deref())
        .text(Some(&contact.rows))
        .int(micros(contact.first_at))
        .int(micros(contact.last_at.as_ref().map(|it| it.value)))
        .int(micros(contact.last_inbound_at))
        .int(micros(contact.last_outbound_at))
        .int(micros(contact.consent_at))
        .int(Some(contact.channels.iter().map(|it| 1 << *it as i64).sum()))
        .int(i64::try_from(contact.n_messages).ok())
        .int(i64::try_from(contact.n_rows).ok())
        .end();
}

/// A statement as the file holds it.
#[derive(Serialize, Deserialize)]
struct Stated<'a>(
    ConsentChannel,
    Basis,
    ConsentState,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
    Option<[i64; 2]>,
    /// The wording of a consent as `NAME@VERSION`; empty if there is none, and an identity follows.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    Option<Cow<'a, str>>,
    /// The identity that spoke, if it is not the contact's own.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    Option<Cow<'a, str>>,
);

impl<'a> Stated<'a> {
    fn of(said: &'a Statement) -> Self {
        let at = said.at.map(|it| [it.from.as_microsecond(), it.until.as_microsecond()]);
        let identity = said.record.as_ref().and_then(|it| it.identity.as_ref()).map(|it| it.0.as_str().into());
        let wording = said.wording().map(|it| it.to_string().into()).or(identity.is_some().then(|| "".into()));
        let (words, row) = (said.words.0.as_str().into(), (&*said.row).into());
        Self(said.channel, said.basis, said.state, words, row, at, wording, identity)
    }

    fn statement(self, run: &RunMark) -> Option<Statement> {
        let Self(channel, basis, state, words, row, at, wording, identity) = self;
        let moment = |it| Timestamp::from_microsecond(it).ok();
        let at = match at {
            Some([from, until]) => Some(SaidAt { from: moment(from)?, until: moment(until)? }),
            None => None,
        };
        let wording = match wording.filter(|it| !it.is_empty()) {
            Some(wording) => Some(WordingName::parse(&wording)?),
            None => None,
        };
        let identity = identity.map(|it| Personal(it.into_owned()));
        let record = ConsentRecord { wording, identity, ..ConsentRecord::default() };
        let record = (record != ConsentRecord::default()).then(|| Box::new(record));
        let (words, row, purpose) = (Personal(words.into_owned()), (*row).into(), ConsentPurpose::Messages);
        Some(Statement { channel, at, state, basis, words, purpose, row, first_run: run.clone(), record })
    }
}

/// Splits the contacts into batches of `size`, in order, and passes each wanted batch to `each`. `run` is the run that
/// made them.
pub fn each_batch<E: From<RunError>>(
    path: &Path,
    size: usize,
    run: &RunMark,
    is_wanted: impl Fn(u32) -> bool,
    mut each: impl FnMut(Batch<Contact>) -> Result<(), E>,
) -> Result<(), E> {
    let read = |group: &Group, row| read_row(group, row, run);
    each_members(
        path,
        size,
        |_| true,
        is_wanted,
        read,
        |number, contacts| {
            let batch =
                Batch::new(number, contacts).map_err(|source| RunError::Batch { path: path.to_owned(), source })?;
            each(batch)
        },
    )
}

/// Reads contacts one after the other, in the order of their ids. One group of rows is in memory at a time.
pub struct ContactReader {
    table: TableReader,
    run: RunMark,
    /// The group that is being read, its number, and the next row in it.
    group: Option<Group>,
    n_groups_read: usize,
    row: usize,
}

impl ContactReader {
    /// Opens the contacts of `run`.
    pub fn open(path: &Path, run: RunMark) -> Result<Self, RunError> {
        let table = TableReader::open_with(path, &columns())?;
        Ok(Self { table, run, group: None, n_groups_read: 0, row: 0 })
    }

    pub fn n_contacts(&self) -> u64 {
        self.table.n_rows()
    }

    fn read(&mut self) -> Result<Option<Contact>, RunError> {
        loop {
            if let Some(group) = self.group.as_ref().filter(|it| self.row < it.n_rows) {
                self.row += 1;
                let contact = read_row(group, self.row - 1, &self.run);
                return contact.map(Some).ok_or_else(|| RunError::unknown_row(self.table.path()));
            }
            if self.n_groups_read == self.table.n_groups() {
                return Ok(None);
            }
            // The last group is dropped before the next one is read.
            self.group = None;
            self.group = Some(self.table.group(self.n_groups_read)?);
            (self.n_groups_read, self.row) = (self.n_groups_read + 1, 0);
        }
    }
}

impl Iterator for ContactReader {
    type Item = Result<Contact, RunError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// The contacts of a batch and their phone numbers.
pub struct Phones {
    pub batch: u32,
    pub members: Vec<(ContactId, Option<PhoneNumber>)>,
}

/// Splits the contacts into batches as [`each_batch`] does, but reads only their phones.
pub fn each_phones<E: From<RunError>>(
    path: &Path,
    size: usize,
    is_wanted: impl Fn(u32) -> bool,
    mut each: impl FnMut(Phones) -> Result<(), E>,
) -> Result<(), E> {
    const ID_AND_PHONE: usize = 2;
    let is_read = |column| column < ID_AND_PHONE;
    each_members(path, size, is_read, is_wanted, read_member, |batch, members| each(Phones { batch, members }))
}

/// Reads some columns of each wanted batch, and passes its number and rows to `each`.
fn each_members<T, E: From<RunError>>(
    path: &Path,
    size: usize,
    is_read: impl Fn(usize) -> bool,
    is_wanted: impl Fn(u32) -> bool,
    read: impl Fn(&Group, usize) -> Option<T>,
    mut each: impl FnMut(u32, Vec<T>) -> Result<(), E>,
) -> Result<(), E> {
    let mut members = Vec::with_capacity(size);
    each_piece(path, size, is_read, |piece| {
        if !is_wanted(piece.number) {
            return Ok(());
        }
        for row in piece.rows {
            let member = read(piece.group, row);
            members.push(member.ok_or_else(|| RunError::unknown_row(path))?);
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

/// Returns the number, size and digest of every batch, as the footer holds them.
///
/// Files of earlier versions have no digests for this, nor has any file for batches of another size, so their rows are
/// read instead.
pub fn planned_batches(path: &Path, size: usize) -> Result<Vec<(u32, u64, Digest)>, RunError> {
    let table = TableReader::open_with(path, &columns())?;
    match table.batch_digests(size) {
        Some(digests) => Ok(numbered(&table, size, digests)),
        None => batch_digests(path, size),
    }
}

/// Returns the number, size and digest of every batch, computed from the rows of the file.
pub fn batch_digests(path: &Path, size: usize) -> Result<Vec<(u32, u64, Digest)>, RunError> {
    let table = TableReader::open_with(path, &columns())?;
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

/// Passes the rows that each group and each batch have in common to `each`: groups and batches end at different rows.
fn each_piece<E: From<RunError>>(
    path: &Path,
    size: usize,
    is_read: impl Fn(usize) -> bool,
    mut each: impl FnMut(Piece) -> Result<(), E>,
) -> Result<(), E> {
    let table = TableReader::open_with(path, &columns())?;
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

fn read_row(group: &Group, row: usize, run: &RunMark) -> Option<Contact> {
    let mut cells = RowReader::new(group, row);
    let id = ContactId::from_hex(cells.text()?)?;
    let phone = cells.text().map(PhoneNumber::from_e164);
    let region = cells.text().map(Region::from_code);
    let line_type = cells.text().map(LineType::from_name);
    let [name, email, language, reachable] = [(); 4].map(|()| cells.text());
    let consent = cells.text().map(ConsentState::from_name);
    let consent_channel = cells.text().map(ConsentChannel::from_name);
    let whatsapp_consent = cells.text().map(ConsentState::from_name);
    let statements: Vec<Stated> = cells.text().map(serde_json::from_str).transpose().ok()?.unwrap_or_default();
    let identities = cells.text().map(serde_json::from_str).transpose().ok()?.unwrap_or_default();
    let tags = cells.text().map(|it| it.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let attributes = cells.text().map(serde_json::from_str).transpose().ok()?.unwrap_or_default();
    let value_rows = cells.text();
    let rows: RowName = cells.text()?.into();
    let lineage = Lineage::read(value_rows, &rows);
    let [first_at, last_at, last_inbound_at, last_outbound_at, consent_at] =
        [(); 5].map(|()| cells.int()).map(|it| it.and_then(|it| Timestamp::from_microsecond(it).ok()));
    let channels = cells.int()?;
    let n_messages = cells.int().and_then(|it| u64::try_from(it).ok())?;
    let n_rows = cells.int().and_then(|it| u64::try_from(it).ok())?;

    let text = |name, value: Option<&str>| value.map(|it| Field { value: it.to_owned(), row: lineage.row(name) });
    let personal = |field: Field<String>| Field { value: Personal(field.value), row: field.row };
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
        consent_channel: present(consent_channel)?,
        whatsapp_consent: present(whatsapp_consent)?,
        statements: statements.into_iter().map(|it| it.statement(run)).collect::<Option<_>>()?,
        identities,
        tags,
        attributes,
        channels: Channel::ALL.into_iter().filter(|it| channels & (1 << *it as i64) != 0).collect(),
        n_rows,
        rows,
        // Cleaning knows of no earlier import.
        earlier_rows: EarlierRows::default(),
    })
}

/// Turns a cell that holds an unknown value into an error.
fn present<T>(cell: Option<Option<T>>) -> Option<Option<T>> {
    match cell {
        None => Some(None),
        Some(known) => known.map(Some),
    }
}
