//! Reads a row: the person, and the statements.

use clean::{DateForm, DateOrder, ReadDate, read_date};
use consent::{Meaning, WHATSAPP_BEGAN};
use extract::Cells;
use jiff::{SignedDuration, Timestamp};
use model::{
    Basis, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, ContactId, IdentityKind, Personal, Proof,
    SaidAt, Statement, WordingName,
};
use phone::PhoneNumber;

use crate::import::columns::{Columns, StatementField};
use crate::import::refusal::{Refusal, UnknownWording};
use crate::import::rules::Rules;

/// The most bytes of what a person said that are kept, as in an import of contacts.
const MAX_WORDS_BYTES: usize = 250;
/// The most bytes of a place or of the reference of a proof.
const MAX_TEXT_BYTES: usize = 500;

/// A person as a row names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Person {
    Contact(ContactId),
    Phone(PhoneNumber),
    /// A Viber user, by the scope and the id.
    Viber {
        scope: String,
        id: String,
    },
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadRow {
    pub(crate) person: Person,
    /// The same person as other columns name it.
    pub(crate) also: Vec<Person>,
    /// One for each purpose.
    pub(crate) statements: Vec<Statement>,
    pub(crate) doubt: Option<Doubt>,
    /// A refusal has a date that cannot be read, so it is recorded without one.
    pub(crate) has_bad_date: bool,
    /// The row has a time without a zone.
    pub(crate) has_no_zone: bool,
}

/// Why an answer is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    Unknown,
    /// The state is a yes, and the words are a refusal.
    Contradictory,
}

/// Reads the cells of a row. `line` is that of the file.
pub(crate) fn read_row(rules: &Rules, columns: &Columns, cells: Cells, line: u64) -> Result<ReadRow, Refusal> {
    let cell = |field| columns.cell(cells, field);
    if cell(StatementField::Retracted) == "true" {
        return Err(Refusal::Retracted);
    }
    let (person, also) = person(rules, &cell)?;
    let channel = channel(rules, cell(StatementField::Channel))?;
    let said = run::unguarded(cell(StatementField::Words));
    let Answer { state, words, doubt } = answer(rules, cell(StatementField::State), &said)?;
    let basis = basis(rules, cell(StatementField::Basis), state)?;
    let Said { at, has_bad_date, has_no_zone } = said_at(rules, cell(StatementField::SaidAt), channel, state)?;
    let at = at.map(|it| exported_at(&cell).filter(|exported| is_same_time(it, *exported)).unwrap_or(it));
    let record = record(rules, &cell, &person, state)?;
    let statement = |purpose| Statement {
        channel,
        at,
        state,
        basis,
        words: Personal(kept(words).to_owned()),
        purpose,
        row: format!("{}:{line}", rules.source).into(),
        first_run: rules.run.clone(),
        record: record.clone().map(Box::new),
    };
    let statements = purposes(rules, cell(StatementField::Purpose))?.into_iter().map(statement).collect();
    Ok(ReadRow { person, also, statements, doubt, has_bad_date, has_no_zone })
}

/// The person by the first of contact id, phone and Viber id, and by the others that the row has.
fn person<'a>(rules: &Rules, cell: &impl Fn(StatementField) -> &'a str) -> Result<(Person, Vec<Person>), Refusal> {
    let id = || ContactId::from_hex(cell(StatementField::ContactId)).map(Person::Contact).ok_or(Refusal::ContactId);
    let phone = || {
        let read = clean::phone(cell(StatementField::Phone), rules.region).map_err(Refusal::Phone)?;
        Ok(Person::Phone(read.0.number))
    };
    let viber = || {
        let scope = Some(cell(StatementField::Scope)).filter(|it| !it.is_empty()).or(rules.defaults.scope.as_deref());
        let scope = scope.ok_or(Refusal::NoScope)?.to_owned();
        Ok(Person::Viber { scope, id: cell(StatementField::ViberId).to_owned() })
    };
    let is_filled = |field| !cell(field).is_empty();
    let named = [
        is_filled(StatementField::ContactId).then(id),
        is_filled(StatementField::Phone).then(phone),
        is_filled(StatementField::ViberId).then(viber),
    ];
    let mut named = named.into_iter().flatten();
    let person = named.next().ok_or(Refusal::NoPerson)??;
    Ok((person, named.flatten().collect()))
}

fn channel(rules: &Rules, cell: &str) -> Result<ConsentChannel, Refusal> {
    match cell {
        "" => rules.defaults.channel.ok_or(Refusal::NoChannel),
        cell => ConsentChannel::from_name(&cell.to_ascii_lowercase()).ok_or(Refusal::Channel),
    }
}

