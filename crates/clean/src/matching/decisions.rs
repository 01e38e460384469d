use std::collections::{HashMap, HashSet};

use model::{ContactId, IdentityDecision};

/// All decisions about who is who, for looking up a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Absorbed contacts, each with the contact that its rows belong to.
    survivors: HashMap<ContactId, ContactId>,
    /// Pairs that are different people, in both orders.
    different: HashSet<(ContactId, ContactId)>,
    /// Contacts whose phone several people use.
    shared: HashSet<ContactId>,
}

impl FromIterator<IdentityDecision> for Decisions {
    /// In a chain of merges, the last survivor gets all rows. A circle of merges merges no one.
    fn from_iter<I: IntoIterator<Item = IdentityDecision>>(decisions: I) -> Self {
        let mut all = Self::default();
        let mut direct = HashMap::new();
        for decision in decisions {
            match decision {
                IdentityDecision::SamePerson { survivor, absorbed } => drop(direct.insert(absorbed, survivor)),
                IdentityDecision::DifferentPeople(one, other) => all.different.extend([(one, other), (other, one)]),
                IdentityDecision::SharedPhone(contact) => drop(all.shared.insert(contact)),
            }
        }
        for absorbed in direct.keys() {
            let last = std::iter::successors(Some(*absorbed), |it| direct.get(it).copied()).take(direct.len() + 2);
            let (n, survivor) = last.enumerate().last().unwrap_or((0, *absorbed));
            if n <= direct.len() {
                all.survivors.insert(*absorbed, survivor);
            }
        }
        all
    }
}

impl Decisions {
    /// The contact that the rows of `contact` belong to.
    pub fn survivor(&self, contact: ContactId) -> ContactId {
        if self.survivors.is_empty() {
            return contact;
        }
        self.survivors.get(&contact).copied().unwrap_or(contact)
    }

    /// Whether a Viber user who was seen with the phone of a contact may be merged into that contact. The contact is
    /// asked for only if there are such decisions, because making its id costs a digest.
    pub(crate) fn may_link(&self, user: ContactId, contact: impl FnOnce() -> ContactId) -> bool {
        if self.different.is_empty() && self.shared.is_empty() {
            return true;
        }
        let contact = contact();
        !self.different.contains(&(user, contact)) && !self.shared.contains(&contact)
    }

    /// Whether every two of these contacts were decided to be different people.
    pub(crate) fn are_all_different(&self, contacts: &[ContactId]) -> bool {
        let mut pairs =
            contacts.iter().enumerate().flat_map(|(n, one)| contacts[..n].iter().map(move |it| (*one, *it)));
        !self.different.is_empty() && pairs.all(|it| self.different.contains(&it))
    }

    /// Whether several people use the phone of the contact.
    pub(crate) fn is_shared(&self, contact: ContactId) -> bool {
        self.shared.contains(&contact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_chain_of_merges_the_last_survivor_counts_and_a_circle_merges_no_one() {
        let id = |n| ContactId([n; 16]);
        let merge =
            |survivor, absorbed| IdentityDecision::SamePerson { survivor: id(survivor), absorbed: id(absorbed) };
        let decisions: Decisions = [merge(2, 1), merge(3, 2), merge(8, 9), merge(9, 8)].into_iter().collect();
        assert_eq!([1, 2, 3, 8, 9].map(|it| decisions.survivor(id(it))), [3, 3, 3, 8, 9].map(id));
    }
}
