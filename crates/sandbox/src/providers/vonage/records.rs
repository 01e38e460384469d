//! `GET /v2/reports/records`: the records of a day at most, or those with certain ids, at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::record::{Wanted, moment_text};
use super::{PRICE, Vonage, direction, forbidden, is_own};
use crate::Sandbox;
use crate::providers::{Answer, Asked, Call, Failure, Key, Next, Provider, Row, World, link, moment, token};

/// Records in one answer.
const PAGE: usize = 1_000;
/// The longest window of one call (document 2.1.17).
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Records are kept for 13 months.
const KEPT_HOURS: i64 = 24 * 395;

pub(super) async fn list(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let set = sandbox.providers.account().map(str::to_owned);
    sandbox.provided(&Vonage, asked, |call| records(call, set.as_deref())).await
}

fn records(call: &mut Call<'_>, set: Option<&str>) -> Result<Answer, Failure> {
    let wanted = wanted(call)?;
    if !is_own(&wanted.account, set) {
        return forbidden();
    }
    match call.query("id") {
        Some(ids) => {
            let names = ["status", "date_start", "date_end"];
            if let Some(name) = names.into_iter().find(|it| call.query(it).is_some()) {
                return Err(Failure::BadRequest(format!("{name}: Not supported together with id")));
            }
            by_id(call, &wanted, ids)
        }
        None => of_window(call, &wanted),
    }
}

fn wanted(call: &Call<'_>) -> Result<Wanted, Failure> {
    let missing = |name: &str| Failure::BadRequest(format!("{name}: Missing required parameter"));
    let value = |name: &str| call.query(name).ok_or_else(|| missing(name));
    let wrong = |name: &str| Failure::BadRequest(format!("{name}: Could not resolve the value"));
    let product = value("product")?;
    let product = ["SMS", "MESSAGES"].into_iter().find(|it| *it == product).ok_or_else(|| wrong("product"))?;
    Ok(Wanted {
        account: value("account_id")?.to_owned(),
        product,
        direction: direction(value("direction")?).ok_or_else(|| wrong("direction"))?,
        status: call.query("status").map(str::to_owned),
        is_with_text: call.query("include_message") == Some("true"),
    })
}

fn by_id(call: &Call<'_>, wanted: &Wanted, ids: &str) -> Result<Answer, Failure> {
    let mut missing: BTreeSet<&str> = ids.split(',').collect();
    let world = call.world();
    let rows: Vec<&Row> = call
        .rows(wanted.stream())
        .filter(|it| wanted.has(it) && missing.remove(Vonage.row_id(world, it).as_str()))
        .collect();
    let mut body = envelope(call, wanted, &rows);
    if !missing.is_empty() {
        body["ids_not_found"] = missing.into_iter().collect::<Vec<_>>().join(",").into();
    }
    Answer::json(&body, rows.len())
}

fn of_window(call: &Call<'_>, wanted: &Wanted) -> Result<Answer, Failure> {
    let since = moment_of(call, "date_start")?;
    let until = moment_of(call, "date_end")?;
    if until <= since {
        return Err(Failure::BadRequest("date_end: Must be after date_start".to_owned()));
    }
    if until.duration_since(since) > WINDOW {
        return Err(Failure::BadRequest("date_end: Must be no more than 24 hours later than date_start".to_owned()));
    }
    let from = cursor_of(call)?;
    let since = since.max(moment::hours_before(call.now, KEPT_HOURS));
    let rows = call.between(wanted.stream(), since, until.max(since));
    let page = call.page_before(rows, from, PAGE, |it| wanted.has(it));
    let mut body = envelope(call, wanted, &page.rows);
    if let Some(next) = page.next {
        let (cursor, iv) = sealed(call.world(), &next);
        let mut parameters: Vec<(String, String)> = call.asked.parameters();
        parameters.retain(|it| it.0 != "cursor" && it.0 != "iv");
        if next.from.is_some() {
            parameters.extend([("cursor".to_owned(), cursor.clone()), ("iv".to_owned(), iv.clone())]);
        }
        let host = next.host.map_or_else(|| call.asked.origin(), str::to_owned);
        body["_links"]["next"]["href"] = format!("{host}/v2/reports/records?{}", written(&parameters)).into();
        body["request_status"] = "TRUNCATED".into();
        body["cursor"] = cursor.into();
        body["iv"] = iv.into();
    }
    Answer::json(&body, page.rows.len())
}

