//! The suppression list as a file for others.

use std::path::Path;

use crm::Crm;
use model::plain_phone_digests;
use run::ArtifactWriter;

use crate::{ExportError, io_error};

/// What to export of the suppression list.
#[derive(Clone, Copy, Debug)]
pub struct SuppressionExport<'a> {
    pub to: &'a Path,
    /// Write the plain SHA-256 digests of the numbers, and not the contact ids, which are of no use to others.
    pub has_sha256: bool,
    /// Cells are written as they are, even if a spreadsheet may run them as formulas.
    pub is_exact: bool,
}

/// The counts of an exported suppression list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenSuppression {
    pub n_rows: u64,
    /// Contacts that were left out, because the database does not know their number.
    pub n_without_number: u64,
    /// Entries that are known by the SHA-256 of others alone. Ferry does not store it, so they are left out.
    pub n_sha256_only: u64,
}

/// Writes the contacts that are suppressed now as CSV, in the order of their ids. With digests there is a row for each
/// number, and the rows are in the order of the digests, which tells nothing.
pub async fn export_suppression(crm: &Crm, what: SuppressionExport<'_>) -> Result<WrittenSuppression, ExportError> {
    let contacts = crm.suppressed_contacts().await?;
    let mut n_without_number = 0;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for listed in contacts {
        let (at, reason) = (listed.at.to_string(), listed.reason);
        if !what.has_sha256 {
            rows.push(vec![listed.contact.to_string(), at, reason]);
            continue;
        }
        if listed.phones.is_empty() {
            // The numbers of a contact that was merged are with the one who stays.
            n_without_number += u64::from(listed.merged_into.is_none());
        }
        for phone in listed.phones {
            let [with_plus, digits] = plain_phone_digests(&phone.to_string()).map(hex::encode);
            rows.push(vec![with_plus, digits, at.clone()]);
        }
    }
    if what.has_sha256 {
        rows.sort();
        rows.dedup_by(|one, other| one[0] == other[0]);
    }
    let header: &[&str] = if what.has_sha256 {
        &["sha256", "sha256_digits", "suppressed_at"]
    } else {
        &["contact_id", "suppressed_at", "reason"]
    };
    write(what, header, &rows)?;
    let n_sha256_only = crm.suppression_counts().await?.sha256_only;
    Ok(WrittenSuppression { n_rows: rows.len() as u64, n_without_number, n_sha256_only })
}

fn write(what: SuppressionExport<'_>, header: &[&str], rows: &[Vec<String>]) -> Result<(), ExportError> {
    let failed = |it| ExportError::Write(io_error(it));
    let mut writer = csv::Writer::from_writer(ArtifactWriter::create_output(what.to)?);
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        let cell = |it: &String| if what.is_exact { it.clone() } else { run::guarded(it).into_owned() };
        writer.write_record(row.iter().map(cell)).map_err(failed)?;
    }
    let file = writer.into_inner().map_err(|it| ExportError::Write(it.into_error()))?;
    file.publish(rows.len() as u64)?;
    Ok(())
}
