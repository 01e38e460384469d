//! `clean/ties.csv`: contacts that something ties together, for a person to merge or to keep apart.

use anyhow::{Context, Result};
use clean::Tie;
use run::{Artifact, ArtifactWriter};

pub(crate) const ARTIFACT: &str = "clean/ties.csv";

/// One line per tie: what it is, how many contacts it ties, and the ids of the first [`clean::MOST_NAMED`] of them.
pub(crate) fn write(file: ArtifactWriter, ties: &[Tie]) -> Result<Artifact> {
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(["tie", "n_contacts", "contact_ids"])?;
    for tie in ties {
        let ids: Vec<String> = tie.contacts.iter().map(ToString::to_string).collect();
        csv.write_record([tie.kind.name(), &tie.n_contacts.to_string(), &ids.join(" ")])?;
    }
    let file = csv.into_inner().map_err(|error| error.into_error());
    Ok(file.with_context(|| format!("could not write {ARTIFACT}"))?.publish(ties.len() as u64)?)
}
