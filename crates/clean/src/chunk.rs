//! A chunk of rows on its way into the partitions.

use std::io;

use model::{RawContact, Reject, RowId};

use crate::hygiene::Hygiene;
use crate::link;
use crate::partition::{Cleaner, N_PARTITIONS, Shelf};
use crate::row::entry;
use crate::unreadable::UnreadValues;

/// What a chunk of thousands of rows puts on a shelf, about.
const USUAL_SHELF_BYTES: usize = 4096;

/// Takes rows of one source in. Nothing of them is there before it ends.
pub struct Chunk<'a> {
    cleaner: &'a Cleaner,
    shelves: Vec<Vec<u8>>,
    taken: Taken,
}

/// What taking a chunk of rows in showed.
#[derive(Debug, Default)]
pub struct Taken {
    /// In the order of the rows.
    pub rejects: Vec<Reject>,
    pub hygiene: Hygiene,
    /// Values that were not understood.
    pub unread: UnreadValues,
}

impl<'a> Chunk<'a> {
    pub(crate) fn new(cleaner: &'a Cleaner) -> Self {
        Self { cleaner, shelves: vec![Vec::new(); Shelf::N_KINDS * N_PARTITIONS], taken: Taken::default() }
    }

    /// Takes a row in.
    pub fn add(&mut self, row: RowId, raw: &RawContact) {
        let Self { cleaner, shelves, taken } = self;
        let rules = &cleaner.rules;
        let mut entry = match entry(rules, row, raw, &mut taken.unread) {
            Ok(entry) => entry,
            Err((reason, field)) => {
                if field == "phone" {
                    taken.hygiene.add_invalid(raw, reason, rules.sources[usize::from(row.source)].region);
                }
                taken.rejects.push(Reject { row, reason, field });
                return;
            }
        };
        taken.hygiene.add_valid(&entry);
        if let (Some(phone), Some(user)) = (entry.phone, link::user_of(rules, &entry)) {
            match rules.decisions.may_link(user, || rules.key.of_phone(phone.number)) {
                true => shelves[Shelf::Links.of(cleaner.partition_of(user.0[0]))]
                    .extend_from_slice(&link::encoded(user, entry.id)),
                // The row is about the phone; whoever else is named in it is somebody else.
                false => entry.viber_id = "",
            }
        }
        let shelf = if entry.phone.is_some() { Shelf::Rows } else { Shelf::Unlinked };
        let shelf = &mut shelves[shelf.of(cleaner.partition_of(entry.id.0[0]))];
        if shelf.is_empty() {
            shelf.reserve(USUAL_SHELF_BYTES);
        }
        entry.encode(shelf);
    }

    /// The values that were not understood, without keeping the rows.
    pub fn into_unread(self) -> UnreadValues {
        self.taken.unread
    }

    /// Puts the rows where they wait.
    pub fn end(self) -> io::Result<Taken> {
        let Self { cleaner, shelves, mut taken } = self;
        for (number, bytes) in shelves.iter().enumerate() {
            cleaner.waiting.put(number, bytes)?;
        }
        taken.hygiene.look_through();
        Ok(taken)
    }
}
