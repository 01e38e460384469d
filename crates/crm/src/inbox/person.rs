//! The contacts that the ids of an event name.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::{ContactId, ContactKey, Event, EventContent, Identity, IdentityChange, IdentityKind, Personal};
use phone::PhoneNumber;

use crate::LoadError;
use crate::contact::Merges;
use crate::inbox::ids::{Ids, ids_of, phone_and_wa_id};
use crate::sql::{Row, Tx, Wanted};

const OF_CONTACT: &str = "select contact_id, 'phone', '', e164 from contact";
const OF_IDENTITY: &str = "select contact_id, kind, scope, value from identity";
const WORD: &str = "select contact_id, kind, scope, value, at, cast(is_left as bigint) from identity_word";

/// The contacts that the ids of an event name. They need not be in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    /// The contact. Of a number that nobody has, an id for each of its spellings, that of the event first.
    pub(super) contacts: Vec<ContactId>,
    /// Other contacts whom the ids name as well. A refusal counts for them too, and nothing else does.
    pub(super) others: Vec<ContactId>,
    /// The identity that spoke, as `KIND:SCOPE:VALUE`. Once a merge is undone, it says to whom a statement belongs.
    pub(super) speaker: Option<String>,
    /// Contacts that only webhooks name, and that are this person by the word of the platform.
    pub(super) same: Vec<(ContactId, Identity)>,
    /// All whom the ids name, before and after a change: those who are in the database, and those whom an import of one of
    /// the ids would bring.
    pub(super) named: Vec<ContactId>,
    /// The contacts whose own number it is.
    own: Vec<ContactId>,
}

impl Person {
    /// The contact of the event.
    pub(super) fn contact(&self) -> Option<ContactId> {
        self.contacts.first().or(self.others.first()).copied()
    }

    /// The identity that spoke for a contact; none if it is its own number.
    pub(super) fn speaker_for(&self, contact: ContactId) -> Option<String> {
        self.speaker.clone().filter(|_| !self.own.contains(&contact))
    }
}

/// The owners of the identities that some events name. It learns what the events say, in their order.
#[derive(Debug, Default)]
pub(super) struct Owners {
    of: HashMap<Identity, BTreeSet<ContactId>>,
    /// Those of them who are contacts of the database. Only webhooks name the others.
    loaded: HashSet<ContactId>,
    /// Numbers that a contact has left.
    left: HashSet<(Identity, ContactId)>,
}

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
        wanted.extend(events.flat_map(ids_of).flat_map(Ids::all));
        let mut found = self.contacts_with_phones(key, &wanted).await?;
        let values: BTreeSet<&str> = wanted.iter().map(|it| it.value.0.as_str()).collect();
        let values = Wanted::Texts(values.into_iter().map(str::to_owned).collect());
        found.extend(self.select_by(OF_IDENTITY, "value", values.clone(), owner).await?);
        let word = |it: &dyn Row| Ok((owner(it)?, it.int(4)?, it.int(5)? != 0));
        let words = Words::of(survivors, self.select_by(WORD, "value", values, word).await?);
        let (mut of, mut loaded) = (words.owners(), self.loaded_of(words.contacts()).await?);
        for (contact, identity) in found {
            let contact = survivors.survivor(contact).unwrap_or(contact);
            loaded.insert(contact);
            if !words.has_ended(&identity, contact) {
                of.entry(identity).or_default().insert(contact);
            }
        }
        of.retain(|it, _| wanted.contains(it));
        Ok(Owners { of, loaded, left: words.ended() })
    }

    /// Those of some contacts that are in the database.
    async fn loaded_of(&mut self, contacts: BTreeSet<ContactId>) -> Result<HashSet<ContactId>, LoadError> {
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        if contacts.is_empty() {
            return Ok(HashSet::new());
        }
        Ok(self
            .select_of("select contact_id from contact", &contacts, |it| it.contact_id(0))
            .await?
            .into_iter()
            .collect())
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

/// The words of events about identities, by identity and contact.
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

    fn contacts(&self) -> BTreeSet<ContactId> {
        self.0.keys().map(|it| it.1).collect()
    }

    fn ended(&self) -> HashSet<(Identity, ContactId)> {
        self.0.iter().filter(|it| it.1.left.is_some()).map(|it| it.0.clone()).collect()
    }

    /// Whether the contact was said to have lost the identity. An import does not bring it back.
    fn has_ended(&self, identity: &Identity, contact: ContactId) -> bool {
        self.0.get(&(identity.clone(), contact)).is_some_and(|it| it.left.is_some())
    }
}

