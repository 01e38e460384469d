//! Edits that people made in the CRM since Ferry last wrote a contact.
//!
//! Each contact has a check sum of the values that Ferry wrote. A field that no longer matches it was edited: an import
//! leaves such a field as it is, and reports a conflict if it has another value.

use model::{Contact, ContactId, Identity, Personal, Statement};
use twox_hash::XxHash64;

use crate::contact::columns::{COLUMNS, EDITABLE, N_COLUMNS};
use crate::sql::Cell;

/// Four check sums of 16 bits fill the number that the database keeps.
const MOST_EDITABLE: usize = 4;
const _: () = assert!(EDITABLE.len() <= MOST_EDITABLE, "widen WrittenChecksum before a fifth column can be edited");

/// A check sum of 15 bits for each of the columns [`EDITABLE`]. One edit in 32,768 goes unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrittenChecksum(pub(crate) i64);

impl WrittenChecksum {
    pub(crate) fn of(contact: &Contact) -> Self {
        let cells = EDITABLE.map(|it| (COLUMNS[it].write)(contact));
        Self::of_texts(cells.each_ref().map(|it| it.text().flatten()))
    }

    /// The check sum of the values of [`EDITABLE`].
    pub(crate) fn of_texts(texts: [Option<&str>; EDITABLE.len()]) -> Self {
        Self::of_parts(texts.map(part))
    }

    /// The check sum of a contact that was `before` and took some fields from another: those keep the check sum
    /// `other`.
    pub(crate) fn with_parts_of(self, other: Self, before: &Contact, after: &Contact) -> Self {
        let (before, after) = (Self::of(before).parts(), Self::of(after).parts());
        let (own, other) = (self.parts(), other.parts());
        Self::of_parts(std::array::from_fn(|n| if before[n] == after[n] { own[n] } else { other[n] }))
    }

    /// The columns that a person has edited since the check sum was made.
    pub(crate) fn edited(self, contact: &Contact) -> Vec<&'static str> {
        let (now, written) = (Self::of(contact).parts(), self.parts());
        let is_edited = |n: &usize| now[*n] != written[*n];
        (0..EDITABLE.len()).filter(is_edited).map(|n| COLUMNS[EDITABLE[n]].name).collect()
    }

    fn of_parts(parts: [u16; EDITABLE.len()]) -> Self {
        let byte = |n: usize| parts.get(n / 2).map_or(0, |it| it.to_le_bytes()[n % 2]);
        Self(i64::from_le_bytes(std::array::from_fn(byte)))
    }

    fn parts(self) -> [u16; EDITABLE.len()] {
        let bytes = self.0.to_le_bytes();
        std::array::from_fn(|n| u16::from_le_bytes([bytes[2 * n], bytes[2 * n + 1]]))
    }
}

/// An empty cell is not an empty text.
fn part(text: Option<&str>) -> u16 {
    text.map_or(0, |it| (crc32fast::hash(it.as_bytes()) & 0xffff) as u16 | 1)
}

/// A hash of all that an import says of a contact. If the next import has the same hash, the database need not be
/// changed.
///
/// 64 bits: with a hundred million contacts, fewer than one import in a thousand takes a change for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImportHash(pub(crate) i64);

/// The hashes that are kept with a contact, to recognise it in the next import.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContactHashes {
    pub(crate) written: WrittenChecksum,
    /// None where the contact is not what an import said.
    pub(crate) import: Option<ImportHash>,
}

impl ContactHashes {
    pub(crate) fn of_import(contact: &Contact) -> Self {
        Self::of(contact, &cells(contact))
    }

    /// The hashes of a contact as an import has it; `cells` are those of the contact.
    pub(crate) fn of(contact: &Contact, cells: &[Cell<'_>; N_COLUMNS]) -> Self {
        let texts = EDITABLE.map(|it| cells[it].text().flatten());
        Self { written: WrittenChecksum::of_texts(texts), import: Some(ImportHash::of_cells(contact, cells)) }
    }
}

impl ImportHash {
    pub(crate) fn of(contact: &Contact) -> Self {
        Self::of_cells(contact, &cells(contact))
    }

