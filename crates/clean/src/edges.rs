use std::collections::{HashMap, HashSet};

use model::ContactId;

/// What was decided about who is who, beyond what the rows say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    /// Whose rows belong to whom.
    survivors: HashMap<ContactId, ContactId>,
    /// Who is never the same person, in both directions.
    never: HashSet<(ContactId, ContactId)>,
    /// Contacts whose phone several people use: it ties nobody to anybody.
    shared: HashSet<ContactId>,
}

/// One decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// The other is the same person as the first, who stays.
    Merge { survivor: ContactId, absorbed: ContactId },
    /// The two are never the same person.
    Never(ContactId, ContactId),
    /// Several people use the phone of this contact.
    Shared(ContactId),
}

impl FromIterator<Edge> for Edges {
    /// Of a chain of merges the last survivor counts; where they run in a circle, none does.
    fn from_iter<I: IntoIterator<Item = Edge>>(edges: I) -> Self {
        let mut all = Self::default();
        let mut direct = HashMap::new();
        for edge in edges {
            match edge {
                Edge::Merge { survivor, absorbed } => drop(direct.insert(absorbed, survivor)),
                Edge::Never(one, other) => all.never.extend([(one, other), (other, one)]),
                Edge::Shared(contact) => drop(all.shared.insert(contact)),
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

impl Edges {
    /// Whom the rows of a contact belong to.
    pub fn survivor(&self, contact: ContactId) -> ContactId {
        if self.survivors.is_empty() {
            return contact;
        }
        self.survivors.get(&contact).copied().unwrap_or(contact)
    }

    /// Whether a Viber user who was seen with the phone of a contact may be taken for that contact.
    pub(crate) fn may_link(&self, user: ContactId, contact: impl FnOnce() -> ContactId) -> bool {
        if self.never.is_empty() && self.shared.is_empty() {
            return true;
        }
        let contact = contact();
        !self.never.contains(&(user, contact)) && !self.shared.contains(&contact)
    }

    /// Whether it is decided of every two of these that they are not one person.
    pub(crate) fn are_apart(&self, contacts: &[ContactId]) -> bool {
        let mut pairs =
            contacts.iter().enumerate().flat_map(|(n, one)| contacts[..n].iter().map(move |it| (*one, *it)));
        !self.never.is_empty() && pairs.all(|it| self.never.contains(&it))
    }

    pub(crate) fn is_shared(&self, contact: ContactId) -> bool {
        self.shared.contains(&contact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_chain_of_merges_the_last_survivor_counts_and_a_circle_merges_nobody() {
        let id = |n| ContactId([n; 16]);
        let merge = |survivor, absorbed| Edge::Merge { survivor: id(survivor), absorbed: id(absorbed) };
        let edges: Edges = [merge(2, 1), merge(3, 2), merge(8, 9), merge(9, 8)].into_iter().collect();
        assert_eq!([1, 2, 3, 8, 9].map(|it| edges.survivor(id(it))), [3, 3, 3, 8, 9].map(id));
    }
}
