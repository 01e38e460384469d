use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Channel, Personal, RowName};

/// The purpose that a statement is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentPurpose {
    /// The source names no purpose, as exports do. A refusal is then one of all purposes.
    #[default]
    Messages,
    /// Answers in a conversation that the person began.
    Conversation,
    /// Notices about something that the person ordered or uses.
    Utility,
    Marketing,
    /// One-time passcodes.
    Authentication,
}

impl ConsentPurpose {
    /// The purposes that messages are sent for.
    pub const OF_MESSAGES: [Self; 4] = [Self::Conversation, Self::Utility, Self::Marketing, Self::Authentication];

    /// The name in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Conversation => "conversation",
            Self::Utility => "utility",
            Self::Marketing => "marketing",
            Self::Authentication => "authentication",
        }
    }

    /// Reads back what [`ConsentPurpose::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Messages].into_iter().chain(Self::OF_MESSAGES).find(|it| it.name() == name)
    }

    /// Whether a statement about this purpose is about `purpose` too.
    pub fn includes(self, purpose: Self) -> bool {
        self == Self::Messages || self == purpose
    }
}

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
    /// An opt-in or opt-out that was imported with a date, wording and proof of its own.
    Record,
    /// A message or thread that the person began. It grants conversation and nothing else.
    Inbound,
    /// A block that a platform reports, or its end. It is kept apart from what the person said.
    Platform,
    /// What somebody decided about an ambiguous answer.
    Review,
}

impl Basis {
    pub const ALL: [Self; 10] = [
        Self::Cell,
        Self::OptOut,
        Self::Message,
        Self::Event,
        Self::List,
        Self::Unreadable,
        Self::Record,
        Self::Inbound,
        Self::Platform,
        Self::Review,
    ];

    /// The name in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cell => "cell",
            Self::OptOut => "opt_out",
            Self::Message => "message",
            Self::Event => "event",
            Self::List => "list",
            Self::Unreadable => "unreadable",
            Self::Record => "record",
            Self::Inbound => "inbound",
            Self::Platform => "platform",
            Self::Review => "review",
        }
    }

    /// Reads back what [`Basis::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether statements of this basis are recorded with their state. The others have words, which can be read in another
    /// way later.
    pub fn is_recorded(self) -> bool {
        matches!(self, Self::List | Self::Record | Self::Inbound | Self::Platform | Self::Review)
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
/// Statements are never changed. Which one counts is derived from all of them, by the crate `consent`.
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
    pub purpose: ConsentPurpose,
    /// The first source row with the statement, such as `sms:12`.
    pub row: RowName,
    pub first_run: RunMark,
    /// None of statements of exports, whose proof is the row.
    pub record: Option<Box<ConsentRecord>>,
}

/// What is known of a statement beyond a row of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// The identity that made the statement, as `KIND:SCOPE:VALUE`; none if it is the contact's own phone.
    pub identity: Option<Personal<String>>,
    /// Where it was said: a page, a shop, a telephone menu.
    pub place: Option<String>,
    pub wording: Option<WordingName>,
    pub proof: Option<Proof>,
    /// The id that another program gave to a statement which it added to the ledger.
    pub foreign_id: Option<i64>,
}

/// A version of a wording, which says what people consented to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WordingName {
    pub name: String,
    pub version: String,
}

impl WordingName {
    /// Reads `NAME@VERSION`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, version) = text.trim().rsplit_once('@')?;
        let is_given = !name.is_empty() && !version.is_empty();
        is_given.then(|| Self { name: name.to_owned(), version: version.to_owned() })
    }
}

impl std::fmt::Display for WordingName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// Where the proof of a statement is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Proof {
    pub kind: ProofKind,
    /// Names the proof in the system that keeps it: the id of a message, of a form, of a recorded call.
    pub reference: String,
    /// The SHA-256 of the proof, in hexadecimal digits.
    pub digest: Option<String>,
}

impl Proof {
    /// Reads `KIND:REFERENCE`, without a digest.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, reference) = text.split_once(':')?;
        Some(Self { kind: ProofKind::from_name(kind)?, reference: reference.to_owned(), digest: None })
    }
}

impl std::fmt::Display for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.reference)
    }
}

