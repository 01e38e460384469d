//! Whom the ids of an event name.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::{
    ContactId, ContactKey, Event, EventContent, Identity, IdentityChange, IdentityKind, PersonIds, Personal,
    identity_name,
};
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    /// The contact. Of a number that nobody has, an id for each of its spellings, that of the event first.
    pub(super) contacts: Vec<ContactId>,
    /// Other contacts whom the ids name as well. A refusal counts for them too, and nothing else does.
    pub(super) others: Vec<ContactId>,
    /// The identity that spoke, as `KIND:SCOPE:VALUE`. Once a merge is undone, it says to whom a statement belongs.
    pub(super) speaker: Option<String>,
    /// Those whom only webhooks name, and who are this person by the word of the platform.
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

/// The ids of the person whom an event is about, those before a change first; none if it is about nobody.
fn ids_of(event: &Event) -> Vec<Ids> {
    let ids = match &event.content {
        EventContent::Status(it) => vec![&it.person],
        EventContent::Message(it) => vec![&it.person],
        EventContent::Preference(it) => vec![&it.person],
        EventContent::Identity(it) => vec![&it.before, &it.person],
        EventContent::Call(it) => vec![&it.person],
        EventContent::Other(it) if !it.person.is_empty() => vec![&it.person],
        EventContent::Template(_) | EventContent::Number(_) | EventContent::Account(_) | EventContent::Other(_) => {
            vec![]
        }
    };
    ids.into_iter().map(|it| Ids::of(&event.account, it)).collect()
}

/// Who has the identities that some events name. It learns what the events say, in their order.
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
        let ids = ids_of(event);
        let survivor = |it: ContactId| survivors.survivor(it).unwrap_or(it);
        let owned = |it: &Identity| self.of.get(it).into_iter().flatten().copied().map(survivor).collect::<Vec<_>>();
        let by_number: Vec<ContactId> = ids.iter().flat_map(|it| &it.numbers).flat_map(owned).collect();
        let mut found: Vec<ContactId> = Vec::new();
        for it in &ids {
            found.extend(it.numbers.iter().chain(&it.scoped).flat_map(owned));
        }
        if found.is_empty() {
            found.extend(ids.iter().flat_map(|it| &it.username).flat_map(owned));
        }
        let speaker = ids.iter().find_map(|it| it.speaker(key, survivors));
        let numbers: Vec<PhoneNumber> = ids.iter().flat_map(|it| it.spellings.clone()).collect();
        let own: Vec<ContactId> = numbers.iter().map(|it| key.of_phone(*it)).collect();
        let is_left = |it: &PhoneNumber| self.left.contains(&(phone_and_wa_id(*it)[0].clone(), key.of_phone(*it)));
        let mut spellings: Vec<ContactId> = own.iter().copied().map(survivor).collect();
        let is_only_named = |it: &ContactId| !self.loaded.contains(it);
        if !by_number.is_empty() {
            // A refusal counts for whoever is imported with the number, and for nobody who has left it.
            spellings = numbers.iter().filter(|it| !is_left(it)).map(|it| survivor(key.of_phone(*it))).collect();
        } else if !found.is_empty() && !spellings.is_empty() && found.iter().all(is_only_named) {
            // A number tells more than an id that only webhooks have brought: imports bring the number.
            found.splice(..0, spellings.drain(..1));
        } else {
            found.sort_by_key(is_only_named);
        }
        if found.is_empty() && spellings.is_empty() {
            let identity = ids.iter().flat_map(|it| it.scoped.iter().chain(&it.username)).next()?;
            let named = survivor(key.of_identity(identity.kind, &identity.scope, &identity.value.0));
            if self.left.contains(&(identity.clone(), named)) {
                // It was that contact's, who has it no longer: nothing but a refusal may count there.
                return Some(Person { others: vec![named], speaker, own, ..Person::default() });
            }
            spellings.push(named);
        }
        let found = each_once(found);
        let (contacts, others) = match found.split_first() {
            Some((first, rest)) => (vec![*first], each_once(rest.iter().chain(&spellings).copied().collect())),
            None => (each_once(spellings), Vec::new()),
        };
        let first = *contacts.first()?;
        let others = others.into_iter().filter(|it| *it != first).collect();
        let is_changed = matches!(event.content, EventContent::Identity(_));
        let mut same = Vec::new();
        for identity in ids.iter().flat_map(|it| &it.scoped).filter(|_| is_signed) {
            let owners = owned(identity);
            // Once the contact has the id, nobody else is heard by it.
            let own = Some(survivor(key.of_identity(identity.kind, &identity.scope, &identity.value.0)));
            let own = own.filter(|_| is_changed || !owners.contains(&first));
            same.extend(owners.into_iter().chain(own).map(|it| (it, identity.clone())));
        }
        if let (EventContent::Identity(it), true) = (&event.content, is_signed) {
            // Whoever wrote with the new number since the change is the contact as well.
            let new = Ids::of(&event.account, &it.person).spellings;
            same.extend(new.into_iter().map(|it| (survivor(key.of_phone(it)), phone_and_wa_id(it)[0].clone())));
        }
        same.retain(|it| it.0 != first && is_only_named(&it.0));
        let mut named = [&contacts[..], &found, &same.iter().map(|it| it.0).collect::<Vec<_>>()].concat();
        named.extend(numbers.iter().filter(|it| !is_left(it)).map(|it| survivor(key.of_phone(*it))));
        Some(Person { contacts, others, speaker, same, named: each_once(named), own })
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

/// Whether an event names a business-scoped id. Only such an event can say that two are one.
pub(super) fn has_scoped_id(event: &Event) -> bool {
    ids_of(event).iter().any(|it| !it.scoped.is_empty())
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
