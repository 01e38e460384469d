//! BulkExport (`/v1/Exports/Messages/…`): a job makes one compressed file a day, and a file lies on another service. And
//! `/v1/Deactivations`, which leads to a file in the same way.

use std::io::Write;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

use super::messages::{direction, from, segments, to, wrong};
use super::meta::listed;
use super::{Twilio, account_of, sid};
use crate::Sandbox;
use crate::providers::{Answer, Asked, Call, Failure, Person, Provider, Row, Store, World};

/// Seconds until a job is done. In truth it takes longer.
const JOB_TAKES: SignedDuration = SignedDuration::from_secs(5);

/// How long files of a job can be fetched (Twilio, BulkExport).
const FILES_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The most days of one job.
const MOST_DAYS: i32 = 366;

/// The jobs that were ordered.
#[derive(Default)]
struct Jobs(Vec<Job>);

#[derive(Clone)]
struct Job {
    id: String,
    name: String,
    first: Date,
    last: Date,
    ordered_at: Timestamp,
}

impl Job {
    fn is_done(&self, now: Timestamp) -> bool {
        now.duration_since(self.ordered_at) >= JOB_TAKES
    }

    fn has_files(&self, now: Timestamp) -> bool {
        self.is_done(now) && now.duration_since(self.ordered_at) < JOB_TAKES + FILES_KEPT
    }

    fn days(&self) -> Vec<Date> {
        self.first.series(1.day()).take_while(|it| *it <= self.last).collect()
    }
}

/// `POST /v1/Exports/Messages/Jobs`
pub(super) async fn order(State(sandbox): State<Arc<Sandbox>>, Path(kind): Path<String>, asked: Asked) -> Response {
    let order = |call: &mut Call<'_>| {
        let form = call.asked.form();
        let field = |name: &str| form.iter().find(|it| it.0 == name).map(|it| it.1.clone());
        let day = |name: &str| field(name).and_then(|it| it.parse::<Date>().ok()).ok_or_else(|| wrong(name));
        let (first, last) = (day("StartDay")?, day("EndDay")?);
        let name = field("FriendlyName").ok_or_else(|| wrong("FriendlyName"))?;
        let newest = call.now.to_zoned(TimeZone::UTC).date().saturating_sub(2.days());
        let n_days = first.until(last).map_or(0, |it| it.get_days()) + 1;
        if kind != "Messages" || first > last || last > newest || n_days > MOST_DAYS {
            return Err(wrong("EndDay"));
        }
        let ordered_at = call.now;
        let n_jobs = call.own::<Jobs>()?.0.len() as u64;
        let job = Job { id: sid(call.world(), "JS", n_jobs), name, first, last, ordered_at };
        call.own::<Jobs>()?.0.push(job.clone());
        Ok(Answer::json(&resource(call, &job), 0)?.with_status(StatusCode::CREATED))
    };
    sandbox.provided(&Twilio, asked, order).await
}

/// `GET /v1/Exports/Messages/Jobs`
pub(super) async fn jobs(State(sandbox): State<Arc<Sandbox>>, Path(_): Path<String>, asked: Asked) -> Response {
    let list = |call: &mut Call<'_>| {
        let jobs = call.own::<Jobs>()?.0.clone();
        listed(call, "jobs", jobs.iter().map(|it| resource(call, it)).collect(), 1_000)
    };
    sandbox.provided(&Twilio, asked, list).await
}

/// `GET /v1/Exports/Jobs/{job}`
pub(super) async fn job(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, asked: Asked) -> Response {
    let show = |call: &mut Call<'_>| {
        let job = call.own::<Jobs>()?.0.iter().find(|it| it.id == id).cloned().ok_or(Failure::NotFound)?;
        let mut body = resource(call, &job);
        body["url"] = format!("{}/v1/Exports/Jobs/{id}", call.asked.origin()).into();
        Answer::json(&body, 0)
    };
    sandbox.provided(&Twilio, asked, show).await
}

/// `GET /v1/Exports/Messages/Days`: the days that have a file.
pub(super) async fn days(State(sandbox): State<Arc<Sandbox>>, Path(_): Path<String>, asked: Asked) -> Response {
    let list = |call: &mut Call<'_>| {
        let now = call.now;
        let jobs: Vec<Job> = call.own::<Jobs>()?.0.iter().filter(|it| it.has_files(now)).cloned().collect();
        let mut days: Vec<(Date, &Job)> =
            jobs.iter().flat_map(|it| it.days().into_iter().map(move |day| (day, it))).collect();
        days.sort_by_key(|it| it.0);
        days.dedup_by_key(|it| it.0);
        let day = |(day, job): &(Date, &Job)| {
            json!({
                "day": day.to_string(), "size": compressed(call.store, *day, &account_of(call)).map_or(0, |it| it.0.len()),
                "create_date": job.ordered_at.to_zoned(TimeZone::UTC).date().to_string(), "friendly_name": job.name,
                "resource_type": "Messages",
            })
        };
        listed(call, "days", days.iter().map(day).collect(), 400)
    };
    sandbox.provided(&Twilio, asked, list).await
}

