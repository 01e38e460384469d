use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Channel, Personal, RowName};

/// The purpose of a consent in an export, which names none.
pub const PURPOSE_MESSAGES: &str = "messages";

/// The meaning of a statement about consent. Ordered by strictness: between two that are otherwise equal, the stricter
/// counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    Yes,
    /// The statement is not understood. It holds the person back as a refusal does.
    Unclear,
    /// A refusal that a system has recorded.
    No,
    /// A refusal in the person's own words.
    Stop,
}

impl ConsentState {
    pub const ALL: [Self; 4] = [Self::Yes, Self::Unclear, Self::No, Self::Stop];

    /// The name in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Unclear => "unclear",
            Self::No => "no",
            Self::Stop => "stop",
        }
    }

    /// Reads back what [`ConsentState::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    pub fn is_refusal(self) -> bool {
        matches!(self, Self::No | Self::Stop)
    }
}

/// The channel that a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentChannel {
    Sms,
    Viber,
    Whatsapp,
    Email,
    All,
}

impl ConsentChannel {
    pub const ALL: [Self; 5] = [Self::Sms, Self::Viber, Self::Whatsapp, Self::Email, Self::All];
    /// The channels for messages.
    pub const MESSAGING: [Self; 3] = [Self::Sms, Self::Viber, Self::Whatsapp];

    /// The name in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Viber => "viber",
            Self::Whatsapp => "whatsapp",
            Self::Email => "email",
            Self::All => "all",
        }
    }

    /// Reads back what [`ConsentChannel::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl From<Channel> for ConsentChannel {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Sms => Self::Sms,
            Channel::Viber => Self::Viber,
        }
    }
}

/// Where a statement was found, which decides how its words are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A cell of a column about consent.
    Cell,
    /// A cell of a column of refusals, such as "Do not contact".
    OptOut,
    /// The text of a message from the person.
    Message,
    /// An event or an error code of the provider.
    Event,
    /// An entry of a list of people who have opted out.
    List,
    /// An unreadable value of the row, in a source with too many of them.
    Unreadable,
}

impl Basis {
    pub const ALL: [Self; 6] = [Self::Cell, Self::OptOut, Self::Message, Self::Event, Self::List, Self::Unreadable];

    /// The name in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cell => "cell",
            Self::OptOut => "opt_out",
            Self::Message => "message",
            Self::Event => "event",
            Self::List => "list",
            Self::Unreadable => "unreadable",
        }
    }

    /// Reads back what [`Basis::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A run and its start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunMark {
    pub started_at: Timestamp,
    pub id: Arc<str>,
}

/// The time of a statement: an instant, or a whole day if only the day is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SaidAt {
    pub from: Timestamp,
    /// The end of the day, or the instant itself.
    pub until: Timestamp,
}

/// One statement of a person about consent, as it was found.
///
/// Statements are never removed. Which one counts is derived from all of them, by the crate `consent`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    pub channel: ConsentChannel,
    /// None if the source gives no date.
    pub at: Option<SaidAt>,
    /// The current reading of the words.
    pub state: ConsentState,
    pub basis: Basis,
    /// The words as received.
    pub words: Personal<String>,
    /// [`PURPOSE_MESSAGES`] for all statements from exports.
    pub purpose: Cow<'static, str>,
    /// The first source row with the statement, such as `sms:12`.
    pub row: RowName,
    pub first_run: RunMark,
    pub last_run: RunMark,
}

impl Statement {
    /// The id of the statement among those of its contact. The same words of the same source about the same channel and
    /// time are one statement, in any row and any run.
    pub fn id(&self) -> i64 {
        let mut bytes = Vec::with_capacity(128);
        let source = self.row.split(':').next().unwrap_or_default();
        let texts = [self.channel.name(), &self.purpose, self.basis.name(), &self.words.0, source];
        for text in texts {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        let micros = |it: Option<Timestamp>| it.map_or(i64::MIN, Timestamp::as_microsecond);
        for moment in [self.at.map(|it| it.from), self.at.map(|it| it.until)] {
            bytes.extend_from_slice(&micros(moment).to_le_bytes());
        }
        i64::from_le_bytes(twox_hash::XxHash64::oneshot(STATEMENT_ID_VERSION, &bytes).to_le_bytes())
    }
}

/// The seed of [`Statement::id`]; another encoding takes another number.
const STATEMENT_ID_VERSION: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(words: &str, row: &str) -> Statement {
        let run = RunMark { id: "2026-11-28-spring".into(), started_at: Timestamp::UNIX_EPOCH };
        Statement {
            channel: ConsentChannel::Sms,
            at: None,
            state: ConsentState::Stop,
            basis: Basis::Cell,
            words: Personal(words.to_owned()),
            purpose: PURPOSE_MESSAGES.into(),
            row: row.into(),
            first_run: run.clone(),
            last_run: run,
        }
    }

    #[test]
    fn the_id_of_a_statement_never_changes() {
        assert_eq!(statement("STOP", "sms:12").id(), statement("STOP", "sms:99").id());
        assert_ne!(statement("STOP", "sms:12").id(), statement("STOP", "crm:12").id());
        assert_ne!(statement("STOP", "sms:12").id(), statement("stop", "sms:12").id());
        expect_test::expect!["-7055923401747328138"].assert_eq(&statement("STOP", "sms:12").id().to_string());
    }
}
