use model::ContactId;

use crate::matching::decisions::Decisions;

/// What possible duplicates have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DuplicateKind {
    /// A Viber user was seen with the phone of each.
    Viber,
    /// They share an e-mail address.
    Email,
}

impl DuplicateKind {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viber => "viber",
            Self::Email => "email",
        }
    }
}

/// The most contacts that one candidate lists. A placeholder such as `none@example.com` can be shared by millions, and
/// no person decides about those one by one.
pub const MOST_NAMED: usize = 20;

/// Contacts that may be one person. They are not merged: only a common phone or a person's decision merges contacts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DuplicateCandidate {
    pub kind: DuplicateKind,
    /// The first [`MOST_NAMED`], in the order of their ids.
    pub contacts: Vec<ContactId>,
    pub n_contacts: u64,
}

impl DuplicateCandidate {
    /// Contacts must come in the order of their ids. None if they were decided to be different people.
    pub(crate) fn of(
        kind: DuplicateKind,
        contacts: Vec<ContactId>,
        n_contacts: u64,
        decisions: &Decisions,
    ) -> Option<Self> {
        let are_all_named = n_contacts == contacts.len() as u64;
        (!are_all_named || !decisions.are_all_different(&contacts)).then_some(Self { kind, contacts, n_contacts })
    }
}