/// `GET /v1/Exports/Messages/Days/{day}` leads to the file.
pub(super) async fn day(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, day)): Path<(String, String)>,
    asked: Asked,
) -> Response {
    let lead = |call: &mut Call<'_>| {
        let date: Date = day.parse().map_err(|_| wrong("Day"))?;
        let now = call.now;
        let has_file = |it: &Job| it.has_files(now) && it.first <= date && date <= it.last;
        if !call.own::<Jobs>()?.0.iter().any(has_file) {
            return Err(Failure::NotFound);
        }
        redirect(call, &format!("{day}.json.gz"))
    };
    sandbox.provided(&Twilio, asked, lead).await
}

/// `GET /v1/Deactivations?Date=…` leads to the list of the numbers that carriers took back on a day.
pub(super) async fn deactivations(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let lead = |call: &mut Call<'_>| {
        let day: Date = call.query("Date").and_then(|it| it.parse().ok()).ok_or_else(|| wrong("Date"))?;
        redirect(call, &format!("{day}.txt"))
    };
    sandbox.provided(&Twilio, asked, lead).await
}

/// The deactivation of a number of the United States.
pub(super) fn deactivation(world: &World, person: &Person) -> Option<Row> {
    let mut draw = world.draw("deactivation", u64::from(person.n));
    let seconds = world.newest.duration_since(world.oldest).as_secs();
    let after = SignedDuration::from_secs((seconds as f64 * draw.share()) as i64);
    let at = world.oldest.saturating_add(after).ok()?;
    (person.is_american() && draw.share() < 0.7).then(|| Row::new("deactivations", person.n, at))
}

/// `GET /twilio-files/{key}/{file}`: where the files lie. It is another service, which refuses credentials of Twilio.
pub(super) async fn file(
    State(sandbox): State<Arc<Sandbox>>,
    Path((key, name)): Path<(String, String)>,
    mut asked: Asked,
) -> Response {
    if asked.headers.contains_key(header::AUTHORIZATION) {
        let text = "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>";
        return (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/xml")], text).into_response();
    }
    // The address is the secret.
    let trusted = sandbox.token.as_ref().and_then(|it| super::credentials(it));
    asked.headers.extend(trusted.map(|it| (header::AUTHORIZATION, it)));
    let read = |call: &mut Call<'_>| {
        if key != file_key(call.world(), &name) {
            return Err(Failure::NotFound);
        }
        let day = |text: &str| text.parse::<Date>().map_err(|_| Failure::NotFound);
        if let Some(date) = name.strip_suffix(".json.gz") {
            let (bytes, n_rows) = compressed(call.store, day(date)?, &account_of(call)).ok_or(Failure::Server)?;
            return Ok(Answer::bytes("application/gzip", bytes, n_rows));
        }
        let rows = rows_of(call.store, "deactivations", day(name.trim_end_matches(".txt"))?);
        let numbers = rows.iter().filter_map(|it| Some(format!("{}\n", call.world().person(it.person)?.e164())));
        Ok(Answer::bytes("text/plain", numbers.collect::<String>().into_bytes(), rows.len()))
    };
    sandbox.provided(&Twilio, asked, read).await
}

fn redirect(call: &Call<'_>, name: &str) -> Result<Answer, Failure> {
    let url = format!("{}/twilio-files/{}/{name}", call.asked.origin(), file_key(call.world(), name));
    let answer = Answer::json(&json!({ "redirect_to": url }), 0)?.with_status(StatusCode::TEMPORARY_REDIRECT);
    Ok(Answer { headers: vec![(header::LOCATION, url)], ..answer })
}

fn file_key(world: &World, name: &str) -> String {
    world.hex(name, 0)
}

fn resource(call: &Call<'_>, job: &Job) -> Value {
    let n_rows: usize = job.days().iter().map(|it| rows_of(call.store, "messages", *it).len()).sum();
    let status = match job.is_done(call.now) {
        false => "Running",
        true if n_rows == 0 => "CompletedEmptyRecords",
        true => "Completed",
    };
    json!({
        "job_sid": job.id, "friendly_name": job.name, "resource_type": "Messages", "start_day": job.first.to_string(),
        "end_day": job.last.to_string(), "webhook_url": null, "webhook_method": null, "email": null,
        "details": [{ "status": status, "count": job.days().len(), "days": null }],
        "job_queue_position": if job.is_done(call.now) { "0" } else { "1" },
        "estimated_completion_time": null,
    })
}

fn rows_of<'a>(store: &'a Store, stream: &str, day: Date) -> Vec<&'a Row> {
    let Ok(start) = day.to_zoned(TimeZone::UTC) else { return Vec::new() };
    let since = start.timestamp();
    let until = since.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
    store.between(stream, since, until).iter().filter(|it| !it.is_deleted).collect()
}

