//! AWS End User Messaging: the numbers of an opt-out list, behind signatures.
//!
//! Rows: `opt-outs`. Written from the model of `pinpoint-sms-voice-v2` in the public SDKs. A caller that is too fast is
//! answered with status 400, as AWS does.

mod signature;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Asked, Call, Failure, Message, Person, Provider, Row, World, token};
use crate::Sandbox;

const LIST: &str = "Default";
const LIST_ARN: &str = "arn:aws:sms-voice:eu-west-1:123456789012:opt-out-list/Default";
const TARGET: &str = "PinpointSMSVoiceV2.";
/// The most numbers on a page, and those without `MaxResults`.
const PAGE: usize = 100;

/// The stand-in of AWS.
pub(super) struct Aws;

impl Provider for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn routes(&self) -> Router<Arc<Sandbox>> {
        Router::new().route("/", post(call))
    }

    /// The account is the id of the key; the secret signs the call.
    fn is_authorised(&self, asked: &Asked, account: Option<&str>, secret: &str) -> bool {
        signature::is_valid(asked, account, secret)
    }

    fn failure(&self, failure: &Failure) -> Response {
        let (status, kind, message) = match failure {
            Failure::Unauthorised => {
                let what = "The request signature we calculated does not match the signature you provided.";
                (403, "InvalidSignatureException", what)
            }
            Failure::NotFound => (400, "ResourceNotFoundException", "The opt-out list does not exist."),
            Failure::BadRequest(what) => (400, "ValidationException", what.as_str()),
            Failure::TooMany(_) => (400, "ThrottlingException", "Rate exceeded"),
            Failure::Server => (500, "InternalServerException", "The service is not available."),
        };
        let body = json!({ "__type": format!("com.amazonaws.pinpointsmsvoicev2#{kind}"), "Message": message });
        let status = StatusCode::from_u16(status).unwrap_or_default();
        let json = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
        match failure {
            Failure::TooMany(Some(seconds)) => {
                (status, json, [(header::RETRY_AFTER, seconds.to_string())], body.to_string()).into_response()
            }
            _ => (status, json, body.to_string()).into_response(),
        }
    }

    /// Messages are not listed; who writes STOP is on the list.
    fn message_rows(&self, _world: &World, message: &Message) -> Vec<Row> {
        let row = || Row { direction: None, ..Row::of_message("opt-outs", message, "END_USER", None) };
        message.is_stop.then(row).into_iter().collect()
    }

    /// Some numbers were put on the list by the business.
    fn person_rows(&self, _world: &World, person: &Person) -> Vec<Row> {
        let row = || Row { status: "OWNER", ..Row::new("opt-outs", person.n, person.created_at) };
        person.is_blocked.then(row).into_iter().collect()
    }

    /// A number has no id: it is its own.
    fn row_id(&self, world: &World, row: &Row) -> String {
        world.person(row.person).map(|it| it.e164()).unwrap_or_default()
    }

    fn refusals(&self) -> &'static [&'static str] {
        &["opt-outs"]
    }
}

/// `POST /` with the name of the action in a header.
async fn call(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let answer = |call: &mut Call<'_>| {
        let action = call.asked.header("x-amz-target").and_then(|it| it.strip_prefix(TARGET)).unwrap_or_default();
        match action {
            "DescribeOptedOutNumbers" => numbers(call),
            "DescribeOptOutLists" => lists(call),
            _ => Err(Failure::BadRequest("The action is not known".to_owned())),
        }
    };
    sandbox.provided(&Aws, asked, answer).await
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    opt_out_list_name: Option<String>,
    opted_out_numbers: Option<Vec<String>>,
    next_token: Option<String>,
    max_results: Option<usize>,
    #[serde(default)]
    filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    name: String,
    values: Vec<String>,
}

fn numbers(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let wrong = |what: &str| Failure::BadRequest(what.to_owned());
    let request: Request = serde_json::from_slice(&call.asked.body).map_err(|_| wrong("The body is not valid"))?;
    match request.opt_out_list_name.as_deref() {
        None => return Err(wrong("OptOutListName must be specified")),
        Some(LIST | LIST_ARN) => {}
        Some(_) => return Err(Failure::NotFound),
    }
    let size = request.max_results.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&size) {
        return Err(wrong("MaxResults must be between 1 and 100"));
    }
    let from = request.next_token.as_deref();
    let from = from.map(|it| token::read(it).ok_or_else(|| wrong("NextToken is not valid"))).transpose()?;
    let world = call.world();
    let is_wanted = |row: &Row| {
        let number = Aws.row_id(world, row);
        let is_end_user = (row.status == "END_USER").to_string();
        request.opted_out_numbers.as_ref().is_none_or(|it| it.contains(&number))
            && request.filters.iter().all(|it| it.name != "end-user-opted-out" || it.values.contains(&is_end_user))
    };
    // A number is on the list once, however it came there.
    let rows = call.between("opt-outs", Timestamp::MIN, Timestamp::MAX);
    let is_newest = |row: &Row| {
        let later = |it: &&Row| it.person == row.person && !it.is_deleted && (it.at, it.n) > (row.at, row.n);
        rows.iter().find(later).is_none()
    };
    let page = call.page_before(rows, from, size, |it| is_wanted(it) && is_newest(it));
    let mut body = json!({
        "OptOutListArn": LIST_ARN, "OptOutListName": LIST,
        "OptedOutNumbers": page.rows.iter().map(|it| number(world, it)).collect::<Vec<_>>(),
    });
    if let Some(next) = &page.next {
        body["NextToken"] = token::of(next).into();
    }
    amazon(&body, page.rows.len())
}

