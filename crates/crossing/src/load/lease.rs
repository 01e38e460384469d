//! The lease of a run: one run at a time loads into a database.

use anyhow::Result;
use crm::{Crm, Lease};

use crate::open_run::OpenRun;
use crate::progress::{Note, Progress};

/// Takes the lease for the run, and returns the database as its holder writes to it. [`given_back`] gives it back.
pub(crate) async fn take(run: &mut OpenRun, crm: &Crm) -> Result<Crm> {
    let lease = acquire(crm, &run.folder.manifest.uid, &format!("run {}", run.run_id()), &run.progress).await?;
    let crm = lease.crm().clone();
    run.lease = Some(lease);
    Ok(crm)
}

/// Does something with the run, and gives back the lease that it may have taken, also after an error. A lease that
/// cannot be given back expires.
pub(crate) async fn given_back<T>(run: &mut OpenRun, work: impl AsyncFnOnce(&mut OpenRun) -> Result<T>) -> Result<T> {
    let done = work(run).await;
    if let Some(released) = run.lease.take().map(Lease::release)
        && let Err(error) = released.await
    {
        tracing::warn!(%error, "the lease is not given back and expires");
    }
    done
}

/// Takes the lease for a run or a restore. `what` tells people what is done with it.
pub(crate) async fn acquire(crm: &Crm, uid: &str, what: &str, progress: &Progress) -> Result<Lease> {
    let waits = |holder: &str, since| progress.note(Note::WaitsForLease { holder: holder.to_owned(), since });
    Ok(crm.acquire_load_lease(uid, &format!("{}, {what}", run::holder()), waits).await?)
}