/// A thread that the person began stays one, because it grants conversation only; so does a block by a platform, because
/// nothing that a person says lifts it.
fn basis(rules: &Rules, cell: &str, state: ConsentState) -> Result<Basis, Refusal> {
    if rules.is_list {
        return Ok(Basis::List);
    }
    if cell.is_empty() {
        return Ok(Basis::Record);
    }
    match (Basis::from_name(cell).ok_or(Refusal::Basis)?, state) {
        (Basis::Platform, ConsentState::Yes) => Err(Refusal::Platform),
        (kept @ Basis::Platform, ConsentState::Stop) | (kept @ (Basis::Inbound | Basis::List), _) => Ok(kept),
        _ => Ok(Basis::Record),
    }
}

/// The state of a row, and the words of the person.
struct Answer<'a> {
    state: ConsentState,
    words: &'a str,
    doubt: Option<Doubt>,
}

/// The words of a statement: those of the person, else the answer as it is written. They are never empty.
fn first_filled<const N: usize>(texts: [&str; N]) -> &str {
    texts.into_iter().find(|it| !it.is_empty()).unwrap_or_default()
}

/// Reads the answer by the words of the plan. What is not understood is unclear, and never a yes. A row whose words
/// refuse is no yes either.
fn answer<'a>(rules: &Rules, state: &'a str, said: &'a str) -> Result<Answer<'a>, Refusal> {
    if rules.is_list {
        let state = rules.defaults.state.unwrap_or(ConsentState::Stop);
        return Ok(Answer { state, words: first_filled([said, state.name()]), doubt: None });
    }
    let given = if state.is_empty() && rules.defaults.state.is_none() { said } else { state };
    let known = ConsentState::from_name(given);
    let words = first_filled([said, state, rules.defaults.state.map_or("", ConsentState::name)]);
    let read = match (known, rules.defaults.state) {
        (Some(known), _) => known,
        (None, Some(default)) if state.is_empty() => default,
        (None, _) => match rules.words.cell(given) {
            Meaning::Nothing => return Err(Refusal::NoAnswer),
            meaning => meaning.state().unwrap_or(ConsentState::Unclear),
        },
    };
    let is_refused = !said.is_empty() && rules.words.cell(said).is_refusal();
    Ok(match read {
        ConsentState::Yes if is_refused => {
            Answer { state: ConsentState::Unclear, words, doubt: Some(Doubt::Contradictory) }
        }
        ConsentState::Unclear => Answer { state: read, words, doubt: Some(Doubt::Unknown) },
        state => Answer { state, words, doubt: None },
    })
}

/// The time of a statement.
#[derive(Default)]
struct Said {
    at: Option<SaidAt>,
    has_bad_date: bool,
    has_no_zone: bool,
}

/// The time of the statement. A refusal whose date cannot be used is recorded without a date, because it must not be lost.
fn said_at(rules: &Rules, cell: &str, channel: ConsentChannel, state: ConsentState) -> Result<Said, Refusal> {
    let is_yes = state == ConsentState::Yes;
    let unusable = |why: Refusal| match is_yes {
        true => Err(why),
        false => Ok(Said { has_bad_date: true, ..Said::default() }),
    };
    let read = match read_date(cell, &rules.dates) {
        ReadDate::At(moment) => moment,
        ReadDate::Nothing if is_yes => return Err(Refusal::YesWithoutDate),
        ReadDate::Nothing => return Ok(Said::default()),
        ReadDate::Unreadable if is_ambiguous(cell, &rules.dates) => return unusable(Refusal::DateOrder),
        ReadDate::Unreadable => return unusable(Refusal::DateOfYes),
    };
    let (first, last) = clean::Rules::date_range(rules.run.started_at);
    // A yes of tomorrow would count against refusals that come before it. A day begins with its first moment.
    let last = if is_yes { rules.run.started_at.as_microsecond() } else { last };
    let at = read.at.as_microsecond();
    if at < first {
        return unusable(Refusal::DateTooEarly);
    }
    if channel == ConsentChannel::Whatsapp && read.until.as_microsecond() < WHATSAPP_BEGAN {
        return unusable(Refusal::DateBeforeWhatsapp);
    }
    if at > last {
        return unusable(Refusal::DateInFuture);
    }
    let whole = |it: Timestamp| Timestamp::from_microsecond(it.as_microsecond()).unwrap_or(it);
    let at = SaidAt { from: whole(read.at), until: whole(read.until) };
    Ok(Said { at: Some(at), has_bad_date: false, has_no_zone: read.is_zoneless && !read.is_day })
}

/// The instants of a time in an exported ledger.
fn exported_at<'a>(cell: &impl Fn(StatementField) -> &'a str) -> Option<SaidAt> {
    let [from, until] = [StatementField::SaidFrom, StatementField::SaidUntil].map(|it| cell(it).parse().ok());
    Some(SaidAt { from: from?, until: until? }).filter(|it| it.from <= it.until)
}

