//! What a contact is after an import, given what the database held of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Consent, ConsentState, Contact, Identity, IdentityKind, LineType, Personal, PhoneNumber, Region};

/// The contact as it should stand: what the import knows wins, what it does not know stays.
///
/// The last contact and the consents are the latest of both sides; on one date the stricter word.
pub(crate) fn reconciled(held: Contact, incoming: Contact) -> Contact {
    let (phone, region, line_type) = phone_of(&held, &incoming);
    let other_phone = incoming.phone.filter(|it| phone != Some(*it)).map(phone_identity);
    let held_is_later = held.last_at.as_ref().map(|it| it.value) > incoming.last_at.as_ref().map(|it| it.value);
    let said = |it: &Contact| it.consent.as_ref().map(|said| place(it.consent_at, said.value));
    let (consent, consent_at) = match said(&held) > said(&incoming) {
        true => (held.consent, held.consent_at),
        false => (incoming.consent, incoming.consent_at),
    };
    Contact {
        id: incoming.id,
        phone,
        region,
        line_type,
        name: incoming.name.or(held.name),
        email: incoming.email.or(held.email),
        language: incoming.language.or(held.language),
        first_at: [held.first_at, incoming.first_at].into_iter().flatten().min(),
        last_at: if held_is_later { held.last_at } else { incoming.last_at },
        last_inbound_at: incoming.last_inbound_at.max(held.last_inbound_at),
        last_outbound_at: incoming.last_outbound_at.max(held.last_outbound_at),
        n_messages: incoming.n_messages,
        is_reachable: incoming.is_reachable.or(held.is_reachable),
        consent,
        consent_at,
        consents: consents(held.consents, incoming.consents),
        identities: union(held.identities, incoming.identities.into_iter().chain(other_phone).collect()),
        tags: union(held.tags, incoming.tags),
        channels: union(held.channels, incoming.channels),
        n_rows: incoming.n_rows,
        rows: incoming.rows,
    }
}

/// Two contacts as one: what the first knows wins, and the phone of the other becomes an identity where the first
/// has one.
pub(crate) fn joined(kept: Contact, other: Contact) -> Contact {
    let (phone, region, line_type) = phone_of(&kept, &other);
    let other_phone = other.phone.filter(|it| phone != Some(*it)).map(phone_identity);
    let n_messages = kept.n_messages + other.n_messages;
    let n_rows = kept.n_rows + other.n_rows;
    let rows = format!("{} {}", kept.rows, other.rows).into();
    let joined = reconciled(Contact { phone: None, ..other }, kept);
    let identities = union(joined.identities, other_phone.into_iter().collect());
    Contact { phone, region, line_type, n_messages, n_rows, rows, identities, ..joined }
}

/// The phone of two states of one contact, with what is known of it. Rows of somebody who was merged into the contact
/// have another phone, which does not take the place of its own.
fn phone_of(first: &Contact, second: &Contact) -> (Option<PhoneNumber>, Option<Region>, Option<LineType>) {
    let from = if first.phone.is_some() { first } else { second };
    (from.phone, from.region, from.line_type)
}

fn phone_identity(phone: PhoneNumber) -> Identity {
    Identity { kind: IdentityKind::Phone, scope: String::new(), value: Personal(phone.to_string()) }
}

/// The greatest place wins. A stop without a date comes from a list of people who have left, and no
/// date of a yes can be shown to be after it: it stays.
fn place(at: Option<Timestamp>, state: ConsentState) -> (bool, Option<Timestamp>, ConsentState) {
    (at.is_none() && state == ConsentState::Stop, at, state)
}

fn consents(held: Vec<Consent>, incoming: Vec<Consent>) -> Vec<Consent> {
    let mut by_channel: BTreeMap<_, Consent> = BTreeMap::new();
    for consent in held.into_iter().chain(incoming) {
        let key = (consent.channel, consent.purpose.clone());
        let is_older =
            by_channel.get(&key).is_some_and(|kept| place(kept.at, kept.state) > place(consent.at, consent.state));
        if !is_older {
            by_channel.insert(key, consent);
        }
    }
    by_channel.into_values().collect()
}

fn union<T: Ord>(held: Vec<T>, incoming: Vec<T>) -> Vec<T> {
    let mut all: Vec<T> = held.into_iter().chain(incoming).collect();
    all.sort();
    all.dedup();
    all
}
