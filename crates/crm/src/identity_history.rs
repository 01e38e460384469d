//! Identities with their history: who had which number and which id, and from when until when.
//!
//! Events are rows that are added and never changed; triggers refuse all else. What a contact has now, and whether it is
//! held back, is derived from them: see the views `identity_now` and `contact_hold`. Events come from these sources:
//!
//! | what is said | by whom | event | holds? | source, date |
//! |---|---|---|---|---|
//! | system message `user_changed_number` | WhatsApp | `changed` (phone) | yes: the old number can get a new owner | Meta, webhook `messages`, 2026-05-07 |
//! | system message `user_changed_user_id`, or field `user_id_update` | WhatsApp | `changed` (bsuid) | no: the same account has a new id | Meta changelog, 2026-08-11 |
//! | system message `customer_identity_changed` or `user_identity_changed`; error 137000 of a send | WhatsApp | `questioned` | yes: another person may have the number | Meta, webhook `messages`, 2026-05-07 |
//! | `identity_changed` as status of evidence | `ferry verify` from a file of events | none: the views read the evidence | yes, as `questioned` | the same messages |
//! | `wa_id` and `user_id` of one message or status | WhatsApp | `linked` | no | Meta, business-scoped user ids, 2026-05-07 |
//! | `username` of a message or status | WhatsApp | `observed` | no | Meta, business-scoped user ids, 2026-11-05 |
//! | number on the list of `/v1/Deactivations` | Twilio, not read yet | `ended`, or `reassigned` | yes: carriers give such numbers to others | Twilio, Deactivations |
//! | rows of an import that name a number after somebody has left it | a run | none: the views compare the run with the event | yes: they may be about a new owner | – |
//! | rows of an import that make another contact with the number of a person | a run | none: the views compare the contacts | both, until they are merged | – |
//! | "it is still the same person" | a person, with `ferry identity acknowledge` | `acknowledged` | ends all holds before it | – |
//!
//! The id of a contact is made from its first number and stays when the number changes. So rows that name the old number
//! later come to the same contact, though they may be about the new owner. The contact is held again then, even if the
//! change was acknowledged before. Rows that say what was known already change nothing and hold no one.

mod holds;
mod rows;

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use model::{
    AliasChain, ContactId, Identity, IdentityChange, IdentityDecision, IdentityEvent, IdentityKind, ImportedIdentity,
    alias_chains, is_plain,
};

use crate::identity_history::rows::{EVENT, push_event};
use crate::sql::{Row, Rows, Tx};
use crate::{Crm, LoadError};

pub use holds::{Acknowledged, Hold};
pub use rows::RecordedEvent;

const RECORD: &str = "record what happened to identities";
const READ: &str = "read the history of identities";

const LAST_NUMBER: &str = "select max(number) from identity_event";
const NAMING: &str = "select contact_id from identity_event where value = $1 and kind = $2 and scope = $3 \
    union select contact_id from identity_event where from_value = $1 and from_kind = $2 and from_scope = $3 \
    union select contact_id from identity where value = $1 and kind = $2 and scope = $3 \
    union select contact_id from contact where e164 = $1 and $2 = 'phone'";
const WITH_VALUE: &str = "select contact_id from identity_event where value = $1 \
    union select contact_id from identity_event where from_value = $1";

/// Selects the contacts that have one of some numbers by an event. `phones` and `digits` are lists of values in SQL: the numbers
/// in E.164 form, and without the plus, which are WhatsApp ids.
pub(crate) fn contacts_with_number(phones: &str, digits: &str) -> String {
    format!(
        "select coalesce(contact_survivor.contact_id, said.contact_id) as contact_id from identity_gained as said \
           left join contact_survivor on contact_survivor.merged_id = said.contact_id \
         where (said.kind = 'phone' and said.value in ({phones})) or (said.kind = 'wa_id' and said.value in ({digits}))"
    )
}

