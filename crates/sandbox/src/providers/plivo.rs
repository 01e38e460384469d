//! Plivo: messages of 90 days, 20 a page and 20 calls a minute, without their texts.
//!
//! Rows: `messages`. Where logging is off, numbers are masked. Written from Plivo's reference and the examples of its
//! Python client; the code of refusals (200) is from its list of error codes.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::person::OWN_NUMBER;
use super::{Answer, Asked, Call, Direction, Failure, Message, Outcome, Provider, Rate, Row, World, link, moment};
use crate::Sandbox;

/// Rows on a page at most, and without `limit`.
const PAGE: usize = 20;
/// Messages are kept for 90 days.
const KEPT_HOURS: i64 = 24 * 90;

/// The stand-in of Plivo.
pub(super) struct Plivo;

impl Provider for Plivo {
    fn name(&self) -> &'static str {
        "plivo"
    }

    fn routes(&self) -> Router<Arc<Sandbox>> {
        Router::new().route("/v1/Account/{account}/Message/", get(list))
    }

    fn is_authorised(&self, asked: &Asked, account: Option<&str>, secret: &str) -> bool {
        asked.basic().is_some_and(|it| account.is_none_or(|account| account == it.0) && it.1 == secret)
    }

    fn failure(&self, failure: &Failure) -> Response {
        let (status, error) = match failure {
            Failure::Unauthorised => (401, "Could not verify your access level for that URL."),
            Failure::NotFound => (404, "not found"),
            Failure::BadRequest(what) => (400, what.as_str()),
            Failure::TooMany(_) => (429, "Too many requests: the API rate limit was exceeded"),
            Failure::Server => (500, "internal server error"),
        };
        let body = Json(json!({ "api_id": "9506d2c0-3f08-11e7-b886-067c5485c240", "error": error }));
        let status = StatusCode::from_u16(status).unwrap_or_default();
        match failure {
            Failure::TooMany(Some(seconds)) => {
                (status, [(header::RETRY_AFTER, seconds.to_string())], body).into_response()
            }
            _ => (status, body).into_response(),
        }
    }

    fn message_rows(&self, _world: &World, message: &Message) -> Vec<Row> {
        let (status, error) = match message.outcome {
            Outcome::Received => ("delivered", None),
            Outcome::Delivered => ("delivered", Some(0)),
            Outcome::Sent => ("sent", None),
            Outcome::Unreachable => ("undelivered", Some(80)),
            Outcome::UnknownNumber => ("failed", Some(50)),
            // "Source number blocked by STOP from destination number".
            Outcome::Stopped => ("failed", Some(200)),
        };
        vec![Row::of_message("messages", message, status, error)]
    }

    fn row_id(&self, world: &World, row: &Row) -> String {
        world.uuid(row.stream, row.n)
    }

    fn rates(&self) -> &'static [Rate] {
        &[Rate { path: "/Message/", calls: 20, seconds: 60 }, Rate { path: "/v1/Account/", calls: 300, seconds: 5 }]
    }
}

/// `GET /v1/Account/{account}/Message/`: the newest first, by offset, so that what comes and goes shifts the rest.
async fn list(State(sandbox): State<Arc<Sandbox>>, Path(account): Path<String>, asked: Asked) -> Response {
    let set = sandbox.providers.account().map(str::to_owned);
    sandbox.provided(&Plivo, asked, |call| page(call, &account, set.as_deref())).await
}

