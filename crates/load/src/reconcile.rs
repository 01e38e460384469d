//! What a contact is after an import, given what the database held of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Consent, ConsentState, Contact};

/// The contact as it should stand: what the import knows wins, what it does not know stays.
///
/// The last contact and the consents are the latest of both sides; on one date the stricter word.
pub(crate) fn reconciled(held: Contact, incoming: Contact) -> Contact {
    let held_is_later = held.last_at.as_ref().map(|it| it.value) > incoming.last_at.as_ref().map(|it| it.value);
    let said = |it: &Contact| it.consent.as_ref().map(|said| place(it.consent_at, said.value));
    let (consent, consent_at) = match said(&held) > said(&incoming) {
        true => (held.consent, held.consent_at),
        false => (incoming.consent, incoming.consent_at),
    };
    Contact {
        id: incoming.id,
        phone: incoming.phone.or(held.phone),
        region: incoming.region.or(held.region),
        line_type: incoming.line_type.or(held.line_type),
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
        identities: union(held.identities, incoming.identities),
        tags: union(held.tags, incoming.tags),
        channels: union(held.channels, incoming.channels),
        n_rows: incoming.n_rows,
        rows: incoming.rows,
    }
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