    fn of_cells(contact: &Contact, cells: &[Cell<'_>; N_COLUMNS]) -> Self {
        let mut bytes = Vec::with_capacity(512);
        cells.iter().for_each(|it| put(&mut bytes, it));
        for Statement { channel, at, state, basis, words, purpose, row, record, .. } in &contact.statements {
            [channel.name(), purpose.name(), state.name(), basis.name(), &words.0, row]
                .into_iter()
                .for_each(|it| put(&mut bytes, &it.into()));
            put(&mut bytes, &at.map(|it| it.from).into());
            put(&mut bytes, &at.map(|it| it.until).into());
            let wording = record.as_ref().and_then(|it| Some(it.wording.as_ref()?.to_string()));
            put(&mut bytes, &wording.into());
        }
        for Identity { kind, scope, value } in &contact.identities {
            [kind.name(), scope, &value.0].into_iter().for_each(|it| put(&mut bytes, &it.into()));
        }
        for count in [contact.statements.len(), contact.identities.len()] {
            bytes.extend_from_slice(&(count as u64).to_le_bytes());
        }
        Self(i64::from_le_bytes(XxHash64::oneshot(IMPORT_HASH_VERSION, &bytes).to_le_bytes()))
    }
}

/// The seed of [`ImportHash`]; another encoding takes another number.
const IMPORT_HASH_VERSION: u64 = 2;

/// Adds a cell with its length, so that no two lists of cells have the same bytes.
fn put(bytes: &mut Vec<u8>, cell: &Cell<'_>) {
    let mut put = |length: u64, value: &[u8]| {
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(value);
    };
    match cell {
        Cell::None => put(u64::MAX, &[]),
        Cell::Int(value) => put(u64::MAX - 1, &value.to_le_bytes()),
        Cell::Text(text) => put(text.len() as u64, text.as_bytes()),
        Cell::Bytes(value) => put(value.len() as u64, value),
    }
}

/// The cells of a contact in the order of [`COLUMNS`].
pub(crate) fn cells(contact: &Contact) -> [Cell<'_>; N_COLUMNS] {
    std::array::from_fn(|n| (COLUMNS[n].write)(contact))
}

/// An import, with what people have edited kept.
pub(crate) struct Kept {
    pub(crate) contact: Contact,
    /// The check sum to be written with it. Edited fields keep the one of the value that Ferry wrote last, so that the
    /// next import sees the edit too.
    pub(crate) written: WrittenChecksum,
    /// Edited fields in which the import has something else.
    pub(crate) conflicts: Vec<Conflict>,
}

/// A field that a person has edited, and in which an import has something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub contact: ContactId,
    pub field: &'static str,
    /// The edited value; none if it was emptied.
    pub edited: Option<Personal<String>>,
    pub imported: Option<Personal<String>>,
}

/// Puts edited values of `held` back into `contact`, which is `held` after the import.
pub(crate) fn keep_edits(held: &Contact, written: Option<WrittenChecksum>, mut contact: Contact) -> Kept {
    let mut parts = WrittenChecksum::of(&contact).parts();
    let mut conflicts = Vec::new();
    if let Some(written) = written.map(WrittenChecksum::parts) {
        let now = WrittenChecksum::of(held).parts();
        for (n, column) in EDITABLE.iter().map(|it| &COLUMNS[*it]).enumerate() {
            if now[n] == written[n] {
                continue;
            }
            if parts[n] != now[n] {
                let text = |it: &Contact| (column.write)(it).text().flatten().map(|it| Personal(it.to_owned()));
                let (edited, imported) = (text(held), text(&contact));
                conflicts.push(Conflict { contact: contact.id, field: column.name, edited, imported });
            }
            parts[n] = written[n];
            if let Some(keep_edit) = column.keep_edit {
                keep_edit(&mut contact, held);
            }
        }
    }
    Kept { contact, written: WrittenChecksum::of_parts(parts), conflicts }
}
