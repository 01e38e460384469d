//! The whole ledger as a file. Its columns have the names that an import reads.

use std::io::Write;
use std::path::Path;

use crm::{Crm, LedgerEntry};
use jiff::{SignedDuration, Timestamp};
use model::{ConsentRecord, ContactId, IdentityKind, SaidAt};
use phone::PhoneNumber;
use run::ArtifactWriter;
use serde::Serialize;

use crate::ConsentError;

/// The format of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl ExportKind {
    /// The format that the ending of a file stands for; CSV if it stands for none.
    pub fn of_path(path: &Path) -> Result<Self, ConsentError> {
        let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "jsonl" | "ndjson" => Ok(Self::JsonLines),
            "json" | "parquet" | "xlsx" | "xls" | "ods" | "tsv" => Err(ConsentError::Ending { ending }),
            _ => Ok(Self::Csv),
        }
    }
}

/// What to write.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    pub to: &'a Path,
    pub kind: ExportKind,
    /// With the phone numbers, and with identities that are numbers.
    pub with_numbers: bool,
    /// Cells of CSV are written as they are, even if a spreadsheet may run them as formulas.
    pub is_exact: bool,
}

/// A statement as a row of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedStatement {
    pub contact_id: String,
    pub statement_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    pub channel: &'static str,
    pub purpose: &'static str,
    pub state: &'static str,
    pub said_at: Option<String>,
    /// The first and the last instant of `said_at`: a day is one of its own zone.
    pub said_from: Option<String>,
    pub said_until: Option<String>,
    pub words: String,
    pub wording: Option<String>,
    pub place: Option<String>,
    pub proof: Option<String>,
    pub proof_digest: Option<String>,
    pub identity: Option<String>,
    pub basis: &'static str,
    pub source_row: String,
    pub first_run: String,
    pub recorded_at: String,
    pub retracted: bool,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    pub n_statements: u64,
    /// Contacts whose phone number the database does not know.
    pub n_without_phone: u64,
}

/// Writes all statements, in the order of the contacts' ids, and counts them. Memory does not grow with their number.
pub async fn export(crm: &Crm, what: Export<'_>) -> Result<Exported, ConsentError> {
    let mut file = LedgerFile::create(what)?;
    let (mut written, mut last) = (Exported::default(), None);
    let each = |contact: ContactId, phone: Option<PhoneNumber>, entry: LedgerEntry| {
        written.n_statements += 1;
        if last.replace(contact) != Some(contact) {
            written.n_without_phone += u64::from(phone.is_none());
        }
        file.write(&exported(contact, phone, &entry, what.with_numbers))
    };
    crm.each_ledger_entry(each).await?;
    file.publish(written.n_statements)?;
    Ok(written)
}

/// The row of a statement.
pub fn exported(
    contact: ContactId,
    phone: Option<PhoneNumber>,
    entry: &LedgerEntry,
    with_numbers: bool,
) -> ExportedStatement {
    let said = &entry.statement;
    let none = ConsentRecord::default();
    let record = said.record.as_deref().unwrap_or(&none);
    let identity = record.identity.as_ref().filter(|it| with_numbers || !is_number(&it.0)).map(|it| it.0.clone());
    ExportedStatement {
        contact_id: contact.to_string(),
        statement_id: format!("{:016x}", entry.id),
        phone: phone.filter(|_| with_numbers).map(|it| it.to_string()),
        channel: said.channel.name(),
        purpose: said.purpose.name(),
        state: said.state.name(),
        said_at: said.at.map(said_at),
        said_from: said.at.map(|it| it.from.to_string()),
        said_until: said.at.map(|it| it.until.to_string()),
        words: said.words.0.clone(),
        wording: record.wording.as_ref().map(ToString::to_string),
        place: record.place.clone(),
        proof: record.proof.as_ref().map(ToString::to_string),
        proof_digest: record.proof.as_ref().and_then(|it| it.digest.clone()),
        identity,
        basis: said.basis.name(),
        source_row: said.row.to_string(),
        first_run: said.first_run.id.to_string(),
        recorded_at: said.first_run.started_at.to_string(),
        retracted: entry.is_retracted,
    }
}

