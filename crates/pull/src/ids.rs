//! The ids that a stream asks about: those of another source of the plan.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use extract::{Layout, is_blank};
use plan::{Plan, SourceSection};

use crate::files_of;

/// Returns the Viber ids of a source, each once, in their order.
pub(crate) fn ids_of(plan: &Plan, name: &str) -> Result<Vec<String>> {
    let source = plan.sources.iter().find(|it| it.name.get_ref() == name);
    let source = source.with_context(|| format!("the plan has no source \"{name}\""))?;
    let failed = || format!("could not read the ids of source \"{name}\"");
    read_ids(plan, source).with_context(failed)
}

fn read_ids(plan: &Plan, source: &SourceSection) -> Result<Vec<String>> {
    let files = files_of(plan, source)?;
    let probe = extract::probe(&files, &source.settings(plan))?;
    let first = files.first().cloned().unwrap_or_default();
    let layout: Layout = source.profile().layout(&first, &probe.columns)?;
    let columns = layout.columns_of("viber_id");
    let mut ids = BTreeSet::new();
    extract::read(&probe, |row| -> Result<()> {
        let Ok(cells) = row.cells else { return Ok(()) };
        ids.extend(columns.iter().map(|it| cells.get(*it)).filter(|it| !is_blank(it)).map(|it| it.trim().to_owned()));
        Ok(())
    })?;
    Ok(ids.into_iter().collect())
}
