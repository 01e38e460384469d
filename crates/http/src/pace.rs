//! A rate that all processes of a user keep together.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, flock};

/// Waits until a call may be made.
pub type Pace = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A rate whose state is in a file, so that processes which call with one account share it.
///
/// The file holds the moment at which the next call is due (GCRA without bursts), by the clock of the machine, in
/// nanoseconds. It is locked while that moment is moved on. A moment that lies further ahead than the calls of an hour is
/// of a wrong clock, and does not count.
pub struct SharedRate {
    file: File,
    interval: Duration,
}

const LONGEST_AHEAD: Duration = Duration::from_secs(3600);

impl SharedRate {
    /// Opens the rate of `name` in a folder, which is made if it is missing: one call per `interval`.
    pub fn open(folder: &Path, name: &str, interval: Duration) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).read(true).write(true).mode(0o600).open(folder.join(name))?;
        Ok(Self { file, interval })
    }

    /// Takes the next place, and returns how long it has to be waited for.
    fn take(&self, now: SystemTime) -> io::Result<Duration> {
        flock(&self.file, FlockOperation::LockExclusive)?;
        let waits = self.take_locked(now);
        flock(&self.file, FlockOperation::Unlock)?;
        waits
    }

    fn take_locked(&self, now: SystemTime) -> io::Result<Duration> {
        let mut file = &self.file;
        let mut text = String::new();
        file.seek(SeekFrom::Start(0))?;
        file.take(32).read_to_string(&mut text)?;
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let due = text.trim().parse().map(Duration::from_nanos).unwrap_or_default();
        let due = if due > now + LONGEST_AHEAD { now } else { due.max(now) };
        let next = due + self.interval;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(format!("{:020}", next.as_nanos()).as_bytes())?;
        Ok(due - now)
    }

    /// Returns the rate as a hook of a client. A file that cannot be used any more sets no limit; the provider's does.
    pub fn pace(self) -> Pace {
        let rate = Arc::new(self);
        Arc::new(move || {
            let rate = rate.clone();
            Box::pin(async move {
                let wait = tokio::task::spawn_blocking(move || rate.take(SystemTime::now()));
                match wait.await {
                    Ok(Ok(wait)) => tokio::time::sleep(wait).await,
                    Ok(Err(error)) => tracing::warn!(%error, "the shared rate cannot be read"),
                    Err(error) => tracing::warn!(%error, "the shared rate cannot be read"),
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_processes_share_one_rate() {
        let home = tempfile::tempdir().unwrap();
        let open = || SharedRate::open(home.path(), "plivo-1", Duration::from_secs(3)).unwrap();
        let (one, other) = (open(), open());
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        let waits = [one.take(now), other.take(now), one.take(now)].map(|it| it.unwrap().as_secs());
        assert_eq!(waits, [0, 3, 6]);
        assert_eq!(other.take(now + Duration::from_secs(20)).unwrap(), Duration::ZERO);
    }

    #[test]
    fn a_moment_of_a_wrong_clock_does_not_stop_all_calls() {
        let home = tempfile::tempdir().unwrap();
        let rate = SharedRate::open(home.path(), "x", Duration::from_secs(1)).unwrap();
        rate.take(UNIX_EPOCH + Duration::from_secs(1_000_000)).unwrap();
        assert_eq!(rate.take(UNIX_EPOCH + Duration::from_secs(1000)).unwrap(), Duration::ZERO);
    }
}
