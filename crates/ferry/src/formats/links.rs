//! `clean/links.parquet`: which Viber user is which contact.

use std::path::Path;

use anyhow::{Context, Result};
use model::ContactId;
use run::{Artifact, ArtifactWriter, Column, TableReader, TableWriter};

use crate::formats::{RowReader, RowWriter};

pub(crate) const ARTIFACT: &str = "clean/links.parquet";

/// Writes users, as the contacts that they would be without a phone, and who they are.
pub(crate) fn write(file: ArtifactWriter, users: &[(ContactId, ContactId)]) -> Result<Artifact> {
    let mut table = TableWriter::create(file, &["user_id", "contact_id"].map(Column::text))?;
    for (user, contact) in users {
        let ids = [user, contact].map(ToString::to_string);
        table.row(|row| RowWriter::new(row).text(Some(&ids[0])).text(Some(&ids[1])).end())?;
    }
    Ok(table.publish()?)
}

pub(crate) fn read(path: &Path) -> Result<Vec<(ContactId, ContactId)>> {
    let mut users = Vec::new();
    for group in TableReader::open(path)?.groups() {
        let group = group?;
        for row in 0..group.n_rows {
            let mut cells = RowReader::new(&group, row);
            let mut id =
                || cells.text().and_then(ContactId::from_hex).context("the links hold something else than ids");
            users.push((id()?, id()?));
        }
    }
    Ok(users)
}
