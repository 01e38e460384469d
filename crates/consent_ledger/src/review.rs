//! Decisions about statements that are not understood.
//!
//! A decision says how an old answer is read. It is a statement of its own, with the basis `review` and the words, the date
//! and the proof of the answer; its place names who decided and why. The unclear statement stays.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use consent::{Wordings, Words};
use crm::{UnclearStatement, WEBHOOK_RUN};
use extract::{Row, Settings};
use jiff::Timestamp;
use model::{
    Basis, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, ContactId, Personal, Proof, ProofKind, RunMark,
    Statement, WordingName,
};
use phone::PhoneNumber;
use run::ArtifactWriter;

use crate::ConsentError;
use crate::export::said_at;

/// The source of decisions, as statements name it.
const SOURCE: &str = "review";

/// What somebody has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Yes, no or stop.
    pub state: ConsentState,
    /// The name of the person who decided.
    pub by: String,
    pub because: String,
    /// Another channel that the unclear statement holds back; none for its own.
    pub channel: Option<ConsentChannel>,
    /// What the person consents to; a yes needs it.
    pub wording: Option<WordingName>,
    /// The answer was decided in another way before, and that was wrong.
    pub is_again: bool,
}

/// Why a decision is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undecidable {
    /// Nothing unclear has this id, or it holds nobody back any more.
    NotUnclear,
    State,
    NoReason,
    NoPerson,
    YesWithoutWording,
    UnknownWording,
    /// The wording does not name the purpose of the statement.
    OtherPurpose,
    /// The statement holds nobody back on this channel.
    OtherChannel,
    /// A yes for another channel than that of the answer.
    YesOnOtherChannel,
    /// The answer was decided in another way before.
    Decided,
    /// The answer was decided to be a refusal before.
    Refused,
    /// Two lines of a file decide about one answer in two ways.
    Lines(u64, u64),
}

impl Undecidable {
    pub fn text(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NotUnclear => {
                "no unclear statement of this contact has that id, or it holds nobody back any more; to correct what is \
                 recorded, import the right answer with its date: `ferry consent import`"
            }
            Self::State => "a decision is yes, no or stop",
            Self::NoReason => "a decision needs its reason: fill in because, or give --because",
            Self::NoPerson => "a decision needs the name of who decides: fill in by, or give --by",
            Self::YesWithoutWording => {
                "a yes needs the wording that the person consents to: fill in wording, or give --wording NAME@VERSION"
            }
            Self::UnknownWording => {
                "neither the plan nor the database has this wording: add it to the plan as [[wording]]"
            }
            Self::OtherPurpose => "the wording does not name the purpose of the statement",
            Self::OtherChannel => {
                "the statement holds nobody back on this channel; to refuse there, import a row with phone, channel, \
                 state and said_at: `ferry consent import`"
            }
            Self::YesOnOtherChannel => {
                "an answer by one channel is no yes to another: import a yes with its own date, wording and proof: `ferry \
                 consent import`"
            }
            Self::Decided => {
                "the answer was decided in another way before: --again decides anew, and the strictest counts"
            }
            Self::Refused => {
                "the answer was decided to be a refusal, which stays; import a later yes with its own date, wording and \
                 proof: `ferry consent import`"
            }
            Self::Lines(one, other) => {
                return format!("lines {one} and {other} decide about one answer in two ways: keep one of them").into();
            }
        })
    }
}

/// Makes the statement of a decision; the same decision has the same id. `number` is its place in the review.
pub fn decide(
    unclear: &UnclearStatement,
    decision: &Decision,
    wordings: &Wordings,
    review: &RunMark,
    number: u64,
) -> Result<Statement, Undecidable> {
    check(unclear, decision, wordings)?;
    let said = &unclear.statement;
    let row = || Proof { kind: ProofKind::Row, reference: format!("{}/{}", said.first_run.id, said.row), digest: None };
    let record = said.record.as_deref();
    Ok(Statement {
        channel: decision.channel.unwrap_or(said.channel),
        at: said.at,
        state: decision.state,
        basis: Basis::Review,
        words: said.words.clone(),
        purpose: said.purpose,
        row: format!("{SOURCE}:{number}").into(),
        first_run: review.clone(),
        record: Some(Box::new(ConsentRecord {
            identity: record.and_then(|it| it.identity.clone()),
            place: Some(format!("{}: {}", decision.by.trim(), decision.because.trim())),
            wording: decision.given_wording().cloned(),
            proof: Some(record.and_then(|it| it.proof.clone()).unwrap_or_else(row)),
            foreign_id: None,
        })),
    })
}

