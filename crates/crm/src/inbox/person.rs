//! Whom the ids of an event name.

use std::collections::{BTreeSet, HashMap};

use model::{ContactId, ContactKey, Event, EventContent, Identity, IdentityKind, PersonIds, Personal, identity_name};
use phone::PhoneNumber;

use crate::LoadError;
use crate::contact::Merges;
use crate::inbox::tables::column_text;
use crate::sql::{Row, Tx, Wanted};
use crate::statements::phone_name;

const OF_CONTACT: &str = "select contact_id, 'phone', '', e164 from contact";
const OF_IDENTITY: &str = "select contact_id, kind, scope, value from identity";
const WORD: &str = "select contact_id, kind, scope, value, at, cast(is_left as bigint) from identity_word";

/// The contacts that the ids of an event name. They need not be in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// The contact. Of a number that nobody has, an id for each of its spellings, that of the event first.
    pub(super) contacts: Vec<ContactId>,
    /// Other contacts whom the ids name as well. A refusal counts for them too, and nothing else does.
    pub(super) others: Vec<ContactId>,
    /// The identity that spoke, as `KIND:SCOPE:VALUE`. Once a merge is undone, it says to whom a statement belongs.
    pub(super) speaker: Option<String>,
    /// The contacts whose own number it is.
    own: Vec<ContactId>,
}

impl Person {
    /// The identity that spoke for a contact; none if it is its own number.
    pub(super) fn speaker_for(&self, contact: ContactId) -> Option<String> {
        self.speaker.clone().filter(|_| !self.own.contains(&contact))
    }
}

/// The ids of the person whom an event is about; none if it is about nobody.
pub(super) fn ids_of(event: &Event) -> Option<&PersonIds> {
    match &event.content {
        EventContent::Status(it) => Some(&it.person),
        EventContent::Message(it) => Some(&it.person),
        EventContent::Preference(it) => Some(&it.person),
        EventContent::Identity(it) => Some(&it.person),
        EventContent::Call(it) => Some(&it.person),
        EventContent::Template(_) | EventContent::Number(_) | EventContent::Account(_) | EventContent::Other(_) => None,
    }
}

/// Who has the identities that some events name.
#[derive(Debug, Default)]
pub(super) struct Owners(HashMap<Identity, BTreeSet<ContactId>>);

impl Tx {
    /// Looks up all identities that events name: in contacts, in what imports wrote, and in what was told since. The rules are
    /// those of the view `identity_now`.
    pub(super) async fn owners_of(
        &mut self,
        key: &ContactKey,
        survivors: &Merges,
        events: impl Iterator<Item = &Event>,
    ) -> Result<Owners, LoadError> {
        let mut wanted: BTreeSet<Identity> = BTreeSet::new();
        for (event, ids) in events.filter_map(|it| Some((it, ids_of(it)?))) {
            wanted.extend(Ids::of(&event.account, ids).all());
        }
        let mut found = self.contacts_with_phones(key, &wanted).await?;
        let values: BTreeSet<&str> = wanted.iter().map(|it| it.value.0.as_str()).collect();
        let values = Wanted::Texts(values.into_iter().map(str::to_owned).collect());
        found.extend(self.select_by(OF_IDENTITY, "value", values.clone(), owner).await?);
        let word = |it: &dyn Row| Ok((owner(it)?, it.int(4)?, it.int(5)? != 0));
        let words = Words::of(survivors, self.select_by(WORD, "value", values, word).await?);
        let mut owners = words.owners();
        for (contact, identity) in found {
            let contact = survivors.survivor(contact).unwrap_or(contact);
            if !words.has_ended(&identity, contact) {
                owners.entry(identity).or_default().insert(contact);
            }
        }
        owners.retain(|it, _| wanted.contains(it));
        Ok(Owners(owners))
    }

