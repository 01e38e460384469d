//! `POST /v2/reports` orders a report, `GET /v2/reports/{id}` says how far it is, and `GET /v3/media/{id}` gives its file.

use std::time::Duration;

use http::{CallError, path_of_link, path_segment};
use jiff::Timestamp;
use pages::Window;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::error::check;
use super::records::row;
use super::{moment_text, report_file};
use crate::json::{link, parse, records, text};
use crate::{Call, Connection, PageRead, Stream, Then};

/// Orders of the same report, if it fails.
const MOST_ORDERS: u32 = 3;
/// Waits of up to a minute: eight hours. The next reading asks again.
const MOST_POLLS: u32 = 500;

pub(super) struct Reports {
    base: Url,
    account: String,
    product: &'static str,
}

/// What is known of a report while it is made.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Progress {
    /// The reports of the window that are not fetched yet, this one first.
    left: Vec<Wanted>,
    /// How often this one was ordered before, because it failed.
    orders: u32,
    /// How often was asked how far it is.
    polls: u32,
}

/// A direction of messages, and a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wanted {
    direction: String,
    #[serde(flatten)]
    window: Window,
}

impl Reports {
    pub(super) fn new(connection: &Connection, product: &'static str) -> Self {
        Self { base: connection.bases[0].clone(), account: connection.account.id.clone(), product }
    }

    /// The order of the first report that is left.
    fn order(&self, left: Vec<Wanted>, orders: u32) -> Option<Call> {
        let wanted = left.first()?;
        let body = json!({
            "account_id": self.account,
            "product": self.product,
            "direction": wanted.direction,
            "date_start": moment_text(wanted.window.since),
            "date_end": moment_text(wanted.window.until),
            "include_message": true,
        });
        let progress = Progress { left, orders, polls: 0 };
        Some(Call { then: Then::Order, state: json!(progress), ..Call::post("/v2/reports", body) })
    }

    /// The order of the report behind this one.
    fn next_order(&self, mut progress: Progress) -> Option<Call> {
        progress.left.remove(0);
        self.order(progress.left, 0)
    }

    /// Reads how far a report is.
    fn step(&self, answer: &Value, progress: Progress) -> Result<PageRead, CallError> {
        let next = match text(answer, "request_status").as_str() {
            "PENDING" | "PROCESSING" => {
                // The first time at once: a small report is ready by then.
                let wait = (progress.polls > 0).then(|| Duration::from_secs(u64::from(progress.polls.min(12)) * 5));
                return Ok(PageRead { next: Some(poll(answer, progress)?), wait, ..PageRead::default() });
            }
            "SUCCESS" => match answer.pointer("/_links/download_report").and_then(|it| link(it, "href")) {
                Some(file) => {
                    let path = path_of_link(&self.base, file)?;
                    Some(Call { state: json!(progress), ..Call::get(path) })
                }
                None if answer.get("items_count").and_then(Value::as_u64) == Some(0) => self.next_order(progress),
                None => return Err(CallError::Malformed),
            },
            "FAILED" | "ABORTED" if progress.orders + 1 < MOST_ORDERS => self.order(progress.left, progress.orders + 1),
            // The next reading begins this part again.
            "FAILED" | "ABORTED" => return Err(CallError::Refused { status: 410, code: None }),
            "TRUNCATED" => self.order(halves(progress.left)?, 0),
            _ => return Err(CallError::Malformed),
        };
        Ok(PageRead { next, ..PageRead::default() })
    }
}

impl Stream for Reports {
    fn first(&self, window: Option<Window>) -> Option<Call> {
        let window = window?;
        let left = ["inbound", "outbound"].map(|it| Wanted { direction: it.to_owned(), window });
        self.order(left.to_vec(), 0)
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let answer = parse(body)?;
        check(&answer)?;
        let progress: Progress = serde_json::from_value(call.state.clone()).map_err(|_| CallError::Malformed)?;
        if progress.left.is_empty() {
            return Err(CallError::Malformed);
        }
        if call.then != Then::Page {
            return self.step(&answer, progress);
        }
        let rows = records(&answer, "records")?.iter().map(row).collect();
        Ok(PageRead { rows, next: self.next_order(progress), ..PageRead::default() })
    }

    /// The file of a report is unpacked; an error in its place is JSON.
    fn kept(&self, call: &Call, body: Vec<u8>) -> Result<Vec<u8>, CallError> {
        match call.then {
            Then::Page if !body.starts_with(b"{") => report_file::unpack(&body),
            _ => Ok(body),
        }
    }
}

/// The call that asks how far a report is.
fn poll(answer: &Value, progress: Progress) -> Result<Call, CallError> {
    let id = text(answer, "request_id");
    match () {
        () if id.is_empty() => Err(CallError::Malformed),
        () if progress.polls >= MOST_POLLS => Err(CallError::TimedOut),
        () => {
            let progress = Progress { polls: progress.polls + 1, ..progress };
            let path = format!("/v2/reports/{}", path_segment(&id));
            Ok(Call { then: Then::Step, state: json!(progress), ..Call::get(path) })
        }
    }
}

/// A report that was cut off is ordered again as two for half of its time each.
fn halves(mut left: Vec<Wanted>) -> Result<Vec<Wanted>, CallError> {
    let whole = left.remove(0);
    let Window { since, until } = whole.window;
    let middle = since.as_second().midpoint(until.as_second());
    let middle = Timestamp::from_second(middle).ok().filter(|it| *it > since).ok_or(CallError::Malformed)?;
    for window in [Window { since: middle, until }, Window { since, until: middle }] {
        left.insert(0, Wanted { window, ..whole.clone() });
    }
    Ok(left)
}
