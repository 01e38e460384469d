//! Reads files of answers for adapters that send no requests: webhook bodies, and answers from other tools.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use extract::{Limits, Probe, Settings};
use jiff::{SignedDuration, Timestamp};
use model::{Answer, BrokenEvent, Digest, Event, PersonIds, WaId};
use verify::{AdapterKind, KnownAnswer, KnownAnswers};

use crate::open_run::OpenRun;
use crate::progress::{AnswersRead, Note};
use plan::VerifySection;
use run::guarded;

/// The file of lines that could not be used, with the reasons.
const REJECTS: &str = "verify/rejects.csv";

/// Accepted column names of a file of answers, as other tools write them.
const PHONE: [&str; 9] =
    ["phone", "number", "e164", "msisdn", "phone_number", "phonenumber", "input", "query", "contact"];
const ANSWER: [&str; 11] = [
    "answer",
    "registration",
    "registered",
    "status",
    "exists",
    "whatsapp",
    "on_whatsapp",
    "existswhatsapp",
    "numberexists",
    "isinwhatsapp",
    "is_in_whatsapp",
];
const CHECKED_AT: [&str; 5] = ["checked_at", "date", "at", "timestamp", "time"];
const WA_ID: [&str; 2] = ["wa_id", "waid"];

/// The reason of a line whose answer would count longer than any other.
const IN_THE_FUTURE: &str = "the answer is dated in the future";

/// The newest date that an answer can have: clocks and time zones differ by less than a day.
fn newest() -> Timestamp {
    Timestamp::now().saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
}

/// The answers of all files.
pub(crate) struct AnswerFiles {
    pub(crate) known: KnownAnswers,
    method: &'static str,
    digest: Digest,
}

/// Answers and counts that were read so far.
#[derive(Default)]
struct Reading {
    known: KnownAnswers,
    n_lines: u64,
    /// Entries that give no answer about any number, by what they are.
    silent: BTreeMap<&'static str, u64>,
    rejects: Vec<[String; 4]>,
}

impl AnswerFiles {
    /// Reads the answer files of the plan; none if the adapter sends requests.
    pub(crate) fn read(run: &mut OpenRun, section: &VerifySection) -> Result<Option<Self>> {
        let Some(path) = section.path.as_ref().filter(|_| section.asks_nobody()) else { return Ok(None) };
        let files = extract::files(run.plan.folder(), path).context("could not use the path of [verify]")?;
        let mut reading = Reading::default();
        let mut digests = Vec::new();
        for file in &files {
            let failed = || format!("could not read {}", file.display());
            let digest = match section.kind() {
                AdapterKind::Passive => reading.events(file),
                _ => reading.answers(file, run),
            };
            digests.push(digest.with_context(failed)?.to_string());
        }
        let Reading { known, n_lines, silent, rejects } = reading;
        if !rejects.is_empty() {
            write_rejects(run, &rejects)?;
        }
        run.progress.note(Note::AnswersRead(AnswersRead {
            n_lines,
            n_numbers: known.n_numbers() as u64,
            silent,
            n_rejected: rejects.len() as u64,
            rejects: REJECTS,
        }));
        let digest = Digest::of_parts(digests.iter().map(String::as_bytes));
        Ok(Some(Self { known, method: section.properties().name, digest }))
    }

    /// Returns the name for receipts. It depends on the files, because other files give other answers.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, &self.digest.to_string()[..16])
    }
}

impl Reading {
    /// Reads webhook bodies, one per line.
    fn events(&mut self, path: &Path) -> Result<Digest> {
        let newest = newest();
        extract::lines(path, Limits::default(), |line, body| {
            if body.is_empty() {
                return Ok(());
            }
            self.n_lines += 1;
            match whatsapp::read_events(body) {
                Err(error) => self.reject(path, line, &error.to_string(), &String::from_utf8_lossy(body)),
                Ok(read) if read.events.iter().any(|it| it.at.is_some_and(|at| at > newest)) => {
                    self.reject(path, line, IN_THE_FUTURE, &String::from_utf8_lossy(body));
                }
                Ok(read) => {
                    read.events.iter().for_each(|it| self.event(it));
                    for BrokenEvent { place, reason } in &read.broken {
                        self.reject(path, line, &format!("{place}: {reason}"), &String::from_utf8_lossy(body));
                    }
                }
            }
            anyhow::Ok(())
        })
    }

    fn event(&mut self, event: &Event) {
        let person = verify::person_of(event);
        match (person.and_then(PersonIds::phone), verify::known_answer(event)) {
            (Some(phone), Some(answer)) => self.known.add(phone, answer),
            (None, _) if person.is_some() => *self.silent.entry("events without a phone").or_default() += 1,
            _ => *self.silent.entry("events that say nothing").or_default() += 1,
        }
    }

