//! `GET /2010-04-01/Accounts/{account}/Messages.json`: the newest first, pages with tokens, relative links.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Twilio, sid};
use crate::Sandbox;
use crate::providers::person::OWN_NUMBER;
use crate::providers::{Answer, Asked, Call, Direction, Failure, Key, Next, Provider, Row, World, link};

/// How far back messages are listed (Twilio support, 223181008).
const LISTED: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Rows on a page, and the most of them.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 1_000;

pub(super) async fn list(State(sandbox): State<Arc<Sandbox>>, Path(account): Path<String>, asked: Asked) -> Response {
    let set = sandbox.providers.account().map(str::to_owned);
    sandbox.provided(&Twilio, asked, |call| page(call, &account, set.as_deref())).await
}

/// `GET …/Messages/{sid}.json`
pub(super) async fn one(
    State(sandbox): State<Arc<Sandbox>>,
    Path((account, file)): Path<(String, String)>,
    asked: Asked,
) -> Response {
    let find = |call: &mut Call<'_>| {
        let wanted = file.strip_suffix(".json").ok_or(Failure::NotFound)?;
        let world = call.world();
        let row = call.rows("messages").find(|it| Twilio.row_id(world, it) == wanted).ok_or(Failure::NotFound)?;
        Answer::json(&message(world, row, &account), 1)
    };
    sandbox.provided(&Twilio, asked, find).await
}

fn page(call: &mut Call<'_>, account: &str, set: Option<&str>) -> Result<Answer, Failure> {
    if set.is_some_and(|it| it != account) || !is_account(account) {
        return Err(Failure::NotFound);
    }
    let size = page_size(call, LARGEST_PAGE)?;
    let n_page: usize = call.query("Page").and_then(|it| it.parse().ok()).unwrap_or(0);
    let token = call.query("PageToken").map(|it| read_token(it).ok_or_else(|| wrong("PageToken"))).transpose()?;
    if n_page > 0 && token.is_none() {
        return Err(Failure::BadRequest("Page number out of range: follow next_page_uri".to_owned()));
    }
    let (since, until) = window(call)?;
    let world = call.world();
    let (wanted_to, wanted_from) = (call.query("To"), call.query("From"));
    let is_wanted = |row: &Row| {
        wanted_to.is_none_or(|it| it == to(world, row)) && wanted_from.is_none_or(|it| it == from(world, row))
    };
    let page = call.page_before(call.between("messages", since, until), token, size, is_wanted);

    let linked = |n_page: usize, token: Option<String>| link_to(call, size, n_page, token);
    let next = page.next.map(|next| {
        let n_next = if next.from.is_none() { 0 } else { n_page + 1 };
        format!("{}{}", next.host.unwrap_or_default(), linked(n_next, token_of(&next)))
    });
    let start = n_page * size;
    let body = Envelope {
        first_page_uri: linked(0, None),
        next_page_uri: next,
        previous_page_uri: (n_page == 1).then(|| linked(0, None)),
        page: n_page,
        page_size: size,
        start,
        end: start + page.rows.len().saturating_sub(1),
        uri: linked(n_page, call.query("PageToken").map(str::to_owned)),
        messages: page.rows.iter().map(|row| message(world, row, account)).collect(),
    };
    Answer::json(&body, page.rows.len())
}

/// The relative link to a page of the same list.
fn link_to(call: &Call<'_>, size: usize, n_page: usize, token: Option<String>) -> String {
    let names = ["To", "From", "DateSent", "DateSent<", "DateSent>"];
    let mut parameters: Vec<(&str, String)> =
        names.into_iter().filter_map(|name| Some((name, call.query(name)?.to_owned()))).collect();
    parameters.extend([("PageSize", size.to_string()), ("Page", n_page.to_string())]);
    parameters.extend(token.map(|it| ("PageToken", it)));
    format!("{}?{}", call.asked.uri.path(), link::query(&parameters))
}

#[derive(Serialize)]
struct Envelope {
    end: usize,
    first_page_uri: String,
    next_page_uri: Option<String>,
    page: usize,
    page_size: usize,
    previous_page_uri: Option<String>,
    messages: Vec<MessageResource>,
    start: usize,
    uri: String,
}

/// A message as the API shows it: numbers are texts, and moments are as in e-mails.
#[derive(Serialize)]
struct MessageResource {
    account_sid: String,
    api_version: &'static str,
    body: String,
    date_created: String,
    date_sent: Option<String>,
    date_updated: String,
    direction: &'static str,
    error_code: Option<i64>,
    error_message: Option<&'static str>,
    from: String,
    messaging_service_sid: Option<String>,
    num_media: String,
    num_segments: String,
    price: Option<&'static str>,
    price_unit: &'static str,
    sid: String,
    status: &'static str,
    subresource_uris: Value,
    to: String,
    uri: String,
}