/// The kind of a [`Proof`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofKind {
    Message,
    /// A file and its row.
    Row,
    Form,
    Call,
}

impl ProofKind {
    pub const ALL: [Self; 4] = [Self::Message, Self::Row, Self::Form, Self::Call];

    /// The name in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Row => "row",
            Self::Form => "form",
            Self::Call => "call",
        }
    }

    /// Reads back what [`ProofKind::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// The campaign of the messages that confirm a STOP. No plan names a campaign so, and nothing but these messages may go to
/// somebody after a STOP.
pub const CONFIRM_STOP: &str = "confirm-stop";

impl Statement {
    /// The id of the statement among those of its contact. The same words of the same source about the same channel and
    /// time are one statement, in any row and any run. Where the state is recorded, it is a part of the id: a yes and a
    /// STOP of one date are two statements.
    pub fn id(&self) -> i64 {
        self.record.as_ref().and_then(|it| it.foreign_id).unwrap_or_else(|| self.own_id())
    }

    /// The id that Ferry gives to the statement.
    pub fn own_id(&self) -> i64 {
        let mut bytes = Vec::with_capacity(128);
        let source = self.row.split(':').next().unwrap_or_default();
        let texts = [self.channel.name(), self.purpose.name(), self.basis.name(), &self.words.0, source];
        texts.into_iter().for_each(|it| put(&mut bytes, it));
        let micros = |it: Option<Timestamp>| it.map_or(i64::MIN, Timestamp::as_microsecond);
        for moment in [self.at.map(|it| it.from), self.at.map(|it| it.until)] {
            bytes.extend_from_slice(&micros(moment).to_le_bytes());
        }
        // Who spoke, and where, is no part of the id: it can be known of one of two copies alone.
        let is_given = |it: &&ConsentRecord| it.wording.is_some() || it.proof.is_some();
        if let Some(record) = self.record.as_deref().filter(is_given) {
            let wording = record.wording.as_ref().map(ToString::to_string).unwrap_or_default();
            let proof = record.proof.as_ref().map_or("", |it| &it.reference);
            [&*wording, proof].into_iter().for_each(|it| put(&mut bytes, it));
        }
        if self.basis.is_recorded() {
            put(&mut bytes, self.state.name());
        }
        i64::from_le_bytes(twox_hash::XxHash64::oneshot(STATEMENT_ID_VERSION, &bytes).to_le_bytes())
    }

    /// Whether this is a decision about an answer that is not understood: it has the words, the purpose and the date of the
    /// answer. It can be for another channel.
    pub fn decides(&self, answer: &Self) -> bool {
        let is_same = self.words == answer.words && self.purpose == answer.purpose && self.at == answer.at;
        self.basis == Basis::Review && self.state != ConsentState::Unclear && is_same
    }

    /// The version of the wording that was consented to.
    pub fn wording(&self) -> Option<&WordingName> {
        self.record.as_ref()?.wording.as_ref()
    }
}

/// Adds a text with its length, so that no two lists of texts have the same bytes.
fn put(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
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
            purpose: ConsentPurpose::Messages,
            row: row.into(),
            first_run: run,
            record: None,
        }
    }

    #[test]
    fn the_id_of_a_statement_never_changes() {
        assert_eq!(statement("STOP", "sms:12").id(), statement("STOP", "sms:99").id());
        assert_ne!(statement("STOP", "sms:12").id(), statement("STOP", "crm:12").id());
        assert_ne!(statement("STOP", "sms:12").id(), statement("stop", "sms:12").id());
        expect_test::expect!["-7055923401747328138"].assert_eq(&statement("STOP", "sms:12").id().to_string());
    }

    #[test]
    fn a_yes_and_a_stop_in_one_row_of_an_import_are_two_statements_and_a_word_that_is_read_anew_is_one() {
        let [stop, yes] = [ConsentState::Stop, ConsentState::Yes]
            .map(|state| move |basis| Statement { state, basis, ..statement("", "optins:2") }.id());
        for basis in Basis::ALL {
            assert_eq!(stop(basis) != yes(basis), basis.is_recorded(), "{basis:?}");
        }
        assert!(Basis::Record.is_recorded() && Basis::List.is_recorded() && !Basis::Cell.is_recorded());
    }
}
