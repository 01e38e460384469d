//! Decisions about statements that are not understood.
//!
//! A decision is a statement of its own, with the basis `review` and the date of the decision. The unclear statement stays.
//! The words of the decision are those of the person, its place names who decided and why, and its proof is that of the
//! unclear statement.

use std::path::Path;

use consent::{Wordings, Words};
use crm::UnclearStatement;
use extract::{Row, Settings};
use jiff::Timestamp;
use model::{
    Basis, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, ContactId, Personal, Proof, ProofKind, RunMark,
    SaidAt, Statement, WordingName,
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
}

impl Undecidable {
    pub fn text(self) -> &'static str {
        match self {
            Self::NotUnclear => "no unclear statement of this contact has that id, or it holds nobody back any more",
            Self::State => "a decision is yes, no or stop",
            Self::NoReason => "a decision needs its reason: fill in because, or give --because",
            Self::NoPerson => "a decision needs the name of who decides: fill in by, or give --by",
            Self::YesWithoutWording => {
                "a yes needs the wording that the person consents to: fill in wording, or give --wording NAME@VERSION"
            }
            Self::UnknownWording => "neither the plan nor the database has this wording",
            Self::OtherPurpose => "the wording does not name the purpose of the statement",
            Self::OtherChannel => "the statement holds nobody back on this channel",
        }
    }
}

/// Makes the statement of a decision. `number` tells decisions of one review apart.
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
    let at = review.started_at;
    Ok(Statement {
        channel: decision.channel.unwrap_or(said.channel),
        at: Some(SaidAt { from: at, until: at }),
        state: decision.state,
        basis: Basis::Review,
        words: said.words.clone(),
        purpose: said.purpose,
        row: format!("{SOURCE}:{number}").into(),
        first_run: review.clone(),
        record: Some(Box::new(ConsentRecord {
            identity: record.and_then(|it| it.identity.clone()),
            place: Some(format!("{}: {}", decision.by.trim(), decision.because.trim())),
            wording: decision.wording.clone().filter(|_| decision.state == ConsentState::Yes),
            proof: Some(record.and_then(|it| it.proof.clone()).unwrap_or_else(row)),
            foreign_id: None,
        })),
    })
}

fn check(unclear: &UnclearStatement, decision: &Decision, wordings: &Wordings) -> Result<(), Undecidable> {
    if decision.because.trim().is_empty() {
        return Err(Undecidable::NoReason);
    }
    if decision.by.trim().is_empty() {
        return Err(Undecidable::NoPerson);
    }
    let held = |channel| unclear.holds.iter().any(|it| it.0 == channel);
    if decision.channel.is_some_and(|it| !held(it)) {
        return Err(Undecidable::OtherChannel);
    }
    match decision.state {
        ConsentState::No | ConsentState::Stop => return Ok(()),
        ConsentState::Unclear => return Err(Undecidable::State),
        ConsentState::Yes => {}
    }
    let wording = decision.wording.as_ref().ok_or(Undecidable::YesWithoutWording)?;
    if !wordings.is_known(wording) {
        return Err(Undecidable::UnknownWording);
    }
    let purpose = unclear.statement.purpose;
    let names = |it: ConsentPurpose| purpose.includes(it) && wordings.names(wording, it);
    if ConsentPurpose::OF_MESSAGES.into_iter().any(names) { Ok(()) } else { Err(Undecidable::OtherPurpose) }
}

/// Why a statement is not understood.
pub fn reason(words: &Words, said: &Statement) -> &'static str {
    match said.basis {
        Basis::Unreadable => "a value of the row could not be read, in a field with too many such values",
        Basis::Record if words.cell(&said.words.0).is_refusal() => {
            "the answer is recorded as a yes, and the words refuse"
        }
        _ if said.words.0.is_empty() => "the answer was recorded as unclear",
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
    Ok(Decision { state, by, because, channel: defaults.channel, wording })
}

/// The words of a statement, for a line of text.
pub fn quoted(words: &Personal<String>) -> String {
    if words.0.is_empty() { String::new() } else { format!("\"{}\"", model::printable(&words.0)) }
}

#[cfg(test)]
mod tests;