fn page(call: &mut Call<'_>, account: &str, set: Option<&str>) -> Result<Answer, Failure> {
    if set.is_some_and(|it| it != account) {
        return Err(Failure::NotFound);
    }
    let limit = number(call, "limit", PAGE, (1, PAGE))?;
    let offset = number(call, "offset", 0, (0, usize::MAX))?;
    let (since, until) = window(call)?;
    let world = call.world();
    let names = ["message_direction", "message_state", "message_type", "from_number", "to_number", "error_code"];
    let filters = call.filters(&names);
    let is_wanted = |row: &&Row| {
        !row.is_deleted && filters.iter().all(|(name, value)| message(world, row, account)[*name] == *value)
    };
    let rows = call.between("messages", since, until).iter().rev().filter(is_wanted);
    let page = call.page_at(rows, offset, limit);
    let path = call.asked.uri.path();
    let link_to = |offset: usize, marker: Option<u64>| {
        let mut parameters: Vec<(String, String)> = call.asked.parameters();
        parameters.retain(|it| !["limit", "offset", "page_id"].contains(&it.0.as_str()));
        let parameters: Vec<(&str, String)> =
            parameters.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let own = [("limit", limit.to_string()), ("offset", offset.to_string())];
        let marker = marker.map(|it| ("page_id", it.to_string()));
        format!("{path}?{}", link::query(&own.into_iter().chain(parameters).chain(marker).collect::<Vec<_>>()))
    };
    let next =
        page.next.map(|it| format!("{}{}", it.host.unwrap_or_default(), link_to(it.from.unwrap_or(0), it.marker)));
    let body = json!({
        "api_id": world.uuid("api", call.n_call),
        "meta": {
            "limit": call.given_size(limit), "offset": offset, "next": next,
            "previous": (offset > 0).then(|| link_to(offset.saturating_sub(limit), None)), "total_count": page.total,
        },
        "objects": page.rows.iter().map(|it| message(world, it, account)).collect::<Vec<_>>(),
    });
    Answer::json(&body, page.rows.len())
}

fn message(world: &World, row: &Row, account: &str) -> Value {
    let id = Plivo.row_id(world, row);
    let (from, to) = numbers(world, row);
    let mut draw = world.draw("fraction", row.n);
    let error = row.error.map(|it| format!("{it:03}"));
    json!({
        "error_code": error, "error_message": error_message(row.error), "from_number": from,
        "message_direction": row.direction.map(Direction::name), "message_state": row.status,
        "message_time": local(row.at).strftime("%Y-%m-%d %H:%M:%S%:z").to_string(), "message_type": "sms",
        "message_uuid": id, "resource_uri": format!("/v1/Account/{account}/Message/{id}/"), "to_number": to,
        "total_amount": "0.00650", "total_rate": "0.00650", "units": 1,
        "message_sent_time": with_fraction(row.at, draw.below(100_000)),
        "message_updated_time": with_fraction(moment::seconds_after(row.at, 2), draw.below(100_000)),
    })
}

/// Digits without a plus sign. Of some messages, the number of the person is masked.
fn numbers(world: &World, row: &Row) -> (String, String) {
    let digits = world.person(row.person).map(|it| it.phone.to_string()).unwrap_or_default();
    let is_masked = world.draw("masked", row.n).share() < 0.06;
    let theirs = match digits.split_at_checked(digits.len().saturating_sub(3)) {
        Some((start, _)) if is_masked => format!("+{start}***"),
        _ => digits,
    };
    match row.direction {
        Some(Direction::Inbound) => (theirs, OWN_NUMBER.to_string()),
        _ => (OWN_NUMBER.to_string(), theirs),
    }
}

fn error_message(error: Option<i64>) -> &'static str {
    match error {
        Some(50) => "Invalid destination number",
        Some(80) => "Destination temporarily unavailable",
        Some(200) => "Source number blocked by STOP from destination number",
        _ => "",
    }
}

fn local(at: Timestamp) -> jiff::Zoned {
    at.to_zoned(TimeZone::fixed(offset(1)))
}

/// `2026-03-03 10:14:07.51947+01:00`: five digits of a fraction, or six with a last one that is not 0.
fn with_fraction(at: Timestamp, fraction: usize) -> String {
    let last = fraction % 4;
    let last = if last == 0 { String::new() } else { last.to_string() };
    format!("{}.{fraction:05}{last}{}", local(at).strftime("%Y-%m-%d %H:%M:%S"), local(at).strftime("%:z"))
}

fn number(call: &Call<'_>, name: &str, otherwise: usize, bounds: (usize, usize)) -> Result<usize, Failure> {
    let Some(text) = call.query(name) else { return Ok(otherwise) };
    let number = text.parse().ok().filter(|it| (bounds.0..=bounds.1).contains(it));
    number.ok_or_else(|| Failure::BadRequest(format!("{name} should be between {} and {}", bounds.0, bounds.1)))
}

