//! Merges rows, and loads contacts at the same time if possible.

use anyhow::Result;
use crm::Crm;
use tokio::task::block_in_place;

use crate::clean::{self, PendingRows};
use crate::gates;
use crate::load::overlapped::{LoadedAlready, OverlappedLoad};
use crate::open_run::OpenRun;

/// A load that began during the merge, or none.
pub(crate) struct Loading(Option<OverlappedLoad>);

/// Merges the rows, if there are any. If nothing has to be done before the first contact is loaded, contacts are loaded
/// as soon as they are merged.
pub(crate) async fn merge(run: &mut OpenRun, rows: Option<PendingRows>) -> Result<Loading> {
    let Some(rows) = rows else { return Ok(Loading(None)) };
    // If a quality gate stops the run, it must do so before anything is loaded.
    let may_load = gates::check_rows(&rows, &run.plan.gates).is_ok();
    let mut overlapped = if may_load { OverlappedLoad::begin(run).await? } else { None };
    block_in_place(|| clean::merge(run, rows, overlapped.as_mut()))?;
    Ok(Loading(overlapped))
}

impl Loading {
    /// Opens the database, and waits until the contacts that were passed on are loaded.
    pub(crate) async fn finish(self, run: &mut OpenRun) -> Result<(Crm, Option<LoadedAlready>)> {
        match self.0 {
            Some(overlapped) => overlapped.finish().await.map(|(crm, loaded)| (crm, Some(loaded))),
            None => Ok((crate::open(run).await?, None)),
        }
    }
}