impl Owners {
    /// The person whom an event is about; none if it is about nobody, or has no id that tells people apart.
    pub(super) fn person(
        &self,
        key: &ContactKey,
        survivors: &Merges,
        event: &Event,
        is_signed: bool,
    ) -> Option<Person> {
        Naming { owners: self, key, survivors, event, ids: ids_of(event) }.person(is_signed)
    }

    /// Whether an event says nothing new of the ids of its contact.
    pub(super) fn knows(&self, contact: ContactId, change: &IdentityChange) -> bool {
        let has = |it: &Identity| self.of.get(it).is_some_and(|it| it.contains(&contact));
        match change {
            IdentityChange::Observed(identity) => has(identity),
            IdentityChange::Linked { identity, with } => has(identity) && has(with),
            _ => false,
        }
    }

    /// Learns what an event says of its contact: the events after it name the same person by it.
    pub(super) fn learn(&mut self, contact: ContactId, change: &IdentityChange) {
        if let (IdentityChange::Changed { .. }, Some(left)) = (change, change.from()) {
            self.of.entry(left.clone()).or_default().remove(&contact);
            self.left.insert((left, contact));
        }
        let had = change.from().into_iter().filter(|_| matches!(change, IdentityChange::Linked { .. }));
        let has = change.identity().cloned().filter(|_| !matches!(change, IdentityChange::Questioned(_)));
        for identity in has.into_iter().chain(had) {
            self.left.remove(&(identity.clone(), contact));
            self.of.entry(identity).or_default().insert(contact);
        }
    }

    /// Learns that somebody is another.
    pub(super) fn absorb(&mut self, survivor: ContactId, absorbed: ContactId) {
        for owners in self.of.values_mut() {
            if owners.remove(&absorbed) {
                owners.insert(survivor);
            }
        }
    }
}

/// The ids of an event, and what is known of them.
struct Naming<'a> {
    owners: &'a Owners,
    key: &'a ContactKey,
    survivors: &'a Merges,
    event: &'a Event,
    /// Those before a change first.
    ids: Vec<Ids>,
}

