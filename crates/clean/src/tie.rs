//! What ties several contacts together, though nobody has said that they are one person.

use std::hash::{DefaultHasher, Hash, Hasher};

use model::{Contact, ContactId};

use crate::Rules;

/// What several contacts have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TieKind {
    /// One Viber user was seen with the phone of each.
    Viber,
    /// They have one e-mail address.
    Email,
}

impl TieKind {
    /// The name as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viber => "viber",
            Self::Email => "email",
        }
    }
}

/// Contacts that something ties together. They stay apart: only a phone, or a person who decides, merges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    pub kind: TieKind,
    /// In the order of their ids.
    pub contacts: Vec<ContactId>,
}

impl Tie {
    pub(crate) fn new(kind: TieKind, mut contacts: Vec<ContactId>) -> Self {
        contacts.sort_unstable();
        Self { kind, contacts }
    }
}

/// The bytes of an e-mail address that waits: its hash, and whose it is.
const EMAIL_BYTES: usize = 24;

/// The e-mail address of a contact as it waits, and the number by which its partition is found. A hash of 64 bits is
/// enough to find candidates: of a hundred million addresses fewer than one pair is taken for one by chance.
pub(crate) fn encoded(rules: &Rules, contact: &Contact) -> Option<(u8, [u8; EMAIL_BYTES])> {
    let email = contact.email.as_ref().filter(|_| !rules.edges.is_shared(contact.id))?;
    let mut hasher = DefaultHasher::new();
    email.value.0.hash(&mut hasher);
    let mut bytes = [0; EMAIL_BYTES];
    bytes[..8].copy_from_slice(&hasher.finish().to_be_bytes());
    bytes[8..].copy_from_slice(&contact.id.0);
    Some((bytes[0], bytes))
}

/// Contacts with one e-mail address, of those that waited.
pub(crate) fn of_emails(rules: &Rules, waiting: &[u8]) -> Vec<Tie> {
    let mut emails: Vec<&[u8]> = waiting.chunks_exact(EMAIL_BYTES).collect();
    emails.sort_unstable();
    emails
        .chunk_by(|one, other| one[..8] == other[..8])
        .filter(|it| it.len() > 1)
        .map(|it| Tie::new(TieKind::Email, it.iter().filter_map(|it| ContactId::from_bytes(&it[8..])).collect()))
        .filter(|it| !rules.edges.are_apart(&it.contacts))
        .collect()
}
