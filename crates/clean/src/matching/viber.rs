//! Links Viber users to phone numbers.
//!
//! A Viber id is opaque and says nothing about a phone. A user is linked by a row with both, or by a contact card that
//! answers a request of the business for the phone number. Any other card may be another person's.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::{ContactId, IdentityKind, Prompt, RowFinding, RowId};
use serde::Serialize;

use crate::matching::duplicate::{DuplicateCandidate, DuplicateKind, MOST_NAMED};
use crate::row::{CleanRow, ParsedNumber};
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
    /// The requests and the cards of each user.
    steps: HashMap<ContactId, Vec<Step>>,
    /// The rows with a card for which something was found out.
    cards: HashMap<RowId, Card>,
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
#[derive(Debug)]
struct Step {
    at: i64,
    row: RowId,
    /// The number on the card; none if the row is a request.
    shared: Option<ParsedNumber>,
    /// Whether the row says that it answers a request.
    is_answer: bool,
}

/// The owner of the phone on a card.
#[derive(Debug)]
enum Card {
    /// It has the phone of the user. With it, the contact, and whether that was merged from another.
    Own(ParsedNumber, ContactId, bool),
    /// Nothing says whose phone it has.
    Unasked,
}

impl Linker {
    /// Adds the links in `bytes`, and returns how many bytes they have. A link at the end that is not whole is left out.
    pub(crate) fn add_links(&mut self, bytes: &[u8]) -> usize {
        let links = bytes.chunks_exact(LINK_BYTES);
        let n_bytes = bytes.len() - links.remainder().len();
        for link in links {
            let (user, contact) = link.split_at(16);
            if let (Some(user), Some(contact)) = (ContactId::from_bytes(user), ContactId::from_bytes(contact)) {
                self.see(user, contact);
            }
        }
        n_bytes
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

    /// Adds a row, if it is a request or has a card. All must be added before [`Linker::bind_cards`].
    pub(crate) fn add_step(&mut self, row: &CleanRow) {
        let is_request = row.prompt == Prompt::Asks;
        if is_request || row.shared.is_some() {
            let step = Step {
                at: row.at.unwrap_or(i64::MIN),
                row: row.row_id,
                shared: row.shared.filter(|_| !is_request),
                is_answer: row.prompt == Prompt::Answers,
            };
            self.steps.entry(row.contact_id).or_default().push(step);
        }
    }

    /// Finds the cards that answer a request. The result depends on the dates of the rows and not on their order.
    pub(crate) fn bind_cards(&mut self, rules: &Rules) {
        for (user, mut steps) in std::mem::take(&mut self.steps) {
            steps.sort_by_key(|it| (it.at, it.row));
            let mut is_asked = false;
            for step in steps {
                let Some(phone) = step.shared else {
                    is_asked = true;
                    continue;
                };
                // Only the first card answers a request: a second one may be a friend's.
                if !(step.is_answer || std::mem::take(&mut is_asked)) {
                    self.cards.insert(step.row, Card::Unasked);
                    continue;
                }
                let own_id = rules.key.of_phone(phone.number);
                if !rules.decisions.may_link(user, || own_id) {
                    continue;
                }
                let contact = rules.decisions.survivor(own_id);
                self.cards.insert(step.row, Card::Own(phone, contact, contact != own_id));
                self.by_card.insert(user);
                self.see(user, contact);
            }
        }
    }

    /// Says which contact a row of a user is about: the one whose phone is on the row's card if that is the user's, else
    /// the one contact with a phone that the user was seen with, else the user.
    pub(crate) fn link(&mut self, row: &mut CleanRow) {
        match row.shared.and_then(|_| self.cards.get(&row.row_id)) {
            Some(Card::Own(phone, contact, is_absorbed)) => {
                row.phone = Some(*phone);
                row.contact_id = *contact;
                row.is_absorbed = *is_absorbed;
                return;
            }
            Some(Card::Unasked) => row.findings.add(RowFinding::Card),
            None => {}
        }
        self.asked_for.insert(row.contact_id);
        if let Some(Seen::One(contact)) = self.seen.get(&row.contact_id) {
            row.contact_id = *contact;
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