impl Naming<'_> {
    fn person(&self, is_signed: bool) -> Option<Person> {
        let speaker = self.ids.iter().find_map(|it| it.speaker(self.key, self.survivors));
        let own: Vec<ContactId> = self.numbers().map(|it| self.key.of_phone(it)).collect();
        let (found, mut imported) = self.found_and_imported();
        if found.is_empty() && imported.is_empty() {
            let identity = self.ids.iter().flat_map(|it| it.scoped.iter().chain(&it.username)).next()?;
            let named = self.of_identity(identity);
            if self.owners.left.contains(&(identity.clone(), named)) {
                // It was that contact's, who has it no longer: nothing but a refusal may count there.
                return Some(Person { others: vec![named], speaker, own, ..Person::default() });
            }
            imported.push(named);
        }
        let found = each_once(found);
        let (contacts, others) = match found.split_first() {
            Some((first, rest)) => (vec![*first], each_once(rest.iter().chain(&imported).copied().collect())),
            None => (each_once(imported), Vec::new()),
        };
        let first = *contacts.first()?;
        let others = others.into_iter().filter(|it| *it != first).collect();
        let same = if is_signed { self.same(first) } else { Vec::new() };
        let mut named = [&contacts[..], &found].concat();
        named.extend(same.iter().map(|it| it.0));
        named.extend(self.imported_by_number());
        Some(Person { contacts, others, speaker, same, named: each_once(named), own })
    }

    /// The contacts that have the ids, those who are believed first, and the contacts that an import of the number would bring.
    fn found_and_imported(&self) -> (Vec<ContactId>, Vec<ContactId>) {
        let has_owner = self.ids.iter().flat_map(|it| &it.numbers).any(|it| !self.owned(it).is_empty());
        let mut found: Vec<ContactId> = Vec::new();
        for it in &self.ids {
            found.extend(it.numbers.iter().chain(&it.scoped).flat_map(|it| self.owned(it)));
        }
        if found.is_empty() {
            found.extend(self.ids.iter().flat_map(|it| &it.username).flat_map(|it| self.owned(it)));
        }
        if has_owner {
            // A refusal counts for whoever is imported with the number, and for nobody who has left it.
            return (found, self.imported_by_number().collect());
        }
        let mut imported: Vec<ContactId> = self.numbers().map(|it| self.of_phone(it)).collect();
        if !found.is_empty() && !imported.is_empty() && found.iter().all(|it| self.is_only_named(*it)) {
            // A number tells more than an id that only webhooks have brought: imports bring the number.
            found.splice(..0, imported.drain(..1));
        } else {
            found.sort_by_key(|it| self.is_only_named(*it));
        }
        (found, imported)
    }

    /// Contacts that only webhooks name, and that are the contact `first`.
    fn same(&self, first: ContactId) -> Vec<(ContactId, Identity)> {
        let change = match &self.event.content {
            EventContent::Identity(change) => Some(change),
            _ => None,
        };
        let mut same = Vec::new();
        for identity in self.ids.iter().flat_map(|it| &it.scoped) {
            let owners = self.owned(identity);
            // Once the contact has the id, nobody else is heard by it.
            let is_known = change.is_none() && owners.contains(&first);
            let own = (!is_known).then(|| self.of_identity(identity));
            same.extend(owners.into_iter().chain(own).map(|it| (it, identity.clone())));
        }
        // Whoever wrote with the new number since a change is the contact as well.
        let new = change.map(|it| Ids::of(&self.event.account, &it.person).spellings).unwrap_or_default();
        same.extend(new.into_iter().map(|it| (self.of_phone(it), phone_and_wa_id(it)[0].clone())));
        same.retain(|it| it.0 != first && self.is_only_named(it.0));
        same
    }

    fn numbers(&self) -> impl Iterator<Item = PhoneNumber> {
        self.ids.iter().flat_map(|it| it.spellings.iter().copied())
    }

    /// The contacts that an import of the numbers would bring, but for those who have left them.
    fn imported_by_number(&self) -> impl Iterator<Item = ContactId> {
        let is_left =
            |it: &PhoneNumber| self.owners.left.contains(&(phone_and_wa_id(*it)[0].clone(), self.key.of_phone(*it)));
        self.numbers().filter(move |it| !is_left(it)).map(|it| self.of_phone(it))
    }

    fn owned(&self, identity: &Identity) -> Vec<ContactId> {
        self.owners.of.get(identity).into_iter().flatten().map(|it| self.survivor(*it)).collect()
    }

    fn of_phone(&self, number: PhoneNumber) -> ContactId {
        self.survivor(self.key.of_phone(number))
    }

    fn of_identity(&self, identity: &Identity) -> ContactId {
        self.survivor(self.key.of_identity(identity.kind, &identity.scope, &identity.value.0))
    }

    fn survivor(&self, contact: ContactId) -> ContactId {
        self.survivors.survivor(contact).unwrap_or(contact)
    }

    fn is_only_named(&self, contact: ContactId) -> bool {
        !self.owners.loaded.contains(&contact)
    }
}

fn each_once(contacts: Vec<ContactId>) -> Vec<ContactId> {
    let mut seen = BTreeSet::new();
    contacts.into_iter().filter(|it| seen.insert(*it)).collect()
}
