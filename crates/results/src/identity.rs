use crm::{IdentityHistory, RecordedEvent};
use jiff::Timestamp;
use model::{ContactId, HeldIdentity, Identity};
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `ferry identity show`.
#[derive(Serialize, JsonSchema)]
pub struct IdentityResult {
    /// Everyone who has or had the identity.
    pub people: Vec<PersonIdentities>,
}

/// The identities of a person.
#[derive(Serialize, JsonSchema)]
pub struct PersonIdentities {
    /// The id of the contact.
    pub contact_id: String,
    /// Contacts that are the same person: they were merged into this one, or have a business-scoped id with it.
    pub same_person: Vec<String>,
    /// Why nothing may be sent to the contact; null if it may.
    pub hold: Option<IdentityHold>,
    /// All identities that the person has or had, in the order in which they came.
    pub identities: Vec<PersonIdentity>,
    /// What happened, in order.
    pub events: Vec<HappenedToIdentity>,
}

/// Why a contact is held.
#[derive(Serialize, JsonSchema)]
pub struct IdentityHold {
    /// The earliest reason: `identity_changed`, `number_changed`, `number_ended`, `number_reassigned`,
    /// `number_used_again` or `number_shared`.
    pub reason: &'static str,
    pub since: String,
}

/// An identity, and the time in which a person had it.
#[derive(Serialize, JsonSchema)]
pub struct PersonIdentity {
    /// `phone`, `viber`, `wa_id`, `bsuid`, `username` or `external`.
    pub kind: &'static str,
    /// Where the value is unique: a bot, a portfolio, a source.
    pub scope: String,
    pub value: String,
    /// The earliest moment at which it is known; null if it is known only that the person had it before.
    pub since: Option<String>,
    /// Null if the person has it now.
    pub until: Option<String>,
}

/// Something that happened to an identity.
#[derive(Serialize, JsonSchema)]
pub struct HappenedToIdentity {
    pub contact_id: String,
    /// `observed`, `linked`, `changed`, `ended`, `questioned`, `reassigned` or `acknowledged`.
    pub event: &'static str,
    /// The identity that it is about; null of an acknowledgement.
    pub identity: Option<NamedIdentity>,
    /// The identity before a change, or that with which another is linked.
    pub from: Option<NamedIdentity>,
    /// When it happened.
    pub at: String,
    /// When it was recorded; null if the evidence of a verifier tells of it.
    pub recorded_at: Option<String>,
    /// Where it was said, or the person who acknowledged.
    pub source: String,
    pub note: String,
}

/// An identity.
#[derive(Serialize, JsonSchema)]
pub struct NamedIdentity {
    pub kind: &'static str,
    pub scope: String,
    pub value: String,
}

/// The result of `ferry identity acknowledge`.
#[derive(Serialize, JsonSchema)]
pub struct AcknowledgeResult {
    /// The id of the contact.
    pub contact_id: String,
    /// Whether the contact was held.
    pub was_held: bool,
    /// Whether it is held still, because of a change that is dated in the future.
    pub held: bool,
    /// The reason for which it was or is held.
    pub reason: Option<&'static str>,
}

impl PersonIdentities {
    /// The history of a contact.
    pub fn of(id: ContactId, history: &IdentityHistory) -> Self {
        let others = history.chain.contacts.iter().filter(|it| **it != id);
        Self {
            contact_id: id.to_string(),
            same_person: others.map(ToString::to_string).collect(),
            hold: history.hold.map(|it| IdentityHold { reason: it.reason.name(), since: it.since.to_string() }),
            identities: history.chain.identities.iter().map(PersonIdentity::of).collect(),
            events: history.events.iter().map(HappenedToIdentity::of).collect(),
        }
    }
}

impl PersonIdentity {
    fn of(it: &HeldIdentity) -> Self {
        let NamedIdentity { kind, scope, value } = NamedIdentity::of(&it.identity);
        let text = |at: Option<Timestamp>| at.map(|it| it.to_string());
        Self { kind, scope, value, since: text(it.since), until: text(it.until) }
    }
}

impl NamedIdentity {
    fn of(identity: &Identity) -> Self {
        Self { kind: identity.kind.name(), scope: identity.scope.clone(), value: identity.value.0.clone() }
    }
}

impl HappenedToIdentity {
    /// An event as the database has it.
    pub fn of(it: &RecordedEvent) -> Self {
        let event = &it.event;
        Self {
            contact_id: event.contact.to_string(),
            event: event.change.name(),
            identity: event.change.identity().map(NamedIdentity::of),
            from: event.change.from().as_ref().map(NamedIdentity::of),
            at: event.at.to_string(),
            recorded_at: it.recorded_at.map(|it| it.to_string()),
            source: event.source.clone(),
            note: event.note.clone(),
        }
    }
}
