//! `/v2/reports`: a report is ordered and billed, made while the caller looks at it again, and kept for 72 hours as a ZIP
//! with a CSV file.

use std::collections::BTreeSet;
use std::io::{Cursor, Write};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::record::{Wanted, moment_text};
use super::{Vonage, direction, forbidden, is_own, problem};
use crate::Sandbox;
use crate::providers::{Answer, Asked, Call, Failure, Row, World, moment};

/// How long the file of a report is kept.
const KEPT_HOURS: i64 = 72;

/// The reports that were ordered, the oldest first.
#[derive(Default)]
struct Reports(Vec<Report>);

#[derive(Clone)]
struct Report {
    n: u64,
    wanted: Wanted,
    since: Timestamp,
    until: Timestamp,
    ordered_at: Timestamp,
    /// The rows, by their place in the stream.
    rows: BTreeSet<u64>,
    /// How often somebody looked: it is being made at the first look and there at the second.
    n_looks: u32,
    is_aborted: bool,
}

impl Report {
    fn status(&self) -> &'static str {
        match self.n_looks {
            _ if self.is_aborted => "ABORTED",
            0 => "PENDING",
            1 => "PROCESSING",
            _ => "SUCCESS",
        }
    }

    fn id(&self, world: &World) -> String {
        world.uuid("report", self.n)
    }

    fn file(&self, world: &World) -> String {
        world.uuid("file", self.n)
    }

    fn shown(&self, world: &World, origin: &str) -> Value {
        let id = self.id(world);
        let mut body = json!({
            "request_id": id, "request_status": self.status(), "product": self.wanted.product,
            "account_id": self.wanted.account, "date_start": moment_text(self.since),
            "date_end": moment_text(self.until), "include_subaccounts": false,
            "direction": self.wanted.direction.name(), "include_message": self.wanted.is_with_text,
            "receive_time": moment_text(self.ordered_at),
            "_links": { "self": { "href": format!("{origin}/v2/reports/{id}") } },
        });
        if self.n_looks > 0 {
            body["start_time"] = moment_text(moment::seconds_after(self.ordered_at, 1)).into();
        }
        if self.status() == "SUCCESS" {
            body["_links"]["download_report"]["href"] = format!("{origin}/v3/media/{}", self.file(world)).into();
            body["items_count"] = self.rows.len().into();
        }
        body
    }
}

/// An order.
#[derive(Deserialize)]
struct Order {
    product: String,
    account_id: String,
    direction: String,
    date_start: Option<String>,
    date_end: Option<String>,
    status: Option<String>,
    #[serde(default)]
    include_message: bool,
}

/// `POST /v2/reports`
pub(super) async fn order(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let set = sandbox.providers.account().map(str::to_owned);
    let order = |call: &mut Call<'_>| {
        let Ok(order) = serde_json::from_slice::<Order>(&call.asked.body) else {
            let body = problem("invalid-json", "Malformed JSON payload.");
            return Ok(Answer::json(&body, 0)?.with_status(StatusCode::BAD_REQUEST));
        };
        if !is_own(&order.account_id, set.as_deref()) {
            return forbidden();
        }
        let mut report = report_of(call, order)?;
        let reports = call.own::<Reports>()?;
        report.n = reports.0.len() as u64;
        reports.0.push(report.clone());
        Answer::json(&report.shown(call.world(), &call.asked.origin()), 0)
    };
    sandbox.provided(&Vonage, asked, order).await
}

/// The report of an order: of the last seven days if it does not say which.
fn report_of(call: &Call<'_>, order: Order) -> Result<Report, Failure> {
    let wrong = |name: &str| Failure::BadRequest(format!("{name}: Could not resolve the value"));
    let moment = |text: Option<&String>, name: &str, else_at| {
        text.map_or(Ok(else_at), |it| moment::with_offset(it).ok_or_else(|| wrong(name)))
    };
    let since = moment(order.date_start.as_ref(), "date_start", moment::hours_before(call.now, 7 * 24))?;
    let until = moment(order.date_end.as_ref(), "date_end", call.now)?;
    let product = ["SMS", "MESSAGES"].into_iter().find(|it| *it == order.product);
    let wanted = Wanted {
        account: order.account_id,
        product: product.ok_or_else(|| wrong("product"))?,
        direction: direction(&order.direction).ok_or_else(|| wrong("direction"))?,
        status: order.status,
        is_with_text: order.include_message,
    };
    let rows = call.between(wanted.stream(), since, until.max(since)).iter();
    let rows = rows.filter(|it| !it.is_deleted && wanted.has(it)).map(|it| it.n).collect();
    Ok(Report { n: 0, wanted, since, until, ordered_at: call.now, rows, n_looks: 0, is_aborted: false })
}

