//! Random histories of consent against an independent model: `scripts/consent_model.py`, which was written from
//! `docs/consent.md` without looking at this crate.
//!
//! Each history has contacts of its own, so all run in one database side by side: first the first operation of each, then
//! the second, and so on. `FERRY_TEST_HISTORIES` is their number.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::process::Command;

use consent::Rule;
use jiff::Timestamp;
use model::{
    Basis, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, Contact, ContactId, MAX_BATCH, Personal,
    RunMark, SaidAt, Statement, WordingName,
};
use serde::Deserialize;
use test_needs::Need;

use crate::check::check;
use crate::{Crm, SuppressAction, Wording};

const MODEL: &str = "../../scripts/consent_model.py";

#[derive(Deserialize)]
struct History {
    history: u64,
    contacts: usize,
    operations: Vec<Operation>,
    outcomes: Vec<String>,
    expected: Vec<Expected>,
    /// Places at which the page leaves a choice that the model made by itself.
    choices: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Operation {
    Say { contact: usize, at: i64, run: String, statement: Said },
    Reread { basis: String, words: String, state: String },
    Retract { contact: usize, statement: usize },
    Unretract { contact: usize, statement: usize },
    Merge { survivor: usize, absorbed: usize },
    Unmerge { survivor: usize, absorbed: usize },
    Key {},
    Suppress { contact: usize },
    Unsuppress { contact: usize },
}

#[derive(Deserialize)]
struct Said {
    channel: String,
    purpose: String,
    state: String,
    from: Option<i64>,
    until: Option<i64>,
    basis: String,
    words: String,
    source: String,
    wording: Option<String>,
    wording_version: Option<String>,
}

#[derive(Deserialize)]
struct Expected {
    now: Option<BTreeMap<String, (String, Vec<usize>)>>,
    summary: Option<Summary>,
    suppressed: Option<bool>,
    is_merged: bool,
}

#[derive(Deserialize)]
struct Summary {
    consent: Option<String>,
    consent_channel: Option<OneOrMore<String>>,
    consent_at: Option<i64>,
    whatsapp_consent: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

#[derive(Deserialize)]
struct WordingLine {
    name: String,
    version: String,
    language: String,
    text: String,
    purposes: Vec<String>,
}

impl History {
    fn id(&self, contact: usize) -> ContactId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.history.to_be_bytes());
        bytes[15] = u8::try_from(contact).unwrap();
        ContactId(bytes)
    }

    /// A phone of the contact's own, by which it speaks after a merge.
    fn phone(&self, contact: usize) -> phone::PhoneNumber {
        phone::PhoneNumber::from_e164(&format!("+336{:08}", self.history * 4 + contact as u64)).unwrap()
    }

    /// The person of a contact, with what they say in an import.
    fn person(&self, contact: usize, statements: Vec<Statement>) -> Contact {
        let channels = vec![model::Channel::Sms];
        let phone = Some(self.phone(contact));
        Contact { phone, channels, n_rows: 1, statements, ..Contact::new(self.id(contact), "people:1".into()) }
    }

    fn statement(&self, operation: usize) -> Statement {
        let Operation::Say { at, run, statement: said, .. } = &self.operations[operation] else { panic!("not said") };
        let moment = |it: i64| Timestamp::from_microsecond(it).unwrap();
        let wording = said.wording.clone().zip(said.wording_version.clone());
        let wording = wording.map(|(name, version)| WordingName { name, version });
        Statement {
            channel: ConsentChannel::from_name(&said.channel).unwrap(),
            at: said.from.zip(said.until).map(|(from, until)| SaidAt { from: moment(from), until: moment(until) }),
            state: ConsentState::from_name(&said.state).unwrap(),
            basis: Basis::from_name(&said.basis).unwrap(),
            words: Personal(said.words.clone()),
            purpose: ConsentPurpose::from_name(&said.purpose).unwrap(),
            row: format!("{}:1", said.source).into(),
            first_run: RunMark { started_at: moment(*at), id: run.as_str().into() },
            record: wording.map(|it| Box::new(ConsentRecord { wording: Some(it), ..ConsentRecord::default() })),
        }
    }
}

fn model<T: for<'a> Deserialize<'a>>(python: &str, arguments: &[&str]) -> Vec<T> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(MODEL);
    let output = Command::new(python).arg(script).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