/// An instant, or a day if only the day is known.
pub fn said_at(at: SaidAt) -> String {
    let is_day = at.from != at.until;
    if is_day { day(at) } else { Timestamp::to_string(&at.from) }
}

/// The day of a statement. A whole day is that of its zone, which its middle tells: it begins up to half a day before or
/// after that of UTC.
pub fn day(at: SaidAt) -> String {
    let half = (at.until.as_microsecond() - at.from.as_microsecond()) / 2;
    let middle = at.from.checked_add(SignedDuration::from_micros(half)).unwrap_or(at.from);
    middle.strftime("%F").to_string()
}

/// Whether an identity is a phone number in another form.
fn is_number(identity: &str) -> bool {
    let kind = identity.split(':').next().and_then(IdentityKind::from_name);
    matches!(kind, None | Some(IdentityKind::Phone | IdentityKind::WaId))
}

const COLUMNS: [&str; 19] = [
    "contact_id",
    "statement_id",
    "channel",
    "purpose",
    "state",
    "said_at",
    "said_from",
    "said_until",
    "words",
    "wording",
    "place",
    "proof",
    "proof_digest",
    "identity",
    "basis",
    "source_row",
    "first_run",
    "recorded_at",
    "retracted",
];

enum LedgerFile {
    Csv { writer: Box<csv::Writer<ArtifactWriter>>, what: CsvForm },
    Lines(ArtifactWriter),
}

/// How cells of CSV are written.
#[derive(Clone, Copy)]
struct CsvForm {
    with_numbers: bool,
    is_exact: bool,
}

impl LedgerFile {
    fn create(what: Export) -> Result<Self, ConsentError> {
        let file = ArtifactWriter::create_output(what.to)?;
        if what.kind == ExportKind::JsonLines {
            return Ok(Self::Lines(file));
        }
        let mut writer = Box::new(csv::Writer::from_writer(file));
        let phone = what.with_numbers.then_some("phone");
        writer.write_record(COLUMNS.into_iter().chain(phone))?;
        Ok(Self::Csv { writer, what: CsvForm { with_numbers: what.with_numbers, is_exact: what.is_exact } })
    }

    fn write(&mut self, row: &ExportedStatement) -> Result<(), ConsentError> {
        let (writer, what) = match self {
            Self::Csv { writer, what } => (writer, *what),
            Self::Lines(file) => {
                serde_json::to_writer(&mut *file, row).map_err(|it| ConsentError::Write(it.into()))?;
                return file.write_all(b"\n").map_err(ConsentError::Write);
            }
        };
        let optional = |it: &'_ Option<String>| it.clone().unwrap_or_default();
        let cells = [
            row.contact_id.clone(),
            row.statement_id.clone(),
            row.channel.to_owned(),
            row.purpose.to_owned(),
            row.state.to_owned(),
            optional(&row.said_at),
            optional(&row.said_from),
            optional(&row.said_until),
            row.words.clone(),
            optional(&row.wording),
            optional(&row.place),
            optional(&row.proof),
            optional(&row.proof_digest),
            optional(&row.identity),
            row.basis.to_owned(),
            row.source_row.clone(),
            row.first_run.clone(),
            row.recorded_at.clone(),
            row.retracted.to_string(),
        ];
        let cells = cells.into_iter().chain(what.with_numbers.then(|| optional(&row.phone)));
        let guarded = cells.map(|it| if what.is_exact { it } else { run::guarded(&it).into_owned() });
        Ok(writer.write_record(guarded)?)
    }

    fn publish(self, n_rows: u64) -> Result<(), ConsentError> {
        match self {
            Self::Csv { writer, .. } => {
                let file = writer.into_inner().map_err(|it| ConsentError::Write(it.into_error()))?;
                file.publish(n_rows)?;
            }
            Self::Lines(file) => drop(file.publish(n_rows)?),
        }
        Ok(())
    }
}
