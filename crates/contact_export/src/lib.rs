//! Contacts of the CRM database as a file: for spreadsheets, for analysis, and for the importers of other CRMs.

mod columns;
mod crms;
mod file;
mod suppression;

use std::path::Path;

use crm::{Crm, Exported, LoadError};
use jiff::Timestamp;
use model::{Condition, ConsentState, Segment};
use run::RunError;
use thiserror::Error;

use crate::columns::Column;
pub use crate::crms::Remark;
use crate::crms::Remarks;
use crate::file::ExportFile;
pub use crate::file::io_error;
pub use crate::suppression::{SuppressionExport, WrittenSuppression, export_suppression};

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    Csv,
    /// One JSON object per line.
    JsonLines,
    Parquet,
    Hubspot,
    Salesforce,
    Chatwoot,
}

impl ExportFormat {
    /// The format that the ending of a file stands for; CSV if it stands for none.
    ///
    /// # Errors
    ///
    /// The ending of a format that is not written.
    pub fn of_path(path: &Path) -> Result<Self, ExportError> {
        let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "jsonl" | "ndjson" => Ok(Self::JsonLines),
            "parquet" => Ok(Self::Parquet),
            "json" | "xlsx" | "xls" | "ods" | "tsv" => Err(ExportError::Ending { ending }),
            _ => Ok(Self::Csv),
        }
    }

    /// Whether the file is for the importer of another CRM, which takes an apostrophe as part of the value.
    fn is_for_importer(self) -> bool {
        matches!(self, Self::Hubspot | Self::Salesforce | Self::Chatwoot)
    }
}

/// The reason why an export failed.
#[derive(Debug, Error)]
pub enum ExportError {
    #[error(
        "there is no export to .{ending}: name a file that ends in .csv, .jsonl or .parquet, or say which with --as"
    )]
    Ending { ending: String },
    #[error("could not write the export")]
    Write(#[source] std::io::Error),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Crm(#[from] LoadError),
}

/// What to export.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    pub to: &'a Path,
    pub format: ExportFormat,
    /// Cells of CSV are written as they are, even if a spreadsheet may run them as formulas.
    pub is_exact: bool,
    pub who: Who<'a>,
}

/// The contacts to export.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    All,
    Segment(Segment),
    /// Those who meet a condition, of the people who may be chosen.
    Condition(&'a Condition),
}

/// What an export wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub n_contacts: u64,
    pub n_with_consent: u64,
    /// Contacts that are held, because their number may belong to another person now. A segment leaves them out; among
    /// all contacts, they are marked.
    pub n_held: u64,
    /// The contacts of the whole database that a verifier was asked about.
    pub n_asked: u64,
    /// The contacts of the whole database whose registration is not known.
    pub n_undecided: u64,
    /// What the importer of another CRM makes of the contacts.
    pub remarks: Vec<Remark>,
}

/// Writes contacts of the database, in the order of their ids. Memory does not grow with their number, but for 8 bytes
/// for each e-mail address where an importer merges by it.
pub async fn export(crm: &Crm, what: Export<'_>) -> Result<Written, ExportError> {
    let now = Timestamp::now();
    let (members, mut n_held) = match what.who {
        Who::Condition(condition) => {
            (crm.segment_members(condition, now).await?, crm.count_held_in_segment(condition, now).await?)
        }
        Who::All | Who::Segment(_) => (Vec::new(), 0),
    };
    let is_wanted = |it: &Exported| match what.who {
        Who::All => true,
        Who::Segment(segment) => it.segment() == segment,
        // Somebody may have been suppressed or held since the members were read.
        Who::Condition(_) => it.segment().can_be_chosen() && members.binary_search(&it.contact.id).is_ok(),
    };
    let attributes = crm.attribute_names().await?;
    let columns = columns_of(what, &attributes);
    let mut remarks = Remarks::of(what.format);
    let is_exact = what.is_exact || what.format.is_for_importer();
    let mut file = ExportFile::create(what.to, what.format, &columns, is_exact)?;
    let (mut n_contacts, mut n_with_consent, mut n_asked, mut n_undecided) = (0, 0, 0, 0);
    let each = |it: Exported| -> Result<(), ExportError> {
        n_asked += u64::from(it.registration.is_some());
        n_undecided += u64::from(it.segment() == Segment::Undecided);
        if !is_wanted(&it) {
            n_held += u64::from(is_held_back(what.who, &it));
            return Ok(());
        }
        n_contacts += 1;
        n_held += u64::from(it.kept_out.is_held && matches!(what.who, Who::All));
        n_with_consent += u64::from(it.contact.whatsapp_consent == Some(ConsentState::Yes));
        remarks.see(&it);
        file.write(&it, &columns)
    };
    crm.export(now, each).await?;
    file.publish(n_contacts)?;
    Ok(Written { n_contacts, n_with_consent, n_held, n_asked, n_undecided, remarks: remarks.found() })
}

/// Whether a contact would be in a segment of all contacts if it were not held.
fn is_held_back(who: Who, it: &Exported) -> bool {
    matches!(who, Who::Segment(segment) if it.segment() == Segment::Held && it.segment_without_hold() == segment)
}

fn columns_of(what: Export<'_>, attributes: &[String]) -> Vec<Column> {
    match (what.format, what.who) {
        (ExportFormat::Hubspot, _) => crms::hubspot(attributes),
        (ExportFormat::Salesforce, _) => crms::salesforce(attributes),
        (ExportFormat::Chatwoot, _) => crms::chatwoot(attributes),
        (_, Who::All) => columns::contact_columns(attributes),
        (_, Who::Segment(_) | Who::Condition(_)) => columns::segment_columns(attributes),
    }
}
