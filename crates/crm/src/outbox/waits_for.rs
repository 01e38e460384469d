//! What a planned message waits for.

use crate::outbox::NotPermitted;

/// What a message waits for that was put off, or is planned again. The column `waits_for` has its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    NoConsent,
    Refused,
    Suppressed,
    /// The contact is held.
    Identity,
    NoBasis,
    /// There is no STOP any more that is to be confirmed.
    NoStop,
    NoChannel,
    /// The contact was merged into another.
    Merged,
    NoAddress,
    AddressChanged,
    NotInTestRecipients,
    /// The conversation is closed that a text needs.
    NoConversation,
    /// A limit never lets it go, such as hours where no hour is known to be allowed.
    NoMoment,
    AskedToWait,
    AskedToSlowDown,
    TooLate,
    Unreachable,
    /// The log of sends could not be written.
    Log,
    /// The campaign was paused by the code of an answer.
    Paused,
    /// A person has settled that it was not sent.
    Settled,
    /// A limit by its name. The names are those of the crate `rollout`.
    Limit(&'static str),
}

use WaitsFor::*;

/// The words, but for those of limits, and whether only a person can end the wait.
const TABLE: [(WaitsFor, &str, bool); 20] = [
    (NoConsent, "no-consent", true),
    (Refused, "refused", true),
    (Suppressed, "suppressed", true),
    (Identity, "identity", true),
    (NoBasis, "no-basis", false),
    (NoStop, "no-stop", false),
    (NoChannel, "no-channel", false),
    (Merged, "merged", false),
    (NoAddress, "no-address", true),
    (AddressChanged, "address-changed", true),
    (NotInTestRecipients, "not-in-test-recipients", true),
    (NoConversation, "no-conversation", true),
    (NoMoment, "no-moment", true),
    (AskedToWait, "asked-to-wait", false),
    (AskedToSlowDown, "asked-to-slow-down", false),
    (TooLate, "too-late", false),
    (Unreachable, "unreachable", false),
    (Log, "log", false),
    (Paused, "paused", false),
    (Settled, "settled", false),
];

impl WaitsFor {
    /// The word of the column.
    pub fn name(self) -> &'static str {
        match self {
            Limit(name) => name,
            _ => TABLE.iter().find(|it| it.0 == self).map_or("", |it| it.1),
        }
    }

    /// Whether the word is that of a wait which only a person can end.
    pub fn needs_a_person(word: &str) -> bool {
        TABLE.iter().any(|it| it.1 == word && it.2)
    }
}

impl From<NotPermitted> for WaitsFor {
    fn from(why: NotPermitted) -> Self {
        match why {
            NotPermitted::Unknown => Merged,
            NotPermitted::Suppressed => Suppressed,
            NotPermitted::Held => Identity,
            NotPermitted::NoConsent => NoConsent,
            NotPermitted::Refused => Refused,
            NotPermitted::OtherBasis => NoBasis,
            NotPermitted::NoStop => NoStop,
            NotPermitted::NoMessage => NoChannel,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page has no row for these: no message of a campaign waits for them.
    const NOT_OF_CAMPAIGNS: [WaitsFor; 3] = [NoBasis, NoChannel, Merged];

    #[test]
    fn every_word_is_explained_on_the_page_about_sending() {
        let page = include_str!("../../../../docs/sending.md");
        let section = page.split("## A message that waits").nth(1).and_then(|it| it.split("## ").next()).unwrap();
        let is_there = |it: &WaitsFor| section.contains(&format!("`{}`", it.name()));
        let missing: Vec<WaitsFor> = TABLE.iter().map(|it| it.0).filter(|it| !is_there(it)).collect();
        assert_eq!(missing, NOT_OF_CAMPAIGNS);
    }

    #[test]
    fn a_limit_ends_by_itself_and_a_missing_consent_does_not() {
        assert_eq!(Limit("hours").name(), "hours");
        let needs = ["hours", "no-consent", "too-late", "identity", "unheard-of"].map(WaitsFor::needs_a_person);
        assert_eq!(needs, [false, true, false, true, false]);
    }
}
