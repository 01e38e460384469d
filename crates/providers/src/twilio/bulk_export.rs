//! BulkExport: a job for a window, and then a file for each of its days, gzip of JSON lines.
//!
//! A job that this program has made before is looked for first, because jobs are limited and a crash leaves them behind.
//! Files are kept for seven days. A job says which days have a file, so one that is gone is not taken for a day without
//! messages: the job is made again.
//!
//! Facts: twilio-oai `twilio_bulkexports_v1` (2026-04-14) and twilio.com/docs/usage/bulkexport; read 2026-11-22.

use std::io::Read;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use http::{CallError, path_segment};
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan, tz::TimeZone};
use pages::Window;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::{BULK_EXPORTS, check, next_page};
use crate::json::{moment, parse, records, text};
use crate::{Call, Connection, Method, PageRead, Row, Stream, Then};

/// Between two looks at a job that is being worked on.
const POLL: Duration = Duration::from_secs(15);
/// The largest file of a day, unpacked.
const MOST_DAY_BYTES: u64 = 1 << 30;
/// Twilio has sent messages since 2010.
const FIRST_YEAR: i16 = 2010;
const START_OF_GZIP: [u8; 2] = [0x1f, 0x8b];

pub(crate) struct BulkExport {
    base: Url,
}

/// The days of a window, and what is done of them.
#[derive(Clone, Serialize, Deserialize)]
struct State {
    step: Step,
    first: Date,
    last: Date,
    /// Whether the job was there before.
    #[serde(default)]
    is_found: bool,
    /// The days with a file that are not read yet, the next one last; none if the job does not name them.
    #[serde(default)]
    left: Option<Vec<Date>>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Looks for the job among those that there are.
    Find,
    Make,
    Wait,
    Day(Date),
}

impl BulkExport {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { base: connection.bases[BULK_EXPORTS].clone() }
    }

    /// Finds the job of a window on a page of jobs; else on the next page, else it is made.
    fn find(&self, state: &State, page: &Value) -> Result<PageRead, CallError> {
        let is_own = |it: &&Value| {
            it["friendly_name"] == name(state)
                && it["start_day"] == state.first.to_string()
                && it["end_day"] == state.last.to_string()
                && !has_failed(it)
        };
        let next = match (records(page, "jobs")?.iter().find(is_own), next_page(page, &self.base)?) {
            (Some(job), _) => wait_for(&State { is_found: true, ..state.clone() }, job)?,
            (None, Some(path)) => call(state, Step::Find, path),
            (None, None) => make(state),
        };
        Ok(PageRead { next: Some(next), ..PageRead::default() })
    }
}

/// The name by which a job is found again.
fn name(state: &State) -> String {
    format!("ferry {} {}", state.first, state.last)
}

fn call(state: &State, step: Step, path: String) -> Call {
    let is_file = matches!(step, Step::Day(_));
    let then = if is_file { Then::Page } else { Then::Step };
    let state = serde_json::to_value(State { step, ..state.clone() }).unwrap_or_default();
    Call { host: BULK_EXPORTS, then, is_file, state, ..Call::get(path) }
}

/// The call that makes the job. It costs nothing, and days that are exported twice are the same.
fn make(state: &State) -> Call {
    let days = json!({
        "StartDay": state.first.to_string(), "EndDay": state.last.to_string(), "FriendlyName": name(state),
    });
    let make = call(state, Step::Make, "/v1/Exports/Messages/Jobs".to_owned());
    Call { method: Method::PostForm, body: days, ..make }
}

fn wait_for(state: &State, job: &Value) -> Result<Call, CallError> {
    let sid = text(job, "job_sid");
    if sid.is_empty() {
        return Err(CallError::Malformed);
    }
    Ok(call(state, Step::Wait, format!("/v1/Exports/Jobs/{}", path_segment(&sid))))
}

fn day(state: &State, day: Date) -> Call {
    call(state, Step::Day(day), format!("/v1/Exports/Messages/Days/{day}"))
}

/// The call for the next day; none behind the last. `before` is the day that was read.
fn next_day(mut state: State, before: Option<Date>) -> Option<Call> {
    let next = match &mut state.left {
        Some(left) => left.pop()?,
        None => before.map_or(Some(state.first), |it| it.checked_add(1.day()).ok()).filter(|it| *it <= state.last)?,
    };
    Some(day(&state, next))
}

