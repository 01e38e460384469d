//! Telnyx: who opted out, and records of messages without their texts.
//!
//! Rows: `opt-outs` and `detail-records`. Written from Telnyx's reference and what its Python client sends; the code of
//! refusals (40300) is from its list of errors. Opt-outs have moments without a zone: an example of 2025 has one.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde_json::{Value, json};

use super::page::Page;
use super::person::OWN_NUMBER;
use super::{Answer, Asked, Call, Direction, Failure, Message, Outcome, Provider, Row, World, moment};
use crate::Sandbox;

/// Rows on a page without `page[size]`, and the most of them.
const PAGE: usize = 20;
const LARGEST_PAGE: usize = 250;

/// The stand-in of Telnyx.
pub(super) struct Telnyx;

impl Provider for Telnyx {
    fn name(&self) -> &'static str {
        "telnyx"
    }

    fn routes(&self) -> Router<Arc<Sandbox>> {
        Router::new().route("/v2/messaging_optouts", get(opt_outs)).route("/v2/detail_records", get(detail_records))
    }

    fn is_authorised(&self, asked: &Asked, _account: Option<&str>, secret: &str) -> bool {
        asked.authorization("Bearer") == Some(secret)
    }

    fn failure(&self, failure: &Failure) -> Response {
        let (status, code, title, detail) = match failure {
            Failure::Unauthorised => (401, "10009", "Authentication failed", "The API key is not valid."),
            Failure::NotFound => (404, "10005", "Resource not found", "The resource could not be found."),
            Failure::BadRequest(what) => (400, "10015", "Invalid parameter", what.as_str()),
            Failure::TooMany(_) => (429, "10011", "Too many requests", "You have exceeded the rate limit."),
            Failure::Server => (500, "10007", "Unexpected error", "An unexpected error occurred."),
        };
        let body = Json(json!({ "errors": [{ "code": code, "title": title, "detail": detail }] }));
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
            Outcome::Received => ("received", None),
            Outcome::Delivered => ("delivered", None),
            Outcome::Sent => ("dlr_unconfirmed", None),
            Outcome::Unreachable => ("dlr_timeout", Some(40_008)),
            Outcome::UnknownNumber => ("failed", Some(40_001)),
            // "Blocked due to STOP message"
            Outcome::Stopped => ("gw_reject", Some(40_300)),
        };
        let mut rows = vec![Row::of_message("detail-records", message, status, error)];
        if message.is_stop {
            rows.push(Row::of_message("opt-outs", message, "", None));
        }
        rows
    }

    fn row_id(&self, world: &World, row: &Row) -> String {
        world.uuid(row.stream, row.n)
    }

    fn refusals(&self) -> &'static [&'static str] {
        &["opt-outs"]
    }
}

/// `GET /v2/messaging_optouts`: the newest first, pages with numbers from 1.
async fn opt_outs(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let opt_outs = |call: &mut Call<'_>| {
        let since = moment_of(call, "created_at[gte]")?.unwrap_or(Timestamp::MIN);
        let until = moment_of(call, "created_at[lte]")?.unwrap_or(Timestamp::MAX);
        let is_masked = call.query("redaction_enabled").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        let world = call.world();
        let is = |name: &str, row: &Row, field: &str| {
            call.query(name).is_none_or(|it| opt_out(world, row, false)[field] == it)
        };
        let is_wanted = |row: &&Row| {
            since <= row.at
                && row.at <= until
                && is("filter[messaging_profile_id]", row, "messaging_profile_id")
                && is("filter[from]", row, "from")
        };
        let (n_page, size) = place(call)?;
        let page = call.page_of_number(call.rows("opt-outs").rev().filter(is_wanted), n_page - 1, size);
        let data = page.rows.iter().map(|it| opt_out(world, it, is_masked)).collect();
        listed(call, &page, (n_page, size), data)
    };
    sandbox.provided(&Telnyx, asked, opt_outs).await
}

/// `GET /v2/detail_records?filter[record_type]=messaging`
async fn detail_records(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let records = |call: &mut Call<'_>| {
        if call.query("filter[record_type]") != Some("messaging") {
            return Err(Failure::BadRequest("filter[record_type] must be specified: messaging".to_owned()));
        }
        let (since, until) = window(call)?;
        let world = call.world();
        let fields = ["direction", "status", "cld", "cli"];
        let named = |field: &&'static str| Some((*field, call.query(&format!("filter[{field}]"))?));
        let filters: Vec<(&str, &str)> = fields.iter().filter_map(named).collect();
        let is_wanted =
            |row: &&Row| !row.is_deleted && filters.iter().all(|(field, value)| record(world, row)[*field] == *value);
        let (n_page, size) = place(call)?;
        let rows = call.between("detail-records", since, until).iter();
        let is_ascending = call.query("sort").or_else(|| call.query("sort[]")) == Some("created_at");
        let mut rows: Vec<&Row> = rows.filter(is_wanted).collect();
        if !is_ascending {
            rows.reverse();
        }
        let page = call.page_of_number(rows.into_iter(), n_page - 1, size);
        let data = page.rows.iter().map(|it| record(world, it)).collect();
        listed(call, &page, (n_page, size), data)
    };
    sandbox.provided(&Telnyx, asked, records).await
}

