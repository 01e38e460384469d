//! The lease: one run at a time loads into a database.
//!
//! A lease ends by itself if its holder was killed, so another run may take it over from one that only slept. Each
//! acquisition therefore raises a number, the fence. Every writing transaction of a holder compares it, and fails if it
//! is not the holder's any more. All times are those of the clock of the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{Timestamp, Unit};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::sql::{Tx, postgres, sqlite};
use crate::{Crm, Database, LoadError, SqlError};

/// How long a lease lasts after it was last renewed.
const LIFE: Duration = Duration::from_secs(60);

/// How often a run looks again whether the lease of another has expired.
const LOOK: Duration = Duration::from_millis(250);

const WHAT: &str = "take the lease for loading";
const HELD: &str = "select run_uid, holder, since, cast(case when expires_at > clock_micros() then 1 else 0 end as bigint), fence, \
    expires_at from lease where name = 'load'";
const TAKE: &str = "insert into lease (name, run_uid, holder, since, expires_at, fence) \
    values ('load', $1, $2, clock_micros(), clock_micros() + $3, $4) on conflict (name) do update set \
    run_uid = excluded.run_uid, holder = excluded.holder, since = excluded.since, expires_at = excluded.expires_at, \
    fence = excluded.fence";
const RENEW: &str =
    "update lease set expires_at = clock_micros() + $1 where name = 'load' and fence = $2 and expires_at <> 0";
const RELEASE: &str = "update lease set expires_at = 0 where name = 'load' and fence = $1";

/// The right to load into a database. [`Lease::crm`] has it; [`Lease::release`] gives it back.
///
/// It is renewed by each writing transaction of its holder, and every twenty seconds, so long waits keep it.
pub struct Lease {
    crm: Crm,
    renewal: JoinHandle<()>,
}

/// The number that the transactions of a holder compare.
#[derive(Debug)]
pub(crate) struct Fence {
    number: i64,
    is_released: AtomicBool,
}

/// A lease as the database has it.
struct HeldLease {
    run_uid: String,
    holder: String,
    since: Timestamp,
    is_live: bool,
    fence: i64,
    /// Grows whenever the holder renews the lease.
    expires_at: i64,
}