/// The states of the days of a job, in small letters, each with the days that have it.
fn details(job: &Value) -> impl Iterator<Item = (String, &Value)> {
    let details = job["details"].as_array().map(Vec::as_slice).unwrap_or_default();
    details.iter().map(|it| (text(it, "status").to_lowercase(), &it["days"]))
}

fn has_failed(job: &Value) -> bool {
    details(job).any(|(status, _)| status.starts_with("error"))
}

/// Waits for a job, or begins with its first day.
fn waited(state: State, asked: &Call, job: &Value) -> Result<PageRead, CallError> {
    if has_failed(job) {
        return Err(CallError::Refused { status: 200, code: None });
    }
    let mut states = details(job).peekable();
    if states.peek().is_none() || !states.all(|(status, _)| status.starts_with("completed")) {
        return Ok(PageRead { next: Some(asked.clone()), wait: Some(POLL), ..PageRead::default() });
    }
    // The others are days without messages.
    let filled: Vec<&Value> = details(job).filter(|(status, _)| status == "completed").map(|it| it.1).collect();
    let mut left = None;
    if filled.iter().all(|it| it.is_array()) {
        let days = filled.iter().filter_map(|it| it.as_array()).flatten();
        let mut days: Vec<Date> = days.filter_map(|it| it.as_str()?.parse().ok()).collect();
        days.sort_unstable_by(|one, other| other.cmp(one));
        left = Some(days);
    }
    Ok(PageRead { next: next_day(State { left, ..state }, None), ..PageRead::default() })
}

/// Reads the lines of a day. One that is no JSON has no id.
fn rows_of(body: &[u8]) -> Vec<Row> {
    let lines = body.split(|it| *it == b'\n').filter(|it| !it.trim_ascii().is_empty());
    let row = |line: &[u8]| {
        let record = serde_json::from_slice(line).unwrap_or(Value::Null);
        let at = ["date_sent", "date_created"].into_iter().find_map(|key| moment(&text(&record, key)));
        Row { id: text(&record, "sid"), at }
    };
    lines.map(row).collect()
}

impl Stream for BulkExport {
    fn first(&self, window: Option<Window>) -> Option<Call> {
        let window = window?;
        let date = |at: jiff::Timestamp| at.to_zoned(TimeZone::UTC).date();
        let last = date(window.until.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(window.until));
        let state = State { step: Step::Find, first: date(window.since), last, is_found: false, left: None };
        (last.year() >= FIRST_YEAR)
            .then(|| call(&state, Step::Find, "/v1/Exports/Messages/Jobs?PageSize=100".to_owned()))
    }

    fn read(&self, asked: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let state: State = serde_json::from_value(asked.state.clone()).map_err(|_| CallError::Malformed)?;
        if let Step::Day(date) = state.step {
            return Ok(PageRead { rows: rows_of(body), next: next_day(state, Some(date)), ..PageRead::default() });
        }
        let answer = parse(body)?;
        check(&answer)?;
        match state.step {
            Step::Find => self.find(&state, &answer),
            Step::Make => Ok(PageRead { next: Some(wait_for(&state, &answer)?), ..PageRead::default() }),
            Step::Wait | Step::Day(_) => waited(state, asked, &answer),
        }
    }

    fn kept(&self, asked: &Call, body: Vec<u8>) -> Result<Vec<u8>, CallError> {
        if asked.then != Then::Page || !body.starts_with(&START_OF_GZIP) {
            return Ok(body);
        }
        let mut unpacked = Vec::new();
        let mut file = MultiGzDecoder::new(body.as_slice()).take(MOST_DAY_BYTES + 1);
        file.read_to_end(&mut unpacked).map_err(|_| CallError::Malformed)?;
        match unpacked.len() as u64 > MOST_DAY_BYTES {
            true => Err(CallError::TooLarge { most: usize::try_from(MOST_DAY_BYTES).unwrap_or(usize::MAX) }),
            false => Ok(unpacked),
        }
    }

