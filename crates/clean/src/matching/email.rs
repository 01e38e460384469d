//! Finds contacts that share an e-mail address.

use model::{Contact, ContactId};
use twox_hash::XxHash64;

use crate::matching::decisions::Decisions;
use crate::matching::duplicate::{DuplicateCandidate, DuplicateKind, MOST_NAMED};

/// The seed of [`hash_of`]; another encoding takes another number.
const EMAIL_HASH_VERSION: u64 = 1;

/// The hash by which e-mail addresses are partitioned and compared: XXH64 of the bytes of the address.
///
/// The order of `clean/duplicates.csv` follows from it, so it is the same with every toolchain and on every machine. 64
/// bits are enough to find candidates: among a hundred million addresses, fewer than one pair is expected to share a
/// hash.
fn hash_of(email: &str) -> u64 {
    XxHash64::oneshot(EMAIL_HASH_VERSION, email.as_bytes())
}

/// The e-mail address of a contact, by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EmailKey {
    hash: u64,
    contact: ContactId,
    /// The number of contacts that this one stands for: itself, and those that are not listed.
    n_contacts: u64,
}

impl EmailKey {
    /// None if the contact has no address, or if several people use its phone.
    pub(crate) fn of(decisions: &Decisions, contact: &Contact) -> Option<Self> {
        let email = contact.email.as_ref().filter(|_| !decisions.is_shared(contact.id))?;
        Some(Self { hash: hash_of(&email.value.0), contact: contact.id, n_contacts: 1 })
    }

    /// The byte that decides the partition.
    pub(crate) fn first_byte(&self) -> u8 {
        self.hash.to_be_bytes()[0]
    }

    /// Appends the key as it is kept in a bucket.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.hash.to_be_bytes());
        bytes.extend(self.contact.0);
        bytes.extend(self.n_contacts.to_be_bytes());
    }

    const N_BYTES: usize = size_of::<u64>() + size_of::<ContactId>() + size_of::<u64>();

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (hash, rest) = bytes.split_first_chunk()?;
        let (contact, n_contacts) = rest.split_first_chunk()?;
        let n_contacts = u64::from_be_bytes(n_contacts.try_into().ok()?);
        Some(Self { hash: u64::from_be_bytes(*hash), contact: ContactId(*contact), n_contacts })
    }
}

/// Keeps [`MOST_NAMED`] contacts of each address. The last one stands for those that are dropped.
pub(crate) fn condense(emails: &mut Vec<EmailKey>) {
    emails.sort_unstable();
    let mut n_named = 0;
    emails.dedup_by(|next, last| {
        n_named = if next.hash == last.hash { n_named + 1 } else { 0 };
        let is_one_of_too_many = n_named >= MOST_NAMED;
        if is_one_of_too_many {
            last.n_contacts += next.n_contacts;
        }
        is_one_of_too_many
    });
}

/// The contacts that share an address, from the keys in a bucket.
pub(crate) fn duplicates(decisions: &Decisions, bytes: &[u8]) -> Vec<DuplicateCandidate> {
    let mut emails: Vec<EmailKey> = bytes.chunks_exact(EmailKey::N_BYTES).filter_map(EmailKey::decode).collect();
    condense(&mut emails);
    let of_one = |it: &[EmailKey]| {
        let n_contacts = it.iter().map(|it| it.n_contacts).sum();
        DuplicateCandidate::of(DuplicateKind::Email, it.iter().map(|it| it.contact).collect(), n_contacts, decisions)
    };
    emails.chunk_by(|one, other| one.hash == other.hash).filter(|it| it.len() > 1).filter_map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_an_address_never_changes() {
        assert_eq!(hash_of("ana@example.com"), 0xff50_d936_9029_542a);
        assert_eq!(hash_of(""), 0xd5af_ba13_36a3_be4b);
    }

    #[test]
    fn an_address_of_many_lists_the_first_contacts_and_counts_all_in_any_order() {
        let email = |n: u8| EmailKey { hash: 7, contact: ContactId([n; 16]), n_contacts: 1 };
        let first: Vec<ContactId> = (0..20).map(|n| ContactId([n; 16])).collect();
        for n in [1, 20, 21, 64, 100] {
            let mut bucket = Vec::new();
            for emails in (0..100).rev().map(email).collect::<Vec<_>>().chunks(n) {
                let mut emails = emails.to_vec();
                condense(&mut emails);
                emails.iter().for_each(|it| it.encode(&mut bucket));
            }
            let candidate = DuplicateCandidate { kind: DuplicateKind::Email, contacts: first.clone(), n_contacts: 100 };
            assert_eq!(duplicates(&Decisions::default(), &bucket), [candidate], "in chunks of {n}");
        }
    }
}