#[test]
fn what_counts_after_random_histories_is_what_the_model_says() {
    let Some(python) = Need::Python.find() else { return };
    let n = std::env::var("FERRY_TEST_HISTORIES").unwrap_or("400".to_owned());
    for (rule, seed) in [(Rule::LatestStatement, "1"), (Rule::Strictest, "2")] {
        let arguments = ["histories", "--seed", seed, "--count", &n, "--rule", rule.name()];
        let histories: Vec<History> = model(&python, &arguments);
        assert_eq!(histories.len().to_string(), n);
        let wordings: Vec<WordingLine> = model(&python, &["wordings"]);
        check(async |place| {
            let crm = place.open().await;
            crm.record_wordings(&wordings.iter().map(wording).collect::<Vec<_>>(), Timestamp::UNIX_EPOCH)
                .await
                .unwrap()
                .unwrap();
            crm.read_statements_anew("first", rule, |_, _| None).await.unwrap();
            load_people(&crm, &histories).await;
            let longest = histories.iter().map(|it| it.operations.len()).max().unwrap();
            for round in 0..longest {
                run_round(&crm, &histories, rule, round).await;
            }
            compare(&crm, &histories, rule).await;
        });
    }
}

fn wording(line: &WordingLine) -> Wording {
    Wording {
        name: WordingName { name: line.name.clone(), version: line.version.clone() },
        language: line.language.clone(),
        text: line.text.clone(),
        purposes: line.purposes.iter().map(|it| ConsentPurpose::from_name(it).unwrap()).collect(),
    }
}

async fn load_people(crm: &Crm, histories: &[History]) {
    let people: Vec<Contact> =
        histories.iter().flat_map(|it| (0..it.contacts).map(|n| it.person(n, Vec::new()))).collect();
    for (n, people) in people.chunks(MAX_BATCH).enumerate() {
        crm.import_contacts(&format!("2026-01-01-people-{n}"), people.to_vec()).await.unwrap();
    }
}

async fn run_round(crm: &Crm, histories: &[History], rule: Rule, round: usize) {
    let (mut recorded, mut imported) = (Vec::new(), Vec::new());
    let mut readings = HashMap::new();
    for history in histories {
        match history.operations.get(round) {
            // Every second history says it in an import, the others by a record.
            Some(Operation::Say { contact, .. }) if history.history % 2 == 0 => {
                recorded.push((history.id(*contact), history.statement(round)));
            }
            Some(Operation::Say { contact, .. }) => {
                imported.push(history.person(*contact, vec![history.statement(round)]));
            }
            Some(Operation::Reread { basis, words, state }) => {
                let key = (Basis::from_name(basis).unwrap(), words.clone());
                readings.insert(key, ConsentState::from_name(state).unwrap());
            }
            Some(other) => carry_out(crm, history, round, other).await,
            None => {}
        }
    }
    crm.record_statements(&recorded).await.unwrap();
    for (n, people) in imported.chunks(MAX_BATCH).enumerate() {
        crm.import_contacts(&format!("2026-02-01-round-{round}-{n}"), people.to_vec()).await.unwrap();
    }
    let read = |basis: Basis, words: &str| readings.get(&(basis, words.to_owned())).copied();
    crm.read_statements_anew(&format!("words {round}"), rule, read).await.unwrap();
}

async fn carry_out(crm: &Crm, history: &History, round: usize, operation: &Operation) {
    let id = |contact: &usize| history.id(*contact);
    match operation {
        Operation::Retract { contact, statement } | Operation::Unretract { contact, statement } => {
            let outcome = history.outcomes[round].as_str();
            if outcome == "nothing" {
                return;
            }
            let done = turn(crm, id(contact), history.statement(*statement).id()).await;
            if history.choices.is_empty() {
                assert_eq!(if done { "done" } else { "refused" }, outcome, "history {}", history.history);
            }
        }
        Operation::Merge { survivor, absorbed } => {
            crm.merge(id(survivor), id(absorbed)).await.unwrap().unwrap();
        }
        Operation::Unmerge { survivor, absorbed } => {
            crm.unmerge(id(survivor), id(absorbed), false).await.unwrap().unwrap();
        }
        Operation::Suppress { contact } => {
            crm.suppress(&[id(contact)], SuppressAction::Add, "asked", Timestamp::UNIX_EPOCH).await.unwrap();
        }
        Operation::Unsuppress { contact } => {
            crm.suppress(&[id(contact)], SuppressAction::Remove, "asked", Timestamp::UNIX_EPOCH).await.unwrap();
        }
        Operation::Key {} | Operation::Say { .. } | Operation::Reread { .. } => {}
    }
}

/// Retracts a statement, or takes that back, as another program does. False if the database refuses it.
async fn turn(crm: &Crm, contact: ContactId, statement: i64) -> bool {
    const TURN: &str = "insert into consent_retraction (contact_id, statement_id, number, at, reason) \
        select $1, $2, 1 + coalesce(max(number), 0), 1, 'by hand' from consent_retraction \
        where contact_id = $1 and statement_id = $2";
    let mut tx = crm.begin("retract a statement").await.unwrap();
    match tx.execute(TURN, &[(&contact).into(), statement.into()]).await {
        Ok(()) => tx.commit().await.is_ok(),
        Err(_) => false,
    }
}

