//! `clean/links.parquet`: the contact of each Viber user.

use std::path::Path;

use model::ContactId;

use crate::formats::{RowReader, RowWriter};
use crate::{Artifact, ArtifactWriter, Column, RunError, TableReader, TableWriter};

pub const ARTIFACT: &str = "clean/links.parquet";

fn columns() -> [Column; 2] {
    ["user_id", "contact_id"].map(Column::text)
}

/// Writes the links. Each is the contact id that the user would have without a phone, and the id of the user's contact.
pub fn write(file: ArtifactWriter, users: &[(ContactId, ContactId)]) -> Result<Artifact, RunError> {
    let mut table = TableWriter::create(file, &columns())?;
    for (user, contact) in users {
        let ids = [user, contact].map(ToString::to_string);
        table.row(|row| RowWriter::new(row).text(Some(&ids[0])).text(Some(&ids[1])).end())?;
    }
    table.publish()
}

pub fn read(path: &Path) -> Result<Vec<(ContactId, ContactId)>, RunError> {
    let mut users = Vec::new();
    for group in TableReader::open_with(path, &columns())?.groups() {
        let group = group?;
        for row in 0..group.n_rows {
            let mut cells = RowReader::new(&group, row);
            let mut id = || cells.text().and_then(ContactId::from_hex).ok_or_else(|| RunError::unknown_row(path));
            users.push((id()?, id()?));
        }
    }
    Ok(users)
}