fn envelope(call: &Call<'_>, wanted: &Wanted, rows: &[&Row]) -> Value {
    let world = call.world();
    let record = |row: &&Row| -> Value {
        let fields = wanted.fields(world, row).into_iter();
        Value::Object(fields.map(|(name, value)| (name.to_owned(), value.into())).collect())
    };
    json!({
        "_links": { "self": { "href": format!("{}{}", call.asked.origin(), call.asked.uri) } },
        "request_id": world.uuid("request", call.n_call), "request_status": "SUCCESS",
        "received_at": moment_text(call.now), "price": PRICE * rows.len() as f64, "currency": "EUR",
        "account_id": wanted.account, "product": wanted.product, "direction": wanted.direction.name(),
        "include_message": wanted.is_with_text, "items_count": rows.len(),
        "records": rows.iter().map(record).collect::<Vec<_>>(),
    })
}

fn moment_of(call: &Call<'_>, name: &str) -> Result<Timestamp, Failure> {
    let text = call.query(name).ok_or_else(|| Failure::BadRequest(format!("{name}: Missing required parameter")))?;
    moment::with_offset(text)
        .ok_or_else(|| Failure::BadRequest(format!("{name}: Must be an ISO-8601 date and time with an offset")))
}

fn written(parameters: &[(String, String)]) -> String {
    link::query(&parameters.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>())
}

/// The cursor and the value that belongs to it: either is refused without the other.
fn sealed(world: &World, next: &Next<Key>) -> (String, String) {
    let cursor = token::of(next);
    let iv = seal(world, &cursor);
    (cursor, iv)
}

fn seal(world: &World, cursor: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(world.draw(cursor, 0).bytes().get(..16).unwrap_or_default())
}