const GAINED: &str = "select coalesce(contact_survivor.contact_id, said.contact_id) as contact_id, e164 \
    from identity_gained as said left join contact_survivor on contact_survivor.merged_id = said.contact_id \
    where not exists (select 1 from contact where contact.contact_id = said.contact_id and contact.e164 = said.e164) \
    order by at, 1";
const LEFT: &str = "select case said.from_kind when 'phone' then said.from_value else '+' || said.from_value end as e164 \
    from identity_event as said where said.event = 'changed' and (said.from_kind = 'phone' or said.from_kind = 'wa_id')";

/// Numbers of people that have changed since they were imported.
#[derive(Clone, Debug, Default)]
pub struct MovedNumbers {
    /// The contact that has a number by the last event about it. Numbers are in E.164 form.
    pub now: HashMap<String, ContactId>,
    /// The numbers that somebody has left for another, and that nobody is known to have since.
    pub left: HashSet<String>,
}

/// The most events whose ids are looked up in one statement.
const LOOKED_UP: usize = 500;
/// The most characters of a value, a scope, an id or a source: more than any platform gives.
const MAX_TEXT: usize = 500;

/// What became of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordedEvents {
    pub added: u64,
    /// Events that were recorded before.
    pub known: u64,
    /// Events that cannot be kept: a text is empty, too long or not plain, a number became itself, or the moment is before
    /// 1970.
    pub refused: u64,
}

/// All that is known of the identities of a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityHistory {
    /// The contact, and all contacts that were merged into it.
    pub contacts: Vec<ContactId>,
    /// In the order in which they happened. Those that are not recorded come from evidence.
    pub events: Vec<RecordedEvent>,
    /// What imports say of its identities.
    pub imported: Vec<ImportedIdentity>,
    /// All identities that the person has had, also those of contacts that have a business-scoped id with this one.
    pub chain: AliasChain,
    /// Why nothing may be sent to the contact; none if it may.
    pub hold: Option<Hold>,
}

impl Crm {
    /// Records events, in one transaction. An event with an id that is recorded already changes nothing.
    pub async fn record_identity_events(&self, events: &[IdentityEvent]) -> Result<RecordedEvents, LoadError> {
        let mut tx = self.begin_durable(RECORD).await?;
        let recorded = tx.record_identity_events(events).await?;
        tx.commit().await?;
        Ok(recorded)
    }

    /// The history of a contact and of all contacts that were merged into it.
    pub async fn identity_history(&self, contact: ContactId) -> Result<IdentityHistory, LoadError> {
        let merges = self.merged_pairs().await?;
        let contacts: Vec<ContactId> = with_merged(contact, &merges).into_iter().collect();
        let mut reader = self.reader(READ).await?;
        let (events, imported) = reader.identity_rows(&contacts).await?;
        let hold = reader.hold_of(contact).await?;
        drop(reader);
        let scoped = events.iter().flat_map(RecordedEvent::named).chain(imported.iter().map(|it| it.identity.clone()));
        let scoped = scoped.filter(|it| it.kind == IdentityKind::Bsuid).min();
        let chains = match scoped {
            Some(Identity { kind, scope, value }) => self.alias_chain(kind, &scope, &value.0).await?,
            None => {
                let of_events: Vec<IdentityEvent> = events.iter().map(|it| it.event.clone()).collect();
                alias_chains(&of_events, &imported, &merges_of(&contacts, &merges))
            }
        };
        let chain = chains.into_iter().find(|it| it.contacts.contains(&contact)).unwrap_or_default();
        Ok(IdentityHistory { contacts, events, imported, chain, hold })
    }

