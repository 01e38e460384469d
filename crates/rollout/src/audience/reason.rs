//! Reasons for which people are left out.

use std::fmt;

/// Why a person is left out of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    Taken,
    Refused,
    Suppressed,
    HeldIdentity,
    NoConsent,
    RestrictedCountry,
    UsMarketing,
    LineType,
    NotRegistered,
    ExcludedByCode,
    NeverDelivered,
    SharedOrReassigned,
    LongSilent,
    NotInAllowList,
    NoTemplateInLanguage,
    MissingParameter,
    OverMaxPeople,
}

/// The reasons with their stable names and what they mean, in the order in which they are looked for.
const TABLE: [(Reason, &str, &str); 17] = [
    (Reason::Taken, "taken", "This step was sent to the person already."),
    (Reason::Refused, "refused", "The person said that they do not want such messages."),
    (Reason::Suppressed, "suppressed", "The person is on the list of people who must not be written to."),
    (
        Reason::HeldIdentity,
        "held-identity",
        "The number may belong to another person now. Find out who has it, then run `ferry identity acknowledge`.",
    ),
    (Reason::NoConsent, "no-consent", "There is no consent to such messages on WhatsApp that counts now."),
    (Reason::RestrictedCountry, "restricted-country", "The platform delivers nothing to the country of the number."),
    (Reason::UsMarketing, "us-marketing", "The platform delivers no marketing to numbers of the United States."),
    (Reason::LineType, "line-type", "The number is no mobile number."),
    (Reason::NotRegistered, "not-registered", "The last evidence says that the number is not on WhatsApp."),
    (
        Reason::ExcludedByCode,
        "excluded-by-code",
        "The platform refused an earlier message of this campaign to the person, such as with 131026.",
    ),
    (Reason::NeverDelivered, "never-delivered", "Several messages were sent to the person, and none was delivered."),
    (
        Reason::SharedOrReassigned,
        "reassigned-or-shared-number",
        "The number belongs to several people, or somebody else has it now.",
    ),
    (Reason::LongSilent, "long-silent", "Nothing came from the person or reached them for a long time."),
    (
        Reason::NotInAllowList,
        "not-in-test-recipients",
        "The plan lists the people who may be written to, and not this one.",
    ),
    (Reason::NoTemplateInLanguage, "no-template-in-language", "No template is approved in a language of the person."),
    (Reason::MissingParameter, "missing-parameter", "A value that the template needs is not known for the person."),
    (Reason::OverMaxPeople, "over-max-people", "The step has as many people as the plan allows."),
];

impl Reason {
    /// All reasons, in the order in which they are looked for.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|it| it.0)
    }

    /// The stable name, such as `long-silent`.
    pub fn as_str(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// What it means, for people.
    pub fn text(self) -> &'static str {
        TABLE[self as usize].2
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|it| it.1 == name).map(|it| it.0)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_name_of_its_own_and_a_sentence() {
        for (n, reason) in Reason::all().enumerate() {
            assert_eq!((reason as usize, Reason::from_name(reason.as_str())), (n, Some(reason)));
            assert!(reason.text().ends_with('.'), "{reason}");
        }
    }
}