type NowRow = (ContactId, String, (String, i64));

async fn compare(crm: &Crm, histories: &[History], rule: Rule) {
    let now = "select contact_id, channel || ' ' || purpose, state, statement_id from consent_now";
    let rows: Vec<NowRow> = crm
        .select("look", now, &[], |it| Ok((it.contact_id(0)?, it.text(1)?, (it.text(2)?, it.int(3)?))))
        .await
        .unwrap();
    let mut now: HashMap<ContactId, BTreeMap<String, (String, i64)>> = HashMap::new();
    for (id, target, counts) in rows {
        now.entry(id).or_default().insert(target, counts);
    }
    let summary = "select contact_id, consent, consent_channel, consent_at, whatsapp_consent from consent_summary";
    let read = |it: &dyn crate::sql::Row| {
        Ok((it.contact_id(0)?, (it.opt_text(1)?, it.opt_text(2)?, it.opt_int(3)?, it.opt_text(4)?)))
    };
    let summaries: HashMap<_, _> = crm.select("look", summary, &[], read).await.unwrap().into_iter().collect();
    let suppressed = crm.suppressed().await.unwrap();
    let held = held_statements(crm).await;
    let wordings = crm.reader("look").await.unwrap().named_purposes().await.unwrap();

    let mut wrong: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut n_compared = 0;
    for history in histories {
        for (contact, expected) in history.expected.iter().enumerate().filter(|it| !it.1.is_merged) {
            let id = history.id(contact);
            let found = now.remove(&id).unwrap_or_default();
            n_compared += 1;
            let statements = held.get(&id).map_or(&[][..], Vec::as_slice);
            let by_rules = by_rules(rule, &wordings, statements);
            let found_states: BTreeMap<String, (String, i64)> = found.clone();
            assert_eq!(by_rules, found_states, "history {}: the rules in Rust and the view differ", history.history);
            let is_same = is_now(history, expected, &found)
                && is_summary(expected, summaries.get(&id))
                && expected.suppressed == Some(suppressed.contains(&id));
            if !is_same {
                let choices = history.choices.join(", ");
                wrong.entry(choices).or_default().push(history.history);
            }
        }
    }
    let unexplained = wrong.get("").map_or(&[][..], Vec::as_slice);
    assert_eq!(
        unexplained, [0; 0],
        "histories in which the views and the model differ, of {n_compared} contacts; {wrong:?}"
    );
    assert!(n_compared >= histories.len() / 2, "only {n_compared} contacts were compared");
}

async fn held_statements(crm: &Crm) -> HashMap<ContactId, Vec<Statement>> {
    crm.statements_between(ContactId([0; 16]), ContactId([255; 16])).await.unwrap()
}

/// What the rules in memory say, in the words of the view.
fn by_rules(rule: Rule, wordings: &consent::Wordings, statements: &[Statement]) -> BTreeMap<String, (String, i64)> {
    let mut counting = BTreeMap::new();
    for channel in ConsentChannel::MESSAGING {
        for purpose in ConsentPurpose::OF_MESSAGES {
            if let Some(place) = consent::for_purpose(rule, wordings, statements, channel, purpose) {
                let it = &statements[place];
                let target = format!("{} {}", channel.name(), purpose.name());
                counting.insert(target, (it.state.name().to_owned(), it.id()));
            }
        }
    }
    counting
}

fn is_now(history: &History, expected: &Expected, found: &BTreeMap<String, (String, i64)>) -> bool {
    let Some(expected) = &expected.now else { return false };
    let is_same = |(target, (state, operations)): (&String, &(String, Vec<usize>))| {
        let ids: HashSet<i64> = operations.iter().map(|it| history.statement(*it).id()).collect();
        found.get(target).is_some_and(|it| it.0 == *state && ids.contains(&it.1))
    };
    expected.len() == found.len() && expected.iter().all(is_same)
}

type FoundSummary = (Option<String>, Option<String>, Option<i64>, Option<String>);

fn is_summary(expected: &Expected, found: Option<&FoundSummary>) -> bool {
    let Some(expected) = &expected.summary else { return false };
    let none = (None, None, None, None);
    let (consent, channel, at, whatsapp) = found.unwrap_or(&none);
    let is_channel = match (&expected.consent_channel, channel) {
        (None, None) => true,
        (Some(OneOrMore::One(one)), Some(found)) => one == found,
        (Some(OneOrMore::More(several)), Some(found)) => several.contains(found),
        _ => false,
    };
    expected.consent == *consent && is_channel && expected.consent_at == *at && expected.whatsapp_consent == *whatsapp
}
