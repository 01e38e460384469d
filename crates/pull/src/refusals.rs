//! Whether all refusals that providers hold are known.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use pages::{coverage_of, last_read_at, read_store};
use plan::{Plan, SourceSection};
use providers::Windows;

/// A source that can hold refusals and was not read freshly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleSource {
    pub name: String,
    /// When the last reading that has ended began; none if none has.
    pub read_at: Option<Timestamp>,
}

/// The name of the file that is in the folder of a source while its last reading is one that failed.
const FAILED: &str = ".failed";

/// Notes whether a reading came to its end. If the note cannot be written, the frames of the reading still say it.
pub(crate) fn note(folder: &Path, is_well: bool) {
    let path = folder.join(FAILED);
    let noted =
        if is_well { fs::remove_file(&path) } else { fs::create_dir_all(folder).and_then(|()| fs::write(&path, "")) };
    match noted {
        Err(error) if error.kind() != ErrorKind::NotFound => tracing::warn!(%error, "the failure could not be noted"),
        _ => {}
    }
}

/// Returns the sources of a plan that can hold refusals, and whose last whole reading is older than the plan allows for
/// writing to people.
pub fn stale_sources(plan: &Plan, now: Timestamp) -> Result<Vec<StaleSource>> {
    let most = SignedDuration::from_hours(i64::from(plan.gates.max_refusal_hours));
    let mut stale = Vec::new();
    for of in plan.sources.iter().filter_map(SourceSection::of_provider).filter(|it| it.stream.holds_refusals) {
        let contents = read_store(&of.folder(plan))?;
        let coverage = coverage_of(&contents);
        // A reading that was begun and has not ended may lack what came since.
        let has_failed = of.folder(plan).join(FAILED).exists();
        let read_at = last_read_at(&contents).filter(|_| coverage.is_complete && !has_failed);
        // Of messages, it matters up to when they were read.
        let covers_now =
            of.stream.windows == Windows::None || coverage.until.is_some_and(|it| now.duration_since(it) <= most);
        if !covers_now || read_at.is_none_or(|it| now.duration_since(it) > most) {
            stale.push(StaleSource { name: of.source.name.get_ref().clone(), read_at });
        }
    }
    Ok(stale)
}