/// Whether both are the same instant, or the same day, perhaps of two zones: then nobody has changed the date of the row.
fn is_same_time(read: SaidAt, exported: SaidAt) -> bool {
    let longest = SignedDuration::from_hours(26);
    crate::export::said_at(read) == crate::export::said_at(exported)
        && exported.from.duration_until(exported.until) < longest
}

/// Whether a date can be read once it is known whether day or month comes first.
fn is_ambiguous(cell: &str, dates: &DateForm) -> bool {
    let ordered = DateForm { order: Some(DateOrder::DayFirst), ..dates.clone() };
    dates.order.is_none() && matches!(read_date(cell, &ordered), ReadDate::At(_))
}

fn purposes(rules: &Rules, cell: &str) -> Result<Vec<ConsentPurpose>, Refusal> {
    let names = cell.split(['+', ',', ';', '/', ' ']).filter(|it| !it.is_empty());
    let read: Option<Vec<ConsentPurpose>> =
        names.map(|it| ConsentPurpose::from_name(&it.to_ascii_lowercase())).collect();
    let mut purposes = read.ok_or(Refusal::Purpose)?;
    if purposes.is_empty() {
        purposes.clone_from(&rules.defaults.purposes);
    }
    if purposes.is_empty() || purposes.contains(&ConsentPurpose::Messages) {
        purposes = vec![ConsentPurpose::Messages];
    }
    purposes.sort_unstable();
    purposes.dedup();
    Ok(purposes)
}

fn record<'a>(
    rules: &Rules,
    cell: &impl Fn(StatementField) -> &'a str,
    person: &Person,
    state: ConsentState,
) -> Result<Option<ConsentRecord>, Refusal> {
    let wording = match cell(StatementField::Wording) {
        // A refusal has no wording: people are told something only before they consent.
        "" => rules.defaults.wording.clone().filter(|_| !state.is_refusal()),
        text => known_wording(rules, WordingName::parse(text).ok_or(Refusal::Wording)?, state)?,
    };
    let place = match cell(StatementField::Place) {
        "" => rules.defaults.place.clone(),
        text => Some(short(&run::unguarded(text)).to_owned()),
    };
    let identity = match (cell(StatementField::Identity), person) {
        ("", Person::Contact(_) | Person::Phone(_)) => None,
        ("", Person::Viber { scope, id }) => Some(format!("{}:{scope}:{id}", IdentityKind::Viber.name())),
        (text, _) => Some(identity(text)?.to_owned()),
    };
    let proof = proof(rules, cell(StatementField::Proof), cell(StatementField::ProofDigest))?;
    let record = ConsentRecord { identity: identity.map(Personal), place, wording, proof, foreign_id: None };
    Ok((record != ConsentRecord::default()).then_some(record))
}

/// A wording that is not known names nothing now, but could name anything later: a yes to it is refused. A refusal counts
/// whatever it was told, so it is kept without the wording.
fn known_wording(rules: &Rules, wording: WordingName, state: ConsentState) -> Result<Option<WordingName>, Refusal> {
    if rules.wordings.is_known(&wording) {
        return Ok(Some(wording));
    }
    if state != ConsentState::Yes {
        return Ok(None);
    }
    let nearest = rules.wordings.nearest(&wording).cloned();
    let unknown = UnknownWording { wording, nearest };
    Err(Refusal::UnknownWording((!unknown.is_personal()).then_some(unknown)))
}

fn identity(text: &str) -> Result<&str, Refusal> {
    let parts: Vec<&str> = text.splitn(3, ':').collect();
    match parts[..] {
        [kind, _, value] if IdentityKind::from_name(kind).is_some() && !value.is_empty() => Ok(text),
        _ => Err(Refusal::Identity),
    }
}

fn proof(rules: &Rules, cell: &str, digest: &str) -> Result<Option<Proof>, Refusal> {
    if cell.is_empty() {
        return if digest.is_empty() { Ok(None) } else { Err(Refusal::DigestWithoutProof) };
    }
    let whole = || Some(Proof { kind: rules.defaults.proof_kind?, reference: cell.to_owned(), digest: None });
    let proof = Proof::parse(cell).or_else(whole).filter(|it| !it.reference.trim().is_empty()).ok_or(Refusal::Proof)?;
    let is_digest = digest.len() == 64 && digest.bytes().all(|it| it.is_ascii_hexdigit());
    let digest = match digest {
        "" => None,
        digest if is_digest => Some(digest.to_ascii_lowercase()),
        _ => return Err(Refusal::ProofDigest),
    };
    Ok(Some(Proof { reference: short(proof.reference.trim()).to_owned(), digest, ..proof }))
}

fn kept(words: &str) -> &str {
    &words[..words.floor_char_boundary(MAX_WORDS_BYTES)]
}

fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}