fn place(call: &Call<'_>) -> Result<(usize, usize), Failure> {
    let number = |name: &str, otherwise: usize, most: usize| {
        let Some(text) = call.query(name) else { return Ok(otherwise) };
        let number = text.parse().ok().filter(|it| (1..=most).contains(it));
        number.ok_or_else(|| Failure::BadRequest(format!("{name} must be between 1 and {most}")))
    };
    Ok((number("page[number]", 1, usize::MAX)?, number("page[size]", PAGE, LARGEST_PAGE)?))
}

fn listed(
    call: &Call<'_>,
    page: &Page<'_, usize>,
    (n_page, size): (usize, usize),
    data: Vec<Value>,
) -> Result<Answer, Failure> {
    let meta = json!({
        "total_pages": page.total.div_ceil(size), "total_results": page.total, "page_number": n_page,
        "page_size": call.given_size(size),
    });
    Answer::json(&json!({ "data": data, "meta": meta }), page.rows.len())
}

fn opt_out(world: &World, row: &Row, is_masked: bool) -> Value {
    let phone = world.person(row.person).map(|it| it.e164()).unwrap_or_default();
    let phone = match phone.split_at_checked(phone.len().saturating_sub(4)) {
        Some((start, _)) if is_masked => format!("{start}****"),
        _ => phone,
    };
    let fraction = world.draw("fraction", row.n).below(1_000_000);
    json!({
        "from": format!("+{OWN_NUMBER}"), "to": phone, "messaging_profile_id": profile(world, row),
        "keyword": row.body.as_deref().map(str::to_uppercase),
        "created_at": format!("{}.{fraction:06}", row.at.strftime("%Y-%m-%d %H:%M:%S")),
    })
}

fn record(world: &World, row: &Row) -> Value {
    let phone = world.person(row.person).map(|it| it.e164()).unwrap_or_default();
    let own = format!("+{OWN_NUMBER}");
    let is_inbound = row.direction == Some(Direction::Inbound);
    let (cli, cld) = if is_inbound { (phone, own) } else { (own, phone) };
    let sent_at = moment::seconds_after(row.at, 1).to_string();
    json!({
        "record_type": "message_detail_record", "uuid": Telnyx.row_id(world, row), "cli": cli, "cld": cld,
        "direction": row.direction.map(Direction::name), "created_at": row.at.to_string(), "sent_at": sent_at,
        "completed_at": moment::seconds_after(row.at, 3).to_string(), "status": row.status,
        "delivery_status": row.status, "errors": row.error.map(|it| it.to_string()).into_iter().collect::<Vec<_>>(),
        "message_type": "SMS", "parts": 1, "cost": "0.0051", "rate": "0.0051", "currency": "USD",
        "carrier_fee": "0.00", "profile_id": profile(world, row), "profile_name": "Boutique", "tags": "",
        "country_code": if cld_is_american(world, row) { "US" } else { "FR" },
    })
}

fn cld_is_american(world: &World, row: &Row) -> bool {
    row.direction == Some(Direction::Outbound) && world.person(row.person).is_some_and(|it| it.is_american())
}

/// The business has two profiles.
fn profile(world: &World, row: &Row) -> String {
    world.uuid("profile", row.n % 2)
}

fn moment_of(call: &Call<'_>, name: &str) -> Result<Option<Timestamp>, Failure> {
    let wrong = || Failure::BadRequest(format!("{name} must be a date of ISO 8601"));
    let read = |text: &str| moment::with_offset(text).or_else(|| moment::of_utc(text)).ok_or_else(wrong);
    call.query(name).map(read).transpose()
}

/// The window of records: `since <= at < until`, by two moments or by the words of `filter[date_range]`.
fn window(call: &Call<'_>) -> Result<(Timestamp, Timestamp), Failure> {
    let (mut since, mut until) = (Timestamp::MIN, Timestamp::MAX);
    if let Some(words) = call.query("filter[date_range]") {
        let wrong = || Failure::BadRequest("filter[date_range] is not a range".to_owned());
        (since, until) = range(words, call.now).ok_or_else(wrong)?;
    }
    for (name, is_since, seconds) in [("gte", true, 0), ("gt", true, 1), ("lt", false, 0), ("lte", false, 1)] {
        for name in [format!("filter[created_at][{name}]"), format!("created_at[{name}]")] {
            let Some(at) = moment_of(call, &name)? else { continue };
            let at = moment::seconds_after(at, seconds);
            if is_since {
                since = since.max(at);
            } else {
                until = until.min(at);
            }
        }
    }
    Ok((since, until.max(since)))
}

