//! What events say of the identities of people.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    ContactId, Digest, EventChannel, EventContent, Identity, IdentityChange, IdentityEvent, IdentityKind,
    IdentityTelling, IdentityTold, PersonIds, Personal,
};

use crate::stored::StoredEvent;

/// The business-scoped ids that each contact was ever known by, in each scope.
#[derive(Clone, Debug, Default)]
pub struct KnownScopedIds(BTreeMap<(ContactId, String), BTreeSet<Personal<String>>>);

impl KnownScopedIds {
    /// Adds an id. True if it was not known.
    pub fn add(&mut self, contact: ContactId, scope: &str, id: &Personal<String>) -> bool {
        self.0.entry((contact, scope.to_owned())).or_default().insert(id.clone())
    }

    fn has_other(&self, contact: ContactId, scope: &str, id: &Personal<String>) -> bool {
        self.0.get(&(contact, scope.to_owned())).is_some_and(|it| !it.is_empty() && !it.contains(id))
    }
}

/// What an event says of the identities of its contact.
///
/// - A change that the platform tells is a `changed` or a `questioned` event, named by the event's key.
/// - Ids that were seen together are `linked`, and a user name is `observed`: once a contact, named by what they say, so a
///   thousand messages are one row. Only signed events of WhatsApp count for that.
/// - A number that comes with a business-scoped id that its contact was never known by, though it is known by another one, is
///   `questioned`: Meta gives an account a new id when its number changes, so the number may be that of another person. If the
///   platform told of the change first, the new id is known. `known` learns the ids of the event.
///
/// Nothing is `reassigned`: no webhook says who has a number now.
pub fn identity_events(stored: &StoredEvent, known: &mut KnownScopedIds) -> Vec<IdentityEvent> {
    let Some(contact) = stored.contact else { return Vec::new() };
    let told = |it: &IdentityTold| changes_told(it, &stored.event.account);
    let (changes, is_told) = match &stored.event.content {
        EventContent::Identity(it) => (told(it), true),
        EventContent::Status(it) => (seen(stored, contact, &it.person, known), false),
        EventContent::Message(it) => (seen(stored, contact, &it.person, known), false),
        EventContent::Call(it) => (seen(stored, contact, &it.person, known), false),
        EventContent::Preference(it) => (seen(stored, contact, &it.person, known), false),
        EventContent::Other(it) => (seen(stored, contact, &it.person, known), false),
        _ => return Vec::new(),
    };
    for change in &changes {
        let named = change.identity().into_iter().cloned().chain(change.from());
        for it in named.filter(|it| it.kind == IdentityKind::Bsuid) {
            known.add(contact, &it.scope, &it.value);
        }
    }
    let id = |place: usize, change: &IdentityChange| match is_told {
        true => format!("webhook:{}:{place}", hex::encode(stored.key)),
        false => format!("webhook:{}", digest_of(contact, change)),
    };
    let event = |(place, change): (usize, IdentityChange)| IdentityEvent {
        id: id(place, &change),
        contact,
        change,
        at: stored.at(),
        source: format!("webhook event {}", stored.number),
        note: String::new(),
    };
    changes.into_iter().enumerate().map(event).collect()
}

/// What the platform tells of a change.
fn changes_told(told: &IdentityTold, scope: &str) -> Vec<IdentityChange> {
    let (now, before) = (&told.person, &told.before);
    let number = changed(phone(before), phone(now));
    let scoped = changed(bsuid(before, scope), bsuid(now, scope));
    let any = phone(now).or_else(|| bsuid(now, scope));
    match told.change {
        IdentityTelling::NumberChanged => {
            let changes: Vec<IdentityChange> = number.into_iter().chain(scoped).collect();
            // It is not said which number it was: nobody may be written to before a person has looked.
            if changes.is_empty() { any.map(IdentityChange::Questioned).into_iter().collect() } else { changes }
        }
        IdentityTelling::UserIdChanged => {
            let first = || bsuid(now, scope).map(IdentityChange::Observed);
            number.into_iter().chain(scoped.or_else(first)).collect()
        }
        IdentityTelling::KeyChanged => any.map(IdentityChange::Questioned).into_iter().collect(),
    }
}

fn changed(from: Option<Identity>, to: Option<Identity>) -> Option<IdentityChange> {
    let (from, to) = (from?.value, to?);
    (from != to.value).then_some(IdentityChange::Changed { from, to })
}

/// What ids say that were seen together.
fn seen(stored: &StoredEvent, contact: ContactId, person: &PersonIds, known: &KnownScopedIds) -> Vec<IdentityChange> {
    if !stored.is_signed || stored.event.channel != Some(EventChannel::Whatsapp) {
        return Vec::new();
    }
    let scope = &stored.event.account;
    let scoped = bsuid(person, scope);
    let is_strange = scoped.as_ref().is_some_and(|it| known.has_other(contact, scope, &it.value));
    let question = phone(person).filter(|_| is_strange).map(IdentityChange::Questioned);
    let linked = match (scoped, wa_id(person)) {
        (Some(identity), Some(with)) => Some(IdentityChange::Linked { identity, with }),
        (Some(identity), None) => Some(IdentityChange::Observed(identity)),
        _ => None,
    };
    let name =
        person.username.clone().map(|value| Identity { kind: IdentityKind::Username, scope: String::new(), value });
    question.into_iter().chain(linked).chain(name.map(IdentityChange::Observed)).collect()
}

fn digits(person: &PersonIds) -> Option<String> {
    let text = &person.wa_id.as_ref()?.0;
    let digits = text.strip_prefix("whatsapp:").unwrap_or(text).trim_start_matches('+');
    let is_number = (5..=15).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| digits.to_owned())
}

fn phone(person: &PersonIds) -> Option<Identity> {
    let value = Personal(format!("+{}", digits(person)?));
    Some(Identity { kind: IdentityKind::Phone, scope: String::new(), value })
}

fn wa_id(person: &PersonIds) -> Option<Identity> {
    Some(Identity { kind: IdentityKind::WaId, scope: String::new(), value: Personal(digits(person)?) })
}

fn bsuid(person: &PersonIds, scope: &str) -> Option<Identity> {
    let value = person.user_id.clone().filter(|it| !it.0.is_empty())?;
    Some(Identity { kind: IdentityKind::Bsuid, scope: scope.to_owned(), value })
}

/// A digest of what an event says of a contact, without its moment.
fn digest_of(contact: ContactId, change: &IdentityChange) -> Digest {
    let named = [change.identity().cloned(), change.from()];
    let texts = named.into_iter().flatten().flat_map(|it| [it.kind.name().to_owned(), it.scope, it.value.0]);
    let texts: Vec<String> = [change.name().to_owned()].into_iter().chain(texts).collect();
    Digest::of_parts([&contact.0[..]].into_iter().chain(texts.iter().map(String::as_bytes)))
}
