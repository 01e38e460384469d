//! `clean/duplicates.csv`: contacts that may be one person, for a person to merge or to keep apart.

use std::collections::BTreeMap;
use std::path::Path;

use model::ContactId;

use crate::{Artifact, ArtifactWriter, RunError};

pub const ARTIFACT: &str = "clean/duplicates.csv";

/// Writes one line per candidate: the value its contacts share, their number, and the ids of the first of them.
pub struct DuplicatesWriter {
    csv: csv::Writer<ArtifactWriter>,
    /// The number of candidates of each kind.
    counts: BTreeMap<String, u64>,
}

impl DuplicatesWriter {
    pub fn create(file: ArtifactWriter) -> Result<Self, RunError> {
        let mut it = Self { csv: csv::Writer::from_writer(file), counts: BTreeMap::new() };
        it.line(["shared", "n_contacts", "contact_ids"])?;
        Ok(it)
    }

    pub fn write(&mut self, kind: &str, n_contacts: u64, contacts: &[ContactId]) -> Result<(), RunError> {
        let ids: Vec<String> = contacts.iter().map(ToString::to_string).collect();
        self.line([kind, &n_contacts.to_string(), &ids.join(" ")])?;
        *self.counts.entry(kind.to_owned()).or_default() += 1;
        Ok(())
    }

    /// Ends the file, and returns the number of candidates of each kind.
    pub fn publish(self) -> Result<(Artifact, BTreeMap<String, u64>), RunError> {
        let file = self.csv.into_inner().map_err(|error| RunError::write(Path::new(ARTIFACT))(error.into_error()))?;
        Ok((file.publish(self.counts.values().sum())?, self.counts))
    }

    fn line(&mut self, cells: [&str; 3]) -> Result<(), RunError> {
        self.csv.write_record(cells).map_err(|error| RunError::write(Path::new(ARTIFACT))(error.into()))
    }
}