fn message(world: &World, row: &Row, account: &str) -> MessageResource {
    let id = Twilio.row_id(world, row);
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{id}");
    let body = row.body.clone().unwrap_or_default();
    let is_failed = matches!(row.status, "failed");
    let at = rfc_2822(row.at);
    MessageResource {
        account_sid: account.to_owned(),
        api_version: "2010-04-01",
        num_segments: segments(&body).to_string(),
        num_media: if id.starts_with("MM") { "1" } else { "0" }.to_owned(),
        date_created: at.clone(),
        date_updated: at.clone(),
        date_sent: Some(at),
        direction: direction(row),
        error_code: row.error,
        error_message: row.error.map(error_message),
        from: from(world, row),
        to: to(world, row),
        messaging_service_sid: row.n.is_multiple_of(3).then(|| sid(world, "MG", 0)),
        price: (!is_failed).then_some("-0.00750"),
        price_unit: "USD",
        status: row.status,
        subresource_uris: json!({ "media": format!("{uri}/Media.json") }),
        uri: format!("{uri}.json"),
        sid: id,
        body,
    }
}

pub(super) fn direction(row: &Row) -> &'static str {
    match row.direction {
        Some(Direction::Inbound) => "inbound",
        _ if row.n.is_multiple_of(5) => "outbound-reply",
        _ => "outbound-api",
    }
}

/// Every twentieth row is a message on WhatsApp, and every seventh message to people in France has a name as its sender.
fn addresses(world: &World, row: &Row) -> (String, String) {
    let person = world.person(row.person);
    let whatsapp = if row.n % 20 == 11 { "whatsapp:" } else { "" };
    let has_name = row.n % 7 == 2 && whatsapp.is_empty() && person.is_some_and(|it| !it.is_american());
    let theirs = person.map(|it| format!("{whatsapp}{}", it.e164())).unwrap_or_default();
    let ours = match row.direction {
        Some(Direction::Outbound) if has_name => "MaMarque".to_owned(),
        _ => format!("{whatsapp}+{OWN_NUMBER}"),
    };
    (theirs, ours)
}

pub(super) fn from(world: &World, row: &Row) -> String {
    let (theirs, ours) = addresses(world, row);
    if row.direction == Some(Direction::Inbound) { theirs } else { ours }
}

pub(super) fn to(world: &World, row: &Row) -> String {
    let (theirs, ours) = addresses(world, row);
    if row.direction == Some(Direction::Inbound) { ours } else { theirs }
}

fn error_message(code: i64) -> &'static str {
    match code {
        21610 => "Attempt to send to unsubscribed recipient",
        30003 => "Unreachable destination handset",
        30005 => "Unknown destination handset",
        _ => "Unknown error",
    }
}

/// Parts of 160 characters, or of 70 where a character is not of ASCII.
pub(super) fn segments(body: &str) -> usize {
    let length = if body.is_ascii() { 160 } else { 70 };
    body.chars().count().div_ceil(length).max(1)
}