fn lists(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let created_at = call.world().oldest.as_second() as f64;
    let list = json!({ "OptOutListArn": LIST_ARN, "OptOutListName": LIST, "CreatedTimestamp": created_at });
    amazon(&json!({ "OptOutLists": [list] }), 0)
}

/// Moments are seconds since 1970, with a fraction.
fn number(world: &World, row: &Row) -> Value {
    let milliseconds = world.draw("fraction", row.n).below(1_000) as f64;
    json!({
        "OptedOutNumber": Aws.row_id(world, row), "EndUserOptedOut": row.status == "END_USER",
        "OptedOutTimestamp": row.at.as_second() as f64 + milliseconds / 1000.0,
    })
}

fn amazon(body: &Value, n_rows: usize) -> Result<Answer, Failure> {
    Ok(Answer { content_type: "application/x-amz-json-1.0", ..Answer::json(body, n_rows)? })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::providers::ProviderSettings;
    use crate::providers::tests::{SECRET, Shown, Told};

    fn shown() -> Shown {
        Shown::with(ProviderSettings { seed: 3, people: 300, messages: 3_000, days: 30, ..Default::default() })
    }

    async fn send(shown: &Shown, action: &str, body: &Value, secret: &str) -> Told {
        let body = body.to_string();
        let target = format!("{TARGET}{action}");
        let headers = signature::tests::signed(&target, &body, secret);
        let headers: Vec<(&str, String)> = headers.iter().map(|(name, value)| (*name, value.clone())).collect();
        shown.send("POST", "/", &headers, &body).await
    }

    #[tokio::test]
    async fn tokens_go_through_the_numbers_of_the_list() {
        let shown = shown();
        let (mut numbers, mut request) = (Vec::new(), json!({ "OptOutListName": "Default", "MaxResults": 9 }));
        loop {
            let told = send(&shown, "DescribeOptedOutNumbers", &request, SECRET).await;
            assert_eq!(told.status, 200, "{told:?}");
            numbers.extend(told.body["OptedOutNumbers"].as_array().unwrap().clone());
            let Some(next) = told.body["NextToken"].as_str() else { break };
            request["NextToken"] = next.into();
        }
        let read: BTreeSet<&str> = numbers.iter().map(|it| it["OptedOutNumber"].as_str().unwrap()).collect();
        let rows = shown.lines("aws/rows").await;
        let present = rows.iter().filter(|it| it["state"] == "present");
        assert_eq!(read, present.map(|it| it["phone"].as_str().unwrap()).collect());
        assert_eq!(read.len(), numbers.len());
        assert!(numbers.len() > 20);
        let ends: BTreeSet<bool> = numbers.iter().map(|it| it["EndUserOptedOut"].as_bool().unwrap()).collect();
        assert_eq!(ends.len(), 2);
        let newest = numbers[0]["OptedOutTimestamp"].as_f64().unwrap();
        assert!((1_769_937_247.0..1_772_529_248.0).contains(&newest), "{newest}");
    }

    #[tokio::test]
    async fn what_is_wrong_is_refused_with_status_400_and_a_type() {
        let shown = shown();
        for (request, kind) in [
            (json!({}), "ValidationException"),
            (json!({ "OptOutListName": "Other" }), "ResourceNotFoundException"),
            (json!({ "OptOutListName": "Default", "MaxResults": 101 }), "ValidationException"),
            (json!({ "OptOutListName": "Default", "NextToken": "x" }), "ValidationException"),
        ] {
            let told = send(&shown, "DescribeOptedOutNumbers", &request, SECRET).await;
            let kind = format!("com.amazonaws.pinpointsmsvoicev2#{kind}");
            assert_eq!((told.status, &told.body["__type"]), (400, &json!(kind)), "{request}");
        }
        shown.control("faults", &json!(["rate-limit=1"])).await;
        let told = send(&shown, "DescribeOptOutLists", &json!({}), SECRET).await;
        assert_eq!((told.status, &told.body["Message"]), (400, &json!("Rate exceeded")));
        assert_eq!(send(&shown, "DescribeOptOutLists", &json!({}), "other").await.status, 403);
        let list = send(&shown, "DescribeOptOutLists", &json!({}), SECRET).await;
        assert_eq!(list.body["OptOutLists"][0]["OptOutListName"], "Default");
    }
}