/// The days of a range such as `yesterday` or `last_7_days`, in UTC. Weeks begin on Mondays.
fn range(words: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let today = now.to_zoned(TimeZone::UTC).start_of_day().ok()?;
    let week = || today.checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days()).ok();
    let month = || today.first_of_month().ok();
    let days = |from: &Zoned, n: i64| from.checked_add(n.days()).ok();
    let months = |from: &Zoned, n: i64| from.checked_add(n.months()).ok();
    let (since, until) = match words {
        "yesterday" => (days(&today, -1)?, today),
        "today" => (today.clone(), days(&today, 1)?),
        "tomorrow" => (days(&today, 1)?, days(&today, 2)?),
        "last_week" => (days(&week()?, -7)?, week()?),
        "this_week" => (week()?, days(&week()?, 7)?),
        "next_week" => (days(&week()?, 7)?, days(&week()?, 14)?),
        "last_month" => (months(&month()?, -1)?, month()?),
        "this_month" => (month()?, months(&month()?, 1)?),
        "next_month" => (months(&month()?, 1)?, months(&month()?, 2)?),
        _ => {
            let n: i64 = words.strip_prefix("last_")?.strip_suffix("_days")?.parse().ok()?;
            (days(&today, -n)?, days(&today, 1)?)
        }
    };
    Some((since.timestamp(), until.timestamp()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::providers::ProviderSettings;
    use crate::providers::tests::{SECRET, Shown, Told};

    const RECORDS: &str = "/v2/detail_records?filter%5Brecord_type%5D=messaging";

    async fn get(shown: &Shown, path: &str) -> Told {
        shown.send("GET", path, &[("authorization", format!("Bearer {SECRET}"))], "").await
    }

    async fn all(shown: &Shown, path: &str, size: usize) -> Vec<Value> {
        let mut all = Vec::new();
        for n_page in 1.. {
            let told = get(shown, &format!("{path}&page[size]={size}&page[number]={n_page}")).await;
            assert_eq!(told.status, 200, "{told:?}");
            all.extend(told.body["data"].as_array().unwrap().clone());
            if told.body["meta"]["total_pages"].as_u64().unwrap() <= n_page {
                break;
            }
        }
        all
    }

    #[tokio::test]
    async fn records_are_those_of_the_ledger() {
        let shown = Shown::new();
        let records = all(&shown, RECORDS, 64).await;
        let mut ids: Vec<&str> = records.iter().map(|it| it["uuid"].as_str().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, shown.ids("telnyx", "detail-records").await);
        assert_eq!(records[0]["created_at"], "2026-03-03T09:14:07Z");
        assert!(records.iter().all(|it| it["cost"].is_string() && it["text"].is_null()));
    }

    #[tokio::test]
    async fn opt_outs_have_moments_without_a_zone_and_each_person_once() {
        let settings = ProviderSettings { seed: 3, people: 40, messages: 3_000, days: 30, ..Default::default() };
        let shown = Shown::with(settings);
        let read = all(&shown, "/v2/messaging_optouts?", 5).await;
        let rows = shown.lines("telnyx/rows").await;
        let is_here = |it: &&Value| it["stream"] == "opt-outs" && it["state"] == "present";
        let ledger: Vec<&str> = rows.iter().filter(is_here).map(|it| it["phone"].as_str().unwrap()).collect();
        let phones: BTreeSet<&str> = read.iter().map(|it| it["to"].as_str().unwrap()).collect();
        assert!(phones.len() > 10);
        assert_eq!((phones.len(), read.len()), (ledger.len(), ledger.len()));
        assert_eq!(phones, ledger.into_iter().collect());
        assert!(read.iter().all(|it| it["created_at"].as_str().unwrap().len() == "2026-03-03 09:14:07.638231".len()));
        let masked = get(&shown, "/v2/messaging_optouts?redaction_enabled=true").await.body["data"][0]["to"].clone();
        assert!(masked.as_str().unwrap().ends_with("****"));
    }

    #[tokio::test]
    async fn windows_are_moments_or_words() {
        let shown = Shown::new();
        let rows = shown.lines("telnyx/rows").await;
        let count = |since: &str, until: &str| {
            let is_of =
                |it: &&Value| it["stream"] == "detail-records" && (since..until).contains(&it["at"].as_str().unwrap());
            rows.iter().filter(is_of).count()
        };
        for (query, since, until) in [
            ("filter[date_range]=yesterday", "2026-03-02", "2026-03-03"),
            ("filter[date_range]=last_week", "2026-02-23", "2026-03-02"),
            ("filter[date_range]=last_month", "2026-02-01", "2026-03-01"),
            ("filter[date_range]=last_3_days", "2026-02-28", "2026-03-04"),
            (
                "filter[created_at][gte]=2026-02-10T00:00:00Z&filter[created_at][lt]=2026-02-11",
                "2026-02-10",
                "2026-02-11",
            ),
        ] {
            let n_rows = all(&shown, &format!("{RECORDS}&{query}"), 250).await.len();
            assert_eq!(n_rows, count(since, until), "{query}");
            assert!(n_rows > 5);
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_refused() {
        let shown = Shown::new();
        for path in
            ["/v2/detail_records", "/v2/messaging_optouts?page[size]=251", "/v2/messaging_optouts?page[number]=0"]
        {
            let told = get(&shown, path).await;
            assert_eq!((told.status, &told.body["errors"][0]["code"]), (400, &json!("10015")), "{path}");
        }
        assert_eq!(shown.send("GET", RECORDS, &[], "").await.body["errors"][0]["code"], "10009");
    }
}
