//! The last word of a platform on a number or an account.

use jiff::Timestamp;
use model::EventContent;

use crate::stored::StoredEvent;

/// What a platform has said last about one thing. The later word counts by its own time, and of two at once the one whose
/// event has the greater key, so the order in which they come does not matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastWord {
    pub at: Timestamp,
    /// The digest of the event.
    pub key: [u8; 32],
    /// The platform's word.
    pub event: String,
    /// Anything else that was said, as names and values.
    pub rest: Vec<(String, String)>,
}

/// The limit of people a day, as it was said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastLimit {
    pub at: Timestamp,
    pub key: [u8; 32],
    /// -1 for none.
    pub limit: i64,
}

/// What is known of one thing about a number or an account. Words that name no limit leave the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub word: LastWord,
    pub limit: Option<LastLimit>,
}

/// What is spoken of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    pub account: String,
    /// Empty if it is about the whole account.
    pub sender: String,
    /// What it is about, in the platform's word.
    pub about: String,
}

impl Said {
    /// What an event says of a number or an account; none if it is about something else.
    pub fn of(stored: &StoredEvent) -> Option<(Subject, Self)> {
        let (sender, about, event, limit, rest) = match &stored.event.content {
            EventContent::Number(it) => (stored.event.sender.clone(), &it.about, &it.event, it.limit, &it.rest),
            EventContent::Account(it) => (String::new(), &it.about, &it.event, it.limit, &it.rest),
            _ => return None,
        };
        let subject = Subject { account: stored.event.account.clone(), sender, about: about.clone() };
        let (at, key) = (stored.at(), stored.key);
        let word = LastWord { at, key, event: event.clone(), rest: rest.clone() };
        Some((subject, Self { word, limit: limit.map(|limit| LastLimit { at, key, limit }) }))
    }

    /// What both say together.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { word: self.word.max(other.word), limit: self.limit.max(other.limit) }
    }
}