    /// Everyone who has or had this identity, each with all other identities: what it was before, and what it became.
    pub async fn alias_chain(
        &self,
        kind: IdentityKind,
        scope: &str,
        value: &str,
    ) -> Result<Vec<AliasChain>, LoadError> {
        let merges = self.merged_pairs().await?;
        let asked = Identity { kind, scope: scope.to_owned(), value: value.to_owned().into() };
        let mut reader = self.reader(READ).await?;
        let mut contacts: BTreeSet<ContactId> = BTreeSet::new();
        let (mut events, mut imported) = (Vec::new(), Vec::new());
        let mut looked_up: HashSet<Identity> = HashSet::new();
        let mut wanted = vec![asked.clone()];
        while let Some(identity) = wanted.pop() {
            if !looked_up.insert(identity.clone()) {
                continue;
            }
            let found = reader.contacts_naming(&identity).await?;
            let found: BTreeSet<ContactId> = found.into_iter().flat_map(|it| connected(it, &merges)).collect();
            let new: Vec<ContactId> = found.into_iter().filter(|it| contacts.insert(*it)).collect();
            let (of_new, imported_by_new) = reader.identity_rows(&new).await?;
            // A business-scoped id makes several contacts one person.
            let named = of_new.iter().flat_map(RecordedEvent::named);
            let named = named.chain(imported_by_new.iter().map(|it| it.identity.clone()));
            wanted.extend(named.filter(|it| it.kind == IdentityKind::Bsuid));
            events.extend(of_new.into_iter().map(|it| it.event));
            imported.extend(imported_by_new);
        }
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        let chains = alias_chains(&events, &imported, &merges_of(&contacts, &merges));
        Ok(chains.into_iter().filter(|it| it.has(&asked)).collect())
    }

    /// Why nothing may be sent to a contact; none if it may.
    pub async fn hold(&self, contact: ContactId) -> Result<Option<Hold>, LoadError> {
        self.reader(READ).await?.hold_of(contact).await
    }

    /// The contacts of which an event names this value, of whatever kind. Those that imports know by it are found by
    /// [`Crm::find`].
    pub async fn find_by_event(&self, value: &str) -> Result<Vec<ContactId>, LoadError> {
        self.select(READ, WITH_VALUE, &[value.into()], |it| it.contact_id(0)).await
    }

    /// When a contact left a number, in E.164 form, for another one; none if it has the number or never had it.
    pub async fn number_left(&self, contact: ContactId, number: &str) -> Result<Option<Timestamp>, LoadError> {
        let having = contacts_with_number("$1", "substr($1, 2)");
        if self.select(READ, &having, &[number.into()], |it| it.contact_id(0)).await?.contains(&contact) {
            return Ok(None);
        }
        let is_left = |it: &IdentityEvent| match &it.change {
            IdentityChange::Changed { from, to } => match to.kind {
                IdentityKind::Phone => from.0 == number,
                IdentityKind::WaId => number.strip_prefix('+') == Some(from.0.as_str()),
                _ => false,
            },
            _ => false,
        };
        let events = self.identity_history(contact).await?.events.into_iter().map(|it| it.event);
        Ok(events.filter(is_left).map(|it| it.at).max())
    }

    /// The numbers that people have changed to, and those that they have left.
    pub async fn moved_numbers(&self) -> Result<MovedNumbers, LoadError> {
        let row = |it: &dyn Row| Ok((it.contact_id(0)?, it.text(1)?));
        let now = self.select(READ, GAINED, &[], row).await?;
        let left = self.select(READ, LEFT, &[], |it| it.text(0)).await?;
        let now: HashMap<String, ContactId> = now.into_iter().map(|(contact, number)| (number, contact)).collect();
        Ok(MovedNumbers { left: left.into_iter().filter(|it| !now.contains_key(it)).collect(), now })
    }

    /// The merges that hold, as pairs of the contact that stays and the other.
    async fn merged_pairs(&self) -> Result<Vec<(ContactId, ContactId)>, LoadError> {
        let pair = |it: IdentityDecision| match it {
            IdentityDecision::SamePerson { survivor, absorbed } => Some((survivor, absorbed)),
            _ => None,
        };
        Ok(self.decisions().await?.into_iter().filter_map(pair).collect())
    }
}