/// The window that the parameters ask for, `since <= at < until`, in UTC. Without any it is the last 24 hours.
fn window(call: &Call<'_>) -> Result<(Timestamp, Timestamp), Failure> {
    let read = |name: &str| {
        let wrong = || Failure::BadRequest(format!("{name} should be of the form YYYY-MM-DD HH:MM[:ss[.uuuuuu]]"));
        call.query(name).map(|it| moment::of_utc(it).ok_or_else(wrong)).transpose()
    };
    let just_after = |at: Timestamp| at.saturating_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
    let at = read("message_time")?;
    let since = [read("message_time__gte")?, read("message_time__gt")?.map(just_after), at];
    let until = [read("message_time__lt")?, read("message_time__lte")?.map(just_after), at.map(just_after)];
    let is_any = since.iter().chain(&until).any(Option::is_some);
    let oldest = moment::hours_before(call.now, if is_any { KEPT_HOURS } else { 24 });
    let since = since.into_iter().flatten().fold(oldest, Timestamp::max);
    let until = until.into_iter().flatten().fold(Timestamp::MAX, Timestamp::min);
    Ok((since, until.max(since)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::ProviderSettings;
    use crate::providers::tests::Shown;

    const USER: &str = "MAXXXXXXXXXXXXXXXXXX";
    const ALL: &str = "message_time__gte=2026-01-01%2000:00";

    fn path(query: &str) -> String {
        format!("/v1/Account/{USER}/Message/?{query}")
    }

    async fn pages(shown: &Shown, query: &str) -> Vec<Value> {
        let mut pages = Vec::new();
        let mut next = Some(path(query));
        while let Some(path) = next.filter(|_| pages.len() < 60) {
            let told = shown.get(USER, &path).await;
            assert_eq!(told.status, 200, "{told:?}");
            next = told.body["meta"]["next"].as_str().map(str::to_owned);
            pages.push(told.body);
        }
        pages
    }

    fn rows(pages: &[Value]) -> Vec<&Value> {
        pages.iter().flat_map(|it| it["objects"].as_array().unwrap()).collect()
    }

    fn ids(pages: &[Value]) -> Vec<String> {
        let mut ids: Vec<String> =
            rows(pages).iter().map(|it| it["message_uuid"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }

    #[tokio::test]
    async fn pages_of_twenty_hold_the_rows_of_the_ledger_once_each() {
        let shown = Shown::without_rates();
        let pages = pages(&shown, ALL).await;
        assert_eq!((pages.len(), &pages[0]["meta"]["total_count"]), (25, &json!(500)));
        assert_eq!(ids(&pages), shown.ids("plivo", "messages").await);
        assert!(pages[0]["meta"]["next"].as_str().unwrap().starts_with("/v1/Account/"));
        assert_eq!((&pages[0]["meta"]["previous"], &pages[24]["meta"]["next"]), (&Value::Null, &Value::Null));
    }

    #[tokio::test]
    async fn without_a_time_the_last_24_hours_are_listed() {
        let shown = Shown::new();
        let rows = shown.lines("plivo/rows").await;
        let n_rows = rows.iter().filter(|it| it["at"].as_str().unwrap() >= "2026-03-02T09:14:08").count();
        assert_eq!(ids(&pages(&shown, "").await).len(), n_rows);
        assert!(n_rows > 10);
    }

    #[tokio::test]
    async fn a_message_has_local_time_texts_for_prices_and_no_text() {
        let shown = Shown::new();
        let first = shown.get(USER, &path("limit=1")).await.body["objects"][0].clone();
        assert_eq!((&first["message_time"], &first["body"]), (&json!("2026-03-03 10:14:07+01:00"), &Value::Null));
        assert!(first["total_rate"].is_string() && first["units"].is_number());
        assert_eq!(
            [19_470, 51_947].map(|it| with_fraction("2026-03-03T09:14:07Z".parse().unwrap(), it)),
            ["2026-03-03 10:14:07.194702+01:00", "2026-03-03 10:14:07.519473+01:00"]
        );
        assert_eq!(with_fraction("2026-03-03T09:14:07Z".parse().unwrap(), 8), "2026-03-03 10:14:07.00008+01:00");
    }

    #[tokio::test]
    async fn some_numbers_are_masked() {
        let shown = Shown::without_rates();
        let pages = pages(&shown, ALL).await;
        let number = |it: &Value| {
            let name = if it["message_direction"] == "inbound" { "from_number" } else { "to_number" };
            it[name].as_str().unwrap().to_owned()
        };
        let (masked, whole): (Vec<String>, Vec<String>) =
            rows(&pages).into_iter().map(number).partition(|it| it.ends_with("***"));
        assert!((10..50).contains(&masked.len()), "{}", masked.len());
        assert!(masked.iter().all(|it| it.starts_with('+')));
        assert!(whole.iter().all(|it| it.bytes().all(|it| it.is_ascii_digit())));
    }

    #[tokio::test]
    async fn the_twenty_first_call_of_a_minute_is_refused() {
        let shown = Shown::new();
        for _ in 0..20 {
            assert_eq!(shown.get(USER, &path("")).await.status, 200);
        }
        let told = shown.get(USER, &path("")).await;
        assert_eq!(told.status, 429);
        assert!(told.body["error"].is_string() && told.body["api_id"].is_string());
        shown.control("clock", &json!({ "advance_seconds": 60 })).await;
        assert_eq!(shown.get(USER, &path("")).await.status, 200);
    }

    #[tokio::test]
    async fn a_row_that_is_deleted_before_the_offset_shifts_the_rest() {
        let shown = Shown::without_rates();
        shown.control("providers/plivo/change", &json!({ "delete_at_call": 12, "n": 100 })).await;
        let read = ids(&pages(&shown, ALL).await);
        let left = shown.ids("plivo", "messages").await;
        assert_eq!(left.len(), 400);
        let n_lost = left.iter().filter(|it| !read.contains(it)).count();
        assert!(n_lost > 20, "{n_lost}");
    }

    #[tokio::test]
    async fn windows_have_open_and_closed_ends_and_end_90_days_ago() {
        let settings = ProviderSettings { seed: 3, people: 9, messages: 301, days: 300, ..Default::default() };
        let shown = Shown::with(ProviderSettings { no_rates: true, ..settings });
        let count = async |query: &str| ids(&pages(&shown, query).await).len();
        assert_eq!(count("message_time__gte=2025-01-01%2000:00").await, 90);
        let day = "2026-03-01%2009:14:07";
        for (query, n) in [
            (format!("message_time={day}"), 1),
            (format!("message_time__gte={day}"), 3),
            (format!("message_time__gt={day}"), 2),
            (format!("message_time__lt={day}"), 87),
            (format!("message_time__lte={day}"), 88),
        ] {
            assert_eq!(count(&query).await, n, "{query}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_refused_with_an_error_in_words() {
        let shown = Shown::new();
        for query in ["limit=21", "limit=0", "offset=-1", "message_time__gt=yesterday"] {
            let told = shown.get(USER, &path(query)).await;
            assert_eq!((told.status, told.body["error"].is_string()), (400, true), "{query}");
        }
        assert_eq!(shown.send("GET", &path(""), &[], "").await.status, 401);
    }

    #[tokio::test]
    async fn each_fault_of_pages_is_what_it_is_called() {
        let shown = Shown::without_rates();
        for (fault, n_pages, n_rows, n_distinct) in [
            ("repeat-page=2", 27, 540, 500),
            ("empty-page=2", 27, 500, 500),
            ("small-page=4", 27, 500, 500),
            ("loop-page", 60, 1_200, 20),
        ] {
            shown.control("faults", &json!([fault])).await;
            let pages = pages(&shown, ALL).await;
            let mut distinct = ids(&pages);
            distinct.dedup();
            assert_eq!((pages.len(), rows(&pages).len(), distinct.len()), (n_pages, n_rows, n_distinct), "{fault}");
        }
    }
}