    async fn contacts_with_phones(
        &mut self,
        key: &ContactKey,
        wanted: &BTreeSet<Identity>,
    ) -> Result<Vec<(ContactId, Identity)>, LoadError> {
        let mut phones: BTreeSet<&str> = BTreeSet::new();
        phones.extend(wanted.iter().filter(|it| it.kind == IdentityKind::Phone).map(|it| it.value.0.as_str()));
        let numbers = phones.iter().filter_map(|it| PhoneNumber::from_e164(it));
        // The id of a contact is made from its first number, so nearly everyone is found by it. The index of numbers is not
        // there before the first load has ended.
        let ids: Vec<ContactId> = numbers.map(|it| key.of_phone(it)).collect();
        let held = |it: &dyn Row| if it.opt_text(3)?.is_some() { owner(it).map(Some) } else { Ok(None) };
        let mut found: Vec<_> = self.select_of(OF_CONTACT, &ids, held).await?.into_iter().flatten().collect();
        for (_, identity) in &found {
            phones.remove(identity.value.0.as_str());
        }
        let others = Wanted::Texts(phones.into_iter().map(str::to_owned).collect());
        found.extend(self.select_by(OF_CONTACT, "e164", others, owner).await?);
        Ok(found)
    }
}

fn owner(row: &dyn Row) -> Result<(ContactId, Identity), LoadError> {
    let (kind, scope) = (row.word(1, IdentityKind::from_name)?, row.text(2)?);
    Ok((row.contact_id(0)?, Identity { kind, scope, value: Personal(row.text(3)?) }))
}

/// The last moments at which a contact was said to have an identity, and to have it no longer.
#[derive(Clone, Copy, Default)]
struct LastWords {
    had: Option<i64>,
    left: Option<i64>,
}

/// What was told of identities since they were imported.
struct Words(HashMap<(Identity, ContactId), LastWords>);

impl Words {
    fn of(survivors: &Merges, rows: Vec<((ContactId, Identity), i64, bool)>) -> Self {
        let mut words: HashMap<(Identity, ContactId), LastWords> = HashMap::new();
        for ((contact, identity), at, is_left) in rows {
            let contact = survivors.survivor(contact).unwrap_or(contact);
            let last = words.entry((identity, contact)).or_default();
            let moment = if is_left { &mut last.left } else { &mut last.had };
            *moment = (*moment).max(Some(at));
        }
        Self(words)
    }

    fn owners(&self) -> HashMap<Identity, BTreeSet<ContactId>> {
        let mut owners: HashMap<Identity, BTreeSet<ContactId>> = HashMap::new();
        for ((identity, contact), _) in self.0.iter().filter(|it| it.1.had > it.1.left) {
            owners.entry(identity.clone()).or_default().insert(*contact);
        }
        owners
    }

    /// Whether the contact was said to have lost the identity. An import does not bring it back.
    fn has_ended(&self, identity: &Identity, contact: ContactId) -> bool {
        self.0.get(&(identity.clone(), contact)).is_some_and(|it| it.left.is_some())
    }
}

impl Owners {
    /// The person whom an event is about; none if it is about nobody, or has no id that tells people apart.
    pub(super) fn person(&self, key: &ContactKey, survivors: &Merges, event: &Event) -> Option<Person> {
        let ids = Ids::of(&event.account, ids_of(event)?);
        let mut found: Vec<ContactId> = Vec::new();
        let owned = |it: &Identity| self.0.get(it).into_iter().flatten().copied().collect::<Vec<_>>();
        let by_number: Vec<ContactId> = ids.numbers.iter().flat_map(owned).collect();
        found.extend(&by_number);
        found.extend(ids.scoped.iter().flat_map(owned));
        if found.is_empty() {
            found.extend(ids.username.iter().flat_map(owned));
        }
        let mut spellings: Vec<ContactId> = ids.spellings.iter().map(|it| key.of_phone(*it)).collect();
        let (speaker, own) = (ids.speaker(key, survivors), spellings.clone());
        if !by_number.is_empty() {
            spellings.clear();
        }
        if found.is_empty() && spellings.is_empty() {
            let Identity { kind, scope, value } = ids.scoped.into_iter().chain(ids.username).next()?;
            spellings.push(key.of_identity(kind, &scope, &value.0));
        }
        for it in found.iter_mut().chain(&mut spellings) {
            *it = survivors.survivor(*it).unwrap_or(*it);
        }
        let found = each_once(found);
        match found.split_first() {
            Some((first, rest)) => {
                let others = rest.iter().copied().chain(spellings).filter(|it| it != first).collect();
                Some(Person { contacts: vec![*first], others: each_once(others), speaker, own })
            }
            None => Some(Person { contacts: each_once(spellings), others: Vec::new(), speaker, own }),
        }
    }
}