fn cursor_of(call: &Call<'_>) -> Result<Option<Key>, Failure> {
    let (Some(cursor), iv) = (call.query("cursor"), call.query("iv")) else { return Ok(None) };
    let wrong = || Failure::BadRequest("cursor: Invalid cursor or iv".to_owned());
    if iv != Some(seal(call.world(), cursor).as_str()) {
        return Err(wrong());
    }
    token::read(cursor).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::ProviderSettings;
    use crate::providers::tests::Shown;

    fn path(query: &str) -> String {
        format!("/v2/reports/records?account_id=abcd1234&{query}")
    }

    /// Follows the links.
    async fn pages(shown: &Shown, query: &str) -> Vec<Value> {
        let mut pages = Vec::new();
        let mut next = Some(path(query));
        while let Some(path) = next {
            let told = shown.get("abcd1234", &path).await;
            assert_eq!(told.status, 200, "{told:?}");
            let link = told.body["_links"]["next"]["href"].as_str();
            assert_eq!(link.is_some(), told.body["request_status"] == "TRUNCATED", "{}", told.body["_links"]);
            next = link.map(|it| it.strip_prefix("http://sandbox.example").unwrap().to_owned());
            pages.push(told.body);
        }
        pages
    }

    fn ids(pages: &[Value]) -> Vec<String> {
        let rows = pages.iter().flat_map(|it| it["records"].as_array().unwrap());
        rows.map(|it| it["message_id"].as_str().unwrap().to_owned()).collect()
    }

    #[tokio::test]
    async fn day_after_day_the_rows_of_the_ledger_come_once_each_and_are_billed() {
        let shown = Shown::without_rates();
        for (product, stream) in [("SMS", "sms"), ("MESSAGES", "messages")] {
            let mut read = Vec::new();
            for direction in ["inbound", "outbound"] {
                for day in 0..31_i64 {
                    let at = |day| moment::seconds_after("2026-02-01T00:00:00Z".parse().unwrap(), 86_400 * day);
                    let (since, until) = (at(day), at(day + 1));
                    let query = format!("product={product}&direction={direction}&date_start={since}&date_end={until}");
                    let pages = pages(&shown, &query).await;
                    let price = pages[0]["price"].as_f64().unwrap();
                    assert!((price - PRICE * ids(&pages).len() as f64).abs() < 1e-9);
                    read.extend(ids(&pages));
                }
            }
            read.sort();
            assert!(read.len() > 100);
            assert_eq!(read, shown.ids("vonage", stream).await);
        }
    }

    #[tokio::test]
    async fn more_than_a_thousand_records_are_truncated_and_linked() {
        let settings = ProviderSettings { seed: 3, people: 40, messages: 6_000, days: 2, ..Default::default() };
        let shown = Shown::with(settings);
        let query =
            "product=SMS&direction=outbound&date_start=2026-03-02T00:00:00%2B0000&date_end=2026-03-03T00:00:00Z";
        let pages = pages(&shown, query).await;
        assert_eq!((pages.len(), &pages[0]["items_count"]), (2, &json!(1_000)));
        let distinct: BTreeSet<String> = ids(&pages).into_iter().collect();
        assert_eq!(distinct.len(), ids(&pages).len());
        assert!(pages[0]["cursor"].is_string() && pages[0]["iv"].is_string());
        let no_iv = path(&format!("{query}&cursor={}", pages[0]["cursor"].as_str().unwrap()));
        assert_eq!(shown.get("abcd1234", &no_iv).await.status, 422);
    }

    #[tokio::test]
    async fn a_record_is_all_text_and_has_its_message_only_if_that_is_asked_for() {
        let shown = Shown::new();
        let query = "product=SMS&direction=outbound&date_start=2026-03-02T09:00:00Z&date_end=2026-03-03T09:00:00Z";
        let told = shown.get("abcd1234", &path(&format!("{query}&include_message=true"))).await;
        let record = told.body["records"][0].as_object().unwrap().clone();
        assert!(record.values().all(Value::is_string), "{record:?}");
        assert!(record["date_received"].as_str().unwrap().ends_with("+0000"));
        assert!(record["to"].as_str().unwrap().starts_with("33199"));
        assert!(record.contains_key("message_body"));
        let told = shown.get("abcd1234", &path(query)).await;
        assert_eq!(told.body["records"][0]["message_body"], Value::Null);
    }

    #[tokio::test]
    async fn records_are_found_by_id_and_what_is_not_found_is_said() {
        let shown = Shown::new();
        let rows = shown.lines("vonage/rows").await;
        let row = rows.iter().find(|it| it["stream"] == "sms" && it["direction"] == "inbound").unwrap();
        let id = row["id"].as_str().unwrap();
        let query = format!("product=SMS&direction=inbound&id={id},nothing");
        let told = shown.get("abcd1234", &path(&query)).await;
        assert_eq!(ids(std::slice::from_ref(&told.body)), [id]);
        assert_eq!(told.body["ids_not_found"], "nothing");
    }

    #[tokio::test]
    async fn what_is_no_window_is_refused_and_the_parameter_is_named() {
        let shown = Shown::new();
        let start = "product=SMS&direction=outbound&date_start=2026-03-02T00:00:00Z";
        for (query, name) in [
            ("product=SMS&direction=outbound", "date_start"),
            (start, "date_end"),
            (&format!("{start}&date_end=2026-03-03T00:00:01Z"), "date_end"),
            (&format!("{start}&date_end=2026-03-02T12:00:00+0000"), "date_end"),
            (&format!("{start}&id=x"), "date_start"),
            ("product=SMS&date_start=2026-03-02T00:00:00Z", "direction"),
            ("product=FAX&direction=outbound", "product"),
        ] {
            let told = shown.get("abcd1234", &path(query)).await;
            assert_eq!((told.status, &told.body["invalid_parameters"][0]["name"]), (422, &json!(name)), "{query}");
        }
        let other = "/v2/reports/records?account_id=other&product=SMS&direction=inbound";
        assert_eq!(shown.get("abcd1234", other).await.status, 403);
    }
}
