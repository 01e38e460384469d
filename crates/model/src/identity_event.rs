//! What happens to the identities of people: a number changes, an id is new, a number gets another owner.

use jiff::Timestamp;

use crate::{ContactId, Identity, IdentityKind, Personal};

/// Something that happened to an identity of a contact, as a platform, a provider or a person said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityEvent {
    /// Names the event for good: an event that is delivered twice is one event.
    pub id: String,
    /// The contact that it is about, as it was known when the event came.
    pub contact: ContactId,
    pub change: IdentityChange,
    /// When it happened, by the word of its source.
    pub at: Timestamp,
    /// Where it was said: the id of a message, a run and row, a person.
    pub source: String,
    /// Anything else that was said. Empty if nothing was.
    pub note: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityChange {
    /// The contact used the identity, or was seen with it.
    Observed(Identity),
    /// An identity is of the same person as one by which the contact was known.
    Linked { identity: Identity, with: Identity },
    /// The contact has another value of the same kind and scope instead.
    Changed { from: Personal<String>, to: Identity },
    /// The contact has the identity no longer.
    Ended(Identity),
    /// The identity may be that of another person now.
    Questioned(Identity),
    /// The identity was given to another person.
    Reassigned(Identity),
    /// A person has made sure who has the identities: it is the contact.
    Acknowledged,
}

/// An identity that an import has written to a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedIdentity {
    pub contact: ContactId,
    pub identity: Identity,
    /// When the run of the import began.
    pub at: Timestamp,
    /// The run.
    pub source: String,
}

/// Why nothing may be sent to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldReason {
    IdentityChanged,
    NumberChanged,
    NumberEnded,
    NumberReassigned,
    /// Somebody has left the number of the contact, and a later import names it again.
    NumberUsedAgain,
    /// Another contact was imported with the number that the contact has now.
    NumberShared,
}

impl HoldReason {
    const NAMES: [(Self, &'static str); 6] = [
        (Self::IdentityChanged, "identity_changed"),
        (Self::NumberChanged, "number_changed"),
        (Self::NumberEnded, "number_ended"),
        (Self::NumberReassigned, "number_reassigned"),
        (Self::NumberUsedAgain, "number_used_again"),
        (Self::NumberShared, "number_shared"),
    ];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// Reads back what [`HoldReason::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|it| it.1 == name).map(|it| it.0)
    }

    /// What it means, in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::IdentityChanged => "WhatsApp says that another person may have the number",
            Self::NumberChanged => "the person has changed to another number",
            Self::NumberEnded => "the number was cut off",
            Self::NumberReassigned => "the number was given to another person",
            Self::NumberUsedAgain => "an import names a number that its owner has left",
            Self::NumberShared => "another contact has the same number: make them one with `ferry merge`",
        }
    }
}

impl IdentityChange {
    /// The name in the database.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Observed(_) => "observed",
            Self::Linked { .. } => "linked",
            Self::Changed { .. } => "changed",
            Self::Ended(_) => "ended",
            Self::Questioned(_) => "questioned",
            Self::Reassigned(_) => "reassigned",
            Self::Acknowledged => "acknowledged",
        }
    }

    /// The identity that it is about; the new one of a change.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Observed(it) | Self::Ended(it) | Self::Questioned(it) | Self::Reassigned(it) => Some(it),
            Self::Linked { identity, .. } => Some(identity),
            Self::Changed { to, .. } => Some(to),
            Self::Acknowledged => None,
        }
    }

    /// The identity before a change, or that with which another is linked.
    pub fn from(&self) -> Option<Identity> {
        match self {
            Self::Linked { with, .. } => Some(with.clone()),
            Self::Changed { from, to } => Some(Identity { value: from.clone(), ..to.clone() }),
            _ => None,
        }
    }

    /// Reads back what [`IdentityChange::name`], [`IdentityChange::identity`] and [`IdentityChange::from`] gave.
    pub fn from_parts(name: &str, identity: Option<Identity>, from: Option<Identity>) -> Option<Self> {
        Some(match (name, identity, from) {
            ("observed", Some(it), None) => Self::Observed(it),
            ("linked", Some(identity), Some(with)) => Self::Linked { identity, with },
            ("changed", Some(to), Some(from)) => Self::Changed { from: from.value, to },
            ("ended", Some(it), None) => Self::Ended(it),
            ("questioned", Some(it), None) => Self::Questioned(it),
            ("reassigned", Some(it), None) => Self::Reassigned(it),
            ("acknowledged", None, None) => Self::Acknowledged,
            _ => return None,
        })
    }

    /// Why this holds the contact until a person acknowledges it; none if it does not.
    ///
    /// A phone and the WhatsApp id of a number can get a new owner. Viber ids and business-scoped ids cannot, so a new one
    /// is only another name of the same person.
    pub fn hold(&self) -> Option<HoldReason> {
        let is_number = |it: &Identity| matches!(it.kind, IdentityKind::Phone | IdentityKind::WaId);
        match self {
            Self::Questioned(_) => Some(HoldReason::IdentityChanged),
            Self::Reassigned(_) => Some(HoldReason::NumberReassigned),
            Self::Changed { to, .. } if is_number(to) => Some(HoldReason::NumberChanged),
            Self::Ended(it) if is_number(it) => Some(HoldReason::NumberEnded),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(kind: IdentityKind, value: &str) -> Identity {
        Identity { kind, scope: String::new(), value: Personal(value.to_owned()) }
    }

    fn changes(kind: IdentityKind) -> [IdentityChange; 7] {
        let [old, new] = ["old", "new"].map(|it| identity(kind, it));
        [
            IdentityChange::Observed(new.clone()),
            IdentityChange::Linked { identity: new.clone(), with: identity(IdentityKind::Phone, "+33199000001") },
            IdentityChange::Changed { from: old.value, to: new.clone() },
            IdentityChange::Ended(new.clone()),
            IdentityChange::Questioned(new.clone()),
            IdentityChange::Reassigned(new),
            IdentityChange::Acknowledged,
        ]
    }

    #[test]
    fn every_change_reads_back_from_its_parts() {
        for change in changes(IdentityKind::Bsuid) {
            let parts = (change.name(), change.identity().cloned(), change.from());
            assert_eq!(IdentityChange::from_parts(parts.0, parts.1, parts.2), Some(change));
        }
        assert_eq!(IdentityChange::from_parts("changed", None, None), None);
    }

    #[test]
    fn a_number_that_changes_hands_holds_the_contact_and_a_new_scoped_id_does_not() {
        let held = |kind| changes(kind).iter().filter_map(|it| Some(it.hold()?.name())).collect::<Vec<_>>().join(" ");
        let of_number = "number_changed number_ended identity_changed number_reassigned";
        assert_eq!([IdentityKind::Phone, IdentityKind::WaId].map(held), [of_number, of_number]);
        for kind in [IdentityKind::Bsuid, IdentityKind::Viber, IdentityKind::Username, IdentityKind::External] {
            assert_eq!(held(kind), "identity_changed number_reassigned");
        }
    }

    #[test]
    fn every_reason_reads_back_its_own_name() {
        for (reason, name) in HoldReason::NAMES {
            assert_eq!((reason.name(), HoldReason::from_name(name)), (name, Some(reason)));
        }
    }
}