impl Crm {
    /// Takes the lease for a run. `holder` tells people who loads, such as `ana@host, process 7, run 2026-11-28-spring`.
    ///
    /// A run takes over its own lease at once: only one process has its folder, so the earlier holder is dead. If another
    /// run has the lease, this waits until it expires, at most a minute, and calls `waits` once with its holder and since
    /// when. [`LoadError::Busy`] if that holder renews the lease meanwhile: it is alive.
    pub async fn acquire_load_lease(
        &self,
        run_uid: &str,
        holder: &str,
        mut waits: impl FnMut(&str, Timestamp),
    ) -> Result<Lease, LoadError> {
        let mut first: Option<HeldLease> = None;
        loop {
            let held = match self.try_acquire(run_uid, holder).await? {
                Ok(lease) => return Ok(lease),
                Err(held) => held,
            };
            match &first {
                Some(first) if (first.fence, first.expires_at) != (held.fence, held.expires_at) => {
                    return Err(LoadError::Busy { holder: held.holder, since: held.since });
                }
                Some(_) => {}
                None => {
                    waits(&held.holder, held.since);
                    first = Some(held);
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Takes the lease unless another run has it, whose lease is returned.
    async fn try_acquire(&self, run_uid: &str, holder: &str) -> Result<Result<Lease, HeldLease>, LoadError> {
        let mut tx = self.begin(WHAT).await?;
        let number = match tx.held_lease().await? {
            Some(held) if held.is_live && held.run_uid != run_uid => return Ok(Err(held)),
            held => held.map_or(0, |it| it.fence) + 1,
        };
        let take = self.with_clock(TAKE);
        tx.execute(&take, &[run_uid.into(), holder.into(), life().into(), number.into()]).await?;
        tx.commit().await?;
        let fence = Arc::new(Fence { number, is_released: AtomicBool::new(false) });
        let crm = Crm(self.0.clone(), Some(fence), self.2.clone());
        let renewal = tokio::spawn(renew_again_and_again(self.0.clone(), self.with_clock(RENEW), number));
        Ok(Ok(Lease { crm, renewal }))
    }

    /// Gives the lease back, if this handle has it.
    pub(crate) async fn release_lease(&self) -> Result<(), LoadError> {
        let Some(fence) = &self.1 else { return Ok(()) };
        if fence.is_released.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let mut tx = Crm(self.0.clone(), None, None).begin("give the lease back").await?;
        tx.execute(RELEASE, &[fence.number.into()]).await?;
        tx.commit().await
    }

    /// Returns the holder of the lease, if there is one.
    pub async fn lease_holder(&self) -> Result<Option<String>, LoadError> {
        let held = self.reader("read who loads").await?.held_lease().await?;
        Ok(held.filter(|it| it.is_live).map(|it| it.holder))
    }

    fn with_clock(&self, statement: &str) -> String {
        with_clock(statement, matches!(self.0, Database::Postgres(_)))
    }
}

impl Lease {
    /// The database, as the holder of the lease writes to it.
    pub fn crm(&self) -> &Crm {
        &self.crm
    }

    /// Gives the lease back. Does nothing if [`Crm::close`] of the holder has done so, or another run has taken it
    /// over.
    pub async fn release(self) -> Result<(), LoadError> {
        self.crm.release_lease().await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

impl Tx {
    /// Fails if another run has taken over the lease. No one can do so before the transaction ends.
    pub(crate) async fn check_fence(&mut self, fence: &Fence) -> Result<(), LoadError> {
        match self.held_lease().await? {
            Some(held) if held.fence == fence.number && !fence.is_released.load(Ordering::Relaxed) => Ok(()),
            _ => Err(LoadError::Fenced),
        }
    }

    pub(crate) async fn renew_lease(&mut self, fence: &Fence) -> Result<(), LoadError> {
        let renew = with_clock(RENEW, self.is_postgres());
        self.execute(&renew, &[life().into(), fence.number.into()]).await
    }

    async fn held_lease(&mut self) -> Result<Option<HeldLease>, LoadError> {
        let select = with_clock(HELD, self.is_postgres());
        let held = self.select(&select, &[], |it| {
            let since = it.time(2)?;
            let since = since.round(Unit::Second).unwrap_or(since);
            Ok(HeldLease {
                run_uid: it.text(0)?,
                holder: it.text(1)?,
                since,
                is_live: it.int(3)? == 1,
                fence: it.int(4)?,
                expires_at: it.int(5)?,
            })
        });
        Ok(held.await?.pop())
    }
}

fn life() -> i64 {
    LIFE.as_micros() as i64
}

/// The statement with the clock of the database, which goes on within a transaction.
pub(crate) fn with_clock(statement: &str, is_postgres: bool) -> String {
    let clock = if is_postgres { postgres::CLOCK } else { sqlite::CLOCK };
    statement.replace("clock_micros()", clock)
}

/// Renews a lease until its holder ends. A renewal that fails is tried again by the next: three are missed before the
/// lease expires.
async fn renew_again_and_again(database: Database, renew: String, fence: i64) {
    loop {
        tokio::time::sleep(LIFE / 3).await;
        let renewed = match &database {
            Database::Sqlite(sqlite) => {
                let (path, renew) = (Arc::clone(&sqlite.path), renew.clone());
                let renewed = spawn_blocking(move || Ok(sqlite::connect(&path)?.execute(&renew, [life(), fence])?));
                renewed.await.unwrap_or(Err(SqlError::Thread)).map(|it| it as u64)
            }
            Database::Postgres(pool) => postgres::renew(pool, &renew, [life(), fence]).await,
        };
        if matches!(renewed, Ok(0)) {
            return;
        }
    }
}
