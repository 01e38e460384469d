//! Probes the exports of a plan: their files, forms, digests and columns.

use std::path::PathBuf;

use anyhow::{Context, Result};
use extract::{ExtractError, Layout, Probe, ProbedColumns};
use plan::{Plan, PlanError, SourceSection};
use rayon::prelude::*;

/// Probes the files of all sources, in the order of the plan.
pub(crate) fn probe_all(plan: &Plan) -> Result<Vec<Probe>> {
    plan.sources.par_iter().map(|it| probe(plan, it)).collect()
}

/// Probes the files of a source, and checks that they have the columns that the plan names.
fn probe(plan: &Plan, source: &SourceSection) -> Result<Probe> {
    let failed = || format!("could not use source \"{}\"", source.name.get_ref());
    let files = pull::files_of(plan, source).with_context(failed)?;
    let probe = extract::probe(&files, &source.settings(plan)).with_context(failed)?;
    if let Err(error) = layout(source, &probe) {
        let reading = probe.parts.first().map(|it| it.reading()).unwrap_or_default();
        return Err(wrong_column(plan, source, &error, &reading).into());
    }
    Ok(probe)
}

/// Finds the files of a source and their columns, without reading its rows, and checks that the columns are those that
/// the plan names.
pub(crate) fn probe_columns(plan: &Plan, source: &SourceSection) -> Result<(Vec<PathBuf>, ProbedColumns)> {
    let failed = || format!("could not use source \"{}\"", source.name.get_ref());
    let files = pull::files_of(plan, source).with_context(failed)?;
    let (profile, first) = (source.profile(), files.first().cloned().unwrap_or_default());
    let layout = |columns: &[String]| profile.layout(&first, columns);
    let is_enough = |columns: &[String]| layout(columns).is_ok();
    let probed = extract::probe_columns(&files, &source.settings(plan), &is_enough).with_context(failed)?;
    layout(&probed.columns).map_err(|error| wrong_column(plan, source, &error, &probed.reading))?;
    Ok((files, probed))
}

/// The error for a column that the plan names and the file does not have, with the line of the plan.
fn wrong_column(plan: &Plan, source: &SourceSection, error: &ExtractError, reading: &str) -> PlanError {
    let at = match error {
        ExtractError::MissingColumn { column, .. } | ExtractError::AmbiguousColumn { column, .. } => {
            source.place_of_column(column)
        }
        _ => 0,
    };
    plan.wrong(at, format!("{error} ({reading})"))
}

/// Returns the meaning of the columns of a source.
pub(crate) fn layout(source: &SourceSection, probe: &Probe) -> Result<Layout, ExtractError> {
    source.profile().layout(&first_path(probe), &probe.columns)
}

fn first_path(probe: &Probe) -> PathBuf {
    probe.parts.first().map(|it| it.path.clone()).unwrap_or_default()
}