impl Decision {
    /// The wording that is consented to: only a yes has one.
    fn given_wording(&self) -> Option<&WordingName> {
        self.wording.as_ref().filter(|_| self.state == ConsentState::Yes)
    }

    /// Whether a statement says what this decision says.
    fn is_same(&self, statement: &Statement) -> bool {
        self.state == statement.state && self.given_wording() == statement.wording()
    }
}

fn check(unclear: &UnclearStatement, decision: &Decision, wordings: &Wordings) -> Result<(), Undecidable> {
    if decision.because.trim().is_empty() {
        return Err(Undecidable::NoReason);
    }
    if decision.by.trim().is_empty() {
        return Err(Undecidable::NoPerson);
    }
    let own = unclear.statement.channel;
    let channel = decision.channel.unwrap_or(own);
    check_before(unclear, decision, channel)?;
    let is_held = unclear.holds.iter().any(|it| it.0 == channel) || unclear.decided_for(channel).next().is_some();
    if channel != own && !is_held {
        return Err(Undecidable::OtherChannel);
    }
    match decision.state {
        ConsentState::No | ConsentState::Stop => return Ok(()),
        ConsentState::Unclear => return Err(Undecidable::State),
        ConsentState::Yes => {}
    }
    // An answer for all channels is one for SMS and Viber, but not for WhatsApp.
    let is_for_all = own == ConsentChannel::All && channel != ConsentChannel::Whatsapp;
    if channel != own && !is_for_all {
        return Err(Undecidable::YesOnOtherChannel);
    }
    let wording = decision.wording.as_ref().ok_or(Undecidable::YesWithoutWording)?;
    if !wordings.is_known(wording) {
        return Err(Undecidable::UnknownWording);
    }
    let purpose = unclear.statement.purpose;
    let names = |it: ConsentPurpose| purpose.includes(it) && wordings.names(wording, it);
    if ConsentPurpose::OF_MESSAGES.into_iter().any(names) { Ok(()) } else { Err(Undecidable::OtherPurpose) }
}

/// Compares a decision with those that were taken before.
fn check_before(unclear: &UnclearStatement, decision: &Decision, channel: ConsentChannel) -> Result<(), Undecidable> {
    if unclear.decided_for(channel).any(|it| decision.is_same(it)) {
        return Ok(());
    }
    let is_refused = unclear.decided_for(channel).any(|it| it.state.is_refusal());
    match decision.state {
        ConsentState::Yes if is_refused => Err(Undecidable::Refused),
        _ if unclear.decided_for(channel).next().is_some() && !decision.is_again => Err(Undecidable::Decided),
        _ => Ok(()),
    }
}

/// The decisions about one answer that another line of the file contradicts, with both lines.
pub fn contradictions(rows: &[ListedDecision]) -> Vec<(u64, Undecidable)> {
    let mut first: HashMap<(ContactId, i64), (u64, &Decision)> = HashMap::new();
    let mut found = Vec::new();
    for row in rows {
        let (Some(of), Some(Ok(decision))) = (row.of, &row.decision) else { continue };
        let (line, before) = *first.entry(of).or_insert((row.line, decision));
        if (before.state, before.given_wording()) != (decision.state, decision.given_wording()) {
            found.extend([line, row.line].map(|it| (it, Undecidable::Lines(line, row.line))));
        }
    }
    found
}

/// Why a statement is not understood.
pub fn reason(words: &Words, said: &Statement) -> &'static str {
    match said.basis {
        Basis::Unreadable => "a value of the row could not be read, in a field with too many such values",
        Basis::Record if words.cell(&said.words.0).is_refusal() => {
            "the answer is recorded as a yes, and the words refuse"
        }
        _ if said.words.0.is_empty() || said.words.0 == said.state.name() => "the answer was recorded as unclear",
        Basis::Event if *said.first_run.id == *WEBHOOK_RUN => "the yes came by a webhook without a signature",
        Basis::Message => "the message begins like a refusal and goes on",
        _ => "the words are not understood",
    }
}

/// `marketing by sms, whatsapp; utility by sms`
pub fn held(unclear: &UnclearStatement) -> String {
    let of_purpose = |purpose: ConsentPurpose| {
        let channels: Vec<&str> = unclear.holds.iter().filter(|it| it.1 == purpose).map(|it| it.0.name()).collect();
        (!channels.is_empty()).then(|| format!("{} by {}", purpose.name(), channels.join(", ")))
    };
    ConsentPurpose::OF_MESSAGES.into_iter().filter_map(of_purpose).collect::<Vec<_>>().join("; ")
}

