//! Reads all sources of a plan that have a provider.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Error, Result};
use http::{CallError, ClientConfig, Hooks, Pace, SharedRate, Wait};
use jiff::Timestamp;
use model::{ContactKey, Digest};
use pages::{PullCoverage, coverage_of, read_store};
use plan::{Plan, ProviderSource, SourceSection};
use providers::{Connection, DurablePage, PullError, PullOptions, Windows};
use thiserror::Error as ThisError;

use crate::{ids, refusals, scenarios, signed};

/// Most bytes of a page or of a report.
const MOST_PAGE_BYTES: usize = 256 << 20;

/// Which sources are read, and how far.
#[derive(Clone, Debug, Default)]
pub struct PullSettings {
    /// Only the source of this name.
    pub only: Option<String>,
    pub refresh: Refresh,
    /// Whether an order whose answer was lost is given again.
    pub orders_again: bool,
}

/// What is read of a source that was read before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refresh {
    /// What the plan asks for and is not read yet.
    #[default]
    Missing,
    /// Also what has come since the last reading.
    SinceLast,
    /// Only what is new since the last reading; what has changed is left to a later one.
    New,
}

/// Is told of the records of pages that are durable, and of the share of the source that was read.
pub type OnPages = dyn Fn(&str, u64, Option<f64>) + Send + Sync;
/// Is told of long waits.
pub type OnSourceWait = dyn Fn(&str, Wait) + Send + Sync;

/// What happens while sources are read, by the name of the source. Called from any thread.
#[derive(Clone)]
pub struct Progress {
    pub on_pages: Arc<OnPages>,
    pub on_wait: Arc<OnSourceWait>,
}

/// A source that was read to its end.
#[derive(Clone, Debug)]
pub struct PulledSource {
    pub name: String,
    pub coverage: PullCoverage,
    /// Calls of this process; 0 if there was nothing to read.
    pub calls: u64,
    /// Records that came in this process.
    pub new_rows: u64,
}

/// The provider does not accept the credentials of a source.
#[derive(Debug, ThisError)]
#[error("{provider} does not accept the credentials ({status}): check {places}")]
pub(crate) struct CredentialsRefused {
    provider: &'static str,
    status: u16,
    places: String,
}

/// A source that was not read to its end.
#[derive(Debug, ThisError)]
#[error("source \"{name}\" could not be read from {provider}")]
pub struct FailedSource {
    pub name: String,
    pub provider: &'static str,
    pub is_optional: bool,
    /// Whether the source can hold refusals, so that nothing may be sent to people without it.
    pub holds_refusals: bool,
    /// Whether pages of an earlier reading that ended are there.
    pub has_earlier: bool,
    pub source: Error,
}

/// Returns whether the same reading can go on later.
pub fn is_failure_passing(error: &Error) -> bool {
    error.chain().any(|it| it.downcast_ref::<PullError>().is_some_and(PullError::is_passing))
}

/// Reads every source that has a provider. One that fails stops no other.
pub async fn pull_sources(
    plan: &Plan,
    key: &ContactKey,
    settings: &PullSettings,
    progress: &Progress,
) -> Vec<Result<PulledSource, FailedSource>> {
    let is_wanted = |it: &&SourceSection| settings.only.as_ref().is_none_or(|only| only == it.name.get_ref());
    let sources = plan.all_sources().filter(is_wanted).filter_map(SourceSection::of_provider);
    // Those that ask about the ids of another source come after it.
    let (first, then): (Vec<_>, Vec<_>) = sources.partition(|it| it.ids_from().is_none());
    let mut results = BTreeMap::new();
    for group in [first, then] {
        let pulls = group.into_iter().map(|it| async move {
            (it.source.name.span().start, pull_source(plan, key, settings, progress, it).await)
        });
        results.extend(futures::future::join_all(pulls).await);
    }
    results.into_values().collect()
}

async fn pull_source(
    plan: &Plan,
    key: &ContactKey,
    settings: &PullSettings,
    progress: &Progress,
    of: ProviderSource<'_>,
) -> Result<PulledSource, FailedSource> {
    let name = of.source.name.get_ref();
    let folder = of.folder(plan);
    let pulled = pull_one(plan, key, settings, progress, of).await;
    refusals::note(&folder, pulled.is_ok());
    pulled.map_err(|source| FailedSource {
        name: name.clone(),
        provider: of.provider.title,
        is_optional: of.source.is_optional(),
        holds_refusals: of.stream.holds_refusals,
        has_earlier: read_store(&folder).is_ok_and(|it| coverage_of(&it).pulls > 0),
        source,
    })
}

