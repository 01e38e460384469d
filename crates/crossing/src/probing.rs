//! Probes the exports of a plan: their files, forms, digests and columns.

use std::path::PathBuf;

use anyhow::{Context, Result};
use extract::{ExtractError, Layout, Probe};
use plan::{Plan, SourceSection};
use rayon::prelude::*;

/// Probes the files of all sources, in the order of the plan.
pub(crate) fn probe_all(plan: &Plan) -> Result<Vec<Probe>> {
    plan.sources.par_iter().map(|it| probe(plan, it)).collect()
}

/// Probes the files of a source, and checks that they have the columns that the plan names.
fn probe(plan: &Plan, source: &SourceSection) -> Result<Probe> {
    let failed = || format!("could not use source \"{}\"", source.name.get_ref());
    let files = extract::files(plan.folder(), &source.path).with_context(failed)?;
    let probe = extract::probe(&files, &source.settings(plan)).with_context(failed)?;
    if let Err(error) = layout(source, &probe) {
        let at = match &error {
            ExtractError::MissingColumn { column, .. } | ExtractError::AmbiguousColumn { column, .. } => {
                source.place_of_column(column)
            }
            _ => 0,
        };
        let reading = probe.parts.first().map(|it| it.reading()).unwrap_or_default();
        return Err(plan.wrong(at, format!("{error} ({reading})")).into());
    }
    Ok(probe)
}

/// Returns the meaning of the columns of a source.
pub(crate) fn layout(source: &SourceSection, probe: &Probe) -> Result<Layout, ExtractError> {
    source.profile().layout(&first_path(probe), &probe.columns)
}

fn first_path(probe: &Probe) -> PathBuf {
    probe.parts.first().map(|it| it.path.clone()).unwrap_or_default()
}
