//! What a person has changed in the CRM since Ferry last wrote a contact.
//!
//! Beside each contact stands a fingerprint of what was written. A field whose fingerprint is not that
//! of its value was edited: an import leaves it as it is, and says where it would have differed.

use jiff::Timestamp;
use model::{Contact, Identity};
use twox_hash::XxHash64;

/// Fields that people edit in a CRM, in the order of their parts of the fingerprint.
pub(crate) const EDITABLE: [&str; 4] = ["name", "email", "language", "consent"];

/// Fifteen bits of a check sum per field of [`EDITABLE`].
///
/// Of 32,768 edits one is taken for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(pub(crate) i64);

impl Fingerprint {
    pub(crate) fn of(contact: &Contact) -> Self {
        let name = contact.name.as_ref().map(|it| it.value.0.as_str());
        let email = contact.email.as_ref().map(|it| it.value.0.as_str());
        let language = contact.language.as_ref().map(|it| it.value.as_str());
        let consent = contact.consent.as_ref().map(|it| it.value.name());
        Self::of_texts([name, email, language, consent])
    }

    /// Of the values of [`EDITABLE`].
    pub(crate) fn of_texts(texts: [Option<&str>; 4]) -> Self {
        Self::of_parts(texts.map(part))
    }

    /// Of a contact that was `before` and took some fields from another: those are known as the other's.
    pub(crate) fn with_parts_of(self, other: Self, before: &Contact, after: &Contact) -> Self {
        let (before, after) = (Self::of(before).parts(), Self::of(after).parts());
        let (own, other) = (self.parts(), other.parts());
        Self::of_parts(std::array::from_fn(|n| if before[n] == after[n] { own[n] } else { other[n] }))
    }

    /// Whether somebody has edited a field of [`EDITABLE`] of a contact beside which this stands.
    pub(crate) fn is_edited(self, contact: &Contact, field: &str) -> bool {
        let now = Self::of(contact).parts();
        EDITABLE.iter().zip(now).zip(self.parts()).any(|((name, now), written)| *name == field && now != written)
    }

    fn of_parts(parts: [u16; 4]) -> Self {
        Self(i64::from_le_bytes(std::array::from_fn(|n| parts[n / 2].to_le_bytes()[n % 2])))
    }

    fn parts(self) -> [u16; 4] {
        let bytes = self.0.to_le_bytes();
        std::array::from_fn(|n| u16::from_le_bytes([bytes[2 * n], bytes[2 * n + 1]]))
    }
}

/// A hash of all that an import says of a contact.
///
/// Where the next import says the same, the database has it already: 64 bits, so that of a hundred million contacts
/// fewer than one in a thousand runs takes a change for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content(pub(crate) i64);

/// What stands beside a contact to know it by the next time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    pub(crate) written: Fingerprint,
    /// None where the contact is not what an import said.
    pub(crate) content: Option<Content>,
}

impl Marks {
    /// Of a contact that is what an import says.
    pub(crate) fn of(contact: &Contact) -> Self {
        Self { written: Fingerprint::of(contact), content: Some(Content::of(contact)) }
    }
}

impl Content {
    pub(crate) fn of(contact: &Contact) -> Self {
        let mut bytes = Vec::with_capacity(512);
        let mut text = |it: Option<&str>| {
            // No text is so long, so "none" is not "empty".
            bytes.extend_from_slice(&it.map_or(u64::MAX, |it| it.len() as u64).to_le_bytes());
            bytes.extend_from_slice(it.unwrap_or_default().as_bytes());
        };
        let micros = |it: Option<Timestamp>| it.map_or(i64::MIN, Timestamp::as_microsecond);
        text(contact.name.as_ref().map(|it| it.value.0.as_str()));
        text(contact.email.as_ref().map(|it| it.value.0.as_str()));
        text(contact.language.as_ref().map(|it| it.value.as_str()));
        text(contact.region.as_ref().map(|it| it.code()));
        text(contact.line_type.map(|it| it.name()));
        text(contact.is_reachable.as_ref().map(|it| if it.value { "yes" } else { "no" }));
        text(contact.consent.as_ref().map(|it| it.value.name()));
        contact.value_rows().into_iter().for_each(|(_, row)| text(row.map(|it| &**it)));
        for said in &contact.statements {
            [said.channel.name(), &said.purpose, said.state.name(), said.basis.name(), &said.words.0, &said.row]
                .into_iter()
                .for_each(|it| text(Some(it)));
        }
        for Identity { kind, scope, value } in &contact.identities {
            [kind.name(), scope, &value.0].into_iter().for_each(|it| text(Some(it)));
        }
        contact.tags.iter().for_each(|it| text(Some(it)));
        contact.channels.iter().for_each(|it| text(Some(it.name())));
        text(Some(&contact.rows));
        for at in contact.statements.iter().map(|it| it.at) {
            bytes.extend_from_slice(&micros(at.map(|it| it.from)).to_le_bytes());
            bytes.extend_from_slice(&micros(at.map(|it| it.until)).to_le_bytes());
        }
        for number in [
            contact.phone.map_or(0, |it| it.digits() as i64),
            micros(contact.first_at),
            micros(contact.last_at.as_ref().map(|it| it.value)),
            micros(contact.last_inbound_at),
            micros(contact.last_outbound_at),
            micros(contact.consent_at),
            contact.n_messages as i64,
            contact.n_rows as i64,
            contact.statements.len() as i64,
            contact.identities.len() as i64,
            contact.tags.len() as i64,
        ] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        Self(XxHash64::oneshot(0, &bytes) as i64)
    }
}

/// Nothing is no empty text.
fn part(text: Option<&str>) -> u16 {
    text.map_or(0, |it| (crc32fast::hash(it.as_bytes()) & 0xffff) as u16 | 1)
}

/// An import beside what people have edited.
pub(crate) struct Kept {
    pub(crate) contact: Contact,
    /// What is written beside it: of edited fields still what Ferry wrote last, so that they are known
    /// as edited the next time too.
    pub(crate) fingerprint: Fingerprint,
    /// Edited fields in which the import has something else.
    pub(crate) conflicts: Vec<&'static str>,
}

/// Puts what was edited back into `contact`, which is what the import would make of `held`. A refusal that is new comes
/// before an edit of the consent; the conflict is told all the same.
pub(crate) fn keep_edits(
    held: &Contact,
    written: Option<Fingerprint>,
    mut contact: Contact,
    has_new_refusal: bool,
) -> Kept {
    let mut parts = Fingerprint::of(&contact).parts();
    let mut conflicts = Vec::new();
    if let Some(written) = written {
        let now = Fingerprint::of(held).parts();
        for (n, field) in EDITABLE.into_iter().enumerate().filter(|it| now[it.0] != written.parts()[it.0]) {
            if parts[n] != now[n] {
                conflicts.push(field);
            }
            if field == "consent" && has_new_refusal {
                continue;
            }
            parts[n] = written.parts()[n];
            match field {
                "name" => contact.name.clone_from(&held.name),
                "email" => contact.email.clone_from(&held.email),
                "language" => contact.language.clone_from(&held.language),
                _ => {
                    contact.consent.clone_from(&held.consent);
                    contact.consent_at = held.consent_at;
                    contact.consent_channel = held.consent_channel;
                }
            }
        }
    }
    Kept { contact, fingerprint: Fingerprint::of_parts(parts), conflicts }
}
