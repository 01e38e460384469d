//! What ties several contacts together, though nobody has said that they are one person.

use model::ContactId;

use crate::matching::decisions::Decisions;

/// What several contacts have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DuplicateKind {
    /// One Viber user was seen with the phone of each.
    Viber,
    /// They have one e-mail address.
    Email,
}

impl DuplicateKind {
    /// The name as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viber => "viber",
            Self::Email => "email",
        }
    }
}

/// So many of its contacts a tie names. What stands for no address at all may stand with millions, and nobody decides
/// about those one by one.
pub const MOST_NAMED: usize = 20;

/// Contacts that something ties together. They stay apart: only a phone, or a person who decides, merges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DuplicateCandidate {
    pub kind: DuplicateKind,
    /// The first [`MOST_NAMED`], in the order of their ids.
    pub contacts: Vec<ContactId>,
    pub n_contacts: u64,
}

impl DuplicateCandidate {
    /// Ties contacts that come in the order of their ids; none if a person has said that they are all different people.
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