    /// Reads a table of numbers and answers.
    fn answers(&mut self, path: &Path, run: &OpenRun) -> Result<Digest> {
        let probe = extract::probe(&[PathBuf::from(path)], &Settings::default())?;
        let columns = AnswerColumns::of(&probe)?;
        let region = run.plan.default_region();
        let order = region.map_or(clean::DateOrder::DayFirst, clean::DateOrder::of);
        // An answer without a date counts as given when the file was written.
        let written_at = Timestamp::try_from(std::fs::metadata(path)?.modified()?)?;
        let newest = newest();
        extract::read(&probe, |row| {
            self.n_lines += 1;
            let cells = match &row.cells {
                Ok(cells) => *cells,
                Err(unread) => {
                    self.reject(path, row.line, unread.reason.describe(), &unread.text);
                    return Ok(());
                }
            };
            let cell = |column: Option<usize>| column.map_or("", |it| cells.get(it)).trim();
            let whole = || (0..probe.columns.len()).map(|it| cells.get(it)).collect::<Vec<_>>().join(",");
            let phone = match clean::phone(cell(Some(columns.phone)), region) {
                Ok((phone, _)) => phone.number,
                Err(reason) => {
                    self.reject(path, row.line, reason.describe(), &whole());
                    return Ok(());
                }
            };
            let Some(answer) = answer(cell(Some(columns.answer))) else {
                self.reject(path, row.line, "the answer is neither a yes nor a no", &whole());
                return Ok(());
            };
            let at = match cell(columns.checked_at) {
                "" => Some(written_at),
                text => match clean::read_date(text, &clean::DateForm { order: Some(order), ..Default::default() }) {
                    clean::ReadDate::At(moment) => Some(moment.at),
                    clean::ReadDate::Nothing | clean::ReadDate::Unreadable => None,
                },
            };
            let Some(at) = at else {
                self.reject(path, row.line, "the date cannot be read", &whole());
                return Ok(());
            };
            if at > newest {
                self.reject(path, row.line, IN_THE_FUTURE, &whole());
                return Ok(());
            }
            let id = Some(cell(columns.wa_id)).filter(|it| !it.is_empty());
            let wa_id = id.and_then(|it| WaId::read(it, phone));
            if id.is_some() && wa_id.is_none() {
                self.reject(path, row.line, "the WhatsApp id is too long or has control characters", &whole());
                return Ok(());
            }
            let raw = cell(Some(columns.answer)).to_owned();
            self.known.add(phone, KnownAnswer { at, answer, raw, wa_id });
            anyhow::Ok(())
        })?;
        let digests: Vec<String> = probe.parts.iter().map(|it| it.digest.to_string()).collect();
        Ok(Digest::of_parts(digests.iter().map(String::as_bytes)))
    }

    fn reject(&mut self, path: &Path, line: u64, reason: &str, text: &str) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.rejects.push([name, line.to_string(), reason.to_owned(), text.to_owned()]);
    }
}

/// The positions of the columns in a file of answers.
struct AnswerColumns {
    phone: usize,
    answer: usize,
    checked_at: Option<usize>,
    wa_id: Option<usize>,
}

impl AnswerColumns {
    fn of(probe: &Probe) -> Result<Self> {
        let place = |names: &[&str]| {
            let is_named = |name: &&str, it: &String| it.trim().eq_ignore_ascii_case(name);
            names.iter().find_map(|name| probe.columns.iter().position(|it| is_named(name, it)))
        };
        match (place(&PHONE), place(&ANSWER)) {
            (Some(phone), Some(answer)) => {
                Ok(Self { phone, answer, checked_at: place(&CHECKED_AT), wa_id: place(&WA_ID) })
            }
            (None, _) => bail!("it has no column with numbers: name one `phone`"),
            (_, None) => bail!("it has no column with answers: name one `answer`, with registered or not_registered"),
        }
    }
}

/// Returns the answer that a word of another tool means.
fn answer(word: &str) -> Option<Answer> {
    const REGISTERED: [&str; 7] = ["registered", "valid", "true", "yes", "1", "active", "exists"];
    const NOT_REGISTERED: [&str; 8] =
        ["not_registered", "not registered", "invalid", "false", "no", "0", "inactive", "unregistered"];
    const NO_ANSWER: [&str; 7] = ["", "no_answer", "unknown", "processing", "failed", "error", "undecided"];
    let is_one_of = |words: &[&str]| words.iter().any(|it| word.eq_ignore_ascii_case(it));
    match () {
        () if is_one_of(&REGISTERED) => Some(Answer::Registered),
        () if is_one_of(&NOT_REGISTERED) => Some(Answer::NotRegistered),
        () if is_one_of(&NO_ANSWER) => Some(Answer::NoAnswer),
        () if word.eq_ignore_ascii_case("contradictory") => Some(Answer::Contradictory),
        () => None,
    }
}

fn write_rejects(run: &mut OpenRun, rejects: &[[String; 4]]) -> Result<()> {
    let failed = || format!("could not write {REJECTS}");
    let mut csv = csv::Writer::from_writer(run.folder.create(REJECTS)?);
    csv.write_record(["file", "line", "reason", "text"]).with_context(failed)?;
    for reject in rejects {
        csv.write_record(reject.each_ref().map(|it| guarded(it).into_owned())).with_context(failed)?;
    }
    let mut file = csv.into_inner().map_err(|error| error.into_error()).with_context(failed)?;
    file.flush().with_context(failed)?;
    let artifact = file.publish(rejects.len() as u64)?;
    run.folder.manifest.artifacts.insert(REJECTS.to_owned(), artifact);
    Ok(())
}
