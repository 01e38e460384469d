//! From Viber users to phone numbers.
//!
//! A Viber id is opaque and says nothing about a phone. A user is linked by a row that has both, or by
//! a contact card that answers a request of the business for the phone number. Any other card may be
//! somebody else's.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::{ContactId, Finding, Prompt, RowId};
use serde::Serialize;

use crate::Rules;
use crate::row::Entry;

/// A Viber user: within what the id is unique, and the id.
type User = (String, String);

/// How Viber users and phone numbers came together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Links {
    /// Users whom a row names together with a phone number.
    pub by_row: u64,
    /// Users who shared their number when they were asked.
    pub by_card: u64,
    /// Users seen with several numbers, who stay contacts of their own.
    pub ambiguous: u64,
    /// Users of whom no number is known.
    pub unlinked: u64,
}

/// Collects who was seen with which phone.
#[derive(Debug, Default)]
pub(crate) struct Linker {
    seen: HashMap<User, BTreeSet<ContactId>>,
    by_card: HashSet<User>,
    /// Users with a row that names no phone.
    asked_for: HashSet<User>,
}

/// A row that asks for a phone number, or a card that may answer.
struct Step {
    at: i64,
    row: RowId,
    is_request: bool,
    entry: usize,
}

impl Linker {
    /// Takes note of a row with a phone.
    pub(crate) fn see(&mut self, rules: &Rules, entry: &Entry) {
        if !entry.viber_id.is_empty() {
            self.seen.entry(user(rules, entry)).or_default().insert(entry.id);
        }
    }

    pub(crate) fn join(&mut self, other: Self) {
        for (user, contacts) in other.seen {
            self.seen.entry(user).or_default().extend(contacts);
        }
    }

    /// Gives the rows of cards that answer a request the phone of the card. The result does not
    /// depend on the order of the rows, only on their dates.
    pub(crate) fn bind_cards(&mut self, rules: &Rules, entries: &mut [Entry]) {
        let mut steps: HashMap<User, Vec<Step>> = HashMap::new();
        for (place, entry) in entries.iter().enumerate() {
            let is_request = entry.prompt == Prompt::Asks;
            if is_request || entry.shared.is_some() {
                let step = Step { at: entry.at.unwrap_or(i64::MIN), row: entry.row, is_request, entry: place };
                steps.entry(user(rules, entry)).or_default().push(step);
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
                let entry = &mut entries[step.entry];
                // An answer is one answer: a second card may be a friend's.
                let is_answer = entry.prompt == Prompt::Answers || std::mem::take(&mut is_asked);
                match entry.shared.filter(|_| is_answer) {
                    Some(phone) => {
                        entry.phone = Some(phone);
                        entry.id = rules.key.of_phone(phone.number);
                        self.by_card.insert(user.clone());
                        self.seen.entry(user.clone()).or_default().insert(entry.id);
                    }
                    None => entry.findings.add(Finding::Card),
                }
            }
        }
    }

    /// The one contact with a phone that the user of a row is.
    pub(crate) fn contact_of(&mut self, rules: &Rules, entry: &Entry) -> Option<ContactId> {
        if entry.phone.is_some() {
            return None;
        }
        let user = user(rules, entry);
        let contacts = self.seen.get(&user);
        let linked = contacts.filter(|it| it.len() == 1).and_then(|it| it.first()).copied();
        self.asked_for.insert(user);
        linked
    }

    pub(crate) fn count(&self) -> Links {
        let mut links = Links::default();
        for (user, contacts) in &self.seen {
            match contacts.len() {
                1 if self.by_card.contains(user) => links.by_card += 1,
                1 => links.by_row += 1,
                _ => links.ambiguous += 1,
            }
        }
        links.unlinked = self.asked_for.iter().filter(|it| !self.seen.contains_key(*it)).count() as u64;
        links
    }
}

fn user(rules: &Rules, entry: &Entry) -> User {
    (rules.sources[usize::from(entry.row.source)].scope.clone(), entry.viber_id.to_owned())
}
