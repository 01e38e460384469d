//! The lease of a run: one run at a time loads into a database.

use anyhow::Result;
use crm::{Crm, Lease};

use crate::open_run::OpenRun;

/// Takes the lease for the run, and returns the database as its holder writes to it. [`release`] gives it back.
pub(crate) async fn take(run: &mut OpenRun, crm: &Crm) -> Result<Crm> {
    let lease = crm.acquire_load_lease(&run.folder.manifest.uid, &holder(run.run_id())).await?;
    let crm = lease.crm().clone();
    run.lease = Some(lease);
    Ok(crm)
}

/// Gives the lease back that the run may have, also after an error. A lease that cannot be given back expires.
pub(crate) async fn release<T>(run: &mut OpenRun, done: Result<T>) -> Result<T> {
    if let Some(released) = run.lease.take().map(Lease::release)
        && let Err(error) = released.await
    {
        tracing::warn!(%error, "the lease is not given back and expires");
    }
    done
}

/// Tells people who loads.
fn holder(run_id: &str) -> String {
    format!("{}, run {run_id}", run::holder())
}