/// `GET /v2/reports?account_id=…&status=…`
pub(super) async fn list(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let list = |call: &mut Call<'_>| {
        let missing = |name: &str| Failure::BadRequest(format!("{name}: Missing required parameter"));
        let account = call.query("account_id").ok_or_else(|| missing("account_id"))?.to_owned();
        let statuses = call.query("status").ok_or_else(|| missing("status"))?.to_owned();
        let reports = call.own::<Reports>()?.0.clone();
        let is_wanted = |it: &&Report| {
            it.wanted.account == account && statuses.split(',').any(|status| status.trim() == it.status())
        };
        let origin = call.asked.origin();
        let reports: Vec<Value> = reports.iter().filter(is_wanted).map(|it| it.shown(call.world(), &origin)).collect();
        let own = format!("{origin}{}", call.asked.uri);
        Answer::json(&json!({ "items_count": reports.len(), "self_link": own, "reports": reports }), 0)
    };
    sandbox.provided(&Vonage, asked, list).await
}

/// `GET /v2/reports/{report}`
pub(super) async fn look(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, asked: Asked) -> Response {
    let look = |call: &mut Call<'_>| {
        changed(call, &id, |report| {
            report.n_looks += 1;
            true
        })
    };
    sandbox.provided(&Vonage, asked, look).await
}

/// `DELETE /v2/reports/{report}`
pub(super) async fn cancel(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, asked: Asked) -> Response {
    let cancel = |call: &mut Call<'_>| {
        changed(call, &id, |report| {
            let is_open = matches!(report.status(), "PENDING" | "PROCESSING");
            report.is_aborted |= is_open;
            is_open
        })
    };
    sandbox.provided(&Vonage, asked, cancel).await
}

/// Shows a report after a change; 409 if it cannot be changed any more.
fn changed(call: &mut Call<'_>, id: &str, change: impl Fn(&mut Report) -> bool) -> Result<Answer, Failure> {
    let n = (0..call.own::<Reports>()?.0.len()).find(|n| call.world().uuid("report", *n as u64) == id);
    let n = n.ok_or(Failure::NotFound)?;
    let report = call.own::<Reports>()?.0.get_mut(n).ok_or(Failure::NotFound)?;
    let is_done = change(report);
    let report = report.clone();
    if !is_done {
        let body = problem("invalid-abort-operation", "The job is already in a terminated state.");
        return Ok(Answer::json(&body, 0)?.with_status(StatusCode::CONFLICT));
    }
    Answer::json(&report.shown(call.world(), &call.asked.origin()), 0)
}

/// `GET /v3/media/{file}`
pub(super) async fn download(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, asked: Asked) -> Response {
    let download = |call: &mut Call<'_>| {
        let oldest = moment::hours_before(call.now, KEPT_HOURS);
        let reports = call.own::<Reports>()?.0.clone();
        let is_it = |it: &&Report| it.file(call.world()) == id && it.status() == "SUCCESS" && it.ordered_at >= oldest;
        let report = reports.iter().find(is_it).ok_or(Failure::NotFound)?;
        let zip = zipped(call, report).ok_or(Failure::Server)?;
        let mut answer = Answer::bytes("application/octet-stream", zip, report.rows.len());
        let name = format!("{}_{}.zip", report.wanted.product, report.id(call.world()));
        answer.headers.push((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
        Ok(answer)
    };
    sandbox.provided(&Vonage, asked, download).await
}

fn zipped(call: &Call<'_>, report: &Report) -> Option<Vec<u8>> {
    let Wanted { product, account, .. } = &report.wanted;
    let name = format!("report_{product}_{account}_{}.csv", report.ordered_at.strftime("%Y%m%d"));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default()).ok()?;
    zip.write_all(&table(call, report)?).ok()?;
    zip.finish().ok().map(Cursor::into_inner)
}

