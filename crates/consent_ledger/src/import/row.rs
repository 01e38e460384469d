//! Reads a row: the person, and the statements.

use clean::{DateForm, DateOrder, ReadDate, read_date};
use consent::{Meaning, WHATSAPP_BEGAN};
use extract::Cells;
use jiff::{SignedDuration, Timestamp};
use model::{
    Basis, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, ContactId, IdentityKind, Personal, Proof,
    SaidAt, Statement, WordingName, identity_name,
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
    /// The fields that were left out, because their cells cannot be used. A yes has none.
    pub(crate) without: Vec<StatementField>,
}

/// Why an answer is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    Unknown,
    /// One column says yes, and another, or the list itself, is a refusal.
    Contradictory,
}

/// Reads the cells of a row. `line` is that of the file.
pub(crate) fn read_row(rules: &Rules, columns: &Columns, cells: Cells, line: u64) -> Result<ReadRow, Refusal> {
    use StatementField::{Basis as BasisField, Channel, Purpose, Retracted, SaidAt as SaidAtField, State, Words};
    let cell = |field| columns.cell(cells, field);
    if cell(Retracted) == "true" {
        return Err(Refusal::Retracted);
    }
    let said = run::unguarded(cell(Words));
    let answer = answer(rules, cell(State), &said);
    let mut sides = SideFields::new(answer.as_ref().map_or(ConsentState::Yes, |it| it.state));
    let (person, also) = person(rules, &cell, &mut sides)?;
    let channel = sides.read(Channel, channel(rules, cell(Channel)), || ConsentChannel::All)?;
    let Answer { state, words, doubt } = answer?;
    let basis = sides.read(BasisField, basis(rules, cell(BasisField), state), || Basis::Record)?;
    let Said { at, has_bad_date, has_no_zone } = said_at(rules, cell(SaidAtField), channel, state)?;
    let at = at.map(|it| exported_at(&cell).filter(|exported| is_same_time(it, *exported)).unwrap_or(it));
    let record = record(rules, &cell, &person, state, &mut sides)?;
    let purposes = sides.read(Purpose, purposes(rules, cell(Purpose)), || vec![ConsentPurpose::Messages])?;
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
    let statements = purposes.into_iter().map(statement).collect();
    Ok(ReadRow { person, also, statements, doubt, has_bad_date, has_no_zone, without: sides.without })
}

/// The fields of a row beside the person and the answer. A yes with one that cannot be used is refused. Anything else is kept
/// without that field, because a person who refuses must not be written to for a mistake in another cell.
struct SideFields {
    is_yes: bool,
    /// The fields that were left out.
    without: Vec<StatementField>,
}

impl SideFields {
    fn new(state: ConsentState) -> Self {
        Self { is_yes: state == ConsentState::Yes, without: Vec::new() }
    }

    /// A field as it was read, or `without` if it cannot be used and the row is no yes.
    fn read<T>(
        &mut self,
        field: StatementField,
        read: Result<T, Refusal>,
        without: impl FnOnce() -> T,
    ) -> Result<T, Refusal> {
        match read {
            Err(_) if !self.is_yes => {
                self.without.push(field);
                Ok(without())
            }
            read => read,
        }
    }
}

/// The person by the first of contact id, phone and Viber id, and by the others that the row has.
fn person<'a>(
    rules: &Rules,
    cell: &impl Fn(StatementField) -> &'a str,
    sides: &mut SideFields,
) -> Result<(Person, Vec<Person>), Refusal> {
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
        (StatementField::ContactId, is_filled(StatementField::ContactId).then(id)),
        (StatementField::Phone, is_filled(StatementField::Phone).then(phone)),
        (StatementField::ViberId, is_filled(StatementField::ViberId).then(viber)),
    ];
    let named: Vec<_> = named.into_iter().filter_map(|(field, it)| Some((field, it?))).collect();
    let is_named = named.iter().any(|it| it.1.is_ok());
    let mut people = Vec::new();
    for (place, (field, person)) in named.into_iter().enumerate() {
        match person {
            Ok(person) => people.push(person),
            // A yes is of the person whom its first column names.
            Err(refusal) if !is_named || (sides.is_yes && place == 0) => return Err(refusal),
            Err(refusal) => drop(sides.read(field, Err(refusal), || ())),
        }
    }
    let mut people = people.into_iter();
    let person = people.next().ok_or(Refusal::NoPerson)?;
    Ok((person, people.collect()))
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
        return Ok(answer_of_list(rules, state, said));
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

