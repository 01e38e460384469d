//! The driver that reads any stream into pages.

mod error;
mod guard;
#[cfg(test)]
mod hazards;
mod history;
mod offset;
mod reader;
#[cfg(test)]
mod tests;
mod windows;

use std::path::Path;

use http::{Client, ClientConfig, Hooks};
use jiff::{SignedDuration, Timestamp};
use model::Digest;
use pages::{Frame, FrameKind, PageStore, PullCoverage, Window};

pub use error::PullError;

use crate::pull::history::{Begun, History};
use crate::pull::reader::Reader;
use crate::{Connection, ProviderSpec, StreamSpec, WindowSpec};

/// What is read, and by which limits.
#[derive(Clone)]
pub struct PullOptions {
    /// From when on; none for as far back as the provider keeps records.
    pub since: Option<Timestamp>,
    /// Up to when; none for now.
    pub until: Option<Timestamp>,
    /// Whether a reading that has ended is followed by another, from where it ended.
    pub goes_on: bool,
    /// Whether only what is new is looked for, with as little overlap as can be: records that have changed are read again by
    /// a later reading that is not brief.
    pub is_brief: bool,
    /// Whether an order whose answer was lost is given again, although it may be charged twice.
    pub orders_again: bool,
    pub now: Timestamp,
    /// The most calls of this process.
    pub max_calls: Option<u64>,
    pub client: ClientConfig,
    pub hooks: Hooks,
}

/// A page that is durable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DurablePage {
    pub rows: u64,
    /// The share of the whole that has been read, if it can be told.
    pub done: Option<f64>,
}

/// The result of reading a stream.
#[derive(Clone, Debug)]
pub struct Pulled {
    pub coverage: PullCoverage,
    /// Calls of this process, retries among them.
    pub calls: u64,
}

/// Reads a stream into the store in a folder: what is not read yet of the time that `options` ask for.
///
/// Every page is durable before the next is asked for. A process that is killed goes on behind the last durable page.
pub async fn pull(
    provider: &ProviderSpec,
    spec: &StreamSpec,
    connection: &Connection,
    folder: &Path,
    options: &PullOptions,
    on_page: &(dyn Fn(DurablePage) + Sync),
) -> Result<Pulled, PullError> {
    if spec.consumes && !connection.may_consume {
        return Err(PullError::Consumes);
    }
    let (store, contents) = PageStore::open(folder)?;
    let history = History::of(&contents);
    let account = account_of(provider, spec, connection);
    if history.account().is_some_and(|it| it != account) {
        return Err(PullError::OtherAccount { folder: folder.to_owned() });
    }
    let clients = clients(provider, connection, options)?;
    let stream = (spec.open)(connection);
    let mut reader = Reader::new(spec, &*stream, clients, store, options, on_page);
    // A reading that another account has begun, and that has brought nothing, is left alone.
    let is_of_account = |it: &Begun| it.account == Some(account) || history.has_pages(it.pull);
    let unfinished = history.unfinished().filter(is_of_account);
    let rests = stream.rest().is_some_and(|it| has_rested_less(&contents, options.now, it));
    let mut next = unfinished.or_else(|| if rests { None } else { first_range(spec, &history, options) });
    next.iter_mut().for_each(|it| it.account = Some(account));
    while let Some(begun) = next.take() {
        let done = history.done_of(begun.pull);
        if options.is_brief
            && let Some(range) = begun.window
        {
            reader.know_rows_before(&contents, &history, begun.pull, range)?;
        }
        if history.last_pull() < begun.pull {
            reader.begin(&begun)?;
        }
        read_range(&mut reader, spec, &contents, &history, &begun, &done).await?;
        reader.end(&begun)?;
    }
    let calls = reader.calls();
    drop(reader);
    Ok(Pulled { coverage: pages::coverage_of(&pages::read_store(folder)?), calls })
}

/// Whether the last reading that has ended began less than `rest` ago.
fn has_rested_less(contents: &pages::Contents, now: Timestamp, rest: std::time::Duration) -> bool {
    let rest = SignedDuration::try_from(rest).unwrap_or_default();
    pages::last_read_at(contents).is_some_and(|it| now.duration_since(it) < rest)
}