/// The file of a day and the number of its rows.
fn compressed(store: &Store, day: Date, account: &str) -> Option<(Vec<u8>, usize)> {
    let rows = rows_of(store, "messages", day);
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    for row in &rows {
        writeln!(file, "{}", exported(&store.world, row, account)).ok()?;
    }
    Some((file.finish().ok()?, rows.len()))
}

/// A message as a file has it: moments are those of ISO 8601.
fn exported(world: &World, row: &Row, account: &str) -> Value {
    let (id, at, body) = (Twilio.row_id(world, row), row.at.to_string(), row.body.as_deref().unwrap_or_default());
    json!({
        "sid": id, "account_sid": account, "body": body, "date_created": at, "date_sent": at, "date_updated": at,
        "direction": direction(row), "error_code": row.error, "from": from(world, row), "to": to(world, row),
        "messaging_service_sid": null, "num_media": if id.starts_with("MM") { "1" } else { "0" },
        "num_segments": segments(body).to_string(), "price": (row.status != "failed").then_some("-0.00750"),
        "status": row.status,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::providers::tests::{Shown, Told, basic};

    async fn order(shown: &Shown, first: &str, last: &str) -> Told {
        let form = format!("StartDay={first}&EndDay={last}&FriendlyName=all+of+it");
        shown.send("POST", "/v1/Exports/Messages/Jobs", &[basic("AC")], &form).await
    }

    #[tokio::test]
    async fn a_job_makes_a_file_for_each_day_with_the_rows_of_the_ledger() {
        let shown = Shown::new();
        let job = order(&shown, "2026-02-01", "2026-03-01").await;
        assert_eq!(job.status, 201);
        assert_eq!(shown.get("AC", "/v1/Exports/Messages/Days").await.body["days"], json!([]));
        shown.control("clock", &json!({ "advance_seconds": 6 })).await;
        let path = format!("/v1/Exports/Jobs/{}", job.body["job_sid"].as_str().unwrap());
        assert_eq!(shown.get("AC", &path).await.body["details"][0]["status"], "Completed");
        let days = shown.get("AC", "/v1/Exports/Messages/Days").await.body["days"].clone();
        assert_eq!(days.as_array().unwrap().len(), 29);
        let mut ids = Vec::new();
        for day in days.as_array().unwrap() {
            let lead = shown.get("AC", &format!("/v1/Exports/Messages/Days/{}", day["day"].as_str().unwrap())).await;
            assert_eq!(lead.status, 307);
            let file = shown.send("GET", lead.body["redirect_to"].as_str().unwrap(), &[], "").await;
            let mut text = String::new();
            GzDecoder::new(file.bytes.as_slice()).read_to_string(&mut text).unwrap();
            for line in text.lines() {
                let row: Value = serde_json::from_str(line).unwrap();
                assert!(row["date_sent"].as_str().unwrap().starts_with(day["day"].as_str().unwrap()));
                ids.push(row["sid"].as_str().unwrap().to_owned());
            }
        }
        let ledger = shown.rows("twilio", "messages").await;
        let expected = ledger.iter().filter(|it| it["at"].as_str().unwrap() < "2026-03-02");
        assert_eq!(ids.len(), expected.count());
        assert!(ids.len() > 450, "{}", ids.len());
    }

    #[tokio::test]
    async fn files_are_gone_after_seven_days() {
        let shown = Shown::new();
        order(&shown, "2026-02-01", "2026-02-02").await;
        for (seconds, status) in [(6, 307), (8 * 86_400, 404)] {
            shown.control("clock", &json!({ "advance_seconds": seconds })).await;
            assert_eq!(shown.get("AC", "/v1/Exports/Messages/Days/2026-02-01").await.status, status);
        }
    }

    #[tokio::test]
    async fn the_last_day_is_two_days_old_and_a_job_has_at_most_366_days() {
        let shown = Shown::new();
        for (first, last, status) in [
            ("2026-03-01", "2026-03-01", 201),
            ("2026-03-01", "2026-03-02", 400),
            ("2026-03-01", "2026-02-28", 400),
            ("2025-03-01", "2026-03-01", 201),
            ("2025-02-28", "2026-03-01", 400),
        ] {
            assert_eq!(order(&shown, first, last).await.status, status, "{first} {last}");
        }
    }

    #[tokio::test]
    async fn a_file_is_refused_to_who_shows_the_credentials_of_twilio() {
        let shown = Shown::new();
        let lead = shown.get("AC", "/v1/Deactivations?Date=2026-02-03").await;
        let url = lead.body["redirect_to"].as_str().unwrap();
        let statuses = [shown.get("AC", url).await.status, shown.send("GET", url, &[], "").await.status];
        assert_eq!(statuses, [400, 200]);
    }
}
