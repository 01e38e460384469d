//! `clean/ties.csv`: contacts that something ties together, for a person to merge or to keep apart.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use clean::Tie;
use run::{Artifact, ArtifactWriter};

pub(crate) const ARTIFACT: &str = "clean/ties.csv";

/// Writes one line per tie: what it is, how many contacts it ties, and the ids of the first [`clean::MOST_NAMED`] of them.
pub(crate) struct TiesWriter {
    csv: csv::Writer<ArtifactWriter>,
    /// How many there are of each kind.
    counts: BTreeMap<String, u64>,
}

impl TiesWriter {
    pub(crate) fn create(file: ArtifactWriter) -> Result<Self> {
        let mut csv = csv::Writer::from_writer(file);
        csv.write_record(["tie", "n_contacts", "contact_ids"])?;
        Ok(Self { csv, counts: BTreeMap::new() })
    }

    pub(crate) fn write(&mut self, ties: &[Tie]) -> Result<()> {
        for tie in ties {
            let ids: Vec<String> = tie.contacts.iter().map(ToString::to_string).collect();
            self.csv.write_record([tie.kind.name(), &tie.n_contacts.to_string(), &ids.join(" ")])?;
            *self.counts.entry(tie.kind.name().to_owned()).or_default() += 1;
        }
        Ok(())
    }

    /// Ends the file, and gives how many there are of each kind.
    pub(crate) fn publish(self) -> Result<(Artifact, BTreeMap<String, u64>)> {
        let file = self.csv.into_inner().map_err(|error| error.into_error());
        let file = file.with_context(|| format!("could not write {ARTIFACT}"))?;
        Ok((file.publish(self.counts.values().sum())?, self.counts))
    }
}
