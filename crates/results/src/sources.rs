use jiff::Timestamp;
use pages::PullCoverage;
use providers::{PROVIDERS, StreamSpec};
use pull::{Checked, PulledSource};
use schemars::JsonSchema;
use serde::Serialize;

/// What `ferry extract --source` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PullResult<'a> {
    pub sources: Vec<PulledResult<'a>>,
}

/// A source that was read from its provider.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PulledResult<'a> {
    pub name: &'a str,
    /// Calls of this command, retries among them; 0 if there was nothing to read.
    pub calls: u64,
    /// Records that came in this command.
    pub new_rows: u64,
    /// All that was read of the source so far.
    pub coverage: &'a PullCoverage,
}

impl<'a> PullResult<'a> {
    pub fn of(sources: &'a [PulledSource]) -> Self {
        let sources = sources.iter().map(|it| PulledResult {
            name: &it.name,
            calls: it.calls,
            new_rows: it.new_rows,
            coverage: &it.coverage,
        });
        Self { sources: sources.collect() }
    }
}

/// What `ferry sources list` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SourceList {
    pub providers: Vec<ListedProvider>,
}

/// A provider.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedProvider {
    /// The name in a plan.
    pub name: &'static str,
    pub title: &'static str,
    pub streams: Vec<ListedStream>,
}

/// What can be read of a provider.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedStream {
    /// The name in a plan.
    pub name: &'static str,
    pub title: &'static str,
    pub channel: &'static str,
    /// The profile by which its rows are read; none if it holds scenarios.
    pub profile: Option<&'static str>,
    pub holds_refusals: bool,
    /// Whether each record is given once.
    pub consumes: bool,
    /// How many days the provider keeps records, if it says so.
    pub kept_days: Option<u32>,
    /// The price of a record, in millionths of the currency.
    pub price_micros: Option<u64>,
    pub currency: Option<&'static str>,
    /// What the stream never shows.
    pub gaps: Vec<&'static str>,
}

impl SourceList {
    #[expect(clippy::new_without_default, reason = "a list of what is built in")]
    pub fn new() -> Self {
        let providers = PROVIDERS.iter().map(|it| ListedProvider {
            name: it.name,
            title: it.title,
            streams: it.streams.iter().map(listed).collect(),
        });
        Self { providers: providers.collect() }
    }
}

fn listed(stream: &StreamSpec) -> ListedStream {
    let kept_days = stream.windows.spec().and_then(|it| it.kept).map(|it| it.days);
    ListedStream {
        name: stream.name,
        title: stream.title,
        channel: stream.channel.name(),
        profile: stream.profile,
        holds_refusals: stream.holds_refusals,
        consumes: stream.consumes,
        kept_days,
        price_micros: stream.price.map(|it| it.0),
        currency: stream.price.map(|it| it.1),
        gaps: stream.gaps.to_vec(),
    }
}

/// What `ferry sources check` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SourcesCheck {
    pub all_well: bool,
    pub sources: Vec<CheckedSource>,
}

/// The check of a source.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct CheckedSource {
    pub name: String,
    /// Why the source cannot be read; none if it can.
    pub error: Option<String>,
    pub host: Option<String>,
    /// Whether a page was read, and so the credentials are accepted.
    pub has_read: bool,
    /// The time that can be read; none for a list.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// About how many records, calls and seconds a whole reading has; none if it cannot be told.
    pub rows: Option<u64>,
    pub calls: Option<u64>,
    pub seconds: Option<f64>,
    /// The price of a record, in millionths of the currency; none if reading is free.
    pub price_micros: Option<u64>,
    pub currency: Option<&'static str>,
}

impl CheckedSource {
    pub fn of(name: &str, checked: &Checked) -> Self {
        let forecast = checked.forecast;
        Self {
            name: name.to_owned(),
            error: None,
            host: Some(checked.host.clone()),
            has_read: checked.has_read,
            since: checked.window.map(|it| it.since),
            until: checked.window.map(|it| it.until),
            rows: forecast.rows,
            calls: forecast.calls,
            seconds: forecast.duration.map(|it| it.as_secs_f64()),
            price_micros: forecast.price_of_row.map(|it| it.0),
            currency: forecast.price_of_row.map(|it| it.1),
        }
    }

    pub fn failed(name: &str, error: String) -> Self {
        Self { name: name.to_owned(), error: Some(error), ..Self::default() }
    }
}