impl Tx {
    /// See [`Crm::record_identity_events`]: others record events in the transaction of what comes with them.
    pub(crate) async fn record_identity_events(
        &mut self,
        events: &[IdentityEvent],
    ) -> Result<RecordedEvents, LoadError> {
        let mut recorded = RecordedEvents::default();
        let mut known = self.known_ids(events).await?;
        let mut number = self.select(LAST_NUMBER, &[], |it| it.opt_int(0)).await?.pop().flatten().unwrap_or(0);
        let recorded_at = Timestamp::now();
        let mut rows = Rows::new(&EVENT);
        for event in events {
            if !is_usable(event) {
                recorded.refused += 1;
            } else if !known.insert(event.id.clone()) {
                recorded.known += 1;
            } else {
                number += 1;
                recorded.added += 1;
                push_event(&mut rows, number, event, recorded_at);
            }
        }
        self.write_rows([rows]).await?;
        Ok(recorded)
    }

    async fn known_ids(&mut self, events: &[IdentityEvent]) -> Result<HashSet<String>, LoadError> {
        let mut known = HashSet::new();
        for events in events.chunks(LOOKED_UP) {
            let places: Vec<String> = (1..=events.len()).map(|it| format!("${it}")).collect();
            let select = format!("select event_id from identity_event where event_id in ({})", places.join(", "));
            let ids: Vec<_> = events.iter().map(|it| it.id.as_str().into()).collect();
            known.extend(self.select(&select, &ids, |it| it.text(0)).await?);
        }
        Ok(known)
    }

    async fn contacts_naming(&mut self, identity: &Identity) -> Result<Vec<ContactId>, LoadError> {
        let parameters =
            [identity.value.0.as_str().into(), identity.kind.name().into(), identity.scope.as_str().into()];
        self.select(NAMING, &parameters, |it| it.contact_id(0)).await
    }
}

/// Whether the database can keep an event. PostgreSQL takes no NUL.
fn is_usable(event: &IdentityEvent) -> bool {
    let is_text = |it: &str| !it.is_empty() && is_plain(it, MAX_TEXT);
    let is_identity = |it: &Identity| is_text(&it.value.0) && is_plain(&it.scope, MAX_TEXT);
    let (identity, from) = (event.change.identity(), event.change.from());
    is_text(&event.id)
        && is_plain(&event.source, MAX_TEXT)
        && is_plain(&event.note, MAX_TEXT)
        && event.at >= Timestamp::UNIX_EPOCH
        && identity.is_none_or(is_identity)
        && from.as_ref().is_none_or(is_identity)
        && !(matches!(event.change, IdentityChange::Changed { .. }) && from.as_ref() == identity)
}

/// The merges among some contacts, which are in the order of their ids.
fn merges_of(contacts: &[ContactId], merges: &[(ContactId, ContactId)]) -> Vec<(ContactId, ContactId)> {
    let is_among = |it: &ContactId| contacts.binary_search(it).is_ok();
    merges.iter().filter(|it| is_among(&it.0) && is_among(&it.1)).copied().collect()
}

/// The contact, and all contacts that were merged into it.
fn with_merged(contact: ContactId, merges: &[(ContactId, ContactId)]) -> BTreeSet<ContactId> {
    reached(contact, |it| merges.iter().filter(move |pair| pair.0 == it).map(|pair| pair.1).collect())
}

/// The contact, and all contacts that merges connect with it.
fn connected(contact: ContactId, merges: &[(ContactId, ContactId)]) -> BTreeSet<ContactId> {
    let others = |it: ContactId| {
        let other = move |pair: &(ContactId, ContactId)| match *pair {
            (one, other) if one == it => Some(other),
            (one, other) if other == it => Some(one),
            _ => None,
        };
        merges.iter().filter_map(other).collect()
    };
    reached(contact, others)
}

fn reached(contact: ContactId, next: impl Fn(ContactId) -> Vec<ContactId>) -> BTreeSet<ContactId> {
    let mut reached = BTreeSet::new();
    let mut wanted = vec![contact];
    while let Some(contact) = wanted.pop() {
        if reached.insert(contact) {
            wanted.extend(next(contact));
        }
    }
    reached
}
