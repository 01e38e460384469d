//! The people of a group of events, as the events make them known one after another.
//!
//! Webhooks come in any order, and each names some of the ids of a person. What one says of ids holds for all others, before
//! and after it: a refusal by any id of a person holds back everybody who has one of the ids, or is imported with one later.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use model::{
    ConsentState, ContactId, ContactKey, Event, EventContent, Identity, IdentityEvent, IdentityKind, Statement,
};
use phone::PhoneNumber;
use sync::{KnownScopedIds, StoredEvent, identity_events};

use crate::LoadError;
use crate::contact::Merges;
use crate::inbox::ids::has_scoped_id;
use crate::inbox::person::{Owners, Person};
use crate::inbox::said::Origin;
use crate::sql::{Row, Tx};

/// Whether an event or a statement is of a contact, who was not merged into another yet.
const IS_NAMED: &str = "select cast(1 as bigint) where (exists (select 1 from event where contact_id = $1) \
    or exists (select 1 from consent where contact_id = $1)) \
    and not exists (select 1 from decision where other_id = $1 and decision = 'merge')";
const FIRST: &str = "select min(coalesce(at, received_at)) from event where contact_id = $1 \
    and not exists (select 1 from decision where other_id = $1 and decision = 'merge')";
const NUMBERS: &str = "select contact_id, e164 from identity_gained";

/// Finds the person of each event.
pub(super) struct People<'a> {
    key: &'a ContactKey,
    merges: &'a Merges,
    owners: Owners,
    known: KnownScopedIds,
    learned: Learned,
}

/// What events say of the ids of people.
#[derive(Default)]
pub(super) struct Learned {
    pub(super) told: Vec<IdentityEvent>,
    /// Contacts that the ids of one event name, as far as that is new.
    pub(super) together: Vec<Vec<ContactId>>,
    same: Vec<Same>,
}

/// A contact that only webhooks name, by an id, is another contact.
struct Same {
    survivor: ContactId,
    absorbed: ContactId,
    identity: Identity,
    /// When the id was changed; none if it was only named. Who comes with an old user id later is the contact too.
    changed_at: Option<Timestamp>,
}

impl People<'_> {
    /// The person of the next event. What it says of ids holds for the events after it.
    pub(super) fn meet(&mut self, event: &Event, origin: &Origin) -> Option<Person> {
        let person = self.owners.person(self.key, self.merges, event, origin.is_signed)?;
        let Some(contact) = person.contacts.first().copied() else { return Some(person) };
        let stored = StoredEvent {
            number: origin.number,
            key: origin.digest,
            received_at: origin.received_at,
            is_signed: origin.is_signed,
            contact: Some(contact),
            // Identities do not depend on it.
            is_stop_or_start: false,
            event: event.clone(),
        };
        let told = identity_events(&stored, &mut self.known);
        if told.iter().any(|it| !self.owners.knows(it.contact, &it.change)) {
            self.learned.together.push(person.named.clone());
        }
        told.iter().for_each(|it| self.owners.learn(it.contact, &it.change));
        self.learned.told.extend(told);
        let changed_at = matches!(event.content, EventContent::Identity(_)).then(|| stored.at());
        for (absorbed, identity) in &person.same {
            if identity.kind == IdentityKind::Bsuid {
                self.owners.absorb(contact, *absorbed);
            }
            let (absorbed, identity) = (*absorbed, identity.clone());
            self.learned.same.push(Same { survivor: contact, absorbed, identity, changed_at });
        }
        Some(person)
    }

    /// What the events have said.
    pub(super) fn learned(self) -> Learned {
        self.learned
    }
}

impl Tx {
    /// Looks up what is known of the ids of some events.
    pub(super) async fn people_of<'a, 'e, 'o: 'e>(
        &mut self,
        key: &'a ContactKey,
        merges: &'a Merges,
        events: impl Iterator<Item = (&'e Event, &'e Origin<'o>)> + Clone,
    ) -> Result<People<'a>, LoadError> {
        let owners = self.owners_of(key, merges, events.clone().map(|it| it.0)).await?;
        let scoped = events.filter(|it| has_scoped_id(it.0));
        let contact =
            |(event, origin): (&Event, &Origin)| owners.person(key, merges, event, origin.is_signed)?.contact();
        let known = self.known_scoped_ids(scoped.filter_map(contact).collect()).await?;
        Ok(People { key, merges, owners, known, learned: Learned::default() })
    }

    /// Adds to refusals, and to answers that are not understood, those whom an import of another number of the person would
    /// bring: events have given the contact that number.
    pub(super) async fn with_all_numbers(
        &mut self,
        key: &ContactKey,
        mut statements: Vec<(ContactId, Statement)>,
    ) -> Result<Vec<(ContactId, Statement)>, LoadError> {
        let refusing: BTreeSet<ContactId> =
            statements.iter().filter(|it| it.1.state != ConsentState::Yes).map(|it| it.0).collect();
        let refusing: Vec<ContactId> = refusing.into_iter().collect();
        if refusing.is_empty() {
            return Ok(statements);
        }
        let number = |it: &dyn Row| Ok((it.contact_id(0)?, it.text(1)?));
        let mut numbers: HashMap<ContactId, Vec<ContactId>> = HashMap::new();
        for (contact, e164) in self.select_of(NUMBERS, &refusing, number).await? {
            let other = PhoneNumber::from_e164(&e164).map(|it| key.of_phone(it)).filter(|it| *it != contact);
            numbers.entry(contact).or_default().extend(other);
        }
        let more: Vec<(ContactId, Statement)> = statements
            .iter()
            .filter(|it| it.1.state != ConsentState::Yes)
            .flat_map(|(contact, it)| numbers.get(contact).into_iter().flatten().map(|other| (*other, it.clone())))
            .collect();
        statements.extend(more);
        Ok(statements)
    }

    /// Gives each of those whom an event names together the refusals of the others, and makes one of those who are one.
    pub(super) async fn join_people(&mut self, learned: &Learned) -> Result<(), LoadError> {
        for named in &learned.together {
            self.share_refusals(named).await?;
        }
        for it in &learned.same {
            if self.is_same(it).await? {
                self.absorb_named(it.survivor, it.absorbed, &it.identity).await?;
            }
        }
        Ok(())
    }

    async fn is_same(&mut self, it: &Same) -> Result<bool, LoadError> {
        let absorbed = [(&it.absorbed).into()];
        match (it.changed_at, it.identity.kind) {
            (Some(_), IdentityKind::Bsuid) => Ok(true),
            // A number can have been that of somebody else before.
            (Some(changed_at), _) => {
                let first = self.select(FIRST, &absorbed, |it| it.opt_time(0)).await?;
                Ok(first.first().copied().flatten().is_some_and(|it| it >= changed_at))
            }
            (None, _) => Ok(!self.select(IS_NAMED, &absorbed, |it| it.int(0)).await?.is_empty()),
        }
    }
}