/// The digest of the account, the addresses and what is read there. Ids that are asked about are not part of it.
fn account_of(provider: &ProviderSpec, spec: &StreamSpec, connection: &Connection) -> Digest {
    let bases = connection.bases.iter().map(url::Url::as_str);
    let settings = connection.settings.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]);
    let parts = [provider.name, spec.name, &connection.account.id].into_iter().chain(bases).chain(settings);
    Digest::of_parts(parts.map(str::as_bytes))
}

/// Reads the windows of a range that are not read yet.
async fn read_range(
    reader: &mut Reader<'_>,
    spec: &StreamSpec,
    contents: &pages::Contents,
    history: &History,
    begun: &Begun,
    done: &[Option<Window>],
) -> Result<(), PullError> {
    let windows = windows::slices(spec.windows, begun.window);
    let n_windows = windows.len();
    for (n, window) in windows.into_iter().enumerate() {
        if done.contains(&window) {
            continue;
        }
        reader.share = (n as f64 / n_windows as f64, 1.0 / n_windows as f64);
        let resumed = history.open(contents, begun.pull, window, reader.stream)?;
        reader.window(begun.pull, window, resumed).await?;
    }
    if reader.is_brief() { Ok(()) } else { reader.compare_overlap(contents, history, begun) }
}

/// Returns what is to be read where no reading is under way; none if there is nothing.
fn first_range(spec: &StreamSpec, history: &History, options: &PullOptions) -> Option<Begun> {
    let pull = history.last_pull() + 1;
    let Some(WindowSpec { kept, lag, overlap, .. }) = spec.windows.spec() else {
        return (pull == 1 || options.goes_on).then_some(Begun {
            pull,
            window: None,
            wanted_since: None,
            account: None,
        });
    };
    let back = |at: Timestamp, by| at.saturating_sub(SignedDuration::try_from(by).unwrap_or_default()).unwrap_or(at);
    let whole_second = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
    let earliest = kept.map(|it| back(options.now, std::time::Duration::from_secs(86_400 * u64::from(it.days))));
    let until = options.until.unwrap_or(Timestamp::MAX).min(whole_second(back(options.now, lag)));
    let (wanted_since, since) = match history.covered() {
        None => (options.since, options.since),
        Some(covered) if options.goes_on && options.is_brief => (None, Some(back(covered.until, lag))),
        Some(covered) if options.goes_on => (None, Some(back(covered.until, overlap))),
        // What the plan has come to ask for since, after or before what was read.
        Some(covered) if options.until.is_some_and(|it| it > covered.until) => (None, Some(covered.until)),
        Some(covered) if options.since.is_some_and(|it| it < covered.since) => {
            return within(earliest, options.since, covered.since).map(|window| Begun {
                pull,
                window: Some(window),
                wanted_since: options.since,
                account: None,
            });
        }
        Some(_) => return None,
    };
    within(earliest, since, until).map(|window| Begun { pull, window: Some(window), wanted_since, account: None })
}

/// The part of a range that the provider still keeps.
fn within(earliest: Option<Timestamp>, since: Option<Timestamp>, until: Timestamp) -> Option<Window> {
    let since = match (earliest, since) {
        (Some(earliest), Some(since)) => earliest.max(since),
        (earliest, since) => since.or(earliest).unwrap_or(Timestamp::UNIX_EPOCH),
    };
    let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
    (since < until).then_some(Window { since, until })
}

fn clients(provider: &ProviderSpec, connection: &Connection, options: &PullOptions) -> Result<Vec<Client>, PullError> {
    let client = |base: &url::Url| {
        let credentials = (provider.auth)(connection);
        let hooks = options.hooks.clone();
        Client::with_hooks(base.clone(), credentials, options.client, hooks, provider.read_error)
    };
    connection.bases.iter().map(client).collect::<Result<_, _>>().map_err(PullError::setup)
}

/// The frame of a kind in a reading.
pub(crate) fn frame(kind: FrameKind, pull: u32, window: Option<Window>) -> Frame {
    Frame { window, ..Frame::new(kind, pull, Timestamp::now()) }
}