    /// An account without jobs may have no list of them. A file that is gone is made again, if its job was there before;
    /// where a job does not name its days, one without a file has no messages.
    fn missing(&self, asked: &Call) -> Option<PageRead> {
        let state: State = serde_json::from_value(asked.state.clone()).ok()?;
        let next = match state.step {
            Step::Day(date) if state.left.is_none() => next_day(state, Some(date)),
            Step::Day(_) if state.is_found => Some(make(&State { is_found: false, left: None, ..state })),
            Step::Find => Some(make(&state)),
            Step::Make | Step::Wait | Step::Day(_) => return None,
        };
        Some(PageRead { next, ..PageRead::default() })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use expect_test::expect;
    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::served::{Asked, Served, connection, shown};

    fn stream() -> BulkExport {
        BulkExport::new(&connection("twilio", "https://bulkexports.twilio.com"))
    }

    fn window() -> Window {
        let at = |it: &str| it.parse().unwrap();
        Window { since: at("2024-03-01T00:00:00Z"), until: at("2024-03-03T00:00:00Z") }
    }

    const NO_JOBS: &[u8] = br#"{"jobs":[{"friendly_name":"mine","start_day":"2024-03-01","end_day":"2024-03-02",
        "job_sid":"JS00"}],"meta":{"next_page_url":null}}"#;

    #[test]
    fn a_job_is_made_waited_for_and_read_day_by_day() {
        let first = stream().first(Some(window())).unwrap();
        let jobs = stream().read(&first, NO_JOBS);
        shown(&first, &jobs).assert(expect![[r#"
            GET /v1/Exports/Messages/Jobs?PageSize=100
            then POST /v1/Exports/Messages/Jobs {"EndDay":"2024-03-02","FriendlyName":"ferry 2024-03-01 2024-03-02","StartDay":"2024-03-01"}
        "#]]);
        let make = jobs.unwrap().next.unwrap();
        assert_eq!((make.method, make.then), (Method::PostForm, Then::Step));
        let wait = stream().read(&make, br#"{"job_sid":"JS01","details":null}"#).unwrap().next.unwrap();
        assert_eq!(wait.path, "/v1/Exports/Jobs/JS01");

        let running =
            br#"{"job_sid":"JS01","details":[{"status":"Completed","count":1},{"status":"Running","count":1}]}"#;
        let running = stream().read(&wait, running).unwrap();
        assert_eq!((running.next.as_ref(), running.wait), (Some(&wait), Some(POLL)));
        let done =
            br#"{"job_sid":"JS01","details":[{"status":"Completed","count":2,"days":["2024-03-01","2024-03-02"]}]}"#;
        let one = stream().read(&wait, done).unwrap().next.unwrap();
        assert_eq!(
            (one.path.as_str(), one.is_file, one.host),
            ("/v1/Exports/Messages/Days/2024-03-01", true, BULK_EXPORTS)
        );

        let lines = br#"{"sid":"SM01","direction":"inbound","date_sent":"2024-03-01T09:14:07Z"}
            {"sid":"SM02","date_created":"2024-03-01T10:00:00Z","date_sent":null}
            damaged
        "#;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(lines).unwrap();
        let kept = stream().kept(&one, gzip.finish().unwrap()).unwrap();
        assert_eq!(kept, lines);
        let read = stream().read(&one, &kept);
        shown(&one, &read).assert(expect![[r#"
            GET /v1/Exports/Messages/Days/2024-03-01
            SM01 2024-03-01T09:14:07Z
            SM02 2024-03-01T10:00:00Z

            then GET /v1/Exports/Messages/Days/2024-03-02
        "#]]);
        let two = read.unwrap().next.unwrap();
        assert_eq!(stream().missing(&two), None, "the job says that the file is there");
        assert_eq!(stream().read(&two, b"").unwrap().next, None);
    }

    #[test]
    fn a_job_that_was_made_before_is_used_and_one_that_failed_is_an_error() {
        let first = stream().first(Some(window())).unwrap();
        let jobs = br#"{"jobs":[{"friendly_name":"ferry 2024-03-01 2024-03-02","start_day":"2024-03-01",
            "end_day":"2024-03-02","job_sid":"JS07"}],"meta":{"next_page_url":null}}"#;
        let wait = stream().read(&first, jobs).unwrap().next.unwrap();
        assert_eq!(wait.path, "/v1/Exports/Jobs/JS07");
        let failed = stream().read(&wait, br#"{"job_sid":"JS07","details":[{"status":"ErrorDuringRun","count":2}]}"#);
        assert!(matches!(failed, Err(CallError::Refused { .. })), "{failed:?}");
    }

    #[test]
    fn days_without_messages_are_not_asked_for() {
        let first = stream().first(Some(window())).unwrap();
        let wait = wait_for(&serde_json::from_value(first.state).unwrap(), &json!({"job_sid": "JS01"})).unwrap();
        let done = br#"{"job_sid":"JS01","details":[{"status":"COMPLETED","count":1,"days":["2024-03-02"]},
            {"status":"CompletedEmptyRecords","count":1,"days":["2024-03-01"]}]}"#;
        let day = stream().read(&wait, done).unwrap().next.unwrap();
        assert_eq!(day.path, "/v1/Exports/Messages/Days/2024-03-02");
        // Without the names of days, each is asked for, and one without a file has no messages.
        let day = stream().read(&wait, br#"{"details":[{"status":"Completed","count":2}]}"#).unwrap().next.unwrap();
        assert_eq!(day.path, "/v1/Exports/Messages/Days/2024-03-01");
        assert_eq!(stream().missing(&day).unwrap().next.unwrap().path, "/v1/Exports/Messages/Days/2024-03-02");
    }

    #[test]
    fn a_job_whose_files_are_gone_is_made_again() {
        let first = stream().first(Some(window())).unwrap();
        let jobs = br#"{"jobs":[{"friendly_name":"ferry 2024-03-01 2024-03-02","start_day":"2024-03-01",
            "end_day":"2024-03-02","job_sid":"JS07"}],"meta":{"next_page_url":null}}"#;
        let wait = stream().read(&first, jobs).unwrap().next.unwrap();
        let done = br#"{"details":[{"status":"Completed","count":2,"days":["2024-03-02","2024-03-01"]}]}"#;
        let day = stream().read(&wait, done).unwrap().next.unwrap();
        assert_eq!(day.path, "/v1/Exports/Messages/Days/2024-03-01");
        assert_eq!(stream().missing(&day).unwrap().next.unwrap().method, Method::PostForm);
    }

    #[test]
    fn there_is_nothing_to_read_of_the_years_before_twilio() {
        let at = |it: &str| it.parse().unwrap();
        let window = Window { since: at("1990-01-01T00:00:00Z"), until: at("1991-01-01T00:00:00Z") };
        assert_eq!(stream().first(Some(window)), None);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_file_of_a_day_is_fetched_from_another_host_without_credentials() {
        let files = Served::start(|_: &Asked| (200, r#"{"sid":"SM01","date_sent":"2026-03-01T09:00:00Z"}"#.to_owned()));
        let files = files.await;
        let url = format!("{}/day.json.gz", files.url);
        let served = Served::start(move |asked: &Asked| {
            let days = json!({"details": [{"status": "Completed", "count": 1, "days": ["2026-03-01"]}]});
            match asked.path.split('?').next().unwrap() {
                "/v1/Exports/Messages/Jobs" if asked.body.is_empty() => {
                    (200, String::from_utf8(NO_JOBS.to_vec()).unwrap())
                }
                "/v1/Exports/Messages/Jobs" => (201, r#"{"job_sid":"JS01"}"#.to_owned()),
                "/v1/Exports/Jobs/JS01" => (200, days.to_string()),
                "/v1/Exports/Messages/Days/2026-03-01" => (307, url.clone()),
                other => panic!("{other}"),
            }
        });
        let served = served.await;
        served.pull("twilio", "bulk-export").await.unwrap();
        assert_eq!(Vec::from_iter(served.kept("twilio", "bulk-export")), ["SM01"]);
        assert!(served.asked().iter().all(|it| it.authorization == "Basic YWNjdDpzZWNyZXQ="));
        assert_eq!(files.asked().iter().map(|it| it.authorization.as_str()).collect::<Vec<_>>(), [""]);
    }
}