fn each_once(contacts: Vec<ContactId>) -> Vec<ContactId> {
    let mut seen = BTreeSet::new();
    contacts.into_iter().filter(|it| seen.insert(*it)).collect()
}

/// The identities that the ids of a person name, in the order in which they are believed.
#[derive(Default)]
struct Ids {
    /// The spellings of the number, that of the event first.
    spellings: Vec<PhoneNumber>,
    /// The number as phone and as id of WhatsApp, in all spellings.
    numbers: Vec<Identity>,
    /// The ids that the platform has for the business.
    scoped: Vec<Identity>,
    /// A user name is one of all of WhatsApp. It can pass to somebody else, so it is believed last.
    username: Option<Identity>,
}

impl Ids {
    fn of(account: &str, ids: &PersonIds) -> Self {
        let identity = |kind, scope: &str, value: &Option<Personal<String>>| {
            let value = value.clone().filter(|it| !it.0.is_empty() && !it.0.contains('\0'))?;
            Some(Identity { kind, scope: scope.to_owned(), value })
        };
        let scope = column_text(account);
        let bsuids = [&ids.user_id, &ids.parent_user_id].map(|it| identity(IdentityKind::Bsuid, &scope, it));
        let mut named = Self {
            scoped: bsuids.into_iter().flatten().collect(),
            username: identity(IdentityKind::Username, "", &ids.username),
            ..Self::default()
        };
        if let Some(number) = ids.wa_id.as_ref().and_then(|it| number_of(&it.0)) {
            named.spellings = vec![number];
            named.spellings.extend(number.variants().into_iter().filter(|it| *it != number));
            named.numbers = named.spellings.iter().flat_map(|it| phone_and_wa_id(*it)).collect();
        }
        named
    }

    /// The name of the identity that spoke: the number if there is one, in the spelling of somebody who was merged.
    fn speaker(&self, key: &ContactKey, survivors: &Merges) -> Option<String> {
        let is_merged = |it: &&PhoneNumber| survivors.survivor(key.of_phone(**it)).is_some();
        if let Some(number) = self.spellings.iter().find(is_merged).or(self.spellings.first()) {
            return Some(phone_name(&number.to_string()));
        }
        let spoke = self.scoped.iter().chain(&self.username).next()?;
        Some(identity_name(spoke.kind.name(), &spoke.scope, &column_text(&spoke.value.0)))
    }

    fn all(self) -> impl Iterator<Item = Identity> {
        self.numbers.into_iter().chain(self.scoped).chain(self.username)
    }
}

fn phone_and_wa_id(number: PhoneNumber) -> [Identity; 2] {
    let of = |kind, value| Identity { kind, scope: String::new(), value: Personal(value) };
    [of(IdentityKind::Phone, number.to_string()), of(IdentityKind::WaId, number.digits().to_string())]
}

/// Reads `33199000001`, `+33199000001` and `whatsapp:+33199000001`. Nothing but digits is a number: an id of another kind has
/// digits as well.
fn number_of(wa_id: &str) -> Option<PhoneNumber> {
    const FEWEST_DIGITS: usize = 7;
    let text = wa_id.strip_prefix("whatsapp:").unwrap_or(wa_id);
    let digits = text.strip_prefix('+').unwrap_or(text);
    PhoneNumber::from_e164(&format!("+{digits}")).filter(|_| digits.len() >= FEWEST_DIGITS)
}