const COLUMNS: [&str; 14] = [
    "contact_id",
    "statement_id",
    "channel",
    "purpose",
    "said_at",
    "words",
    "where",
    "since",
    "reason",
    "holds",
    "decision",
    "wording",
    "because",
    "by",
];

/// Writes the unclear statements as CSV, with empty columns for decisions. `phones` gives the numbers to write.
pub fn write_list(
    to: &Path,
    unclear: &[UnclearStatement],
    words: &Words,
    phones: Option<&dyn Fn(ContactId) -> Option<PhoneNumber>>,
) -> Result<(), ConsentError> {
    let mut writer = csv::Writer::from_writer(ArtifactWriter::create_output(to)?);
    writer.write_record(COLUMNS.into_iter().chain(phones.map(|_| "phone")))?;
    for it in unclear {
        let said = &it.statement;
        let cells = [
            it.contact.to_string(),
            format!("{:016x}", it.id),
            said.channel.name().to_owned(),
            said.purpose.name().to_owned(),
            said.at.map(said_at).unwrap_or_default(),
            said.words.0.clone(),
            format!("{}/{}", said.first_run.id, said.row),
            Timestamp::to_string(&said.first_run.started_at),
            reason(words, said).to_owned(),
            held(it),
        ];
        let empty = std::iter::repeat_n(String::new(), 4);
        let phone = phones.map(|of| of(it.contact).map_or_else(String::new, |it| it.to_string()));
        let cells = cells.into_iter().chain(empty).chain(phone);
        writer.write_record(cells.map(|it| run::guarded(&it).into_owned()))?;
    }
    let file = writer.into_inner().map_err(|it| ConsentError::Write(it.into_error()))?;
    file.publish(unclear.len() as u64)?;
    Ok(())
}

/// A row of a list of decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDecision {
    pub line: u64,
    /// The unclear statement; none if the cells hold no ids.
    pub of: Option<(ContactId, i64)>,
    /// None if the row decides nothing.
    pub decision: Option<Result<Decision, Undecidable>>,
}

/// Reads a list of decisions. `defaults` holds for rows that do not say who decides, why, or about which wording.
pub fn read_list(file: &Path, defaults: &Decision) -> Result<Vec<ListedDecision>, ConsentError> {
    let probe = extract::probe(&[file.to_owned()], &Settings::default())?;
    let place = |name: &'static str| probe.columns.iter().position(|it| it.trim() == name);
    let needed = |name| place(name).ok_or(ConsentError::NoDecisions { path: file.to_owned(), column: name });
    let places = [needed("contact_id")?, needed("statement_id")?, needed("decision")?];
    let optional = ["wording", "because", "by"].map(place);
    let mut decisions = Vec::new();
    extract::read(&probe, |row: Row| {
        let Ok(cells) = row.cells else { return Ok::<(), ConsentError>(()) };
        let [contact, statement, decision] = places.map(|it| cells.get(it).trim());
        let [wording, because, by] = optional.map(|it| it.map_or("", |it| cells.get(it).trim()));
        let of = ContactId::from_hex(contact).zip(u64::from_str_radix(statement, 16).ok().map(u64::cast_signed));
        let decision = (!decision.is_empty()).then(|| read_decision(defaults, decision, wording, because, by));
        decisions.push(ListedDecision { line: row.line, of, decision });
        Ok(())
    })?;
    Ok(decisions)
}

fn read_decision(
    defaults: &Decision,
    state: &str,
    wording: &str,
    because: &str,
    by: &str,
) -> Result<Decision, Undecidable> {
    let state = ConsentState::from_name(&state.to_ascii_lowercase()).ok_or(Undecidable::State)?;
    let or = |cell: &str, default: &str| if cell.is_empty() { default.to_owned() } else { cell.to_owned() };
    let wording = match wording {
        "" => defaults.wording.clone(),
        text => Some(WordingName::parse(text).ok_or(Undecidable::UnknownWording)?),
    };
    let (by, because) = (or(by, &defaults.by), or(&run::unguarded(because), &defaults.because));
    Ok(Decision { state, by, because, channel: defaults.channel, wording, is_again: defaults.is_again })
}

/// The words of a statement, for a line of text.
pub fn quoted(words: &Personal<String>) -> String {
    if words.0.is_empty() { String::new() } else { format!("\"{}\"", model::printable(&words.0)) }
}

#[cfg(test)]
mod tests;
