//! Links Viber users to phone numbers.
//!
//! A Viber id is opaque and says nothing about a phone. A user is linked by a row with both, or by a contact card that
//! answers a request of the business for the phone number. Any other card may be another person's.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::{ContactId, IdentityKind, Prompt, RowFinding, RowId};
use serde::Serialize;

use crate::matching::duplicate::{DuplicateCandidate, DuplicateKind, MOST_NAMED};
use crate::row::CleanRow;
use crate::rules::Rules;

/// The bytes of an encoded link: the user, and the contact that the user was seen with.
const LINK_BYTES: usize = 32;

/// Counts of Viber users by how their phone numbers became known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Links {
    /// Users in a row with a phone number.
    pub by_row: u64,
    /// Users who shared their number when asked.
    pub by_card: u64,
    /// Users seen with several numbers. They stay contacts of their own: a person must decide.
    pub ambiguous: u64,
    /// Users without a known number.
    pub unlinked: u64,
}

impl std::iter::Sum for Links {
    fn sum<I: Iterator<Item = Self>>(links: I) -> Self {
        links.fold(Self::default(), |sum, it| Self {
            by_row: sum.by_row + it.by_row,
            by_card: sum.by_card + it.by_card,
            ambiguous: sum.ambiguous + it.ambiguous,
            unlinked: sum.unlinked + it.unlinked,
        })
    }
}

/// The links of the Viber users of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linked {
    pub counts: Links,
    /// Users, each as the contact it would be without a phone, and the contact that it is.
    pub users: Vec<(ContactId, ContactId)>,
    /// Users who were seen with several contacts.
    pub duplicates: Vec<DuplicateCandidate>,
}

/// The Viber user of a row, as the contact it would be without a phone.
pub(crate) fn user_of(rules: &Rules, row: &CleanRow) -> Option<ContactId> {
    let scope = &rules.sources[usize::from(row.row_id.source)].scope;
    (!row.viber_id.is_empty()).then(|| rules.key.of_identity(IdentityKind::Viber, scope, row.viber_id))
}

/// A link as it is kept in a bucket.
pub(crate) fn encoded(user: ContactId, contact: ContactId) -> [u8; LINK_BYTES] {
    let mut bytes = [0; LINK_BYTES];
    bytes[..16].copy_from_slice(&user.0);
    bytes[16..].copy_from_slice(&contact.0);
    bytes
}

/// Collects which users were seen with which phone.
#[derive(Debug, Default)]
pub(crate) struct Linker {
    seen: HashMap<ContactId, Seen>,
    by_card: HashSet<ContactId>,
    /// Users with a row without a phone.
    asked_for: HashSet<ContactId>,
}

/// The contacts with a phone that a user was seen with.
#[derive(Clone, Debug)]
enum Seen {
    One(ContactId),
    Several(BTreeSet<ContactId>),
}

/// A row that asks for a phone number, or a card that may answer.
struct Step {
    at: i64,
    row: RowId,
    is_request: bool,
    /// The place of the row among those that were given.
    place: usize,
}

impl Linker {
    /// Reads the links of a bucket.
    pub(crate) fn of(links: &[u8]) -> Self {
        let mut linker = Self::default();
        for link in links.chunks_exact(LINK_BYTES) {
            let (user, contact) = link.split_at(16);
            if let (Some(user), Some(contact)) = (ContactId::from_bytes(user), ContactId::from_bytes(contact)) {
                linker.see(user, contact);
            }
        }
        linker
    }

    fn see(&mut self, user: ContactId, contact: ContactId) {
        match self.seen.entry(user).or_insert(Seen::One(contact)) {
            Seen::One(known) if *known == contact => {}
            Seen::Several(known) => {
                known.insert(contact);
            }
            seen @ Seen::One(_) => {
                if let Seen::One(known) = *seen {
                    *seen = Seen::Several([known, contact].into());
                }
            }
        }
    }

    /// Gives each row with a card that answers a request the phone of the card. The result depends on the dates of the
    /// rows and not on their order.
    pub(crate) fn bind_cards(&mut self, rules: &Rules, rows: &mut [CleanRow]) {
        let mut steps: HashMap<ContactId, Vec<Step>> = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            let is_request = row.prompt == Prompt::Asks;
            if is_request || row.shared.is_some() {
                let step = Step { at: row.at.unwrap_or(i64::MIN), row: row.row_id, is_request, place };
                steps.entry(row.contact_id).or_default().push(step);
            }
        }
        for (user, mut steps) in steps {
            steps.sort_by_key(|it| (it.at, it.row));
            let mut is_asked = false;
            for step in steps {
                if step.is_request {
                    is_asked = true;
                    continue;
                }
                let row = &mut rows[step.place];
                // Only the first card answers a request: a second one may be a friend's.
                let is_answer = row.prompt == Prompt::Answers || std::mem::take(&mut is_asked);
                match row.shared.filter(|_| is_answer) {
                    Some(phone) => {
                        let own_id = rules.key.of_phone(phone.number);
                        if !rules.decisions.may_link(user, || own_id) {
                            continue;
                        }
                        row.phone = Some(phone);
                        row.contact_id = rules.decisions.survivor(own_id);
                        row.is_absorbed = row.contact_id != own_id;
                        self.by_card.insert(user);
                        self.see(user, row.contact_id);
                    }
                    None => row.findings.add(RowFinding::Card),
                }
            }
        }
    }

    /// The contact that a row of a user is about: the one contact with a phone that the user was seen with, else the
    /// user.
    pub(crate) fn contact_of(&mut self, row: &CleanRow) -> ContactId {
        if row.phone.is_some() {
            return row.contact_id;
        }
        self.asked_for.insert(row.contact_id);
        match self.seen.get(&row.contact_id) {
            Some(Seen::One(contact)) => *contact,
            _ => row.contact_id,
        }
    }

    /// All links, in the order of the users.
    pub(crate) fn finish(self, rules: &Rules) -> Linked {
        let counts = self.count();
        let (mut users, mut duplicates) = (Vec::new(), Vec::new());
        for (user, seen) in self.seen {
            match seen {
                Seen::One(contact) => users.push((user, contact)),
                Seen::Several(contacts) => {
                    let n_contacts = contacts.len() as u64;
                    let named = contacts.into_iter().take(MOST_NAMED).collect();
                    duplicates.extend(DuplicateCandidate::of(
                        DuplicateKind::Viber,
                        named,
                        n_contacts,
                        &rules.decisions,
                    ));
                }
            }
        }
        users.sort_unstable();
        duplicates.sort_unstable();
        Linked { counts, users, duplicates }
    }

    fn count(&self) -> Links {
        let mut links = Links::default();
        for (user, contacts) in &self.seen {
            match contacts {
                Seen::One(_) if self.by_card.contains(user) => links.by_card += 1,
                Seen::One(_) => links.by_row += 1,
                Seen::Several(_) => links.ambiguous += 1,
            }
        }
        links.unlinked = self.asked_for.iter().filter(|it| !self.seen.contains_key(*it)).count() as u64;
        links
    }
}