/// Everybody in a list refuses, whatever else a row says, but for one that says yes: that is a contradiction.
fn answer_of_list<'a>(rules: &Rules, state: &'a str, said: &'a str) -> Answer<'a> {
    let given = first_filled([state, said]);
    let is_yes = match ConsentState::from_name(given) {
        Some(known) => known == ConsentState::Yes,
        None => rules.words.cell(given).state() == Some(ConsentState::Yes),
    };
    let state = rules.defaults.state.unwrap_or(ConsentState::Stop);
    match is_yes {
        true => Answer { state: ConsentState::Unclear, words: given, doubt: Some(Doubt::Contradictory) },
        false => Answer { state, words: first_filled([said, state.name()]), doubt: None },
    }
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
    sides: &mut SideFields,
) -> Result<Option<ConsentRecord>, Refusal> {
    let wording = match cell(StatementField::Wording) {
        // A refusal has no wording: people are told something only before they consent.
        "" => rules.defaults.wording.clone().filter(|_| !state.is_refusal()),
        text => sides.read(StatementField::Wording, known_wording(rules, text), || None)?,
    };
    let place = match cell(StatementField::Place) {
        "" => rules.defaults.place.clone(),
        text => Some(short(&run::unguarded(text)).to_owned()),
    };
    let of_person = || match person {
        Person::Contact(_) | Person::Phone(_) => None,
        Person::Viber { scope, id } => Some(identity_name(IdentityKind::Viber.name(), scope, id)),
    };
    let identity = match cell(StatementField::Identity) {
        "" => of_person(),
        text => sides.read(StatementField::Identity, identity(text).map(|it| Some(it.to_owned())), of_person)?,
    };
    let (proof_cell, digest_cell) = (cell(StatementField::Proof), cell(StatementField::ProofDigest));
    let proof = sides.read(StatementField::Proof, proof(rules, proof_cell), || None)?;
    let digest = sides.read(StatementField::ProofDigest, digest(digest_cell, !proof_cell.is_empty()), || None)?;
    let proof = proof.map(|it| Proof { digest, ..it });
    let record = ConsentRecord { identity: identity.map(Personal), place, wording, proof, foreign_id: None };
    Ok((record != ConsentRecord::default()).then_some(record))
}

/// A wording that is not known names nothing now, but could name anything later: a yes to it is refused.
fn known_wording(rules: &Rules, cell: &str) -> Result<Option<WordingName>, Refusal> {
    let wording = WordingName::parse(cell).ok_or(Refusal::Wording)?;
    if rules.wordings.is_known(&wording) {
        return Ok(Some(wording));
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

fn proof(rules: &Rules, cell: &str) -> Result<Option<Proof>, Refusal> {
    if cell.is_empty() {
        return Ok(None);
    }
    let whole = || Some(Proof { kind: rules.defaults.proof_kind?, reference: cell.to_owned(), digest: None });
    let proof = Proof::parse(cell).or_else(whole).filter(|it| !it.reference.trim().is_empty()).ok_or(Refusal::Proof)?;
    Ok(Some(Proof { reference: short(proof.reference.trim()).to_owned(), ..proof }))
}

fn digest(cell: &str, has_proof: bool) -> Result<Option<String>, Refusal> {
    let is_digest = cell.len() == 64 && cell.bytes().all(|it| it.is_ascii_hexdigit());
    match cell {
        "" => Ok(None),
        _ if !has_proof => Err(Refusal::DigestWithoutProof),
        _ if is_digest => Ok(Some(cell.to_ascii_lowercase())),
        _ => Err(Refusal::ProofDigest),
    }
}

fn kept(words: &str) -> &str {
    &words[..words.floor_char_boundary(MAX_WORDS_BYTES)]
}

fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}
