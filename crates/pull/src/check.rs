//! Checks a source before anything is read: credentials, reach, the readable time, price and duration.

use std::time::Duration;

use anyhow::Result;
use http::{Client, ClientConfig, Parameters, Request};
use jiff::{SignedDuration, Timestamp};
use pages::Window;
use plan::{Plan, ProviderSource};
use providers::{Method, Then, WindowSpec, Windows};

use crate::ids;
use crate::sources::with_places;

/// What a check has found.
#[derive(Clone, Debug)]
pub struct Checked {
    pub host: String,
    /// Whether a page was read; else the reading costs or consumes something, and only the host was reached.
    pub has_read: bool,
    /// The time that can be read; none for a list.
    pub window: Option<Window>,
    pub forecast: Forecast,
}

/// What reading all of it takes, by the first page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Forecast {
    /// Records; none if it cannot be told.
    pub rows: Option<u64>,
    pub calls: Option<u64>,
    pub duration: Option<Duration>,
    /// The price of one record in millionths of the currency; none if reading is free.
    pub price_of_row: Option<(u64, &'static str)>,
}

/// Checks a source. A stream whose records cost money or come once is not read: its host is only reached.
pub async fn check_source(plan: &Plan, of: ProviderSource<'_>) -> Result<Checked> {
    // Without the ids of the other source, which may not be read yet, the first of them will do.
    let ids = of.ids_from().map(|it| ids::ids_of(plan, it).unwrap_or_default()).unwrap_or_default();
    let connection = of.connection(plan, ids)?;
    let host = connection.bases.first().and_then(|it| it.host_str()).unwrap_or_default().to_owned();
    let window = readable(&of, Timestamp::now());
    let mut checked = Checked { host, has_read: false, window, forecast: Forecast::default() };
    checked.forecast.price_of_row = of.stream.price;
    if of.stream.consumes || of.stream.price.is_some() {
        for base in &connection.bases {
            http::reach(base).await?;
        }
        return Ok(checked);
    }
    let stream = (of.stream.open)(&connection);
    let last = window.map(|it| last_window(of.stream.windows, it));
    let Some(call) = stream.first(last) else { return Ok(checked) };
    let config = ClientConfig { attempts: 2, allows_private: of.allows_private(), ..ClientConfig::default() };
    let base = &connection.bases[call.host];
    let client = Client::new(base.clone(), (of.provider.auth)(&connection), config, of.provider.read_error)?;
    let parameters = match call.method {
        Method::Get => Parameters::Query(&[]),
        Method::Post => Parameters::json(&call.body)?,
        Method::PostForm => Parameters::form(&call.body)?,
    };
    let read = |body: &[u8]| stream.kept(&call, body.to_vec()).and_then(|it| stream.read(&call, &it));
    let page = client.send_retrying(Request { path: &call.path, parameters, units: 0 }, read).await;
    let page = page.map_err(|error| with_places(&of, error.into()))?;
    checked.has_read = true;
    if call.then == Then::Page {
        let n_windows = window.map_or(1, |it| n_windows(of.stream.windows, it));
        // One window says little about many: only a list, or a window with records, is counted on.
        let of_page = page.total.or(page.next.is_none().then_some(page.rows.len() as u64));
        let rows = of_page.filter(|it| n_windows == 1 || *it > 0).map(|it| it * n_windows);
        checked.forecast.rows = rows;
        let per_page = u64::from(of.stream.page_rows.max(1));
        let calls = rows.map(|it| it.div_ceil(per_page).max(n_windows));
        checked.forecast.calls = calls;
        checked.forecast.duration = calls.map(|it| of.stream.limit.interval * u32::try_from(it).unwrap_or(u32::MAX));
    }
    Ok(checked)
}

/// The time that the provider keeps and the plan asks for.
fn readable(of: &ProviderSource, now: Timestamp) -> Option<Window> {
    let WindowSpec { kept, lag, .. } = of.stream.windows.spec()?;
    let back = |by: Duration| now.saturating_sub(SignedDuration::try_from(by).unwrap_or_default()).unwrap_or(now);
    let earliest = kept.map(|it| back(Duration::from_secs(86_400 * u64::from(it.days))));
    let since = earliest.into_iter().chain(of.since).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let until = of.until.unwrap_or(now).min(back(lag));
    (since < until).then_some(Window { since, until })
}

/// The last window of a range that a reading would have.
fn last_window(windows: Windows, range: Window) -> Window {
    let Some(spec) = windows.spec() else { return range };
    let before = range.until.saturating_sub(SignedDuration::try_from(spec.length).unwrap_or_default());
    Window { since: before.unwrap_or(range.since).max(range.since), until: range.until }
}

fn n_windows(windows: Windows, range: Window) -> u64 {
    let Some(WindowSpec { length, .. }) = windows.spec() else { return 1 };
    let seconds = range.until.as_second() - range.since.as_second();
    u64::try_from(seconds).unwrap_or(0).div_ceil(length.as_secs().max(1)).max(1)
}