async fn pull_one(
    plan: &Plan,
    key: &ContactKey,
    settings: &PullSettings,
    progress: &Progress,
    of: ProviderSource<'_>,
) -> Result<PulledSource> {
    let name = of.source.name.get_ref().as_str();
    let folder = of.folder(plan);
    let before = read_store(&folder)?;
    signed::check(&folder, name, &before, key)?;
    let ids = match of.ids_from() {
        Some(other) => tokio::task::block_in_place(|| ids::ids_of(plan, other))?,
        None => Vec::new(),
    };
    let connection = of.connection(plan, ids)?;
    let options = options(&of, &connection, settings, progress);
    let on_page = |DurablePage { rows, done }| (progress.on_pages)(name, rows, done);
    let pulled = providers::pull(of.provider, of.stream, &connection, &folder, &options, &on_page).await;
    let pulled = pulled.map_err(|error| with_places(&of, error.into()))?;
    let failed = || format!("could not write the coverage in {}", folder.display());
    signed::write(&folder, name, &read_store(&folder)?, key).with_context(failed)?;
    if of.stream.profile.is_none() {
        scenarios::write_files(&folder).with_context(failed)?;
    }
    let new_rows = pulled.coverage.rows.saturating_sub(coverage_of(&before).rows);
    Ok(PulledSource { name: name.to_owned(), coverage: pulled.coverage, calls: pulled.calls, new_rows })
}

/// Names the places of the credentials where they are refused.
pub(crate) fn with_places(of: &ProviderSource, error: Error) -> Error {
    let status = error.chain().find_map(|it| match it.downcast_ref() {
        Some(CallError::Refused { status: status @ (401 | 403), .. }) => Some(*status),
        _ => None,
    });
    match status {
        Some(status) => {
            let (provider, places) = (of.provider.title, of.source.places_of_secrets().join(" and "));
            CredentialsRefused { provider, status, places }.into()
        }
        None => error,
    }
}

fn options(of: &ProviderSource, connection: &Connection, settings: &PullSettings, progress: &Progress) -> PullOptions {
    let (name, on_wait) = (of.source.name.get_ref().clone(), progress.on_wait.clone());
    PullOptions {
        since: of.since,
        until: of.until,
        goes_on: settings.refresh != Refresh::Missing,
        is_brief: settings.refresh == Refresh::New,
        orders_again: settings.orders_again,
        now: Timestamp::now(),
        max_calls: of.max_calls(),
        client: ClientConfig {
            max_response_bytes: MOST_PAGE_BYTES,
            allows_private: of.allows_private(),
            gives_up_on_long_waits: true,
            ..ClientConfig::default()
        },
        hooks: Hooks {
            pace: pace(of, connection),
            on_wait: Some(Arc::new(move |wait| on_wait(&name, wait))),
            ..Hooks::default()
        },
    }
}

/// The rate of an account, which all processes of this user keep together. The name of its file is a digest of the
/// account.
fn pace(of: &ProviderSource, connection: &Connection) -> Option<Pace> {
    let interval = of.stream.limit.interval;
    let host = connection.bases.first().map_or("", |it| it.as_str());
    let account = Digest::of_parts([of.provider.name, host, &connection.account.id, of.stream.name].map(str::as_bytes));
    let name = format!("{}-{:032x}", of.provider.name, account.first_half());
    match SharedRate::open(&folder_of_rates()?, &name, interval) {
        Ok(rate) => Some(rate.pace()),
        Err(error) => {
            tracing::warn!(%error, "the rate cannot be shared with other processes");
            None
        }
    }
}

fn folder_of_rates() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state")));
    state.filter(|it| it.is_absolute()).map(|it| it.join("ferry/rates"))
}

/// Returns the files of a source: those of its path, or the segments of its pages. Of a list that is read as a whole,
/// these are the segments of the last reading that has ended, unless the provider gives each record once: then every
/// reading has other records.
pub fn files_of(plan: &Plan, source: &SourceSection) -> Result<Vec<PathBuf>> {
    let Some(of) = source.of_provider() else { return Ok(extract::files(plan.folder(), &source.path())?) };
    let contents = read_store(&of.folder(plan))?;
    let coverage = coverage_of(&contents);
    let is_list = of.stream.windows == Windows::None;
    if contents.frames.is_empty() || (is_list && coverage.pulls == 0) {
        let name = source.name.get_ref();
        anyhow::bail!("nothing was read from {} yet: `ferry extract --source {name}` reads it", of.provider.title);
    }
    let has_all = is_list && !of.stream.consumes;
    Ok(contents.segments_of(has_all.then_some(coverage.last_pull)))
}

/// Returns what the pages of a source cover; none for a source of files.
pub fn read_coverage(plan: &Plan, source: &SourceSection) -> Result<Option<PullCoverage>> {
    let Some(of) = source.of_provider() else { return Ok(None) };
    Ok(Some(coverage_of(&read_store(&of.folder(plan))?)))
}
