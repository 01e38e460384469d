use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Channel, Personal, RowName};

/// The purpose of a consent that an export states without naming one.
pub const PURPOSE_MESSAGES: &str = "messages";

/// What a person said about being written to. Ordered by strictness: of two that tie the stricter one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    Yes,
    /// Something was said that is not understood. It holds the person back as a refusal does.
    Unclear,
    /// A refusal that somebody has recorded.
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

/// What a statement speaks of.
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
    /// The channels over which messages go.
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

/// Where a statement was found. It decides how its words are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A cell of a column about consent.
    Cell,
    /// A cell of a column whose meaning is a refusal, such as "Do not contact".
    OptOut,
    /// The text of a message that the person wrote.
    Message,
    /// An event or an error code of the provider.
    Event,
    /// An entry of a list of people who have opted out.
    List,
    /// A value of the row that could not be read, in a source with too many of them.
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

/// A run and the moment when it started.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunMark {
    pub started_at: Timestamp,
    pub id: Arc<str>,
}

/// When something was said: an instant, or a whole day where only the day is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SaidAt {
    pub from: Timestamp,
    /// The end of the day, or the instant itself.
    pub until: Timestamp,
}

/// One thing that a person said about being written to, as it was found.
///
/// Statements are kept for good. What counts is derived from all of them, see the crate `consent`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    pub channel: ConsentChannel,
    /// None where the source does not say when.
    pub at: Option<SaidAt>,
    /// How the words are understood now.
    pub state: ConsentState,
    pub basis: Basis,
    /// The words as they came.
    pub words: Personal<String>,
    /// [`PURPOSE_MESSAGES`] of all that Ferry reads itself.
    pub purpose: Cow<'static, str>,
    /// The first source row that shows it, such as `sms:12`.
    pub row: RowName,
    pub first_run: RunMark,
    pub last_run: RunMark,
}

impl Statement {
    /// Tells a statement from the others of its contact. The same words of the same source about the same channel
    /// and moment are one statement, in whichever row and run they stand.
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
