use crate::ContactId;

/// What a person has decided about who is who, beyond what the rows say.
///
/// A decision holds in every later run until it is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityDecision {
    /// Both contacts are one person. The rows of `absorbed` belong to `survivor`.
    SamePerson { survivor: ContactId, absorbed: ContactId },
    /// The two contacts are never the same person.
    DifferentPeople(ContactId, ContactId),
    /// Several people use the phone of this contact, so the phone identifies none of them.
    SharedPhone(ContactId),
}

impl IdentityDecision {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::SamePerson { .. } => "merge",
            Self::DifferentPeople(..) => "never",
            Self::SharedPhone(_) => "shared",
        }
    }

    /// The two contacts, the survivor first; the same contact twice if the decision is about one.
    pub fn contacts(self) -> (ContactId, ContactId) {
        match self {
            Self::SamePerson { survivor, absorbed } => (survivor, absorbed),
            Self::DifferentPeople(one, other) => (one, other),
            Self::SharedPhone(contact) => (contact, contact),
        }
    }

    /// Reads back what [`IdentityDecision::name`] and [`IdentityDecision::contacts`] gave.
    pub fn from_parts(name: &str, contact: ContactId, other: ContactId) -> Option<Self> {
        match name {
            "merge" => Some(Self::SamePerson { survivor: contact, absorbed: other }),
            "never" => Some(Self::DifferentPeople(contact, other)),
            "shared" => Some(Self::SharedPhone(contact)),
            _ => None,
        }
    }

    /// Whether the decision is about these two contacts, in either order.
    pub fn is_about(self, one: ContactId, other: ContactId) -> bool {
        [(one, other), (other, one)].contains(&self.contacts())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_reads_back_from_its_parts() {
        let [ana, ben] = [1, 2].map(|it| ContactId([it; 16]));
        for decision in [
            IdentityDecision::SamePerson { survivor: ana, absorbed: ben },
            IdentityDecision::DifferentPeople(ana, ben),
            IdentityDecision::SharedPhone(ana),
        ] {
            let (contact, other) = decision.contacts();
            assert_eq!(IdentityDecision::from_parts(decision.name(), contact, other), Some(decision));
        }
        assert_eq!(IdentityDecision::from_parts("perhaps", ana, ben), None);
    }

    #[test]
    fn a_decision_is_about_its_two_contacts_in_either_order() {
        let [ana, ben, eve] = [1, 2, 3].map(|it| ContactId([it; 16]));
        let decision = IdentityDecision::DifferentPeople(ana, ben);
        assert!(decision.is_about(ana, ben) && decision.is_about(ben, ana));
        assert!(!decision.is_about(ana, eve) && !decision.is_about(ana, ana));
    }
}