/// The CSV of a report, with the names of its columns even if it has no rows.
fn table(call: &Call<'_>, report: &Report) -> Option<Vec<u8>> {
    let nobody = Row::new(report.wanted.stream(), u32::MAX, report.since);
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(report.wanted.fields(call.world(), &nobody).iter().map(|it| it.0)).ok()?;
    let rows = call.between(report.wanted.stream(), report.since, report.until.max(report.since));
    for row in rows.iter().filter(|it| report.rows.contains(&it.n)) {
        table.write_record(report.wanted.fields(call.world(), row).iter().map(|it| &it.1)).ok()?;
    }
    table.into_inner().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::providers::tests::{Shown, basic};

    const ORDER: &str = r#"{"product": "SMS", "account_id": "abcd1234", "direction": "outbound",
        "date_start": "2026-02-10T00:00:00+0000", "date_end": "2026-02-20T00:00:00Z", "include_message": true}"#;

    async fn ordered(shown: &Shown) -> String {
        let told = shown.send("POST", "/v2/reports", &[basic("abcd1234")], ORDER).await;
        assert_eq!((told.status, &told.body["request_status"]), (200, &json!("PENDING")), "{told:?}");
        told.body["request_id"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_report_is_made_while_one_looks_and_holds_the_rows_of_its_days() {
        let shown = Shown::new();
        let report = format!("/v2/reports/{}", ordered(&shown).await);
        assert_eq!(shown.get("abcd1234", &report).await.body["request_status"], "PROCESSING");
        let done = shown.get("abcd1234", &report).await.body;
        assert_eq!(done["request_status"], "SUCCESS");
        let link = done["_links"]["download_report"]["href"].as_str().unwrap();
        let file = link.strip_prefix("http://sandbox.example").unwrap().to_owned();
        let told = shown.get("abcd1234", &file).await;
        let mut zip = zip::ZipArchive::new(Cursor::new(told.bytes)).unwrap();
        let mut text = String::new();
        zip.by_name("report_SMS_abcd1234_20260303.csv").unwrap().read_to_string(&mut text).unwrap();
        let mut table = csv::Reader::from_reader(text.as_bytes());
        let columns = "account_id,message_id,client_ref,direction,from,to,message_body,network,network_name,country,\
                       country_name,date_received,date_finalized,latency,status,error_code,error_code_description,\
                       currency,total_price";
        assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>().join(","), columns);
        let ids: BTreeSet<String> = table.records().map(|it| it.unwrap()[1].to_owned()).collect();
        let ledger = shown.lines("vonage/rows").await;
        let of_days = ledger.iter().filter(|it| {
            let at = it["at"].as_str().unwrap();
            it["stream"] == "sms" && it["direction"] == "outbound" && ("2026-02-10".."2026-02-20").contains(&at)
        });
        assert_eq!(ids, of_days.map(|it| it["id"].as_str().unwrap().to_owned()).collect());
        assert_eq!(done["items_count"], ids.len());
        assert!(ids.len() > 50, "{}", ids.len());
        shown.control("clock", &json!({ "advance_seconds": 73 * 3_600 })).await;
        assert_eq!(shown.get("abcd1234", &file).await.status, 404);
    }

    #[tokio::test]
    async fn an_order_can_be_cancelled_until_it_is_done() {
        let shown = Shown::new();
        let report = format!("/v2/reports/{}", ordered(&shown).await);
        let cancelled = shown.send("DELETE", &report, &[basic("abcd1234")], "").await;
        assert_eq!((cancelled.status, &cancelled.body["request_status"]), (200, &json!("ABORTED")));
        assert_eq!(shown.send("DELETE", &report, &[basic("abcd1234")], "").await.status, 409);
        let list = shown.get("abcd1234", "/v2/reports?account_id=abcd1234&status=ABORTED,%20FAILED").await;
        assert_eq!(
            (&list.body["items_count"], &list.body["reports"][0]["request_status"]),
            (&json!(1), &json!("ABORTED"))
        );
    }

    #[tokio::test]
    async fn what_is_no_order_is_refused_with_the_bodies_of_vonage() {
        let shown = Shown::new();
        for (body, status) in [("{", 400), (&ORDER.replace("abcd1234", "x"), 403), (&ORDER.replace("SMS", "FAX"), 422)]
        {
            let told = shown.send("POST", "/v2/reports", &[basic("abcd1234")], body).await;
            assert_eq!(told.status, status, "{told:?}");
            assert!(["type", "title", "detail", "instance"].iter().all(|it| told.body[it].is_string()), "{told:?}");
        }
    }
}