/// `Tue, 03 Mar 2026 09:14:07 +0000`
pub(super) fn rfc_2822(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

pub(super) fn page_size(call: &Call<'_>, largest: usize) -> Result<usize, Failure> {
    let Some(text) = call.query("PageSize") else { return Ok(PAGE) };
    text.parse().ok().filter(|it| (1..=largest).contains(it)).ok_or_else(|| wrong("PageSize"))
}

pub(super) fn wrong(parameter: &str) -> Failure {
    Failure::BadRequest(format!("Invalid value of parameter {parameter}"))
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 34 && text.strip_prefix("AC").is_some_and(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// A token names the moment and the row after which its page goes on.
pub(super) fn token_of(next: &Next<Key>) -> Option<String> {
    let Key { at, n } = next.from?;
    Some(format!("PASM{at:010x}{n:012x}{:010x}", next.marker.unwrap_or(0)))
}

pub(super) fn read_token(token: &str) -> Option<Key> {
    let digits = token.strip_prefix("PASM").filter(|it| it.len() == 32)?;
    let at = i64::from_str_radix(digits.get(..10)?, 16).ok()?;
    let n = u64::from_str_radix(digits.get(10..22)?, 16).ok()?;
    Some(Key { at, n })
}

/// The window that the parameters ask for, without what is too old to be listed: `since <= at < until`.
///
/// The operators are part of the names, and both ends belong to the window: `DateSent<=2026-03-03` is written
/// `DateSent<` = `2026-03-03`, and a day is one in GMT.
fn window(call: &Call<'_>) -> Result<(Timestamp, Timestamp), Failure> {
    let read = |name: &str| {
        call.query(name).filter(|it| !it.is_empty()).map(|it| read_moment(it).ok_or_else(|| wrong(name))).transpose()
    };
    let mut since = call.now.saturating_sub(LISTED).unwrap_or(Timestamp::MIN);
    let mut until = Timestamp::MAX;
    if let Some((first, after)) = read("DateSent")? {
        (since, until) = (since.max(first), after);
    }
    if let Some((first, _)) = read("DateSent>")? {
        since = since.max(first);
    }
    if let Some((_, after)) = read("DateSent<")? {
        until = until.min(after);
    }
    Ok((since, until.max(since)))
}

/// The first moment that a text means, and the first that it means no more: a day, or a second.
fn read_moment(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(day) = text.parse::<Date>().and_then(|it| it.to_zoned(TimeZone::UTC))
        && text.len() == 10
    {
        let first = day.timestamp();
        return Some((first, first.saturating_add(SignedDuration::from_hours(24)).ok()?));
    }
    let moment = text.parse::<Timestamp>().ok();
    let moment = moment.or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|it| it.timestamp()));
    let civil = || text.parse::<jiff::civil::DateTime>().and_then(|it| it.to_zoned(TimeZone::UTC)).ok();
    let first = Timestamp::from_second(moment.or_else(|| civil().map(|it| it.timestamp()))?.as_second()).ok()?;
    Some((first, first.saturating_add(SignedDuration::from_secs(1)).ok()?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::providers::tests::Shown;

    const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

    fn path(query: &str) -> String {
        format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?{query}")
    }

    /// Follows the links, for at most 40 pages.
    async fn pages(shown: &Shown, query: &str) -> Vec<Value> {
        let mut pages = Vec::new();
        let mut next = Some(path(query));
        while let Some(path) = next.filter(|_| pages.len() < 40) {
            let told = shown.get(ACCOUNT, &path).await;
            assert_eq!(told.status, 200, "{told:?}");
            next = told.body["next_page_uri"].as_str().map(str::to_owned);
            pages.push(told.body);
        }
        pages
    }

    fn rows(pages: &[Value]) -> Vec<&Value> {
        pages.iter().flat_map(|it| it["messages"].as_array().unwrap()).collect()
    }

    fn ids(pages: &[Value]) -> Vec<String> {
        rows(pages).iter().map(|it| it["sid"].as_str().unwrap().to_owned()).collect()
    }

    fn sorted(mut ids: Vec<String>) -> Vec<String> {
        ids.sort();
        ids
    }

    #[tokio::test]
    async fn the_pages_hold_the_rows_of_the_ledger_once_each() {
        let shown = Shown::new();
        let pages = pages(&shown, "PageSize=60").await;
        assert_eq!(pages.len(), 9);
        assert_eq!(sorted(ids(&pages)), shown.ids("twilio", "messages").await);
        let last = ["page", "page_size", "start", "end", "next_page_uri"].map(|it| pages[8][it].clone());
        assert_eq!(Value::from(last.to_vec()), json!([8, 60, 480, 499, null]));
    }

    #[tokio::test]
    async fn the_newest_message_comes_first_and_is_written_as_the_document_says() {
        let shown = Shown::new();
        let told = shown.get(ACCOUNT, &path("PageSize=1")).await;
        let message = &told.body["messages"][0];
        assert_eq!(message["date_sent"], "Tue, 03 Mar 2026 09:14:07 +0000");
        assert!(message["num_segments"].is_string() && message["num_media"].is_string(), "{message}");
        assert_eq!(message["account_sid"], ACCOUNT);
        assert!(told.body["next_page_uri"].as_str().unwrap().starts_with("/2010-04-01/"), "{}", told.body);
    }

    #[tokio::test]
    async fn a_day_is_one_in_gmt_and_both_ends_of_a_window_belong_to_it() {
        let shown = Shown::new();
        let rows = shown.rows("twilio", "messages").await;
        let of = |days: &[&str]| {
            let is_of = |it: &&Value| days.iter().any(|day| it["at"].as_str().unwrap().starts_with(day));
            rows.iter().filter(is_of).count()
        };
        for (query, days) in [
            ("DateSent=2026-02-10", &["2026-02-10"][..]),
            ("DateSent%3E=2026-02-10&DateSent%3C=2026-02-11", &["2026-02-10", "2026-02-11"]),
            ("DateSent%3E=2026-03-02T00:00:00Z", &["2026-03-02", "2026-03-03"]),
            ("DateSent%3E=Mon,%2002%20Mar%202026%2000:00:00%20-0000", &["2026-03-02", "2026-03-03"]),
            ("DateSent%3C=2025-12-31", &[]),
        ] {
            let n_rows = ids(&pages(&shown, query).await).len();
            assert_eq!(n_rows, of(days), "{query}");
            assert!(n_rows > 10 || days.is_empty(), "{query}");
        }
    }

    #[tokio::test]
    async fn rows_that_come_and_go_in_the_middle_of_a_read_move_no_others() {
        let shown = Shown::new();
        shown.control("providers/twilio/change", &json!({ "append_at_call": 2, "n": 30 })).await;
        shown.control("providers/twilio/change", &json!({ "delete_at_call": 3, "n": 30, "stream": "messages" })).await;
        let read = ids(&pages(&shown, "PageSize=50").await);
        let ledger = shown.rows("twilio", "messages").await;
        let kept = ledger.iter().filter(|it| it["state"] == "present" && it["appended"] == false);
        let read: BTreeSet<&str> = read.iter().map(String::as_str).collect();
        assert!(kept.clone().count() > 450);
        assert!(kept.into_iter().all(|it| read.contains(it["id"].as_str().unwrap())));
        assert!(read.len() < 500, "some were deleted before they were read");
    }

    #[tokio::test]
    async fn what_is_older_than_400_days_is_not_listed() {
        let shown = Shown::new();
        shown.control("clock", &json!({ "advance_seconds": 385 * 86_400 })).await;
        let n_rows = ids(&pages(&shown, "PageSize=1000").await).len();
        assert!((200..300).contains(&n_rows), "{n_rows}");
    }

    #[tokio::test]
    async fn each_fault_of_pages_is_what_it_is_called() {
        let shown = Shown::new();
        let all = shown.ids("twilio", "messages").await;
        for (fault, n_pages, n_rows) in
            [("repeat-page=2", 7, 700), ("empty-page=2", 7, 500), ("small-page=4", 7, 500), ("loop-page", 40, 4_000)]
        {
            shown.control("faults", &json!([fault])).await;
            let pages = pages(&shown, "PageSize=100").await;
            assert_eq!((pages.len(), ids(&pages).len()), (n_pages, n_rows), "{fault}");
            let distinct: BTreeSet<String> = ids(&pages).into_iter().collect();
            assert_eq!(distinct.len() == all.len(), fault != "loop-page", "{fault}");
        }
        // An empty page in the middle goes on where it is.
        shown.control("faults", &json!(["empty-page:0.5"])).await;
        let pages = pages(&shown, "PageSize=100").await;
        let n_empty = pages.iter().skip(1).filter(|it| it["messages"] == json!([])).count();
        assert!(n_empty > 2, "{n_empty}");
        assert_eq!(sorted(ids(&pages)), all);
        shown.control("faults", &json!(["foreign-link=1"])).await;
        let foreign = shown.get(ACCOUNT, &path("PageSize=100")).await;
        assert!(foreign.body["next_page_uri"].as_str().unwrap().starts_with("https://pages.example.com/2010-04-01/"));
        shown.control("faults", &json!(["error-body=1"])).await;
        let error = shown.get(ACCOUNT, &path("")).await;
        assert_eq!((error.status, &error.body["code"]), (200, &json!(20500)));
        shown.control("faults", &json!(["cut-page=1"])).await;
        let cut = shown.get(ACCOUNT, &path("")).await;
        assert_eq!((cut.status, cut.body), (200, Value::Null));
        shown.control("faults", &json!(["expired-token=1", "rate-limit=2"])).await;
        let refused = [shown.get(ACCOUNT, &path("")).await, shown.get(ACCOUNT, &path("")).await];
        assert_eq!(refused.map(|it| it.body["code"].clone()), [json!(20429), json!(20429)]);
    }

    #[tokio::test]
    async fn many_rows_of_one_moment_are_read_once_each() {
        let shown = Shown::new();
        shown.control("faults", &json!(["tied-times"])).await;
        let pages = pages(&shown, "PageSize=7").await;
        let moments: BTreeSet<&str> = rows(&pages).iter().map(|it| it["date_sent"].as_str().unwrap()).collect();
        assert!(moments.len() < 80, "{}", moments.len());
        let distinct: BTreeSet<String> = ids(&pages).into_iter().collect();
        assert_eq!(distinct.len(), 280);
    }

    #[tokio::test]
    async fn wrong_parameters_are_refused_with_the_body_of_twilio() {
        let shown = Shown::new();
        for (query, status, code) in [
            ("PageSize=1001", 400, 20001),
            ("PageSize=0", 400, 20001),
            ("PageToken=x", 400, 20001),
            ("Page=3", 400, 20001),
            ("DateSent=yesterday", 400, 20001),
        ] {
            let told = shown.get(ACCOUNT, &path(query)).await;
            assert_eq!((told.status, &told.body["code"]), (status, &json!(code)), "{query}");
            let keys: Vec<&str> = told.body.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys, ["code", "message", "more_info", "status"]);
        }
        let told = shown.get(ACCOUNT, "/2010-04-01/Accounts/XX1/Messages.json").await;
        assert_eq!((told.status, &told.body["code"]), (404, &json!(20404)));
    }
}
